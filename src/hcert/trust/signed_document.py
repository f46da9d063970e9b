"""Signed documents: the one envelope for everything a trust operator publishes.

A document is a COSE_Sign over a CWT: kind, version, issue and expiry time, body. It is opened with pinned keys, the
anchors, of which a threshold must have signed. What this guards against:

* a list of yesterday, with a key that was revoked since: a lower version than the one held is refused;
* two lists under one version: refused as equivocation, since one of them was made for somebody in particular;
* a list that is kept from being renewed: it expires;
* one signer who was forced or robbed: one signature is not the threshold, however often it is repeated;
* a list of one kind offered as another: the kind is signed;
* anchors slipped in: the next anchors stand in the content and count only under the present threshold.

Specification: `docs/spec/signed-documents.md`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert.codec import cbor, cose_sign
from hcert.codec.cose_sign import MAX_SIGNATURES, CoseSign, Signature
from hcert.codec.limits import MAX_INTEGER, MAX_SECONDS, MIN_SECONDS
from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.keys.certificate import MAX_CERTIFICATE_BYTES
from hcert.keys.trusted_key import TrustedKey
from hcert.times import format_utc, require_aware
from hcert.tolerances import CLOCK_SKEW
from hcert.trust import document_file
from hcert.trust.anchors import MAX_ANCHORS, Anchors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from mmap import mmap

    from hcert.keys.signers import Signer

# CWT claims (RFC 8392); the last is for private use and holds what makes a document.
_EXPIRES_AT: Final = 4
_ISSUED_AT: Final = 6
_DOCUMENT: Final = -65537
_KIND, _VERSION, _BODY, _NEXT_ANCHORS, _NEXT_THRESHOLD = range(5)

_DEPTH: Final = 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class State:
    """What must be remembered of a document to recognise an older or another one: its version and content.

    Attributes:
        version: rises with each issue.
        digest: SHA-256 of the signed content; signatures may be added without changing it.
    """

    version: int
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an opened document says of itself.

    Attributes:
        kind: what it is.
        state: its version and content, to be handed over as `newer_than` when the next one is opened.
        issued_at, expires_at: aware, in UTC; the bounds count.
        next_anchors: the anchors for documents to come, where it names some.
    """

    kind: str
    state: State
    issued_at: datetime
    expires_at: datetime
    next_anchors: Anchors | None = None


def open_document(
    data: bytes | mmap,
    *,
    kind: str,
    attachment: bool = False,
    anchors: Anchors,
    at: datetime,
    newer_than: State | int | None = None,
    grace: timedelta = timedelta(0),
) -> tuple[Envelope, Any, int]:
    """Open a document.

    Args:
        data: as published.
        kind: what it must be.
        attachment: whether that kind has one.
        anchors: the pinned keys and their threshold.
        at: the time, aware; it may lie up to 300 seconds before the issue, for clocks that are behind.
        newer_than: the state of the document held so far; its version alone shows no equivocation.
        grace: how long after its expiry it is still opened.

    Returns:
        The envelope, the body decoded, and where the document ends and its attachment begins.

    Raises:
        MalformedError: `document.malformed`, `document.too_few_signatures`, `document.kind`, `document.not_yet_valid`,
            `document.expired`, `document.older` or `document.equivocation`.
        ConfigurationError: `time.naive`.
    """
    moment = require_aware(at, name="at")
    document, start = document_file.head(data)
    signed = cose_sign.decode(document)
    count = len(_signers(signed, anchors.keys))
    if count < anchors.threshold:
        raise MalformedError.of("document.too_few_signatures", count=count, threshold=anchors.threshold)
    envelope, body = _read(signed.payload)
    if envelope.kind != kind:
        raise MalformedError.of("document.kind", kind=kind)
    check_time(envelope, moment, grace)
    if newer_than is not None:
        compare(envelope.state, newer_than)
    if (start is not None) is not attachment:
        raise malformed(fragment("document.no_attachment") if attachment else fragment("document.attachment"))
    return envelope, body, start or len(data)


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
    """Write a document and sign it; further signers may be added later by `add_signature`.

    Raises:
        ConfigurationError: `document.version`, `document.times`, `document.signers`, `time.naive`, `document.signature`
            for a signer whose signature does not hold under its key, or `key.unsupported` for one that cannot sign.
    """
    start, end = (_seconds(moment, name) for moment, name in ((issued_at, "issued_at"), (expires_at, "expires_at")))
    if type(version) is not int or not 1 <= version <= MAX_INTEGER:
        raise ConfigurationError.of("document.version")
    if not MIN_SECONDS <= start < end <= MAX_SECONDS:
        raise ConfigurationError.of("document.times")
    content: dict[int, Any] = {_KIND: kind, _VERSION: version, _BODY: body}
    if next_anchors is not None:
        content[_NEXT_ANCHORS] = [[key.kid, key.spki] for key in next_anchors.keys]
        content[_NEXT_THRESHOLD] = next_anchors.threshold
    payload = cbor.encode({_EXPIRES_AT: end, _ISSUED_AT: start, _DOCUMENT: content})
    return _encoded(CoseSign(payload, tuple(_sign(payload, signer) for signer in signers)))


