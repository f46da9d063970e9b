"""`VC1:` codes: what CLVR leaves open is read, and every deviation is refused under a name."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from base45 import b45encode
from cryptography.hazmat.primitives.asymmetric import ec

import hcert
from hcert import policy, words
from hcert.keys.algorithms import sign
from support.raw_messages import CARD, DCC, Handmade, card_claims_of, card_text_of, claims_of, text_of
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256, spki_of

if TYPE_CHECKING:
    from collections.abc import Callable

FAR: Any = 315_360_000_000
DAY_1 = dt.date(2021, 5, 5)


def card(signer: DocumentSigner, *, raw: bool = False, **parts: Any) -> str:
    """Return the text of a card made by hand."""
    return card_text_of(Handmade(signer, **({"claims": card_claims_of()} | parts)).message, raw=raw)


def codes_of(signer: DocumentSigner, text: str) -> list[str]:
    """Return the codes of all findings."""
    return [found.code for found in signer.verifier.check(text, at=NOW).findings]


@pytest.mark.parametrize("raw", [False, True], ids=["zlib", "raw deflate"])
@pytest.mark.parametrize("algorithm", [-7, -9])
@pytest.mark.parametrize("place", ["protected", "unprotected"])
def test_a_card_is_read(es256: DocumentSigner, *, raw: bool, algorithm: int, place: str) -> None:
    """With either compression, either number of the algorithm, and the kid in either header."""
    kid = {4: es256.key.kid}
    headers = (
        {"protected": {1: algorithm} | kid}
        if place == "protected"
        else {"protected": {1: algorithm}, "unprotected": kid}
    )
    verdict = es256.verifier.check(card(es256, raw=raw, **headers), at=NOW)
    assert verdict.accepted
    assert verdict.findings == ()
    assert verdict.certificate is not None
    assert verdict.certificate.payload == CARD
    record: Any = verdict.certificate.record
    assert [dose.date for dose in record.doses] == [DAY_1, dt.date(2022, 3, 3)]
    assert [dose.vaccine for dose in record.doses] == ["VAC0029", "VAC0644"]


def test_a_kid_is_the_bytes_of_its_name() -> None:
    """As `lists.import_jwks` pins it, and not Base64: `SYA2` would be."""
    private = p256()
    key = hcert.TrustedKey.from_public_key(spki_of(private), kid=b"SYA2")
    signer = document_signer(private)
    verifier = hcert.Verifier(hcert.TrustList([key]))
    for kid, accepted in ((b"SYA2", True), ("SYA2", False)):
        text = card(signer, protected={1: -7}, unprotected={4: kid})
        assert verifier.check(text, at=NOW).accepted is accepted


def test_it_has_a_card_for_the_screen(es256: DocumentSigner) -> None:
    """Person, doses and codes."""
    shown = str(words.card(es256.verifier.check(card(es256), at=NOW), language="en"))
    assert all(part in shown for part in ("ACCEPTED", "DOË", "2017-07-19", "2022-03-03", "QDENGA"))


def test_a_policy_judges_it(es256: DocumentSigner) -> None:
    """A dose without a number never completes a series, so such a policy refuses and says so."""
    verifier = hcert.Verifier(hcert.TrustList([es256.key]), policy=policy.CompletedSeries())
    assert not verifier.check(card(es256), at=NOW).accepted


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"tag": None}, "cose.malformed"),
        ({"outer_tag": 61}, "cose.malformed"),
        ({"protected": b"", "unprotected": {1: -7, 4: b"kid"}}, "cose.malformed"),
        ({"protected": {1: -7}, "unprotected": {4: "SYA25A"}}, "cose.malformed"),
        ({"protected": {1: -7, 4: "U1lBMjVB"}}, "cose.malformed"),
        ({"protected": {1: -8, 4: b"kid"}}, "cose.card_algorithm"),
        ({"protected": {1: -37, 4: b"kid"}}, "cose.card_algorithm"),
        ({"protected": {4: b"kid"}}, "cose.no_algorithm"),
        ({"protected": {1: -7}}, "cose.no_kid"),
        ({"protected": {1: -7, 4: b""}}, "cose.malformed"),
        ({"protected": {1: -7, 4: bytes(65)}}, "cose.malformed"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_deviations_of_the_message_are_refused(parts: Any, code: str, es256: DocumentSigner) -> None:
    """What `HC1:` tolerates under a name is refused."""
    assert codes_of(es256, card(es256, **parts)) == [code]


def test_the_form_of_2024_is_refused(es256: DocumentSigner) -> None:
    """Its payload is a map inside the message, and what it signs is no COSE signature, even one that holds."""
    protected = cbor2.dumps({1: -7})
    signature = sign(es256.private_key, cbor2.dumps(["Signature1", protected, b"", CARD]))
    message = cbor2.dumps(cbor2.CBORTag(18, [protected, {4: es256.key.kid}, CARD, signature]))
    assert codes_of(es256, card_text_of(message)) == ["cose.malformed"]


@pytest.mark.parametrize(
    "claims",
    [
        card_claims_of(c1=None),
        card_claims_of(c4=None),
        card_claims_of(c6=None),
        card_claims_of(c1=7),
        card_claims_of(c1="x" * 81),
        card_claims_of(c4=1811851200.0),
        card_claims_of(c6=cbor2.CBORTag(1, 1780315200)),
        card_claims_of(c6=True),
        card_claims_of(c6=-1),
        card_claims_of(c5="now"),
        card_claims_of(c6=1780315200 * 1000),
        {str(key): value for key, value in card_claims_of().items()},
        card_claims_of() | {"4": 1},
        {key: value for key, value in card_claims_of().items() if key != -260},
        [],
    ],
    ids=str,
)
def test_deviations_of_the_claims_are_refused(claims: Any, es256: DocumentSigner) -> None:
    """A key signed them, so the verdict holds a certificate without a record."""
    verdict = es256.verifier.check(card(es256, claims=claims), at=NOW)
    assert [found.code for found in verdict.errors] == ["claims.malformed"]


def test_an_expiry_after_the_year_9999_is_late(es256: DocumentSigner) -> None:
    """A published program adds milliseconds to seconds; read as milliseconds its cards would have expired in 1980."""
    start = int(NOW.timestamp())
    assert codes_of(es256, card(es256, claims=card_claims_of(c4=start + FAR))) == [
        "claims.far_expiry",
        "claims.outlives_key",
    ]
    last = card_claims_of(c4=253402300799)
    assert "claims.far_expiry" not in codes_of(es256, card(es256, claims=last))


@pytest.mark.parametrize(
    ("given", "code"), [({"c4": 1780315199}, "claims.expired"), ({"c5": 1780400000}, "claims.not_yet_valid")]
)
def test_times_are_judged(given: Any, code: str, es256: DocumentSigner) -> None:
    """As in every certificate."""
    found = es256.verifier.check(card(es256, claims=card_claims_of(**given)), at=NOW)
    assert [one.code for one in found.errors] == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda stream: stream[:-1], "inflate.truncated"),
        (lambda stream: stream + b"\0", "inflate.trailing_bytes"),
        (lambda stream: b"\xff" + stream, "inflate.damaged"),
        (lambda _: b"", "inflate.truncated"),
    ],
    ids=["cut", "appended", "damaged", "empty"],
)
def test_a_raw_stream_has_one_end(change: Callable[[bytes], bytes], code: str, es256: DocumentSigner) -> None:
    """As a zlib stream does."""
    packer = zlib.compressobj(9, wbits=-15)
    stream = packer.compress(Handmade(es256, claims=card_claims_of()).message) + packer.flush()
    assert codes_of(es256, "VC1:" + b45encode(change(stream)).decode()) == [code]


def test_a_raw_stream_is_bounded(es256: DocumentSigner) -> None:
    """By the same limit."""
    assert codes_of(es256, card_text_of(bytes(70_000), raw=True)) == ["inflate.too_large"]


def test_raw_deflate_is_not_read_behind_hc1(es256: DocumentSigner) -> None:
    """The EU and the WHO require zlib."""
    text = card(es256, raw=True).replace("VC1:", "HC1:", 1)
    assert codes_of(es256, text) == ["inflate.damaged"]


def test_containers_do_not_mix(es256: DocumentSigner) -> None:
    """The content of one behind the prefix of the other is refused, although the signature holds."""
    as_dcc = text_of(Handmade(es256, claims=card_claims_of()).message)
    as_card = card_text_of(Handmade(es256, claims=claims_of(DCC)).message)
    assert codes_of(es256, as_dcc) == ["claims.malformed"]
    verdict = es256.verifier.check(as_card, at=NOW)
    assert {found.code for found in verdict.errors} == {"record.schema"}


@pytest.mark.parametrize("prefix", ["", "VC1", "vc1:", "VC2:", "VC:1", " VC1:", "VC1;"])
def test_other_prefixes_are_refused(prefix: str, es256: DocumentSigner) -> None:
    """Text without a prefix included, which some programs write."""
    assert codes_of(es256, prefix + card(es256)[4:]) == ["text.prefix"]


def test_esp256_is_refused_for_another_curve() -> None:
    """ESP256 is P-256 alone."""
    private = ec.generate_private_key(ec.SECP384R1())
    key = hcert.TrustedKey.from_public_key(spki_of(private), kid=b"P384")
    text = card_text_of(
        cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps({1: -9}), {4: b"P384"}, cbor2.dumps(card_claims_of()), bytes(96)]))
    )
    verdict = hcert.Verifier(hcert.TrustList([key])).check(text, at=NOW)
    assert [found.code for found in verdict.errors] == ["trust.unsupported_key"]


def test_a_key_for_tests_cannot_sign_a_card(es256: DocumentSigner) -> None:
    """A card holds doses, so its key needs the usage for vaccinations."""
    tests = document_signer(p256(), usages=["1.3.6.1.4.1.1847.2021.1.1"])
    assert [found.code for found in tests.verifier.check(card(tests), at=NOW).errors] == ["usage.not_allowed"]
    assert es256.verifier.check(card(es256), at=NOW).accepted


def test_a_card_is_revoked_by_its_signature(es256: DocumentSigner) -> None:
    """The format has no identifier."""
    message = Handmade(es256, claims=card_claims_of()).message
    revoked = hcert.lists.signature_hash(cbor2.loads(message).value[3], hcert.Algorithm.ES256)
    verifier = hcert.Verifier(
        hcert.TrustList([es256.key]), revocations=hcert.RevocationList(signature_hashes=[revoked])
    )
    verdict = verifier.check(card_text_of(message), at=NOW)
    assert [found.code for found in verdict.errors] == ["revocation.certificate"]


def test_a_dose_in_the_future_does_not_count(es256: DocumentSigner) -> None:
    """And where no other counts, nothing does."""
    early = es256.verifier.check(card(es256), at=NOW.replace(year=2021, month=6))
    assert "entry.in_future" in {found.code for found in early.findings if found.record == "doses[1]"}


def test_unverified_content_is_shown(es256: DocumentSigner) -> None:
    """The payload stands without a number."""
    read = hcert.read_unverified(card(es256))
    assert read.subclaims == {None: CARD}
    assert read.claims.expires_at == EXPIRY
