"""What participants of the WHO's network sign in 2026: each deviation alone, its neighbours, and whole codes.

The values are fictional; the forms are those of the codes in the WHO's test bed.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

from kit.compose import DAY, EXPIRY, NAMES, NOW, claims, dcc, message, text
from kit.keys import dsc, signer
from kit.vector import Group, Vector, pins

YELLOW_FEVER = "YellowFeverProductd8a09f80301dc05e124f99ffe7711fc0"
WHY = "The specification does not have it; participants of the WHO's network sign it, and hcert reads it under a name."
EMITTED: dict[str, Any] = {
    "n": "Mar\ufffda P\u00e9rez", "dob": "1971-02-03", "s": "female", "nid": "11111111-1", "ndt": "NI",
    "v": {"vp": YELLOW_FEVER, "dt": "2026-01-15", "bo": "LOT42", "vls": "2026-01-25"},
}  # fmt: skip
NEWEST: dict[str, Any] = {
    "n": "Nguyễn Thị Ánh", "dob": "1990-05-17", "s": "female", "nt": "VNM", "v": "1.0.0",
    "vx": {"vp": YELLOW_FEVER, "dv": "2026-05-07", "is": "VNM", "bo": "LOT-1"},
}  # fmt: skip


def vectors() -> list[Vector]:
    """Return all vectors of this module."""
    group = Group(
        "who", source="WHO-ITB 883291d and HealthOpenSpace/gdhcn-validator 1c6bcc9, codes of 2026; hcert docs/decisions/0061",
        rule="Named deviations are read with a warning, each within its bounds; whatever has two readings is refused.",
    )  # fmt: skip
    for part in (text_kids, text_keys, milliseconds, expiry, links, certificates, keys, letters, whole):
        part(group)
    return group.vectors


def text_of_kid(kid: bytes) -> str:
    """Write a kid as participants do, in Base64."""
    return base64.b64encode(kid).decode()


def text_kids(group: Group) -> None:
    """The kid as text."""
    kid, slashes = dsc().kid, b"\xfb\xff\xfe\xff\xfb\xff\xfe\xff"
    group.either("text-kid", text(message(protected={4: text_of_kid(kid), 1: -7})), "A kid in Base64.", WHY, "cose.text_kid")  # fmt: skip
    group.either("text-kid-unprotected", text(message(protected={1: -7}, unprotected={4: text_of_kid(kid)})),
        "A kid in Base64 outside.", WHY, "cose.text_kid")  # fmt: skip
    group.either("text-kid-of-signs", text(message(protected={1: -7, 4: text_of_kid(slashes)})), "A kid in Base64 with + and /.",
        WHY, "cose.text_kid", trust=pins(dsc(), kid=slashes))  # fmt: skip
    for slug, given, shows in [
        ("no-padding", text_of_kid(kid).rstrip("="), "The padding is missing."), ("padding-twice", text_of_kid(kid) + "=", "Padding too many."),
        ("blank", text_of_kid(kid) + " ", "A blank after the kid."), ("line-end", text_of_kid(kid) + "\n", "A line end after the kid."),
        ("other-bits", "AAECAwQFBgd=", "Bits after the last byte that are not zero: two texts for one kid."),
        ("url-alphabet", base64.urlsafe_b64encode(slashes).decode(), "The alphabet for web addresses."),
        ("empty", "", "A text of no characters."), ("too-long", text_of_kid(bytes(65)), "A kid longer than hcert takes."),
    ]:  # fmt: skip
        trust = pins(
            dsc(), kid=slashes if slug == "url-alphabet" else bytes(range(8)) if slug == "other-bits" else None
        )
        group.refuse(
            f"text-kid-{slug}", text(message(protected={1: -7, 4: given})), shows, "cose.malformed", trust=trust
        )
    group.refuse("text-kid-literal", text(message(protected={1: -7, 4: "ABCDEFGH"})),
        "A text whose letters are the bytes of a trusted kid: under HC1: it means what it encodes.",
        "cose.text_kid", "trust.unknown_key", trust=pins(dsc(), kid=b"ABCDEFGH"), severity="critical")  # fmt: skip


def numbered(items: dict[Any, Any]) -> dict[str, Any]:
    """Return a map with its numbers as text."""
    return {str(key): value for key, value in items.items()}


def text_keys(group: Group) -> None:
    """Claims and payloads numbered by text."""
    usual = claims()
    inside = {**usual, -260: {"1": dcc()}}
    for slug, items, shows in [
        ("text-keys", numbered(inside), "All claims and payloads are numbered by text."),
        ("text-keys-of-claims", numbered(usual), "The claims are numbered by text, the payloads are not."),
        ("text-keys-of-payloads", inside, "The payloads are numbered by text, the claims are not."),
    ]:
        group.either(slug, text(message(items)), shows, WHY, "claims.text_keys")
    later, other = EXPIRY + 999 * DAY, {**dcc(), "dob": "1999-09-09"}
    for slug, items, shows in [
        (
            "expiry",
            {**usual, 4: NOW - DAY, "4": later},
            "The expiry twice: as an integer it has passed, as text it has not.",
        ),
        ("expiry-first", {"4": later, **usual, 4: NOW - DAY}, "The same the other way round."),
        (
            "expiry-past",
            {**usual, "4": NOW - DAY},
            "The expiry twice: as text it has passed, as an integer it has not.",
        ),
        ("payloads", {**usual, "-260": {1: other}}, "Two payloads for different people."),
        ("subclaim", {**usual, -260: {1: dcc(), "1": other}}, "Two records for different people under one number."),
    ]:
        group.refuse(f"both-keys-{slug}", text(message(items)), shows, "claims.duplicate_key", severity="critical")
    for slug, key, shows in [
        ("zero", "04", "A leading zero."), ("sign", "+4", "A plus sign."), ("blank", " 4", "A blank."), ("fraction", "4.0", "A fraction."),
        ("minus-zero", "-0", "Minus zero."), ("wide", "\uff14", "A digit of another width."), ("word", "exp", "The name of a claim."),
        ("huge", "1" * 30, "More digits than any number here has."),
    ]:  # fmt: skip
        group.refuse(f"text-key-{slug}", text(message({**numbered(usual), key: EXPIRY})), f"{shows} It is no number as text.",
            "claims.malformed")  # fmt: skip
    mixed = {1: "VN", "4": EXPIRY, 6: NOW - DAY, -260: {1: dcc()}}
    one_kind = "Programs that read one of the two kinds alone see a code without expiry; hcert takes maps of one kind."
    group.either(
        "mixed-keys", text(message(mixed)), "Integers, and the expiry alone as text.", one_kind, "claims.malformed"
    )
    group.either("mixed-name", text(message({**usual, "note": "x"})), "Integers beside a name.",
        "RFC 8392 has names for claims as well; no code has one, and hcert takes maps of one kind.", "claims.malformed")  # fmt: skip


def milliseconds(group: Group) -> None:
    """Times in milliseconds."""
    for number, name in ((4, "expiry"), (5, "not-before"), (6, "issue")):
        value = EXPIRY if number == 4 else NOW - DAY
        for slug, given in (("", value * 1000 + 999), ("-float", value * 1000.0)):
            codes = ("claims.float_time", "claims.milliseconds") if slug else ("claims.milliseconds",)
            group.either(f"milliseconds-{name}{slug}", text(message({**claims(), number: given})),
                "Milliseconds in place of seconds.", WHY, *codes)  # fmt: skip
    ends = text(message(claims(c4=EXPIRY * 1000 + 999)))
    group.refuse("milliseconds-expired", ends, "A second after an expiry in milliseconds: no reading as seconds saves it.",
        "claims.milliseconds", "claims.expired", clock=at(EXPIRY + 1), severity="critical")  # fmt: skip
    ahead = text(message(claims(c6=(NOW + DAY) * 1000)))
    group.refuse(
        "milliseconds-ahead", ahead, "Issued tomorrow, in milliseconds.", "claims.milliseconds", "claims.not_yet_valid"
    )
    between = "It is a time, however far; hcert takes none that no calendar holds."
    group.either("milliseconds-just-below", text(message(claims(c4=10**12 - 1))), "The largest number that still counts seconds.",
        between, "claims.malformed")  # fmt: skip
    group.refuse("milliseconds-year-10000", text(message(claims(c6=253402300800 * 1000))), "Milliseconds after the year 9999.",
        "claims.malformed")  # fmt: skip


def expiry(group: Group) -> None:
    """No expiry, and one before the issue."""
    short = signer("dsc-short-who", not_before=at(NOW - 2 * DAY), not_after=at(NOW + DAY))
    group.refuse("no-expiry-after-key", text(message(claims(c4=None), by=short)), "No expiry: the validity of the key is the end.",
        "claims.no_expiry", "trust.key_expired", trust=pins(short), clock=at(NOW + DAY + 1), severity="critical")  # fmt: skip
    group.refuse("expiry-before-issue", text(message(claims(c4=NOW - 120 * DAY))), "It expired months before it was issued.",
        "claims.expired", severity="critical")  # fmt: skip
    group.refuse("expiry-before-issue-ahead", text(message(claims(c4=NOW + 100, c6=NOW + 200))),
        "Both ahead by less than a clock may be slow: whoever believes the issue time knows that it has expired.",
        "claims.expired")  # fmt: skip


def at(seconds: int) -> dt.datetime:
    """Return a time."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def link(begin: str = "shlink:/", **changes: Any) -> str:
    """Write a health link."""
    members = {"url": "https://host.example/v2/manifests/1", "key": "A" * 43, **changes}
    return begin + base64.urlsafe_b64encode(json.dumps(members, separators=(",", ":")).encode()).decode().rstrip("=")


