"""The verifier: one code, one time, one verdict, in the numbered steps of the design.

`Verifier.check` reads top to bottom like the specification. Steps 1 to 4 take the code apart and stop at the first
fault, since nothing readable remains after it. Nothing of the content is interpreted before the signature holds (step
6). From then on every step adds its findings, so that a verdict names all reasons and not only the first.
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
from hcert.records import subclaims
from hcert.verify.verdict import Verdict, VerifiedCertificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hcert.codec.cose import Sign1
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.trust_list import TrustList

_ALGORITHMS: Final = frozenset(Algorithm)
_TEXT: Final[tuple[type, ...]] = (str, bytes)
_CHUNK: Final = 32  # texts a thread takes at a time: enough to hide the hand-over, few enough to share out evenly


class Verifier:
    """Checks codes against a list of trusted keys; it keeps no state and may be used by many threads at once.

    Args:
        trust: the keys that may have signed.
        limits: bounds for hostile input.
    """

    def __init__(self, trust: TrustList, *, limits: Limits | None = None) -> None:
        self._trust = trust
        self._limits = limits or Limits()

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
        if not isinstance(text, _TEXT):  # from callers without types
            return _refused(finding("text.not_text"), moment)
        try:
            # (1) text, (2) inflate
            message = envelope.open_text(text, limits=self._limits)
        except MalformedError as error:
            return _refused(error.findings[0], moment)
        return self._check_message(message, moment)

    def check_cose(self, data: bytes, *, at: datetime | None = None) -> Verdict:
        """Check a COSE message that came without the text around it (NFC, Bluetooth, a file); else as `check`."""
        moment = aware(at, name="at")
        if type(data) is not bytes:
            return _refused(finding("text.not_text"), moment)
        return self._check_message(data, moment)

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
        if count == 1 or len(batch) <= _CHUNK:
            return self._check_batch(batch, moment)
        from concurrent.futures import ThreadPoolExecutor  # 8 ms of a cold start that single checks need not pay

        chunks = [batch[start : start + _CHUNK] for start in range(0, len(batch), _CHUNK)]
        with ThreadPoolExecutor(count) as pool:
            return list(chain.from_iterable(pool.map(self._check_batch, chunks, repeat(moment))))

    def _check_batch(self, texts: Sequence[str | bytes], moment: datetime) -> list[Verdict]:
        return [self.check(text, at=moment) for text in texts]

    def _check_message(self, message: bytes, moment: datetime) -> Verdict:
        limits = self._limits
        try:
            # (3) COSE_Sign1, (4) algorithm and kid
            parts = cose.split(message, limits=limits)
        except MalformedError as error:
            return _refused(error.findings[0], moment)
        findings = list(parts.leniencies)

        # (5) candidate keys, (6) signature
        key, fault = self._signing_key(parts)
        if key is None:
            return Verdict((*findings, *fault), None, moment)

        # (7) claims, and the key's validity
        try:
            claim_set = cwt.read(parts.payload, limits=limits)
        except MalformedError as error:
            return Verdict((*findings, *error.findings), None, moment)
        claims = claim_set.claims
        findings += claim_set.leniencies
        findings += _time_findings(claims, key, moment, limits)
        number = subclaims.select(claim_set.subclaims)
        payload = claim_set.subclaims[number]
        if len(claim_set.subclaims) > 1:
            others = ", ".join(str(other) for other in claim_set.subclaims if other != number)
            findings.append(finding("claims.other_subclaims", others=others))

        # (8) key usage against what the record holds
        for usage in subclaims.usages(number, payload):
            if usage not in key.usages:
                findings.append(finding("usage.not_allowed", usage=usage.value))

        # (9) record: schema, value sets, combinations
        record, record_findings = subclaims.read(number, payload)
        findings += record_findings

        certificate = VerifiedCertificate(record, payload, claims, key)
        return Verdict(tuple(findings), certificate, moment)

    def _signing_key(self, parts: Sign1) -> tuple[TrustedKey | None, tuple[Finding, ...]]:
        """Return the first candidate under which the signature holds, or the reason why there is none."""
        if parts.algorithm not in _ALGORITHMS:
            return None, (finding("cose.unsupported_algorithm", algorithm=parts.algorithm),)
        candidates = self._trust.candidates(parts.kid)
        if not candidates:
            return None, (finding("trust.unknown_key", kid=parts.kid.hex()),)
        signed = parts.signed_bytes
        for key in candidates:
            if key.algorithm == parts.algorithm and key.verifies(parts.signature, signed):
                return key, ()
        algorithms = {key.algorithm for key in candidates}
        if parts.algorithm in algorithms:
            return None, (finding("signature.invalid"),)
        if algorithms == {None}:
            return None, (finding("trust.unsupported_key", kid=parts.kid.hex()),)
        return None, (finding("cose.algorithm_mismatch", algorithm=Algorithm(parts.algorithm).name),)


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


def _refused(reason: Finding, moment: datetime) -> Verdict:
    return Verdict((reason,), None, moment)
