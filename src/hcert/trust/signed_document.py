"""Signed documents: the one envelope for everything a trust operator publishes.

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

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.codec import cbor, cose_sign
from hcert.codec.cose_sign import MAX_SIGNATURES, Signature, Signed
from hcert.codec.limits import MAX_INTEGER, MAX_SECONDS, MIN_SECONDS
from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.keys.certificate import MAX_CERTIFICATE_BYTES
from hcert.keys.trusted_key import TrustedKey
from hcert.times import format_utc, require_aware, to_epoch_seconds
from hcert.tolerances import CLOCK_SKEW
from hcert.trust import document_file
from hcert.trust.anchors import MAX_ANCHORS, Anchors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from mmap import mmap

    from hcert.keys.signers import Signer

# CWT claims (RFC 8392, section 4); the last one is for private use and holds everything else.
_EXPIRES_AT: Final = 4
_ISSUED_AT: Final = 6
_DOCUMENT: Final = -65537
_KIND, _VERSION, _BODY, _NEXT_ANCHORS, _NEXT_THRESHOLD = range(5)

_DEPTH: Final = 8
STATE_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class State:
    """Version and content of a document: what to remember of it, to detect rollback and equivocation later.

    Attributes:
        version: increases with each issue.
        digest: SHA-256 of the signed content. Adding signatures does not change it.
    """

    version: int
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an opened document says of itself.

    Attributes:
        kind: of the document.
        state: its version and content, to be passed as `newer_than` when the next document is opened.
        issued_at, expires_at: aware, in UTC, both inclusive.
        next_anchors: the anchors of later documents; None where the document names none.
    """

    kind: str
    state: State
    issued_at: datetime
    expires_at: datetime
    next_anchors: Anchors | None = None


class OpenedDocument(NamedTuple):
    """A document that enough anchors have signed.

    Attributes:
        envelope: its kind, version and times.
        body: decoded.
        end: the offset behind the document, where its attachment starts.
    """

    envelope: Envelope
    body: Any
    end: int


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
    signed = cose_sign.split(document)
    count = len(_find_signers(signed, anchors.keys))
    if count < anchors.threshold:
        raise MalformedError.of("document.too_few_signatures", count=count, threshold=anchors.threshold)
    envelope, body = _read_payload(signed.payload)
    if kind is not None and envelope.kind != kind:
        raise MalformedError.of("document.kind", kind=kind)
    check_time(envelope, moment, grace)
    if newer_than is not None:
        refuse_rollback(envelope.state, newer_than)
    if (start is not None) is not attachment:
        raise malformed_document(fragment("document.no_attachment") if attachment else fragment("document.attachment"))
    return OpenedDocument(envelope, body, start or len(data))


def check_time(envelope: Envelope, moment: datetime, grace: timedelta) -> None:
    """Refuse a document before its issue and after its expiry.

    Raises:
        MalformedError: `document.not_yet_valid` or `document.expired`.
    """
    if envelope.issued_at - moment > CLOCK_SKEW:
        raise MalformedError.of("document.not_yet_valid", issued_at=format_utc(envelope.issued_at))
    if moment - envelope.expires_at > grace:
        raise MalformedError.of("document.expired", expires_at=format_utc(envelope.expires_at))


def seal_document(
    signers: Iterable[Signer],
    *,
    kind: str,
    version: int,
    issued_at: datetime,
    expires_at: datetime,
    body: Any,
    next_anchors: Anchors | None = None,
) -> bytes:
    """Write and sign a document; `add_signature` adds more signatures later.

    Raises:
        ConfigurationError: `document.version`, `document.times`, `document.signers`, `time.naive`, `document.signature`
            if a signature does not verify under its signer's key, or `key.unsupported` for a key that cannot sign.
    """
    start, end = (_to_seconds(moment, name) for moment, name in ((issued_at, "issued_at"), (expires_at, "expires_at")))
    if type(version) is not int or not 1 <= version <= MAX_INTEGER:
        raise ConfigurationError.of("document.version")
    if not MIN_SECONDS <= start < end <= MAX_SECONDS:
        raise ConfigurationError.of("document.times")
    content: dict[int, Any] = {_KIND: kind, _VERSION: version, _BODY: body}
    if next_anchors is not None:
        content[_NEXT_ANCHORS] = [[key.kid, key.spki] for key in next_anchors.keys]
        content[_NEXT_THRESHOLD] = next_anchors.threshold
    payload = cbor.encode({_EXPIRES_AT: end, _ISSUED_AT: start, _DOCUMENT: content})
    return _encode(Signed(payload, tuple(_sign(payload, signer) for signer in signers)))


