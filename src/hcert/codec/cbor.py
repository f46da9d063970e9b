"""Closed CBOR (RFC 8949): what a health certificate may use, and nothing else.

The decoder of cbor2 is open by default: it builds regular expressions, mail messages and cyclic structures from input,
lets the last of two equal keys win, takes `1`, `1.0` and `true` for one key and ignores what follows the first item.
Here every tag is refused except the two date-time tags where the caller allows them; map keys are integers or text;
values are maps, arrays, text, byte strings, integers (no bignums), floats, booleans and null; depth is bounded; one
item fills the input. Indefinite lengths and longer-than-needed heads occur in real certificates and are read.
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
    """The input is not what closed CBOR allows; the text says why, without content."""


class DateTimeText(str):
    """A date-time that stood under tag 0 or 1 (RFC 8949 sections 3.4.1 and 3.4.2), as RFC 3339 text."""

    __slots__ = ()


def decode(data: bytes, *, depth: int, date_times: bool = False, trusted: bool = False) -> Any:
    """Decode the one CBOR item that `data` consists of.

    Args:
        data: the encoded item.
        depth: deepest nesting of containers and tags.
        date_times: whether tags 0 and 1 are read, as `DateTimeText`; all other tags are refused always.
        trusted: whether a trusted key signed the item, which then may have any number of parts.

    Raises:
        CborError: for anything outside closed CBOR.
    """
    source = BytesIO(data)
    decoder = cbor2.CBORDecoder(
        source,
        max_depth=depth,
        allow_duplicate_keys=False,
        semantic_decoders=_DATE_TIMES_ONLY if date_times else _NO_TAGS,
    )
    fault = cbor_prescan.fault_of(data, depth=depth) if len(data) > cbor_prescan.SMALL and not trusted else None
    if fault is None:
        try:
            item = decoder.decode()
        except Exception as error:  # noqa: BLE001 - whatever the decoder stumbles over, the input is refused
            fault = _reason(error)
    if fault is None and source.tell() != len(data):
        fault = fragment("cbor.trailing_bytes")
    if fault is not None:  # raised here, so that no error of cbor2, which may quote the input, hangs on to it
        raise CborError(fault)
    _check([item])
    return item


def encode(item: Any) -> bytes:
    """Encode `item` with the shortest heads and definite lengths, keys in the order given.

    Raises:
        CborError: for an object that CBOR has nothing for.
        UnicodeEncodeError: for text that is no Unicode.
    """
    try:
        return cbor2.dumps(item)
    except cbor2.CBOREncodeError:  # whose words may quote the item
        raise CborError(fragment("cbor.not_encodable")) from None


def _reason(error: BaseException) -> Fragment:
    """Say in fixed words why cbor2 refused; its own words may quote the input."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, CborError):
        return fragment_of(error)
    words = str(error)
    if "Duplicate map key" in words:
        return fragment("cbor.duplicate_key")
    if "nesting depth" in words:
        return fragment("cbor.too_deep")
    if isinstance(error, cbor2.CBORDecodeEOF):
        return fragment("cbor.truncated")
    return fragment("cbor.malformed")


class _AllowedTags(dict[int, _TagDecoder]):
    """Answers for every tag number there is, so that no built-in decoder of cbor2 is ever reached."""

    def __missing__(self, tag: int) -> _TagDecoder:
        return _refuse_tag


def _refuse_tag(_content: Any, _immutable: Any) -> Any:
    raise CborError(fragment("cbor.tag"))


def _text_date_time(content: Any, _immutable: Any) -> DateTimeText:
    """Read the content of tag 0; whether the text is a date-time is for the record to say."""
    if type(content) is not str:
        raise CborError(fragment("cbor.tag_0"))
    return DateTimeText(content)


def _epoch_date_time(content: Any, _immutable: Any) -> DateTimeText:
    """Read the content of tag 1: seconds since 1970-01-01T00:00Z."""
    if type(content) not in {int, float} or not MIN_SECONDS <= content <= MAX_SECONDS:
        raise CborError(fragment("cbor.tag_1"))
    return DateTimeText(datetime.fromtimestamp(content, UTC).isoformat().replace("+00:00", "Z"))


_NO_TAGS: Final = _AllowedTags({})
_DATE_TIMES_ONLY: Final = _AllowedTags({0: _text_date_time, 1: _epoch_date_time})

_SCALARS: Final = frozenset({str, DateTimeText, bytes, int, float, bool, type(None)})


def _check(container: dict[Any, Any] | list[Any]) -> None:
    """Check the types of all keys and values in a decoded container; `true` and `1.0` are no integer keys."""
    values: Iterable[Any] = container
    if type(container) is dict:
        for key in container:
            if type(key) is not str and type(key) is not int:
                raise CborError(fragment("cbor.key_type"))
        values = container.values()
    for value in values:
        kind = type(value)
        if kind is str or kind is int:  # nearly all of them
            continue
        if kind is dict or kind is list:
            _check(value)
        elif kind not in _SCALARS:
            raise CborError(fragment("cbor.simple_value"))
