"""Issuing many records: each as if it were issued alone, and one fault of the job stops all of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen
from hcert.findings import finding
from hcert.fragments import fragment
from hcert.issue.symbol import CAPACITY
from hcert.keys.trusted_key import Status
from support.citizen_records import citizen_record, dose, records, sampled, timely_records
from support.sealing import POLICE, STRANGER, make_reader
from support.signers import EXPIRY, NOT_AFTER, NOW, document_signer, p256, sample_test_record, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIGNER = document_signer(p256())
ISSUER = hcert.Issuer(SIGNER.signer, country="VN")
VERIFIER = SIGNER.verifier
SECOND = dt.timedelta(seconds=1)
SECRET = citizen.Confidential(phone="0912345678")
TIMES: dict[str, Any] = {"issued_at": NOW, "expires_at": EXPIRY}
SEALED = 7  # key of the sealed part in a payload


class Batches:
    """A signer that signs many at once, and counts how often it is asked."""

    def __init__(self, change: Callable[[list[Any]], Any] = list) -> None:
        self.key = SIGNER.key
        self.asked: list[int] = []
        self._change = change

    def sign(self, _data: bytes) -> bytes:
        """Never be asked."""
        raise AssertionError("sign_many is there")

    def sign_many(self, messages: Sequence[bytes]) -> Any:
        """Sign all of them."""
        self.asked.append(len(messages))
        return self._change([SIGNER.signer.sign(message) for message in messages])


def crowded(count: int) -> hcert.CitizenRecord:
    """Return a record with so many tests."""
    return citizen_record(0, 0).revise(
        tests=tuple(
            sampled(number, centre=f"{number * 7919 % 10007} {number * 104729 % 99991}")
            for number in range(1, count + 1)
        )
    )


contents = st.none() | st.sampled_from(
    [
        {POLICE.key: SECRET},
        {POLICE.key: SECRET, STRANGER.key: citizen.Confidential(notes="x")},
        {},  # nothing to seal
        {POLICE.key: citizen.Confidential()},  # likewise
        {POLICE.key: citizen.Confidential(lot_numbers=((1000, "LOT"),))},  # perhaps without its dose
        {POLICE.key: citizen.Confidential(phone=5)},  # type: ignore[arg-type]
        {make_reader().key: SECRET for _ in range(17)},
    ]
)
anything = (
    timely_records
    | records  # most lie in the future
    | st.sampled_from([vaccination_record(), sample_test_record(), crowded(90), citizen_record(), None, "VN", {}])
)


def outcome(made: hcert.Certificate | hcert.IssueError) -> Any:
    """Return what issuing led to, but for what is random: signatures and ciphertexts."""
    if isinstance(made, hcert.IssueError):
        return [found.code for found in made.findings], [found.record for found in made.findings]
    certificate = VERIFIER.verify(made.text, at=NOW)
    payload = {name: value for name, value in certificate.payload.items() if name != SEALED}
    part = getattr(certificate.record, "sealed", None)
    opened = part and part.open(POLICE)
    return payload, certificate.claims, opened, made.identifier, made.findings, made.error, len(made.text)


def issue_alone(record: Any, content: Any, error: Any) -> hcert.Certificate | hcert.IssueError:
    """Issue one record."""
    try:
        return ISSUER.issue(record, **TIMES, confidential=content, error=error)
    except hcert.IssueError as refused:
        return refused


@given(st.lists(st.tuples(anything, contents), max_size=6), st.sampled_from("LMQH"))
def test_many_records_fare_as_each_alone(pairs: list[tuple[Any, Any]], error: Any) -> None:
    """The same payloads, findings and errors, in order."""
    together = ISSUER.issue_many(
        [record for record, _ in pairs], **TIMES, confidential=[content for _, content in pairs], error=error
    )
    alone = [issue_alone(record, content, error) for record, content in pairs]
    assert list(map(outcome, together)) == list(map(outcome, alone))


def test_a_refused_record_does_not_disturb_its_neighbours() -> None:
    """Its error stands in its place, and holds nothing of the record."""
    good, bad = citizen_record(), citizen_record().revise(vaccinations=(dose(1, product="nothing"),))
    made = ISSUER.issue_many([good, bad, good], **TIMES)
    assert [type(one).__name__ for one in made] == ["Certificate", "IssueError", "Certificate"]
    assert isinstance(made[1], hcert.IssueError)
    assert made[1].code == "record.unknown_code"
    assert (made[1].__traceback__, made[1].__context__, made[1].__cause__) == (None, None, None)


def test_what_does_not_fit_says_by_how_much_and_nothing_is_tried() -> None:
    """How many entries would fit costs as much as several codes, and nobody waits for it at night."""
    record = crowded(90)
    (refused,) = ISSUER.issue_many([record], **TIMES, error="H")
    assert isinstance(refused, hcert.IssueError)
    length = ISSUER.predict(record, **TIMES).characters
    assert refused.findings == (
        finding(
            "issue.does_not_fit", length=length, error="H", capacity=CAPACITY["H"], advice=fragment("fit.unsearched")
        ),
    )


def test_no_records_make_no_certificates() -> None:
    """And no signature is asked for; what is wrong with the job is still said."""
    signer = Batches()
    issuer = hcert.Issuer(signer, country="VN")
    assert issuer.issue_many([], **TIMES) == []
    assert issuer.issue_many([None], **TIMES) != []  # type: ignore[list-item]
    assert signer.asked == []
    with pytest.raises(hcert.JobError):
        issuer.issue_many([], issued_at=NOW, expires_at=NOW)


def test_a_signer_of_batches_is_asked_once_a_chunk() -> None:
    """With the messages of the records that are fit to be signed."""
    signer = Batches()
    many = [vaccination_record()] * 300
    made = hcert.Issuer(signer, country="VN").issue_many((record for record in [*many, None]), **TIMES)  # type: ignore[misc]
    assert sum(isinstance(one, hcert.Certificate) for one in made) == 300
    assert len(made) == 301
    assert sum(signer.asked) == 300
    assert len(signer.asked) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda all_: all_[:-1], "self_check.signatures", id="one too few"),
        pytest.param(lambda all_: [*all_, all_[0]], "self_check.signatures", id="one too many"),
        pytest.param(lambda _: None, "self_check.signatures", id="none"),
        pytest.param(b"".join, "self_check.signatures", id="one text"),
        pytest.param(lambda all_: [*all_[:-1], None], "self_check.no_bytes", id="nothing for the last"),
        pytest.param(lambda all_: all_[::-1], "self_check.signature", id="in another order"),
        pytest.param(lambda all_: [*all_[:-1], bytes(64)], "self_check.signature", id="zeros for the last"),
    ],
)
def test_wrong_signatures_stop_the_job(change: Callable[[list[Any]], Any], reason: str) -> None:
    """No certificate leaves, not even those whose signature is right."""
    issuer = hcert.Issuer(Batches(change), country="VN")
    with pytest.raises(hcert.JobError) as caught:
        issuer.issue_many([vaccination_record(), citizen_record()], **TIMES)
    assert caught.value.findings == (finding("issue.self_check", reason=fragment(reason)),)


def test_a_signer_that_fails_stops_the_job() -> None:
    """Its error says whether to try again, and is a fault of the job."""

    class Down(Batches):
        def sign_many(self, _messages: Sequence[bytes]) -> Any:
            raise hcert.SignerError.of("signer.unavailable", reason="503")

    with pytest.raises(hcert.JobError) as caught:
        hcert.Issuer(Down(), country="VN").issue_many([vaccination_record()], **TIMES)
    assert isinstance(caught.value, hcert.SignerError)
    assert caught.value.transient


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        pytest.param({"expires_at": NOW}, ["issue.expiry_before_issue"], id="times"),
        pytest.param({"expires_at": NOT_AFTER + SECOND}, ["issue.outlives_key"], id="key"),
        pytest.param(
            {"confidential": [None, {replace(POLICE.key, status=Status.REVOKED): SECRET}]},
            ["sealed.reader_revoked"],
            id="reader",
        ),
        pytest.param(
            {
                "expires_at": NOW,
                "confidential": [{replace(POLICE.key, not_after=NOW - SECOND): SECRET}, None],
            },
            ["sealed.reader_expired", "issue.expiry_before_issue"],
            id="reader and times",
        ),
    ],
)
def test_faults_of_the_job_are_found_before_the_first_record(given: dict[str, Any], codes: list[str]) -> None:
    """All of them at once, although the records are wrong too."""
    signer = Batches()
    with pytest.raises(hcert.JobError) as caught:
        hcert.Issuer(signer, country="VN").issue_many([None, None], **(TIMES | given))  # type: ignore[list-item]
    assert [found.code for found in caught.value.findings] == codes
    assert signer.asked == []


def test_the_present_is_the_same_for_all() -> None:
    """Without a time of issue."""
    issuer = hcert.Issuer(hcert.LocalSigner(SIGNER.private_key, replace(SIGNER.key, not_after=None)), country="VN")
    expiry = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    made = issuer.issue_many([vaccination_record()] * 2, expires_at=expiry)
    times = {hcert.read_unverified(one.text).claims.issued_at for one in made if isinstance(one, hcert.Certificate)}
    assert len(times) == 1


WRONG_CONTENTS = [
    pytest.param(5, id="a number"),
    pytest.param("secret", id="text"),
    pytest.param([(POLICE.key, SECRET)], id="pairs"),
    pytest.param({"police": SECRET}, id="the name of a reader"),
    pytest.param({POLICE: SECRET}, id="a private key"),
    pytest.param({POLICE.key: {"phone": "0912345678"}}, id="a dict as content"),
    pytest.param({POLICE.key: None}, id="no content"),
]


@pytest.mark.parametrize("content", WRONG_CONTENTS)
def test_contents_of_another_type_are_the_callers_mistake(content: Any) -> None:
    """Whatever the record is; nothing is shown of them."""
    calls: list[Callable[[], object]] = [
        lambda: ISSUER.issue(citizen_record(), **TIMES, confidential=content),
        lambda: ISSUER.predict(citizen_record(), **TIMES, confidential=content),
        lambda: ISSUER.issue_many([citizen_record()], **TIMES, confidential=[content]),
    ]
    for call in calls:
        with pytest.raises(hcert.ConfigurationError) as caught:
            call()
        assert caught.value.findings == (
            finding("issue.argument", name="confidential", expected=fragment("argument.contents")),
        )


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param({"records": None}, "records", id="no records"),
        pytest.param({"records": citizen_record()}, "records", id="one record"),
        pytest.param({"records": [citizen_record()], "confidential": {}}, "confidential", id="contents as for one"),
        pytest.param({"records": [citizen_record()], "confidential": 5}, "confidential", id="contents of a number"),
        pytest.param({"records": [], "confidential": 5}, "confidential", id="contents of a number for none"),
        pytest.param({"records": [citizen_record()], "confidential": [None] * 2}, "confidential", id="one more"),
    ],
)
def test_records_and_contents_are_as_many(given: dict[str, Any], name: str) -> None:
    """In iterables."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        ISSUER.issue_many(given["records"], **TIMES, confidential=given.get("confidential"))
    assert (caught.value.code, dict(caught.value.findings[0].details)["name"]) == ("issue.argument", name)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"error": "X"}, "qr.error_level", id="level"),
        pytest.param({"error": None}, "qr.error_level", id="no level"),
        pytest.param({"expires_at": None}, "time.naive", id="no expiry"),
        pytest.param({"confidential": [{SIGNER.key: SECRET}]}, "sealed.reader_key", id="sealed for a signer"),
    ],
)
def test_what_cannot_be_used_is_said_before_the_first_record(given: dict[str, Any], code: str) -> None:
    """As by `issue`."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        ISSUER.issue_many([None], **(TIMES | given))  # type: ignore[list-item]
    assert caught.value.code == code


@pytest.mark.parametrize("country", [None, 5, b"VN", ["VN"]], ids=repr)
def test_a_country_that_is_no_text_is_the_callers_mistake(country: Any) -> None:
    """Like one that does not exist."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.Issuer(SIGNER.signer, country=country)
    assert caught.value.code == "issue.country"
