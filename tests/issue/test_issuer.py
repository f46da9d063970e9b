"""The issuer: what leaves it verifies, and what would not does not leave."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import hcert
from hcert.codec import code_text, cose_sign1
from hcert.findings import finding
from hcert.fragments import Fragment
from hcert.issue.layout import Draft
from hcert.keys.algorithms import der_from_raw
from support.raw_messages import Handmade, claims_of
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
    sample_test_record,
    spki_of,
    vaccination,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Hsm:
    """A signer as an HSM vendor would write it: two members, no base class."""

    def __init__(self, key: hcert.TrustedKey, sign: Callable[[bytes], bytes]) -> None:
        self.key = key
        self.sign = sign


def codes_of(issuer: hcert.Issuer, record: hcert.EuDcc | None = None, **times: Any) -> list[str]:
    """Return the codes with which a record is refused."""
    with pytest.raises(hcert.IssueError) as caught:
        issuer.issue(record or vaccination_record(), **({"issued_at": NOW, "expires_at": EXPIRY} | times))
    return [found.code for found in caught.value.findings]


def codes_of_job(issuer: hcert.Issuer, **times: Any) -> list[str]:
    """Return the codes with which every record is refused."""
    with pytest.raises(hcert.JobError) as caught:
        issuer.issue(vaccination_record(), **({"issued_at": NOW, "expires_at": EXPIRY} | times))
    return [found.code for found in caught.value.findings]


@pytest.mark.parametrize(
    "record",
    [vaccination_record(), sample_test_record(), recovery_record()],
    ids=["vaccination", "test", "recovery"],
)
def test_what_it_issues_verifies_without_a_finding(either: DocumentSigner, record: hcert.EuDcc) -> None:
    """Each kind of event comes back equal from the text."""
    verdict = either.verifier.check(either.issue(record).text, at=NOW)
    assert verdict.findings == ()
    assert verdict.certificate is not None
    assert verdict.certificate.record == record


def test_the_message_is_laid_out_as_the_specification_has_it(es256: DocumentSigner) -> None:
    """Tag 18, alg and kid protected, nothing unprotected, integer times, one subclaim."""
    message = cbor2.loads(es256.issue().cose)
    assert message.tag == 18
    protected, unprotected, payload, signature = message.value
    assert protected.hex() == "a20126" + "0448" + es256.key.kid.hex()
    assert unprotected == {}
    assert len(signature) == 64
    claims = cbor2.loads(payload)
    assert list(claims) == [1, 4, 6, -260]
    assert (claims[1], claims[4], claims[6]) == ("VN", int(EXPIRY.timestamp()), int(NOW.timestamp()))
    assert list(claims[-260]) == [1]


def test_times_are_cut_to_the_second_and_the_present_is_the_default(es256: DocumentSigner) -> None:
    """NumericDate has whole seconds here; any zone may be given."""
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    signer = hcert.LocalSigner.from_pem(
        es256.pem,
        certificate=hcert.TrustedKey.from_public_key(spki_of(es256.private_key)),
    )
    expiry = dt.datetime(2030, 1, 1, 7, 0, 0, 999_999, dt.timezone(dt.timedelta(hours=7)))
    claims = hcert.read_unverified(
        hcert.Issuer(signer, country="VN").issue(vaccination_record(), expires_at=expiry).text
    ).claims
    assert claims.issued_at is not None
    assert before <= claims.issued_at <= dt.datetime.now(dt.UTC)
    assert claims.expires_at == dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("times", "codes"),
    [
        ({"expires_at": NOW}, ["issue.expiry_before_issue"]),
        ({"expires_at": NOT_AFTER}, None),
        ({"expires_at": NOT_AFTER + dt.timedelta(seconds=1)}, ["issue.outlives_key"]),
        ({"issued_at": NOT_BEFORE}, None),
        ({"issued_at": NOT_BEFORE - dt.timedelta(seconds=1)}, ["issue.predates_key"]),
        ({"issued_at": dt.datetime(1969, 12, 31, tzinfo=dt.UTC)}, ["issue.time_range"]),
    ],
)
def test_times_stay_within_the_validity_of_the_key(
    es256: DocumentSigner, times: dict[str, Any], codes: list[str] | None
) -> None:
    """The bounds themselves are allowed."""
    issuer = hcert.Issuer(es256.signer, country="VN")
    if codes is None:
        issuer.issue(vaccination_record(), **({"issued_at": NOW, "expires_at": EXPIRY} | times))
    else:
        assert codes_of_job(issuer, **times) == codes


@pytest.mark.parametrize(
    "expiry",
    [dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=5))), dt.datetime(1, 1, 1, tzinfo=dt.UTC)],
)
def test_times_beyond_the_calendar_are_refused(es256: DocumentSigner, expiry: dt.datetime) -> None:
    """What cannot be written as a NumericDate is no expiry."""
    assert codes_of_job(hcert.Issuer(es256.signer, country="VN"), expires_at=expiry) == ["issue.time_range"]


def test_a_record_that_breaks_a_rule_is_not_signed(es256: DocumentSigner) -> None:
    """The signer is not even asked."""
    asked: list[bytes] = []

    def sign(data: bytes) -> bytes:
        asked.append(data)
        return b""

    issuer = hcert.Issuer(Hsm(es256.key, sign), country="VN")
    assert codes_of(issuer, vaccination_record(vaccinations=(vaccination(vaccine="J07BX03"),))) == [
        "record.retired_code",
    ]
    assert asked == []


def test_a_key_for_other_events_does_not_sign() -> None:
    """The usages of the certificate bind the issuer as they bind verifiers."""
    signer = document_signer(p256(), usages=[f"{EU_ROOT}.1"])
    assert codes_of(hcert.Issuer(signer.signer, country="VN")) == ["usage.not_allowed"]


@pytest.mark.parametrize("country", ["", "vn", "VNM", "V1", "VN\n"])
def test_the_country_is_two_capital_letters(es256: DocumentSigner, country: str) -> None:
    """ISO 3166-1 alpha-2."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.Issuer(es256.signer, country=country)
    assert caught.value.code == "issue.country"


