"""Hostile input costs next to nothing: the work and memory of a refusal are bounded.

Work is counted in function calls, the same on every machine; `benchmarks/worst_cases.py` measures the time. Tests that
count are marked `counts`: `mutation.py`, whose changes add calls of their own, leaves them out.
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

MAX_CALLS = 40_000  # of functions, in Python or C; an honest verdict makes 200, the costliest known 18 000
MAX_BYTES = 4 * 2**20


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that grows each time cbor2 begins to decode; of what it does then, no calls are counted."""
    begun: list[object] = []
    load = cbor2.load

    def watch(source: Any, **options: Any) -> Any:
        begun.append(source)
        return load(source, **options)

    monkeypatch.setattr(cbor2, "load", watch)
    return begun


def outcome_of(text: str | bytes) -> list[str]:
    """Return the codes of the verdict."""
    return [found.code for found in VERIFIER.check(text, at=NOW).findings]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_with_its_code(name: str) -> None:
    """Every attack is seen for what it is."""
    text, code = ATTACKS[name]
    assert outcome_of(text) == [code]


@pytest.mark.counts
@pytest.mark.parametrize("name", ATTACKS)
def test_the_work_to_refuse_an_attack_is_bounded(name: str) -> None:
    """Whatever a text of the largest size holds, it does not grow with what the text announces."""
    text, _ = ATTACKS[name]
    assert calls_of(lambda: VERIFIER.check(text, at=NOW)) < MAX_CALLS


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_in_a_few_megabytes(name: str) -> None:
    """Neither what Python allocates nor what the whole process needs grows by 4 MiB."""
    text, _ = ATTACKS[name]
    VERIFIER.check(HONEST, at=NOW)
    tracemalloc.start()
    VERIFIER.check(text, at=NOW)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_BYTES
    assert resident_growth(text) < MAX_BYTES


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
        assert len(message) < (cbor_prescan.MAX_UNSCANNED_BYTES if within else 65_536)
        assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == ["cose.malformed"]
        assert bool(decoded) == within
        decoded.clear()


def record_message(payloads: dict[int, Any]) -> bytes:
    """Return a signed message with these payloads."""
    return Handmade(SIGNER, claims=claims_of() | {-260: payloads}).message


@pytest.mark.parametrize("name", BEYOND)
def test_a_record_beyond_a_bound_is_refused_with_few_findings(name: str) -> None:
    """Even when a trusted key signed it."""
    verdict = VERIFIER.check_cose(record_message(BEYOND[name]()), at=NOW)
    assert {found.code for found in verdict.findings if found.severity == "error"} <= {
        "record.schema",
        "record.link_malformed",
        "claims.malformed",
    }
    assert not verdict.accepted
    assert len(verdict.findings) < 5


@pytest.mark.counts
@pytest.mark.parametrize("name", BEYOND)
def test_a_record_beyond_a_bound_is_cheap_to_refuse(name: str) -> None:
    """The bound is met early, before the costly checks."""
    message = record_message(BEYOND[name]())
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < 10_000


@pytest.mark.counts
@pytest.mark.parametrize("name", WITHIN)
def test_the_largest_record_within_the_bounds_is_cheap_to_check(name: str) -> None:
    """As large as each bound allows."""
    message = record_message(WITHIN[name]())
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < 20_000


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_codes_checked() -> None:
    """After many different codes no more memory is in use than after a few: no cache is keyed by foreign content."""
    for kinds in (BEYOND, WITHIN):
        messages = [
            record_message(payload()) for payload in itertools.islice(itertools.cycle(kinds.values()), 8 * len(kinds))
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


@pytest.mark.counts
@pytest.mark.parametrize(
    "change",
    [{"dob": "1998-02-26T00:00:00"}, {"v": [{**DCC["v"][0], "dn": 1.0}]}, {"t": []}],
    ids=["day with a time", "dose number as a float", "empty group"],
)
def test_a_code_that_needs_a_leniency_costs_little_more_than_an_honest_one(change: dict[str, Any]) -> None:
    """The corrected payload is decoded again; only what still fails is examined member by member."""
    text = Handmade(SIGNER, claims=claims_of({**DCC, **change})).text
    assert len(outcome_of(text)) == 1
    honest = calls_of(lambda: VERIFIER.check(HONEST, at=NOW))
    assert calls_of(lambda: VERIFIER.check(text, at=NOW)) < 1.7 * honest


COSTLY_RECORDS: dict[str, dict[str, Any]] = {
    "60 000 empty doses": {**DCC, "v": [{}] * 60_000},
    "200 doses": {**DCC, "v": DCC["v"] * 200},
    "1 000 names": {**DCC, "nam": {f"name {index}": None for index in range(1000)}},
}


@pytest.mark.parametrize("name", COSTLY_RECORDS)
def test_the_findings_about_one_record_are_bounded(name: str) -> None:
    """Whatever a trusted key signed."""
    verdict = VERIFIER.check_cose(Handmade(SIGNER, claims=claims_of(COSTLY_RECORDS[name])).message, at=NOW)
    assert not verdict.accepted
    assert 0 < len(verdict.findings) < 250


@pytest.mark.counts
@pytest.mark.parametrize("name", COSTLY_RECORDS)
def test_a_trusted_signer_cannot_make_a_verdict_costly(name: str) -> None:
    """A key that was stolen, or a mistake, does not stop a gate."""
    message = Handmade(SIGNER, claims=claims_of(COSTLY_RECORDS[name])).message
    assert calls_of(lambda: VERIFIER.check_cose(message, at=NOW)) < MAX_CALLS


def test_a_message_nested_too_deeply_is_refused_before_it_is_decoded(decoded: list[object]) -> None:
    """If it is large; what is small and nested too deeply costs little to decode."""
    message = unsigned_message(b"\xa1\x01" + b"\x81" * 2000 + cbor2.dumps(bytes(cbor_prescan.MAX_UNSCANNED_BYTES)))
    assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == ["cose.malformed"]
    assert not decoded


def test_integer_keys_that_collide_cost_no_more_than_others(decoded: list[object]) -> None:
    """Integers of 64 bits cannot collide often enough; more parts than any certificate has are not decoded."""
    for count, code, within in ((1_000, "trust.unknown_key", True), (6_500, "cose.malformed", False)):
        message = unsigned_message(cbor2.dumps(dict(list(COLLISIONS.items())[:count])))
        assert [found.code for found in VERIFIER.check_cose(message, at=NOW).findings] == [code]
        assert bool(decoded) == within
        decoded.clear()


MANY_PARTS = unsigned_message(b"\xa1\x01\x99\xea\x60" + bytes(60_000))


def test_a_message_with_many_parts_is_refused(decoded: list[object]) -> None:
    """Before anything of it is decoded."""
    assert [found.code for found in VERIFIER.check_cose(MANY_PARTS, at=NOW).findings] == ["cose.malformed"]
    assert not decoded


@pytest.mark.counts
def test_a_message_with_many_parts_is_cheap_to_refuse() -> None:
    """Its parts are not even counted to the end."""
    assert calls_of(lambda: VERIFIER.check_cose(MANY_PARTS, at=NOW)) < MAX_CALLS


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
