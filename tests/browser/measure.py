"""What a page answered to each view of a film, and how long that took."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from browser.authority import Holder
    from browser.chromium import Shown, Sighting

SILENT = ("idle", "checking")  # states that say nothing about anybody
MIN_TIMES = 2  # that have a median


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one view.

    Attributes:
        number: of the view, counted from the first, through all repetitions of the film.
        answered: milliseconds from its first frame to the animation frame that shows its verdict; None without one.
        wrong: what was shown between its verdict and the next view, or in place of it, and is not its verdict.
    """

    number: int
    answered: float | None
    wrong: tuple[Shown, ...]


def answers(sightings: Sequence[Sighting], shown: Sequence[Shown], holders: Sequence[Holder]) -> list[Answer]:
    """Judge what a page has shown for each view of a film.

    Args:
        sightings: the views, in order.
        shown: everything that the card has shown, in order.
        holders: who is in the views of the film, by number.
    """
    found = []
    ends = [one.begin for one in sightings[1:]] + [sightings[-1].end or float("inf")]
    for number, (sighting, end) in enumerate(zip(sightings, ends, strict=True)):
        holder = holders[sighting.number]
        during = [one for one in shown if sighting.begin <= one.time < end and one.state not in SILENT]
        right = [one for one in during if (one.state, one.name) == (holder.state, holder.name)]
        painted = right[0].painted if right else None
        answered = None if painted is None else painted - sighting.begin
        found.append(Answer(number, answered, tuple(one for one in during if one not in right)))
    return found


def describe(found: Sequence[Answer], size: tuple[int, int]) -> str:
    """Describe answers in a line: how many, and how long they took."""
    times = [one.answered for one in found if one.answered is not None]
    wrong = sum(bool(one.wrong) for one in found)
    line = f"{size[0]}x{size[1]}: {len(found)} views, {len(times)} answered, {wrong} wrong"
    if len(times) < MIN_TIMES:
        return line
    hundredths = statistics.quantiles(times, n=100, method="inclusive")
    middle, late = hundredths[49], hundredths[94]
    return f"{line}; in view to verdict p50 {middle:.0f} ms, p95 {late:.0f} ms, at most {max(times):.0f} ms"
