"""A private key in a token: finding it, reading what is public beside it, and signing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from hcert.errors import ConfigurationError, SignerError
from hcert.keys.algorithms import Algorithm
from hcert.keys.der import read_elements
from hcert.keys.digest_signer import pad_signature, signing_algorithm
from hcert.keys.pkcs11_faults import MECHANISM_REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.keys.pkcs11_location import KeyLocation
    from hcert.keys.trusted_key import TrustedKey

_PROBE: Final = b"hcert: is this the key of that certificate?"  # no Sig_structure begins with a letter
_P256: Final = bytes.fromhex("06082a8648ce3d030107")  # the object identifier prime256v1, DER
_POINT_BYTES: Final = 65  # uncompressed
_ALGORITHMS: Final = {KeyType.EC: Algorithm.ES256, KeyType.RSA: Algorithm.PS256}


class _Way(NamedTuple):
    """A way to have a token sign."""

    mechanism: Mechanism
    parameter: Any
    prepare: Callable[[bytes], bytes]


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_PSS: Final = (Mechanism.SHA256, pkcs11.MGF.SHA256, 32)
# A digest first: every token knows these, and 32 bytes travel instead of 400. Some policies forbid them.
_WAYS: Final = {
    Algorithm.ES256: (_Way(Mechanism.ECDSA, None, _hash), _Way(Mechanism.ECDSA_SHA256, None, bytes)),
    Algorithm.PS256: (_Way(Mechanism.RSA_PKCS_PSS, _PSS, _hash), _Way(Mechanism.SHA256_RSA_PKCS_PSS, _PSS, bytes)),
}


def find_keys(session: pkcs11.Session, location: KeyLocation) -> list[pkcs11.PrivateKey]:
    """Return the private keys with the id and label of a location; a token shows them after the login only."""
    wanted: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if location.key_id:
        wanted[Attribute.ID] = location.key_id
    if location.key_label:
        wanted[Attribute.LABEL] = location.key_label
    return cast("list[pkcs11.PrivateKey]", list(session.get_objects(wanted)))


class TokenKey:
    """A private key in an open session.

    Attributes:
        session: with the token, without a PIN of its own.
    """

    def __init__(self, session: pkcs11.Session, private: pkcs11.PrivateKey, location: KeyLocation) -> None:
        self.session = session
        self._private = private
        self._location = location
        self._ways: dict[bytes, tuple[_Way, int]] = {}  # by public key, with the length of a signature

    def sign(self, data: bytes, key: TrustedKey) -> bytes | None:
        """Return a signature in COSE form; None if the token returns something of another length.

        A probe comes before the first signature for a public key; raises as `probe` does.
        """
        way, length = self._ways.get(key.spki) or self.probe(key)
        return self._sign(data, way, length)

    def probe(self, key: TrustedKey) -> tuple[_Way, int]:
        """Find the way in which the token signs for a public key: by type, and by a signature over a fixed text.

        Returns:
            The way, and how many bytes a signature has.

        Raises:
            ConfigurationError: `key.mismatch` or `key.unsupported`.
            SignerError: `signer.mechanism` or `signer.refused`.
            PKCS11Error: for faults of the token.
        """
        algorithm = signing_algorithm(key)
        length = key.signature_bytes
        if _ALGORITHMS.get(self._private.key_type) is not algorithm:  # SoftHSM crashes if an EC key signs by PSS
            raise ConfigurationError.of("key.mismatch")
        if not isinstance(self._private, pkcs11.SignMixin):
            raise SignerError.of("signer.refused", reason="CKA_SIGN")
        reason = ""
        for way in _WAYS[algorithm]:
            try:
                signature = self._sign(_PROBE, way, length)
            except MECHANISM_REFUSED as error:
                reason = type(error).__name__
                continue
            if signature is None or not key.verifies(signature, _PROBE):
                raise ConfigurationError.of("key.mismatch")
            self._ways[key.spki] = way, length
            return way, length
        raise SignerError.of("signer.mechanism", algorithm=algorithm.name, reason=reason)

    def _sign(self, data: bytes, way: _Way, length: int) -> bytes | None:
        raw = cast("pkcs11.SignMixin", self._private).sign(
            way.prepare(data), mechanism=way.mechanism, mechanism_param=way.parameter, buffer_size=2 * length
        )
        return pad_signature(raw, length)

    def read_certificate(self) -> bytes:
        """Return the certificate in the token that has the id of the key, DER.

        Raises:
            SignerError: `signer.no_certificate` or `signer.several_certificates`.
        """
        found = {bytes(one[Attribute.VALUE]) for one in self._find_beside(ObjectClass.CERTIFICATE)}
        if not found:
            raise SignerError.of("signer.no_certificate")
        if len(found) > 1:
            raise SignerError.of("signer.several_certificates", count=len(found))
        return found.pop()

    def read_public_key(self) -> bytes:
        """Return the public key in the token that has the id of the key, DER SubjectPublicKeyInfo.

        Raises:
            ConfigurationError: `key.unsupported`.
            SignerError: `signer.no_public_key`.
        """
        found = self._find_beside(ObjectClass.PUBLIC_KEY)
        if not found:
            raise SignerError.of("signer.no_public_key")
        try:
            public = _load_public_key(found[0])
        except ValueError:
            raise ConfigurationError.of("key.unsupported") from None
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def _find_beside(self, kind: ObjectClass) -> list[pkcs11.Object]:
        own = self._private[Attribute.ID]
        wanted = {Attribute.ID: own} if own else {Attribute.LABEL: self._location.key_label}
        return list(self.session.get_objects({Attribute.CLASS: kind, **wanted}))


def _load_public_key(public: pkcs11.Object) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    """Load a public key object: P-256 or RSA.

    Raises:
        ValueError: for any other.
    """
    kind = public[Attribute.KEY_TYPE]
    if kind is KeyType.RSA:
        modulus, exponent = (int.from_bytes(public[one]) for one in (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT))
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if kind is not KeyType.EC or public[Attribute.EC_PARAMS] != _P256:
        raise ValueError
    point = bytes(public[Attribute.EC_POINT])
    if len(point) != _POINT_BYTES:  # an OCTET STRING, as the standard has it; some tokens leave that out
        (element,) = read_elements(point)
        point = element.content
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
