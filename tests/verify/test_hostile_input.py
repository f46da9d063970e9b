"""Hostile input costs next to nothing: the work and memory of a refusal are bounded.

Work is counted in calls of functions, the same on every machine; `benchmarks/worst_cases.py` measures the time.
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import resource
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import cbor2
import pytest

from hcert.codec import cbor_prescan
from support.hostile_inputs import ATTACKS, COLLISIONS, HONEST, SIGNER, VERIFIER, colliding_pairs, unsigned_message
from support.hostile_records import BEYOND, WITHIN
from support.raw_messages import DCC, Handmade, claims_of
from support.signers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CALLS = 40_000  # of functions, in Python or C; an honest verdict makes 200, the costliest known 18 000
MOST_BYTES = 4 * 2**20


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that grows each time cbor2 begins to decode; of what it does then, no calls are counted."""
    begun: list[object] = []
    real = cbor2.CBORDecoder

    class Watched:
        def __init__(self, *source: Any, **options: Any) -> None:
            self._decoder = real(*source, **options)

        def decode(self) -> Any:
            begun.append(self)
            return self._decoder.decode()

    monkeypatch.setattr(cbor2, "CBORDecoder", Watched)
    return begun


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


def test_a_megabyte_bignum_as_a_bare_message_is_refused(decoded: list[object]) -> None:
    """Without the text around it the size of the message itself is bounded."""
    bignum = b"\xc2\x5a\x00\x10\x00\x00" + bytes(2**20)
    assert [found.code for found in VERIFIER.check_cose(bignum, at=NOW).findings] == ["cose.too_large"]
    assert not decoded


def test_array_keys_that_collide_are_compared_in_small_items_only(decoded: list[object]) -> None:
    """Anybody can send such a header; of what is large, none is decoded before its keys were looked at."""
    for count, within in ((290, True), (4600, False)):
        pairs = colliding_pairs(count)
        assert len({hash(tuple(pair)) for pair in pairs}) == 1
        keys = b"\xb9" + count.to_bytes(2) + b"".join(cbor2.dumps(pair) + b"\0" for pair in pairs)
        message = unsigned_message(keys)
        assert len(message) < (cbor_prescan.SMALL if within else 65_536)
        assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == ["cose.malformed"]
        assert bool(decoded) == within
        decoded.clear()


@pytest.mark.parametrize("name", BEYOND)
def test_what_is_beyond_a_bound_breaks_the_schema_at_little_cost(name: str) -> None:
    """Whoever signed it; the reasons are few and quote nothing."""
    message = Handmade(SIGNER, claims=claims_of() | {-260: BEYOND[name]()}).message
    verdict = VERIFIER.check_cose(message, at=NOW)
    assert {found.code for found in verdict.findings if found.severity == "error"} <= {
        "record.schema",
        "claims.malformed",
    }
    assert not verdict.accepted
    assert len(verdict.findings) < 5
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < 10_000


@pytest.mark.parametrize("name", WITHIN)
def test_what_is_just_within_the_bounds_costs_little(name: str) -> None:
    """Counted in calls; the benchmark has the times."""
    message = Handmade(SIGNER, claims=claims_of() | {-260: WITHIN[name]()}).message
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < 20_000


@pytest.mark.slow
def test_nothing_is_kept_of_what_signers_wrote() -> None:
    """After many different codes no more memory is held than after a few: no cache is keyed by foreign content."""
    for kinds in (BEYOND, WITHIN):
        messages = [
            Handmade(SIGNER, claims=claims_of() | {-260: payload()}).message
            for payload in itertools.islice(itertools.cycle(kinds.values()), 8 * len(kinds))
        ]
        for message in messages[: 2 * len(kinds)]:
            VERIFIER.check_cose(message, at=NOW)
        tracemalloc.start()
        for message in messages[2 * len(kinds) :]:
            VERIFIER.check_cose(message, at=NOW)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert kept < 100_000


def test_a_code_that_needs_a_leniency_costs_little_more_than_an_honest_one() -> None:
    """The types are tried again on the mended payload; only what they still refuse is walked through."""
    dose = DCC["v"][0]
    honest = calls_of(lambda: VERIFIER.check(HONEST, at=NOW))
    changes: list[dict[str, Any]] = [{"dob": "1998-02-26T00:00:00"}, {"v": [{**dose, "dn": 1.0}]}, {"t": []}]
    for change in changes:
        text = Handmade(SIGNER, claims=claims_of({**DCC, **change})).text
        assert len(outcome_of(text)) == 1
        assert calls_of(lambda text=text: VERIFIER.check(text, at=NOW)) < 1.7 * honest  # type: ignore[misc]


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


def test_integer_keys_that_collide_cost_no_more_than_others(decoded: list[object]) -> None:
    """Integers of 64 bits cannot collide often enough; more parts than any certificate has are not decoded."""
    for count, code, within in ((1_000, "trust.unknown_key", True), (6_500, "cose.malformed", False)):
        message = unsigned_message(cbor2.dumps(dict(list(COLLISIONS.items())[:count])))
        assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == [code]
        assert bool(decoded) == within
        decoded.clear()


def test_a_message_with_many_parts_is_refused(decoded: list[object]) -> None:
    """What is left of a large message of smallest parts is refused before it is decoded."""
    message = unsigned_message(b"\xa1\x01\x99\xea\x60" + bytes(60_000))
    assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == ["cose.malformed"]
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < MOST_CALLS
    assert not decoded


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
