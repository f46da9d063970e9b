"""What a scanner or a clinic asks a citizen record, and what an issuer does with one."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen
from support.citizen_records import CERTIFICATE_ID, citizen_record, dose, records, recovered, sampled
from support.signers import NOW

MEASLES = "14189004"


def test_later_time_of_the_same_day_is_newer() -> None:
    """The sample of the evening is kept before that of the morning, whatever their numbers."""
    evening, morning = sampled(1, sampled_at=NOW + dt.timedelta(hours=8)), sampled(2, sampled_at=NOW)
    record = citizen_record(1, 0).revise(vaccinations=(), tests=(evening, morning))
    assert record.latest(1).tests == (evening,)


def test_entries_without_time_sort_first_within_a_day() -> None:
    """A dose of the day of a test goes before it."""
    test = sampled(1, sampled_at=NOW)
    record = citizen_record(0, 0).revise(vaccinations=(dose(2, date=NOW.date()),), tests=(test,))
    assert record.latest(1).entries == (test,)


def test_entries_have_ids_and_places() -> None:
    """An id is unique among all certificates; a place is how findings name an entry."""
    record = citizen_record(1, 1, recoveries=(recovered(7),))
    assert record.entry_id(7) == CERTIFICATE_ID.hex().upper() + "/7"
    assert [place for place, _ in record.places()] == ["vaccinations[0]", "tests[0]", "recoveries[0]"]
    assert record.next_number == 8
    assert hcert.CitizenRecord(certificate_id=b"", person=citizen.Person()).next_number == 1


@given(records, st.integers(0, 8))
def test_latest_keeps_the_newest_entries(record: hcert.CitizenRecord, count: int) -> None:
    """Nothing kept is older than anything left out; order, numbers and the rest of the record stay."""
    latest = record.latest(count)
    kept = set(latest.entries)
    left = [entry for entry in record.entries if entry not in kept]
    assert len(latest.entries) == min(count, len(record.entries))
    assert all(entry.day >= other.day for entry in kept for other in left)
    assert [entry for entry in record.entries if entry in kept] == list(latest.entries)
    assert (latest.person, latest.certificate_id, latest.revision) == (
        record.person,
        record.certificate_id,
        record.revision,
    )


def test_entry_numbers_are_not_reused() -> None:
    """An entry that goes takes its number with it, through revisions and shortenings, until a higher one is given."""
    record = citizen_record(1, 1)
    without = record.revise(tests=())
    assert (without.last_number, without.next_number) == (2, 3)
    again = without.revise().revise(tests=(sampled(without.next_number),))
    assert (again.last_number, again.next_number) == (0, 4)
    old_dose_entered_late = citizen_record(0, 0).revise(
        vaccinations=(dose(9, date=dt.date(2019, 1, 1)),), tests=(sampled(1),)
    )
    assert old_dose_entered_late.latest(1).next_number == 10


def test_revise_keeps_the_certificate_id() -> None:
    """A re-issue is a new revision of the same certificate."""
    record = citizen_record(1, 0)
    revised = record.revise(vaccinations=(*record.vaccinations, dose(2)))
    assert (revised.revision, revised.certificate_id) == (2, record.certificate_id)
    assert len(revised.vaccinations) == 2


def test_certificate_ids_are_random() -> None:
    """128 bits, never the same; the odds stated for 100 million certificates are right."""
    drawn = {citizen.new_certificate_id() for _ in range(1000)}
    assert len(drawn) == 1000
    assert {len(value) for value in drawn} == {16}
    assert 1.4e-23 < 100_000_000**2 / 2 / 2**128 < 1.5e-23
