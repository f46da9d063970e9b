"""A second opinion on test vectors, by other libraries alone, without hcert.

It is naive and lenient: it cannot say that a code must be refused for its form. It says whether the signature is valid,
and what follows from the times and the certificate. That is enough to see whether a vector shows what it claims.
"""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from dataclasses import dataclass
from typing import Any

import base45
import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

USAGES = {
    f"1.3.6.1.4.1.{root}.{number}": kind
    for root in ("1847.2021.1", "0.1847.2021.1")
    for number, kind in ((1, "t"), (2, "v"), (3, "r"))
}
ROOTS = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")


@dataclass(frozen=True)
class Opinion:
    """The opinion on a vector; None for what could not be determined.

    Attributes:
        signed: whether a trusted key signed it, with an algorithm of health certificates.
        expired, early: whether it has expired, and whether its issue is more than five minutes ahead.
        key_valid: whether the certificate of the signer is valid at the time.
        usage_allows: whether the certificate of the signer allows the events in the payload.
    """

    signed: bool | None = None
    expired: bool | None = None
    early: bool | None = None
    key_valid: bool | None = None
    usage_allows: bool | None = None


def opinion(vector: dict[str, Any]) -> Opinion:
    """Return the opinion on a vector with local pins."""
    try:
        stream = base45.b45decode(vector["text"].removeprefix("HC1:").removeprefix("VC1:"))
        message = cbor2.loads(zlib.decompress(stream, 15 if stream.startswith(b"\x78") else -15))
        while hasattr(message, "value"):
            message = message.value
        protected, unprotected, payload, signature = message
        inside = cbor2.loads(protected) if protected else {}
        header = {**unprotected, **inside}
        kid = base64.b64decode(header[4]) if isinstance(header.get(4), str) else header.get(4)
    except Exception:  # noqa: BLE001 - it is not a message
        return Opinion()
    signed_bytes = cbor2.dumps(["Signature1", protected if inside else b"", b"", payload])
    at = dt.datetime.fromisoformat(vector["clock"])
    for one in vector["trust"].get("keys", ()):
        if base64.b64decode(one["kid"]) == kid and (
            certificate := _find_certificate(one, header.get(1), signature, signed_bytes)
        ):
            return _judge_claims(cbor2.loads(payload), certificate, at)
    return Opinion(signed=False)


def _find_certificate(one: dict[str, Any], algorithm: Any, signature: bytes, data: bytes) -> Any:
    """Return the certificate of a key under which the signature is valid, or True for a bare key; otherwise None."""
    certificate = x509.load_der_x509_certificate(base64.b64decode(one["certificate"])) if "certificate" in one else None
    key = certificate.public_key() if certificate else load_der_public_key(base64.b64decode(one["public_key"]))
    try:
        if (
            isinstance(key, ec.EllipticCurvePublicKey)
            and algorithm in {-7, -9}  # ES256, and ESP256 of RFC 9864
            and len(signature) == 64
            and key.curve.name == "secp256r1"
        ):
            r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm == -37 and key.key_size >= 2048:
            key.verify(signature, data, padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32), hashes.SHA256())
        else:
            return None
    except InvalidSignature:
        return None
    return certificate or True


def _judge_claims(claims: Any, certificate: Any, at: dt.datetime) -> Opinion:
    if not isinstance(claims, dict):
        return Opinion(signed=True)
    expiry, issue = (_read_seconds(claims.get(number, claims.get(str(number)))) for number in (4, 6))
    usages = _read_usages(certificate)
    payload = claims.get(-260)
    dcc = payload.get(1) if isinstance(payload, dict) else None
    events = {kind for kind in "tvr" if isinstance(dcc, dict) and dcc.get(kind)}
    if isinstance(payload, dict) and not {-6, "v"}.isdisjoint(payload):  # an ICVP, or a vaccination card
        events.add("v")
    if isinstance(payload, dict) and -7 in payload:  # a medication overview, which needs a key without a restriction
        events |= set("tvr")
    return Opinion(
        signed=True,
        expired=None if expiry is None else max(at.timestamp(), issue or 0) > expiry,
        early=None if issue is None else issue - at.timestamp() > 300,
        key_valid=None
        if certificate is True
        else certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc,
        usage_allows=usages is None or events <= usages,
    )


def _read_seconds(value: Any) -> float | None:
    value = getattr(value, "timestamp", lambda: value)()
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return value // 1000 if value >= 10**12 else value


def _read_usages(certificate: Any) -> set[str] | None:
    """Return the events that a certificate allows; None if it has no identifiers of the EU, and no restriction."""
    if certificate is True:
        return None
    try:
        extension = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return None
    names = [usage.dotted_string for usage in extension.value]
    if not any(name.startswith(ROOTS) for name in names):
        return None
    return {USAGES[name] for name in names if name in USAGES}
