"""Importing trust lists in the form of the EU DCC gateway, bare or as Germany signed and published them.

Sources: the interface of `dgc-gateway` (hcert.md, section 7.1) and the German list (section 8.1). An item holds a
certificate with its kid, type and country. It also holds a CMS signature of whoever uploaded it, which is not checked
here: a bare list is as good as the place it was fetched from, over a connection that the caller vouches for. The
German list is signed as a whole by a pinned key. Neither says when it was made, so neither can be told from an older
one; whoever imports them puts them into a list of their own with a version and an expiry.
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
from hcert.importers.collector import ImportCollector, base64, check_filters

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

    Nothing of it is verified: neither is the list signed, nor are the signatures of its items checked.

    Args:
        data: the answer of the gateway; pages joined to one list.
        certificate_types: types to take. Only `DSC` keys sign certificates; the others are there to be looked at,
            verify nothing, and do not belong into a list that is published.
        countries: alpha-2 codes of the countries to take; None for all.

    Returns:
        The keys. Where the list holds `CSCA` items, a signer that none of its own country signed is remarked.

    Raises:
        MalformedError: `import.malformed`.
        ConfigurationError: `import.filter` for a single text in the place of a collection.
    """
    return _import(data, _GATEWAY, "gateway", certificate_types, countries)


def import_german(data: bytes, *, signer: TrustedKey, countries: Collection[str] | None = None) -> ImportReport:
    """Import the list as Germany published it: the signature in the first line, the items of the gateway after it.

    Line 1 is the standard Base64 of an ECDSA signature, R and S in 64 bytes, of exactly the bytes after its newline. A
    copy in which line ends were changed is refused, as those bytes are others.

    Args:
        data: the file as published.
        signer: the pinned P-256 key of the publisher.
        countries: alpha-2 codes of the countries to take; None for all.

    Raises:
        MalformedError: `import.malformed` or `import.signature`.
        ConfigurationError: `import.filter` for a single text in the place of `countries`.
    """
    line, newline, signed = data.partition(b"\n")
    signature = base64(line.decode("latin-1"))
    if not newline or signature is None or len(signature) != _SIGNATURE_BYTES:
        raise _malformed(_GERMAN, fragment("gateway.signature_line", length=_SIGNATURE_BYTES))
    if not signer.verifies(signature, signed):
        raise MalformedError.of("import.signature", kind=_GERMAN)
    return _import(signed, _GERMAN, "german", (_SIGNS,), countries)


def _import(
    data: bytes, kind: Fragment, source: str, types: Collection[str], countries: Collection[str] | None
) -> ImportReport:
    check_filters(certificate_types=types, countries=countries)
    items = _items(data, kind)
    issuers: dict[str, list[bytes]] = {}
    for item in items:
        with suppress(ValueError):
            certificate_type, country = _read_place(item)
            certificate = base64(item["rawData"]) if certificate_type == _ISSUES and "rawData" in item else None
            if certificate is not None:
                issuers.setdefault(country, []).append(certificate)
    collector = ImportCollector()
    for number, item in enumerate(items, 1):
        record = f"entry {number}"
        try:
            certificate_type, country = _read_place(item)
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
    return collector.result(chains=bool(issuers))


def _items(data: bytes, kind: Fragment) -> list[Any]:
    try:
        content = parse(data)
    except ValueError as error:
        raise _malformed(kind, fragment_of(error)) from None
    items = content.get("certificates") if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise _malformed(kind, fragment("gateway.shape"))
    return items


def _read_place(item: object) -> tuple[str, str]:
    """Return type and country of an item."""
    if not isinstance(item, dict):
        raise ValueError(fragment("json.not_object"))  # noqa: TRY004 - one type for all that is malformed
    certificate_type, country = item.get("certificateType"), item.get("country")
    if not isinstance(certificate_type, str) or not _TYPE.fullmatch(certificate_type):
        raise ValueError(fragment("gateway.certificate_type"))
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        raise ValueError(fragment("gateway.country"))
    return certificate_type, country


def _read_certificate(item: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return kid and certificate of an item."""
    kid, certificate = base64(item.get("kid")), base64(item.get("rawData"))
    if kid is None or not is_kid(kid):
        raise ValueError(fragment("gateway.kid", least=MIN_KID_BYTES, most=MAX_KID_BYTES))
    if certificate is None:
        raise ValueError(fragment("gateway.raw_data"))
    thumbprint = item.get("thumbprint")
    digest = hashlib.sha256(certificate).hexdigest()
    short = isinstance(thumbprint, str) and len(thumbprint) == len(digest)
    if thumbprint is not None and not (short and thumbprint.lower() == digest):
        raise ValueError(fragment("gateway.thumbprint"))
    return kid, certificate


def _malformed(kind: Fragment, reason: Fragment) -> MalformedError:
    return MalformedError.of("import.malformed", kind=kind, reason=reason)
