"""What is certified: the EU DCC with its leniencies, the citizen record, the ICVP, and honest codes in quantity."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import cbor2

import hcert
from hcert import citizen
from hcert.records.citizen import encode
from kit.compose import CLOCK, DOSE, NAMES, NOW, RECOVERY, TEST, claims, dcc, message, text
from kit.keys import dsc_rsa
from kit.vector import Group, Vector, pins

YELLOW_FEVER = "YellowFeverProductd8a09f80301dc05e124f99ffe7711fc0"
DOB = "1990-05-17"


def vectors() -> list[Vector]:
    """Return all vectors of this module."""
    return [*eu_dcc(), *leniencies(), *citizens(), *icvp(), *health_links(), *honest()]


def code(payload: Any, *, subclaim: int = 1) -> str:
    """Return a code with a payload."""
    return text(message(claims(payload, subclaim=subclaim)))


def without(members: dict[str, Any], name: str) -> dict[str, Any]:
    """Return members without one."""
    return {key: value for key, value in members.items() if key != name}


def eu_dcc() -> list[Vector]:
    """The schema of the EU DCC, and its value sets."""
    group = Group(
        "eu-dcc", source="EU DCC schema 1.3.3; EU value sets",
        rule="The payload follows the schema; exactly one event; codes outside the value sets are no reason to refuse.",
    )  # fmt: skip
    for event, members in (("v", DOSE), ("t", TEST), ("r", RECOVERY)):
        optional = {"nm", "tc"}
        for name in members:
            given = code(dcc(event, without(members, name)))
            if name in optional:
                group.accept(f"{event}-without-{name}", given, "An optional member is absent.")
            else:
                group.refuse(f"{event}-without-{name}", given, "A required member is missing.", "record.schema")
    for name in ("ver", "nam", "dob"):
        group.refuse(f"without-{name}", code(without(dcc(), name)), "A required member is missing.", "record.schema")
    group.refuse("no-event", code({"ver": "1.3.0", "nam": NAMES, "dob": DOB}), "No event at all.", "record.schema")
    group.refuse("two-doses", code(dcc(v=[DOSE, DOSE])), "Two doses in one code.", "record.multiple_events",
        "record.repeated_entry")  # fmt: skip
    group.refuse("dose-and-test", code(dcc(t=[TEST])), "A dose and a test in one code.", "record.multiple_events")
    group.refuse("name-missing", code(dcc(nam={"fn": "Nguyễn"})), "No standardised name.", "record.schema")
    for slug, name, value, shows in [
        ("dose-zero", "dn", 0, "Dose number 0."), ("dose-text", "dn", "2", "A text as dose number."), ("dose-true", "dn", True, "true as dose number."),
        ("dose-huge", "dn", 2**63, "A dose number beyond 64 bits signed."), ("dose-fraction", "dn", 1.5, "One and a half doses."),
        ("date-other-order", "dt", "01-04-2026", "A date in another order."), ("date-impossible", "dt", "2026-02-30", "A day that does not exist."),
        ("date-number", "dt", 20260401, "A number as date."), ("country-lower", "co", "vn", "A country in lower case."), ("country-empty", "co", "", "An empty country."),
        ("identifier-81", "ci", "URN:UVCI:01:VN:" + "A" * 66, "An identifier of 81 characters."), ("issuer-81", "is", "I" * 81, "An issuer of 81 characters."),
        ("issuer-list", "is", ["A"], "A list as issuer."), ("disease-number", "tg", 840539006, "A number as code."),
        ("disease-81", "tg", "8" * 81, "A code of 81 characters."), ("country-sentence", "co", "<b>Vietnam! trust me", "A sentence with a capital letter in it."),
        ("country-line", "co", "VN\n", "A line end after the country."),
    ]:  # fmt: skip
        group.refuse(slug, code(dcc("v", {**DOSE, name: value})), shows, "record.schema")
    group.accept("booster", code(dcc("v", {**DOSE, "dn": 3, "sd": 2})), "The third dose of two: a booster.")
    group.accept(
        "identifier-80", code(dcc("v", {**DOSE, "ci": "URN:UVCI:01:VN:" + "A" * 65})), "An identifier of 80 characters."
    )
    group.accept("unknown-member", code(dcc("v", {**DOSE, "new": 1})), "A member of a later schema.")
    group.refuse(
        "sampled-without-zone",
        code(dcc("t", {**TEST, "sc": "2026-05-30T01:15:00"})),
        "A time without a zone.",
        "record.schema",
    )
    group.either("version-2", code(dcc(ver="2.0.0")), "A schema of another generation.",
        "The pattern of the schema allows any numbers; hcert concludes nothing from rules that it does not know.",
        "record.unsupported_version")  # fmt: skip
    for version in ("1.0.0", "1.2.1", "1.3.3", "1.9.9"):
        group.accept(f"version-{version}", code(dcc(ver=version)), "A schema of this generation.")
    for event, members in (("v", DOSE), ("t", TEST), ("r", RECOVERY)):
        for name in {"v": ("tg", "vp", "mp", "ma", "co"), "t": ("tg", "tt", "tr", "co"), "r": ("tg", "co")}[event]:
            value = "ZZ" if name == "co" else "no-such-code"
            group.accept(f"{event}-unknown-{name}", code(dcc(event, {**members, name: value})),
                "A code outside the value sets: they grow, and lists on devices are old.", "record.unknown_code")  # fmt: skip
    group.accept("retired-code", code(dcc("v", {**DOSE, "vp": "J07BX03"})), "A code that was retired since.",
        "record.retired_code")  # fmt: skip
    group.accept("rapid-test-without-device", code(dcc("t", {**without(TEST, "nm"), "tt": "LP217198-3"})),
        "A rapid antigen test that names no device.", "record.device_missing")  # fmt: skip
    group.accept("naat-with-device", code(dcc("t", {**TEST, "ma": "1232"})), "A PCR test that names a device.",
        "record.device_unexpected")  # fmt: skip
    group.accept(
        "wrong-manufacturer",
        code(dcc("v", {**DOSE, "ma": "ORG-100001699"})),
        "A manufacturer of another product.",
        "record.inconsistent_codes",
    )
    group.accept(
        "recovery-backwards",
        code(dcc("r", {**RECOVERY, "du": "2026-02-01"})),
        "A recovery that ends before it begins.",
        "record.inconsistent_dates",
    )
    for slug, day in (("dose-of-today", "2026-06-01"), ("dose-where-it-is-tomorrow", "2026-06-02")):
        group.accept(slug, code(dcc("v", {**DOSE, "dt": day})), "A day that has begun somewhere on earth.")
    group.either("dose-of-the-day-after", code(dcc("v", {**DOSE, "dt": "2026-06-03"})), "A dose dated a day ahead.",
        "Clocks and zones of issuers are wrong by hours; hcert warns, and its policies do not count it.", "entry.in_future")  # fmt: skip
    for slug, group_name, ahead in (
        ("dose-of-the-future", "v", {**DOSE, "dt": "2026-06-04"}),
        ("test-of-the-future", "t", {**TEST, "sc": "2026-06-02T12:10:00Z"}),
        ("recovery-of-the-future", "r", {**RECOVERY, "fr": "2027-01-01", "df": "2027-01-12", "du": "2027-06-01"}),
    ):
        group.refuse(slug, code(dcc(group_name, ahead)), "The event is dated more than a day after the check.",
            "entry.in_future", "record.nothing_counts", severity="critical")  # fmt: skip
    for birth in ("1990", "1990-05", ""):
        group.accept(f"birth-{birth or 'unknown'}", code(dcc(dob=birth)), "A birth date of which not all is known.")
    births: list[tuple[str, Any]] = [
        ("birth-1899", "1899-12-31"),
        ("birth-2100", "2100-01-01"),
        ("birth-text", "unknown"),
        ("birth-impossible", "1990-02-30"),
        ("birth-null", None),
        ("birth-endless", "1990" + "-00" * 150),
    ]
    for slug, version in (
        ("version-endless", "1" * 100 + "x"),
        ("version-no-dots", "1x3x0"),
        ("version-line", "1.3.0\n"),
    ):
        group.refuse(slug, code(dcc() | {"ver": version}), "A version of another form.", "record.schema")
    for slug, birth in births:
        payload = dcc() | {"dob": birth}
        group.refuse(slug, code(payload), "A birth date that the schema does not know.", "record.schema")
    shapes: list[tuple[str, Any]] = [
        ("payload-list", [dcc()]),
        ("payload-text", "x"),
        ("payload-number", 1),
        ("payload-null", None),
        ("payload-empty", {}),
    ]
    for slug, shape in shapes:
        given = text(message(claims() | {-260: {1: shape}}))
        problems = 3 if shape == {} else 1  # version, name and birth date are missing
        group.refuse(slug, given, "A payload of another shape.", *["record.schema"] * problems)
    return group.vectors


def leniencies() -> list[Vector]:
    """Deviations of published codes, each with its own warning."""
    group = Group(
        "leniency", source="EU dcc-quality-assurance, SpecialCaseHandling; hcert docs/explanation/leniencies.md",
        rule="What the schema does not allow need not be read; hcert reads named deviations of real codes, with a warning.",
        severity="minor",
    )  # fmt: skip
    why = "The schema does not allow it; real codes have it, and hcert reads it under a name."
    cases: list[tuple[str, Any, str, tuple[str, ...]]] = [
        ("empty-group", dcc(t=[]), "An empty group beside the real one.", ("record.empty_group",)),
        ("null-group", dcc() | {"t": None}, "A group that is null.", ("record.empty_group",)),
        ("null-member", dcc("t", {**TEST, "nm": None}), "An optional member that is null.", ("record.null_member",)),
        ("null-name", dcc(nam={**NAMES, "gn": None}), "A name that is null.", ("record.null_member",)),
        ("date-with-time", dcc("v", {**DOSE, "dt": "2026-04-01T00:00:00Z"}), "A time of day where a date is due.", ("record.date_with_time",)),
        ("birth-with-time", dcc(dob="1990-05-17T00:00:00"), "A birth date with a time of day.", ("record.date_with_time",)),
        ("birth-zero-day", dcc(dob="1990-05-00"), "Day zero for an unknown day.", ("record.date_incomplete",)),
        ("birth-zero-month", dcc(dob="1990-00-00"), "Month zero for an unknown month.", ("record.date_incomplete",)),
        ("birth-zero-month-only", dcc(dob="1990-00-20"), "Month zero beside a day: the year is known.", ("record.date_incomplete",)),
        ("offset-of-hours", dcc("t", {**TEST, "sc": "2026-05-30T08:15:00+07"}), "An offset of hours alone.", ("record.time_format",)),
        ("offset-without-colon", dcc("t", {**TEST, "sc": "2026-05-30T08:15:00+0700"}), "An offset without colon.", ("record.time_format",)),
        ("tagged-time", dcc("t", {**TEST, "sc": cbor2.CBORTag(0, "2026-05-30T01:15:00Z")}), "A tagged date-time.", ("record.tagged_time",)),
        ("dose-float", dcc("v", {**DOSE, "dn": 2.0}), "A whole number as a float.", ("record.float_integer",)),
        ("series-float", dcc("v", {**DOSE, "sd": 2.0}), "A whole number as a float.", ("record.float_integer",)),
        ("name-padded", dcc(nam={**NAMES, "fn": " Nguyễn "}), "Blanks around a name.", ("record.padded_text",)),
        ("name-not-standard", dcc(nam={**NAMES, "fnt": "NGUYỄN"}), "A standardised name with marks.", ("record.name_not_standardised",)),
    ]  # fmt: skip
    for slug, payload, shows, codes in cases:
        group.either(slug, code(payload), shows, why, *codes)
    return group.vectors


def record(**changes: Any) -> Any:
    """Return an honest citizen record."""
    members: dict[str, Any] = {
        "certificate_id": bytes.fromhex("5b1cf2a08e4d4a1c9a3d7e60f2b84c11"),
        "person": citizen.Person(family_name="Nguyễn", given_name="Thị Ánh", birth_date=citizen.PartialDate(1990, 5, 17)),
        "vaccinations": tuple(
            citizen.Vaccination(
                number=number, diseases=(citizen.COVID_19,), date=dt.date(2025, 6 + number, 1), country="VN",
                dose_number=number, series_doses=2, product="EU/1/20/1528", issuer="Bộ Y tế",
            )
            for number in (1, 2)
        ),
        "tests": (
            citizen.Test(
                number=3, disease=citizen.COVID_19, test_type="LP6464-4", sampled_at=CLOCK - dt.timedelta(days=2),
                result="260415000", country="VN", issuer="Bộ Y tế",
            ),
        ),
    }  # fmt: skip
    return hcert.CitizenRecord(**(members | changes))


def citizens() -> list[Vector]:
    """The citizen record: its format, its evolution, its entries one by one."""
    group = Group(
        "citizen", source="hcert docs/spec/citizen-record.md, sections 'Members' and 'Evolution'",
        rule="A citizen record follows its format; what a newer minor version adds is kept; entries count one by one.",
        optional=True,
    )  # fmt: skip

    def given(payload: Any) -> str:
        return code(payload, subclaim=-1405)

    base = encode.to_wire(record())
    group.accept("honest", given(base), "Two doses and a test in one code.")
    group.accept(
        "one-dose", given(encode.to_wire(record(vaccinations=record().vaccinations[:1], tests=()))), "One dose."
    )
    recovered = citizen.Recovery(number=4, disease=citizen.COVID_19, first_positive=dt.date(2026, 2, 1), country="VN")
    group.accept("recovery", given(encode.to_wire(record(recoveries=(recovered,)))), "Doses, a test and a recovery.")
    group.accept("revision-7", given(encode.to_wire(record(revision=7))), "The seventh revision.")
    for key, name in ((0, "version"), (1, "certificate-id"), (2, "revision"), (3, "person")):
        group.refuse(
            f"without-{name}",
            given({one: value for one, value in base.items() if one != key}),
            "A required member is missing.",
            "record.schema",
        )
    group.refuse(
        "without-entries",
        given({one: value for one, value in base.items() if one not in (4, 5)}),
        "No entry at all.",
        "record.schema",
    )
    for slug, key, value, shows in [
        ("id-15-bytes", 1, bytes(15), "A certificate id of 15 bytes."), ("id-text", 1, "x" * 16, "A text as certificate id."),
        ("revision-zero", 2, 0, "Revision 0."), ("revision-text", 2, "1", "A text as revision."), ("person-list", 3, [], "A list as person."),
        ("person-empty", 3, {}, "A person without any name."), ("doses-map", 4, {}, "A map in place of the doses."), ("dose-list", 4, [[]], "A list in place of a dose."),
        ("version-text", 0, "1.0", "A text as version."),
        ("revision-2-32", 2, 2**32, "A revision that no revocation list can hold."),
        ("diseases-17", 4, [base[4][0] | {7: list(range(17))}], "A dose against 17 diseases."),
        ("sealed-17", 7, [[cbor2.dumps({1: 99, 4: bytes([number])}), {-4: b""}, b""] for number in range(17)], "17 sealed parts."),
        ("sealed-other-length", 7, [[cbor2.dumps({1: 41, 4: b"a"}), {-4: bytes(32)}, bytes(79)]], "A part that was not padded."),
    ]:  # fmt: skip
        group.refuse(slug, given(base | {key: value}), shows, "record.schema")
    group.refuse(
        "dose-empty",
        given(base | {4: [{}]}),
        "An empty dose, without its four required members.",
        *["record.schema"] * 4,
    )
    group.refuse(
        "version-2", given(base | {0: [2, 0]}), "A format whose meaning may have changed.", "record.newer_version"
    )
    group.accept(
        "version-1-1",
        given(base | {0: [1, 1], 40: "new"}),
        "A member that a newer minor version added.",
        "record.unrecognised_members",
    )
    newer = {1000 + number: 0 for number in range(64)}
    group.accept(
        "newer-64", given(base | newer | {0: [1, 1]}), "As many members of a newer version as there may be.", "record.unrecognised_members"
    )  # fmt: skip
    group.refuse("newer-65", given(base | newer | {0: [1, 1], 999: 0}), "One more.", "record.schema")
    group.refuse(
        "newer-large",
        given(base | {0: [1, 1], 99: "x" * 1025}),
        "A member of a newer version that is too large.",
        "record.schema",
    )
    dose = dict(base[4][0])
    group.accept(
        "dose-of-1-1",
        given(base | {0: [1, 1], 4: [{**dose, 40: 1}, base[4][1]]}),
        "The same in an entry.",
        "record.unrecognised_members",
    )
    test = dict(base[5][0])
    group.accept(
        "test-type-unregistered",
        given(base | {5: [{**test, 2: 999}]}),
        "A code that a newer registry has.",
        "record.unregistered_code",
    )
    senseless = "What cannot be true of one life is for its issuer to mend; whether it refuses is left to the program."
    copy = {**base[4][1], 1: 9}
    group.either("dose-repeated", given(base | {4: [*base[4], copy]}), "The same dose under two numbers.", senseless,
        "record.repeated_entry")  # fmt: skip
    early = {**base[4][1], 0: dose[0] - 1}
    group.either("dose-order", given(base | {4: [dose, early]}), "The second dose a day before the first.", senseless,
        "record.dose_order")  # fmt: skip
    unborn = {**base[3], 2: [2099]}
    group.either("birth-in-future", given(base | {3: unborn}), "A holder who will be born in 2099.", senseless,
        *["record.inconsistent_dates"] * len(record().entries), "record.birth_in_future")  # fmt: skip
    uvci = {**dose, 11: "URN:UVCI:01:VN:5B1CF2A08E4D#A"}
    group.accept(
        "check-character",
        given(base | {4: [uvci, base[4][1]]}),
        "An identifier whose check character is wrong.",
        "record.uvci_check_character",
    )
    group.accept(
        "uvci-malformed",
        given(base | {4: [{**dose, 11: "hello"}, base[4][1]]}),
        "A text that is not a UVCI in any published form.",
        "record.certificate_id",
    )
    group.either(
        "uvci-repeated",
        given(base | {4: [{**dose, 11: "URN:UVCI:01:VN:A"}, {**base[4][1], 11: "urn:uvci:01:vn:a"}]}),
        "Two doses from one certificate.",
        senseless,
        "record.repeated_uvci",
    )
    group.accept(
        "dose-9-of-1",
        given(base | {4: [{**dose, 2: 9, 3: 1}]}),
        "A ninth dose in a series of one: unlikely, but possible.",
        "record.dose_beyond_series",
    )
    group.refuse(
        "numbers-repeat",
        given(base | {4: [dose, {**base[4][1], 1: dose[1]}]}),
        "Two entries with one number: which one is revoked?",
        "record.schema",
    )
    tomorrow = citizen.Test(number=5, disease=citizen.COVID_19, test_type="LP6464-4", sampled_at=CLOCK + dt.timedelta(days=1),
        result="260415000", country="VN")  # fmt: skip
    group.accept(
        "test-of-tomorrow",
        given(encode.to_wire(record(tests=(tomorrow,)))),
        "An entry dated after the check does not count; the others do.",
        "entry.in_future",
    )
    group.refuse("only-tomorrow", given(encode.to_wire(record(vaccinations=(), tests=(tomorrow,)))), "Nothing is left that counts.",
        "entry.in_future", "record.nothing_counts", severity="critical")  # fmt: skip
    for slug, payload in (
        ("payload-list", [base]),
        ("payload-text", "x"),
        ("payload-empty", {}),
        ("payload-text-keys", {"0": 1}),
    ):
        group.refuse(slug, given(payload), "A payload of another shape.", "record.schema")
    both = text(message(claims(c_260={1: dcc(), -1405: base})))
    group.accept("beside-a-dcc", both, "For readers of either; the fuller one is read.", "claims.other_subclaims")
    return group.vectors


def icvp() -> list[Vector]:
    """The ICVP in three generations, never mixed."""
    group = Group(
        "icvp", source="WHO SMART ICVP, logical models of 2024, 2025 and 2026",
        rule="A payload is of one generation; a member of another means something else, so a mixture is refused.",
        optional=True,
    )  # fmt: skip
    newest: dict[str, Any] = {
        "n": "Nguyễn Thị Ánh", "dob": DOB, "s": "female", "nt": "VNM", "id": "C0000001", "dt": "PPN", "v": "1.0.0",
        "vx": {"vp": YELLOW_FEVER, "dv": "2026-05-07", "cn": "Dr Tran", "is": "VNM", "bo": "LOT-1"},
    }  # fmt: skip
    second: dict[str, Any] = {
        "n": "Nguyễn Thị Ánh", "dob": DOB, "s": "female", "ntl": "VNM", "nid": "C0000001", "ndt": "PPN",
        "v": [{"vp": YELLOW_FEVER, "dt": "2025-05-07", "bo": "LOT-1", "cn": "Dr Tran"}],
    }  # fmt: skip
    first: dict[str, Any] = {
        "n": "Nguyễn Thị Ánh", "dob": DOB, "s": "F", "ntl": "VNM",
        "v": {"dn": "Primary", "tg": "1D47", "vp": "XM0N24", "dt": "2024-05-07", "bo": "LOT-1", "is": "VNM"},
    }  # fmt: skip

    def given(payload: Any) -> str:
        return code(payload, subclaim=-6)

    for slug, payload in (("2026", newest), ("2025", second), ("2024", first)):
        group.accept(f"generation-{slug}", given(payload), f"An honest certificate of the generation of {slug}.")
    group.either("issued-in-future", given({**newest, "d": "2099-01-01"}), "A day of issue in 2099.",
        "What cannot be true is for its issuer to correct; whether it refuses is left to the program.",
        "record.issued_in_future")  # fmt: skip
    doses = [*second["v"], {**second["v"][0], "bo": "second"}]
    group.accept("two-doses", given({**second, "v": doses}), "Two doses in the only generation with a list.")
    group.accept(
        "in-a-list",
        given([newest]),
        "The payload in a list, as was allowed once.",
        "record.listed_payload",
        severity="minor",
    )
    group.accept(
        "dose-alone",
        given({**without(second, "ndt"), "v": second["v"][0]}),
        "A dose by itself where a list is due.",
        "record.dose_not_in_list",
        severity="minor",
    )
    draft = {**newest, "vx": {"dt" if name == "dv" else name: value for name, value in newest["vx"].items()}}
    group.accept(
        "former-name",
        given(draft),
        "The date under the name of a former draft.",
        "record.former_member",
        severity="minor",
    )
    group.accept(
        "unheard-of-product",
        given({**newest, "vx": {**newest["vx"], "vp": "new"}}),
        "A product that no table here knows.",
    )
    for name in ("n", "dob", "s", "nt", "v", "vx"):
        payload = without(newest, name)
        group.refuse(f"without-{name}", given(payload), "A required member is missing.", "record.schema")
    for name in ("vp", "dv", "bo"):
        group.refuse(
            f"dose-without-{name}",
            given({**newest, "vx": without(newest["vx"], name)}),
            "A required member is missing.",
            "record.schema",
        )
    for name, value in (("ntl", "VNM"), ("nid", "C1"), ("ndt", "PPN")):
        group.refuse(
            f"2026-with-{name}",
            given({**newest, name: value}),
            "A member of an older generation.",
            "record.ambiguous_generation",
        )
    for name, value in (("nt", "VNM"), ("id", "C1"), ("dt", "PPN"), ("d", "2026-01-01")):
        group.refuse(
            f"2025-with-{name}",
            given({**second, name: value}),
            "A member of the newest generation.",
            "record.ambiguous_generation",
        )
    for name, value in (("tg", "1D47"), ("dn", "Primary"), ("dv", "2025-05-07")):
        mixed = {**second, "v": [{**second["v"][0], name: value}]}
        group.refuse(
            f"2025-dose-with-{name}",
            given(mixed),
            "A dose with a member of another generation.",
            "record.ambiguous_generation",
        )
    group.refuse(
        "two-containers",
        given({**newest, "v": [second["v"][0]]}),
        "Doses in the ways of two generations.",
        "record.schema",
    )
    group.refuse("dose-of-next-month", given({**newest, "vx": {**newest["vx"], "dv": "2026-07-01"}}), "The only dose is dated after the check.",
        "entry.in_future", "record.nothing_counts", severity="critical")  # fmt: skip
    group.refuse("two-in-a-list", given([newest, newest]), "Two certificates in one code.", "record.schema")
    group.refuse("empty", given({}), "An empty payload.", "record.schema")
    return group.vectors


def health_links() -> list[Vector]:
    """Links to documents: who issued them is authentic, what they lead to stays unknown."""
    group = Group(
        "health-link", source="SMART Health Links; IHE ITI VHL; HCERT specification, subclaim 5",
        rule="A link certifies nothing itself: who asks whether a certificate counts is answered that it does not.",
        optional=True,
    )  # fmt: skip
    members = {"url": "https://health.example/m/1", "key": "A" * 43}

    def link(scheme: str = "vhlink", **changes: Any) -> str:
        encoded = json.dumps({**members, **changes}, separators=(",", ":")).encode()
        return f"{scheme}:/{base64.urlsafe_b64encode(encoded).decode().rstrip('=')}"

    for slug, payload in [
        ("vhlink", link()), ("shlink", link("shlink")), ("in-a-list", [link()]), ("in-a-map", {"u": link()}),
        ("behind-a-viewer", "https://viewer.example/#" + link("shlink")), ("last-second", link(exp=NOW)),
    ]:  # fmt: skip
        group.refuse(slug, code(payload, subclaim=5), "A form of the link on the wire.", "record.link_not_followed",
            "record.certifies_nothing")  # fmt: skip
    group.refuse("expired", code(link(exp=NOW - 1), subclaim=5), "The link has expired, though the container has not.",
        "record.link_not_followed", "record.link_expired", "record.certifies_nothing", severity="critical")  # fmt: skip
    for slug, payload, shows in [
        ("other-address", link(url="ftp://health.example/m/1"), "An address that is not of the web."), ("short-key", link(key="A" * 42), "A key of 31 bytes."),
        ("no-key", link(key=None), "A link without a key."), ("other-scheme", link().replace("vhlink", "xhlink"), "A scheme nobody knows."),
        ("rubbish", "vhlink:/AAAA", "A link that holds no JSON."), ("two", [link(), link()], "Two links in one code."),
        ("passcode-and-direct", link(flag="PU"), "Flags that exclude each other."),
    ]:  # fmt: skip
        group.refuse(slug, code(payload, subclaim=5), shows, "record.link_malformed")
    return group.vectors


def honest() -> list[Vector]:
    """Honest codes in quantity: whoever refuses them turns people away."""
    group = Group(
        "honest", source="EU DCC schema 1.3.3; hcert docs/spec/citizen-record.md",
        rule="An honest code is accepted.",
    )  # fmt: skip
    people = [
        ("Nguyễn", "Thị Ngọc Ánh", "NGUYEN", "THI<NGOC<ANH"), ("Đặng", "Văn Đức", "DANG", "VAN<DUC"), ("Ô", "A", "O", "A"),
        ("Musterfrau-Gößinger", "Gabriele", "MUSTERFRAU<GOESSINGER", "GABRIELE"), ("O'Brien", "Seán", "OBRIEN", "SEAN"),
        ("Παπαδόπουλος", "Γιώργος", "PAPADOPOULOS", "GEORGIOS"), ("Иванов", "Иван", "IVANOV", "IVAN"), ("山田", "太郎", "YAMADA", "TARO"),
        ("Wolfeschlegelsteinhausenbergerdorff", "Hubert Blaine", "WOLFESCHLEGELSTEINHAUSENBERGERDORFF", "HUBERT<BLAINE"),
    ]  # fmt: skip
    products = [
        ("EU/1/20/1528", "1119349007", "ORG-100030215"), ("EU/1/20/1507", "1119349007", "ORG-100031184"),
        ("EU/1/21/1529", "29061000087103", "ORG-100001699"), ("EU/1/20/1525", "29061000087103", "ORG-100001417"),
    ]  # fmt: skip
    number = 0
    for family, given, family_code, given_code in people:
        names = {"fn": family, "gn": given, "fnt": family_code, "gnt": given_code}
        for product, vaccine, manufacturer in products:
            number += 1
            dose = {**DOSE, "mp": product, "vp": vaccine, "ma": manufacturer, "dn": number % 3 + 1, "sd": 2,
                "dt": f"2026-0{number % 5 + 1}-1{number % 9}", "ci": f"URN:UVCI:01:VN:{number:032X}"}  # fmt: skip
            group.accept(f"dose-{number:02}", code(dcc("v", dose, nam=names)), "A vaccination.")
    for place in range(6):
        result = {"tr": "260373001"} if place % 3 == 2 else {}
        test = {
            **TEST,
            **result,
            "sc": f"2026-05-{20 + place}T0{place}:15:00Z",
            "tt": "LP217198-3" if place % 2 else "LP6464-4",
            "ci": f"URN:UVCI:01:VN:T{place}",
        }
        if place % 2:
            test = without(test, "nm") | {"ma": "1232"}
        group.accept(f"test-{place + 1}", code(dcc("t", test)), "A test result, positive ones too: a policy decides.")
        recovery = {**RECOVERY, "fr": f"2026-01-1{place}", "ci": f"URN:UVCI:01:VN:R{place}"}
        group.accept(f"recovery-{place + 1}", code(dcc("r", recovery)), "A recovery.")
    for place in range(4):
        signed = message(claims(dcc("v", {**DOSE, "ci": f"URN:UVCI:01:VN:RSA{place}"})), by=dsc_rsa())
        group.accept(f"ps256-{place + 1}", text(signed), "A vaccination under PS256.", trust=pins(dsc_rsa()))
    for doses in range(1, 5):
        entries = tuple(
            citizen.Vaccination(number=one, diseases=(citizen.COVID_19,), date=dt.date(2025, one, 9), country="VN",
                dose_number=one, series_doses=max(2, one), product="EU/1/20/1528")
            for one in range(1, doses + 1)
        )  # fmt: skip
        group.accept(
            f"citizen-{doses}",
            code(encode.to_wire(record(vaccinations=entries, tests=())), subclaim=-1405),
            "A citizen with some doses.",
            optional=True,
        )
    assert NOW
    return group.vectors
