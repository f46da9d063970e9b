"""Claims and time, and what a key may sign."""

from __future__ import annotations

import datetime as dt
from typing import Any

import cbor2

from kit.compose import CLOCK, DAY, EXPIRY, NOW, claims, dcc, message, text
from kit.keys import NOT_AFTER, NOT_BEFORE, signer
from kit.vector import Group, Vector, pins

WITHIN = (
    "The specification wants a code to lie within the validity of its key; hcert warns, and the key bounds the code."
)


def vectors() -> list[Vector]:
    """Return all vectors of this module."""
    return [*claim_sets(), *key_validity(), *usages()]


def at(seconds: float) -> dt.datetime:
    """Return a time."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def code(**changes: Any) -> str:
    """Return a code with changed claims."""
    return text(message(claims(**changes)))


def claim_sets() -> list[Vector]:
    """Issuer, times, payload."""
    group = Group(
        "claims", source="RFC 8392, sections 2 and 3.1; HCERT specification, section 'Claims'",
        rule="Times are seconds since 1970; a code counts from its issue to its expiry, both included.",
    )  # fmt: skip
    group.accept("last-second", code(), "The second of the expiry still counts.", clock=at(EXPIRY))
    group.refuse(
        "second-after",
        code(),
        "A second after the expiry.",
        "claims.expired",
        clock=at(EXPIRY + 1),
        severity="critical",
    )
    group.refuse(
        "expired-long-ago",
        code(c4=NOW - DAY, c6=NOW - 9 * DAY),
        "Expired yesterday.",
        "claims.expired",
        severity="critical",
    )
    group.accept("first-second", code(), "The second of the issue counts.", clock=at(NOW - DAY))
    for ahead, *codes in ((1,), (300,), (301, "claims.not_yet_valid")):
        group.either(f"issued-{ahead}-ahead", code(c6=NOW + ahead), "Issued in the future, or a clock that is behind.",
            "How far a clock may be behind is left to implementations; hcert grants 300 seconds.", *codes)  # fmt: skip
    group.refuse(f"issued-{DAY}-ahead", code(c6=NOW + DAY), "Issued in the future.", "claims.not_yet_valid")
    group.accept("not-before-past", code(c5=NOW - 5), "A not-before that has passed.")
    group.refuse(
        "not-before-future",
        code(c5=NOW + 400),
        "A not-before in the future.",
        "claims.not_yet_valid",
        severity="critical",
    )
    group.either("no-issue-time", code(c6=None), "No issue time.",
        "The specification has one, and nothing hangs on it but the future; hcert warns.", "claims.no_issued_at")  # fmt: skip
    group.either("no-expiry", code(c4=None), "No expiry, as in ICVP pilots.",
        "The EU requires an expiry; hcert warns, and the validity of the key bounds the code.", "claims.no_expiry")  # fmt: skip
    group.either(
        "neither", code(c4=None, c6=None), "No time at all.", "As before.", "claims.no_issued_at", "claims.no_expiry"
    )
    for number, name in ((4, "expiry"), (6, "issue")):
        value = EXPIRY if number == 4 else NOW - DAY
        group.accept(
            f"{name}-float",
            code(**{f"c{number}": float(value)}),
            "A float, as some emitters write.",
            "claims.float_time",
        )
        group.accept(
            f"{name}-float-fraction",
            code(**{f"c{number}": value + 0.5}),
            "A float with a fraction.",
            "claims.float_time",
        )
        group.accept(
            f"{name}-single-float",
            text(message(with_claim(number, b"\xfa" + single(value)))),
            "A float of 32 bits.",
            "claims.float_time",
        )
        tagged = cbor2.CBORTag(1, value)
        untagged = (
            "RFC 8392 section 2 has times without a tag; some emitters write one, and hcert reads it with a warning."
        )
        group.either(f"{name}-tagged", code(**{f"c{number}": tagged}), "A tagged time.", untagged, "claims.tagged_time")
        moment = at(value).strftime("%Y-%m-%dT%H:%M:%SZ")
        group.either(
            f"{name}-tagged-text",
            code(**{f"c{number}": cbor2.CBORTag(0, moment)}),
            "A tagged text.",
            untagged,
            "claims.tagged_time",
        )
        for slug, bad, shows in [
            ("text", str(value), "A text."), ("nan", float("nan"), "Not a number."), ("infinite", float("inf"), "Infinity: a code for ever."),
            ("minus-infinite", float("-inf"), "Minus infinity."), ("true", True, "true, which some languages take for 1."),
            ("negative", -1, "Before 1970."), ("list", [value], "A list."), ("map", {}, "A map."),
            ("local-text", cbor2.CBORTag(0, "2026-06-01T12:00:00"), "A date-time without a zone."),
        ]:  # fmt: skip
            group.refuse(
                f"{name}-{slug}",
                code(**{f"c{number}": bad}),
                shows,
                "claims.malformed",
                severity="critical" if number == 4 else "major",
            )
        for slug, far, shows in [
            ("huge", 2**63 - 1, "As large as 64 bits can be."),
            ("year-10000", 253402300800, "A second after the year 9999."),
        ]:  # fmt: skip
            given = code(**{f"c{number}": far})
            if number == 4:
                group.either(f"{name}-{slug}", given, shows,
                    "It is a time, however far; hcert takes none that no calendar holds.", "claims.malformed")  # fmt: skip
            else:
                group.refuse(f"{name}-{slug}", given, shows, "claims.malformed")
        group.refuse(
            f"{name}-bignum",
            text(message(with_claim(number, b"\xc2\x49\x01" + bytes(8)))),
            "A bignum.",
            "claims.malformed",
            severity="critical" if number == 4 else "major",
        )
        absent = "claims.no_expiry" if number == 4 else "claims.no_issued_at"
        group.either(
            f"{name}-null", text(message(with_claim(number, b"\xf6"))), "null.", "hcert takes null for absent.", absent
        )
    group.either(
        "year-9999",
        code(c4=253402300799),
        "The last second of the year 9999; beyond the key.",
        WITHIN,
        "claims.outlives_key",
    )
    named = {
        "source": "RFC 8392, section 3.1.1; HCERT specification, section 'Claims'",
        "rule": "The issuer is a text, or absent; the key says who signed.",
    }
    group.accept("no-issuer", code(c1=None), "No issuer claim, which is optional.", **named)
    for issuer in ("VNM", "XL", "CNAM", "Bộ Y tế"):
        group.accept(
            f"issuer-{issuer.encode().hex()}",
            code(c1=issuer),
            "Whatever stands there: the key says who signed. That it differs from the country of the key is a warning.",
            "claims.other_country",
            **named,
        )
    group.refuse("issuer-number", code(c1=84), "A number as issuer.", "claims.malformed", **named)
    contained = {
        "source": "HCERT specification, section 'Claims'",
        "rule": "Claim -260 maps numbers to payloads, of which one is understood.",
    }
    shapes: list[tuple[str, Any, str]] = [
        ("absent", None, "No payload."), ("list", [dcc()], "A list of payloads."), ("empty", {}, "An empty map."), ("text", "x", "A text."),
    ]  # fmt: skip
    for slug, shape, shows in shapes:
        group.refuse(f"payload-{slug}", code(c_260=shape), shows, "claims.malformed", **contained)
    group.refuse(
        "payload-unknown",
        code(c_260={-99: {"a": 1}}),
        "A payload nobody knows: authentic, and no reason to open a gate.",
        "record.unknown",
        severity="critical",
        **contained,
    )
    group.accept(
        "payload-two",
        code(c_260={1: dcc(), -99: 0}),
        "A second payload that is not understood.",
        "claims.other_subclaims",
        **contained,
    )
    group.refuse(
        "payload-two-one-broken",
        code(c_260={1: dcc(), -6: {"n": "x"}}),
        "A second payload that is understood and broken: it might be revoked, and nobody could look it up.",
        "claims.other_subclaims", "record.schema",
        optional=True, **contained,
    )  # fmt: skip
    return group.vectors


def key_validity() -> list[Vector]:
    """Codes against the validity of their key."""
    group = Group(
        "claims", source="HCERT specification, section 'Validity'; RFC 5280, section 6.1.3",
        rule="At the time of the check the key has to be valid.",
    )  # fmt: skip
    short = signer("dsc-short", not_before=CLOCK, not_after=CLOCK + dt.timedelta(days=30))
    inside = {"c4": NOW + 30 * DAY, "c6": NOW}
    bounded = text(message(claims(**inside), by=short))
    trust = {"trust": pins(short)}
    group.accept("key-first-second", bounded, "The first second of the key.", **trust)
    group.accept("key-last-second", bounded, "The last second of the key.", clock=at(NOW + 30 * DAY), **trust)
    long = text(message(claims(c6=NOW), by=short))
    group.either("outlives-key", long, "The code expires after its key.", WITHIN, "claims.outlives_key", **trust)
    group.refuse("key-expired", long, "A second after the key.", "trust.key_expired", "claims.outlives_key",
        clock=at(NOW + 30 * DAY + 1), severity="critical", **trust)  # fmt: skip
    group.refuse("key-not-yet", bounded, "A second before the key; the code is of that second too.", "trust.key_not_yet_valid",
        clock=at(NOW - 1), severity="critical", **trust)  # fmt: skip
    early = text(message(claims(c4=NOW + 30 * DAY), by=short))
    group.either("predates-key", early, "Issued before its key was valid.", WITHIN, "claims.predates_key", **trust)
    assert NOT_BEFORE < CLOCK < NOT_AFTER
    return group.vectors


def single(value: int) -> bytes:
    """Return a value as a float of 32 bits, near enough."""
    import struct

    return struct.pack("!f", value)


def with_claim(number: int, encoded: bytes) -> bytes:
    """Return claims of which one is given as encoded CBOR."""
    others = cbor2.dumps({key: value for key, value in claims().items() if key != number})
    return bytes([others[0] + 1]) + others[1:] + cbor2.dumps(number) + encoded


def usages() -> list[Vector]:
    """Extended key usages, in both families of identifiers."""
    group = Group(
        "usage", source="HCERT specification, section 'Extended key usage'; EU DCC certificate governance",
        rule="A certificate with usages of the EU signs those events alone; both families of identifiers count.",
        severity="critical",
    )  # fmt: skip
    roots = {"assigned": "1.3.6.1.4.1.1847.2021.1", "misprint": "1.3.6.1.4.1.0.1847.2021.1"}
    kinds = {"t": 1, "v": 2, "r": 3}
    names = {"t": "test", "v": "vaccination", "r": "recovery"}
    for family, root in roots.items():
        for allowed, number in kinds.items():
            who = signer(f"dsc-{family}-{allowed}", usages=(f"{root}.{number}",))
            for event in kinds:
                given = text(message(claims(dcc(event)), by=who))
                slug = f"{family}-{names[allowed]}-signs-{names[event]}"
                if event == allowed:
                    group.accept(slug, given, "A key signs what it is for.", trust=pins(who), severity="major")
                else:
                    group.refuse(slug, given, "A key signs what it is not for.", "usage.not_allowed", trust=pins(who))
    test_only = signer("dsc-assigned-t", usages=(f"{roots['assigned']}.1",))
    yellow_fever = {
        "n": "Nguyễn Thị Ánh", "dob": "1990-05-17", "s": "female", "nt": "VNM", "v": "1.0.0",
        "vx": {"vp": "YellowFever", "dv": "2026-05-07", "is": "VNM", "bo": "LOT-1"},
    }  # fmt: skip
    group.refuse("test-signs-icvp", text(message(claims(yellow_fever, subclaim=-6), by=test_only)),
        "A key for tests alone signs a certificate of vaccination.", "usage.not_allowed", trust=pins(test_only), optional=True)  # fmt: skip
    dose_only = signer("dsc-assigned-v", usages=(f"{roots['assigned']}.2",))
    beside = claims(c_260={1: dcc(), -6: yellow_fever})
    group.accept("vaccination-signs-both", text(message(beside, by=dose_only)), "Two payloads, and a key that may sign either.",
        "claims.other_subclaims", trust=pins(dose_only), severity="major", optional=True)  # fmt: skip
    group.refuse("test-signs-icvp-beside", text(message(claims(c_260={1: dcc("t"), -6: yellow_fever}), by=test_only)),
        "A key signs a payload it is not for, beside one that it is for.", "claims.other_subclaims", "usage.not_allowed",
        trust=pins(test_only), optional=True)  # fmt: skip
    for slug, oids, good in [
        ("none", (), False), ("foreign", ("1.3.6.1.5.5.7.3.3",), True), ("any", ("2.5.29.37.0",), True),
        ("unassigned", ("1.3.6.1.4.1.1847.2021.1.4",), False), ("all", tuple(f"{roots['assigned']}.{number}" for number in (1, 2, 3)), True),
        ("both-families", (f"{roots['misprint']}.1", f"{roots['assigned']}.2"), True), ("foreign-and-test", ("1.3.6.1.5.5.7.3.3", f"{roots['assigned']}.1"), False),
        ("other-root", ("1.3.6.1.4.1.1847.2022.1.1",), True), ("longer", (f"{roots['assigned']}.1.2",), False),
    ]:  # fmt: skip
        who = signer(f"dsc-usage-{slug}", usages=oids or None)
        given = text(message(by=who))
        if good or slug == "none":
            group.accept(
                f"set-{slug}",
                given,
                "Usages that restrict nothing, or that allow the event.",
                trust=pins(who),
                severity="major",
            )
        else:
            group.refuse(
                f"set-{slug}",
                given,
                "A usage of the EU that does not allow the event or is not known, whatever stands beside it.",
                "usage.not_allowed",
                trust=pins(who),
            )
    return group.vectors
