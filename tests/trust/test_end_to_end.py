"""The whole way of a list: imported, sealed again, published to files, opened by a fresh process, revoked from."""

from __future__ import annotations

import base64
import datetime as dt
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import lists
from support.list_publisher import anchor, pins, publish

if TYPE_CHECKING:
    from pathlib import Path

START = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)

# What a scanner app does when it starts, in a process that has seen nothing but files.
SCANNER = """
import datetime as dt, json, sys
from pathlib import Path
import hcert

folder = Path(sys.argv[1])
anchors = [hcert.TrustedKey.from_certificate(path.read_bytes()) for path in sorted(folder.glob("anchor*.der"))]
pins = {"anchors": anchors, "threshold": 2, "at": dt.datetime(2021, 1, 2, tzinfo=dt.UTC)}
trust = hcert.TrustList.open((folder / "keys.cose").read_bytes(), **pins)
revocations = hcert.RevocationList.open(folder / "revocations.bin", **pins)
if (folder / "delta.cose").exists():
    revocations = revocations.apply_delta((folder / "delta.cose").read_bytes(), **pins)
verifier = hcert.Verifier(trust, revocations=revocations)
found = {}
for case in json.loads((folder / "cases.json").read_text()):
    verdict = verifier.check(case["text"], at=dt.datetime.fromisoformat(case["clock"]))
    record = verdict.certificate and verdict.certificate.record
    found[case["id"]] = {
        "signed": verdict.certificate is not None,
        "accepted": verdict.accepted,
        "codes": [one.code for one in verdict.findings],
        "identifiers": [event.certificate_id for event in record.events] if isinstance(record, hcert.EuDcc) else [],
    }
print(json.dumps(found))
"""


def scan(folder: Path) -> dict[str, Any]:
    """Start a scanner and return what it says of each case."""
    command = [sys.executable, "-c", SCANNER, str(folder)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own interpreter
    verdicts: dict[str, Any] = json.loads(run.stdout)
    return verdicts


def clock_of(case: dict[str, Any]) -> str:
    """Return the time at which a case is to be checked; some name no zone."""
    moment = dt.datetime.fromisoformat(case["clock"] or "2021-06-01T00:00:00Z")
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).isoformat()


@pytest.mark.slow
@pytest.mark.process
def test_public_certificates_verify_under_an_imported_list_until_revoked(shared: Path, tmp_path: Path) -> None:
    """One key and one certificate are revoked by a later delta; all others verify as before."""
    lines = (shared / "testdata" / "eu-dcc" / "cases.jsonl").read_text("utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case["text"] and case["certificate"] and not case["kid"]]
    gateway = [
        {
            "kid": base64.b64encode(hcert.TrustedKey.from_certificate(der).kid).decode(),
            "country": "EU",
            "certificateType": "DSC",
            "rawData": base64.b64encode(der).decode(),
        }
        for der in {base64.b64decode(case["certificate"]) for case in cases}
    ]
    imported = lists.import_gateway(json.dumps(gateway).encode())
    assert imported.quarantined == ()
    (tmp_path / "keys.cose").write_bytes(publish(imported.trust, issued_at=START, expires_at=END))
    full = publish(hcert.RevocationList(), issued_at=START, expires_at=END)
    (tmp_path / "revocations.bin").write_bytes(full)
    for number in (0, 1, 2):
        (tmp_path / f"anchor{number}.der").write_bytes(anchor(number).certificate)
    (tmp_path / "cases.json").write_text(json.dumps([{**case, "clock": clock_of(case)} for case in cases]))

    before = scan(tmp_path)
    signed = {name for name in before if before[name]["signed"]}
    accepted = {name for name in before if before[name]["accepted"]}
    assert len(signed) > 200
    assert len(accepted) > 100

    chosen = {case["id"]: case for case in cases}
    by_key: dict[bytes, set[str]] = {}
    trust = hcert.TrustList.open((tmp_path / "keys.cose").read_bytes(), **pins(at=START))
    for name in accepted:
        der = base64.b64decode(chosen[name]["certificate"])
        by_key.setdefault(hcert.TrustedKey.from_certificate(der).spki, set()).add(name)
    spki, under_key = max(by_key.items(), key=lambda item: (len(item[1]), item[0]))
    (key,) = {one.spki: one for one in trust if one.spki == spki}.values()
    single = min(accepted - under_key)
    uci = before[single]["identifiers"][0]
    sharing = {name for name in accepted if uci in before[name]["identifiers"]}

    base = hcert.RevocationList.open(full, **pins(at=START))
    news = hcert.RevocationList(keys=[key], uci_hashes=[lists.uci_hash(uci)])
    signers = [anchor(number).signer for number in (0, 1)]
    delta = news.seal_delta(signers, base=base, version=2, issued_at=START, expires_at=END)
    (tmp_path / "delta.cose").write_bytes(delta)

    after = scan(tmp_path)
    assert {name for name in accepted if not after[name]["accepted"]} == under_key | sharing
    assert all("revocation.key" in after[name]["codes"] for name in under_key)
    assert all("revocation.certificate" in after[name]["codes"] for name in sharing)
    for name in before:
        news_of = set(after[name]["codes"]) - set(before[name]["codes"])
        assert news_of <= {"revocation.key", "revocation.certificate"}
        assert after[name]["signed"] == before[name]["signed"]
