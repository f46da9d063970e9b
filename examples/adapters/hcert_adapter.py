#!/usr/bin/env python3
"""hcert as `hcert assess` runs it: one case a line on standard input, one verdict a line on standard output."""

from __future__ import annotations

import base64
import datetime as dt
import json
import sys
from typing import Any, Literal

import hcert
from hcert import lists


def key_of(data: str, **more: Any) -> hcert.TrustedKey:
    """Load a bare public key."""
    return hcert.TrustedKey.from_public_key(base64.b64decode(data), **more)


def trust_list(trust: dict[str, Any], at: dt.datetime) -> hcert.TrustList:
    """Load local pins, or open a signed list of any age; the verdict says if it has expired."""
    if "keys" in trust:
        keys = []
        for one in trust["keys"]:
            kid = base64.b64decode(one["kid"])
            if "certificate" in one:
                keys.append(hcert.TrustedKey.from_certificate(base64.b64decode(one["certificate"]), kid=kid))
            else:
                keys.append(key_of(one["public_key"], kid=kid))
        return hcert.TrustList(keys)
    held = trust.get("held")
    state = lists.State(held["version"], bytes.fromhex(held["digest"])) if held else None
    return hcert.TrustList.open(base64.b64decode(trust["list"]), **pins(trust, at), newer_than=state)


def pins(signed: dict[str, Any], at: dt.datetime) -> dict[str, Any]:
    """Return what a signed list is opened with."""
    anchors = [key_of(anchor) for anchor in signed["anchors"]]
    return {"anchors": anchors, "threshold": signed["threshold"], "at": at, "grace": dt.timedelta.max}


def revocations(revoked: dict[str, Any] | None, at: dt.datetime) -> hcert.RevocationList | Literal["unchecked"] | None:
    """Make or open a revocation list. A case without one is not about revocation."""
    if revoked is None:
        return "unchecked"
    if "missing" in revoked:
        return None
    if "list" in revoked:
        opened = hcert.RevocationList.open(base64.b64decode(revoked["list"]), **pins(revoked, at))
        for delta in revoked.get("deltas", ()):
            opened = opened.apply_delta(base64.b64decode(delta), **pins(revoked, at))
        return opened
    hashes = {
        name: map(bytes.fromhex, revoked.get(name, ()))
        for name in ("uci_hashes", "country_uci_hashes", "signature_hashes", "certificates")
    }
    superseded = {bytes.fromhex(name): least for name, least in revoked.get("superseded", {}).items()}
    keys = map(key_of, revoked.get("keys", ()))
    return hcert.RevocationList(**hashes, entries=revoked.get("entries", ()), keys=keys, superseded=superseded)


def opened(verdict: hcert.Verdict, reader_key: str) -> Any:
    """Return what the sealed part holds for a reader, or the code of the error."""
    record = verdict.certificate and verdict.certificate.record
    if not isinstance(record, hcert.CitizenRecord) or record.sealed is None:
        return None
    try:
        content = record.sealed.open(hcert.ReaderKey.from_pem(reader_key))
    except hcert.HcertError as error:
        return error.code
    names = ("id_number", "former_id_number", "insurance_number", "phone", "lot_numbers", "notes")
    return {name: getattr(content, name) for name in names if getattr(content, name)}


def check(case: dict[str, Any]) -> hcert.Verdict:
    """Check the code of a case under its lists."""
    at = dt.datetime.fromisoformat(case["clock"])
    trust, revoked = trust_list(case["trust"], at), revocations(case.get("revocations"), at)
    tolerances = hcert.Tolerances(list_grace=dt.timedelta(seconds=case["trust"].get("grace_seconds", 0)))
    return hcert.Verifier(trust, revocations=revoked, tolerances=tolerances).check(case["text"], at=at)


def verdict_on(case: dict[str, Any]) -> dict[str, Any]:
    """Judge one case."""
    try:
        verdict = check(case)
    except hcert.MalformedError as error:  # the list cannot be trusted
        return {"accepted": False, "codes": [error.code]}
    answer: dict[str, Any] = {"accepted": verdict.accepted, "codes": [found.code for found in verdict.findings]}
    if "reader_key" in case:
        answer["opened"] = opened(verdict, case["reader_key"])
    return answer


def main() -> None:
    """Answer each line."""
    for line in sys.stdin:
        print(json.dumps(verdict_on(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
