"""Keys and certificates of an authority that does not exist, derived from a seed: the same seed gives the same keys.

Whoever knows the seed knows the private keys: never trust them outside an assessment.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier

from hcert.cli.certificates import SigningKey, make_subject

if TYPE_CHECKING:
    from datetime import datetime

ES256: Final = -7
PS256: Final = -37
USAGE_TEST: Final = "1.3.6.1.4.1.1847.2021.1.1"  # the only events that a key limited to tests may sign
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_HALF: Final = 1024  # bits of a prime of an RSA key
_EXPONENT: Final = 65_537
_SALT: Final = 32  # bytes
_BASES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
_SMALL: Final = math.prod(
    number for number in range(3, 2000, 2) if all(number % other for other in range(3, 45, 2) if other < number)
)


@dataclass(frozen=True, slots=True)
class FictionalKey:
    """A key pair with its certificate."""

    private: SigningKey
    certificate: bytes

    @property
    def kid(self) -> bytes:
        """The conventional kid: the first 8 bytes of the SHA-256 of the certificate."""
        return hashlib.sha256(self.certificate).digest()[:8]

    @property
    def algorithm(self) -> int:
        """The COSE algorithm of the key."""
        return ES256 if isinstance(self.private, ec.EllipticCurvePrivateKey) else PS256

    def sign(self, data: bytes) -> bytes:
        """Sign in the form of COSE, the same bytes each time."""
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return to_raw(self.sign_der(data))
        return _sign_pss(self.private, data)

    def sign_der(self, data: bytes) -> bytes:
        """Sign by ES256 in the form of X.509, which COSE does not use."""
        assert isinstance(self.private, ec.EllipticCurvePrivateKey)  # noqa: S101 - asked of such keys alone
        return self.private.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


class FictionalAuthority:
    """Certifies document signers.

    Args:
        seed: from which all keys are derived.
        at: the time of the check; by default keys are valid from a year before it to two years after it.
    """

    def __init__(self, seed: int, at: datetime) -> None:
        self._seed, self._at = seed, at
        self._root = _derive_elliptic(f"{seed} root")

    def certify(
        self, name: str, *, usage: str | None = None, ended: bool = False, by_rsa: bool = False
    ) -> FictionalKey:
        """Make a document signer.

        Args:
            name: of the signer.
            usage: the only events that it may sign; None for all.
            ended: whether its certificate has ended.
            by_rsa: whether it signs by PS256.
        """
        purpose = f"{self._seed} {name}"
        private = _derive_rsa(purpose) if by_rsa else _derive_elliptic(purpose)
        until = self._at + timedelta(days=-20 if ended else 730)
        builder = (
            x509.CertificateBuilder()
            .subject_name(make_subject("VN", f"Fictional {name}"))
            .issuer_name(make_subject("VN", "Fictional authority, do not trust"))
            .public_key(private.public_key())
            .serial_number(derive(f"{purpose} serial") >> 193 | 1)
            .not_valid_before(self._at - timedelta(days=365))
            .not_valid_after(until)
        )
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ObjectIdentifier(usage)]), critical=False)
        certificate = builder.sign(self._root, hashes.SHA256(), ecdsa_deterministic=True)
        return FictionalKey(private, certificate.public_bytes(Encoding.DER))


def derive(purpose: str) -> int:
    """Return a number of 256 bits that belongs to a purpose."""
    return int.from_bytes(hashlib.sha256(f"hcert assess {purpose}".encode()).digest())


def to_raw(der: bytes) -> bytes:
    """Return R followed by S, as COSE has them."""
    return b"".join(number.to_bytes(32) for number in decode_dss_signature(der))


def _derive_elliptic(purpose: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(derive(purpose) % (_ORDER - 1) + 1, ec.SECP256R1())


def _derive_rsa(purpose: str) -> rsa.RSAPrivateKey:
    first, second = (_find_prime(f"{purpose} prime {number}") for number in (1, 2))
    exponent = pow(_EXPONENT, -1, math.lcm(first - 1, second - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=first, q=second, d=exponent, dmp1=exponent % (first - 1), dmq1=exponent % (second - 1),
        iqmp=pow(second, -1, first), public_numbers=rsa.RSAPublicNumbers(_EXPONENT, first * second),
    )  # fmt: skip
    return numbers.private_key()


def _find_prime(purpose: str) -> int:
    """Return the first prime from a number on that belongs to a purpose."""
    start = int.from_bytes(hashlib.shake_256(purpose.encode()).digest(_HALF // 8)) | 0b11 << _HALF - 2 | 1
    return next(number for number in count(start, 2) if _is_prime(number))


def _is_prime(number: int) -> bool:
    """Test by Miller and Rabin; numbers that nobody chose to deceive need no more bases."""
    if math.gcd(number, _SMALL) > 1 or (number - 1) % _EXPONENT == 0:
        return False
    twos = (number - 1 & 1 - number).bit_length() - 1
    for base in _BASES:
        power = pow(base, number - 1 >> twos, number)
        if power in {1, number - 1}:
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _sign_pss(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    """Sign by RSASSA-PSS (RFC 8017 section 8.1) with a salt that depends on the data alone."""
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    salt = hashlib.sha256(b"salt" + data).digest()[:_SALT]
    hashed = hashlib.sha256(bytes(8) + hashlib.sha256(data).digest() + salt).digest()
    size = key.key_size // 8
    block = bytes(size - len(salt) - len(hashed) - 2) + b"\1" + salt
    mask = b"".join(hashlib.sha256(hashed + number.to_bytes(4)).digest() for number in range(size // 32 + 1))
    masked = bytearray(one ^ other for one, other in zip(block, mask, strict=False))
    masked[0] &= 0x7F  # one bit less than the modulus
    return pow(int.from_bytes(bytes(masked) + hashed + b"\xbc"), numbers.d, modulus).to_bytes(size)
