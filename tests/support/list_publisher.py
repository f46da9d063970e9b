"""A small publisher in memory: anchors with their private keys, and lists signed by as many of them as asked."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING, Any

import cbor2

import hcert
from hcert import certlogic, lists
from hcert.codec import cose_sign
from hcert.codec.cose_sign import CoseSign, Signature
from support.signers import NOW, document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.signers import DocumentSigner

DAY = dt.timedelta(days=1)
LIST_EXPIRY = NOW + 30 * DAY


@cache
def anchor(number: int) -> DocumentSigner:
    """Return one of the publisher's anchors, the same whenever it is asked for."""
    assert number >= 0
    return document_signer(p256())


def keys_of(*numbers: int) -> list[hcert.TrustedKey]:
    """Return anchors as verifiers pin them."""
    return [anchor(number).key for number in numbers]


def publish(
    content: hcert.TrustList | hcert.RevocationList | certlogic.RuleList,
    *,
    by: Sequence[int] = (0, 1),
    version: int = 1,
    issued_at: dt.datetime = NOW,
    expires_at: dt.datetime = LIST_EXPIRY,
    **more: Any,
) -> bytes:
    """Sign a list."""
    signers = [anchor(number).signer for number in by]
    return content.seal(signers, version=version, issued_at=issued_at, expires_at=expires_at, **more)


def publish_delta(
    content: hcert.RevocationList,
    base: hcert.RevocationList,
    *,
    by: Sequence[int] = (0, 1),
    version: int = 2,
) -> bytes:
    """Sign what leads from one revocation list to another."""
    signers = [anchor(number).signer for number in by]
    return content.seal_delta(signers, base=base, version=version, issued_at=NOW, expires_at=LIST_EXPIRY)


def pins(*numbers: int, threshold: int = 2, at: dt.datetime = NOW + DAY) -> dict[str, Any]:
    """Return what a verifier opens lists with: anchors 0, 1 and 2 of which two must have signed, or as given."""
    return {"anchors": keys_of(*(numbers or (0, 1, 2))), "threshold": threshold, "at": at}


def anchors(*numbers: int, threshold: int = 2) -> lists.Anchors:
    """Return the anchors to come."""
    return lists.Anchors(tuple(keys_of(*numbers)), threshold)


def sealed_claims(claims: object) -> bytes:
    """Sign any claims at all with two anchors."""
    payload = claims if isinstance(claims, bytes) else cbor2.dumps(claims)
    parts = []
    for number in (0, 1):
        unsigned = Signature(-7, anchor(number).key.kid, b"")
        parts.append(unsigned._replace(signature=anchor(number).signer.sign(unsigned.encode_sig_structure(payload))))
    return cose_sign.encode(CoseSign(payload, tuple(parts)))