def links(group: Group) -> None:
    """Health links of the WHO's validators."""
    ends = ("record.link_not_followed", "record.certifies_nothing")
    cases: list[tuple[str, str, str, tuple[str, ...]]] = [
        ("slashes-shlink", link("shlink://"), "Two slashes after the scheme.", ("record.link_form",)),
        ("slashes-vhlink", link("vhlink://"), "Two slashes after the scheme.", ("record.link_form",)),
        ("http", link(url="http://host.example:8182/v2/manifests/1"), "An address without encryption.", ("record.link_not_https",)),
        ("padded-key", link(key="A" * 43 + "="), "A key with its padding.", ("record.link_form",)),
        ("milliseconds", link(exp=EXPIRY * 1000), "An expiry in milliseconds.", ("record.link_form",)),
    ]  # fmt: skip
    for slug, payload, shows, codes in cases:
        group.refuse(f"link-{slug}", text(message(claims([{"u": payload}], subclaim=5))), f"{shows} It certifies nothing in any form.",
            *codes, *ends, optional=True)  # fmt: skip
    group.refuse("link-milliseconds-expired", text(message(claims(link(exp=(NOW - 1) * 1000), subclaim=5))), "An expiry in milliseconds that has passed.",
        "record.link_form", "record.link_not_followed", "record.link_expired", "record.certifies_nothing", severity="critical", optional=True)  # fmt: skip
    for slug, payload, shows in [
        ("three-slashes", link("shlink:///"), "Three slashes."), ("no-slash", link("shlink:"), "No slash."),
        ("key-padded-twice", link(key="A" * 43 + "=="), "A key with padding too many."), ("key-45", link(key="A" * 44), "A key of 33 bytes."),
        ("between-years", link(exp=10**12 - 1), "An expiry that is neither seconds nor milliseconds."),
    ]:  # fmt: skip
        group.refuse(
            f"link-{slug}", text(message(claims(payload, subclaim=5))), shows, "record.link_malformed", optional=True
        )


