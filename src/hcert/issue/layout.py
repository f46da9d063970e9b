"""A code laid out up to its signature: claim set, COSE_Sign1 (RFC 9052), zlib, Base45.

pycose lays out the message and never sees a private key. The zlib stream stores what is random, ciphertexts and the
signature, as it is (`docs/decisions/0012`), so the length of the text is known before anything is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pycose.algorithms import Es256, Ps256
from pycose.headers import KID
from pycose.headers import Algorithm as AlgorithmHeader
from pycose.messages.sign1message import Sign1Message

from hcert.codec import cose_sign1, cwt, hc1
from hcert.codec.zlib_stream import MAX_TAIL_BYTES, deflate
from hcert.errors import ConfigurationError
from hcert.keys.algorithms import Algorithm
from hcert.records.kinds import KINDS

if TYPE_CHECKING:
    from hcert.codec.zlib_stream import UnfinishedStream
    from hcert.keys.trusted_key import TrustedKey

_COSE_ALGORITHM: Final = {Algorithm.ES256: Es256, Algorithm.PS256: Ps256}


@dataclass(frozen=True, slots=True)
class Draft:
    """A code that lacks its signature.

    Attributes:
        claim_set: what is to be signed.
        to_sign: the Sig_structure, RFC 9052 section 4.4.
        head: the message up to its signature.
        stream: the zlib stream up to the random bytes at its end.
    """

    claim_set: cwt.ClaimSet
    to_sign: bytes
    head: bytes
    stream: UnfinishedStream

    @property
    def length(self) -> int:
        """Characters of the text that the code will have."""
        return hc1.predict_length(self.stream)

    def complete(self, signature: bytes) -> tuple[str, bytes]:
        """Return the text and the COSE message with a signature."""
        message = self.head + signature
        return hc1.encode_stream(self.stream.finish(message[-self.stream.tail_bytes :])), message


class Layout:
    """How the codes of one key are laid out: tag 18, algorithm and kid in the protected header.

    Args:
        key: of the signer.

    Raises:
        ConfigurationError: `key.unsupported` for a key that cannot sign certificates.
    """

    def __init__(self, key: TrustedKey) -> None:
        if key.algorithm is None:
            raise ConfigurationError.of("key.unsupported")
        self._headers = {AlgorithmHeader: _COSE_ALGORITHM[key.algorithm], KID: key.kid}
        self._protected = bytes(Sign1Message(phdr=self._headers).phdr_encoded)
        self._signature_bytes = key.signature_bytes

    def draft(self, claims: cwt.Claims, number: int, payload: Any) -> Draft:
        """Lay out a payload of the kind `number`."""
        content = cwt.encode(claims, subclaim=number, payload=payload)
        message = Sign1Message(phdr=self._headers, payload=content)
        message.signature = bytes(self._signature_bytes)
        encoded = bytes(message.encode(sign=False))
        random_bytes = KINDS[number].random_bytes(payload, content) + self._signature_bytes
        tail_bytes = min(random_bytes, MAX_TAIL_BYTES)
        return Draft(
            claim_set=cwt.ClaimSet(claims, {number: payload}, ()),
            to_sign=cose_sign1.encode_sig_structure(self._protected, content),
            head=encoded[: -self._signature_bytes],
            stream=deflate(encoded[:-tail_bytes], tail_bytes=tail_bytes),
        )