def find_signers(data: bytes, keys: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Return the keys that have signed a key list, revocation list or delta, in the order given, each once.

    For ceremonies: who has signed, and who has not yet. The content is not read.

    Raises:
        MalformedError: `document.malformed`.
    """
    document, _ = document_file.split(data)
    return _find_signers(cose_sign.split(document), keys)


def add_signature(data: bytes, signer: Signer) -> bytes:
    """Return a key list, revocation list or delta with one more signature.

    Signers should open and inspect the document first. One that this signer has signed already is returned unchanged.

    Raises:
        MalformedError: `document.malformed`.
        ConfigurationError: `document.signers`, `document.signature` or `key.unsupported`.
    """
    document, attachment = document_file.split(data)
    signed = cose_sign.split(document)
    if _find_signers(signed, (signer.key,)):
        return data
    document = _encode(Signed(signed.payload, (*signed.signatures, _sign(signed.payload, signer))))
    return document if attachment is None else document_file.join(document, attachment)


def _encode(signed: Signed) -> bytes:
    if not 1 <= len(signed.signatures) <= MAX_SIGNATURES:
        raise ConfigurationError.of("document.signers", most=MAX_SIGNATURES)
    return cose_sign.encode(signed)


def _sign(payload: bytes, signer: Signer) -> Signature:
    if signer.key.algorithm is None:
        raise ConfigurationError.of("key.unsupported")
    unsigned = Signature(int(signer.key.algorithm), signer.key.kid, b"")
    covered = unsigned.covered(payload)
    signature = signer.sign(covered)
    if type(signature) is not bytes or not signer.key.verifies(signature, covered):  # signers may be plug-ins
        raise ConfigurationError.of("document.signature")
    return unsigned._replace(signature=signature)


def _find_signers(signed: Signed, keys: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Return the keys that signed, each once even if it has several kids or signed several times."""
    found: dict[bytes, TrustedKey] = {}
    for key in keys:
        if key.spki not in found and any(
            part.kid == key.kid
            and part.algorithm == key.algorithm
            and key.verifies(part.signature, part.covered(signed.payload))
            for part in signed.signatures
        ):
            found[key.spki] = key
    return tuple(found.values())


def refuse_rollback(state: State, held: State | int) -> None:
    """Refuse a document that is older than the one held, or a different one of the same version.

    Raises:
        MalformedError: `document.older` or `document.equivocation`.
    """
    version = held if isinstance(held, int) else held.version
    if state.version < version:
        raise MalformedError.of("document.older", version=state.version, held=version)
    if isinstance(held, State) and state.version == version and state.digest != held.digest:
        raise MalformedError.of("document.equivocation", version=version)


def _read_payload(payload: bytes) -> tuple[Envelope, Any]:
    """Read what the anchors have signed: envelope and body."""
    try:
        claims = cbor.decode(payload, depth=_DEPTH, trusted=True)
    except cbor.CborError as error:
        raise malformed_document(fragment_of(error)) from None
    if type(claims) is not dict or claims.keys() != {_EXPIRES_AT, _ISSUED_AT, _DOCUMENT}:
        raise malformed_document(fragment("document.claims"))
    expires_at, issued_at, content = claims[_EXPIRES_AT], claims[_ISSUED_AT], claims[_DOCUMENT]
    if type(expires_at) is not int or type(issued_at) is not int or type(content) is not dict:
        raise malformed_document(fragment("document.claim_type"))
    if not MIN_SECONDS <= issued_at < expires_at <= MAX_SECONDS:
        raise malformed_document(fragment("document.times"))
    kind, version = content.get(_KIND), content.get(_VERSION)
    if type(kind) is not str or type(version) is not int or not 1 <= version <= MAX_INTEGER or _BODY not in content:
        raise malformed_document(fragment("document.members"))
    envelope = Envelope(
        kind=kind,
        state=State(version, hashlib.sha256(payload).digest()),
        issued_at=datetime.fromtimestamp(issued_at, UTC),
        expires_at=datetime.fromtimestamp(expires_at, UTC),
        next_anchors=_read_anchors(content) if _NEXT_ANCHORS in content else None,
    )
    return envelope, content[_BODY]


def _read_anchors(content: dict[int, Any]) -> Anchors:
    pairs, threshold = content[_NEXT_ANCHORS], content.get(_NEXT_THRESHOLD, 0)
    try:
        if type(pairs) is not list or len(pairs) > MAX_ANCHORS:
            raise ValueError  # noqa: TRY301 - one way out of all that is wrong
        types = {type(part) for pair in pairs for part in pair}
        if types == {bytes} and all(looks_like_der(spki) for _, spki in pairs):
            return Anchors(tuple(TrustedKey.from_public_key(spki, kid=kid) for kid, spki in pairs), threshold)
        raise ValueError  # noqa: TRY301 - as above
    except (ConfigurationError, TypeError, ValueError):
        raise malformed_document(fragment("document.next_anchors")) from None


def _to_seconds(moment: datetime, name: str) -> int:
    return to_epoch_seconds(require_aware(moment, name=name))


def looks_like_der(data: bytes) -> bool:
    """Tell whether data may be a DER SEQUENCE of a bounded size. Documents hold no PEM: it writes one key many ways."""
    return data.startswith(b"\x30") and len(data) <= MAX_CERTIFICATE_BYTES


def malformed_document(reason: Fragment) -> MalformedError:
    """Return the error for a document that violates the specification."""
    return MalformedError.of("document.malformed", reason=reason)