def certificates(group: Group) -> None:
    """The ICVP, and names."""

    def given(payload: Any) -> str:
        return text(message(claims(payload, subclaim=-6)))

    dose = {name: value for name, value in NEWEST["vx"].items() if name != "is"}
    group.either(
        "no-issuer",
        given({**NEWEST, "vx": dose}),
        "Neither issuer nor clinician.",
        WHY,
        "record.no_issuer",
        optional=True,
    )
    sound = {**EMITTED, "n": "María Pérez", "v": {**EMITTED["v"], "is": "XCL"}}
    group.either("mixed-generation", given(sound), "The dose by itself as in 2024, the type of the document as in 2025.",
        WHY, "record.mixed_generation", optional=True)  # fmt: skip
    for name, value in (("nt", "CHL"), ("id", "11111111-1"), ("dt", "NI"), ("d", "2026-01-15")):
        group.refuse(f"mixed-generation-{name}", given({**sound, name: value}), "A member of 2026 beside a dose of 2024.",
            "record.ambiguous_generation", "record.mixed_generation", optional=True)  # fmt: skip
    group.refuse("mixed-generation-vx", given({**sound, "vx": NEWEST["vx"]}), "Doses in the ways of two generations.",
        "record.ambiguous_generation", "record.ambiguous_generation", "record.schema", "record.schema", optional=True)  # fmt: skip
    lost = "Th\ufffd \u00c1nh"
    group.either("lost-letter-icvp", given({**NEWEST, "n": lost}), "A name that lost a letter at its issuer.", WHY,
        "record.replacement_character", optional=True)  # fmt: skip
    group.either("lost-letter-dcc", text(message(claims(dcc(nam={**NAMES, "gn": lost})))), "The same in an EU DCC.", WHY,
        "record.replacement_character")  # fmt: skip


