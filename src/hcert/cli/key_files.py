"""Loading keys from files. An error names the file, what was expected and what the file is."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

import hcert
from hcert.cli.contents import CERTIFICATE, PRIVATE_KEY, PUBLIC_KEY, PUBLIC_KEY_OR_CERTIFICATE, recognise
from hcert.cli.exits import UnusableInputError
from hcert.cli.inputs import MAX_KEY, read_file
from hcert.cli.texts import line
from hcert.cli.token_uri import TokenUri

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from hcert.cli.token_uri import KeyPlace

_LOCKED: Final = "--password-file"


def load_certificate_key(path: Path) -> hcert.TrustedKey:
    """Load the key of a certificate.

    Raises:
        UnusableInputError: naming the file.
    """
    data = read_file(path, MAX_KEY)
    with _name_errors(CERTIFICATE, path, data):
        return hcert.TrustedKey.from_certificate(data)


def load_reader_public_key(path: Path) -> hcert.TrustedKey:
    """Load the public key of a group of readers."""
    data = read_file(path, MAX_KEY)
    with _name_errors(PUBLIC_KEY, path, data):
        return hcert.TrustedKey.from_public_key(data, usages=frozenset({hcert.Usage.OPEN}))


def load_reader_key(path: Path, password_files: Iterable[Path]) -> hcert.ReaderKey:
    """Load the private key of a group of readers."""
    data = read_file(path, MAX_KEY)
    password = _find_password(path, data, password_files)
    with _name_errors(PRIVATE_KEY, path, data):
        return hcert.ReaderKey.from_pem(data, password=password)


def load_anchor_key(path: Path) -> hcert.TrustedKey:
    """Load a key that signs lists: a public key, the key of a certificate, or a key document (JSON) as WHO has it."""
    data = read_file(path, MAX_KEY)
    if data.lstrip().startswith(b"{"):
        return _load_key_document(path, data)
    try:
        key = hcert.TrustedKey.from_public_key(data)
    except hcert.ConfigurationError:
        with _name_errors(PUBLIC_KEY_OR_CERTIFICATE, path, data):
            key = hcert.TrustedKey.from_public_key(hcert.TrustedKey.from_certificate(data).spki)
    if key.algorithm is None:
        raise UnusableInputError.because(
            "{path}: this key is neither P-256 (ES256) nor RSA of at least 2048 bits (PS256)", path=path
        )
    return key


def check_different(
    places: Iterable[KeyPlace], keys: Iterable[hcert.TrustedKey], *, option: str
) -> list[hcert.TrustedKey]:
    """Return keys that were named by files or URIs, each once.

    Raises:
        UnusableInputError: for a key that was named twice: it counts once only.
    """
    found: dict[bytes, tuple[KeyPlace, hcert.TrustedKey]] = {}
    for place, key in zip(places, keys, strict=True):
        if key.spki in found:
            raise UnusableInputError.because(
                "{option}: {first} and {path} are the same key; name each key once",
                option=option,
                first=found[key.spki][0],
                path=place,
            )
        found[key.spki] = place, key
    return [key for _, key in found.values()]


def load_signer(place: KeyPlace, password_files: Iterable[Path], *, certificate: Path | None = None) -> hcert.Signer:
    """Load a signing key: every `--key` of the command that signs ends here.

    Args:
        place: a file with the private key, PEM; or the URI of a key in a token.
        password_files: files with passwords; one must open the key if it is locked.
        certificate: that of a document signer. An anchor has none; its kid is that of the bare public key.

    Raises:
        UnusableInputError: naming the file or the key.
    """
    if isinstance(place, TokenUri):
        return _open_token_key(place, certificate)
    data = read_file(place, MAX_KEY)
    if certificate is None:
        public = load_private_key(place, password_files).public_key()
        key = hcert.TrustedKey.from_public_key(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    else:
        key = load_certificate_key(certificate)
    password = _find_password(place, data, password_files)
    with _name_errors(PRIVATE_KEY, place, data):
        return hcert.LocalSigner.from_pem(data, certificate=key, password=password)


def _open_token_key(uri: TokenUri, certificate: Path | None) -> hcert.Pkcs11Signer:
    key = None if certificate is None else load_certificate_key(certificate)
    try:
        return hcert.Pkcs11Signer.from_uri(uri.text, certificate=key or hcert.Pkcs11Signer.read_public_key(uri.text))
    except (hcert.SignerError, hcert.ConfigurationError) as error:
        raise UnusableInputError(*((str(uri), finding) for finding in error.findings)) from None


def load_private_key(path: Path, password_files: Iterable[Path], *, option: str = _LOCKED) -> PrivateKeyTypes:
    """Load a private key of any kind.

    Raises:
        UnusableInputError: naming the file, and the option for a missing password.
    """
    data = read_file(path, MAX_KEY)
    password = _find_password(path, data, password_files, option)
    try:
        return load_pem_private_key(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise unexpected_file(PRIVATE_KEY, path, data) from None


def unexpected_file(expected: str, path: Path, data: bytes) -> UnusableInputError:
    """Return the error for a file that is not what was expected."""
    found = recognise(data)
    if found == expected:
        return UnusableInputError.because(
            "{path}: {expected} that is damaged, or of a kind that hcert does not know",
            path=path,
            expected=line(expected),
        )
    return UnusableInputError.because(
        "{path}: expected {expected}, this is {found}",
        path=path,
        expected=line(expected),
        found=line(found or "something else"),
    )


def read_password(path: Path) -> bytes:
    """Read a password from a file, without the line end that editors add."""
    return read_file(path, MAX_KEY).rstrip(b"\r\n")


def _find_password(path: Path, data: bytes, password_files: Iterable[Path], option: str = _LOCKED) -> bytes | None:
    """Return the password that opens a key; None for a key without one.

    Raises:
        UnusableInputError: if a password is missing, or none of the given ones opens the key.
    """
    if b"ENCRYPTED" not in data:
        return None
    tried = 0
    for file in password_files:
        tried += 1
        with suppress(ValueError, TypeError, UnsupportedAlgorithm):
            load_pem_private_key(data, read_password(file))
            return read_password(file)
    if not tried:
        raise UnusableInputError.because(
            "{path}: the private key is encrypted; name a file with its password: {option}", path=path, option=option
        )
    raise UnusableInputError.because(
        "{path}: the password in the {option} does not open this private key", path=path, option=option
    )


@contextmanager
def _name_errors(expected: str, path: Path, data: bytes) -> Iterator[None]:
    """Add the name of the file to errors about the key in it, and say what a wrong file is."""
    try:
        yield
    except hcert.ConfigurationError as error:
        if error.code == "key.unreadable":
            raise unexpected_file(expected, path, data) from None
        raise UnusableInputError(*((str(path), finding) for finding in error.findings)) from None


def _load_key_document(path: Path, data: bytes) -> hcert.TrustedKey:
    """Load the P-256 key of a DID document, as WHO publishes the one that signs its list."""
    try:
        jwk = json.loads(data)["verificationMethod"][0]["publicKeyJwk"]
        x, y = (int.from_bytes(urlsafe_b64decode(jwk[name] + "==")) for name in "xy")
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (ValueError, TypeError, LookupError, RecursionError):
        raise UnusableInputError.because("{path}: this is not a key document with a P-256 key", path=path) from None
    return hcert.TrustedKey.from_public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
