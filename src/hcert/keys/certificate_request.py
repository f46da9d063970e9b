"""Certificate requests (PKCS #10, RFC 2986) for keys that are not in memory.

`cryptography` writes requests for keys in memory alone. The frame is small, so it is laid out here: name and public key
come encoded from `cryptography`, and the signature from the signer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError
from hcert.keys.algorithms import Algorithm, der_from_raw
from hcert.keys.digest_signer import signing_algorithm

if TYPE_CHECKING:
    from cryptography import x509

    from hcert.keys.signers import Signer

_SEQUENCE: Final = 0x30
_BIT_STRING: Final = 0x03
_VERSION_1: Final = bytes.fromhex("020100")
_NO_ATTRIBUTES: Final = bytes.fromhex("a000")
_ONE_OCTET: Final = 0x80  # lengths from here on take more than one octet
_SIGNATURE_ALGORITHMS: Final = {
    Algorithm.ES256: bytes.fromhex("300a06082a8648ce3d040302"),  # ecdsa-with-SHA256, RFC 5758 section 3.2
    Algorithm.PS256: bytes.fromhex(  # id-RSASSA-PSS, SHA-256 for hash and mask, salt of 32 bytes, RFC 4055 section 3
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d0609608648016503"
        "0402010500a203020120"
    ),
}


def request_certificate(signer: Signer, subject: x509.Name) -> bytes:
    """Make a request for a certificate of a signer's key, and have the signer prove that it has the key.

    Args:
        signer: any signer; its kid and validity play no part.
        subject: country (C) and name (CN) of the owner.

    Returns:
        The request, DER.

    Raises:
        ConfigurationError: `key.unsupported`, or `key.mismatch` if the signature does not verify.
        SignerError: `signer.*`.
    """
    algorithm = signing_algorithm(signer.key)
    asked = _encode(_SEQUENCE, _VERSION_1, subject.public_bytes(), signer.key.spki, _NO_ATTRIBUTES)
    signature = signer.sign(asked)
    if not signer.key.verifies(signature, asked):
        raise ConfigurationError.of("key.mismatch")
    encoded = der_from_raw(signature) if algorithm is Algorithm.ES256 else signature
    proof = _encode(_BIT_STRING, b"\0", encoded or b"")
    return _encode(_SEQUENCE, asked, _SIGNATURE_ALGORITHMS[algorithm], proof)


def _encode(tag: int, *contents: bytes) -> bytes:
    """Return a DER element."""
    content = b"".join(contents)
    if len(content) < _ONE_OCTET:
        return bytes([tag, len(content)]) + content
    octets = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, _ONE_OCTET | len(octets)]) + octets + content