def test_an_hsm_signs_like_a_local_key(either: DocumentSigner) -> None:
    """Two members are all it takes."""
    code = hcert.Issuer(Hsm(either.key, either.signer.sign), country="VN").issue(
        vaccination_record(),
        issued_at=NOW,
        expires_at=EXPIRY,
    )
    assert either.verifier.check(code.text, at=NOW).accepted


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda _: b"", id="no signature"),
        pytest.param(lambda _: bytes(64), id="zeros"),
        pytest.param(document_signer(p256()).signer.sign, id="another key"),
        pytest.param(lambda data: data, id="no signature but the data"),
        pytest.param(lambda _: None, id="None"),
        pytest.param(lambda _: "signature", id="text"),
    ],
)
def test_a_signature_that_does_not_verify_stops_the_issue(
    es256: DocumentSigner, fault: Callable[[bytes], bytes]
) -> None:
    """The issuer reads its own work under the key the certificate names."""
    assert codes_of_job(hcert.Issuer(Hsm(es256.key, fault), country="VN")) == ["issue.self_check"]


def test_a_der_signature_stops_the_issue(es256: DocumentSigner) -> None:
    """The most frequent mistake with an HSM is caught before the first citizen has the code."""
    issuer = hcert.Issuer(Hsm(es256.key, lambda data: der_from_raw(es256.signer.sign(data)) or b""), country="VN")
    assert codes_of_job(issuer) == ["issue.self_check"]


