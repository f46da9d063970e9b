"""The harness keeps working: every subject takes honest, changed and random inputs, and finds what costs too much."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import pytest

from fuzz import corpus, harness, mutation, subjects

if TYPE_CHECKING:
    from pathlib import Path

RUNS = 300


@pytest.mark.parametrize("name", sorted(subjects.SUBJECTS))
def test_a_subject_takes_everything(name: str) -> None:
    """Seeds, changes of them that keep their form, bytes changed, random bytes; whoever finds more runs the harness."""
    random = Random(1405)  # noqa: S311 - chance, no secrets
    seeds = list(corpus.seeds(name))
    watched = harness.Watched(name, subjects.SUBJECTS[name], weighed=100)
    for data in random.sample(seeds, min(len(seeds), RUNS)):
        watched(data)
    change = mutation.MUTATIONS.get(name)
    kept = 0
    for _ in range(RUNS):
        data = random.choice(seeds)
        way = random.randrange(4)
        if way == 0:
            data = random.randbytes(random.randrange(100))
        elif way == 1 or change is None:
            at = random.randrange(len(data) + 1)
            data = data[:at] + random.randbytes(random.randrange(3)) + data[at + random.randrange(3) :]
        else:
            try:
                data = change(data, random)
            except ValueError:
                continue
            kept += 1
        watched(data)
    assert change is None or kept > RUNS / 8
    assert watched.runs > RUNS / 2
    assert watched.heaviest


def test_what_is_signed_gets_through() -> None:
    """Behind the keys that say yes, seeds are accepted, opened and imported; else nothing deep would be reached."""
    reached = [data for data in corpus.seeds("cose") if _accepted(data)]
    assert len(reached) > 20
    assert {data[0] >> 2 & 3 | data[0] >> 4 & 12 for data in reached} >= {0, 1}


def _accepted(data: bytes) -> bool:
    return data[0] & 0xFC in {0, 4} and (
        subjects.VERIFIERS[0]
        .check_cose(data[1:] if not data[0] & 4 else subjects.signed_claims(data[1:]), at=subjects.AT)
        .accepted
    )


def test_costly_calls_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes too long in every run, and one that takes too much memory; each is kept."""
    monkeypatch.setattr(harness, "MAX_SECONDS", 0.0)
    slow = harness.Watched("slow", sorted, folder=tmp_path)
    with pytest.raises(harness.Costly, match="ms"):
        slow(b"")
    monkeypatch.undo()
    heavy = harness.Watched("heavy", lambda data: bytearray(17 * len(data)), weighed=1)
    with pytest.raises(harness.Costly, match="bytes"):
        heavy(bytes(2**20))


def test_findings_are_kept_once_for_each_place(tmp_path: Path) -> None:
    """With their traceback."""

    def fails(data: bytes) -> None:
        if data:
            raise ZeroDivisionError

    watched = harness.Watched("fails", fails, folder=tmp_path)
    for data in (b"", b"a", b"b"):
        watched.go_on(data)
    found = sorted(path.name for path in tmp_path.iterdir())
    assert len(found) == 2
    assert "ZeroDivisionError" in (tmp_path / found[1]).read_text()
    assert harness.summary(watched).startswith("fails: 3 runs")


def test_most_changes_keep_the_form() -> None:
    """The others change bytes, and so do those of inputs that have no form."""
    change = harness.mutator(mutation.json_text)
    changed = [change(b'\0{"a": [1, 2]}', 100, seed) for seed in range(100)]
    assert 60 < sum(_is_json(data[1:]) for data in changed) < 100
    assert len({change(b"\0no JSON", 100, seed) for seed in range(20)}) > 10
    assert len(change(bytes(100), 10, 1)) == 10


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
