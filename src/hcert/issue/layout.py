"""A code laid out up to its signature: claim set, COSE_Sign1 (RFC 9052), zlib, Base45.

pycose lays out the message and never sees a private key. The zlib stream stores what is random, ciphertexts and the
signature, as it is (`docs/decisions/0012`), so the length of the text is known before anything is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycose.headers import KID
from pycose.headers import Algorithm as AlgorithmHeader
from pycose.messages.sign1message import Sign1Message

from hcert.codec import code_text, cose_sign1, cwt
from hcert.codec.container import container_of
from hcert.codec.zlib_stream import MAX_TAIL_BYTES, deflate
from hcert.errors import ConfigurationError, IssueError
from hcert.keys.algorithms import Algorithm, may_name
from hcert.records.kinds import KINDS

if TYPE_CHECKING:
    from hcert.codec.container import Container
    from hcert.codec.zlib_stream import UnfinishedStream
    from hcert.keys.trusted_key import TrustedKey


@dataclass(frozen=True, slots=True)
class Draft:
    """A code that lacks its signature.

    Attributes:
        claim_set: what is to be signed.
        to_sign: the Sig_structure, RFC 9052 section 4.4.
        head: the message up to its signature.
        stream: the zlib stream up to the random bytes at its end.
        container: in which the record goes.
    """

    claim_set: cwt.ClaimSet
    to_sign: bytes
    head: bytes
    stream: UnfinishedStream
    container: Container

    @property
    def length(self) -> int:
        """Characters of the text that the code will have."""
        return code_text.predict_length(self.stream)

    def complete(self, signature: bytes) -> tuple[str, bytes]:
        """Return the text and the COSE message with a signature."""
        message = self.head + signature
        stream = self.stream.finish(message[-self.stream.tail_bytes :])
        return code_text.encode_stream(stream, self.container), message


class Layout:
    """How the codes of one key are laid out: tag 18, algorithm and kid in the protected header.

    Attributes:
        algorithm: the one that the header names.

    Args:
        key: of the signer.
        algorithm: the one to name; None for that of the key.

    Raises:
        ConfigurationError: `key.unsupported` for a key that cannot sign certificates, `issue.algorithm` for one that
            does not sign by `algorithm`.
    """

    def __init__(self, key: TrustedKey, *, algorithm: Algorithm | None = None) -> None:
        if key.algorithm is None:
            raise ConfigurationError.of("key.unsupported")
        named = key.algorithm if algorithm is None else algorithm
        if type(named) is not Algorithm or not may_name(named, key.algorithm):
            raise ConfigurationError.of("issue.algorithm", algorithm=key.algorithm.name)
        self.algorithm = named
        self._headers = {AlgorithmHeader: int(named), KID: key.kid}
        self._protected = bytes(self._start(b"").phdr_encoded)
        self._signature_bytes = key.signature_bytes

    def draft(self, claims: cwt.Claims, number: int | None, payload: Any) -> Draft:
        """Lay out a payload of the kind `number`.

        Raises:
            IssueError: `cose.card_algorithm` if the container of that kind does not know the algorithm.
        """
        container = container_of(number)
        if container.algorithms and self.algorithm not in container.algorithms:
            raise IssueError.of("cose.card_algorithm", algorithm=int(self.algorithm))
        content = cwt.encode(claims, subclaim=number, payload=payload)
        message = self._start(content)
        message.signature = bytes(self._signature_bytes)
        encoded = bytes(message.encode(sign=False))
        random_bytes = KINDS[number].random_bytes(payload, content) + self._signature_bytes
        tail_bytes = min(random_bytes, MAX_TAIL_BYTES)
        return Draft(
            claim_set=cwt.ClaimSet(claims, {number: payload}, ()),
            to_sign=cose_sign1.encode_sig_structure(self._protected, content),
            head=encoded[: -self._signature_bytes],
            stream=deflate(encoded[:-tail_bytes], tail_bytes=tail_bytes),
            container=container,
        )

    def _start(self, payload: bytes) -> Sign1Message:
        """Return a message without signature. Its header is set afterwards: pycose takes ESP256 by its number only."""
        message = Sign1Message(payload=payload)
        message.phdr_update(self._headers)
        return message
