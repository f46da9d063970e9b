"""The verifier: the findings of every step, in order, and no exception for any input."""

from __future__ import annotations

import datetime as dt
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import eu_dcc, icvp, policy
from hcert.records.eu_dcc.model import to_wire
from support.raw_messages import DCC, Handmade, claims_of, sign_unchecked, text_of
from support.signers import (
    EU_ROOT,
    EXPIRY,
    NOT_AFTER,
    NOT_BEFORE,
    NOW,
    DocumentSigner,
    document_signer,
    p256,
    recovery_record,
    rsa_key,
    sample_test_record,
    spki_of,
    vaccination,
    vaccination_record,
)

SECOND = dt.timedelta(seconds=1)
TRUSTED = document_signer(p256())
VERIFIER = TRUSTED.verifier

DAY = dt.timedelta(days=1)


def codes(verdict: hcert.Verdict) -> list[str]:
    """Return the codes of a verdict in their order."""
    return [found.code for found in verdict.findings]


def check(text: Any, at: dt.datetime = NOW, verifier: hcert.Verifier = VERIFIER) -> hcert.Verdict:
    """Check a code, by default at the usual time."""
    return verifier.check(text, at=at)


def handmade(**parts: Any) -> Handmade:
    """Return a message signed by the trusted key."""
    return Handmade(TRUSTED, **parts)


def test_an_honest_certificate_is_accepted(either: DocumentSigner) -> None:
    """Without findings; the verdict has its record, payload, claims and key."""
    code = either.issue()
    verdict = check(code.text, verifier=either.verifier)
    assert verdict.accepted
    assert verdict.findings == ()
    assert verdict.checked_at == NOW
    certificate = verdict.certificate
    assert certificate is not None
    assert certificate.record == vaccination_record()
    assert certificate.payload == to_wire(vaccination_record())
    assert certificate.claims == hcert.Claims("VN", NOW, EXPIRY)
    assert certificate.key == either.key


def test_str_bytes_and_a_bare_message_give_the_same_verdict(es256: DocumentSigner) -> None:
    """The text of a code, and the COSE message alone."""
    code = es256.issue()
    expected = check(code.text, verifier=es256.verifier)
    assert check(code.text.encode("ascii"), verifier=es256.verifier) == expected
    assert es256.verifier.check_cose(code.cose, at=NOW) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "text.not_text"),
        (5, "text.not_text"),
        ("", "text.prefix"),
        ("HC1:", "inflate.truncated"),
        ("HC1:abc", "text.alphabet"),
        ("HC1:0", "text.length"),
        ("HC1::::", "text.overflow"),
        ("HC1:" + "0" * 4293, "text.too_long"),
        ("HC1:BB8", "inflate.damaged"),
        (text_of(b""), "cose.malformed"),
        (text_of(b"\xd2\x84"), "cose.malformed"),
    ],
    ids=[
        "None",
        "integer",
        "empty text",
        "prefix alone",
        "lower case",
        "one character",
        "overflow",
        "4 297 characters",
        "no zlib",
        "empty message",
        "message cut off",
    ],
)
def test_a_text_that_cannot_be_decoded_has_one_finding(text: Any, code: str) -> None:
    """Steps 1 to 4 stop at the first fault, and there is no certificate."""
    verdict = check(text)
    assert (codes(verdict), verdict.certificate, verdict.accepted) == ([code], None, False)


def test_a_bare_message_must_be_bytes() -> None:
    """A text is refused with a finding."""
    verdict = VERIFIER.check_cose("HC1:", at=NOW)  # type: ignore[arg-type]
    assert codes(verdict) == ["text.not_text"]


@given(st.text(max_size=100) | st.binary(max_size=100) | st.binary(max_size=100).map(text_of))
def test_no_text_raises(text: str | bytes) -> None:
    """Neither random text nor random content in a well-formed text."""
    verdict = check(text)
    assert not verdict.accepted
    assert verdict.certificate is None


