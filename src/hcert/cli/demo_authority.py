"""The files of `hcert demo`: keys, certificates, records, codes and lists of an authority that does not exist."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

import hcert
from hcert import citizen, eu_dcc, icvp, lists
from hcert.cli import certificates, demo_records
from hcert.cli.inputs import MAX_KEY, read_file

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

PASSWORD: Final = "secret"  # noqa: S105 - of a key that belongs to nobody
AGE: Final = timedelta(days=90)  # of the certificates, so that codes of the past can be shown
_YEAR: Final = timedelta(days=365)
_READERS: Final = ("clinic", "other")
_ANCHORS: Final = (1, 2, 3)


def make_authority(now: datetime) -> dict[str, bytes]:
    """Return all files of a fictional authority by name, dated so that everything is current now."""
    files = _make_keys(now - AGE) | {"people.csv": demo_records.people_csv(now).encode()}
    files["value-sets.json"] = _to_json(demo_records.value_sets(now))
    signer = hcert.LocalSigner.from_pem(files["dsc.key"], certificate=files["dsc.pem"])
    issuer = hcert.Issuer(signer, country="VN")
    clinic = hcert.TrustedKey.from_public_key(files["clinic.pub"], usages=frozenset({hcert.Usage.OPEN}))
    files |= _make_certificates(issuer, clinic, now)
    revoked = demo_records.vaccination(now)
    files |= _make_code("revoked", issuer.issue(eu_dcc.from_payload(revoked), expires_at=now + _YEAR))
    return files | _make_lists(files, clinic, revoked["v"][0]["ci"], now)


def _make_keys(begin: datetime) -> dict[str, bytes]:
    """Return the keys and certificates."""
    csca, dsc = (certificates.make_signing_key("ES256") for _ in range(2))
    authority = certificates.make_csca_certificate(
        csca, certificates.make_subject("VN", "Fictional Health Authority"), now=begin, days=certificates.CSCA_DAYS
    )
    certificate = certificates.make_dsc_certificate(
        dsc.public_key(),
        certificates.make_subject("VN", "Fictional Document Signer 1"),
        authority=authority,
        authority_key=csca,
        usages=(),
        now=begin,
        days=certificates.DSC_DAYS,
    ).public_bytes(Encoding.PEM)
    files = {
        "csca.key": certificates.encode_private_key(csca, None),
        "csca.pem": authority.public_bytes(Encoding.PEM),
        "dsc.key": certificates.encode_private_key(dsc, None),
        "dsc.pem": certificate,
        "dsc.pub": certificates.encode_public_key(dsc.public_key()),
        "trust/dsc.pem": certificate,
        "locked.key": certificates.encode_private_key(dsc, PASSWORD.encode()),
        "password": f"{PASSWORD}\n".encode(),
    }
    pairs: dict[str, PrivateKeyTypes] = {name: certificates.make_reader_key() for name in _READERS}
    pairs |= {f"anchor{number}": certificates.make_signing_key("ES256") for number in _ANCHORS}
    for name, key in pairs.items():
        files[f"{name}.key"] = certificates.encode_private_key(key, None)
        files[f"{name}.pub"] = certificates.encode_public_key(key.public_key())
    return files


def _make_certificates(issuer: hcert.Issuer, clinic: hcert.TrustedKey, now: datetime) -> dict[str, bytes]:
    """Return records as JSON, and their codes."""
    secret, members = demo_records.confidential(), demo_records.citizen_record(now)
    files = {"citizen.json": _to_json(members), "secret.json": _to_json(secret)}
    sealed = {clinic: citizen.confidential_from_dict(secret)}
    until = now + _YEAR
    files |= _make_code("citizen", issuer.issue(citizen.from_dict(members), expires_at=until, confidential=sealed))
    payloads = {
        "record": ("code", demo_records.vaccination(now)),
        "test": ("test", demo_records.test(now)),
        "recovery": ("recovery", demo_records.recovery(now)),
    }
    for record, (name, payload) in payloads.items():
        files[f"{record}.json"] = _to_json(payload)
        files |= _make_code(name, issuer.issue(eu_dcc.from_payload(payload), expires_at=until))
    payload = demo_records.icvp_payload(now)
    files["icvp.json"] = _to_json(payload)
    files |= _make_code("icvp", issuer.issue(icvp.from_payload(payload), expires_at=until))
    past = now - AGE / 2
    old = eu_dcc.from_payload(demo_records.vaccination(past))
    expired = issuer.issue(old, issued_at=past, expires_at=now - timedelta(days=1))
    return files | _make_code("expired", expired)


def _make_lists(files: dict[str, bytes], clinic: hcert.TrustedKey, revoked: str, now: datetime) -> dict[str, bytes]:
    """Return the signed lists: keys, an empty revocation list, and a delta to it that revokes one code."""
    anchors = [hcert.TrustedKey.from_public_key(files[f"anchor{number}.pub"]) for number in (1, 2)]
    signers = [
        hcert.LocalSigner.from_pem(files[f"anchor{number}.key"], certificate=anchor)
        for number, anchor in enumerate(anchors, 1)
    ]
    month: dict[str, Any] = {"issued_at": now, "expires_at": now + timedelta(days=30)}
    keys = hcert.TrustList([hcert.TrustedKey.from_certificate(files["dsc.pem"]), clinic])
    full = hcert.RevocationList().seal(signers, version=1, **month)
    base = hcert.RevocationList.open(full, anchors=anchors, at=now)
    goal = hcert.RevocationList(uci_hashes=[lists.uci_hash(revoked)])
    return {
        "keys.cose": keys.seal(signers, version=1, **month),
        "full.bin": full,
        "delta.cose": goal.seal_delta(signers, base=base, version=2, **month),
    }


def _make_code(name: str, code: hcert.Certificate) -> dict[str, bytes]:
    """Return a code in every form in which people have one."""
    return {f"{name}.txt": code.text.encode(), f"{name}.cose": code.cose, f"{name}.png": _draw(code)}


def _draw(code: hcert.Certificate) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "code.png"
        code.qr(error="Q").save(path)
        return read_file(path, MAX_KEY)


def _to_json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