def keys(group: Group) -> None:
    """The kid selects, and nothing else does."""
    other = signer("other")
    group.refuse("key-of-another-kid", text(message(protected={1: -7, 4: other.kid})), "A kid that is not on the list, though a key of the list "
        "signed, of the country that the issuer names: whoever tries all keys cannot withdraw one by its kid.", "trust.unknown_key", severity="critical")  # fmt: skip
    group.refuse("key-of-another-kid-text", text(message(protected={1: -7, 4: text_of_kid(other.kid)})), "The same with a kid in Base64.",
        "cose.text_kid", "trust.unknown_key", severity="critical")  # fmt: skip
    group.accept("issuer-XCL", text(message(claims(c1="XCL"))), "The issuer is not the participant of the key: the key decides.",
        "claims.other_country")  # fmt: skip


def letters(group: Group) -> None:
    """What the WHO's decoder mends before it reads."""
    honest = text(message(claims(dcc(dob="1971-02-03"))))
    for slug, given, shows in [
        ("invisible", honest[:40] + "\u200b" + honest[40:], "An invisible character inside."),
        ("wide", honest[:40] + chr(ord(honest[40]) + 0xFEE0) + honest[41:], "A letter in its full-width form."),
        ("underscore", honest[:40] + "_" + honest[40:], "A letter outside the alphabet."),
    ]:
        group.refuse(
            f"base45-{slug}", given, f"{shows} To drop or replace it changes what was scanned.", "text.alphabet"
        )


def whole(group: Group) -> None:
    """Codes as the test bed has them, with all their deviations."""
    group.either("icvp-as-emitted", text(message({6: NOW - DAY, 1: "XCL", -260: {-6: EMITTED}})), "An ICVP of the test bed.", WHY,
        "claims.no_expiry", "claims.other_country", "record.mixed_generation", "record.no_issuer", "record.replacement_character",
        optional=True)  # fmt: skip
    listed = [{"u": link("shlink://", url="http://host.example:8182/v2/manifests/1", flag="P", exp=EXPIRY * 1000 + 123, key="A" * 43 + "=",
        label="GDHCN Validator")}]  # fmt: skip
    vhl = {"6": (NOW - DAY) * 1000 + 123, "4": EXPIRY, "1": "XL", "-260": {"5": listed}}
    group.refuse("vhl-as-emitted", text(message(vhl, protected={4: text_of_kid(dsc().kid), 1: -7})), "A health link of the test bed.",
        "cose.text_kid", "claims.text_keys", "claims.milliseconds", "claims.other_country", "record.link_form", "record.link_not_https",
        "record.link_form", "record.link_form", "record.link_not_followed", "record.certifies_nothing", optional=True)  # fmt: skip