@given(st.binary(max_size=100))
def test_no_message_raises(message: bytes) -> None:
    """Random bytes are refused."""
    assert not VERIFIER.check_cose(message, at=NOW).accepted


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=6)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.integers(-260, 6) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_no_signed_content_raises(content: Any) -> None:
    """Even if a trusted key signed nonsense, as claims or as a payload."""
    assert not check(handmade(claims=content).text).accepted
    assert not check(handmade(claims=claims_of(content)).text).accepted


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"tag": None}, ["cose.untagged"]),
        ({"outer_tag": 61}, ["cose.cwt_tag"]),
        ({"protected": {1: -7}, "unprotected": {4: TRUSTED.key.kid}}, []),
        ({"protected": {4: TRUSTED.key.kid}, "unprotected": {1: -7}}, ["cose.unprotected_algorithm"]),
        ({"protected": None, "unprotected": {4: b"other"}}, []),
        (
            {"protected": {}, "unprotected": {1: -7, 4: TRUSTED.key.kid}, "tag": None},
            ["cose.untagged", "cose.unprotected_algorithm"],
        ),
        ({"protected": {1: -7, 3: "application/cwt", 4: TRUSTED.key.kid}}, []),
        ({"claims": claims_of(c4=EXPIRY.timestamp(), c6=NOW.timestamp())}, ["claims.float_time"] * 2),
        ({"claims": claims_of(c1=None)}, []),
        ({"claims": claims_of(c4=None)}, ["claims.no_expiry"]),
    ],
    ids=[
        "no tag",
        "tag 61",
        "unprotected kid",
        "unprotected algorithm",
        "two kids",
        "empty protected header",
        "content type",
        "float times",
        "no issuer",
        "no expiry",
    ],
)
def test_deviations_of_the_container_are_accepted_with_a_warning(parts: dict[str, Any], expected: list[str]) -> None:
    """Those that occur in published codes."""
    verdict = check(handmade(**parts).text)
    assert verdict.accepted
    assert codes(verdict) == expected


def test_the_finding_for_an_unknown_key_names_its_kid() -> None:
    """The key list may be old, so it should say which key is missing."""
    verdict = check(Handmade(document_signer(p256())).text)
    assert codes(verdict) == ["trust.unknown_key"]
    assert "abcd" in check(handmade(protected={1: -7, 4: b"\xab\xcd"}).text).findings[0].message


def test_every_key_under_the_kid_is_tried() -> None:
    """Several keys may have the same kid; the others may be of any type."""
    strangers = [
        hcert.TrustedKey.from_certificate(document_signer(key).certificate, kid=TRUSTED.key.kid)
        for key in (p256(), ec.generate_private_key(ec.SECP384R1()), rsa_key())
    ]
    verdict = check(handmade().text, verifier=hcert.Verifier(hcert.TrustList([*strangers, TRUSTED.key])))
    assert verdict.certificate is not None
    assert verdict.certificate.key == TRUSTED.key
    assert codes(check(handmade().text, verifier=hcert.Verifier(hcert.TrustList(strangers)))) == ["signature.invalid"]


@pytest.mark.parametrize("algorithm", [-8, -35, -36, -257, -65535, 0, 5, 2**40])
def test_other_algorithms_are_refused(algorithm: int) -> None:
    """EdDSA, ES384, RS256, MACs and RS1. The finding names the algorithm."""
    verdict = check(handmade(protected={1: algorithm, 4: TRUSTED.key.kid}).text)
    assert codes(verdict) == ["cose.unsupported_algorithm"]
    assert str(algorithm) in verdict.findings[0].message


def test_an_algorithm_other_than_that_of_the_key_is_refused(es256: DocumentSigner, ps256: DocumentSigner) -> None:
    """The key determines the algorithm."""
    for signer, algorithm in ((es256, -37), (ps256, -7)):
        text = Handmade(signer, protected={1: algorithm, 4: signer.key.kid}).text
        assert codes(check(text, verifier=signer.verifier)) == ["cose.algorithm_mismatch"]


