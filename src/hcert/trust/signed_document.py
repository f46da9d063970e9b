"""CoseSign documents: the one envelope for everything a trust operator publishes.

A document is a COSE_Sign (RFC 9052, section 4.1) over a CWT (RFC 8392): kind, version, issue and expiry time, body. A
threshold of pinned keys, the anchors, must have signed it. The attacks and what stops them:

* rollback to an older list, in which a key is not revoked yet: a version lower than the one held is refused;
* equivocation, two lists under one version, one of which may target a single device: refused;
* freezing, keeping a device from getting the next list: lists expire;
* one signer coerced or stolen: one signature is below the threshold, however often it is repeated;
* a list of one kind offered as another: the kind is signed;
* foreign anchors: the next anchors are part of the content and need the threshold of the present ones.

Specification: `docs/spec/signed-documents.md`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hcert.codec import cose_sign
from hcert.codec.cose_sign import MAX_SIGNATURES, CoseSign, Signature
from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import fragment
from hcert.keys.algorithms import may_name
from hcert.times import require_aware
from hcert.trust import document_file
from hcert.trust.document_content import (
    OpenedDocument,
    check_time,
    decode_payload,
    encode_payload,
    malformed_document,
    refuse_rollback,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from mmap import mmap

    from hcert.keys.signers import Signer
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.anchors import Anchors
    from hcert.trust.document_content import State


def open_document(
    data: bytes | mmap,
    *,
    kind: str | None,
    attachment: bool = False,
    anchors: Anchors,
    at: datetime,
    newer_than: State | int | None = None,
    grace: timedelta = timedelta(0),
) -> OpenedDocument:
    """Open a document; nothing in it is read before enough anchors have signed it.

    Args:
        data: as published.
        kind: the expected kind; None for any.
        attachment: whether that kind has an attachment.
        anchors: the pinned keys and their threshold.
        at: the time, aware; it may be up to 300 seconds before the issue, for clocks that are behind.
        newer_than: the state of the document held so far; a version alone cannot reveal equivocation.
        grace: how long after its expiry it is still opened.

    Raises:
        MalformedError: `document.malformed`, `document.too_few_signatures`, `document.kind`, `document.not_yet_valid`,
            `document.expired`, `document.older` or `document.equivocation`.
        ConfigurationError: `time.naive`.
    """
    moment = require_aware(at, name="at")
    document, start = document_file.find_attachment(data)
    signed = cose_sign.decode(document)
    count = len(_find_signers(signed, anchors.keys))
    if count < anchors.threshold:
        raise MalformedError.of("document.too_few_signatures", count=count, threshold=anchors.threshold)
    envelope, body = decode_payload(signed.payload)
    if kind is not None and envelope.kind != kind:
        raise MalformedError.of("document.kind", kind=kind)
    check_time(envelope, moment, grace)
    if newer_than is not None:
        refuse_rollback(envelope.state, newer_than)
    if (start is not None) is not attachment:
        raise malformed_document(fragment("document.no_attachment") if attachment else fragment("document.attachment"))
    return OpenedDocument(envelope, body, start or len(data))


def seal_document(
    signers: Iterable[Signer],
    *,
    kind: str,
    version: int,
    issued_at: datetime,
    expires_at: datetime,
    body: Any,
    next_anchors: Anchors | None = None,
    attachment: bytes | None = None,
) -> bytes:
    """Write and sign a document; `add_signature` adds more signatures later.

    Raises:
        ConfigurationError: `document.version`, `document.times`, `document.signers`, `time.naive`, `document.signature`
            if a signature does not verify under its signer's key, or `key.unsupported` for a key that cannot sign.
    """
    payload = encode_payload(
        kind=kind,
        version=version,
        issued_at=issued_at,
        expires_at=expires_at,
        body=body,
        next_anchors=next_anchors,
    )
    document = _encode(CoseSign(payload, tuple(_sign(payload, signer) for signer in signers)))
    return document if attachment is None else document_file.join(document, attachment)


def find_signers(data: bytes, keys: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Return the keys that have signed a list of any kind, in the order given, each once.

    For ceremonies: who has signed, and who has not yet. The content is not read.

    Raises:
        MalformedError: `document.malformed`.
    """
    document, _ = document_file.split(data)
    return _find_signers(cose_sign.decode(document), keys)


def add_signature(data: bytes, signer: Signer) -> bytes:
    """Return a signed list of any kind with one more signature.

    Signers should open and inspect the document first. One that this signer has signed already is returned unchanged.

    Raises:
        MalformedError: `document.malformed`.
        ConfigurationError: `document.signers`, `document.signature` or `key.unsupported`.
    """
    document, attachment = document_file.split(data)
    signed = cose_sign.decode(document)
    if _find_signers(signed, (signer.key,)):
        return data
    document = _encode(CoseSign(signed.payload, (*signed.signatures, _sign(signed.payload, signer))))
    return document if attachment is None else document_file.join(document, attachment)


def _encode(signed: CoseSign) -> bytes:
    if not 1 <= len(signed.signatures) <= MAX_SIGNATURES:
        raise ConfigurationError.of("document.signers", most=MAX_SIGNATURES)
    return cose_sign.encode(signed)


def _sign(payload: bytes, signer: Signer) -> Signature:
    if signer.key.algorithm is None:
        raise ConfigurationError.of("key.unsupported")
    unsigned = Signature(int(signer.key.algorithm), signer.key.kid, b"")
    covered = unsigned.encode_sig_structure(payload)
    signature = signer.sign(covered)
    if type(signature) is not bytes or not signer.key.verifies(signature, covered):  # signers may be plug-ins
        raise ConfigurationError.of("document.signature")
    return unsigned._replace(signature=signature)


def _find_signers(signed: CoseSign, keys: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Return the keys that signed, each once even if it has several kids or signed several times."""
    found: dict[bytes, TrustedKey] = {}
    for key in keys:
        if key.spki not in found and any(
            part.kid == key.kid
            and may_name(part.algorithm, key.algorithm)
            and key.verifies(part.signature, part.encode_sig_structure(signed.payload))
            for part in signed.signatures
        ):
            found[key.spki] = key
    return tuple(found.values())
