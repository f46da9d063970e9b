"""The issuer: record, claims, COSE_Sign1, zlib, Base45, `HC1:`; and a look at its own work before it leaves.

pycose lays out the message; the signature comes from a `Signer`, and pycose never sees a private key. What comes out is
then read back by the very code that verifies, under the signer's public key: an HSM that signs with another key than
its certificate names, or a library that one day lays out bytes differently, stops the issuing and not the holder at a
gate.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pycose.algorithms import Es256, Ps256
from pycose.headers import KID
from pycose.headers import Algorithm as AlgorithmHeader
from pycose.messages.sign1message import Sign1Message

from hcert.clock import aware, checked, in_words
from hcert.codec import cose, cwt, envelope
from hcert.codec.limits import Limits
from hcert.errors import ConfigurationError, IssueError, MalformedError
from hcert.findings import Finding, finding
from hcert.issue.certificate import Certificate
from hcert.keys.algorithms import Algorithm
from hcert.records import subclaims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.keys.signers import Signer
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.eu_dcc.record import EuDcc

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTRY: Final = re.compile("[A-Z]{2}")
_COSE_ALGORITHM: Final = {Algorithm.ES256: Es256, Algorithm.PS256: Ps256}


class Issuer:
    """Issues certificates in the name of one country with one signer.

    Args:
        signer: holds the private key, in memory or in an HSM.
        country: issuer claim, ISO 3166-1 alpha-2.

    Raises:
        ConfigurationError: `issue.country`, or `key.unsupported` for a key that cannot sign certificates.
    """

    def __init__(self, signer: Signer, *, country: str) -> None:
        if not _COUNTRY.fullmatch(country):
            raise ConfigurationError.of("issue.country")
        if signer.key.algorithm is None:
            raise ConfigurationError.of("key.unsupported")
        self._signer = signer
        self._country = country
        self._algorithm = signer.key.algorithm

    def issue(self, record: EuDcc, *, expires_at: datetime, issued_at: datetime | None = None) -> Certificate:
        """Sign a record.

        Args:
            record: what to certify; every rule of its kind is enforced.
            expires_at: last moment at which the certificate may be relied on, aware, cut to the second.
            issued_at: aware, cut to the second; the present where None.

        Raises:
            IssueError: with every reason, `record.*`, `issue.*` or `usage.not_allowed`; nothing was issued.
            ConfigurationError: `time.naive`.
        """
        start = _whole_second(aware(issued_at, name="issued_at"), name="issued_at")
        end = _whole_second(checked(expires_at, name="expires_at"), name="expires_at")
        number, payload = subclaims.write(record)
        claims = cwt.Claims(issuer=self._country, issued_at=start, expires_at=end)
        key = self._signer.key
        faults = [
            *_time_faults(start, end, key),
            *(
                finding("usage.not_allowed", usage=usage.value)
                for usage in subclaims.usages(number, payload)
                if usage not in key.usages
            ),
        ]
        if faults:
            raise IssueError(*faults)

        message = self._sign(
            cwt.encode(issuer=self._country, issued_at=start, expires_at=end, subclaim=number, payload=payload),
        )
        text = envelope.wrap(message)
        _read_back(text, key, expected=cwt.ClaimSet(claims, {number: payload}, ()))
        return Certificate(text=text, cose=message)

    def _sign(self, claims: bytes) -> bytes:
        """Lay out and sign a COSE_Sign1 message, tag 18, with alg and kid in the protected header."""
        message = Sign1Message(
            phdr={AlgorithmHeader: _COSE_ALGORITHM[self._algorithm], KID: self._signer.key.kid},
            payload=claims,
        )
        signature = self._signer.sign(cose.sig_structure(message.phdr_encoded, claims))
        if type(signature) is not bytes:  # from signers without types
            raise IssueError.of("issue.self_check", reason="the signer returned no bytes")
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


def _time_faults(issued_at: datetime, expires_at: datetime, key: TrustedKey) -> Iterator[Finding]:
    if expires_at <= issued_at:
        yield finding("issue.expiry_before_issue", expires_at=in_words(expires_at), issued_at=in_words(issued_at))
    if key.not_before is not None and issued_at < key.not_before:
        not_before = in_words(key.not_before)
        yield finding("issue.predates_key", issued_at=in_words(issued_at), not_before=not_before)
    if key.not_after is not None and expires_at > key.not_after:
        not_after = in_words(key.not_after)
        yield finding("issue.outlives_key", expires_at=in_words(expires_at), not_after=not_after)


def _read_back(text: str, key: TrustedKey, *, expected: cwt.ClaimSet) -> None:
    """Read what is about to leave as a verifier would, and compare."""
    limits = Limits()
    try:
        parts = cose.split(envelope.open_text(text, limits=limits), limits=limits)
        held = key.verifies(parts.signature, parts.signed_bytes)
        same = held and cwt.read(parts.payload, limits=limits) == expected
    except MalformedError as error:
        raise IssueError.of("issue.self_check", reason=error.code) from error
    if parts.kid != key.kid or parts.algorithm != key.algorithm or not held:
        raise IssueError.of("issue.self_check", reason="signature.invalid")
    if not same or parts.leniencies:
        raise IssueError.of("issue.self_check", reason="the content read back differs")
