"""The European Vaccination Card: what CLVR leaves open is read, and every deviation is refused."""

from __future__ import annotations

from typing import Any

import cbor2

from kit.compose import DAY, NOW, base45, claims, dcc, message, stored, text, to_be_signed
from kit.keys import dsc
from kit.vector import Group, Vector

DOSE: dict[str, Any] = {"reg": "VNM", "rep": 36, "i": 1245, "a": 11298, "mp": 35}
CARD: dict[str, Any] = {
    "ver": "1.0.0", "nam": {"fnt": "Nguyễn", "gnt": "Thị Ánh"}, "dob": "1990-05-17",
    "v": [DOSE, {"reg": "BE-WAL", "rep": 1, "i": 127, "a": 12500, "mp": 644}],
}  # fmt: skip


def card_text(signed: bytes, *, raw: bool = False) -> str:
    """Return the text of a card with a message, as zlib or as raw deflate."""
    stream = stored(signed)
    return "VC1:" + base45(stream[2:-4] if raw else stream)


def of(payload: Any = None, **changes: Any) -> str:
    """Return the text of a card with a payload; changes of its claims as in `claims`."""
    return card_text(message(claims(**changes) | {-260: CARD if payload is None else payload}))


def vectors() -> list[Vector]:
    """Return all vectors of this module."""
    group = Group(
        "card", source="CLVR, chapters 1 to 8 (IVC-NUVA/CLVR 073bf59 of 2026); RFC 9864; hcert docs/decisions/0065", optional=True,
        rule="A card is read with either compression, either place of the kid and either number of ES256; nothing else is tolerated.",
    )  # fmt: skip
    for part in (read, containers, headers, claim_sets, payloads):
        part(group)
    return group.vectors


def signed(**parts: Any) -> bytes:
    """Return the message of the honest card with other headers."""
    return message(claims() | {-260: CARD}, **parts)


def read(group: Group) -> None:
    """What is accepted."""
    kid = dsc().kid
    group.accept("honest", of(), "An honest card with two doses.")
    group.accept("raw-deflate", card_text(signed(), raw=True), "Raw deflate, as CLVR describes it.")
    group.accept(
        "kid-outside", card_text(signed(protected={1: -7}, unprotected={4: kid})), "The kid in the unprotected header."
    )
    group.accept("esp256", card_text(signed(protected={1: -9, 4: kid})), "ESP256, the second number of ES256 on P-256.")
    group.accept("not-before", of(c5=NOW - DAY), "With the first moment at which it is valid.")
    group.accept("far-expiry", of(c4=NOW + 315_360_000_000), "An expiry in the year 12019, as a published program writes it.",
        "claims.far_expiry", "claims.outlives_key")  # fmt: skip
    group.accept("no-dose", of(CARD | {"v": []}), "A card without doses.", "record.empty_group")
    group.accept("newborn", of(CARD | {"v": [DOSE | {"a": 0}]}), "A dose on the day of the birth.")


def containers(group: Group) -> None:
    """Prefix and stream."""
    honest = of()
    for slug, given, shows in [
        ("lower-case", "vc1:" + honest[4:], "The prefix in lower case."),
        ("other-version", "VC2:" + honest[4:], "A version that does not exist."),
        ("no-prefix", honest[4:], "The prefix is missing."),
    ]:
        group.refuse(slug, given, shows, "text.prefix", optional=False)
    group.refuse(
        "card-behind-hc1",
        "HC1:" + honest[4:],
        "The content of a card behind the other prefix.",
        "claims.malformed",
        optional=False,
    )
    group.refuse(
        "raw-behind-hc1",
        "HC1:" + card_text(signed(), raw=True)[4:],
        "Raw deflate behind the other prefix.",
        "inflate.damaged",
        optional=False,
    )
    group.refuse(
        "dcc-behind-vc1", "VC1:" + text(message())[4:], "An EU DCC behind the prefix of cards.", *["record.schema"] * 3
    )
    group.refuse("raw-and-more", "VC1:" + base45(stored(signed())[2:-4] + b"\0"),
        "A byte after the raw stream.", "inflate.trailing_bytes")  # fmt: skip
    group.refuse(
        "raw-cut",
        "VC1:" + base45(stored(signed())[2:-5]),
        "A raw stream that lacks its last byte.",
        "inflate.truncated",
    )


