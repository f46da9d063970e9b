"""Lists and what they revoke, and the sealed part: hcert's own formats, and the plain form that any program can apply."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import cbor2

import hcert
from hcert import lists
from hcert.records import uvci
from hcert.records.citizen import encode
from hcert.trust import key_entry
from hcert.trust.signed_document import seal_document
from kit.compose import CLOCK, DOSE, claims, dcc, message, text
from kit.keys import Signer, dsc, dsc_rsa, signer
from kit.records import record
from kit.vector import Group, Vector, b64, pins

DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
FROZEN = Path(__file__).parent / "frozen.json"
UCI = dcc()["v"][0]["ci"]


class Anchor:
    """An anchor that signs deterministically."""

    def __init__(self, name: str) -> None:
        self._signer = signer(name)
        self.key = hcert.TrustedKey.from_public_key(self._signer.spki)

    def sign(self, data: bytes) -> bytes:
        """Sign in COSE form."""
        return self._signer.sign(data)


ANCHORS = [Anchor(f"anchor-{number}") for number in range(3)]


def trusted(who: Signer) -> hcert.TrustedKey:
    """Return a signer as a list has it."""
    return hcert.TrustedKey.from_certificate(who.certificate)


def published(content: Any, *, by: tuple[int, ...] = (0, 1), version: int = 5, start: dt.datetime = CLOCK - DAY,
    days: int = 30, **more: Any) -> bytes:  # fmt: skip
    """Sign a list."""
    sealed: bytes = content.seal(
        [ANCHORS[number] for number in by], version=version, issued_at=start, expires_at=start + days * DAY, **more
    )
    return sealed


def signed_list(data: bytes, **more: Any) -> dict[str, Any]:
    """Return the trust list of a vector, or its revocations."""
    return {"list": b64(data), "anchors": [b64(anchor.key.spki) for anchor in ANCHORS], "threshold": 2, **more}


def vectors() -> list[Vector]:
    """Return all vectors of this module."""
    return [*trust_lists(), *revocations(), *sealed()]


def trust_lists() -> list[Vector]:
    """States of a signed key list."""
    group = Group(
        "lists", source="hcert docs/spec/signed-documents.md, sections 'Opening', 'Versions' and 'Time'",
        rule="A key list counts if enough anchors signed it, it is not older than the one held, and it has not expired.",
        severity="critical", optional=True,
    )  # fmt: skip
    keys = hcert.TrustList([trusted(dsc())])
    honest = text(message())
    sound = published(keys)
    group.accept("fresh", honest, "A list of yesterday.", trust=signed_list(sound), severity="major")
    group.accept(
        "three-signatures",
        honest,
        "More signatures than are needed.",
        trust=signed_list(published(keys, by=(0, 1, 2))),
        severity="major",
    )
    last = CLOCK + 29 * DAY
    group.accept(
        "last-second", honest, "The last second of the list.", trust=signed_list(sound), clock=last, severity="major"
    )
    group.refuse(
        "expired", honest, "A second later.", "trust.list_expired", trust=signed_list(sound), clock=last + SECOND
    )
    group.accept("in-grace", honest, "Within the grace the verifier chose.", "trust.list_stale",
        trust=signed_list(sound, grace_seconds=86_400), clock=last + DAY, severity="major")  # fmt: skip
    group.refuse("after-grace", honest, "A second after the grace.", "trust.list_expired",
        trust=signed_list(sound, grace_seconds=86_400), clock=last + DAY + SECOND)  # fmt: skip
    late = published(keys, start=CLOCK + DAY)
    group.refuse(
        "from-the-future",
        honest,
        "A list issued after the clock of the device.",
        "document.not_yet_valid",
        trust=signed_list(late),
    )
    held = {"version": 6, "digest": hashlib.sha256(b"another").hexdigest()}
    group.refuse(
        "rollback", honest, "A list older than the one held.", "document.older", trust=signed_list(sound, held=held)
    )
    group.refuse(
        "equivocation",
        honest,
        "Another list of the version held.",
        "document.equivocation",
        trust=signed_list(sound, held={**held, "version": 5}),
    )
    group.accept(
        "newer",
        honest,
        "A list newer than the one held.",
        trust=signed_list(sound, held={**held, "version": 4}),
        severity="major",
    )
    for slug, by, shows in [
        ("one-signature", (0,), "One signature less than the threshold."),
        ("one-twice", (0, 0), "One anchor signed twice."),
    ]:
        group.refuse(slug, honest, shows, "document.too_few_signatures", trust=signed_list(published(keys, by=by)))
    foreign = keys.seal(
        [Anchor("foreign"), Anchor("stranger")], version=5, issued_at=CLOCK - DAY, expires_at=CLOCK + DAY
    )
    group.refuse(
        "foreign-anchors", honest, "Signed by others.", "document.too_few_signatures", trust=signed_list(foreign)
    )
    changed = bytearray(sound)
    changed[len(changed) // 3] ^= 1
    group.refuse(
        "changed",
        honest,
        "One bit of the list was changed.",
        "document.too_few_signatures",
        trust=signed_list(bytes(changed)),
    )
    group.refuse("cut", honest, "The list is cut.", "document.malformed", trust=signed_list(sound[:-1]))
    group.refuse("extended", honest, "A byte after the list.", "document.malformed", trust=signed_list(sound + b"\0"))
    other_kind = published(hcert.RevocationList(keys=[trusted(dsc())]))
    group.refuse(
        "other-kind",
        honest,
        "A revocation list in place of the key list.",
        "document.kind",
        trust=signed_list(other_kind),
    )
    group.refuse("without-the-key", honest, "The key is not in the list.", "trust.unknown_key",
        trust=signed_list(published(hcert.TrustList([trusted(signer("other"))]))))  # fmt: skip
    import dataclasses

    marked = dataclasses.replace(trusted(dsc()), status=lists.Status.REVOKED)
    group.refuse(
        "key-revoked",
        honest,
        "The list says that the key was revoked.",
        "trust.key_revoked",
        trust=signed_list(published(hcert.TrustList([marked]))),
    )
    active, revoked = (key_entry.encode(one) for one in (trusted(dsc()), marked))
    kid, barred = dsc().kid, cbor2.loads(revoked)
    test_only = key_entry.encode(dataclasses.replace(trusted(dsc()), usages=frozenset({hcert.Usage.TEST})))
    two_entries: list[tuple[str, bytes, bytes, str, str]] = [
        ("revoked-under-another-kid", b"other", revoked, "The key is revoked under another kid.", "trust.key_revoked"),
        ("revoked-in-another-entry", kid, revoked, "The key is revoked in another entry.", "trust.key_revoked"),
        ("revoked-by-later-status", kid, cbor2.dumps(barred | {6: 2}), "Another entry has an unknown status.",
            "trust.key_revoked"),
        ("revoked-beside-broken-member", kid, cbor2.dumps(barred | {2: "V" * 201}),
            "The entry that revokes the key has an overlong country.", "trust.key_revoked"),
        ("revoked-beside-deep-member", b"other", cbor2.dumps(barred | {9: [[[[[[]]]]]]}),
            "The entry that revokes the key has a member that is nested too deeply.", "trust.key_revoked"),
        ("restricted-in-another-entry", kid, test_only, "Another entry for the key and kid allows tests alone.",
            "usage.not_allowed"),
        ("unknown-usage-in-another-entry", kid, cbor2.dumps(cbor2.loads(active) | {5: [99]}),
            "Another entry for the key and kid has an unknown usage alone.", "usage.not_allowed"),
    ]  # fmt: skip
    for slug, name, entry, shows, reason in two_entries:
        for order, body in (("", [[kid, active], [name, entry]]), ("-first", [[name, entry], [kid, active]])):
            data = seal_document(
                ANCHORS[:2], kind="hcert-keys", version=5, issued_at=CLOCK - DAY, expires_at=CLOCK + 29 * DAY, body=body
            )
            group.refuse(f"{slug}{order}", honest, shows, reason, trust=signed_list(data))
    return group.vectors


def revocations() -> list[Vector]:
    """Each kind of revocation, and its neighbour that is not touched."""
    group = Group(
        "revocation", source="EU DCC gateway, revocation list; hcert docs/spec/signed-documents.md, section 'Revocation lists'",
        rule="What was revoked is refused, and nothing else.", severity="critical",
    )  # fmt: skip
    honest = message()
    given = text(honest)
    signature = cbor2.loads(honest[1:])[3]

    def digest(data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()[:32]

    plain: list[tuple[str, dict[str, Any], str, bool, str]] = [
        ("uci", {"uci_hashes": [digest(UCI.encode())]}, "By the hash of the identifier.", True, "revocation.certificate"),
        ("uci-other", {"uci_hashes": [digest(UCI.encode() + b"X")]}, "The hash of another identifier.", False, ""),
        ("country-uci", {"country_uci_hashes": [digest(b"VN" + UCI.encode())]}, "By country and identifier.", True, "revocation.certificate"),
        ("country-uci-other", {"country_uci_hashes": [digest(b"LA" + UCI.encode())]}, "The identifier of another country.", False, ""),
        ("signature", {"signature_hashes": [digest(signature[:32])]}, "By the first half of the signature.", True, "revocation.certificate"),
        ("signature-whole", {"signature_hashes": [digest(signature)]}, "The hash of a whole ES256 signature means nothing.", False, ""),
        ("key", {"keys": [b64(dsc().spki)]}, "By the key.", True, "revocation.key"),
        ("key-other", {"keys": [b64(signer("other").spki)]}, "Another key.", False, ""),
        ("nothing", {}, "An empty list.", False, ""),
        ("kinds-apart", {"uci_hashes": [digest(signature[:32])]}, "A hash of another kind.", False, ""),
    ]  # fmt: skip
    for slug, content, shows, hit, reason in plain:
        if hit:
            group.refuse(slug, given, shows, reason, revocations=content)
        else:
            group.accept(slug, given, shows, revocations=content, severity="major")
    of_country = {"country_uci_hashes": [digest(b"VN" + UCI.encode())]}
    group.refuse("country-uci-no-issuer", text(message(claims(c1=None))), "By country and identifier, where no issuer claim names the country.",
        "revocation.certificate", revocations=of_country)  # fmt: skip
    group.refuse("country-uci-other-issuer", text(message(claims(c1="AT"))), "By country and identifier, whatever the issuer claim says.",
        "claims.other_country", "revocation.certificate", revocations=of_country)  # fmt: skip
    mirrored = signature[:32] + (
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 - int.from_bytes(signature[32:])
    ).to_bytes(32)
    group.refuse("signature-mirrored", text(honest.replace(signature, mirrored)), "The other half of the signature was mirrored to escape.",
        "revocation.certificate", revocations={"signature_hashes": [digest(signature[:32])]})  # fmt: skip

    other = message(by=dsc_rsa())
    whole = cbor2.loads(other[1:])[3]
    group.refuse("signature-ps256", text(other), "By the whole of a PS256 signature.", "revocation.certificate",
        trust=pins(dsc_rsa()), revocations={"signature_hashes": [digest(whole)]})  # fmt: skip
    for slug, size, shows in (("half", len(whole) // 2, "first half"), ("32-bytes", 32, "first 32 bytes")):
        group.accept(f"signature-ps256-{slug}", text(other), f"The hash of the {shows} of a PS256 signature means nothing.",
            trust=pins(dsc_rsa()), revocations={"signature_hashes": [digest(whole[:size])]}, severity="major")  # fmt: skip

    citizen = record()
    life = text(message(claims(encode.to_wire(citizen), subclaim=-1405)))
    name = citizen.certificate_id.hex()
    own: list[tuple[str, dict[str, Any], str, bool, tuple[str, ...]]] = [
        ("certificate", {"certificates": [name]}, "A citizen certificate by its id.", True, ("revocation.certificate",)),
        ("certificate-other", {"certificates": ["00" * 16]}, "Another id.", False, ()),
        ("revision", {"superseded": {name: 2}}, "A code of an older revision.", True, ("revocation.superseded",)),
        ("revision-same", {"superseded": {name: 1}}, "The oldest revision that counts.", False, ()),
        ("entry", {"entries": [citizen.entry_id(3)]}, "One entry: the test no longer counts, the doses do.", False, ("revocation.entry",)),
        ("entry-other", {"entries": [citizen.entry_id(9)]}, "An entry that is not there.", False, ()),
        ("entries-all", {"entries": [citizen.entry_id(number) for number in (1, 2, 3)]}, "All entries: nothing is left.", True,
            ("revocation.entry",) * 3 + ("record.nothing_counts",)),
    ]  # fmt: skip
    for slug, content, shows, hit, reasons in own:
        if hit:
            group.refuse(slug, life, shows, *reasons, revocations=content, optional=True)
        else:
            group.accept(slug, life, shows, *reasons, revocations=content, severity="major", optional=True)

    entry = uvci.make_semi_structured("VN", *citizen.entry_id(2).split("/"))
    travel = text(message(claims(dcc("v", DOSE | {"ci": entry}))))
    of_records = {
        "source": "hcert docs/spec/citizen-record.md, section 'Entry id'; docs/spec/signed-documents.md, section 'Revocation lists'",
        "rule": "An EU DCC made from an entry falls with the entry and with its record.", "optional": True,
    }  # fmt: skip
    both = text(message(claims(c_260={1: dcc(), -1405: encode.to_wire(citizen)})))
    group.accept("beside-a-record", both, "An EU DCC beside a citizen record, and another one revoked.", "claims.other_subclaims",
        revocations={"uci_hashes": ["00" * 16]}, severity="major", optional=True)  # fmt: skip
    group.refuse("dcc-beside-a-record", both, "The EU DCC beside a citizen record was revoked.", "claims.other_subclaims",
        "revocation.certificate", revocations={"uci_hashes": [lists.uci_hash(UCI).hex()]}, **of_records)  # fmt: skip
    group.refuse("list-never-arrived", given, "A revocation list was due beside the signed key list, and none is held.",
        "revocation.list_missing", optional=True, trust=signed_list(published(hcert.TrustList([trusted(dsc())]))),
        revocations={"missing": True}, rule="What has been revoked is not known, so nothing is accepted.",
        source="hcert docs/spec/signed-documents.md, section 'Time'")  # fmt: skip
    group.refuse("dcc-of-entry", travel, "An EU DCC made from an entry that was revoked.", "revocation.certificate",
        revocations={"entries": [citizen.entry_id(2)]}, **of_records)  # fmt: skip
    group.refuse("dcc-of-record", travel, "An EU DCC made from a record that was revoked.", "revocation.certificate",
        revocations={"certificates": [name]}, **of_records)  # fmt: skip
    group.accept("dcc-of-other-entry", travel, "Another entry of the record was revoked.", severity="major",
        revocations={"entries": [citizen.entry_id(1)]}, **of_records)  # fmt: skip

    full = published(hcert.RevocationList(uci_hashes=[lists.uci_hash(UCI)]))
    empty = published(hcert.RevocationList())
    group.refuse(
        "list", given, "By a signed list.", "revocation.certificate", optional=True, revocations=signed_list(full)
    )
    group.accept(
        "list-empty",
        given,
        "A signed list that holds nothing.",
        optional=True,
        revocations=signed_list(empty),
        severity="major",
    )
    base = hcert.RevocationList.open(empty, anchors=[anchor.key for anchor in ANCHORS], threshold=2, at=CLOCK)
    delta = hcert.RevocationList(uci_hashes=[lists.uci_hash(UCI)]).seal_delta(
        ANCHORS[:2], base=base, version=6, issued_at=CLOCK - DAY, expires_at=CLOCK + DAY
    )
    group.refuse(
        "delta",
        given,
        "By a delta to an empty list.",
        "revocation.certificate",
        optional=True,
        revocations=signed_list(empty, deltas=[b64(delta)]),
    )
    group.refuse("delta-wrong-base", given, "A delta to another list: not to know is to refuse.", "revocation.wrong_base",
        optional=True, revocations=signed_list(published(hcert.RevocationList(uci_hashes=[bytes(16)])), deltas=[b64(delta)]))  # fmt: skip
    group.refuse("list-expired", given, "A revocation list that has expired.", "revocation.list_expired",
        optional=True, revocations=signed_list(published(hcert.RevocationList(), days=1, start=CLOCK - 9 * DAY)))  # fmt: skip
    damaged = full[:-1] + bytes([full[-1] ^ 1])
    group.refuse(
        "list-damaged",
        given,
        "A record of the list was changed.",
        "revocation.damaged",
        optional=True,
        revocations=signed_list(damaged),
    )
    group.refuse(
        "list-cut", given, "The list is cut.", "document.malformed", optional=True, revocations=signed_list(full[:-1])
    )
    return group.vectors


def sealed() -> list[Vector]:
    """The sealed part. HPKE draws keys at random, so these codes were made once and are kept."""
    group = Group(
        "sealed", source="RFC 9180; hcert docs/spec/citizen-record.md, section 'Sealed part'",
        rule="A sealed part opens for its readers, in its own certificate, and changes no verdict.", optional=True,
    )  # fmt: skip
    kept = json.loads(FROZEN.read_text("utf-8"))["sealed"]
    for one in kept:
        more = {name: one[name] for name in ("reader_key", "opened") if name in one}
        if isinstance(one.get("opened"), str):  # it must stay closed
            more["severity"] = "critical"
        group.accept(one["slug"], one["text"], one["shows"], *one.get("codes", ()), trust=pins(dsc()), **more)
    return group.vectors
