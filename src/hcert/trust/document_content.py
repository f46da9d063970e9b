"""The content of signed documents: kind, version, times, next anchors and body, as CWT claims.

Specification: `docs/spec/signed-documents.md`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from hcert.codec import cbor
from hcert.codec.limits import MAX_INTEGER, MAX_SECONDS, MIN_SECONDS
from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.keys.certificate import MAX_CERTIFICATE_BYTES
from hcert.keys.trusted_key import TrustedKey
from hcert.times import format_utc, require_aware, to_epoch_seconds
from hcert.tolerances import CLOCK_SKEW
from hcert.trust.anchors import MAX_ANCHORS, Anchors

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


def encode_payload(
    *,
    kind: str,
    version: int,
    issued_at: datetime,
    expires_at: datetime,
    body: Any,
    next_anchors: Anchors | None,
) -> bytes:
    """Encode what the anchors sign.

    Raises:
        ConfigurationError: `document.version`, `document.times` or `time.naive`.
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
    return cbor.encode({_EXPIRES_AT: end, _ISSUED_AT: start, _DOCUMENT: content})


def decode_payload(payload: bytes) -> tuple[Envelope, Any]:
    """Decode what enough anchors have signed: envelope and body.

    Raises:
        MalformedError: `document.malformed`.
    """
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


def check_time(envelope: Envelope, moment: datetime, grace: timedelta) -> None:
    """Refuse a document before its issue and after its expiry.

    Raises:
        MalformedError: `document.not_yet_valid` or `document.expired`.
    """
    if envelope.issued_at - moment > CLOCK_SKEW:
        raise MalformedError.of("document.not_yet_valid", issued_at=format_utc(envelope.issued_at))
    if moment - envelope.expires_at > grace:
        raise MalformedError.of("document.expired", expires_at=format_utc(envelope.expires_at))


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


def _to_seconds(moment: datetime, name: str) -> int:
    return to_epoch_seconds(require_aware(moment, name=name))


def looks_like_der(data: bytes) -> bool:
    """Tell whether data may be a DER SEQUENCE of a bounded size. Documents hold no PEM: it writes one key many ways."""
    return data.startswith(b"\x30") and len(data) <= MAX_CERTIFICATE_BYTES


def malformed_document(reason: Fragment) -> MalformedError:
    """Return the error for a document that violates the specification."""
    return MalformedError.of("document.malformed", reason=reason)