def find_signers(data: bytes, keys: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Return those of the keys that signed a key list, revocation list or delta, in the order given, each once.

    For ceremonies: who has signed, and who is missing. It says nothing of the content, not even whether it can be read.

    Raises:
        MalformedError: `document.malformed`.
    """
    document, _ = document_file.split(data)
    return _signers(cose_sign.decode(document), keys)


def add_signature(data: bytes, signer: Signer) -> bytes:
    """Return a key list, revocation list or delta with one more signature, made wherever that signer's key is kept.

    The signer should look at the document first, opened with the signatures that it has. Signed already, it is returned
    as it is.

    Raises:
        MalformedError: `document.malformed`.
        ConfigurationError: `document.signers`, `document.signature` or `key.unsupported`.
    """
    document, attachment = document_file.split(data)
    signed = cose_sign.decode(document)
    if _signers(signed, (signer.key,)):
        return data
    document = _encoded(CoseSign(signed.payload, (*signed.signatures, _sign(signed.payload, signer))))
    return document if attachment is None else document_file.join(document, attachment)


def _encoded(signed: CoseSign) -> bytes:
    if not 1 <= len(signed.signatures) <= MAX_SIGNATURES:
        raise ConfigurationError.of("document.signers", most=MAX_SIGNATURES)
    return cose_sign.encode(signed)


def _sign(payload: bytes, signer: Signer) -> Signature:
    if signer.key.algorithm is None:
        raise ConfigurationError.of("key.unsupported")
    unsigned = Signature(int(signer.key.algorithm), signer.key.kid, b"")
    covered = unsigned.encode_sig_structure(payload)
    signature = signer.sign(covered)
    if type(signature) is not bytes or not signer.key.verifies(signature, covered):  # from signers of any make
        raise ConfigurationError.of("document.signature")
    return unsigned._replace(signature=signature)


def _signers(signed: CoseSign, keys: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Return the keys that signed, each once, whatever kids it has and however often it signed."""
    held: dict[bytes, TrustedKey] = {}
    for key in keys:
        if key.spki not in held and any(
            part.kid == key.kid
            and part.algorithm == key.algorithm
            and key.verifies(part.signature, part.encode_sig_structure(signed.payload))
            for part in signed.signatures
        ):
            held[key.spki] = key
    return tuple(held.values())


def compare(state: State, held: State | int) -> None:
    """Refuse a document that is older than the one held, or another one of its version.

    Raises:
        MalformedError: `document.older` or `document.equivocation`.
    """
    version = held if isinstance(held, int) else held.version
    if state.version < version:
        raise MalformedError.of("document.older", version=state.version, held=version)
    if isinstance(held, State) and state.version == version and state.digest != held.digest:
        raise MalformedError.of("document.equivocation", version=version)


def _read(payload: bytes) -> tuple[Envelope, Any]:
    """Read what the anchors signed."""
    try:
        claims = cbor.decode(payload, depth=_DEPTH, trusted=True)
    except cbor.CborError as error:
        raise malformed(fragment_of(error)) from None
    if type(claims) is not dict or claims.keys() != {_EXPIRES_AT, _ISSUED_AT, _DOCUMENT}:
        raise malformed(fragment("document.claims"))
    expires_at, issued_at, content = claims[_EXPIRES_AT], claims[_ISSUED_AT], claims[_DOCUMENT]
    if type(expires_at) is not int or type(issued_at) is not int or type(content) is not dict:
        raise malformed(fragment("document.claim_type"))
    if not MIN_SECONDS <= issued_at < expires_at <= MAX_SECONDS:
        raise malformed(fragment("document.times"))
    kind, version = content.get(_KIND), content.get(_VERSION)
    if type(kind) is not str or type(version) is not int or not 1 <= version <= MAX_INTEGER or _BODY not in content:
        raise malformed(fragment("document.members"))
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
            raise ValueError("more than may sign")  # noqa: TRY301 - one way out of all that is wrong
        if {type(part) for pair in pairs for part in pair} == {bytes} and all(is_der(spki) for _, spki in pairs):
            return Anchors(tuple(TrustedKey.from_public_key(spki, kid=kid) for kid, spki in pairs), threshold)
        raise ValueError("other types than byte strings, or PEM")  # noqa: TRY301 - as above
    except (ConfigurationError, TypeError, ValueError):
        raise malformed(fragment("document.next_anchors")) from None


def _seconds(moment: datetime, name: str) -> int:
    return (require_aware(moment, name=name) - _EPOCH) // _SECOND


def is_der(data: bytes) -> bool:
    """Tell whether data looks like DER of a bounded size; documents hold no PEM, which has many ways to write a key."""
    return data.startswith(b"\x30") and len(data) <= MAX_CERTIFICATE_BYTES


def malformed(reason: Fragment) -> MalformedError:
    """Make the error for a document that breaks its specification."""
    return MalformedError.of("document.malformed", reason=reason)
