"""Reading an X.509 certificate (RFC 5280): key, validity, country, extended key usages, and whether it is a CA's.

A trusted certificate is a package around a key that someone vouches for; its own signature and most of its fields say
nothing to a verifier. `cryptography` reads all of a certificate or none: it refuses Finnish ones for an explicit
`cA FALSE`, Spanish ones for a path length and others for their subject, and such certificates have signed millions of
valid codes. And it takes 30 ms of a scanner's start. So the few fields are read here: the frame strictly, subject and
extensions as far as they are readable. The public key itself is parsed by `cryptography` as ever.
"""

from __future__ import annotations

import binascii
from datetime import UTC, datetime
from typing import Final, NamedTuple

from hcert.fragments import fragment
from hcert.keys.der import OBJECT_IDENTIFIER, SEQUENCE, Element, elements, only_sequence

_VERSION: Final = 0xA0  # [0] EXPLICIT
_EXTENSIONS: Final = 0xA3  # [3] EXPLICIT
_INTEGER: Final = 0x02
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_TEXT_TAGS: Final = frozenset({0x0C, 0x13, 0x14, 0x16})  # UTF8String, PrintableString, TeletexString, IA5String
_COUNTRY_NAME: Final = bytes.fromhex("550406")  # 2.5.4.6
_MAX_COUNTRY: Final = 40  # two by the standard; some write a name
_BASIC_CONSTRAINTS: Final = bytes.fromhex("551d13")  # 2.5.29.19
_EXTENDED_KEY_USAGE: Final = bytes.fromhex("551d25")  # 2.5.29.37
_BOOLEAN: Final = 0x01
_OCTET_STRING: Final = 0x04
MAX_CERTIFICATE_BYTES: Final = 16_384  # published ones have up to 3 000
_CENTURY_BREAK: Final = 50  # UTCTime years from here on belong to the last century, RFC 5280 section 4.1.2.5.1

_PEM_MARK: Final = b"-----BEGIN "
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_END: Final = b"-----END CERTIFICATE-----"


class CertificateFields(NamedTuple):
    """What a verifier needs of a certificate.

    Attributes:
        spki: SubjectPublicKeyInfo, DER.
        not_before, not_after: its validity, aware.
        country: the subject's country, None where there is none or it cannot be read.
        key_usages: DER contents of the object identifiers in its extended key usage; None where it has no such
            extension; empty where it has one that cannot be read, or may have one that cannot be found.
        is_ca: whether its basic constraints say, or may say, that it is the certificate of an authority.
    """

    spki: bytes
    not_before: datetime
    not_after: datetime
    country: str | None
    key_usages: tuple[bytes, ...] | None
    is_ca: bool


def count_pem(data: bytes) -> int:
    """Return how many certificates a PEM text holds; 0 for DER."""
    return data.count(_BEGIN)


def der_of(data: bytes) -> bytes:
    """Return the DER of a certificate given as PEM, with text around it ignored, or as DER.

    Raises:
        ValueError: where PEM has no end or is no Base64.
    """
    if not count_pem(data):
        if _PEM_MARK in data:
            raise ValueError(fragment("certificate.none"))
        return data
    body = data.partition(_BEGIN)[2]
    encoded, end, _ = body.partition(_END)
    if not end:
        raise ValueError(fragment("certificate.pem_end"))
    return binascii.a2b_base64(b"".join(encoded.split()), strict_mode=True)


def read_certificate(der: bytes) -> CertificateFields:
    """Read the fields of a certificate.

    Raises:
        ValueError: where the frame is not that of RFC 5280 section 4.1, or it has more than 16 384 bytes.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise ValueError(fragment("certificate.too_large", most=MAX_CERTIFICATE_BYTES))
    certificate = list(elements(only_sequence(der)))
    if len(certificate) != len(("to be signed", "algorithm", "signature")):
        raise ValueError(fragment("certificate.parts"))
    fields = [field for field in elements(only_sequence(certificate[0].encoded)) if field.tag != _VERSION]
    serial, *frame = fields[:6]
    _, _, validity, subject, spki = frame
    if serial.tag != _INTEGER or any(field.tag != SEQUENCE for field in frame):
        raise ValueError(fragment("certificate.fields"))
    not_before, not_after = elements(validity.content)
    return CertificateFields(
        spki=spki.encoded,
        not_before=_time(not_before),
        not_after=_time(not_after),
        country=_country(subject.content),
        key_usages=_key_usages(fields[6:]),
        is_ca=_is_ca(fields[6:]),
    )


def _time(element: Element) -> datetime:
    """Read UTCTime `YYMMDDhhmmssZ` or GeneralizedTime `YYYYMMDDhhmmssZ`."""
    text = element.content.decode("ascii")
    if element.tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= _CENTURY_BREAK else "20") + text
    elif element.tag != _GENERALIZED_TIME:
        raise ValueError(fragment("certificate.validity"))
    if len(text) != len("YYYYMMDDhhmmssZ") or not text[:-1].isdigit() or text[-1] != "Z":
        raise ValueError(fragment("certificate.utc"))
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
    return datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)


def _country(subject: bytes) -> str | None:
    try:
        for names in elements(subject):
            for name in elements(names.content):
                kind, value = elements(name.content)
                if kind.content == _COUNTRY_NAME and value.tag in _TEXT_TAGS:
                    return _short_text(value.content)
    except ValueError:  # a subject that cannot be read does not make the key unusable
        pass
    return None


def _short_text(content: bytes) -> str | None:
    """Read a text that will be shown and published; None where it could steer a terminal or fill a page."""
    text = content.decode("utf-8")
    return text if text.isprintable() and 1 <= len(text) <= _MAX_COUNTRY else None


def _key_usages(fields: list[Element]) -> tuple[bytes, ...] | None:
    """Return the identifiers of the extended key usage; a restriction that cannot be read is not taken for none."""
    try:
        values = _extensions(fields, _EXTENDED_KEY_USAGE)
        if not values:
            return None
        (value,) = values  # RFC 5280 section 4.2: no extension stands twice
        usages = tuple(elements(only_sequence(value)))
    except ValueError:
        return ()
    return tuple(usage.content for usage in usages) if {usage.tag for usage in usages} == {OBJECT_IDENTIFIER} else ()


def _is_ca(fields: list[Element]) -> bool:
    """Return whether a certificate has the basic constraint cA, which Finnish certificates spell out as FALSE."""
    try:
        values = [list(elements(only_sequence(value))) for value in _extensions(fields, _BASIC_CONSTRAINTS)]
    except ValueError:
        return True
    return any(parts and parts[0].tag == _BOOLEAN and any(parts[0].content) for parts in values)


def _extensions(fields: list[Element], wanted: bytes) -> list[bytes]:
    """Return the values of all extensions of a kind; what is broken inside of others is no matter.

    Raises:
        ValueError: where the extensions cannot be told apart, so that one of the kind may be among them.
    """
    values = []
    for field in fields:
        if field.tag != _EXTENSIONS:
            continue
        for extension in elements(only_sequence(field.content)):
            # identifier, critical where true, value in an octet string
            name = next(elements(extension.content), None)
            if extension.tag != SEQUENCE or name is None or name.tag != OBJECT_IDENTIFIER:
                raise ValueError(fragment("certificate.extension"))
            if name.content == wanted:
                value = list(elements(extension.content))[-1]
                if value.tag != _OCTET_STRING:
                    raise ValueError(fragment("certificate.extension_value"))
                values.append(value.content)
    return values
