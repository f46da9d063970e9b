"""The issuer: it checks a record by the rules of verifiers, encodes it, signs it, and reads the result back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hcert.checks.content import check_content
from hcert.checks.validity import key_status_findings
from hcert.codec import cwt
from hcert.errors import ConfigurationError, IssueError, JobError, MalformedError
from hcert.fragments import fragment
from hcert.issue import capacity, self_check
from hcert.issue.capacity import CodeSize
from hcert.issue.certificate import Certificate
from hcert.issue.conditions import (
    TOLERANCES,
    list_contents,
    list_findings,
    list_records,
    reader_findings,
    readers_of,
    refuse,
    time_findings,
    whole_second,
)
from hcert.issue.job import Job, LaidOut, Request
from hcert.issue.layout import Layout
from hcert.issue.symbol import check_level
from hcert.keys.signers import sign_many
from hcert.records.kinds import issuable_kind
from hcert.records.record_struct import Origin
from hcert.records.signable import refusals
from hcert.records.value_sets import COUNTRY, ValueSets
from hcert.times import aware_or_now, require_aware
from hcert.trust.revocation_list import RevocationList

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hcert.issue.symbol import ErrorLevel
    from hcert.keys.algorithms import Algorithm
    from hcert.keys.signers import Signer
    from hcert.records.kind import Content
    from hcert.records.kinds import Issuable

_ISSUABLE_WARNINGS: Final = frozenset({"claims.other_country", "revocation.list_stale"})
_COUNTRY: Final = re.compile("[A-Z]{2}")
_CHUNK: Final = 256  # records that go through each stage together; more gain nothing and take more memory


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
        if type(country) is not str or not _COUNTRY.fullmatch(country) or country not in known.in_use[COUNTRY]:
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
            IssueError: with every reason, `record.*`, `entry.*`, `sealed.*`, `issue.does_not_fit`,
                `issue.nothing_fits`, `revocation.*` or `usage.not_allowed`; nothing was signed.
            JobError: `issue.*` for the times or a signature that does not verify, `trust.key_revoked`,
                `sealed.reader_revoked`, `sealed.reader_expired`, `revocation.*` for a list that is missing, too old or
                damaged; `signer.*` as `SignerError`. No other record would be issued either.
            ConfigurationError: `time.naive`, `sealed.reader_key`, `qr.error_level` or `issue.argument`.
        """
        check_level(error)
        job = self._start((confidential,), issued_at, expires_at, error)
        (made,) = self._issue_chunk([Request(record, confidential)], job)
        if isinstance(made, IssueError):
            raise made
        return made

    def issue_many(
        self,
        records: Iterable[Issuable],
        *,
        expires_at: datetime,
        issued_at: datetime | None = None,
        confidential: Iterable[Content | None] | None = None,
        error: ErrorLevel = "Q",
    ) -> list[Certificate | IssueError]:
        """Sign many records with the same times: as `issue`, in three quarters of its time.

        Args:
            records: what to certify.
            expires_at: as for `issue`.
            issued_at: as for `issue`, the same for all records.
            confidential: what to seal into each record, in their order; None for a record without.
            error: as for `issue`. What does not fit says by how much, but not how many entries would fit.

        Returns:
            A certificate for each record, in order, or the error that `issue` would raise for it. A signer with
            `sign_many` is asked once for some 256 records.

        Raises:
            JobError: as `issue`; nothing is returned, whatever was signed before.
            ConfigurationError: as `issue`.
        """
        check_level(error)
        listed = list_records(records)
        contents = list_contents(confidential, count=len(listed))
        job = self._start(contents, issued_at, expires_at, error)._replace(advises=False)
        requests = [Request(*pair) for pair in zip(listed, contents, strict=True)]
        made: list[Certificate | IssueError] = []
        for start in range(0, len(requests), _CHUNK):
            made += self._issue_chunk(requests[start : start + _CHUNK], job)
        return made

    def predict(
        self,
        record: Issuable,
        *,
        expires_at: datetime,
        issued_at: datetime | None = None,
        confidential: Content | None = None,
    ) -> CodeSize:
        """Return how large a code will be, without signing it: exact for the same times, otherwise as `issue`."""
        job = self._start((confidential,), issued_at, expires_at, "L")
        return CodeSize(self._draft(Request(record, confidential), job).draft.length)

    def _start(
        self,
        contents: Sequence[Content | None],
        issued_at: datetime | None,
        expires_at: datetime,
        error: ErrorLevel,
    ) -> Job:
        """Check what is the same for all records: times, key, readers, revocation list."""
        start = whole_second(aware_or_now(issued_at, name="issued_at"), name="issued_at")
        end = whole_second(require_aware(expires_at, name="expires_at"), name="expires_at")
        key = self._signer.key
        faults = [found for reader in readers_of(contents) for found in reader_findings(reader, start)]
        faults += [*time_findings(start, end, key), *key_status_findings(key)]
        if self._revocations is not None:
            faults += list_findings(self._revocations, key, start)
        refuse(faults)
        return Job(cwt.Claims(self._origin.issuer, start, end), start, error, advises=True)

    def _issue_chunk(self, requests: Sequence[Request], job: Job) -> list[Certificate | IssueError]:
        """Issue records stage by stage; one after the other, each would find the processor's caches cold."""
        laid_out = [self._try_draft(request, job) for request in requests]
        ready = [one for one in laid_out if isinstance(one, LaidOut)]
        signatures = self._sign([one.draft.to_sign for one in ready])
        codes = [one.draft.complete(signature) for one, signature in zip(ready, signatures, strict=True)]
        key = self._signer.key
        for one, (text, _) in zip(ready, codes, strict=True):
            self_check.check(text, key, algorithm=self._layout.algorithm, expected=one.draft.claim_set)
        certificates = (
            Certificate(text, message, job.error, one.identifier, one.findings)
            for one, (text, message) in zip(ready, codes, strict=True)
        )
        return [one if isinstance(one, IssueError) else next(certificates) for one in laid_out]

    def _sign(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        """Sign messages, if there are any; signers without types may return anything."""
        signatures: Any = sign_many(self._signer, messages) if messages else []
        if not isinstance(signatures, list | tuple) or len(signatures) != len(messages):
            raise JobError.of("issue.self_check", reason=fragment("self_check.signatures"))
        if not all(type(signature) is bytes for signature in signatures):
            raise JobError.of("issue.self_check", reason=fragment("self_check.no_bytes"))
        return signatures

    def _try_draft(self, request: Request, job: Job) -> LaidOut | IssueError:
        """Lay out a code that fits, or return what keeps the record from being issued."""
        try:
            made = self._draft(request, job)
            kind = issuable_kind(request.record)
            capacity.check_fit(
                made.draft.length,
                entries=1 if kind.latest is None else len(kind.places(request.record)),
                length_with=(lambda count: self._length_with_latest(request, job, count)) if job.advises else None,
                error=job.error,
            )
        except IssueError as error:
            faults = error.findings
        else:
            return made
        return IssueError(*faults)  # without a traceback, which would keep the record in memory

    def _draft(self, request: Request, job: Job) -> LaidOut:
        """Lay out a code, or raise with all that keeps the record from being issued."""
        kind = issuable_kind(request.record)
        payload = self._encode(request)
        content = check_content(
            cwt.ClaimSet(job.claims, {kind.number: payload}, ()),
            self._signer.key,
            job.issued_at,
            signature=None,
            revocations=self._revocations,
            revocation_due=False,
            tolerances=TOLERANCES,
            value_sets=self._value_sets,
        )
        refuse(refusals(content.findings, issuable_warnings=kind.issuable_warnings | _ISSUABLE_WARNINGS))
        draft = self._layout.draft(job.claims, kind.number, payload)
        return LaidOut(draft, kind.identifier(request.record), tuple(content.findings))

    def _encode(self, request: Request) -> Any:
        """Return the payload of a record, sealed where something is to be sealed."""
        kind, record = issuable_kind(request.record), request.record
        if request.confidential is not None:
            if kind.seal is None:
                raise IssueError.of("sealed.no_place")
            if not request.confidential:
                raise IssueError.of("sealed.nothing")
            try:
                record = kind.seal(record, request.confidential, self._origin, self._value_sets)
            except MalformedError as error:
                raise IssueError(*error.findings) from None
        return None if kind.encode is None else kind.encode(record, self._origin, self._value_sets)

    def _length_with_latest(self, request: Request, job: Job, count: int) -> int:
        """Return the length with only `count` entries, of which fewer lot numbers would be sealed."""
        kind = issuable_kind(request.record)
        if kind.latest is None:
            raise AssertionError("a kind that cannot be cut has no entries to drop")
        shorter = Request(*kind.latest(request.record, request.confidential, count))
        return self._layout.draft(job.claims, kind.number, self._encode(shorter)).length
