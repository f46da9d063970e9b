"""The page on signed documents says what the code does: schema, tables, worked bytes, and what readers pass over."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import cbor2
import pycddl
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

import hcert
from conftest import ROOT
from hcert import lists
from hcert.certlogic import RuleList, rule, rule_list
from hcert.codec import cose_sign
from hcert.codec.cose_sign import CoseSign, Signature
from hcert.errors import MalformedError
from hcert.findings import catalog
from hcert.keys.algorithms import raw_from_der
from hcert.trust import document_content, document_file, key_entry, revocation_list, sorted_table, trust_list
from hcert.trust.revocation_kinds import RevocationKind, digest, uci_hash
from hcert.trust.revocation_tables import RECORD_BYTES
from support.list_publisher import DAY, LIST_EXPIRY, anchor, anchors, keys_of, pins, publish, publish_delta
from support.signers import NOW, document_signer, p256, rsa_key, spki_of

if TYPE_CHECKING:
    from pathlib import Path

SPEC = ROOT / "docs" / "spec"
PAGE = (SPEC / "signed-documents.md").read_text(encoding="utf-8")
CDDL = (SPEC / "signed-documents.cddl").read_text(encoding="utf-8")

CERTIFIED = document_signer(p256()).key
BARE = hcert.TrustedKey.from_public_key(spki_of(p256()))
CERTIFICATE_ID = bytes.fromhex("5b1cf2a08e4d4a1c9a3d7e60f2b84c11")
OTHER_ID = bytes.fromhex("0c7f1e52a9b34d6885f1d2c3b4a59687")


def section(title: str) -> str:
    """Return the text under a heading of the page, subsections included."""
    marks, _, _ = title.partition(" ")
    start = PAGE.index(f"\n{title}\n")
    end = re.compile(rf"^#{{1,{len(marks)}}} ", re.MULTILINE).search(PAGE, start + len(title) + 1)
    return PAGE[start : end.start() if end else None]


def rows(text: str, header: str) -> list[list[str]]:
    """Return the cells of the table whose header row begins with the given cells."""
    table = text.partition(f"| {header} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]


# Schema


@cache
def schema(rule: str) -> pycddl.Schema:
    """Return the schema of one rule. What is encoded in byte strings is checked by a rule of its own.

    pycddl cannot follow the control operator .cbor where it stands in an array, and no operator at the key of a map.
    """
    followed = re.sub(r" \.cbor [a-z-]+", "", CDDL).replace("code-text =>", "tstr =>")
    return pycddl.Schema(f"start = {rule}\n" + followed)


def assert_as_specified(data: bytes) -> None:
    """Check a document with or without attachment against the schema, at all levels."""
    document, _ = document_file.split(data)
    schema("signed-document").validate_cbor(document)
    _, unprotected, payload, signatures = cbor2.loads(document).value
    assert unprotected == {}
    for protected, unsigned, _ in signatures:
        assert unsigned == {}
        schema("cose-signature").validate_cbor(cbor2.dumps([protected, {}, b""]))
        schema("signature-header").validate_cbor(protected)
        assert cbor2.dumps(cbor2.loads(protected), canonical=True) == protected
    schema("claims").validate_cbor(payload)
    assert cbor2.dumps(cbor2.loads(payload), canonical=True) == payload
    content = cbor2.loads(payload)[-65537]
    assert (3 in content) == (4 in content)
    for pair in (*content.get(3, ()), *(content[2] if content[0] == trust_list.KIND else ())):
        schema("listed-key").validate_cbor(cbor2.dumps(pair))
    if content[0] == trust_list.KIND:
        for _, entry in content[2]:
            schema("key-entry").validate_cbor(entry)
            assert cbor2.dumps(cbor2.loads(entry), canonical=True) == entry


moments = st.none() | st.datetimes(
    dt.datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis wants its bounds naive
    timezones=st.just(dt.UTC),
)
short_texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200)
usages = st.sampled_from([hcert.Usage.TEST, hcert.Usage.VACCINATION, hcert.Usage.RECOVERY])
keys = st.builds(
    hcert.TrustedKey,
    kid=st.binary(min_size=1, max_size=64),
    algorithm=st.sampled_from([BARE.algorithm, None]),
    spki=st.just(BARE.spki),
    country=st.none() | short_texts,
    not_before=moments,
    not_after=moments,
    usages=st.frozensets(usages) | st.just(frozenset({hcert.Usage.OPEN})),
    origin=st.none() | short_texts,
    status=st.sampled_from(lists.Status),
)
ids = st.binary(min_size=16, max_size=16)
revocation_lists = st.builds(
    hcert.RevocationList,
    certificates=st.lists(ids, max_size=3),
    entries=st.lists(st.from_regex("[0-9A-F]{32}/[1-9][0-9]{0,4}", fullmatch=True), max_size=3),
    keys=st.lists(st.sampled_from([CERTIFIED, BARE]), max_size=2),
    superseded=st.dictionaries(ids, st.integers(1, 2**32 - 1), max_size=3),
    uci_hashes=st.lists(ids, max_size=3),
    country_uci_hashes=st.lists(ids, max_size=3),
    signature_hashes=st.lists(ids, max_size=3),
)


@given(st.lists(keys, max_size=3).filter(lambda trusted: len({key.status for key in trusted}) < 2))
def test_key_lists_match_the_schema(trusted: list[hcert.TrustedKey]) -> None:
    """Any list of keys is valid at all levels, deterministically encoded, and opens without quarantine."""
    data = publish(hcert.TrustList([CERTIFIED, *trusted]))
    assert_as_specified(data)
    opened = hcert.TrustList.open(data, **pins())
    assert opened.quarantined == ()
    assert len(opened) <= len(trusted) + 1


@given(revocation_lists, revocation_lists)
def test_revocation_lists_and_deltas_match_the_schema(old: hcert.RevocationList, new: hcert.RevocationList) -> None:
    """Full lists and the deltas between them, including empty ones."""
    data = publish(old)
    assert_as_specified(data)
    base = hcert.RevocationList.open(data, **pins())
    assert_as_specified(publish_delta(new, base))


def test_rsa_signatures_and_rotations_match_the_schema() -> None:
    """With a kid of maximum length."""
    signer = document_signer(rsa_key()).signer
    longest = hcert.TrustedKey.from_public_key(BARE.spki, kid=bytes(64))
    content = hcert.TrustList([longest])
    following = lists.Anchors((*keys_of(1, 2), longest), 2)
    assert_as_specified(
        content.seal([signer], version=2**63 - 1, issued_at=NOW, expires_at=LIST_EXPIRY, next_anchors=following)
    )


def claims(body: Any, *, kind: str = "hcert-keys", **members: Any) -> dict[int, Any]:
    """Return the claims of a document; `k1` and so on replace its members, None drops one."""
    content = {0: kind, 1: 1, 2: body} | {int(name[1:]): value for name, value in members.items()}
    return {4: 2, 6: 1, -65537: {key: value for key, value in content.items() if value is not None}}


def revoked(tables: Any) -> dict[int, Any]:
    """Return the claims of a revocation list."""
    return claims({0: 56, 1: tables}, kind="hcert-revocations")


def changed(**members: Any) -> dict[int, Any]:
    """Return the claims of a delta."""
    body = {0: 1, 1: bytes(32), 2: {1: bytes(16)}, 3: {}} | {int(name[1:]): value for name, value in members.items()}
    return claims(body, kind="hcert-revocations-delta")


def ruled(body: Any) -> dict[int, Any]:
    """Return the claims of a rule list."""
    return claims(body, kind="hcert-rules")


PART: list[Any] = [b"header", {}, b"signature"]
TABLE: list[Any] = [16, 1, 0, 0, bytes(32)]
GOOD: list[tuple[str, Any]] = [
    ("signed-document", cbor2.CBORTag(98, [b"", {}, b"payload", [PART]])),
    ("signature-header", {1: -7, 4: b"kid"}),
    ("signature-header", {1: -37, 4: bytes(64)}),
    ("listed-key", [b"kid", b"entry"]),
    ("claims", claims([])),
    ("claims", claims([[b"kid", b"entry"]], k3=[[b"kid", b"key"]], k4=1)),
    ("claims", revoked({})),
    ("claims", revoked({1: TABLE, 4: [20, *TABLE[1:]]})),
    ("claims", changed()),
    ("claims", ruled({0: []})),
    ("claims", ruled({0: [b"rule", bytes(65536)], 1: {"x" * 80: ["EU/1/20/1528"], "none": []}})),
    ("key-entry", {0: b"certificate"}),
    ("key-entry", {1: b"key", 2: "VN", 3: None, 4: 0, 5: [1, 2, 3], 6: 1, 7: "gdhcn", 8: None}),
    ("key-entry", {1: b"key", 5: [4]}),
    ("key-entry", {1: b"key", 5: []}),
]
BROKEN: list[tuple[str, Any]] = [
    ("signed-document", cbor2.CBORTag(97, [b"", {}, b"payload", [PART]])),
    ("signed-document", [b"", {}, b"payload", [PART]]),
    ("signed-document", cbor2.CBORTag(98, [b"\xa0", {}, b"payload", [PART]])),
    ("signed-document", cbor2.CBORTag(98, [b"", {}, None, [PART]])),
    ("signed-document", cbor2.CBORTag(98, [b"", {}, b"payload", []])),
    ("signed-document", cbor2.CBORTag(98, [b"", {}, b"payload", [PART], 1])),
    ("signed-document", cbor2.CBORTag(98, [b"", {}, b"payload", [[*PART, 1]]])),
    ("signature-header", {1: -8, 4: b"kid"}),
    ("signature-header", {1: -7, 4: b""}),
    ("signature-header", {1: -7, 4: bytes(65)}),
    ("signature-header", {1: -7}),
    ("signature-header", {4: b"kid"}),
    ("signature-header", {1: -7, 4: b"kid", 5: b"iv"}),
    ("listed-key", [b"kid"]),
    ("listed-key", [None, b"entry"]),
    ("listed-key", [b"kid", {1: b"key"}]),
    ("claims", {4: 2, 6: 1}),
    ("claims", claims([]) | {1: "VN"}),
    ("claims", claims([]) | {4: -1}),
    ("claims", claims([]) | {6: 253402300800}),
    ("claims", claims([], k0="hcert-other")),
    ("claims", claims([], k1=0)),
    ("claims", claims([], k1=None)),
    ("claims", claims({})),
    ("claims", claims([], k3=[], k4=1)),
    ("claims", claims([], k3=[[b"kid", b"key"]], k4=0)),
    ("claims", claims([], k5=1)),
    ("claims", revoked([])),
    ("claims", revoked({1: [20, *TABLE[1:]]})),
    ("claims", revoked({4: TABLE})),
    ("claims", revoked({1: [16, 0, *TABLE[2:]]})),
    ("claims", revoked({1: [16, 1, 25, *TABLE[3:]]})),
    ("claims", revoked({1: [*TABLE[:3], -1, bytes(32)]})),
    ("claims", revoked({1: [*TABLE[:4], bytes(31)]})),
    ("claims", revoked({1: TABLE[:4]})),
    ("claims", revoked({1: TABLE, 8: TABLE})),
    ("claims", changed(k0=0)),
    ("claims", changed(k1=bytes(31))),
    ("claims", changed(k2={1: b"", 8: b""})),
    ("claims", changed(k3={1: None})),
    ("claims", changed(k3=[])),
    ("claims", changed(k4=1)),
    ("claims", ruled([])),
    ("claims", ruled({})),
    ("claims", ruled({0: [b""]})),
    ("claims", ruled({0: [{"Identifier": "x"}]})),
    ("claims", ruled({0: [b"rule"] * 1001})),
    ("claims", ruled({0: [bytes(65537)]})),
    ("claims", ruled({0: [], 1: []})),
    ("claims", ruled({0: [], 1: {b"set": []}})),
    ("claims", ruled({0: [], 1: {"set": "code"}})),
    ("claims", ruled({0: [], 1: {"set": [""]}})),
    ("claims", ruled({0: [], 2: 1})),
    ("key-entry", {}),
    ("key-entry", {0: b"certificate", 1: b"key"}),
    ("key-entry", {1: None}),
    ("key-entry", {1: bytes(16385)}),
    ("key-entry", {0: b""}),
    ("key-entry", {1: b"key", 2: ""}),
    ("key-entry", {1: b"key", 2: "x" * 801}),
    ("key-entry", {1: b"key", 3: -1}),
    ("key-entry", {1: b"key", 4: 1.5}),
    ("key-entry", {1: b"key", 5: [1, 2, 3, 1]}),
    ("key-entry", {1: b"key", 5: [1, 4]}),
    ("key-entry", {1: b"key", 5: [5]}),
    ("key-entry", {1: b"key", 6: 2}),
    ("key-entry", {1: b"key", 8: -7}),
    ("key-entry", {1: b"key", 9: 1}),
]


@pytest.mark.parametrize(("rule", "item"), GOOD, ids=lambda value: str(value)[:200])
def test_the_schema_accepts_valid_items(rule: str, item: Any) -> None:
    """What the mutations below start from is valid."""
    schema(rule).validate_cbor(cbor2.dumps(item))


@pytest.mark.parametrize(("rule", "item"), BROKEN, ids=lambda value: str(value)[:200])
def test_the_schema_refuses_invalid_items(rule: str, item: Any) -> None:
    """A schema that accepts everything would prove nothing."""
    with pytest.raises(pycddl.ValidationError):
        schema(rule).validate_cbor(cbor2.dumps(item))


# Worked bytes


class KnownSigner:
    """Signs by deterministic ECDSA with a private key that everybody knows."""

    def __init__(self, number: int) -> None:
        self._private_key = ec.derive_private_key(number, ec.SECP256R1())
        self.key = hcert.TrustedKey.from_public_key(spki_of(self._private_key))

    def sign(self, data: bytes) -> bytes:
        """Sign `data` by RFC 6979; the signature is in COSE form."""
        return raw_from_der(self._private_key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))


ANCHOR = KnownSigner(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721)  # RFC 6979 section A.2.5
ISSUED_AT, EXPIRES_AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC), dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
EXAMPLES = section("## Examples")


def example(title: str) -> tuple[bytes, str]:
    """Return the bytes of a dump of the page, and the section it stands in."""
    text = section(f"### {title}")
    block = re.search(r"```cbor-hex\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return bytes.fromhex("".join(line.partition("#")[0] for line in block[1].splitlines())), text


def listed_key() -> hcert.TrustedKey:
    """Return the key of the worked key list."""
    private_key = ec.derive_private_key(2, ec.SECP256R1())
    return hcert.TrustedKey.from_public_key(
        spki_of(private_key),
        country="VN",
        not_after=dt.datetime(2028, 1, 1, tzinfo=dt.UTC),
        usages=frozenset({hcert.Usage.TEST, hcert.Usage.VACCINATION}),
    )


def revoked_items() -> hcert.RevocationList:
    """Return the content of the worked revocation list."""
    return hcert.RevocationList(
        certificates=[OTHER_ID],
        entries=["5B1CF2A08E4D4A1C9A3D7E60F2B84C11/2"],
        superseded={CERTIFICATE_ID: 2},
    )


@pytest.mark.parametrize(
    ("title", "content"),
    [("A key list", hcert.TrustList([listed_key()])), ("A revocation list", revoked_items())],
    ids=["key list", "revocation list"],
)
def test_the_worked_examples_are_what_seal_writes(title: str, content: hcert.TrustList | hcert.RevocationList) -> None:
    """The dumps can be reproduced byte for byte, and their comments are true."""
    data, text = example(title)
    assert data == content.seal([ANCHOR], version=7, issued_at=ISSUED_AT, expires_at=EXPIRES_AT)
    assert_as_specified(data)
    assert f"{len(data)} bytes" in text
    document, _ = document_file.split(data)
    assert f"`{hashlib.sha256(cose_sign.decode(document).payload).hexdigest()}`" in text
    assert f"`{ANCHOR.key.kid.hex()}`" in EXAMPLES


def test_the_worked_key_list_opens() -> None:
    """The example is valid input."""
    data, text = example("A key list")
    opened = hcert.TrustList.open(data, anchors=[ANCHOR.key], at=ISSUED_AT)
    assert list(opened) == [listed_key()]
    assert f"`{listed_key().kid.hex()}`" in text
    assert opened.envelope is not None
    assert opened.envelope.state.version == 7
    assert opened.envelope.state.digest.hex() in text


def test_the_worked_revocation_list_opens() -> None:
    """Each of the three is found, and the certificate with a superseded revision is not itself revoked."""
    data, text = example("A revocation list")
    opened = hcert.RevocationList.open(data, anchors=[ANCHOR.key], at=EXPIRES_AT)
    assert len(opened) == 3
    assert f"`{OTHER_ID.hex().upper()}`" in text
    assert opened.holds(RevocationKind.CERTIFICATE, digest(OTHER_ID))
    assert opened.holds(RevocationKind.ENTRY, digest(b"5B1CF2A08E4D4A1C9A3D7E60F2B84C11/2"))
    assert opened.oldest_revision(digest(CERTIFICATE_ID)) == 2
    assert not opened.holds(RevocationKind.CERTIFICATE, digest(CERTIFICATE_ID))


@pytest.mark.parametrize("title", ["A key list", "A revocation list"])
def test_the_worked_examples_explain_every_byte(title: str) -> None:
    """Every byte matters: if one is changed, the example is refused when it is used."""
    data, _ = example(title)

    def used(changed: bytes) -> None:
        if title == "A key list":
            hcert.TrustList.open(changed, anchors=[ANCHOR.key], at=ISSUED_AT)
        else:
            opened = hcert.RevocationList.open(changed, anchors=[ANCHOR.key], at=ISSUED_AT)
            assert sum(len(list(opened.records(kind))) for kind in RevocationKind) == len(opened)

    used(data)
    for position in range(len(data)):
        spoilt = bytearray(data)
        spoilt[position] ^= 1
        with pytest.raises(MalformedError):
            used(bytes(spoilt))


# Tables of the page


def numbers(text: str, header: str) -> list[int]:
    """Return the numbers in the first column of a table."""
    return [int(row[0]) for row in rows(text, header)]


def test_the_tables_list_the_members_of_the_code() -> None:
    """Neither more nor fewer."""
    envelope = section("## Envelope")
    module = document_content
    assert numbers(envelope, "claim") == [module._EXPIRES_AT, module._ISSUED_AT, module._DOCUMENT]
    assert numbers(envelope, "member of the document") == [
        module._KIND,
        module._VERSION,
        module._BODY,
        module._NEXT_ANCHORS,
        module._NEXT_THRESHOLD,
    ]
    entry = section("## Key lists")
    assert numbers(entry, "member") == [key_entry._CERTIFICATE, key_entry._SPKI, *key_entry._MEMBERS]
    names = {row[1]: int(row[0]) for row in rows(entry, "member")}
    for number, (name, _) in key_entry._MEMBERS.items():
        assert names[name.replace("_", " ")] == number
    assert numbers(section("## Revocation lists"), "member") == [0, 1]
    assert numbers(section("### Tables"), "place") == [0, 1, 2, 3, 4]
    assert numbers(section("## Deltas"), "member of the body") == [0, 1, 2, 3]
    assert numbers(section("## Rule lists"), "member of the body") == [rule_list._RULES, rule_list._VALUE_SETS]
    members = " ".join(row[0] for row in rows(section("## Rule lists"), "member of a rule"))
    assert {*rule._FORMS, "Description", "ValidFrom", "ValidTo", "Logic"} == {*re.findall(r"`(\w+)`", members)}


def test_the_table_of_usages_matches_the_code() -> None:
    """Numbers and meanings."""
    told = {int(row[0]): row[1] for row in rows(section("## Key lists"), "usage")}
    words = {
        hcert.Usage.TEST: "sign tests",
        hcert.Usage.VACCINATION: "sign vaccinations",
        hcert.Usage.RECOVERY: "sign recoveries",
        hcert.Usage.OPEN: "open sealed parts; excludes all other usages",
    }
    assert told == {number: words[usage] for usage, number in key_entry._USAGE_NUMBERS.items()}
    assert key_entry._STATUS_NUMBERS == {lists.Status.ACTIVE: 0, lists.Status.REVOKED: 1}


def test_the_tables_of_kinds_match_the_code() -> None:
    """Kinds of documents by their text, kinds of revocation by their number, record sizes by their kind."""
    kinds = [row[0].strip("`") for row in rows(PAGE, "kind")]
    assert kinds == [trust_list.KIND, revocation_list.KIND, revocation_list.DELTA_KIND, rule_list.KIND]
    assert all(f'0 => "{kind}",' in CDDL for kind in kinds)
    told = numbers(section("### Kinds of revocation"), "number")
    assert told == list(RevocationKind)
    assert {kind: 20 if kind == 4 else 16 for kind in told} == RECORD_BYTES
    assert {
        name: int(size)
        for name, size in re.findall(r"^([a-z-]+-table) = \[\n  record-bytes: (\d+),", CDDL, re.MULTILINE)
    } == {"digest-table": 16, "revision-table": 20}


def test_the_file_form_matches_the_code() -> None:
    """Magic, sizes of rows, chunks and buckets."""
    text = section("## Revocation lists")
    assert f"`{document_file.MAGIC.decode()}`" in text
    assert sum(int(row[0]) for row in rows(text, "bytes of a row")) == sorted_table._ROW.size
    assert f"each chunk of {sorted_table._CHUNK_ROWS} rows" in text
    assert f"0 to {sorted_table._MAX_BITS}: how many leading bits" in text
    assert f"integer part of records / {sorted_table._BUCKET_RECORDS}" in text
    assert f"1 to {cose_sign.MAX_SIGNATURES}, each an array" in PAGE


def test_every_code_in_the_page_exists_with_its_severity() -> None:
    """And the page has all codes that opening a document can raise."""
    known = catalog()
    named = set(re.findall(r"`((?:document|revocation|trust|store|rule)\.\w+)`", PAGE))
    assert named <= known.keys()
    met = {code for code in known if code.startswith(("document.", "revocation.", "trust.list_", "store.", "rule."))}
    met -= {"document.not_bytes"}  # a slip of the program that opens it
    writers_only = {"document.signature", "document.version", "document.times", "document.signers"}
    writers_only |= {"rule.malformed", "rule.country", "rule.region", "rule.value_sets"}
    writers_only |= {
        f"revocation.{name}" for name in ("certificate_id", "entry_id", "hash", "revision", "base", "delta_too_large")
    }
    assert met - named == writers_only
    for row in rows(section("## Time"), "time of the check"):
        for cell in row[1:4]:
            assert not cell or known[cell.strip("`")]["severity"] == row[4]
    for code in ("trust.entry", "revocation.entry", "rule.quarantined"):
        assert known[code]["severity"] == "warning"


# Opening


def signed(payload: Any, *numbers: int) -> bytes:
    """Sign a payload of any form with some anchors."""
    data = payload if isinstance(payload, bytes) else cbor2.dumps(payload)
    parts = []
    for number in numbers:
        unsigned = Signature(-7, anchor(number).key.kid, b"")
        parts.append(unsigned._replace(signature=anchor(number).signer.sign(unsigned.encode_sig_structure(data))))
    return cose_sign.encode(CoseSign(data, tuple(parts)))


START, END = int(NOW.timestamp()), int(LIST_EXPIRY.timestamp())


def document(body: Any, *, start: int = START, end: int = END, **changes: Any) -> bytes:
    """Sign claims by the threshold; `k1` and so on replace members of the document."""
    return signed(claims(body, **changes) | {4: end, 6: start}, 0, 1)


def test_opening_follows_the_steps_in_order() -> None:
    """A document with several faults is refused by the earliest step."""
    held = lists.State(5, bytes(32))
    faults = [
        (2, b"\xd8\x63"),
        (3, signed(b"", 0)),
        (4, signed(b"", 0, 1)),
        (5, document(0, k0="other", start=END, end=END + 1)),
        (6, document(0, start=END, end=END + 1)),
        (7, document(0, end=START + 1)),
        (8, document(0)),
        (9, document(0, k1=5)),
        (10, document(0, k1=6)),
    ]
    told = {int(row[0]): row[2].strip("`") for row in rows(section("## Opening"), "step")}
    for step, data in faults:
        with pytest.raises(MalformedError) as caught:
            hcert.TrustList.open(data, **pins(), newer_than=held)
        assert caught.value.code == told[step], step


def test_opening_revocations_follows_the_steps_in_order() -> None:
    """Step 1 before the document is decoded, steps 10 to 12 last."""
    told = {int(row[0]): row[2].strip("`") for row in rows(section("## Opening"), "step")}
    data = publish(revoked_items(), version=3)
    for step, broken in (
        (1, data[:11]),
        (1, data[:8] + b"\xff" * 4 + data[12:]),
        (2, b""),
        (2, b"HCERTDOX" + data[8:]),
        (5, publish(hcert.TrustList())),
        (10, document_file.split(data)[0]),
    ):
        with pytest.raises(MalformedError) as caught:
            hcert.RevocationList.open(broken, **pins())
        assert caught.value.code == told[step]
    base = hcert.RevocationList.open(data, **pins())
    assert base.envelope is not None
    content = {0: 3, 1: base.envelope.state.digest, 2: {}, 3: {}}
    for step, change, version in ((11, {0: 2}, 4), (11, {1: bytes(32)}, 4), (12, {}, 3), (12, {}, 2)):
        delta = document(content | change, k0="hcert-revocations-delta", k1=version)
        with pytest.raises(MalformedError) as caught:
            base.apply_delta(delta, **pins(), newer_than=1)
        assert caught.value.code == told[step]
    assert base.apply_delta(document(content, k0="hcert-revocations-delta", k1=4), **pins()).envelope is not None


def test_a_full_list_and_a_delta_of_one_version_are_an_equivocation() -> None:
    """They share a sequence."""
    old = hcert.RevocationList.open(publish(revoked_items()), **pins())
    delta = old.apply_delta(publish_delta(hcert.RevocationList(), old), **pins())
    assert delta.envelope is not None
    with pytest.raises(MalformedError) as caught:
        hcert.RevocationList.open(publish(revoked_items(), version=2), **pins(), newer_than=delta.envelope.state)
    assert caught.value.code == "document.equivocation"


def test_readers_accept_nondeterministic_encoding_except_where_named() -> None:
    """The payload may be encoded differently; tag and protected headers may not."""
    payload = cbor2.dumps(claims([]) | {4: END, 6: START})
    longer = payload.replace(b"\x6ahcert-keys", b"\x78\x0ahcert-keys")
    assert longer != payload
    assert hcert.TrustList.open(signed(longer, 0, 1), **pins()).envelope is not None
    data = signed(payload, 0, 1)
    for before, after in ((b"\xd8\x62", b"\xd9\x00\x62"), (b"\xa2\x01\x26", b"\xa2\x01\x38\x06")):
        with pytest.raises(MalformedError) as caught:
            hcert.TrustList.open(data.replace(before, after, 1), **pins())
        assert caught.value.code == "document.malformed"
    with pytest.raises(MalformedError) as caught:
        hcert.TrustList.open(signed(cbor2.dumps(claims([]))[:-1] + b"\x81\xc1\x01", 0, 1), **pins())
    assert caught.value.code == "document.malformed"


def test_validity_and_status_of_an_anchor_are_ignored() -> None:
    """An anchor counts as long as it is pinned, though its certificate has long expired."""
    late = NOW + 5000 * DAY
    data = hcert.TrustList([BARE]).seal([anchor(0).signer], version=1, issued_at=late, expires_at=late + DAY)
    key = anchor(0).key
    assert key.not_after is not None
    assert key.not_after < late
    assert hcert.TrustList.open(data, anchors=[key], at=late).envelope is not None


# Rotation


def test_a_rotating_list_can_be_fetched_again(tmp_path: Path) -> None:
    """Even if only the old anchors signed it."""
    for name, by in (("both", (0, 1, 3, 4)), ("old", (0, 1))):
        store = hcert.TrustStore(tmp_path / name, anchors=keys_of(0, 1, 2), threshold=2)
        data = publish(hcert.TrustList([BARE]), by=by, next_anchors=anchors(3, 4))
        store.update(data, at=NOW)
        store.update(data, at=NOW)
        store.update(publish(hcert.TrustList([BARE]), by=(3, 4), version=2), at=NOW)


def test_doubly_signed_lists_reach_devices_that_missed_the_rotation(tmp_path: Path) -> None:
    """Each later list that both sets signed, and that names the new anchors, rotates these devices."""
    later = publish(hcert.TrustList([BARE]), by=(0, 1, 3, 4), version=2, next_anchors=anchors(3, 4))
    first = publish(hcert.TrustList([BARE]), by=(0, 1, 3, 4), next_anchors=anchors(3, 4))
    for name, fetched in (("missed", [later]), ("took", [first, later])):
        store = hcert.TrustStore(tmp_path / name, anchors=keys_of(0, 1, 2), threshold=2)
        for data in fetched:
            store.update(data, at=NOW)
        store.update(publish(hcert.TrustList([BARE]), by=(3, 4), version=3), at=NOW)


def test_next_anchors_of_a_revocation_list_are_ignored(tmp_path: Path) -> None:
    """Only key lists rotate."""
    content = claims({0: 0, 1: {}}, kind="hcert-revocations", k3=[[key.kid, key.spki] for key in keys_of(9)], k4=1)
    store = hcert.TrustStore(tmp_path, anchors=keys_of(0, 1, 2), threshold=2)
    store.update(document_file.join(signed(content | {4: END, 6: START}, 0, 1), b""), at=NOW)
    with pytest.raises(MalformedError):
        store.update(publish(hcert.TrustList([BARE]), by=(9,)), at=NOW)
    store.update(publish(hcert.TrustList([BARE])), at=NOW)


# Key entries, evolution


ENTRIES: dict[str, tuple[Any, bool]] = {
    "unknown members": ([b"kid", {1: BARE.spki, 20: 1, "name": [1], 99: {1: 2}}], True),
    "unknown member, three deep": ([b"kid", {1: BARE.spki, 20: [[[1]]]}], True),
    "unknown member, four deep": ([b"kid", {1: BARE.spki, 20: [[[[1]]]]}], False),
    "unknown usage beside a known one": ([b"kid", {1: BARE.spki, 5: [1, 9]}], True),
    "unknown usages alone": ([b"kid", {1: BARE.spki, 5: [9]}], True),
    "no usages": ([b"kid", {1: BARE.spki, 5: []}], True),
    "usages, 17 of them": ([b"kid", {1: BARE.spki, 5: [1] * 17}], False),
    "a certificate of 16 385 bytes": ([b"kid", {0: b"0" + bytes(16384)}], False),
    "opening beside signing": ([b"kid", {1: BARE.spki, 5: [1, 4]}], False),
    "unknown status": ([b"kid", {1: BARE.spki, 6: 2}], False),
    "active, said": ([b"kid", {1: BARE.spki, 6: 0}], True),
    "neither certificate nor key": ([b"kid", {2: "VN"}], False),
    "certificate and key": ([b"kid", {0: CERTIFIED.certificate, 1: CERTIFIED.spki}], False),
    "null for what the certificate says": ([b"kid", {0: CERTIFIED.certificate, 2: None, 4: None}], True),
    "text of 200": ([b"kid", {1: BARE.spki, 7: "ễ" * 200}], True),
    "text of 201": ([b"kid", {1: BARE.spki, 7: "x" * 201}], False),
    "text with a line feed": ([b"kid", {1: BARE.spki, 7: "a\nb"}], False),
    "text with a space": ([b"kid", {1: BARE.spki, 7: "a b"}], True),
    "text with another space": ([b"kid", {1: BARE.spki, 7: "a\u00a0b"}], False),
    "time too late": ([b"kid", {1: BARE.spki, 4: 253402300800}], False),
    "kid of 64 bytes": ([bytes(64), {1: BARE.spki}], True),
    "kid of 65 bytes": ([bytes(65), {1: BARE.spki}], False),
    "kid of no bytes": ([b"", {1: BARE.spki}], False),
    "kid as text": (["kid", {1: BARE.spki}], False),
    "no pair": ([b"kid"], False),
    "a key that verifies nothing": ([b"kid", {1: BARE.spki, 8: None}], True),
    "an algorithm of its own": ([b"kid", {1: BARE.spki, 8: -7}], False),
    "another curve": ([b"kid", {1: spki_of(ec.generate_private_key(ec.SECP384R1()))}], True),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_entries_are_read_or_quarantined_as_specified(case: str) -> None:
    """What is broken is reported with its place, and the good entry behind it is read."""
    pair, readable = ENTRIES[case]
    given = [*pair[:1], *map(cbor2.dumps, pair[1:])]
    opened = hcert.TrustList.open(document([given, [b"good", cbor2.dumps({1: BARE.spki})]]), **pins())
    assert [found.record for found in opened.quarantined] == ([] if readable else ["#1"])
    assert all(found.code == "trust.entry" for found in opened.quarantined)
    revoked = type(pair[-1]) is dict and pair[-1].get(6, 0) != 0
    assert {key.status for key in opened} == {lists.Status.REVOKED if revoked else lists.Status.ACTIVE}
    assert len(opened) == 1 + (readable or revoked)


def test_null_overrides_the_certificate() -> None:
    """Members 2 to 4 override country and validity of the certificate."""
    entry = cbor2.dumps({0: CERTIFIED.certificate, 2: None, 4: None})
    (key,) = hcert.TrustList.open(document([[b"kid", entry]]), **pins())
    assert (key.country, key.not_after) == (None, None)
    assert key.not_before == CERTIFIED.not_before


def test_extensions_are_ignored_or_refused_as_specified() -> None:
    """The table of the section on evolution, but for key entries."""
    assert hcert.TrustList.open(document([], k5="later", k99=[1]), **pins()).envelope is not None
    with pytest.raises(MalformedError) as caught:
        hcert.TrustList.open(signed(claims([]) | {4: END, 6: START, 1: "VN"}, 0, 1), **pins())
    assert caught.value.code == "document.malformed"

    def opened(body: Any) -> hcert.RevocationList:
        return hcert.RevocationList.open(document_file.join(document(body, k0="hcert-revocations"), b""), **pins())

    base = opened({0: 0, 1: {}, 2: "later"})
    assert base.envelope is not None
    empty = [16, 0, 0, 0, bytes(32)]
    for tables in ({8: empty}, {0: empty}, {"1": empty}, {1: [*empty, 1]}, {1: empty[:4]}):
        with pytest.raises(MalformedError) as caught:
            opened({0: 0, 1: tables})
        assert caught.value.code == "document.malformed"
    content = {0: 1, 1: base.envelope.state.digest, 2: {}, 3: {}}

    def updated(body: Any) -> hcert.RevocationList:
        return base.apply_delta(document(body, k0="hcert-revocations-delta", k1=2), **pins())

    assert len(updated(content | {4: "later"})) == 0
    for member in (2, 3):
        with pytest.raises(MalformedError) as caught:
            updated(content | {member: {8: b""}})
        assert caught.value.code == "document.malformed"


# Tables and deltas as a stranger reads them


def looked_up(data: bytes, kind: int, item: bytes) -> bytes | None:
    """Look up a digest following the page alone; return the record."""
    length = int.from_bytes(data[8:12], "big")
    attachment = data[12 + length :]
    message = cbor2.loads(data[12 : 12 + length]).value
    body = cbor2.loads(message[2])[-65537][2]
    assert body[0] == len(attachment)
    if kind not in body[1]:
        return None
    size, _, bits, offset, chunk_digests = body[1][kind]
    bucket = int.from_bytes(item, "big") >> (128 - bits)
    all_rows = attachment[offset : offset + 40 * 2**bits]
    chunk = bucket // 64
    assert hashlib.sha256(all_rows[chunk * 2560 : (chunk + 1) * 2560]).digest() == chunk_digests[chunk * 32 :][:32]
    row = all_rows[bucket * 40 : bucket * 40 + 40]
    first, behind = int.from_bytes(row[:4], "big"), int.from_bytes(row[4:8], "big")
    start = offset + 40 * 2**bits
    found = attachment[start + first * size : start + behind * size]
    assert hashlib.sha256(found).digest() == row[8:]
    records = [found[at : at + size] for at in range(0, len(found), size)]
    assert records == sorted(records)
    return next((record for record in records if record[:16] == item), None)


@given(st.integers(0, 1200), st.integers(0))
def test_an_independent_reader_finds_what_was_revoked(count: int, seed: int) -> None:
    """In tables of one bucket and of several; and it finds nothing else."""
    inside = [uci_hash(f"{seed}/{number}") for number in range(count)]
    superseded = {name: number + 1 for number, name in enumerate(inside[:5])}
    data = hcert.RevocationList(uci_hashes=inside, superseded=superseded).seal(
        [ANCHOR], version=1, issued_at=ISSUED_AT, expires_at=EXPIRES_AT
    )
    for item in inside[:20]:
        assert looked_up(data, 5, item) == item
    for name, least in superseded.items():
        record = hashlib.sha256(name).digest()[:16]
        assert looked_up(data, 4, record) == record + least.to_bytes(4, "big")
    for kind in (1, 4, 5):
        assert looked_up(data, kind, uci_hash(f"{seed}/outside")) is None


def test_an_independent_reader_reads_many_chunks() -> None:
    """More than 64 buckets need more than one chunk digest."""
    inside = [uci_hash(str(number)) for number in range(9000)]
    data = publish(hcert.RevocationList(uci_hashes=inside))
    body = cbor2.loads(cbor2.loads(document_file.split(data)[0]).value[2])[-65537][2]
    assert body[1][5][2] == 7
    assert len(body[1][5][4]) == 64
    assert all(looked_up(data, 5, item) == item for item in inside[::500])


# Rules as a stranger reads them


def test_an_independent_reader_finds_the_rules_as_their_countries_published_them(shared: Path) -> None:
    """Every published rule, member for member, through CBOR alone."""
    folder = shared / "testdata" / "certlogic"
    files = sorted((folder / "rules").glob("[A-Z][A-Z].json"))
    rules = [entry["rule"] for path in files for entry in json.loads(path.read_text("utf-8"))["rules"]]
    sets = json.loads((folder / "valueSets.json").read_text("utf-8"))
    data = publish(RuleList(rules, value_sets=sets))
    body = cbor2.loads(cbor2.loads(data).value[2])[-65537][2]
    assert len(rules) >= 101
    assert list(map(cbor2.loads, body[0])) == rules
    assert body[1] == sets
    assert_as_specified(data)


def test_additions_of_a_delta_win_over_removals() -> None:
    """Both may contain the same digest; readers accept records in any order."""
    base = hcert.RevocationList.open(publish(revoked_items()), **pins())
    assert base.envelope is not None
    name = digest(CERTIFICATE_ID)
    body = {
        0: 1,
        1: base.envelope.state.digest,
        2: {4: name + b"\0\0\0\x05", 1: b"\xff" * 16 + bytes(16)},
        3: {4: name, 1: digest(OTHER_ID)},
    }
    updated = base.apply_delta(document(body, k0="hcert-revocations-delta", k1=2), **pins())
    assert updated.oldest_revision(name) == 5
    assert updated.holds(RevocationKind.CERTIFICATE, bytes(16))
    assert not updated.holds(RevocationKind.CERTIFICATE, digest(OTHER_ID))
    assert updated.holds(RevocationKind.ENTRY, digest(b"5B1CF2A08E4D4A1C9A3D7E60F2B84C11/2"))


# Ceremony


def test_signatures_made_separately_can_be_combined() -> None:
    """Copies signed by different people are one document, whatever the order of signatures."""
    first = publish(hcert.TrustList([BARE]), by=(0,))
    one, other = (lists.add_signature(first, anchor(number).signer) for number in (1, 2))
    payload, signatures = cose_sign.decode(one)
    together = (*reversed(cose_sign.decode(other).signatures), *signatures[1:])
    opened = hcert.TrustList.open(cose_sign.encode(CoseSign(payload, together)), **pins(threshold=3))
    assert opened.envelope == hcert.TrustList.open(one, **pins()).envelope
