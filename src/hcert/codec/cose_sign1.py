"""COSE_Sign1 (RFC 9052 section 4.2): its parts, and the bytes that its signature covers.

Tag 18, no tag, and tag 61 (CWT, RFC 8392 section 6) over tag 18 are accepted; the latter two occur in published codes
and add a warning. The protected header is verified exactly as received: to encode it again would verify something that
nobody signed. The one exception is an empty map, which is signed as a zero-length string however it was sent (RFC 9052
section 4.4). A kid written as Base64 text, as participants of the WHO's network do, means the bytes that it encodes: it
only selects the keys to try. In a `VC1:` code none of this is tolerated.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from typing import Any, Final

from hcert.codec import cbor
from hcert.codec.container import HC1, Container
from hcert.codec.limits import MAX_KID_BYTES, MIN_KID_BYTES, Limits, is_kid
from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.frozen import Frozen

# Header labels, RFC 9052 section 3.1.
ALGORITHM: Final = 1
CRITICAL: Final = 2
KID: Final = 4

_TAG_SIGN1: Final = b"\xd2"  # 18
_TAG_CWT: Final = b"\xd8\x3d"  # 61
_ELEMENTS: Final = 4
_MAX_TEXT_KID: Final = -(-MAX_KID_BYTES // 3) * 4  # characters of Base64
_REFUSED_LENIENCIES: Final = {  # in a container without leniencies
    "cose.cwt_tag": fragment("cose.tag"),
    "cose.untagged": fragment("cose.tag"),
    "cose.unprotected_algorithm": fragment("cose.algorithm_unprotected"),
    "cose.text_kid": fragment("cose.kid", least=MIN_KID_BYTES, most=MAX_KID_BYTES),
}
_MAX_CACHED_BYTES: Final = 64  # a header with alg and kid has about 13; larger ones are decoded but not cached


class Sign1(Frozen, frozen=True):
    """The parts of one COSE_Sign1 message.

    Attributes:
        algorithm: COSE algorithm number, from the protected header, else the unprotected one.
        kid: key identifier, from the protected header, else the unprotected one.
        protected: the protected header as signed: the bytes received, or empty for an empty map.
        payload: the signed bytes.
        signature: the signature as received.
        leniencies: warnings for deviations from the specification that are tolerated.
        container: which it came in; it decides how the payload is read.
    """

    algorithm: int
    kid: bytes
    protected: bytes
    payload: bytes
    signature: bytes
    leniencies: tuple[Finding, ...] = ()
    container: Container = HC1

    @property
    def signed_bytes(self) -> bytes:
        """The Sig_structure that the signature covers."""
        return encode_sig_structure(self.protected, self.payload)


def encode_sig_structure(protected: bytes, payload: bytes) -> bytes:
    """Encode the Sig_structure of a COSE_Sign1 without external data (RFC 9052 section 4.4)."""
    return b"\x84\x6aSignature1%b\x40%b" % (cbor.encode_byte_string(protected), cbor.encode_byte_string(payload))


def decode(data: bytes, *, limits: Limits, container: Container = HC1) -> Sign1:
    """Decode a COSE_Sign1 message without verifying its signature.

    Args:
        data: the message.
        limits: of its size and depth.
        container: which it came in; not every container has leniencies.

    Raises:
        MalformedError: a `cose.*` code.
    """
    if len(data) > limits.message_bytes:
        raise MalformedError.of("cose.too_large", length=len(data), limit=limits.message_bytes)
    leniencies: list[Finding] = []
    body = data
    if body.startswith(_TAG_CWT + _TAG_SIGN1):
        body = body[len(_TAG_CWT) :]
        leniencies.append(finding("cose.cwt_tag"))
    if body.startswith(_TAG_SIGN1):
        body = body[len(_TAG_SIGN1) :]
    else:
        leniencies.append(finding("cose.untagged"))
    try:
        protected, unprotected, payload, signature = _check_elements(cbor.decode(body, depth=limits.cbor_depth))
        if len(protected) <= _MAX_CACHED_BYTES:
            header = _decode_protected_cached(protected, limits.cbor_depth)
        else:
            header = _decode_protected(protected, limits.cbor_depth)
    except cbor.CborError as error:
        raise _malformed(fragment_of(error)) from None
    signed, algorithm, kid = header
    if algorithm is None and ALGORITHM in unprotected:
        algorithm = unprotected[ALGORITHM]
        leniencies.append(finding("cose.unprotected_algorithm"))
    if kid is None:
        kid = unprotected.get(KID)
    if type(kid) is str:
        kid = _decode_text_kid(kid)
        leniencies.append(finding("cose.text_kid"))
    _refuse_leniencies(leniencies, container)
    named = _check_algorithm(algorithm, container)
    return Sign1(named, _check_kid(kid), signed, payload, signature, tuple(leniencies), container)


def _decode_protected(protected: bytes, depth: int) -> tuple[bytes, Any, Any]:
    """Return a protected header as signed, and the algorithm and kid in it, None for each that is absent."""
    headers = cbor.decode(protected, depth=depth) if protected else {}
    if type(headers) is not dict:
        raise _malformed(fragment("cose.protected_not_map"))
    if CRITICAL in headers:
        raise MalformedError.of("cose.critical_header")
    return protected if headers else b"", headers.get(ALGORITHM), headers.get(KID)


# All codes of an issuer have the same protected header.
_decode_protected_cached = lru_cache(maxsize=256)(_decode_protected)


def _check_elements(item: Any) -> tuple[bytes, dict[Any, Any], bytes, bytes]:
    """Check the types of the four elements. A detached (null) payload is refused, since it cannot be verified."""
    if type(item) is not list or len(item) != _ELEMENTS:
        raise _malformed(fragment("cose.not_four"))
    protected, unprotected, payload, signature = item
    if type(protected) is not bytes or type(payload) is not bytes or type(signature) is not bytes:
        raise _malformed(fragment("cose.not_bytes"))
    if type(unprotected) is not dict:
        raise _malformed(fragment("cose.unprotected_not_map"))
    return protected, unprotected, payload, signature


def _refuse_leniencies(leniencies: list[Finding], container: Container) -> None:
    if leniencies and not container.lenient:
        raise _malformed(_REFUSED_LENIENCIES[leniencies[0].code])


def _check_algorithm(value: Any, container: Container) -> int:
    if value is None:
        raise MalformedError.of("cose.no_algorithm")
    if type(value) is not int:
        raise _malformed(fragment("cose.algorithm_type"))
    if container.algorithms and value not in container.algorithms:
        raise MalformedError.of("cose.card_algorithm", algorithm=value)
    return value


def _check_kid(value: Any) -> bytes:
    if value is None:
        raise MalformedError.of("cose.no_kid")
    if not is_kid(value):
        raise _malformed(fragment("cose.kid", least=MIN_KID_BYTES, most=MAX_KID_BYTES))
    return value


def _decode_text_kid(text: str) -> bytes:
    """Decode a kid in Base64 (RFC 4648 section 4); each has one text only. Returns nothing for any other text."""
    if len(text) > _MAX_TEXT_KID:
        return b""
    try:
        kid = a2b_base64(text, strict_mode=True)
    except ValueError:
        return b""
    return kid if b2a_base64(kid, newline=False) == text.encode() else b""


def _malformed(reason: Fragment) -> MalformedError:
    return MalformedError.of("cose.malformed", reason=reason)
