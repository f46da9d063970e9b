"""The issuer: it checks a record by the rules of verifiers, encodes it, signs it, and reads the result back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcert.checks.content import check_content
from hcert.checks.validity import key_status_findings
from hcert.codec import cwt
from hcert.errors import ConfigurationError, IssueError, MalformedError
from hcert.fragments import fragment
from hcert.issue import capacity, self_check
from hcert.issue.capacity import CodeSize
from hcert.issue.certificate import Certificate
from hcert.issue.conditions import reader_findings, time_findings, whole_second
from hcert.issue.layout import Layout
from hcert.records.kinds import issuable_kind
from hcert.records.record_struct import Origin
from hcert.records.signable import refusals
from hcert.records.value_sets import COUNTRY, ValueSets
from hcert.times import aware_or_now, require_aware
from hcert.tolerances import Tolerances
from hcert.trust.revocation_list import RevocationList

if TYPE_CHECKING:
    from datetime import datetime

    from hcert.findings import Finding
    from hcert.issue.layout import Draft
    from hcert.issue.symbol import ErrorLevel
    from hcert.keys.algorithms import Algorithm
    from hcert.keys.signers import Signer
    from hcert.records.kind import Content
    from hcert.records.kinds import Issuable

_TOLERANCES: Final = Tolerances()
_ISSUABLE_WARNINGS: Final = frozenset({"claims.other_country", "revocation.list_stale"})
_COUNTRY: Final = re.compile("[A-Z]{2}")


class Issuer:
    """Issues certificates in the name of one country with one signer.

    Args:
        signer: holds the private key, in memory or in an HSM.
        country: issuer claim, ISO 3166-1 alpha-2.
        algorithm: what the header names; None for the algorithm of the key. With a P-256 key `Algorithm.ESP256` can be
            asked for, which the European Vaccination Card names: the signature is the same, the header differs.
        revocations: the revocation list; what it revokes is not issued again, and with a missing list nothing is
            issued. None to issue without a list.
        value_sets: the codes that may be issued; None for those of the package.

    Raises:
        ConfigurationError: `issue.country`, `issue.algorithm`, `revocations.value`, `key.unsupported` for a key that
            cannot sign certificates, or `key.ca` for one whose certificate is that of an authority.
    """

    def __init__(
        self,
        signer: Signer,
        *,
        country: str,
        algorithm: Algorithm | None = None,
        revocations: RevocationList | None = None,
        value_sets: ValueSets | None = None,
    ) -> None:
        known = value_sets or ValueSets.packaged()
        if not _COUNTRY.fullmatch(country) or country not in known.in_use[COUNTRY]:
            raise ConfigurationError.of("issue.country")
        self._layout = Layout(signer.key, algorithm=algorithm)
        if signer.key.is_ca:
            raise ConfigurationError.of("key.ca")
        self._signer = signer
        if revocations is not None and not isinstance(revocations, RevocationList):
            raise ConfigurationError.of("revocations.value")
        self._revocations = revocations
        self._value_sets = known
        self._origin = Origin(country, signer.key.kid)

    def issue(
        self,
        record: Issuable,
        *,
        expires_at: datetime,
        issued_at: datetime | None = None,
        confidential: Content | None = None,
        error: ErrorLevel = "Q",
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
        request = self._request(record, confidential, issued_at, expires_at)
        draft, findings = self._draft(request)
        kind = issuable_kind(record)
        capacity.check_fit(
            draft.length,
            entries=1 if kind.latest is None else len(kind.places(record)),
            length_with=lambda count: self._length_with_latest(request, count),
            error=error,
        )
        signature = self._signer.sign(draft.to_sign)
        if type(signature) is not bytes:  # from signers without types
            raise IssueError.of("issue.self_check", reason=fragment("self_check.no_bytes"))
        text, message = draft.complete(signature)
        self_check.check(text, self._signer.key, algorithm=self._layout.algorithm, expected=draft.claim_set)
        return Certificate(text, message, error, kind.identifier(record), findings)

    def predict(
        self,
        record: Issuable,
        *,
        expires_at: datetime,
        issued_at: datetime | None = None,
        confidential: Content | None = None,
    ) -> CodeSize:
        """Return how large a code will be, without signing it: exact for the same times, otherwise as `issue`."""
        draft, _ = self._draft(self._request(record, confidential, issued_at, expires_at))
        return CodeSize(draft.length)

    def _request(
        self, record: Issuable, confidential: Content | None, issued_at: datetime | None, expires_at: datetime
    ) -> _Request:
        start = whole_second(aware_or_now(issued_at, name="issued_at"), name="issued_at")
        end = whole_second(require_aware(expires_at, name="expires_at"), name="expires_at")
        return _Request(record, confidential, cwt.Claims(self._origin.issuer, start, end))

    def _draft(self, request: _Request) -> tuple[Draft, tuple[Finding, ...]]:
        """Lay out a code; return it with its warnings, or raise with all that keeps the record from being issued."""
        key, (start, end) = self._signer.key, request.times
        readers = [found for reader in request.confidential or () for found in reader_findings(reader, start)]
        if readers:
            raise IssueError(*readers)
        kind = issuable_kind(request.record)
        payload = self._encode(request)
        if times := list(time_findings(start, end, key)):
            raise IssueError(*times)
        content = check_content(
            cwt.ClaimSet(request.claims, {kind.number: payload}, ()),
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
        return self._layout.draft(request.claims, kind.number, payload), tuple(found)

    def _encode(self, request: _Request) -> Any:
        """Return the payload of a record, sealed where something is to be sealed."""
        kind, record = issuable_kind(request.record), request.record
        if request.confidential is not None:
            if kind.seal is None:
                raise IssueError.of("sealed.no_place")
            if not request.confidential:
                raise MalformedError.of("sealed.nothing")
            record = kind.seal(record, request.confidential, self._origin, self._value_sets)
        return None if kind.encode is None else kind.encode(record, self._origin, self._value_sets)

    def _length_with_latest(self, request: _Request, count: int) -> int:
        """Return the length with only `count` entries, of which fewer lot numbers would be sealed."""
        kind = issuable_kind(request.record)
        if kind.latest is None:
            raise AssertionError("a kind that cannot be cut has no entries to drop")
        shorter = _Request(*kind.latest(request.record, request.confidential, count), request.claims)
        return self._layout.draft(request.claims, kind.number, self._encode(shorter)).length


@dataclass(frozen=True, slots=True)
class _Request:
    """What somebody wants to be issued.

    Attributes:
        record: what to certify.
        confidential: what to seal into it.
        claims: issuer and times, whole seconds.
    """

    record: Issuable
    confidential: Content | None
    claims: cwt.Claims

    @property
    def times(self) -> tuple[datetime, datetime]:
        """Issue and expiry."""
        start, end = self.claims.issued_at, self.claims.expires_at
        if start is None or end is None:
            raise AssertionError("an issuer sets both times")
        return start, end