def test_esp256_is_read_wherever_es256_is(es256: DocumentSigner) -> None:
    """RFC 9864: the same computation on P-256, one by one and in batches, protected or not."""
    kid = es256.key.kid
    for protected, unprotected, warned in (
        ({1: -9, 4: kid}, {}, []),
        ({1: -9}, {4: kid}, []),
        ({4: kid}, {1: -9}, ["cose.unprotected_algorithm"]),
    ):
        text = Handmade(es256, protected=protected, unprotected=unprotected).text
        for verdict in (es256.verifier.check(text, at=NOW), *es256.verifier.check_many([text] * 2, at=NOW)):
            assert verdict.accepted
            assert codes(verdict) == warned
            assert verdict.certificate is not None
            assert verdict.certificate.key.algorithm is hcert.Algorithm.ES256
        assert hcert.read_unverified(text).algorithm == hcert.Algorithm.ESP256


def test_esp256_is_for_p256_alone(ps256: DocumentSigner) -> None:
    """Under a key on another curve or of another type it is refused, even where that key signed."""
    signer = document_signer(ec.generate_private_key(ec.SECP384R1()))
    assert isinstance(signer.private_key, ec.EllipticCurvePrivateKey)
    header, payload = cbor2.dumps({1: -9, 4: signer.key.kid}), cbor2.dumps(claims_of())
    signed = cbor2.dumps(["Signature1", header, b"", payload])
    for digest in (hashes.SHA256(), hashes.SHA384()):
        r, s = decode_dss_signature(signer.private_key.sign(signed, ec.ECDSA(digest)))
        message = cbor2.dumps(cbor2.CBORTag(18, [header, {}, payload, r.to_bytes(48) + s.to_bytes(48)]))
        assert codes(signer.verifier.check_cose(message, at=NOW)) == ["trust.unsupported_key"]
    rsa = Handmade(ps256, protected={1: -9, 4: ps256.key.kid}).text
    (found,) = check(rsa, verifier=ps256.verifier).findings
    assert (found.code, dict(found.details)) == ("cose.algorithm_mismatch", {"algorithm": "ESP256"})


def test_a_signature_for_es256_is_none_for_esp256() -> None:
    """The number is signed, so nobody can exchange it."""
    message = cbor2.loads(handmade().message).value
    header = cbor2.dumps({1: -9, 4: TRUSTED.key.kid})
    forged = cbor2.dumps(cbor2.CBORTag(18, [header, *message[1:]]))
    assert codes(VERIFIER.check_cose(forged, at=NOW)) == ["signature.invalid"]


def test_a_key_without_an_algorithm_has_its_own_finding() -> None:
    """Published lists hold P-384 keys, and three published codes are signed with one."""
    spki = spki_of(ec.generate_private_key(ec.SECP384R1()))
    trust = hcert.TrustList([hcert.TrustedKey.from_public_key(spki, kid=TRUSTED.key.kid)])
    assert codes(check(handmade().text, verifier=hcert.Verifier(trust))) == ["trust.unsupported_key"]


def test_a_signature_over_other_content_is_refused() -> None:
    """And the verdict has no certificate."""
    message = cbor2.loads(handmade().message).value
    forged = cbor2.dumps(cbor2.CBORTag(18, [*message[:2], cbor2.dumps(claims_of(c1="XX")), message[3]]))
    verdict = VERIFIER.check_cose(forged, at=NOW)
    assert codes(verdict) == ["signature.invalid"]
    assert verdict.certificate is None


