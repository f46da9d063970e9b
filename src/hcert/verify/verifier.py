"""The verifier: from one code and one time to a verdict, in eleven numbered steps.

Steps 1 to 4 decode the code (`_decode`) and stop at the first fault, since nothing readable remains after it. Steps 5
and 6 find the trusted key that signed (`_find_key`). The content is not interpreted before that. Steps 7 to 11
(`_interpret`) then collect all their findings, so that a verdict names every reason and not only the first. A single
text goes through the three functions in turn; a batch goes through each of them as a whole.
"""

from __future__ import annotations

import os
from datetime import UTC
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final, Literal

from hcert.checks.content import check_content
from hcert.checks.freshness import key_list_findings
from hcert.checks.validity import key_status_findings
from hcert.codec import code_text, cose_sign1, cwt
from hcert.codec.container import HC1
from hcert.codec.limits import Limits
from hcert.errors import ConfigurationError, MalformedError
from hcert.findings import Finding, finding, limit_findings
from hcert.keys.algorithms import KEY_ALGORITHMS, Algorithm
from hcert.records.kinds import kind_of
from hcert.records.record_struct import UnknownRecord
from hcert.times import aware_or_now, to_zone
from hcert.tolerances import Tolerances
from hcert.trust.trust_list import TrustList, require_list
from hcert.verify.judging import apply_policy, describe
from hcert.verify.verdict import UsedLists, Verdict, VerificationError, VerifiedCertificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hcert.codec.container import Container
    from hcert.codec.cose_sign1 import Sign1
    from hcert.keys.trusted_key import TrustedKey
    from hcert.policy.base import Policy
    from hcert.records.value_sets import ValueSets
    from hcert.trust.revocation_list import RevocationList

_MAX_CHUNK: Final = 512  # texts decoded at a time, so that the memory for a batch is bounded


