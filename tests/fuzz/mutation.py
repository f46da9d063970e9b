"""Changes to an input that keep its form, so that they reach what lies behind a decoder.

libFuzzer changes bytes; nearly all of what it makes of CBOR, JSON or a code is refused by the first reader. Here an
input is decoded, one place of it is changed, and it is encoded again. Byte strings that hold CBOR are changed inside.
"""

from __future__ import annotations

import base64
import copy
import json
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import cbor2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    Mutate = Callable[[bytes, Random], bytes]

_MAX_PLACES: Final = 10_000
_TEXTS: Final = (
    "", " ", "A", "VN", "á", "a\u0301", "\u202e", "\u0000", "Nguyễn", "NGUYEN<VAN", "2026-06-01", "2026-02-30",
    "0000-00-00", "2026-06-01T12:00:00Z", "2026-06-01T23:59:60+14:00", "9999-12-31", "0001-01-01", "840539006",
    "1119349007", "260415000", "LP6464-4", "URN:UVCI:01:VN:A#B", "{0.__class__}", "%s", "\U0001f9a0", "x" * 81,
    "1.3.0", "9" * 30, "\ufffd", "ZnV6emluZyE=", "shlink://", "http://",
)  # fmt: skip
_SCALARS: Final = (
    None, True, False, 0, 1, 2, 9, 23, 24, 255, 256, 65535, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -1, -2,
    -(2**63), -(2**64), 253402300799, 253402300800, 1780315200, 10**12, 1780315200123, 0.0, 1.5, -0.0, float("nan"),
    float("inf"), 1e300,
)  # fmt: skip
_BYTES: Final = (b"", b"\0", bytes(8), bytes(16), bytes(32), b"\xff" * 16, bytes(64), b"fuzzing!", b"\x80", b"\xa0")


def cbor(data: bytes, random: Random) -> bytes:
    """Change one place of a CBOR item that stands behind the first byte.

    Raises:
        ValueError: where there is none.
    """
    return data[:1] + _cbor(data[1:], random)


def _cbor(data: bytes, random: Random) -> bytes:
    tag = b""
    for prefix in (b"\xd8\x3d\xd2", b"\xd2", b"\xd8\x62"):
        if data.startswith(prefix):
            tag, data = prefix, data[len(prefix) :]
            break
    try:
        holder = [cbor2.CBORDecoder(BytesIO(data), max_depth=40).decode()]
        _change(holder, random, scalars=(*_SCALARS, *_BYTES, *_TEXTS), within=True)
        return tag + cbor2.dumps(holder[0])
    except Exception as error:
        raise ValueError("it is no CBOR") from error


def json_text(data: bytes, random: Random) -> bytes:
    """Change one place of a JSON text that stands behind the first byte; as `cbor`."""
    try:
        holder = [json.loads(data[1:])]
        _change(holder, random, scalars=(*_SCALARS, *_TEXTS), within=False)
        return data[:1] + json.dumps(holder[0]).encode()
    except Exception as error:
        raise ValueError("it is no JSON") from error


def lines(data: bytes, random: Random) -> bytes:
    """Change one field of a text of fields, or what JSON there is."""
    if data[1:2] in b"{[":
        return json_text(data, random)
    for mark in (b"|", b"<", b"\n", b"/", b":", b" "):
        parts = data[1:].split(mark)
        if len(parts) > 1 and random.random() < 0.6:
            at = random.randrange(len(parts))
            parts[at] = random.choice([*(text.encode() for text in _TEXTS), *parts])
            return data[:1] + mark.join(parts)
    raise ValueError("it has no fields")


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield container and key of what an item holds, which may be cyclic."""
    waiting = [node]
    while waiting:
        container = waiting.pop()
        for key, value in list(container.items() if isinstance(container, dict) else enumerate(container)):
            yield container, key
            if isinstance(value, dict | list):
                waiting.append(value)


def _change(holder: list[Any], random: Random, *, scalars: tuple[Any, ...], within: bool) -> None:
    places = list(islice(_places(holder), _MAX_PLACES))
    container, key = random.choice(places)
    old = container[key]
    if isinstance(old, bytes) and within and len(old) > 1 and random.random() < 0.8:
        container[key] = _inside(old, random)
        return
    if isinstance(old, str) and not within and len(old) > 100 and random.random() < 0.8:
        raw = bytearray(base64.b64decode(old))
        raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
        container[key] = base64.b64encode(raw).decode()
        return
    other_container, other_key = random.choice(places)
    other = other_container[other_key]
    way = random.randrange(8)
    if way <= 2:
        container[key] = random.choice(scalars)
    elif way == 3:
        container[key] = copy.deepcopy(other)
    elif way == 4:
        container[key], other_container[other_key] = copy.deepcopy(other), copy.deepcopy(old)
    elif way == 5 and container is not holder:
        del container[key]
    elif way == 6:
        _insert(container, key, copy.deepcopy(random.choice([old, other, random.choice(scalars)])), random)
    elif isinstance(old, int):
        container[key] = old + random.choice([-1, 1, -(2**20), 2**20])
    elif isinstance(old, str):
        at = random.randrange(len(old) + 1)
        container[key] = old[:at] + random.choice(_TEXTS) + old[at + random.randrange(3) :]
    else:
        container[key] = [old] if random.random() < 0.5 else {random.choice([0, 1, 2, 3, "v", "t"]): old}


def _inside(old: bytes, random: Random) -> bytes:
    """Change what a byte string holds: CBOR, or else its bytes or length."""
    if random.random() < 0.8:
        try:
            return _cbor(old, random)
        except ValueError:
            pass
    at = random.randrange(len(old))
    way = random.randrange(3)
    if way == 0:
        return old[:at] + bytes([old[at] ^ 1 << random.randrange(8)]) + old[at + 1 :]
    return old[:at] if way == 1 else old[:at] + old[at // 2 :]


def _insert(container: Any, key: Any, value: Any, random: Random) -> None:
    if isinstance(container, list):
        container[key:key] = [value] * random.choice([1, 1, 2, 20])
    else:
        numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, -1]
        container[random.choice([*numbers, "v", "t", "r", "nam", "ndt", "vx", "x" * 60, str(key), str(key)])] = value


MUTATIONS: Final[dict[str, Mutate]] = {
    "text": cbor,
    "cose": cbor,
    "trust_list": cbor,
    "rule_list": cbor,
    "revocation": cbor,
    "gdhcn": json_text,
    "jwks": json_text,
    "importers": lines,
    "identity": lines,
    "members": json_text,
}