@pytest.mark.parametrize(
    "claims",
    [[], {1: "AT"}, claims_of(c4="soon"), {**claims_of(), -260: b"\xa0"}],
    ids=["array", "no payload", "text as expiry", "bytes as payload"],
)
def test_signed_content_that_is_not_a_claim_set_is_refused(claims: Any) -> None:
    """The verdict knows the key, and nothing else."""
    verdict = check(handmade(claims=claims).text)
    assert codes(verdict) == ["claims.malformed"]
    assert verdict.certificate is not None
    assert (verdict.certificate.record, verdict.certificate.payload) == (hcert.UnknownRecord(subclaim=None), None)
    assert verdict.certificate.key.kid == TRUSTED.key.kid
    assert verdict.certificate.claims == hcert.Claims()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (EXPIRY, []),
        (EXPIRY + SECOND, ["claims.expired"]),
        (EXPIRY + dt.timedelta(microseconds=1), ["claims.expired"]),
        (NOW, []),
        (NOW - 300 * SECOND, []),
        (NOW - 301 * SECOND, ["claims.not_yet_valid"]),
        (NOT_BEFORE - SECOND, ["claims.not_yet_valid", "trust.key_not_yet_valid"]),
        (NOT_AFTER, ["claims.expired"]),
        (NOT_AFTER + SECOND, ["claims.expired", "trust.key_expired"]),
    ],
    ids=[
        "at its expiry",
        "a second later",
        "a microsecond later",
        "at its issue",
        "five minutes before",
        "a second more before",
        "before the key is valid",
        "at the end of the key",
        "after the key",
    ],
)
def test_times_are_compared_exactly(at: dt.datetime, expected: list[str]) -> None:
    """The bounds themselves are valid. Only for the issue time clocks may differ, by five minutes."""
    verdict = check(handmade().text, at)
    assert codes(verdict) == expected
    assert verdict.certificate is not None


def test_the_time_of_a_check_may_be_in_any_zone() -> None:
    """The verdict is the same."""
    zone = dt.timezone(dt.timedelta(hours=7))
    assert check(handmade().text, EXPIRY.astimezone(zone)).accepted
    assert not check(handmade().text, (EXPIRY + SECOND).astimezone(zone)).accepted


def test_a_certificate_is_not_valid_before_its_not_before_claim() -> None:
    """It may be issued today for tomorrow."""
    tomorrow = NOW + dt.timedelta(days=1)
    text = handmade(claims=claims_of(c5=int(tomorrow.timestamp()))).text
    assert codes(check(text)) == ["claims.not_yet_valid"]
    assert check(text, tomorrow).accepted


def test_the_clock_skew_can_be_set() -> None:
    """To zero, for example."""
    verifier = hcert.Verifier(hcert.TrustList([TRUSTED.key]), tolerances=hcert.Tolerances(clock_skew=dt.timedelta(0)))
    assert codes(check(handmade().text, NOW - SECOND, verifier)) == ["claims.not_yet_valid"]


def test_a_certificate_that_outlives_its_key_adds_a_warning() -> None:
    """So does one from before the validity of the key. While both are valid, it is accepted."""
    early, late = int(NOT_BEFORE.timestamp()) - 1, int(NOT_AFTER.timestamp()) + 1
    verdict = check(handmade(claims=claims_of(c4=late, c6=early)).text)
    assert verdict.accepted
    assert codes(verdict) == ["claims.predates_key", "claims.outlives_key"]


def test_a_key_without_validity_never_expires() -> None:
    """Bare public keys have no dates."""
    key = hcert.TrustedKey.from_public_key(spki_of(TRUSTED.private_key), kid=TRUSTED.key.kid)
    verifier = hcert.Verifier(hcert.TrustList([key]))
    text = handmade(claims=claims_of(c4=None, c6=None)).text
    assert codes(check(text, dt.datetime(2199, 1, 1, tzinfo=dt.UTC), verifier)) == [
        "claims.no_issued_at",
        "claims.no_expiry",
    ]


@pytest.mark.parametrize(("number", "usage"), [(1, "test"), (3, "recovery")], ids=["test", "recovery"])
def test_a_key_for_other_events_may_not_sign_a_vaccination(number: int, usage: str) -> None:
    """The finding names the event, and the verdict shows the certificate."""
    signer = document_signer(p256(), usages=[f"{EU_ROOT}.{number}"])
    verdict = check(Handmade(signer).text, verifier=signer.verifier)
    assert codes(verdict) == ["usage.not_allowed"]
    assert "vaccination" in verdict.findings[0].message
    assert verdict.certificate is not None
    tests = Handmade(signer, claims=claims_of(to_wire(sample_test_record())))
    assert check(tests.text, verifier=signer.verifier).accepted is (usage == "test")


