"""Whether a program passed: its answers beside the expected ones, and the numbers of a report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from hcert.cli.texts import Line, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Outcome = Literal["passed", "failed", "unsupported"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("passed", "failed", "unsupported")
SEVERITIES: Final = ("critical", "major", "minor")
_MAX_QUOTED: Final = 200  # characters of what a program said


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one vector.

    Attributes:
        vector: as in the kit.
        outcome: passed, failed, or unsupported if the program said so and the kit allows it.
        got: what the program answered, in words; of an unsupported vector its reason alone.
    """

    vector: dict[str, Any]
    outcome: Outcome
    got: Line | str


def judge(vector: dict[str, Any], answer: dict[str, Any], *, compare_codes: bool = False) -> Result:
    """Judge the answer to a vector.

    Args:
        vector: of the kit.
        answer: of the program; `failure` holds a line that says why there is no usable one.
        compare_codes: whether the findings must be those of hcert too.
    """
    if "failure" in answer:
        return Result(vector, "failed", answer["failure"])
    if "unsupported" in answer:
        reason = str(answer["unsupported"])[:_MAX_QUOTED]
        if vector.get("optional"):
            return Result(vector, "unsupported", reason)
        return Result(
            vector, "failed", line("unsupported ({reason}), though every reader must support it", reason=reason)
        )
    got = _describe(answer)
    if vector["expect"] != "either" and answer["accepted"] != (vector["expect"] == "accept"):
        return Result(vector, "failed", got)
    fault = _find_fault(vector, answer, compare_codes=compare_codes)
    return (
        Result(vector, "failed", line("{got}, {fault}", got=got, fault=fault))
        if fault
        else Result(vector, "passed", got)
    )


def count_by(results: Iterable[Result], member: str, names: Iterable[str]) -> dict[str, Counter[Outcome]]:
    """Count outcomes by a member of the vectors."""
    table: dict[str, Counter[Outcome]] = {name: Counter() for name in names}
    for result in results:
        table[result.vector[member]][result.outcome] += 1
    return table


def conforms(results: Iterable[Result]) -> bool:
    """Tell whether nothing failed and something passed: a program that supports nothing conforms to nothing."""
    outcomes = {result.outcome for result in results}
    return "failed" not in outcomes and "passed" in outcomes


def summarise(results: Sequence[Result]) -> Line:
    """Say in one sentence whether the program conforms."""
    outcomes = Counter(result.outcome for result in results)
    total, passed, unsupported = len(results), outcomes["passed"], outcomes["unsupported"]
    if outcomes["failed"]:
        severities = Counter(result.vector["severity"] for result in results if result.outcome == "failed")
        return line(
            "The program does not conform: of {total} vectors it passed {passed}, failed {failed} ({critical} "
            "critical, {major} major, {minor} minor) and does not support {unsupported}.",
            total=total,
            passed=passed,
            failed=outcomes["failed"],
            unsupported=unsupported,
            **{name: severities[name] for name in SEVERITIES},
        )
    if not passed:
        return line("The program showed nothing: it supports none of {total} vectors.", total=total)
    if unsupported:
        return line(
            "The program conforms in what it supports: it passed {passed} of {total} vectors and does not support "
            "{unsupported}.",
            passed=passed,
            total=total,
            unsupported=unsupported,
        )
    return line("The program conforms: it passed {passed} of {total} vectors.", passed=passed, total=total)


def _describe(answer: dict[str, Any]) -> Line:
    """Return an answer in words, with its findings if it has any."""
    verdict = line("accepted" if answer["accepted"] else "refused")
    codes = answer.get("codes")
    if not isinstance(codes, list) or not codes:
        return verdict
    return line("{verdict} ({codes})", verdict=verdict, codes=", ".join(map(str, codes))[:_MAX_QUOTED])


def _find_fault(vector: dict[str, Any], answer: dict[str, Any], *, compare_codes: bool) -> Line | None:
    """Return what is wrong with an answer whose verdict is right."""
    wanted, opened = vector.get("opened"), answer.get("opened")
    if isinstance(wanted, dict) and opened != wanted:
        return line("but the sealed part was not opened as expected")
    if isinstance(wanted, str) and isinstance(opened, dict):
        return line("and opened a sealed part that must not open")
    if compare_codes and answer.get("codes") != vector["codes"]:
        return line("but the findings are {codes}", codes=", ".join(vector["codes"]) or "-")
    return None
