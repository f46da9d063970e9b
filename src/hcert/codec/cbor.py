"""Closed CBOR (RFC 8949): the part of it that health certificates use, and nothing else.

By default cbor2 is an open decoder: it builds regular expressions, mail messages and cyclic structures from the input,
lets the last of two equal keys win, treats `1`, `1.0` and `true` as the same key, and ignores what follows the first
item. This module refuses every tag except the two date-time tags, and those too unless the caller allows them. Map keys
are integers or text. Values are maps, arrays, text, byte strings, integers (no bignums), floats, booleans and null.
Depth is bounded, and the input must be exactly one item. Indefinite lengths and heads longer than necessary occur in
real certificates and are read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import cbor2

from hcert.codec import cbor_prescan
from hcert.codec.limits import MAX_SECONDS, MIN_SECONDS
from hcert.fragments import Fragment, fragment, fragment_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_TagDecoder = Callable[[Any, bool], Any]


class CborError(ValueError):
    """The input is not closed CBOR. The argument is a `Fragment` that gives the reason and quotes nothing."""


class DateTimeText(str):
    """A date-time under tag 0 or 1 (RFC 8949 sections 3.4.1 and 3.4.2), as RFC 3339 text."""

    __slots__ = ()


def decode(data: bytes, *, depth: int, date_times: bool = False, trusted: bool = False) -> Any:
    """Decode `data`, which must be exactly one CBOR item.

    Args:
        data: the encoded item.
        depth: how deep arrays, maps and tags may be nested.
        date_times: whether tags 0 and 1 are allowed; they are decoded to `DateTimeText`.
        trusted: whether a trusted key signed the item; it may then have any number of parts.

    Raises:
        CborError: the input is not closed CBOR.
    """
    source = BytesIO(data)
    fault = (
        cbor_prescan.find_fault(data, depth=depth)
        if len(data) > cbor_prescan.MAX_UNSCANNED_BYTES and not trusted
        else None
    )
    if fault is None:
        try:
            item = cbor2.load(
                source,
                max_depth=depth,
                allow_duplicate_keys=False,
                semantic_decoders=_DATE_TIMES_ONLY if date_times else _NO_TAGS,
            )
        except Exception as error:  # noqa: BLE001 - whichever error the decoder raises, the input is refused
            fault = _explain(error)
    if fault is None and source.tell() != len(data):
        fault = fragment("cbor.trailing_bytes")
    if fault is not None:  # raised outside `except`, so that no chained error of cbor2 can quote the input
        raise CborError(fault)
    _check_types(item)
    return item


def encode_byte_string(data: bytes) -> bytes:
    """Encode a byte string, with the shortest head (RFC 8949 section 3), as `encode` does, in a fifth of its time."""
    length = len(data)
    if length < 24:  # noqa: PLR2004 - lengths that fit the initial byte
        return b"%c%b" % (0x40 + length, data)
    if length <= 0xFF:  # noqa: PLR2004
        return b"\x58%c%b" % (length, data)
    if length <= 0xFFFF:  # noqa: PLR2004
        return b"\x59%b%b" % (length.to_bytes(2), data)
    return b"\x5a%b%b" % (length.to_bytes(4), data)


def encode(item: Any) -> bytes:
    """Encode `item` with the shortest heads and definite lengths, map keys in the order given.

    Raises:
        CborError: `item` holds an object that cannot be encoded as CBOR.
        UnicodeEncodeError: `item` holds text with half a surrogate pair, which is not valid Unicode.
    """
    try:
        return cbor2.dumps(item)
    except cbor2.CBOREncodeError:  # its message may quote the item
        raise CborError(fragment("cbor.not_encodable")) from None


def _explain(error: BaseException) -> Fragment:
    """Return the reason for an error of cbor2 in our own words, since its message may quote the input."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, CborError):
        return fragment_of(error)
    message = str(error)
    if "Duplicate map key" in message:
        return fragment("cbor.duplicate_key")
    if "nesting depth" in message:
        return fragment("cbor.too_deep")
    if isinstance(error, cbor2.CBORDecodeEOF):
        return fragment("cbor.truncated")
    return fragment("cbor.malformed")


class _AllowedTags(dict[int, _TagDecoder]):
    """Has an entry for every tag number, so that cbor2 never falls back on a decoder of its own."""

    def __missing__(self, tag: int) -> _TagDecoder:
        return _refuse_tag


def _refuse_tag(_content: Any, _immutable: Any) -> Any:
    raise CborError(fragment("cbor.tag"))


def _decode_tag_0(content: Any, _immutable: Any) -> DateTimeText:
    """Decode a date-time text; whether it is a valid date-time is checked when the member is read."""
    if type(content) is not str:
        raise CborError(fragment("cbor.tag_0"))
    return DateTimeText(content)


def _decode_tag_1(content: Any, _immutable: Any) -> DateTimeText:
    """Decode seconds since 1970-01-01T00:00Z."""
    if type(content) not in {int, float} or not MIN_SECONDS <= content <= MAX_SECONDS:
        raise CborError(fragment("cbor.tag_1"))
    return DateTimeText(datetime.fromtimestamp(content, UTC).isoformat().replace("+00:00", "Z"))


_NO_TAGS: Final = _AllowedTags({})
_DATE_TIMES_ONLY: Final = _AllowedTags({0: _decode_tag_0, 1: _decode_tag_1})

_KEYS: Final = frozenset({str, int})
_SCALARS: Final = frozenset({str, DateTimeText, bytes, int, float, bool, type(None)})


def _check_types(item: Any) -> None:
    """Check the types of an item and of all keys and values in it. As a key, `true` or `1.0` is not an integer."""
    kind = type(item)
    values: Iterable[Any] = item
    if kind is dict:
        if not _KEYS.issuperset(map(type, item)):
            raise CborError(fragment("cbor.key_type"))
        values = item.values()
    elif kind is not list:
        if kind not in _SCALARS:
            raise CborError(fragment("cbor.simple_value"))
        return
    for value in values:
        if type(value) not in _SCALARS:
            _check_types(value)