class Verifier:
    """Checks codes against a list of trusted keys. It has no state, so many threads may use it at once.

    Args:
        trust: the keys that may have signed.
        revocations: the revocation list, for example from `TrustStore.revocations`. None is for local pins, for which
            nobody publishes such a list; with a published key list, None adds the error `revocation.list_missing` to
            every verdict. `"unchecked"` is for a program that decides to do without; each verdict says so in
            `revocation_checked`.
        policy: what a record must certify to be accepted; None accepts everything that is authentic and valid.
        health_links: whether health links are accepted, although they certify nothing themselves.
        limits: limits for hostile input.
        tolerances: for clocks, and for lists that have expired.
        value_sets: the known codes; None for those of the package.

    Raises:
        ConfigurationError: `trust.type` for another `trust`, `revocations.value` for another `revocations`.
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
        self._trust = require_list(trust)
        self._revocations, self._revocation_due = _choose_revocations(revocations, trust)
        self._policy = policy
        self._rule, rule_lists = describe(policy)
        self._lists = UsedLists.of(trust, self._revocations, rule_lists)
        self._health_links = health_links
        self._limits = limits or Limits()
        self._tolerances = tolerances or Tolerances()
        self._value_sets = value_sets

    def check(self, text: str | bytes, *, at: datetime | None = None) -> Verdict:
        """Check the text of a code, and return every reason for and against it.

        Args:
            text: exactly what the scanner read, including `HC1:` or `VC1:`.
            at: the time of the check, aware; now if None.

        Returns:
            A verdict for any text at all; no text raises an exception.

        Raises:
            ConfigurationError: `time.naive`: `at` has no time zone.
        """
        moment = to_zone(aware_or_now(at, name="at"), UTC)
        parts = self._decode(text)
        return self._interpret(parts, self._find_key(parts), moment)

    def check_cose(self, data: bytes, *, at: datetime | None = None) -> Verdict:
        """Check the COSE message of an `HC1:` code without the text around it, from NFC, Bluetooth or a file."""
        moment = to_zone(aware_or_now(at, name="at"), UTC)
        parts = self._decode_message(data) if type(data) is bytes else finding("text.not_text")
        return self._interpret(parts, self._find_key(parts), moment)

    def verify(self, text: str | bytes, *, at: datetime | None = None) -> VerifiedCertificate:
        """Return the certificate in `text` if it is accepted.

        Raises:
            VerificationError: it is refused; `verdict` has every reason.
            ConfigurationError: `time.naive`: `at` has no time zone.
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
        """Check many texts at one time, on threads: signatures are verified outside the interpreter's lock.

        Args:
            texts: as for `check`.
            at: as for `check`; the same time for all texts.
            workers: number of threads; None for one per processor.

        Returns:
            The verdicts in the order of the texts.

        Raises:
            ConfigurationError: `time.naive` or `workers.count`.
        """
        moment = to_zone(aware_or_now(at, name="at"), UTC)
        count = (os.cpu_count() or 1) if workers is None else workers
        if count < 1:
            raise ConfigurationError.of("workers.count", workers=count)
        batch = list(texts)
        size = min(_MAX_CHUNK, -(-len(batch) // count)) or 1
        chunks = [batch[start : start + size] for start in range(0, len(batch), size)]
        if count == 1 or len(chunks) <= 1:
            return [verdict for chunk in chunks for verdict in self._check_chunk(chunk, moment)]
        from concurrent.futures import ThreadPoolExecutor  # 8 ms of a cold start, which single checks save

        with ThreadPoolExecutor(count) as pool:
            return list(chain.from_iterable(pool.map(self._check_chunk, chunks, repeat(moment))))

    def _check_chunk(self, texts: Sequence[str | bytes], moment: datetime) -> list[Verdict]:
        """Check texts stage by stage, so that the code of each stage stays in the processor's cache."""
        decoded = [self._decode(text) for text in texts]
        keys = [self._find_key(parts) for parts in decoded]
        return [self._interpret(parts, key, moment) for parts, key in zip(decoded, keys, strict=True)]

    def _decode(self, text: str | bytes) -> Sign1 | Finding:
        """Return the parts of the COSE message in a text, or the reason why it is malformed."""
        try:
            # (1) text, (2) inflate
            message, container = code_text.decode(text, limits=self._limits)
        except MalformedError as error:
            return error.findings[0]
        return self._decode_message(message, container)

    def _decode_message(self, message: bytes, container: Container = HC1) -> Sign1 | Finding:
        try:
            # (3) COSE_Sign1, (4) algorithm and kid
            return cose_sign1.decode(message, limits=self._limits, container=container)
        except MalformedError as error:
            return error.findings[0]

    def _find_key(self, parts: Sign1 | Finding) -> TrustedKey | Finding:
        """Return the first trusted key under which the signature is valid, or the reason why there is none."""
        if isinstance(parts, Finding):
            return parts
        # (4) algorithm: one that hcert supports
        algorithm = KEY_ALGORITHMS.get(parts.algorithm)
        if algorithm is None:
            return finding("cose.unsupported_algorithm", algorithm=parts.algorithm)
        # (5) candidate keys: all keys under the kid
        candidates = self._trust.candidates(parts.kid)
        if not candidates:
            return finding("trust.unknown_key", kid=parts.kid.hex())
        # (6) signature, under each candidate; the key determines the algorithm
        signed = parts.signed_bytes
        for key in candidates:
            if key.algorithm == algorithm and key.verifies(parts.signature, signed):
                return key
        return _explain_no_key(parts, {key.algorithm for key in candidates})

    def _interpret(self, parts: Sign1 | Finding, key: TrustedKey | Finding, at: datetime) -> Verdict:
        """Return the verdict on a message. Its content is only interpreted if a trusted key signed it."""
        if isinstance(parts, Finding):
            return self._make_verdict([parts], None, at)
        findings = list(parts.leniencies)

        # (5) freshness of the key list, also if the key is unknown
        findings += key_list_findings(self._trust.envelope, at, self._tolerances)
        if isinstance(key, Finding):
            return self._make_verdict([*findings, key], None, at)

        # (6) revocation of the key that signed, by the key list
        findings += key_status_findings(key)

        # (7) claims: their form
        try:
            claim_set = cwt.decode(parts.payload, limits=self._limits, container=parts.container)
        except MalformedError as error:
            unknown = VerifiedCertificate(UnknownRecord(subclaim=None), None, cwt.Claims(), key)
            return self._make_verdict([*findings, *error.findings], unknown, at)
        findings += claim_set.leniencies

        # (7) claims: their times, (8) key usage, (9) record, (10) revocation
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

        # (9) record: one that certifies nothing itself
        kind = kind_of(content.record)
        if kind is not None and not kind.certifies and not self._health_links:
            findings.append(finding("record.certifies_nothing"))

        # (11) policy
        certificate = VerifiedCertificate(content.record, content.payload, claim_set.claims, key)
        if self._policy is None:
            return self._make_verdict(findings, certificate, at)
        outcome = apply_policy(self._policy, certificate, findings, at)
        return self._make_verdict([*findings, *outcome.findings], certificate, at, outcome.counted)

    def _make_verdict(
        self,
        findings: list[Finding],
        certificate: VerifiedCertificate | None,
        at: datetime,
        counted: tuple[str, ...] = (),
    ) -> Verdict:
        found, checked = limit_findings(findings), self._revocations is not None
        return Verdict(found, certificate, at, counted, checked, self._lists, self._rule)


def _choose_revocations(revocations: object, trust: TrustList) -> tuple[RevocationList | None, bool]:
    """Return the list to look up, if there is one, and whether it is an error that there is none."""
    if revocations is None:
        return None, trust.envelope is not None
    if isinstance(revocations, str) and revocations == "unchecked":
        return None, False
    from hcert.trust.revocation_list import RevocationList  # a caller who has a list has imported it already

    if not isinstance(revocations, RevocationList):
        raise ConfigurationError.of("revocations.value")
    return (None, True) if revocations.is_missing else (revocations, False)


def _explain_no_key(parts: Sign1, algorithms: set[Algorithm | None]) -> Finding:
    """Return the reason why no candidate verified the signature; `algorithms` are those of the candidates."""
    if KEY_ALGORITHMS[parts.algorithm] in algorithms:
        return finding("signature.invalid")
    if algorithms == {None}:
        return finding("trust.unsupported_key", kid=parts.kid.hex())
    return finding("cose.algorithm_mismatch", algorithm=Algorithm(parts.algorithm).name)
