"""Importing trust lists of the EU DCC gateway: unsigned as the gateway sends them, or as Germany signed them.

Sources: `GET /trustList` of the EU gateway (github.com/eu-digital-green-certificates/dgc-gateway), and the list that
Germany published for its verifier apps (https://de.dscg.ubirch.com/trustList/DSC). An item has a certificate with kid,
type and country, and a CMS signature of its uploader, which is not checked here. So an unsigned list is as trustworthy
as the connection over which the caller fetched it. The German list is signed as a whole by a pinned key. Neither says
when it was made, so an older one cannot be recognised: publish the keys in a list of your own with version and expiry.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.limits import MAX_KID_BYTES, MIN_KID_BYTES, is_kid
from hcert.errors import MalformedError
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.importers.bounded_json import parse
from hcert.importers.collector import ImportCollector, check_filters, decode_base64, malformed_list

if TYPE_CHECKING:
    from collections.abc import Collection

    from hcert.importers.report import ImportReport
    from hcert.keys.trusted_key import TrustedKey

_GATEWAY: Final = fragment("thing.gateway_list")
_GERMAN: Final = fragment("thing.german_list")
_SIGNS: Final = "DSC"
_ISSUES: Final = "CSCA"
_SIGNATURE_BYTES: Final = 64
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_TYPE: Final = re.compile(r"[A-Z_]{1,32}")


def import_gateway(
    data: bytes,
    *,
    certificate_types: Collection[str] = (_SIGNS,),
    countries: Collection[str] | None = None,
) -> ImportReport:
    """Import a trust list of the EU gateway: a JSON list of items, or an object with that list in `certificates`.

    Nothing is verified: the list is not signed, and the signatures of its items are not checked.

    Args:
        data: the answer of the gateway; pages joined to one list.
        certificate_types: types to take. Only `DSC` keys sign certificates; keys of other types are for inspection,
            verify nothing, and do not belong in a published list.
        countries: alpha-2 codes of the countries to take; None for all.

    Returns:
        The keys. If the list has `CSCA` items, a signer that none of its own country has signed gets a warning.

    Raises:
        MalformedError: `import.malformed`.
        ConfigurationError: `import.filter` for a single text in the place of a collection.
    """
    return _import(data, _GATEWAY, "gateway", certificate_types, countries)


def import_german(data: bytes, *, signer: TrustedKey, countries: Collection[str] | None = None) -> ImportReport:
    """Import the list that Germany published: a signature in the first line, then the items of the gateway.

    Line 1 is the standard Base64 of an ECDSA P-256 signature, R and S in 64 bytes, of exactly the bytes after its
    newline. A copy with changed line ends is refused, because those bytes differ.

    Args:
        data: the file as published.
        signer: the pinned P-256 key of the publisher.
        countries: alpha-2 codes of the countries to take; None for all.

    Raises:
        MalformedError: `import.malformed` or `import.signature`.
        ConfigurationError: `import.filter` for a single text in the place of `countries`.
    """
    line, newline, signed = data.partition(b"\n")
    signature = decode_base64(line.decode("latin-1"))
    if not newline or signature is None or len(signature) != _SIGNATURE_BYTES:
        raise malformed_list(_GERMAN, fragment("gateway.signature_line", length=_SIGNATURE_BYTES))
    if not signer.verifies(signature, signed):
        raise MalformedError.of("import.signature", kind=_GERMAN)
    return _import(signed, _GERMAN, "german", (_SIGNS,), countries)


def _import(
    data: bytes, kind: Fragment, source: str, types: Collection[str], countries: Collection[str] | None
) -> ImportReport:
    check_filters(certificate_types=types, countries=countries)
    items = _read_items(data, kind)
    issuers: dict[str, list[bytes]] = {}
    for item in items:
        with suppress(ValueError):
            certificate_type, country = _read_type_and_country(item)
            certificate = decode_base64(item["rawData"]) if certificate_type == _ISSUES and "rawData" in item else None
            if certificate is not None:
                issuers.setdefault(country, []).append(certificate)
    collector = ImportCollector()
    for number, item in enumerate(items, 1):
        record = f"#{number}"
        try:
            certificate_type, country = _read_type_and_country(item)
        except ValueError as error:
            collector.quarantine(record, fragment_of(error))
            continue
        if certificate_type not in types:
            collector.skip(record, "certificateType", certificate_type)
            continue
        if countries is not None and country not in countries:
            collector.skip(record, "country", country)
            continue
        try:
            kid, certificate = _read_certificate(item)
        except ValueError as error:
            collector.quarantine(record, fragment_of(error))
            continue
        collector.add_certificate(
            record,
            certificate,
            kid=kid,
            country=country,
            origin=f"{source}:{country}",
            signs=certificate_type == _SIGNS,
            issuers=issuers.get(country, ()),
        )
    return collector.make_report(check_chains=bool(issuers))


def _read_items(data: bytes, kind: Fragment) -> list[Any]:
    try:
        content = parse(data)
    except ValueError as error:
        raise malformed_list(kind, fragment_of(error)) from None
    items = content.get("certificates") if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise malformed_list(kind, fragment("gateway.shape"))
    return items


def _read_type_and_country(item: object) -> tuple[str, str]:
    """Return type and country of an item."""
    if not isinstance(item, dict):
        raise ValueError(fragment("json.not_object"))  # noqa: TRY004 - one type for everything malformed
    certificate_type, country = item.get("certificateType"), item.get("country")
    if not isinstance(certificate_type, str) or not _TYPE.fullmatch(certificate_type):
        raise ValueError(fragment("gateway.certificate_type"))
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        raise ValueError(fragment("gateway.country"))
    return certificate_type, country


def _read_certificate(item: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return kid and certificate of an item."""
    kid, certificate = decode_base64(item.get("kid")), decode_base64(item.get("rawData"))
    if kid is None or not is_kid(kid):
        raise ValueError(fragment("gateway.kid", least=MIN_KID_BYTES, most=MAX_KID_BYTES))
    if certificate is None:
        raise ValueError(fragment("gateway.raw_data"))
    thumbprint = item.get("thumbprint")
    digest = hashlib.sha256(certificate).hexdigest()
    is_digest = isinstance(thumbprint, str) and len(thumbprint) == len(digest)
    if thumbprint is not None and not (is_digest and thumbprint.lower() == digest):
        raise ValueError(fragment("gateway.thumbprint"))
    return kid, certificate
