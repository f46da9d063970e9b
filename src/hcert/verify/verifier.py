"""The verifier: one code, one time, one verdict, in the numbered steps of the design.

Steps 1 to 4 take the code apart (`_open`) and stop at the first fault, since nothing readable remains after it. Steps
5 and 6 look for the trusted key that signed (`_signing_key`). Nothing of the content is interpreted before that holds;
then steps 7 to 11 (`_judge`) add all their findings, so that a verdict names every reason and not only the first. One
text goes through the three in turn; many go through them stage by stage.
"""

from __future__ import annotations

import os
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

from hcert.clock import aware, in_words
from hcert.codec import cose, cwt, envelope
from hcert.codec.limits import Limits
from hcert.errors import ConfigurationError, MalformedError, VerificationError
from hcert.findings import Finding, finding
from hcert.keys.algorithms import Algorithm
from hcert.keys.trusted_key import Status
from hcert.records import subclaims
from hcert.records.base import Origin, UnknownRecord
from hcert.verify import freshness
from hcert.verify.entries import judge, nothing_left, out_of_time
from hcert.verify.verdict import Verdict, VerifiedCertificate
from hcert.verify.withdrawal import withdrawals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hcert.codec.cose import Sign1
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.value_sets import ValueSets
    from hcert.trust.revocation import RevocationList
    from hcert.trust.trust_list import TrustList
    from hcert.verify.policy import Policy

_ALGORITHMS: Final = frozenset(Algorithm)
_CHUNK_MOST: Final = 512  # texts taken apart at a time, so that a batch of any length needs bounded memory


