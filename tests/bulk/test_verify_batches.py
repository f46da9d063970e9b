"""Bulk verifying: one thin row for each text, the same verdict as by `Verifier.check`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import hcert
from hcert import bulk, lists, policy
from support.bulk_rows import SIGNER, batch_of, certificate_id_of, issue, make_rows, plan_in, row_of, verify
from support.citizen_records import citizen_record
from support.list_publisher import keys_of, publish
from support.signers import EXPIRY, NOW, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.timedelta(days=1)
TEXTS = [
    None,
    "",
    "HC1:",
    "not a code",
    hcert.Issuer(SIGNER.signer, country="VN").issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY).text,
    hcert.Issuer(SIGNER.signer, country="VN").issue(citizen_record().revise(), issued_at=NOW, expires_at=EXPIRY).text,
    hcert.Issuer(SIGNER.signer, country="VN")
    .issue(citizen_record(), issued_at=NOW - DAY, expires_at=NOW - DAY / 2)
    .text,
]


def batch(texts: list[str | None]) -> pa.RecordBatch:
    """Return texts as a batch."""
    rows = [{"row_id": str(number), "text": text} for number, text in enumerate(texts)]
    return pa.RecordBatch.from_pylist(rows, schema=bulk.VERIFY_INPUT)


def test_each_text_has_the_verdict_that_it_would_have_alone() -> None:
    """Code for code, in order."""
    out = verify({"row_id": str(number), "text": text} for number, text in enumerate(TEXTS))
    verdicts = [SIGNER.verifier.check(text or "", at=NOW) for text in TEXTS]
    assert [row["row_id"] for row in out] == [str(number) for number in range(len(TEXTS))]
    assert [row["accepted"] for row in out] == [verdict.accepted for verdict in verdicts]
    assert [row["codes"] for row in out] == [[found.code for found in verdict.findings] for verdict in verdicts]
    assert [row["accepted"] for row in out] == [False] * 4 + [True, True, False]


def test_what_can_be_revoked_is_told() -> None:
    """Key, certificate id and revision of what a trusted key signed, accepted or not; an EU DCC has no such id."""
    out = verify({"row_id": str(number), "text": text} for number, text in enumerate(TEXTS))
    told = [(row["kid"], row["certificate_id"], row["revision"]) for row in out]
    kid, id_ = SIGNER.key.kid, citizen_record().certificate_id
    assert told == [(None, None, None)] * 4 + [(kid, None, None), (kid, id_, 2), (kid, id_, 1)]


def test_an_unknown_key_is_an_unknown_issuer() -> None:
    """And nothing of the content is told."""
    (out,) = bulk.verify_batches(bulk.VerifyPlan(trust=hcert.TrustList(), at=NOW), [batch(TEXTS[5:6])])
    (row,) = out.to_pylist()
    assert (row["codes"], row["kid"], row["certificate_id"]) == (["trust.unknown_key"], None, None)


def test_a_policy_decides_too() -> None:
    """As for a verifier."""
    plan = bulk.VerifyPlan(
        trust=hcert.TrustList([SIGNER.key]), at=NOW, policy=policy.RecentNegativeTest(within=dt.timedelta(hours=1))
    )
    (out,) = bulk.verify_batches(plan, [batch(TEXTS[4:5])])
    assert out.column("accepted").to_pylist() == [False]
    assert out.column("codes").to_pylist()[0][0].startswith("policy.")


def test_a_store_lends_its_lists(tmp_path: Path) -> None:
    """Each call takes those that it holds then, revocations included."""
    store = hcert.TrustStore(tmp_path / "lists", anchors=keys_of(0, 1))
    place = bulk.StoreLocation(directory=tmp_path / "lists", anchors=lists.Anchors(tuple(keys_of(0, 1)), 2))
    plan = bulk.VerifyPlan(trust=place, at=NOW)
    store.update(publish(hcert.TrustList([SIGNER.key])), at=NOW)

    def codes() -> Any:
        (out,) = bulk.verify_batches(plan, [batch(TEXTS[5:6])])
        return out.column("codes").to_pylist()[0]

    assert codes() == ["revocation.list_missing"]
    store.update(publish(hcert.RevocationList()), at=NOW)
    assert codes() == []
    revoked = hcert.RevocationList(certificates=[citizen_record().certificate_id])
    store.update(publish(revoked, version=2), at=NOW)
    assert codes() == ["revocation.certificate"]


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A worker without the directory would refuse every code, and look like an audit."""
    place = bulk.StoreLocation(directory=tmp_path / "lists", anchors=lists.Anchors(tuple(keys_of(0)), 1))
    with pytest.raises(hcert.ConfigurationError) as caught:
        bulk.verify_batches(bulk.VerifyPlan(trust=place, at=NOW), [])
    assert caught.value.code == "bulk.file"
    assert not (tmp_path / "lists").exists()


def test_output_of_issuing_is_input_of_an_audit(tmp_path: Path) -> None:
    """Two of its columns."""
    out = bulk.issue_batches(plan_in(tmp_path), [batch_of(make_rows(5))])
    plan = bulk.VerifyPlan(trust=hcert.TrustList([SIGNER.key]), at=NOW)
    (verdicts,) = bulk.verify_batches(plan, (one.select(["row_id", "text"]) for one in out))
    assert verdicts.column("accepted").to_pylist() == [True] * 5


def test_the_newest_revisions_supersede_the_others(tmp_path: Path) -> None:
    """What was refused supersedes nothing, and what was issued once does not either."""
    plan = plan_in(tmp_path)
    first = issue(plan, [batch_of(make_rows(4))])
    again = [
        row_of(citizen_record(2, 0, certificate_id=certificate_id_of(number), revision=revision))
        for number, revision in ((0, 2), (0, 3), (1, 2), (2, 2))
    ]
    again[3]["person"] = None
    out = list(bulk.issue_batches(plan, [batch_of(again)]))
    committed = [pa.RecordBatch.from_pylist(first, schema=bulk.ISSUE_OUTPUT), *out]
    superseded = bulk.superseded(committed)
    assert superseded == {certificate_id_of(0): 3, certificate_id_of(1): 2}
    assert bulk.superseded(one.select(["certificate_id", "revision", "text"]) for one in committed[::-1]) == superseded
    revocations = hcert.RevocationList(superseded=superseded)
    verifier = hcert.Verifier(hcert.TrustList([SIGNER.key]), revocations=revocations)
    accepted = [verifier.check(row["text"], at=NOW).accepted for row in first]
    assert accepted == [False, False, True, True]
    texts = [row["text"] for one in out for row in one.to_pylist()]
    assert [text and verifier.check(text, at=NOW).accepted for text in texts] == [False, True, True, None]
