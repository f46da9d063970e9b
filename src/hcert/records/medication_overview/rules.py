"""The rules of a medication overview that its types cannot express. All of them are warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.findings import finding
from hcert.records import life
from hcert.records.text_rules import replacement_findings
from hcert.records.who_payload import nationality_findings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from hcert.findings import Finding
    from hcert.records.medication_overview.model import MedicationOverview, TreatmentLine
    from hcert.records.partial_date import PartialDate
    from hcert.records.value_sets import ValueSets

_BIRTH: Final = "dob"
_LIFE: Final = life.Layout(lambda record: record.birth_date, _BIRTH, ())  # a treatment lasts, so its lines have no day


def findings(record: MedicationOverview, known: ValueSets) -> list[Finding]:
    """Check the rules that do not depend on the time, by the value sets `known`.

    Returns:
        `record.replacement_character`; a finding for an unknown nationality; `record.inconsistent_dates` for days
        before the birth and a treatment that ends before it begins; `record.repeated_entry`.
    """
    found = replacement_findings(("n", record.name))
    found += nationality_findings(record.nationality, "nt", known)
    for index, line in enumerate(record.treatment_lines):
        found += _line_findings(line, index, record.birth_date)
        if (first := record.treatment_lines.index(line)) != index:
            found.append(finding("record.repeated_entry", record=place(index), other=place(first)))
    return found


def future_findings(record: MedicationOverview, at: dt.datetime, skew: dt.timedelta) -> list[Finding]:
    """Return `record.birth_in_future`, and `entry.in_future` for each line that was stated after `at`.

    A treatment that only begins or ends in the future is a plan, which is fine.
    """
    found = life.future_findings(record, _LIFE, at, skew=skew)
    for index, line in enumerate(record.treatment_lines):
        stated = line.asserted_on
        if stated is not None and life.ahead_by(stated.earliest_day, at, skew=skew) is not None:
            found.append(finding("entry.in_future", record=place(index)))
    return found


def place(index: int) -> str:
    """Return the place of a line, such as `treatment_lines[1]`."""
    return f"treatment_lines[{index}]"


def _line_findings(line: TreatmentLine, index: int, birth: PartialDate) -> Iterator[Finding]:
    texts = {"m": line.medication, "d": line.dosage, "r": line.reason, "a": line.adherence}
    yield from replacement_findings(
        *((f"m[{index}].{name}", text) for name, text in texts.items()), record=place(index)
    )
    days = {"es": line.effective_from, "ee": line.effective_until, "da": line.asserted_on}
    for name, day in days.items():
        if day is not None and _precedes(day, birth):
            yield _dates_finding(index, name, _BIRTH)
    if line.effective_from and line.effective_until and _precedes(line.effective_until, line.effective_from):
        yield _dates_finding(index, "ee", "es")


def _precedes(one: PartialDate, other: PartialDate) -> bool:
    """Tell whether a date is certainly before another: by the parts that both have."""
    first, second = str(one), str(other)
    length = min(len(first), len(second))
    return first[:length] < second[:length]


def _dates_finding(index: int, name: str, other: str) -> Finding:
    return finding("record.inconsistent_dates", record=place(index), field=f"m[{index}].{name}", other=other)
