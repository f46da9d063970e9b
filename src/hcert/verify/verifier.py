"""The verifier: one code, one time, one verdict, in the numbered steps of the design.

Steps 1 to 4 take the code apart (`_open`) and stop at the first fault, since nothing readable remains after it. Steps
5 and 6 look for the trusted key that signed (`_signing_key`). Nothing of the content is interpreted before that holds;
then steps 7 to 11 (`_judge`) add all their findings, so that a verdict names every reason and not only the first. One
text goes through the three in turn; many go through them stage by stage.
"""

from __future__ import annotations

import os
from datetime import UTC
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final, Literal

from hcert.checks import freshness
from hcert.checks.content import check_content
from hcert.checks.validity import key_findings
from hcert.codec import cose_sign1, cwt, hc1
from hcert.codec.limits import Limits
from hcert.errors import ConfigurationError, MalformedError, VerificationError
from hcert.findings import Finding, bounded, finding
from hcert.keys.algorithms import Algorithm
from hcert.records.kinds import kind_of
from hcert.records.record_struct import UnknownRecord
from hcert.times import aware_or_now, local
from hcert.tolerances import Tolerances
from hcert.verify.verdict import Verdict, VerifiedCertificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hcert.codec.cose_sign1 import Sign1
    from hcert.keys.trusted_key import TrustedKey
    from hcert.policy.base import Outcome, Policy
    from hcert.records.kinds import Record
    from hcert.records.value_sets import ValueSets
    from hcert.trust.revocation_list import RevocationList
    from hcert.trust.trust_list import TrustList

_ALGORITHMS: Final = frozenset(Algorithm)
_MAX_CHUNK: Final = 512  # texts taken apart at a time, so that a batch of any length needs bounded memory


class Verifier:
    """Checks codes against a list of trusted keys; it keeps no state and may be used by many threads at once.

    Args:
        trust: the keys that may have signed.
        revocations: the list of what has been revoked, as `TrustStore.revocations` gives it. None suits local pins,
            for which nobody publishes such a list; beside a published key list it is an error,
            `revocation.list_missing`, in every verdict. `"unchecked"` is for a program that decides to do without,
            and each verdict says so in `revocation_checked`.
        policy: what a record must certify to be accepted; None accepts whatever is authentic and valid.
        health_links: whether a health link is accepted, which certifies nothing itself.
        limits: bounds for hostile input.
        tolerances: for clocks, and for lists that have expired.
        value_sets: the codes that are known; those of the package where None.
    """

    def __init__(
        self,
        trust: TrustList,
        *,
        revocations: RevocationList | Literal["unchecked"] | None = None,
        policy: Policy | None = None,
        health_links: bool = False,
        limits: Limits | None = None,
        tolerances: Tolerances | None = None,
        value_sets: ValueSets | None = None,
    ) -> None:
        self._trust = trust
        held = revocations if revocations is not None and revocations != "unchecked" else None
        missing = held is not None and held.is_missing
        self._revocations = None if missing else held
        self._revocation_due = missing or (revocations is None and trust.envelope is not None)
        self._policy = policy
        self._health_links = health_links
        self._limits = limits or Limits()
        self._tolerances = tolerances or Tolerances()
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
        moment = local(aware_or_now(at, name="at"), UTC)
        parts = self._open(text)
        return self._judge(parts, self._signing_key(parts), moment)

    def check_cose(self, data: bytes, *, at: datetime | None = None) -> Verdict:
        """Check a COSE message that came without the text around it (NFC, Bluetooth, a file); else as `check`."""
        moment = local(aware_or_now(at, name="at"), UTC)
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
        moment = local(aware_or_now(at, name="at"), UTC)
        count = (os.cpu_count() or 1) if workers is None else workers
        if count < 1:
            raise ConfigurationError.of("workers.count", workers=count)
        batch = list(texts)
        size = min(_MAX_CHUNK, -(-len(batch) // count)) or 1
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
            message = hc1.decode(text, limits=self._limits)
        except MalformedError as error:
            return error.findings[0]
        return self._split(message)

    def _split(self, message: bytes) -> Sign1 | Finding:
        try:
            # (3) COSE_Sign1, (4) algorithm and kid
            return cose_sign1.decode(message, limits=self._limits)
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

    def _judge(self, parts: Sign1 | Finding, key: TrustedKey | Finding, at: datetime) -> Verdict:
        """Interpret what a trusted key signed; without one there is nothing to interpret."""
        if isinstance(parts, Finding):
            return self._verdict([parts], None, at)
        findings = list(parts.leniencies)
        findings += freshness.of_keys(self._trust.envelope, at, self._tolerances)
        if isinstance(key, Finding):
            return self._verdict([*findings, key], None, at)
        findings += key_findings(key)
        try:
            claim_set = cwt.decode(parts.payload, limits=self._limits)
        except MalformedError as error:
            unread = VerifiedCertificate(UnknownRecord(subclaim=None), None, cwt.Claims(), key)
            return self._verdict([*findings, *error.findings], unread, at)
        findings += claim_set.leniencies
        # (7) claims, (8) usage, (9) record, (10) revocation
        content = check_content(
            claim_set,
            key,
            at,
            signature=parts.signature,
            revocations=self._revocations,
            revocation_due=self._revocation_due,
            tolerances=self._tolerances,
            value_sets=self._value_sets,
        )
        findings += content.findings
        kind = kind_of(content.record)
        if kind is not None and not kind.certifies and not self._health_links:
            findings.append(finding("record.certifies_nothing"))

        # (11) policy
        counted: tuple[str, ...] = ()
        if self._policy is not None:
            outcome = _outcome(self._policy, content.record, findings, at)
            findings += outcome.findings
            counted = outcome.counted
        certificate = VerifiedCertificate(content.record, content.payload, claim_set.claims, key)
        return self._verdict(findings, certificate, at, counted)

    def _verdict(
        self,
        findings: list[Finding],
        certificate: VerifiedCertificate | None,
        at: datetime,
        counted: tuple[str, ...] = (),
    ) -> Verdict:
        return Verdict(bounded(findings), certificate, at, counted, revocation_checked=self._revocations is not None)


def _outcome(policy: Policy, record: Record, findings: Iterable[Finding], at: datetime) -> Outcome:
    """Ask a policy about the entries that count."""
    from hcert.policy.base import Outcome  # only verifiers with a policy need it

    kind = kind_of(record)
    if kind is None or not kind.certifies:
        return Outcome(satisfied=False, findings=(finding("policy.no_record"),))
    without = {found.record for found in findings if found.takes_entry_out and found.record is not None}
    outcome = policy.judge(kind.view(record), at=at, without=without)
    if outcome.satisfied or any(found.severity == "error" for found in outcome.findings):
        return outcome
    # somebody's own policy without a reason lets nobody in
    return Outcome(satisfied=False, findings=(finding("policy.not_satisfied"), *outcome.findings))


def _reason_for_no_key(parts: Sign1, algorithms: set[Algorithm | None]) -> Finding:
    """Say why no candidate verified, from the algorithms they are for."""
    if parts.algorithm in algorithms:
        return finding("signature.invalid")
    if algorithms == {None}:
        return finding("trust.unsupported_key", kid=parts.kid.hex())
    return finding("cose.algorithm_mismatch", algorithm=Algorithm(parts.algorithm).name)
