"""Readers of sealed parts, records sealed for them, and payloads with one member changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import x25519

import hcert
from hcert import citizen
from hcert.keys.usage import OPEN_ONLY
from hcert.records.citizen import decode, encode, sealed
from hcert.records.record_struct import Origin
from support.citizen_records import CERTIFICATE_ID
from support.signers import EXPIRY, NOW, document_signer, p256, pem_of, spki_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = Origin("VN", b"k")
PHONE = citizen.Confidential(phone="0900000001")
SIGNER = document_signer(p256())


def make_reader(**options: Any) -> hcert.ReaderKey:
    """Make a group of readers with a new key."""
    private_key = x25519.X25519PrivateKey.generate()
    key = hcert.TrustedKey.from_public_key(spki_of(private_key), usages=OPEN_ONLY, **options)
    return hcert.ReaderKey.from_pem(pem_of(private_key), key=key)


POLICE, STRANGER = make_reader(kid=b"police"), make_reader(kid=b"stranger")


def seal(*readers: hcert.TrustedKey, content: citizen.Confidential = PHONE) -> sealed.Sealed:
    """Seal for readers."""
    return sealed.seal_for(dict.fromkeys(readers, content), certificate_id=CERTIFICATE_ID, origin=ORIGIN)


def issue_sealed(
    record: hcert.CitizenRecord,
    confidential: Mapping[hcert.TrustedKey, citizen.Confidential] | None = None,
    *,
    country: str = "VN",
) -> str:
    """Issue a record with a sealed part, and return the text of its code."""
    issuer = hcert.Issuer(SIGNER.signer, country=country)
    return issuer.issue(record, issued_at=NOW, expires_at=EXPIRY, confidential=confidential).text


def sealed_part(**changes: Any) -> list[Any]:
    """Return a sealed part of a payload, changed."""
    members: dict[str, Any] = {"protected": cbor2.dumps({1: 41, 4: b"kid"}), "key": bytes(32), "text": bytes(80)}
    members |= changes
    return [members["protected"], members.get("unprotected", {-4: members["key"]}), members["text"]]


def change_payload(
    record: hcert.CitizenRecord, path: tuple[Any, ...], value: Any, *, version: tuple[int, int] = (1, 0)
) -> dict[Any, Any]:
    """Return the payload of a record with one member replaced, or added."""
    payload: dict[Any, Any] = cbor2.loads(cbor2.dumps(encode.to_wire(record)))
    payload[0] = list(version)
    holder: Any = payload
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return payload


def reasons_of_payload(payload: Any) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Decode a payload; return code, place and details of each finding."""
    _, found = decode.decode(payload, ORIGIN)
    return [(one.code, one.record, dict(one.details)) for one in found]
