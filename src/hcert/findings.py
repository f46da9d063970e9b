"""Every reason hcert gives, with its stable code, its severity and its words.

A reason is a `Finding`. Verdicts collect findings and errors carry them, so that a program has one vocabulary to act on
whichever way it meets a problem. Two rules hold for the words: they say what to do, and they name no person, birth
date, identifier or text of a code; only positions, counts, limits, times of the container and names of fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason found.

    Attributes:
        code: stable identifier `stage.reason`; programs compare this and nothing else.
        severity: `error` refuses, `warning` does not.
        message: one or two English sentences for a person; free of personal data; may change between releases.
        record: the entry it concerns, such as `vaccinations[0]`; None where it concerns the whole certificate.
    """

    code: str
    severity: Severity
    message: str
    record: str | None = None


def finding(code: str, /, *, record: str | None = None, **details: Any) -> Finding:
    """Make the finding `code` of the `CATALOG`, its words filled in with `details`."""
    severity, words = CATALOG[code]
    return Finding(code, severity, words.format(**details), record)


CATALOG: Final[dict[str, tuple[Severity, str]]] = {
    # 1 text
    "text.not_text": (
        "error",
        "The input is neither text nor bytes. Hand over what the scanner read, as str or bytes.",
    ),
    "text.too_long": (
        "error",
        "The text has {length} characters, more than the {limit} a QR code can hold. Hand over one code at a time.",
    ),
    "text.prefix": (
        "error",
        "The text does not start with HC1:. It is another kind of code, or something changed it on the way.",
    ),
    "text.alphabet": (
        "error",
        (
            "Character {position} is outside the Base45 alphabet. Hand over the text exactly as scanned: "
            "no blanks or line ends around it, no change of case, no URL encoding."
        ),
    ),
    "text.length": (
        "error",
        "The text ends in one left-over Base45 character. It was cut off or extended; scan the code again.",
    ),
    "text.overflow": (
        "error",
        "The Base45 group at character {position} exceeds its range. The text is damaged; scan the code again.",
    ),
    # 2 inflate
    "inflate.damaged": ("error", "The content is not a sound zlib stream (RFC 1950). Scan the code again."),
    "inflate.truncated": ("error", "The zlib stream ends too early. The text was cut off; scan the code again."),
    "inflate.too_large": (
        "error",
        "The content inflates beyond {limit} bytes, far more than a certificate. Treat the code as hostile.",
    ),
    "inflate.trailing_bytes": (
        "error",
        "{count} bytes follow the zlib stream. Something was appended to the code; treat it as hostile.",
    ),
    # 3 and 4 COSE
    "cose.too_large": ("error", "The message has {length} bytes, more than the {limit} allowed for a certificate."),
    "cose.malformed": ("error", "The content is no COSE_Sign1 message (RFC 9052): {reason}."),
    "cose.critical_header": (
        "error",
        "The message demands a header that hcert does not know (crit, RFC 9052 section 3.1). Refused as it asks.",
    ),
    "cose.no_algorithm": ("error", "The message names no signature algorithm in its headers."),
    "cose.unsupported_algorithm": (
        "error",
        "The message is signed with COSE algorithm {algorithm}. Health certificates use ES256 (-7) or PS256 (-37).",
    ),
    "cose.no_kid": ("error", "The message names no key identifier (kid), so no key can be looked up for it."),
    "cose.algorithm_mismatch": (
        "error",
        "The message names {algorithm}, but every trusted key under its kid is for another algorithm.",
    ),
    "cose.untagged": ("warning", "The message lacks the COSE_Sign1 tag 18; it was read as if it had it."),
    "cose.cwt_tag": ("warning", "The message is wrapped in the CWT tag 61, which HCERT does not use."),
    "cose.unprotected_algorithm": (
        "warning",
        "The algorithm stands in the unprotected header. It was read, since the trusted key decides it anyway.",
    ),
    # 5 and 6 trust, signature
    "trust.unknown_key": (
        "error",
        "No trusted key has the identifier {kid}. Update the key list, or the issuer is not trusted here.",
    ),
    "trust.unsupported_key": (
        "error",
        "The trusted key {kid} is neither P-256 nor RSA of at least 2048 bits, so it can verify nothing.",
    ),
    "signature.invalid": (
        "error",
        "The signature does not belong to this content and a trusted key. The certificate is forged or damaged.",
    ),
    # 7 claims and the key's validity
    "claims.malformed": ("error", "The signed content is no HCERT claim set: {reason}. Only its issuer can mend it."),
    "claims.expired": ("error", "The certificate expired at {expires_at}. The holder needs a new one."),
    "claims.not_yet_valid": (
        "error",
        "The certificate is valid only from {valid_from}; check the clock of this device.",
    ),
    "claims.no_expiry": ("warning", "The certificate names no expiry; only the validity of its key bounds it."),
    "claims.no_issued_at": ("warning", "The certificate does not say when it was issued."),
    "claims.float_time": ("warning", "Claim {claim} is a floating-point number where an integer is due."),
    "claims.tagged_time": ("warning", "Claim {claim} is a tagged date-time where an integer is due."),
    "claims.other_subclaims": (
        "warning",
        "The certificate holds further payloads (subclaims {others}) that this verdict does not cover.",
    ),
    "claims.outlives_key": ("warning", "The certificate expires after the key that signed it ({not_after})."),
    "claims.predates_key": ("warning", "The certificate was issued before its key became valid ({not_before})."),
    "trust.key_expired": ("error", "The key that signed the certificate expired at {not_after}."),
    "trust.key_not_yet_valid": ("error", "The key that signed the certificate is valid only from {not_before}."),
    # 8 usage
    "usage.not_allowed": ("error", "The key that signed the certificate may not sign {usage} entries."),
    # 9 record
    "record.unknown": (
        "error",
        "The payload kind {subclaim} is authentic but not understood here, so nothing can be concluded from it.",
    ),
    "record.schema": ("error", "The record breaks its schema at {path}: {problem}."),
    "record.multiple_events": ("error", "The record holds {count} events; an EU DCC holds exactly one."),
    "record.unsupported_version": ("error", "The record follows schema version {version}; 1.x.x is understood."),
    "record.unknown_code": ("warning", "{field} holds a code outside value set {value_set} of {date}."),
    "record.retired_code": ("warning", "{field} holds a code that value set {value_set} of {date} has retired."),
    "record.inconsistent_codes": ("warning", "{field} does not belong to the product the entry names."),
    "record.inconsistent_dates": ("warning", "{field} lies before {other}."),
    "record.empty_group": ("warning", "The group {field} is present but empty; it was ignored."),
    "record.null_member": ("warning", "{field} is null; it was taken as absent."),
    "record.date_with_time": ("warning", "{field} carries a time of day; only the date was used."),
    "record.date_incomplete": ("warning", "{field} holds a month or day of zero; that part was taken as unknown."),
    "record.time_format": ("warning", "{field} is a date-time, but not written as RFC 3339 has it."),
    "record.tagged_time": ("warning", "{field} is a tagged CBOR date-time where text is due."),
    "record.float_integer": ("warning", "{field} is a floating-point number where an integer is due."),
    "record.padded_text": ("warning", "{field} has blanks around it; they were dropped."),
    "record.name_not_standardised": ("warning", "{field} holds characters beyond A-Z and <, against ICAO 9303."),
    "record.not_nfc": ("error", "{field} is not in Unicode normalisation form C. Normalise the text before issuing."),
    "record.forbidden_character": ("error", "{field} holds a control, format or stray combining character."),
    "record.unknown_member": ("error", "{field} is no member of the schema and would be lost. Leave it out."),
    "record.certificate_id": ("error", "{field} is no UVCI (URN:UVCI:01:<country>:...) of at most 80 characters."),
    # keys, signers and other things a caller brings
    "key.unreadable": ("error", "The data is no {kind} in PEM or DER form: {reason}."),
    "key.several": ("error", "The PEM text holds {count} certificates. Hand over one, the signer's own."),
    "key.kid": ("error", "A kid has {least} to {most} bytes; this one has {length}."),
    "key.password": ("error", "The private key could not be decrypted. Check the password."),
    "key.password_missing": ("error", "The private key is encrypted. Give its password."),
    "key.mismatch": ("error", "The private key does not belong to the certificate."),
    "key.unsupported": ("error", "The key is neither P-256 (ES256) nor RSA of at least 2048 bits (PS256)."),
    "time.naive": ("error", "{name} is no datetime with a time zone. Hand over an aware one, for instance in UTC."),
    "workers.count": ("error", "workers must be 1 or more; it is {workers}."),
    # issuing
    "issue.country": ("error", "The issuing country must be an ISO 3166-1 alpha-2 code, two capital letters."),
    "issue.expiry_before_issue": ("error", "expires_at ({expires_at}) does not lie after issued_at ({issued_at})."),
    "issue.outlives_key": (
        "error",
        "expires_at ({expires_at}) lies after the end of the key's validity ({not_after}).",
    ),
    "issue.predates_key": ("error", "issued_at ({issued_at}) lies before the key's validity begins ({not_before})."),
    "issue.time_range": ("error", "{name} lies outside the years 1970 to 9999."),
    "issue.self_check": (
        "error",
        (
            "The certificate just made does not verify under the signer's own key ({reason}). It was not issued; check "
            "that the signer signs with the key its certificate names."
        ),
    ),
    "qr.too_large": (
        "error",
        (
            "The text has {length} characters; one QR code at error level {error} holds {capacity}. "
            "Choose a lower level, or certify less in one code."
        ),
    ),
    "qr.error_level": ("error", "The error level must be one of L, M, Q and H."),
    "qr.file_type": ("error", "A QR code can be saved as .svg, .png or .pdf; not as {suffix}."),
    "qr.print_size": ("error", "A symbol of {modules} modules does not fit {width_mm} mm at {dpi} dpi."),
    # pictures
    "picture.unreadable": ("error", "The data is no picture that can be opened."),
    "picture.no_code": ("error", "There is no readable QR code in the picture."),
    "picture.several_codes": ("error", "There are {count} QR codes in the picture. Show one at a time."),
}
