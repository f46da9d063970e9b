"""Entries of one bundle that may be one event: equal ones stand once, all others stay and are named.

Two doses of one day with one code are the same dose by all appearance, and doses of one day that protect from the same
disease likely are, such as a class beside a brand; a person decides. Entries of different days are different events.
Source: EUVABECO, implementation plan of the European Vaccination Card, deduplication.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.exchange.read_entries import Found

_DAYS: Final = {"vaccinations": "date", "tests": "sampled_at", "recoveries": "first_positive"}
_CODES: Final = {"vaccinations": ("product", "vaccine"), "tests": ("disease", "test_type"), "recoveries": ("disease",)}


def without_repeats(entries: list[Found]) -> tuple[list[Found], list[Finding]]:
    """Return the entries, of those that are equal in everything the first, with `fhir.repeated` for each other one.

    Entries that have numbers of hcert are two events, even if they are equal.
    """
    kept: dict[Any, Found] = {}
    findings: list[Finding] = []
    for index, entry in enumerate(entries):
        content = entry.kind, entry.lot, *sorted(entry.members.items())
        key = content if entry.entry_id is None else index
        first = kept.setdefault(key, entry)
        if first is not entry:
            findings.append(finding("fhir.repeated", resource=entry.resource.name, other=first.resource.name))
    return list(kept.values()), findings


def alike(entries: list[Found]) -> Iterator[Finding]:
    """Yield for each entry that may be an earlier one of its day which one: by its code, else by its disease."""
    by_day: dict[tuple[str, Any], list[Found]] = {}
    for entry in entries:
        earlier = by_day.setdefault((entry.kind, entry.members[_DAYS[entry.kind]]), [])
        exact = next((other for other in earlier if _is_coded_as(entry, other)), None)
        likely = next((other for other in earlier if _diseases(entry) & _diseases(other)), None)
        if exact is not None:
            yield finding("fhir.duplicate_exact", resource=entry.resource.name, other=exact.resource.name)
        elif likely is not None:
            yield finding("fhir.duplicate_likely", resource=entry.resource.name, other=likely.resource.name)
        earlier.append(entry)


def _is_coded_as(one: Found, other: Found) -> bool:
    codes, others = ([entry.members[name] for name in _CODES[entry.kind]] for entry in (one, other))
    return codes == others and any(codes)


def _diseases(entry: Found) -> frozenset[str]:
    return frozenset(entry.members.get("diseases", ()) or (entry.members["disease"],))
