"""Hostile input costs next to nothing: the work and memory of a refusal are bounded.

Work is counted in calls of functions, the same on every machine; `benchmarks/worst_cases.py` measures the time.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import cbor2
import pytest

from attacks import ATTACKS, COLLISIONS, HONEST, SIGNER, VERIFIER, colliding_pairs, unsigned_message
from authority import NOW
from wire import DCC, Handmade, claims_of

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CALLS = 40_000  # of functions, in Python or C; an honest verdict makes 200, and the largest content allowed 12 000
EARLY_CALLS = 200  # of what is refused before it is decoded
MOST_BYTES = 4 * 2**20


def outcome_of(text: str | bytes) -> list[str]:
    """Return the codes of the verdict."""
    return [found.code for found in VERIFIER.check(text, at=NOW).findings]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_with_its_code(name: str) -> None:
    """Every attack is seen for what it is."""
    text, code = ATTACKS[name]
    assert outcome_of(text) == [code]


@pytest.mark.parametrize("name", ATTACKS)
def test_the_work_to_refuse_an_attack_is_bounded(name: str) -> None:
    """Whatever a text of the largest size holds, it does not grow with what the text announces."""
    text, _ = ATTACKS[name]
    assert calls_of(lambda: VERIFIER.check(text, at=NOW)) < MOST_CALLS


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
    assert calls_of(lambda: VERIFIER.check_cose(bignum, at=NOW)) < EARLY_CALLS


@pytest.mark.parametrize("count", [290, 4600])
def test_array_keys_that_collide_cost_nothing(count: int) -> None:
    """Anybody can send such a header; a small and the largest message are refused before their keys are compared."""
    pairs = colliding_pairs(count)
    assert len({hash(tuple(pair)) for pair in pairs}) == 1
    keys = b"\xb9" + count.to_bytes(2) + b"".join(cbor2.dumps(pair) + b"\0" for pair in pairs)
    message = unsigned_message(keys)
    assert len(message) < 65_536
    assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == ["cose.malformed"]
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < EARLY_CALLS


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
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < MOST_CALLS


def test_integer_keys_that_collide_cost_no_more_than_others() -> None:
    """Integers of 64 bits cannot collide often enough; more parts than any certificate has are refused."""
    for count, code in ((1_000, "trust.unknown_key"), (6_500, "cose.malformed")):
        keys = cbor2.dumps(dict(list(COLLISIONS.items())[:count]))
        message = unsigned_message(keys)
        assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == [code]


def test_a_message_with_many_parts_is_refused() -> None:
    """What is left of a large message of smallest parts is refused early."""
    message = unsigned_message(b"\xa1\x01\x99\xea\x60" + bytes(60_000))
    assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == ["cose.malformed"]
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < MOST_CALLS


def calls_of(work: Callable[[], Any]) -> int:
    """Return how many functions are called, in Python or C, while `work` is done."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


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
