"""Reads the few fields of an X.509 certificate (RFC 5280) that a verifier needs.

A trusted certificate is only a container for a key: whoever publishes the list vouches for it, so its own signature and
most of its fields do not matter. `cryptography` reads a certificate as a whole or not at all. It refuses Finnish
certificates for an explicit `cA FALSE`, Spanish ones for a path length, and others for their subject, yet they have
signed millions of valid codes. It also adds 30 ms to the start of a scanner. So these fields are read here: the frame
strictly, subject and extensions as far as they are readable. The public key itself is still parsed by `cryptography`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from hcert.fragments import fragment
from hcert.keys.der import OBJECT_IDENTIFIER, SEQUENCE, Element, read_elements, read_sequence

_PARTS: Final = 3  # tbsCertificate, signatureAlgorithm, signatureValue
_VERSION: Final = 0xA0  # [0] EXPLICIT
_EXTENSIONS: Final = 0xA3  # [3] EXPLICIT
_INTEGER: Final = 0x02
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_TEXT_TAGS: Final = frozenset({0x0C, 0x13, 0x14, 0x16})  # UTF8String, PrintableString, TeletexString, IA5String
_COUNTRY_NAME: Final = bytes.fromhex("550406")  # 2.5.4.6
_MAX_COUNTRY: Final = 40  # characters: two by the standard, but some certificates have a name
_BASIC_CONSTRAINTS: Final = bytes.fromhex("551d13")  # 2.5.29.19
_EXTENDED_KEY_USAGE: Final = bytes.fromhex("551d25")  # 2.5.29.37
_BOOLEAN: Final = 0x01
_OCTET_STRING: Final = 0x04
MAX_CERTIFICATE_BYTES: Final = 16_384  # published certificates have up to 3 000
_CENTURY_BREAK: Final = 50  # from here on a UTCTime year is in the 20th century (RFC 5280 section 4.1.2.5.1)


class CertificateFields(NamedTuple):
    """The fields of a certificate that a verifier needs.

    Attributes:
        spki: SubjectPublicKeyInfo, DER.
        not_before, not_after: the validity, aware, in UTC.
        country: country of the subject; None if it is absent or unreadable.
        key_usages: contents of the object identifiers in the extended key usage. None if there is no such extension;
            empty if it is unreadable, or if the extensions are too damaged to tell whether it is there.
        is_ca: whether the basic constraints say that this is a CA certificate; also true if they are unreadable.
    """

    spki: bytes
    not_before: datetime
    not_after: datetime
    country: str | None
    key_usages: tuple[bytes, ...] | None
    is_ca: bool


def read_certificate(der: bytes) -> CertificateFields:
    """Read the fields of a DER certificate.

    Raises:
        ValueError: the certificate does not have the structure of RFC 5280 section 4.1, or has more than 16 384 bytes.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise ValueError(fragment("certificate.too_large", most=MAX_CERTIFICATE_BYTES))
    parts = list(read_elements(read_sequence(der)))
    if len(parts) != _PARTS:
        raise ValueError(fragment("certificate.parts"))
    fields = [field for field in read_elements(read_sequence(parts[0].encoded)) if field.tag != _VERSION]
    serial, *sequences = fields[:6]
    _signature, _issuer, validity, subject, spki = sequences
    if serial.tag != _INTEGER or any(field.tag != SEQUENCE for field in sequences):
        raise ValueError(fragment("certificate.fields"))
    not_before, not_after = read_elements(validity.content)
    return CertificateFields(
        spki=spki.encoded,
        not_before=_parse_time(not_before),
        not_after=_parse_time(not_after),
        country=_read_country(subject.content),
        key_usages=_read_key_usages(fields[6:]),
        is_ca=_read_is_ca(fields[6:]),
    )


def _parse_time(element: Element) -> datetime:
    """Parse UTCTime `YYMMDDhhmmssZ` or GeneralizedTime `YYYYMMDDhhmmssZ` (RFC 5280 section 4.1.2.5)."""
    text = element.content.decode("ascii")
    if element.tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= _CENTURY_BREAK else "20") + text
    elif element.tag != _GENERALIZED_TIME:
        raise ValueError(fragment("certificate.validity"))
    if len(text) != len("YYYYMMDDhhmmssZ") or not text[:-1].isdigit() or text[-1] != "Z":
        raise ValueError(fragment("certificate.utc"))
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
    return datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)


def _read_country(subject: bytes) -> str | None:
    try:
        for relative_name in read_elements(subject):
            for attribute in read_elements(relative_name.content):
                attribute_type, value = read_elements(attribute.content)
                if attribute_type.content == _COUNTRY_NAME and value.tag in _TEXT_TAGS:
                    return _decode_printable(value.content)
    except ValueError:  # an unreadable subject does not make the key unusable
        pass
    return None


def _decode_printable(content: bytes) -> str | None:
    """Decode a text that will be displayed and published; None if it could control a terminal or fill a page."""
    text = content.decode("utf-8")
    return text if text.isprintable() and 1 <= len(text) <= _MAX_COUNTRY else None


def _read_key_usages(fields: list[Element]) -> tuple[bytes, ...] | None:
    """Return the identifiers in the extended key usage; empty if it is malformed, which must not lift a restriction."""
    try:
        values = _find_extensions(fields, _EXTENDED_KEY_USAGE)
        if not values:
            return None
        (value,) = values  # an extension must not occur twice (RFC 5280 section 4.2)
        usages = tuple(read_elements(read_sequence(value)))
    except ValueError:
        return ()
    if {usage.tag for usage in usages} != {OBJECT_IDENTIFIER}:
        return ()
    return tuple(usage.content for usage in usages)


def _read_is_ca(fields: list[Element]) -> bool:
    """Return whether the basic constraints have cA set; true if they are malformed."""
    try:
        for value in _find_extensions(fields, _BASIC_CONSTRAINTS):
            constraints = list(read_elements(read_sequence(value)))
            # Finnish certificates spell out FALSE, which DER would leave out.
            if constraints and constraints[0].tag == _BOOLEAN and any(constraints[0].content):
                return True
    except ValueError:
        return True
    return False


def _find_extensions(fields: list[Element], identifier: bytes) -> list[bytes]:
    """Return the values of all extensions with this identifier; the values of other extensions may be malformed.

    Raises:
        ValueError: the list of extensions is malformed, so that one with this identifier may be hidden in it.
    """
    values = []
    for field in fields:
        if field.tag != _EXTENSIONS:
            continue
        for extension in read_elements(read_sequence(field.content)):
            # Extension ::= SEQUENCE { identifier, critical BOOLEAN DEFAULT FALSE, value OCTET STRING }
            name = next(read_elements(extension.content), None)
            if extension.tag != SEQUENCE or name is None or name.tag != OBJECT_IDENTIFIER:
                raise ValueError(fragment("certificate.extension"))
            if name.content == identifier:
                value = list(read_elements(extension.content))[-1]
                if value.tag != _OCTET_STRING:
                    raise ValueError(fragment("certificate.extension_value"))
                values.append(value.content)
    return values