def test_a_message_that_reads_differently_stops_the_issue(
    es256: DocumentSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a library may lay out one day, only what reads back equal leaves."""
    issuer = hcert.Issuer(es256.signer, country="VN")
    genuine = Draft.complete
    differs, signature = Fragment("self_check.differs"), Fragment("self_check.signature")
    other_payload = code_text.decode(Handmade(es256, claims=claims_of()).text, limits=hcert.Limits()).message
    for change, reason in (
        (lambda message: message[1:], differs),  # without the tag
        (lambda _: other_payload, differs),
        (lambda message: message.replace(es256.key.kid, b"stranger"), differs),
        (lambda message: message.replace(b"\xa2\x01\x26", b"\xa2\x01\x25"), differs),  # another algorithm
        (lambda message: message.replace(b"NGUYEN", b"PHUONG"), signature),
        (lambda _: b"\xa0", "cose.malformed"),
    ):

        def tampered(draft: Draft, made: bytes, change: Callable[[bytes], bytes] = change) -> tuple[str, bytes]:
            return code_text.encode_stream(zlib.compress(change(genuine(draft, made)[1])), draft.container), b""

        monkeypatch.setattr(Draft, "complete", tampered)
        with pytest.raises(hcert.JobError) as caught:
            issuer.issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
        assert caught.value.findings == (finding("issue.self_check", reason=reason),)


def test_its_repr_and_errors_show_nobody(es256: DocumentSigner) -> None:
    """Neither the code nor its content appears where it could be logged."""
    code = es256.issue()
    assert code.text not in repr(code)
    assert repr(code) == "Certificate()"


def test_pycose_reads_what_it_issues(either: DocumentSigner) -> None:
    """An independent implementation takes the message apart the same way."""
    from pycose.headers import KID
    from pycose.messages.sign1message import Sign1Message

    code = either.issue()
    elements = list(cbor2.loads(code.cose).value)
    message = Sign1Message.from_cose_obj([elements[0], dict(elements[1]), *elements[2:]], allow_unknown_attributes=True)
    assert message.phdr[KID] == either.key.kid
    assert message._create_sig_structure() == cose_sign1.encode_sig_structure(elements[0], elements[2])
    assert either.key.verifies(message.signature, message._create_sig_structure())


def test_esp256_is_issued_on_request(es256: DocumentSigner) -> None:
    """The header names it, and the payload stays as it is."""
    issuer = hcert.Issuer(es256.signer, country="VN", algorithm=hcert.Algorithm.ESP256)
    code, usual = issuer.issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY), es256.issue()
    header, _, payload, signature = cbor2.loads(code.cose).value
    assert header == cbor2.dumps({1: -9, 4: es256.key.kid})
    assert payload == cbor2.loads(usual.cose).value[2]
    predicted = issuer.predict(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
    assert len(code.text) == predicted.characters
    private_key = es256.private_key
    assert isinstance(private_key, ec.EllipticCurvePrivateKey)
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    signed = cbor2.dumps(["Signature1", header, b"", payload])
    private_key.public_key().verify(der, signed, ec.ECDSA(hashes.SHA256()))
    assert es256.verifier.check(code.text, at=NOW).accepted


def test_the_algorithm_of_the_key_can_be_named(either: DocumentSigner) -> None:
    """Which is what happens without a request."""
    for algorithm in (None, either.key.algorithm):
        issuer = hcert.Issuer(either.signer, country="VN", algorithm=algorithm)
        code = issuer.issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
        assert hcert.read_unverified(code.text).algorithm == either.key.algorithm


@pytest.mark.parametrize("algorithm", [*hcert.Algorithm, -9, "ESP256", [], 0], ids=repr)
def test_an_algorithm_that_the_key_does_not_sign_by_is_refused(ps256: DocumentSigner, algorithm: Any) -> None:
    """Before anything is issued."""
    if algorithm is hcert.Algorithm.PS256:
        return
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.Issuer(ps256.signer, country="VN", algorithm=algorithm)
    assert caught.value.code == "issue.algorithm"


@pytest.mark.parametrize("given", [[], "unchecked", "", {}, 0], ids=repr)
def test_anything_but_a_revocation_list_is_the_callers_mistake(es256: DocumentSigner, given: Any) -> None:
    """It is refused before anything is issued, as a verifier refuses it."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.Issuer(es256.signer, country="VN", revocations=given)
    assert caught.value.code == "revocations.value"


@pytest.mark.parametrize("error", ["", "q"], ids=repr)
def test_a_level_that_does_not_exist_is_not_taken_for_none(es256: DocumentSigner, error: Any) -> None:
    """Only None stands for the level of the certificate."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        es256.issue().qr(error=error)
    assert caught.value.code == "qr.error_level"