def test_key_usages_do_not_apply_to_unknown_payloads() -> None:
    """No usage is defined for them."""
    signer = document_signer(p256(), usages=[f"{EU_ROOT}.1"])
    items = {**claims_of(), -260: {-99: {"n": "Aulo Agerio"}}}
    verdict = check(Handmade(signer, claims=items).text, verifier=signer.verifier)
    assert codes(verdict) == ["record.unknown"]


def test_an_unknown_payload_is_not_accepted() -> None:
    """But the verdict shows it as signed."""
    items = {**claims_of(), -260: {-99: {"n": "Aulo Agerio"}}}
    verdict = check(handmade(claims=items).text)
    assert codes(verdict) == ["record.unknown"]
    assert not verdict.accepted
    assert verdict.certificate is not None
    assert verdict.certificate.record == hcert.UnknownRecord(subclaim=-99)
    assert verdict.certificate.payload == {"n": "Aulo Agerio"}


def test_another_payload_adds_a_warning() -> None:
    """It names the payloads that the verdict does not cover."""
    items = {**claims_of(), -260: {98: {"n": "x"}, 1: DCC, 99: 0}}
    verdict = check(handmade(claims=items).text)
    assert verdict.accepted
    assert codes(verdict) == ["claims.other_subclaims"]
    assert "98, 99" in verdict.findings[0].message


def test_the_verdict_on_a_malformed_record_has_its_payload() -> None:
    """Exactly as signed."""
    verdict = check(handmade(claims=claims_of({"ver": "1.3.0"})).text)
    assert set(codes(verdict)) == {"record.schema"}
    assert verdict.certificate is not None
    assert verdict.certificate.record == hcert.UnknownRecord(subclaim=1)
    assert verdict.certificate.payload == {"ver": "1.3.0"}


def test_findings_are_in_the_order_of_the_steps() -> None:
    """A verdict has every reason, here from step 3 to step 9."""
    signer = document_signer(p256(), usages=[f"{EU_ROOT}.1"])
    payload = {**DCC, "v": [{**DCC["v"][0], "vp": "J07BX03", "mp": "Unknown"}]}
    claims = claims_of(payload, c4=float(int(EXPIRY.timestamp())))
    text = Handmade(signer, claims=claims, tag=None).text
    verdict = check(text, NOT_AFTER + SECOND, signer.verifier)
    assert codes(verdict) == [
        "cose.untagged",
        "claims.float_time",
        "claims.expired",
        "trust.key_expired",
        "usage.not_allowed",
        "record.retired_code",
        "record.unknown_code",
    ]


def test_a_verdict_is_neither_true_nor_false() -> None:
    """`if verdict:` would accept everything."""
    with pytest.raises(TypeError, match="accepted"):
        bool(check(""))


def test_verify_returns_the_certificate_or_raises() -> None:
    """The error has the same verdict as `check` returns."""
    text = handmade().text
    assert VERIFIER.verify(text, at=NOW) == check(text).certificate
    with pytest.raises(hcert.VerificationError) as caught:
        VERIFIER.verify(handmade(tag=None).text, at=EXPIRY + SECOND)
    assert codes(caught.value.verdict) == ["cose.untagged", "claims.expired"]
    assert caught.value.code == "claims.expired"
    with pytest.raises(hcert.VerificationError):
        VERIFIER.verify("", at=NOW)


def test_the_default_time_is_now() -> None:
    """In UTC."""
    before = dt.datetime.now(dt.UTC)
    verdict = VERIFIER.check("")
    assert before <= verdict.checked_at <= dt.datetime.now(dt.UTC)
    assert verdict.checked_at.utcoffset() == dt.timedelta()


