"""The public surface as a program uses it: `mypy` checks this file, and a change of a type here breaks somebody.

Nothing runs; `assert_type` pins what callers may rely on.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, assert_type

import hcert
from hcert import (
    bulk,
    certlogic,
    citizen,
    clvr,
    eu_dcc,
    icvp,
    identity,
    lists,
    medication_overview,
    names,
    paper,
    policy,
    uvci,
    words,
)

if TYPE_CHECKING:
    from cryptography import x509


def keys(pem: bytes) -> None:
    """Keys and lists."""
    key = assert_type(hcert.TrustedKey.from_certificate(pem, kid=b"12345678", country="VN"), hcert.TrustedKey)
    assert_type(key.kid, bytes)
    assert_type(key.usages, frozenset[hcert.Usage])
    assert_type(key.not_after, dt.datetime | None)
    trust = assert_type(hcert.TrustList([key]), hcert.TrustList)
    assert_type(trust.candidates(key.kid), tuple[hcert.TrustedKey, ...])
    assert_type(hcert.LocalSigner.from_pem(pem, certificate=key, password="x").key, hcert.TrustedKey)
    assert_type(hcert.ReaderKey.from_pem(pem).key, hcert.TrustedKey)
    assert_type(lists.diff(trust, trust).added, tuple[hcert.TrustedKey, ...])
    imported = lists.import_jwks(pem, owner="FR", usages={hcert.Usage.VACCINATION}, at=dt.datetime.now(dt.UTC))
    assert_type(imported, lists.ImportReport)
    assert_type(imported.created_at, dt.datetime | None)


def signers(key: hcert.TrustedKey, subject: x509.Name) -> None:
    """Keys that lie elsewhere."""
    located = assert_type(hcert.Pkcs11Signer.from_uri("pkcs11:", certificate=key), hcert.Pkcs11Signer)
    with hcert.Pkcs11Signer(module="/usr/lib/p11.so", token="hcert", key_id=b"1", pin_file="pin") as signer:
        assert_type(signer, hcert.Pkcs11Signer)
    assert_type(hcert.Pkcs11Signer.read_public_key("pkcs11:"), hcert.TrustedKey)
    remote = hcert.DigestSigner(key, lambda digest: digest, form="raw")
    both: list[hcert.Signer] = [located, remote]
    assert_type(both[0].sign(b""), bytes)
    assert_type(hcert.request_certificate(remote, subject), bytes)
    stopped: hcert.JobError = hcert.SignerError.of("signer.unavailable", reason="503")
    assert_type(stopped.findings, tuple[hcert.Finding, ...])
    assert_type(hcert.SignerError.of("signer.unavailable", reason="503").transient, bool)


def verify(trust: hcert.TrustList, text: str, at: dt.datetime) -> None:
    """From text to verdict."""
    revocations = hcert.RevocationList(certificates=[bytes(16)])
    hcert.Verifier(trust, revocations="unchecked")
    required = policy.AnyOf(policy.CompletedSeries(), policy.RecentNegativeTest(within=dt.timedelta(hours=48)))
    verifier = hcert.Verifier(trust, revocations=revocations, policy=required, limits=hcert.Limits())
    verdict = assert_type(verifier.check(text, at=at), hcert.Verdict)
    assert_type(verifier.check_cose(b"", at=at), hcert.Verdict)
    assert_type(verifier.check_many([text], at=at, workers=2), list[hcert.Verdict])
    assert_type(verdict.accepted, bool)
    assert_type(verdict.findings, tuple[hcert.Finding, ...])
    assert_type(verdict.revocation_checked, bool)
    assert_type(verdict.certificate, hcert.VerifiedCertificate | None)
    certificate = assert_type(verifier.verify(text, at=at), hcert.VerifiedCertificate)
    assert_type(certificate.claims, hcert.Claims)
    assert_type(verdict.errors, tuple[hcert.Finding, ...])
    assert_type(verdict.warnings, tuple[hcert.Finding, ...])
    assert_type(words.short(verdict.findings[0], language="en"), str)
    assert_type(words.card(verdict, language="vi").reasons, tuple[str, ...])
    assert_type(words.card(verdict, language="vi").name, str | None)
    assert_type(words.card(verdict, language="vi").lines, tuple[str, ...])
    assert_type(words.message(verdict.findings[0], language="en"), str)


def keep(store: hcert.TrustStore, data: bytes) -> None:
    """The lists of a device."""
    assert_type(store.update(data), lists.StoreUpdate)
    assert_type(store.update_all({"keys.cose": data}), tuple[dict[str, lists.StoreUpdate], dict[str, hcert.HcertError]])
    assert_type(store.verifier(), hcert.Verifier)


def issue(signer: hcert.Signer, record: hcert.CitizenRecord, reader: hcert.TrustedKey, at: dt.datetime) -> None:
    """From record to code."""
    issuer = hcert.Issuer(signer, country="VN", algorithm=hcert.Algorithm.ESP256)
    secret = citizen.Confidential(id_number="001190000123")
    code = assert_type(issuer.issue(record, expires_at=at, confidential={reader: secret}), hcert.Certificate)
    assert_type(code.text, str)
    assert_type(code.cose, bytes)
    assert_type(code.findings, tuple[hcert.Finding, ...])
    assert_type(code.qr(error="Q"), hcert.QrCode)
    many = issuer.issue_many([record], expires_at=at, confidential=[{reader: secret}])
    assert_type(many, list[hcert.Certificate | hcert.IssueError])
    assert_type(issuer.issue_many(iter((record,)), expires_at=at)[0], hcert.Certificate | hcert.IssueError)
    assert_type(issuer.predict(record, expires_at=at).version(error="M"), int | None)


def many(key: hcert.TrustedKey, trust: hcert.TrustList, at: dt.datetime) -> None:
    """Batches; those of Arrow have no types."""
    source: bulk.SignerSource = bulk.LocalKey(key="dsc.key", certificate="dsc.pem", password_variable="PASSWORD")
    plan = bulk.IssuePlan(
        signer=source, kid=key.kid, country="VN", issued_at=at, expires_at=at, picture="png", readers=(key,)
    )
    assert_type(plan.digest, str)
    assert_type(plan.open(), hcert.Issuer)
    next(bulk.issue_batches(plan, []))
    audit = bulk.VerifyPlan(trust=trust, at=at, policy=policy.CompletedSeries())
    assert_type(audit.open(), hcert.Verifier)
    next(bulk.verify_batches(audit, []))
    bulk.VerifyPlan(trust=bulk.StoreLocation(directory="lists", anchors=lists.Anchors((key,), 1)), at=at)
    assert_type(bulk.derive_ids(bytes(32), ["1"], generation=1), list[bytes])
    assert_type(bulk.superseded([]), dict[bytes, int])
    elsewhere: list[bulk.SignerSource] = [bulk.Pkcs11Key("pkcs11:", certificate="dsc.der")]
    assert_type(elsewhere[0].open(), hcert.Signer)


def records(payload: object) -> None:
    """Records and their other forms."""
    assert_type(eu_dcc.from_payload(payload), hcert.EuDcc)
    assert_type(icvp.from_payload(payload), hcert.Icvp)
    overview = hcert.MedicationOverview(name="A", birth_date=citizen.PartialDate(1971), sex="female")
    assert_type(overview.treatment_lines, tuple[medication_overview.TreatmentLine, ...])
    record = assert_type(citizen.from_dict(payload), hcert.CitizenRecord)
    assert_type(citizen.to_eu_dcc(record, 1), hcert.EuDcc)
    card = assert_type(
        clvr.from_citizen(record, registry="VNM", repository=1, indexes={1: 1}).card, hcert.VaccinationCard
    )
    assert_type(clvr.to_citizen(card).record, hcert.CitizenRecord)
    assert_type(clvr.merge([card]).card.doses, tuple[clvr.Dose, ...])
    assert_type(names.transliterate("Nguyễn"), str)
    assert_type(uvci.make_opaque("VN"), str)
    assert_type(identity.parse_personal_code("").full_name, str)


def rules(store: hcert.TrustStore, signer: hcert.Signer, at: dt.datetime) -> None:
    """Rules of countries."""
    made = certlogic.RuleList([{"Identifier": "GR-VN-0001"}], value_sets={"country-2-codes": ["VN"]})
    data = assert_type(made.seal([signer], version=1, issued_at=at, expires_at=at), bytes)
    opened = assert_type(certlogic.RuleList.open(data, anchors=[signer.key], at=at), certlogic.RuleList)
    assert_type([rule.description.words("vi") for rule in opened], list[str])
    assert_type(opened.quarantined, tuple[hcert.Finding, ...])
    assert_type(store.rules(), certlogic.RuleList)
    required = certlogic.CountryRules(store.rules(), country="VN", tolerances=hcert.Tolerances())
    assert_type(store.verifier(policy=required), hcert.Verifier)


def print_codes(trust: hcert.TrustList, text: str, at: dt.datetime) -> None:
    """Codes on paper."""
    revocations = hcert.RevocationList(certificates=[bytes(16)])
    assert_type(paper.sheet(text, trust=trust, language="en", revocations=revocations, zone=dt.UTC, at=at), bytes)
    assert_type(paper.card(text, trust=trust), bytes)
    assert_type(paper.picture(text, trust=trust, revocations="unchecked"), bytes)
    assert_type(paper.book([text], trust=trust, value_sets=hcert.ValueSets.packaged()), bytes)


def jobs(plan: bulk.IssuePlan) -> None:
    """Many rows on one machine."""
    job = assert_type(bulk.Job.create("night", plan, ["rows.parquet"], slice_rows=1, committed=["day"]), bulk.Job)
    assert_type(bulk.Job.open("night").path, Path)
    status = assert_type(bulk.run_local(job, plan, workers=2, on_commit=lambda made: made.codes), bulk.JobStatus)
    assert_type(bulk.run_spark(job, plan, master="local[2]", on_commit=lambda made: made.codes), bulk.JobStatus)
    assert_type(status.complete, bool)
    assert_type(status.codes, dict[str, int])
    assert_type(list(job.outputs()), list[Path])
