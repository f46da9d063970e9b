"""COSE_Sign (RFC 9052 section 4.1): one payload under several signatures, for documents that several people release.

There is one encoding only: tag 98, empty body headers, and for each signature a protected header with algorithm and
kid. The decoder refuses every other.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from hcert.codec import cbor
from hcert.errors import MalformedError
from hcert.fragments import Fragment, fragment, fragment_of

_TAG_SIGN: Final = b"\xd8\x62"  # 98
_ALGORITHM: Final = 1
_KID: Final = 4
_DEPTH: Final = 4
MAX_SIGNATURES: Final = 64
MAX_SIGNATURE_BYTES: Final = 2048  # the size under an RSA key of 16 384 bits
_ELEMENTS: Final = 4


class Signature(NamedTuple):
    """One COSE_Signature: algorithm number and kid from its protected header, and the signature itself."""

    algorithm: int
    kid: bytes
    signature: bytes

    @property
    def protected(self) -> bytes:
        """The protected header, encoded."""
        return cbor.encode({_ALGORITHM: self.algorithm, _KID: self.kid})

    def encode_sig_structure(self, payload: bytes) -> bytes:
        """Encode what is signed: the Sig_structure for `payload` (RFC 9052 section 4.4)."""
        return cbor.encode(["Signature", b"", self.protected, b"", payload])


class CoseSign(NamedTuple):
    """A payload and the signatures over it, none of them verified."""

    payload: bytes
    signatures: tuple[Signature, ...]


def decode(data: bytes) -> CoseSign:
    """Decode a COSE_Sign message without verifying its signatures.

    Raises:
        MalformedError: `document.malformed`.
    """
    if not data.startswith(_TAG_SIGN):
        raise _malformed(fragment("cose_sign.tag"))
    try:
        item = cbor.decode(data[len(_TAG_SIGN) :], depth=_DEPTH)
    except cbor.CborError as error:
        raise _malformed(fragment_of(error)) from None
    if type(item) is not list or len(item) != _ELEMENTS or item[:2] != [b"", {}] or type(item[2]) is not bytes:
        raise _malformed(fragment("cose_sign.elements"))
    if type(item[3]) is not list or not 0 < len(item[3]) <= MAX_SIGNATURES:
        raise _malformed(fragment("cose_sign.signature_count", most=MAX_SIGNATURES))
    return CoseSign(item[2], tuple(map(_decode_signature, item[3])))


def encode(message: CoseSign) -> bytes:
    """Encode a COSE_Sign message."""
    signatures = [[part.protected, {}, part.signature] for part in message.signatures]
    return _TAG_SIGN + cbor.encode([b"", {}, message.payload, signatures])


def _decode_signature(item: Any) -> Signature:
    if type(item) is not list or list(map(type, item)) != [bytes, dict, bytes] or item[1]:
        raise _malformed(fragment("cose_sign.signature"))
    if len(item[2]) > MAX_SIGNATURE_BYTES:
        raise _malformed(fragment("cose_sign.signature_bytes", most=MAX_SIGNATURE_BYTES))
    try:
        headers = cbor.decode(item[0], depth=_DEPTH)
    except cbor.CborError as error:
        raise _malformed(fragment_of(error)) from None
    if type(headers) is not dict or {key: type(value) for key, value in headers.items()} != {1: int, 4: bytes}:
        raise _malformed(fragment("cose_sign.header"))
    part = Signature(headers[_ALGORITHM], headers[_KID], item[2])
    if part.protected != item[0]:
        raise _malformed(fragment("cose_sign.header_form"))
    return part


def _malformed(reason: Fragment) -> MalformedError:
    return MalformedError.of("document.malformed", reason=reason)
