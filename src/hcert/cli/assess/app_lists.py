"""The lists of an assessment in the forms that apps load: PEM, JSON, a DID document, signed lists of hcert."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

import hcert
from hcert.cli import certificates
from hcert.cli.exits import UnusableInputError

if TYPE_CHECKING:
    from hcert.cli.assess.one_setup import Setup

VALID: Final = timedelta(days=90)  # of the signed lists
_DID: Final = "did:web:assessment.invalid:trustlist"
_ESCAPES: Final = str.maketrans({"+": "%2B", "/": "%2F", "=": "%3D"})  # in the fragment of a DID URL
_CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1")


def write_lists(setup: Setup) -> dict[str, bytes]:
    """Return the lists by file name.

    Raises:
        UnusableInputError: if a certificate of the kit cannot be read.
    """
    try:
        keys = [(base64.b64decode(key["kid"]), base64.b64decode(key["certificate"])) for key in setup.keys]
        parsed = [x509.load_der_x509_certificate(data) for _, data in keys]
        trust = hcert.TrustList([hcert.TrustedKey.from_certificate(data, kid=kid) for kid, data in keys])
        hashes = {name: map(bytes.fromhex, values) for name, values in setup.revocations.items()}
        revocations = hcert.RevocationList(**hashes)  # type: ignore[arg-type] # kinds of hashes alone
        at = datetime.fromisoformat(setup.clock)
        signed = _sign_lists(trust, revocations, at)
    except (hcert.HcertError, ValueError, TypeError, binascii.Error) as error:
        raise UnusableInputError.because("the lists of the vectors cannot be read") from error
    methods = [_describe_key(kid, one) for (kid, _), one in zip(keys, parsed, strict=True)]
    document = {"@context": list(_CONTEXTS), "id": _DID, "controller": _DID, "verificationMethod": methods}
    return {
        "keys.pem": b"".join(one.public_bytes(Encoding.PEM) for one in parsed),
        "keys.json": _to_json({"clock": setup.clock, "keys": setup.keys, "revocations": setup.revocations}),
        "keys.did.json": _to_json(document),
        **signed,
    }


def _sign_lists(trust: hcert.TrustList, revocations: hcert.RevocationList, at: datetime) -> dict[str, bytes]:
    """Sign both lists by a new anchor, whose private key nobody keeps."""
    anchor = certificates.make_signing_key("ES256")
    public = certificates.encode_public_key(anchor.public_key())
    private = certificates.encode_private_key(anchor, None)
    signers = [hcert.LocalSigner.from_pem(private, certificate=hcert.TrustedKey.from_public_key(public))]
    times: dict[str, Any] = {"version": 1, "issued_at": at, "expires_at": at + VALID}
    return {
        "anchor.pub": public,
        "keys.cose": trust.seal(signers, **times),
        "revocations.bin": revocations.seal(signers, **times),
    }


def _describe_key(kid: bytes, certificate: x509.Certificate) -> dict[str, Any]:
    """Return a verification method of a DID document (W3C DID 1.0, RFC 7517), as the WHO's trust list has them."""
    public = certificate.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        point, size = public.public_numbers(), (public.curve.key_size + 7) // 8
        names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
        jwk = {
            "kty": "EC",
            "crv": names[public.curve.name],
            "x": _to_url64(point.x, size),
            "y": _to_url64(point.y, size),
        }
    elif isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        modulus = _to_url64(numbers.n, public.key_size // 8)
        jwk = {"kty": "RSA", "n": modulus, "e": _to_url64(numbers.e, 3)}
    else:
        raise UnusableInputError.because("the lists of the vectors cannot be read")
    name = base64.b64encode(kid).decode()
    chain = [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]
    members = {"kid": name, **jwk, "x5c": chain}
    return {
        "id": f"{_DID}#{name.translate(_ESCAPES)}",
        "type": "JsonWebKey2020",
        "controller": _DID,
        "publicKeyJwk": members,
    }


def _to_url64(number: int, size: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(size)).decode().rstrip("=")


def _to_json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()
