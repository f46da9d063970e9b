"""The issuer: record, claims, COSE_Sign1, zlib, Base45, `HC1:`; and a look at its own work before it leaves.

pycose lays out the message; the signature comes from a `Signer`, and pycose never sees a private key. What comes out is
then read back by the very code that verifies, under the signer's public key: an HSM that signs with another key than
its certificate names, or a library that one day lays out bytes differently, stops the issuing and not the holder at a
gate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pycose.algorithms import Es256, Ps256
from pycose.headers import KID
from pycose.headers import Algorithm as AlgorithmHeader
from pycose.messages.sign1message import Sign1Message

from hcert.checks.content import check_content
from hcert.checks.validity import key_status_findings
from hcert.codec import cose_sign1, cwt, hc1
from hcert.codec.limits import Limits
from hcert.codec.zlib_stream import MAX_TAIL_BYTES, deflate
from hcert.errors import ConfigurationError, IssueError, MalformedError
from hcert.findings import Finding, finding
from hcert.fragments import fragment
from hcert.issue import capacity
from hcert.issue.capacity import CodeSize
from hcert.issue.certificate import Certificate
from hcert.keys.algorithms import Algorithm
from hcert.keys.trusted_key import Status
from hcert.records.kinds import KINDS, issuable_kind
from hcert.records.record_struct import Origin
from hcert.records.signable import refusals
from hcert.records.value_sets import COUNTRY, ValueSets
from hcert.times import aware_or_now, format_utc, require_aware
from hcert.tolerances import Tolerances

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.codec.zlib_stream import UnfinishedStream
    from hcert.issue.symbol import ErrorLevel
    from hcert.keys.signers import Signer
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.kind import Content
    from hcert.records.kinds import Issuable
    from hcert.trust.revocation_list import RevocationList

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LIMITS: Final = Limits()
_TOLERANCES: Final = Tolerances()
_ISSUABLE_WARNINGS: Final = frozenset({"claims.other_country", "revocation.list_stale"})
_COUNTRY: Final = re.compile("[A-Z]{2}")
_COSE_ALGORITHM: Final = {Algorithm.ES256: Es256, Algorithm.PS256: Ps256}


class Issuer:
    """Issues certificates in the name of one country with one signer.

    Args:
        signer: holds the private key, in memory or in an HSM.
        country: issuer claim, ISO 3166-1 alpha-2.
        revocations: what has been revoked; a certificate that it names is not issued again, and with a list that is
            missing nothing is issued. None to look nothing up.
        value_sets: the codes that may be issued; those of the package where None.

    Raises:
        ConfigurationError: `issue.country`, `key.unsupported` for a key that cannot sign certificates,
            or `key.ca` for one whose certificate is that of an authority.
    """

    def __init__(
        self,
        signer: Signer,
        *,
        country: str,
        revocations: RevocationList | None = None,
        value_sets: ValueSets | None = None,
    ) -> None:
        known = value_sets or ValueSets.packaged()
        if not _COUNTRY.fullmatch(country) or country not in known.in_use[COUNTRY]:
            raise ConfigurationError.of("issue.country")
        if signer.key.algorithm is None:
            raise ConfigurationError.of("key.unsupported")
        if signer.key.is_ca:
            raise ConfigurationError.of("key.ca")
        self._signer = signer
        self._revocations = revocations
        self._value_sets = known
        self._origin = Origin(country, signer.key.kid)
        self._headers = {AlgorithmHeader: _COSE_ALGORITHM[signer.key.algorithm], KID: signer.key.kid}
        self._protected = bytes(Sign1Message(phdr=self._headers).phdr_encoded)
        self._no_signature = bytes(signer.key.signature_bytes)

    def issue(
        self,
        record: Issuable,
        *,
        expires_at: datetime,
        issued_at: datetime | None = None,
        confidential: Content | None = None,
        error: ErrorLevel = "L",
    ) -> Certificate:
        """Sign a record.

        Args:
            record: what to certify; every rule of its kind is enforced.
            expires_at: last moment at which the certificate may be relied on, aware, cut to the second.
            issued_at: aware, cut to the second; the present where None.
            confidential: what to seal into a citizen record, for each group of readers; it replaces the sealed part
                that the record has.
            error: QR error correction level at which the code must fit one QR code.

        Raises:
            IssueError: with every reason, `record.*`, `issue.*`, `sealed.*` or `usage.not_allowed`; nothing was signed.
            MalformedError: `sealed.*` or `record.*`, for what cannot be sealed.
            ConfigurationError: `time.naive`, `sealed.reader_key` or `qr.error_level`.
        """
        draft = self._draft(record, confidential, issued_at, expires_at)
        head, stream = self._laid_out(draft)
        kind = issuable_kind(record)
        capacity.check_fit(
            hc1.predict_length(stream),
            entries=1 if kind.latest is None else len(kind.places(record)),
            length_with=lambda count: self._length_with_latest(record, confidential, count, draft.claims),
            error=error,
        )
        signature = self._signer.sign(cose_sign1.encode_sig_structure(self._protected, draft.content))
        if type(signature) is not bytes:  # from signers without types
            raise IssueError.of("issue.self_check", reason=fragment("self_check.no_bytes"))
        message = head + signature
        text = hc1.encode_stream(stream.finish(message[-stream.tail_bytes :]))
        _read_back(text, self._signer.key, expected=cwt.ClaimSet(draft.claims, {draft.number: draft.payload}, ()))
        return Certificate(text=text, cose=message, identifier=kind.identifier(record), findings=draft.findings)

    def predict(
        self,
        record: Issuable,
        *,
        expires_at: datetime,
        issued_at: datetime | None = None,
        confidential: Content | None = None,
    ) -> CodeSize:
        """Return how large the code of a record will be, exact for the same times, without signing; else as `issue`."""
        draft = self._draft(record, confidential, issued_at, expires_at)
        return CodeSize(self._text_length(draft))

    def _seal(self, record: Issuable, confidential: Content | None) -> Issuable:
        if confidential is None:
            return record
        seal = issuable_kind(record).seal
        if seal is None:
            raise IssueError.of("sealed.no_place")
        if not confidential:
            raise MalformedError.of("sealed.nothing")
        sealed: Issuable = seal(record, confidential, self._origin, self._value_sets)
        return sealed

    def _encode(self, record: Issuable) -> Any:
        encode = issuable_kind(record).encode
        return None if encode is None else encode(record, self._origin, self._value_sets)

    def _draft(
        self,
        record: Issuable,
        confidential: Content | None,
        issued_at: datetime | None,
        expires_at: datetime,
    ) -> _Draft:
        """Lay out everything but the signature, or raise with all that keeps the record from being issued."""
        start = _whole_second(aware_or_now(issued_at, name="issued_at"), name="issued_at")
        end = _whole_second(require_aware(expires_at, name="expires_at"), name="expires_at")
        readers = [found for reader in confidential or () for found in _reader_faults(reader, start)]
        if readers:
            raise IssueError(*readers)
        kind = issuable_kind(record)
        payload = self._encode(self._seal(record, confidential))
        claims = cwt.Claims(self._origin.issuer, start, end)
        key = self._signer.key
        if times := list(_time_faults(start, end, key)):
            raise IssueError(*times)
        content = check_content(
            cwt.ClaimSet(claims, {kind.number: payload}, ()),
            key,
            start,
            signature=None,
            revocations=self._revocations,
            revocation_due=self._revocations is not None and self._revocations.is_missing,
            tolerances=_TOLERANCES,
            value_sets=self._value_sets,
        )
        found = [*key_status_findings(key), *content.findings]
        faults = refusals(found, issuable_warnings=kind.issuable_warnings | _ISSUABLE_WARNINGS)
        if faults:
            raise IssueError(*faults)
        return self._drafted(claims, kind.number, payload, tuple(found))

    def _drafted(self, claims: cwt.Claims, number: int, payload: Any, findings: tuple[Finding, ...]) -> _Draft:
        content = cwt.encode(claims, subclaim=number, payload=payload)
        random_bytes = KINDS[number].random_bytes(payload, content)
        return _Draft(claims, number, payload, content, random_bytes, self._headers, findings)

    def _laid_out(self, draft: _Draft) -> tuple[bytes, UnfinishedStream]:
        """Return the message up to its signature, and the zlib stream up to what is random in it."""
        place = len(self._no_signature)
        message = draft.signed(self._no_signature)
        awaited = min(draft.random_bytes + place, MAX_TAIL_BYTES)
        return message[:-place], deflate(message[:-awaited], tail_bytes=awaited)

    def _text_length(self, draft: _Draft) -> int:
        _, stream = self._laid_out(draft)
        return hc1.predict_length(stream)

    def _length_with_latest(
        self, record: Issuable, confidential: Content | None, count: int, claims: cwt.Claims
    ) -> int:
        """Return the length with only `count` entries, of which fewer lot numbers would be sealed."""
        kind = issuable_kind(record)
        if kind.latest is None:
            raise AssertionError("a kind that cannot be cut has no entries to drop")
        shorter, content = kind.latest(record, confidential, count)
        payload = self._encode(self._seal(shorter, content))
        return self._text_length(self._drafted(claims, kind.number, payload, ()))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message in the making: everything but the signature. COSE_Sign1 under tag 18, alg and kid protected."""

    claims: cwt.Claims
    number: int
    payload: Any
    content: bytes
    random_bytes: int
    headers: dict[Any, Any]
    findings: tuple[Finding, ...]

    def signed(self, signature: bytes) -> bytes:
        """Return the message with a signature."""
        message = Sign1Message(phdr=self.headers, payload=self.content)
        message.signature = signature
        return bytes(message.encode(sign=False))