class Verifier:
    """Checks codes against a list of trusted keys; it keeps no state and may be used by many threads at once.

    Args:
        trust: the keys that may have signed.
        revocations: what has been withdrawn; None where nothing is known of that, and nothing is checked.
        policy: what a record must certify to be accepted; None accepts whatever is authentic and valid.
        limits: bounds for hostile input.
        value_sets: the codes that are known; those of the package where None.
    """

    def __init__(
        self,
        trust: TrustList,
        *,
        revocations: RevocationList | None = None,
        policy: Policy | None = None,
        limits: Limits | None = None,
        value_sets: ValueSets | None = None,
    ) -> None:
        self._trust = trust
        self._revocations = revocations
        self._policy = policy
        self._limits = limits or Limits()
        self._value_sets = value_sets

    def check(self, text: str | bytes, *, at: datetime | None = None) -> Verdict:
        """Check the text of a code and say everything that can be said about it.

        Args:
            text: exactly what the scanner read, `HC1:` included.
            at: the time of the check, aware; the present where None.

        Returns:
            A verdict for any text at all; no content makes this raise.

        Raises:
            ConfigurationError: `time.naive` if `at` has no time zone.
        """
        moment = aware(at, name="at")
        parts = self._open(text)
        return self._judge(parts, self._signing_key(parts), moment)

    def check_cose(self, data: bytes, *, at: datetime | None = None) -> Verdict:
        """Check a COSE message that came without the text around it (NFC, Bluetooth, a file); else as `check`."""
        moment = aware(at, name="at")
        parts = self._split(data) if type(data) is bytes else finding("text.not_text")
        return self._judge(parts, self._signing_key(parts), moment)

    def verify(self, text: str | bytes, *, at: datetime | None = None) -> VerifiedCertificate:
        """Return the certificate in `text` if it is accepted.

        Raises:
            VerificationError: if not; its `verdict` holds every reason.
            ConfigurationError: `time.naive` if `at` has no time zone.
        """
        verdict = self.check(text, at=at)
        if not verdict.accepted or verdict.certificate is None:
            raise VerificationError(verdict)
        return verdict.certificate

    def check_many(
        self,
        texts: Iterable[str | bytes],
        *,
        at: datetime | None = None,
        workers: int | None = None,
    ) -> list[Verdict]:
        """Check many texts for one time, on threads: the signature check runs outside the interpreter's lock.

        Args:
            texts: as for `check`.
            at: as for `check`; one time holds for all.
            workers: number of threads; one for each processor where None.

        Returns:
            The verdicts in the order of the texts.

        Raises:
            ConfigurationError: `time.naive` or `workers.count`.
        """
        moment = aware(at, name="at")
        count = (os.cpu_count() or 1) if workers is None else workers
        if count < 1:
            raise ConfigurationError.of("workers.count", workers=count)
        batch = list(texts)
        size = min(_CHUNK_MOST, -(-len(batch) // count)) or 1
        chunks = [batch[start : start + size] for start in range(0, len(batch), size)]
        if count == 1 or len(chunks) <= 1:
            return [verdict for chunk in chunks for verdict in self._check_chunk(chunk, moment)]
        from concurrent.futures import ThreadPoolExecutor  # 8 ms of a cold start that single checks need not pay

        with ThreadPoolExecutor(count) as pool:
            return list(chain.from_iterable(pool.map(self._check_chunk, chunks, repeat(moment))))

    def _check_chunk(self, texts: Sequence[str | bytes], moment: datetime) -> list[Verdict]:
        """Check texts stage by stage: the same few functions stay in the processor's caches for the whole chunk."""
        opened = [self._open(text) for text in texts]
        signed = [self._signing_key(parts) for parts in opened]
        return [self._judge(parts, key, moment) for parts, key in zip(opened, signed, strict=True)]

    def _open(self, text: str | bytes) -> Sign1 | Finding:
        """Take the text of a code apart, or say why that is impossible."""
        try:
            # (1) text, (2) inflate
            message = envelope.open_text(text, limits=self._limits)
        except MalformedError as error:
            return error.findings[0]
        return self._split(message)

    def _split(self, message: bytes) -> Sign1 | Finding:
        try:
            # (3) COSE_Sign1, (4) algorithm and kid
            return cose.split(message, limits=self._limits)
        except MalformedError as error:
            return error.findings[0]

    def _signing_key(self, parts: Sign1 | Finding) -> TrustedKey | Finding:
        """Return the first trusted key under which the signature holds, or the reason why there is none."""
        if isinstance(parts, Finding):
            return parts
        if parts.algorithm not in _ALGORITHMS:
            return finding("cose.unsupported_algorithm", algorithm=parts.algorithm)
        # (5) candidate keys
        candidates = self._trust.candidates(parts.kid)
        if not candidates:
            return finding("trust.unknown_key", kid=parts.kid.hex())
        # (6) signature under each candidate, the algorithm pinned to the key
        signed = parts.signed_bytes
        for key in candidates:
            if key.algorithm == parts.algorithm and key.verifies(parts.signature, signed):
                return key
        return _reason_for_no_key(parts, {key.algorithm for key in candidates})

    def _judge(self, parts: Sign1 | Finding, key: TrustedKey | Finding, moment: datetime) -> Verdict:
        """Interpret what a trusted key signed; without one there is nothing to interpret."""
        if isinstance(parts, Finding):
            return Verdict((parts,), None, moment)
        findings = list(parts.leniencies)
        findings += freshness.of_keys(self._trust.envelope, moment, self._limits)
        if isinstance(key, Finding):
            return Verdict((*findings, key), None, moment)
        if key.status is Status.WITHDRAWN:
            findings.append(finding("trust.key_withdrawn"))

        # (7) claims, and the key's validity
        try:
            claim_set = cwt.read(parts.payload, limits=self._limits)
        except MalformedError as error:
            unread = VerifiedCertificate(UnknownRecord(subclaim=None), None, cwt.Claims(), key)
            return Verdict((*findings, *error.findings), unread, moment)
        claims = claim_set.claims
        findings += claim_set.leniencies
        findings += _time_findings(claims, key, moment, self._limits)
        number = subclaims.select(claim_set.subclaims)
        payload = claim_set.subclaims[number]
        if len(claim_set.subclaims) > 1:
            others = ", ".join(
                str(other) if other in subclaims.SHOWN else "other" for other in claim_set.subclaims if other != number
            )
            findings.append(finding("claims.other_subclaims", others=others))

        # (8) key usage against what the record holds
        for usage in subclaims.usages(number, payload):
            if usage not in key.usages:
                findings.append(finding("usage.not_allowed", usage=usage.value))

        # (9) record: schema, value sets, combinations; entries dated later than now
        record, record_findings = subclaims.read(
            number, payload, Origin(claims.issuer, key.kid), value_sets=self._value_sets
        )
        findings += record_findings
        findings += out_of_time(record, moment, self._limits)

        # (10) withdrawal of the certificate, its key, or single entries
        if self._revocations is not None:
            findings += freshness.of_withdrawals(self._revocations.envelope, moment, self._limits)
            findings += withdrawals(
                self._revocations, record=record, issuer=claims.issuer, key=key, signature=parts.signature
            )
        findings += nothing_left(record, findings)

        # (11) policy
        counted: tuple[str, ...] = ()
        if self._policy is not None:
            outcome = judge(self._policy, record, findings, moment)
            findings += outcome.findings
            counted = outcome.counted

        return Verdict(tuple(findings), VerifiedCertificate(record, payload, claims, key), moment, counted)


def _reason_for_no_key(parts: Sign1, algorithms: set[Algorithm | None]) -> Finding:
    """Say why no candidate verified, from the algorithms they are for."""
    if parts.algorithm in algorithms:
        return finding("signature.invalid")
    if algorithms == {None}:
        return finding("trust.unsupported_key", kid=parts.kid.hex())
    return finding("cose.algorithm_mismatch", algorithm=Algorithm(parts.algorithm).name)


def _time_findings(claims: cwt.Claims, key: TrustedKey, moment: datetime, limits: Limits) -> list[Finding]:
    """Compare the container's times and the key's validity with the time of the check; the bounds themselves count."""
    found: list[Finding] = []
    for start in (claims.issued_at, claims.not_before):
        if start is not None and start > moment and (start - moment).total_seconds() > limits.clock_skew_seconds:
            found.append(finding("claims.not_yet_valid", valid_from=in_words(start)))
            break
    if claims.expires_at is not None and moment > claims.expires_at:
        found.append(finding("claims.expired", expires_at=in_words(claims.expires_at)))
    if key.not_before is not None:
        if moment < key.not_before:
            found.append(finding("trust.key_not_yet_valid", not_before=in_words(key.not_before)))
        if claims.issued_at is not None and claims.issued_at < key.not_before:
            found.append(finding("claims.predates_key", not_before=in_words(key.not_before)))
    if key.not_after is not None:
        if moment > key.not_after:
            found.append(finding("trust.key_expired", not_after=in_words(key.not_after)))
        if claims.expires_at is not None and claims.expires_at > key.not_after:
            found.append(finding("claims.outlives_key", not_after=in_words(key.not_after)))
    return found
