"""Hostile input costs next to nothing: time and memory of a refusal are bounded."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
import tracemalloc
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from base45 import b45encode

from authority import NOW, document_signer, p256
from wire import DCC, Handmade, claims_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_SECONDS = 0.005
MOST_BYTES = 4 * 2**20
SIGNER = document_signer(p256())
VERIFIER = SIGNER.verifier
HONEST = Handmade(SIGNER).text


def bomb(size: int) -> str:
    """Return a text that inflates to `size` zero bytes."""
    return text_of(bytes(size))


def signed(claims: bytes) -> str:
    """Return a text with authentic claims of arbitrary bytes."""
    return Handmade(SIGNER, payload=claims).text


# Integers of 64 bits of which Python's dictionaries see the same low bits first.
COLLISIONS = {index << 44: 0 for index in range(1, 2**16)}

ATTACKS: dict[str, tuple[str | bytes, str]] = {
    "zip bomb": (bomb(2_900_000), "inflate.too_large"),
    "zip bomb just within the text": (bomb(65_537), "inflate.too_large"),
    "largest content allowed": (bomb(65_536), "cose.malformed"),
    "100 000 deep": (text_of(b"\x81" * 100_000), "inflate.too_large"),
    "60 000 deep": (text_of(b"\xd2" + b"\x81" * 60_000), "cose.malformed"),
    "60 000 indefinite arrays": (text_of(b"\xd2" + b"\x9f" * 60_000), "cose.malformed"),
    "60 000 tags": (text_of(b"\xc6" * 60_000), "cose.malformed"),
    "array of 2^32": (text_of(b"\xd2\x9a\xff\xff\xff\xff"), "cose.malformed"),
    "array of 2^64": (text_of(b"\xd2\x9b" + b"\xff" * 8), "cose.malformed"),
    "map of 2^64": (text_of(b"\xd2\xbb" + b"\xff" * 8), "cose.malformed"),
    "string of 2^64": (text_of(b"\xd2\x84\x5b" + b"\xff" * 8), "cose.malformed"),
    "bignum": (signed(b"\xa1\x04\xc2\x59\xf0\x00" + b"\xff" * 0xF000), "claims.malformed"),
    "duplicate keys": (signed(b"\xa2\x01\x61A\x01\x61B"), "claims.malformed"),
    "1 000 keys": (signed(cbor2.dumps(dict.fromkeys(range(1000), 0))), "claims.malformed"),
    "trailing byte after the message": (text_of(Handmade(SIGNER).message + b"\0"), "cose.malformed"),
    "trailing byte after the claims": (signed(cbor2.dumps(claims_of()) + b"\0"), "claims.malformed"),
    "second zlib stream": (
        "HC1:" + b45encode(zlib.compress(Handmade(SIGNER).message) * 2).decode(),
        "inflate.trailing_bytes",
    ),
    "lower case": (HONEST.lower(), "text.prefix"),
    "lower case after the prefix": ("HC1:" + HONEST[4:].lower(), "text.alphabet"),
    "blank before": (" " + HONEST, "text.prefix"),
    "line end after": (HONEST + "\n", "text.alphabet"),
    "10 MB of text": ("HC1:" + "0" * 10_000_000, "text.too_long"),
    "wide characters": ("HC1:" + "\U0001f9a0" * 4000, "text.alphabet"),
    "longest text": ("HC1:" + "Z" * 4291, "text.length"),
}


def outcome_of(text: str | bytes) -> list[str]:
    """Return the codes of the verdict."""
    return [found.code for found in VERIFIER.check(text, at=NOW).findings]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_with_its_code(name: str) -> None:
    """Every attack is seen for what it is."""
    text, code = ATTACKS[name]
    assert outcome_of(text) == [code]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_in_a_few_milliseconds(name: str) -> None:
    """The best of five stays under 5 ms; one slow run on a busy machine is no slow verifier."""
    text, _ = ATTACKS[name]
    assert min(timed(lambda: VERIFIER.check(text, at=NOW)) for _ in range(5)) < MOST_SECONDS


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_in_a_few_megabytes(name: str) -> None:
    """Neither what Python allocates nor what the whole process needs grows by 4 MiB."""
    text, _ = ATTACKS[name]
    VERIFIER.check(HONEST, at=NOW)
    tracemalloc.start()
    VERIFIER.check(text, at=NOW)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_BYTES
    assert resident_growth(text) < MOST_BYTES


def test_a_megabyte_bignum_as_a_bare_message_is_refused() -> None:
    """Without the text around it the size of the message itself is bounded."""
    bignum = b"\xc2\x5a\x00\x10\x00\x00" + bytes(2**20)
    assert [found.code for found in VERIFIER.check_cose(bignum, at=NOW).findings] == ["cose.too_large"]
    assert min(timed(lambda: VERIFIER.check_cose(bignum, at=NOW)) for _ in range(5)) < MOST_SECONDS


def colliding_pairs(count: int) -> list[list[int]]:
    """Return pairs of integers whose tuples all have one hash, by inverting the xxHash that tuples use."""
    prime_1, prime_2, prime_5 = 11400714785074694791, 14029467366897019727, 2870177450012600261
    inverse, pairs = pow(prime_2, -1, 2**64), []
    for first in range(1, 20 * count):
        lane = (prime_5 + first * prime_2) % 2**64
        lane = (lane << 31 | lane >> 33) % 2**64 * prime_1 % 2**64
        second = (0x123456789ABCDEF - lane) * inverse % 2**64
        second -= 2**64 if second >= 2**63 else 0
        if abs(second) < 2**61 - 1 and second != -1:
            pairs.append([first, second])
    return pairs[:count]


def unsigned_message(keys: bytes) -> bytes:
    """Return a message that nobody signed, with a map as its unprotected header."""
    return b"\xd2\x84\x46\xa2\x01\x26\x04\x41k" + keys + b"\x40\x40"


@pytest.mark.parametrize("count", [290, 4600])
def test_array_keys_that_collide_cost_nothing(count: int) -> None:
    """Anybody can send such a header; neither a small nor the largest message makes the verifier compare its keys."""
    pairs = colliding_pairs(count)
    assert len({hash(tuple(pair)) for pair in pairs}) == 1
    keys = b"\xb9" + count.to_bytes(2) + b"".join(cbor2.dumps(pair) + b"\0" for pair in pairs)
    message = unsigned_message(keys)
    assert len(message) < 65_536
    assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == ["cose.malformed"]
    assert min(timed(lambda: VERIFIER.check_cose(message, at=NOW)) for _ in range(5)) < MOST_SECONDS


@pytest.mark.parametrize(
    "payload",
    [
        {**DCC, "v": [{}] * 60_000},
        {**DCC, "v": DCC["v"] * 200},
        {**DCC, "nam": {f"name {index}": None for index in range(1000)}},
    ],
)
def test_even_a_trusted_signer_cannot_make_a_verdict_costly(payload: dict[str, Any]) -> None:
    """The findings about one record are bounded, whatever it holds."""
    message = Handmade(SIGNER, claims=claims_of(payload)).message
    verdict = VERIFIER.check_cose(message, at=NOW)
    assert not verdict.accepted
    assert 0 < len(verdict.findings) < 250
    assert min(timed(lambda: VERIFIER.check_cose(message, at=NOW)) for _ in range(5)) < 2 * MOST_SECONDS


def test_integer_keys_that_collide_cost_no_more_than_others() -> None:
    """Integers of 64 bits cannot collide often enough; more parts than any certificate has are refused."""
    for count, code in ((1_000, "trust.unknown_key"), (6_500, "cose.malformed")):
        keys = cbor2.dumps(dict(list(COLLISIONS.items())[:count]))
        message = unsigned_message(keys)
        assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == [code]
        assert min(timed(partial(VERIFIER.check_cose, message, at=NOW)) for _ in range(5)) < MOST_SECONDS


def test_a_message_with_many_parts_is_refused() -> None:
    """What is left of a large message of smallest parts is refused early."""
    message = unsigned_message(b"\xa1\x01\x99\xea\x60" + bytes(60_000))
    assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == ["cose.malformed"]
    assert min(timed(lambda: VERIFIER.check_cose(message, at=NOW)) for _ in range(5)) < MOST_SECONDS


def timed(call: Callable[[], Any]) -> float:
    """Return the seconds of processor time a call takes, without what a coverage tracer adds."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        start = time.thread_time()
        call()
        return time.thread_time() - start
    finally:
        sys.settrace(tracer)


def resident_growth(text: str | bytes) -> int:
    """Return by how many bytes a process of its own grows at its peak while it refuses `text`."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=measure_growth, args=(text, sender))
    process.start()
    growth = receiver.recv()
    process.join()
    return int(growth)


def measure_growth(text: str | bytes, sender: Any) -> None:
    """Send the growth of the peak resident size; the peak begins anew with the process."""
    VERIFIER.check(HONEST, at=NOW)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    VERIFIER.check(text, at=NOW)
    sender.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