def headers(group: Group) -> None:
    """The message."""
    protected = cbor2.dumps({1: -7})
    inline = [protected, {4: dsc().kid}, CARD, dsc().sign(to_be_signed(protected, cbor2.dumps(CARD)))]
    for slug, given, shows, code in [
        ("form-of-2024", b"\xd2" + cbor2.dumps(inline), "The payload is a map inside the message, as in 2024.", "cose.malformed"),
        ("untagged", signed(tag=b""), "Tag 18 is missing.", "cose.malformed"),
        ("tag-61", signed(tag=b"\xd8\x3d\xd2"), "Wrapped once more as a CWT.", "cose.malformed"),
        ("text-kid", signed(protected={1: -7}, unprotected={4: "SYA25A"}), "The kid is text.", "cose.malformed"),
        ("no-kid", signed(protected={1: -7}), "There is no kid.", "cose.no_kid"),
        ("eddsa", signed(protected={1: -8, 4: dsc().kid}), "EdDSA, as in the prototype.", "cose.card_algorithm"),
        ("ps256", signed(protected={1: -37, 4: dsc().kid}), "An algorithm of EU DCCs that cards do not have.", "cose.card_algorithm"),
        ("algorithm-outside", signed(protected=b"", unprotected={1: -7, 4: dsc().kid}), "The algorithm is not signed.", "cose.malformed"),
    ]:  # fmt: skip
        group.refuse(slug, card_text(given), shows, code)
    spoilt = signed()[:-1] + bytes([signed()[-1] ^ 1])
    group.refuse(
        "spoilt", card_text(spoilt), "One bit of the signature was changed.", "signature.invalid", severity="critical"
    )


def claim_sets(group: Group) -> None:
    """The claims."""
    for slug, given, shows in [
        ("no-issuer", of(c1=None), "The issuer is missing."),
        ("no-expiry", of(c4=None), "The expiry is missing."),
        ("no-issue-time", of(c6=None), "The issue time is missing."),
        ("float-expiry", of(c4=float(NOW + DAY)), "The expiry is a float, as in the prototype."),
        ("text-keys", card_text(message({str(key): value for key, value in (claims() | {-260: CARD}).items()})), "Keys as text."),
        ("both-keys", card_text(message(claims() | {-260: CARD, "4": NOW})), "The expiry under a number and under text."),
    ]:  # fmt: skip
        group.refuse(slug, given, shows, "claims.malformed")
    group.refuse("expired", of(c4=NOW - 1), "A card that expired a second ago.", "claims.expired", severity="critical")


def payloads(group: Group) -> None:
    """The payload."""
    for slug, payload, shows, count in [
        ("numbered", {1: CARD}, "The payload under a number, as in the prototype.", 3),
        ("negative-age", CARD | {"v": [DOSE | {"a": -1}]}, "A dose before the birth.", 1),
        ("float-age", CARD | {"v": [DOSE | {"a": 11298.0}]}, "An age with a fraction.", 1),
        ("age-beyond-calendar", CARD | {"v": [DOSE | {"a": 3_000_000}]}, "An age that leads beyond the year 9999.", 1),
        ("year-alone", CARD | {"dob": "1990"}, "A birth date without a day.", 1),
        ("text-vaccine", CARD | {"v": [DOSE | {"mp": "NUVA-514"}]}, "The vaccine as text, as in the prototype.", 1),
        ("no-registry", CARD | {"v": [{key: value for key, value in DOSE.items() if key != "reg"}]}, "A dose without registry.", 1),
        ("former-names", CARD | {"nam": {"fn": "Nguyễn", "gn": "Thị Ánh"}}, "The names of 2024.", 2),
        ("not-a-map", [CARD], "A list in the place of the payload.", 1),
        ("of-a-dcc", dcc(), "The payload of an EU DCC in the place of a card.", 5),
    ]:  # fmt: skip
        group.refuse(slug, of(payload), shows, *["record.schema"] * count)
    group.refuse("next-version", of(CARD | {"ver": "2.0.0"}), "A later major version.", "record.unsupported_version")