@pytest.mark.parametrize("workers", [None, 1, 2, 5])
def test_a_batch_has_the_same_verdicts_as_single_checks(workers: int | None) -> None:
    """In the same order, on any number of threads."""
    texts = [handmade(claims=claims_of(c1=f"X{index}")).text for index in range(5)]
    mixed = [text for index in range(30) for text in (texts[index % 5], f"HC1:{index}")]
    verdicts = VERIFIER.check_many(iter(mixed), at=NOW, workers=workers)
    assert verdicts == [check(text) for text in mixed]


def test_a_batch_may_be_empty_or_short() -> None:
    """Even with several workers."""
    assert VERIFIER.check_many([], at=NOW) == []
    assert VERIFIER.check_many([""], at=NOW, workers=4) == [check("")]


@pytest.mark.parametrize("workers", [0, -1])
def test_the_number_of_workers_must_be_positive(workers: int) -> None:
    """Zero and negative numbers are a configuration error that names them."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        VERIFIER.check_many([], workers=workers)
    (found,) = caught.value.findings
    assert (found.code, dict(found.details)) == ("workers.count", {"workers": workers})


@pytest.mark.parametrize(("days", "counts"), [(1, True), (2, False)], ids=["tomorrow", "the day after"])
def test_a_dose_of_an_icvp_may_be_dated_tomorrow(days: int, *, counts: bool, es256: DocumentSigner) -> None:
    """At noon in UTC the next day has begun on some islands, and the day after nowhere."""
    dose = icvp.Dose(product="YellowFeverProduct", date=NOW.date() + dt.timedelta(days=days), batch="A1", issuer="VNM")
    record = hcert.Icvp(
        name="Nguyễn Thị Ánh", birth_date=eu_dcc.PartialDate(1990, 5, 17), sex="female", nationality="VNM",
        document_number="C0000001", document_type="PPN", template_version="1.0.0", doses=(dose,),
    )  # fmt: skip
    found_codes = {reason.code for reason in es256.verifier.check(sign_unchecked(es256, record), at=NOW).findings}
    assert ("entry.in_future" in found_codes) is not counts


@pytest.mark.parametrize(
    ("record", "place", "accepted"),
    [
        (vaccination_record(vaccinations=(vaccination(date=NOW.date() + 2 * DAY),)), "vaccinations[0]", True),
        (vaccination_record(vaccinations=(vaccination(date=NOW.date() + 3 * DAY),)), "vaccinations[0]", False),
        (sample_test_record(sampled_at=NOW + dt.timedelta(minutes=6)), "tests[0]", True),
        (sample_test_record(sampled_at=NOW + dt.timedelta(hours=24, minutes=5)), "tests[0]", True),
        (sample_test_record(sampled_at=NOW + dt.timedelta(hours=24, minutes=6)), "tests[0]", False),
        (recovery_record(first_positive=NOW.date() + 2 * DAY, valid_from=NOW.date() + 2 * DAY), "recoveries[0]", True),
        (recovery_record(first_positive=NOW.date() + 3 * DAY, valid_from=NOW.date() + 3 * DAY), "recoveries[0]", False),
    ],
    ids=["dose of 48 h", "dose of 72 h", "sample of 6 min", "within a day", "later", "recovery", "later recovery"],
)  # fmt: skip
def test_an_eu_dcc_dated_more_than_a_day_ahead_is_refused(
    record: hcert.EuDcc, place: str, *, accepted: bool, es256: DocumentSigner
) -> None:
    """Up to a day ahead it satisfies no policy, since clocks and zones of issuers are often wrong by hours."""
    text = sign_unchecked(es256, record)
    verdict = es256.verifier.check(text, at=NOW)
    assert ("entry.in_future", place) in [(found.code, found.record) for found in verdict.findings]
    assert verdict.accepted is accepted
    assert ("record.nothing_counts" in codes(verdict)) is not accepted
    verifier = hcert.Verifier(hcert.TrustList([es256.key]), policy=policy.AuthenticOnly())
    assert verifier.check(text, at=NOW).counted == ()