def _whole_second(moment: datetime, *, name: str) -> datetime:
    """Cut a time to the second, in UTC."""
    try:
        cut = moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise IssueError.of("issue.time_range", name=name) from None
    if cut < _EARLIEST:
        raise IssueError.of("issue.time_range", name=name)
    return cut


def _reader_faults(reader: TrustedKey, at: datetime) -> Iterator[Finding]:
    """Yield what keeps content from being sealed for a reader: nobody should be able to open it any more."""
    if reader.status is Status.REVOKED:
        yield finding("sealed.reader_revoked", kid=reader.kid.hex())
    if reader.not_after is not None and at > reader.not_after:
        yield finding("sealed.reader_expired", kid=reader.kid.hex(), not_after=format_utc(reader.not_after))


def _time_faults(issued_at: datetime, expires_at: datetime, key: TrustedKey) -> Iterator[Finding]:
    if expires_at <= issued_at:
        yield finding("issue.expiry_before_issue", expires_at=format_utc(expires_at), issued_at=format_utc(issued_at))
    if key.not_before is not None and issued_at < key.not_before:
        not_before = format_utc(key.not_before)
        yield finding("issue.predates_key", issued_at=format_utc(issued_at), not_before=not_before)
    if key.not_after is not None and expires_at > key.not_after:
        not_after = format_utc(key.not_after)
        yield finding("issue.outlives_key", expires_at=format_utc(expires_at), not_after=not_after)


def _read_back(text: str, key: TrustedKey, *, expected: cwt.ClaimSet) -> None:
    """Read what is about to leave as a verifier would, and compare."""
    try:
        parts = cose_sign1.decode(hc1.decode(text, limits=_LIMITS), limits=_LIMITS)
        held = key.verifies(parts.signature, parts.signed_bytes)
        same = held and cwt.decode(parts.payload, limits=_LIMITS) == expected
    except MalformedError as error:
        raise IssueError.of("issue.self_check", reason=error.code) from error
    if parts.kid != key.kid or parts.algorithm != key.algorithm or not held:
        raise IssueError.of("issue.self_check", reason="signature.invalid")
    if not same or parts.leniencies:
        raise IssueError.of("issue.self_check", reason=fragment("self_check.differs"))
