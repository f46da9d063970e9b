"""PKCS #11 URIs (RFC 7512): `pkcs11:token=hcert;object=dsc?module-path=/usr/lib/x.so&pin-source=file:/run/pin`.

Read are the attributes by which a token and a private key are found (section 2.3), `module-path` and `pin-source`. Any
other is an error: an attribute that is not understood matches nothing, and a misspelled one would match too much. So
is `pin-value`, since URIs stand in process lists, logs and shell histories; no message quotes one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hcert.fragments import fragment
from hcert.keys.pkcs11_location import KeyLocation, PinSource, location_fault

if TYPE_CHECKING:
    from collections.abc import Collection

_SCHEME: Final = "pkcs11:"
_PATH: Final = frozenset({"token", "serial", "manufacturer", "model", "id", "object", "type"})
_QUERY: Final = frozenset({"module-path", "pin-source", "pin-value"})
_CHARACTER: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_MARK: Final = re.compile(b"[%#]")  # after `#`, a URI has a fragment, which these have none of
_FILE: Final = "file:"
_VARIABLE: Final = "env:"


def parse_uri(uri: str) -> KeyLocation:
    """Parse a URI that names one private key.

    `pin-source` is `file:` and a path, or `env:` and the name of an environment variable, which is an extension.

    Raises:
        SignerError: `signer.location`.
    """
    if uri[: len(_SCHEME)].lower() != _SCHEME:
        raise location_fault(fragment("pkcs11.scheme"))
    path, _, query = uri[len(_SCHEME) :].partition("?")
    where = _parse_attributes(path, ";", _PATH)
    how = _parse_attributes(query, "&", _QUERY)
    if "pin-value" in how:
        raise location_fault(fragment("pkcs11.pin_value"))
    if where.get("type", b"private") != b"private":
        raise location_fault(fragment("pkcs11.type"))
    if "module-path" not in how:
        raise location_fault(fragment("pkcs11.no_module"))
    return KeyLocation(
        module=_decode_text("module-path", how) or "",
        pin=_parse_pin_source(_decode_text("pin-source", how)),
        token=_decode_text("token", where),
        serial=_decode_text("serial", where),
        manufacturer=_decode_text("manufacturer", where),
        model=_decode_text("model", where),
        key_id=where.get("id"),
        key_label=_decode_text("object", where),
    )


def _parse_attributes(text: str, separator: str, known: Collection[str]) -> dict[str, bytes]:
    """Return the values by name, percent-decoded."""
    found: dict[str, bytes] = {}
    for number, attribute in enumerate(text.split(separator) if text else (), 1):
        name, _, value = attribute.partition("=")
        if name not in known:
            raise location_fault(fragment("pkcs11.attribute", number=number))
        if name in found:
            raise location_fault(fragment("pkcs11.repeated", name=name))
        encoded = value.encode("utf-8", "surrogatepass")
        if _MARK.search(_CHARACTER.sub(b"", encoded)) or not value.isascii():
            raise location_fault(fragment("pkcs11.encoding", name=name))
        found[name] = _CHARACTER.sub(lambda escape: bytes.fromhex(escape[1].decode()), encoded)
    return found


def _decode_text(name: str, values: dict[str, bytes]) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise location_fault(fragment("pkcs11.encoding", name=name)) from None


def _parse_pin_source(text: str | None) -> PinSource:
    if text is None:
        raise location_fault(fragment("pkcs11.no_pin"))
    if text.startswith(_VARIABLE) and len(text) > len(_VARIABLE):
        return PinSource("variable", text.removeprefix(_VARIABLE))
    path = text.removeprefix(_FILE)
    path = "/" + path.lstrip("/") if path.startswith("///") else path  # file:///run/pin, with an empty host
    if path == text or not path or path.startswith("//"):
        raise location_fault(fragment("pkcs11.pin_source"))
    return PinSource.in_file(path)
