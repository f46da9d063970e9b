"""Medication overviews, subclaim -7: what the WHO's model allows, what cannot be true, what breaks the format."""

from __future__ import annotations

from typing import Any

from kit.compose import DAY, NOW, claims, dcc, message, text
from kit.keys import dsc, signer
from kit.vector import Group, Vector, pins

LINE: dict[str, Any] = {
    "m": "L02BG03", "es": "2026-01-01", "ee": "2026-12-31", "da": "2026-01-10", "d": "1 comp. por día", "r": "text",
}  # fmt: skip
OVERVIEW: dict[str, Any] = {
    "n": "María Pérez", "dob": "1971-02-03", "s": "female", "id": "11111111-1", "dt": "NI", "m": [LINE],
}  # fmt: skip


def vectors() -> list[Vector]:
    """Return all vectors of this module."""
    group = Group(
        "medication", source="WHO SMART PH4H 0.9.9, MedicationOverviewMin 0.1.0; HCERT specification, subclaim -7",
        rule="An overview tells what somebody takes; it certifies no vaccination, test or recovery.", optional=True,
    )  # fmt: skip
    for part in (allowed, odd, malformed, keys):
        part(group)
    return group.vectors


def given(payload: Any) -> str:
    """Return a code with a payload."""
    return text(message(claims(payload, subclaim=-7)))


def with_line(**changes: Any) -> str:
    """Return a code with members of its line put or, where None, left out."""
    line = {name: value for name, value in {**LINE, **changes}.items() if value is not None}
    return given({**OVERVIEW, "m": [line]})


def allowed(group: Group) -> None:
    """What the model allows."""
    group.accept("as-emitted", text(message({1: "XCL", 6: NOW - DAY, 4: NOW + 364 * DAY, -260: {-7: OVERVIEW}})),
        "An overview of the test bed, with other values.", "claims.other_country")  # fmt: skip
    group.accept(
        "every-member",
        given({**OVERVIEW, "nt": "CHL", "m": [{**LINE, "a": "taking"}]}),
        "With every member that there is.",
    )
    group.accept("three-lines", given({**OVERVIEW, "m": [{**LINE, "m": str(number)} for number in range(3)]}),
        "As many lines as there may be.")  # fmt: skip
    group.accept("no-lines", given({**OVERVIEW, "m": []}), "An overview that lists nothing.")
    group.accept(
        "absent-lines",
        given({name: value for name, value in OVERVIEW.items() if name != "m"}),
        "The same without a list.",
    )
    group.accept(
        "code-alone", given({**OVERVIEW, "m": [{"m": "387017005"}]}), "A line that has a code alone, of another system."
    )
    group.accept(
        "partial-dates",
        with_line(es="2026-02", ee="2026", da=None),
        "Days that lack their day or month, as those of FHIR may.",
    )
    group.accept("planned", with_line(es="2026-07-01", ee="2099-12-31"), "A treatment that begins after the check.")
    group.accept("longest-text", with_line(d="x" * 200), "A dosage of 200 characters.")


def odd(group: Group) -> None:
    """What is read with a warning."""
    why = "The format has no rule for it."
    for slug, code, shows, found in [
        ("ends-before-it-begins", with_line(ee="2025-12-31"), "A treatment ends before it begins.", ("record.inconsistent_dates",)),
        ("before-birth", with_line(es="1971-02-02"), "A treatment begins before the birth.", ("record.inconsistent_dates",)),
        ("line-twice", given({**OVERVIEW, "m": [LINE, LINE]}), "The same line twice.", ("record.repeated_entry",)),
        ("lost-letter", with_line(d="1 comp. por d\ufffda"), "A dosage that lost a letter at its issuer.", ("record.replacement_character",)),
        ("lost-letter-in-name", given({**OVERVIEW, "n": "Mar\ufffda"}), "A name that lost a letter.", ("record.replacement_character",)),
        ("other-country", given({**OVERVIEW, "nt": "CL"}), "A nationality of two letters.", ("record.unknown_code",)),
        ("null", given({**OVERVIEW, "id": None}), "A member that is null.", ("record.null_member",)),
        ("time-of-day", with_line(da="2026-01-10T10:00:00Z"), "A day with a time.", ("record.date_with_time",)),
        ("one-stated-later", given({**OVERVIEW, "m": [LINE, {**LINE, "da": "2026-06-03"}]}), "One of two lines was stated after the check.",
            ("entry.in_future",)),
        ("stated-later", with_line(da="2026-06-03"), "The only line was stated after the check.", ("entry.in_future", "record.nothing_counts")),
    ]:  # fmt: skip
        group.either(slug, code, shows, why, *found)


def malformed(group: Group) -> None:
    """What breaks the format."""
    for slug, code, shows in [
        ("no-name", given({**OVERVIEW, "n": None}), "The name is missing."), ("no-birth-date", given({**OVERVIEW, "dob": None}), "The birth date is missing."),
        ("no-sex", given({**OVERVIEW, "s": None}), "The sex is missing."), ("four-lines", given({**OVERVIEW, "m": [LINE] * 4}), "A line too many."),
        ("line-alone", given({**OVERVIEW, "m": LINE}), "A line that is not in a list."), ("no-medication", with_line(m=None), "A line without its medication."),
        ("code-as-number", with_line(m=387017005), "A code as a number."), ("no-such-day", with_line(es="2026-02-30"), "A day that there is not."),
        ("day-as-words", with_line(es="today"), "A day in words."), ("too-long", with_line(d="x" * 201), "A dosage of 201 characters."),
        ("list-of-one", given([OVERVIEW]), "The payload in a list."), ("empty", given({}), "An empty payload."),
    ]:  # fmt: skip
        count = 3 if slug == "empty" else 1
        group.refuse(slug, code, shows, *["record.schema"] * count)


def keys(group: Group) -> None:
    """Who may sign it, and what stands beside it."""
    dose_only = signer("dsc-assigned-v", usages=("1.3.6.1.4.1.1847.2021.1.2",))
    group.refuse("restricted-key", text(message(claims(OVERVIEW, subclaim=-7), by=dose_only)), "A key for vaccinations alone signs an overview.",
        "usage.not_allowed", "usage.not_allowed", trust=pins(dose_only), severity="critical")  # fmt: skip
    both = {**claims(), -260: {-7: OVERVIEW, 1: dcc()}}
    group.accept(
        "beside-a-dcc", text(message(both)), "Beside an EU DCC, which is the one to judge.", "claims.other_subclaims"
    )
    broken = {**claims(), -260: {-7: {}, 1: dcc()}}
    group.refuse(
        "broken-beside-a-dcc",
        text(message(broken)),
        "A broken one beside an EU DCC.",
        "claims.other_subclaims",
        *["record.schema"] * 3,
    )
    group.refuse("of-a-stranger", text(message(claims(OVERVIEW, subclaim=-7), by=signer("other"))), "A key that is not on the list.",
        "trust.unknown_key", trust=pins(dsc()), severity="critical")  # fmt: skip
