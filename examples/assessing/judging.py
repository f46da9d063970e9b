"""Whether a program passed: what it said beside what it must say, and the numbers of a report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Literal

Outcome = Literal["passed", "failed", "unsupported"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("passed", "failed", "unsupported")
SEVERITIES: Final = ("critical", "major", "minor")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one vector.

    Attributes:
        vector: as in the kit.
        outcome: passed, failed, or unsupported as the program said itself where the kit allows it.
        got: what the program said, in words.
    """

    vector: dict[str, Any]
    outcome: Outcome
    got: str


def judge(vector: dict[str, Any], answer: dict[str, Any], *, codes: bool = False) -> Result:
    """Say what an answer is worth: none where the program failed, and no excuse but for a format it need not know."""
    if "failure" in answer:
        return Result(vector, "failed", str(answer["failure"]))
    if "unsupported" in answer:
        why = str(answer["unsupported"])[:200]
        if vector.get("optional"):
            return Result(vector, "unsupported", why)
        return Result(vector, "failed", f"unsupported ({why}), which every reader has to support")
    return _compared(vector, answer, codes=codes)


def _compared(vector: dict[str, Any], answer: dict[str, Any], *, codes: bool) -> Result:
    """Compare a verdict with what is expected; what was opened of a sealed part counts too."""
    accepted = answer["accepted"]
    given = answer.get("codes")
    said = ", ".join(map(str, given))[:200] if isinstance(given, list) and given else ""
    got = ("accepted" if accepted else "refused") + (f" ({said})" if said else "")
    good = vector["expect"] == "either" or accepted == (vector["expect"] == "accept")
    if good and isinstance(vector.get("opened"), dict) and answer.get("opened") != vector["opened"]:
        return Result(vector, "failed", f"{got}, but the sealed part was not opened as expected")
    if good and isinstance(vector.get("opened"), str) and isinstance(answer.get("opened"), dict):
        return Result(vector, "failed", f"{got}, and opened a sealed part that must not open")
    if good and codes and given != vector["codes"]:
        return Result(vector, "failed", f"{got}, where the findings are {', '.join(vector['codes']) or 'none'}")
    return Result(vector, "passed" if good else "failed", got)


def counted(results: list[Result], member: str, names: list[str]) -> dict[str, Counter[Outcome]]:
    """Count outcomes by a member of the vectors."""
    table: dict[str, Counter[Outcome]] = {name: Counter() for name in names}
    for result in results:
        table[result.vector[member]][result.outcome] += 1
    return table


def shown_nothing(results: list[Result]) -> bool:
    """Tell whether no vector was passed: a program that supports nothing conforms to nothing."""
    return not any(result.outcome == "passed" for result in results)


def summary(results: list[Result]) -> str:
    """Say in one sentence whether the program conforms."""
    failed = Counter(result.vector["severity"] for result in results if result.outcome == "failed")
    passed = sum(result.outcome == "passed" for result in results)
    unsupported = sum(result.outcome == "unsupported" for result in results)
    rest = f" and does not support {unsupported}" if unsupported else ""
    if not failed and shown_nothing(results):
        return f"The program showed nothing: it supports none of {len(results)} vectors."
    if not failed and unsupported:
        return f"The program conforms in what it supports: it passed {passed} of {len(results)} vectors{rest}."
    if not failed:
        return f"The program conforms: it passed {passed} of {len(results)} vectors."
    parts = ", ".join(f"{failed[name]} {name}" for name in SEVERITIES if failed[name])
    return f"The program does not conform: of {len(results)} vectors it failed {failed.total()} ({parts}){rest}."
