"""SoftHSM for tests: tokens in a folder, keys of the tests in them, and what to do if it is not installed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import hcert
import softhsm
from support.signers import spki_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hcert.keys.algorithms import PrivateKey

PIN = "27182818"
LABEL = "hcert"


def require() -> None:
    """Skip if SoftHSM or python-pkcs11 is missing; fail if the variable CI_REQUIRES_SOFTHSM is set, as in .ci/run."""
    missing = [] if softhsm.module_path() else ["SoftHSM (Debian: apt-get install softhsm2)"]
    missing += [] if find_spec("pkcs11") else ["python-pkcs11 (hcert[hsm])"]
    if not missing:
        return
    words = f"keys in tokens are NOT tested: {' and '.join(missing)} is missing"
    if os.environ.get("CI_REQUIRES_SOFTHSM"):
        raise RuntimeError(words)
    pytest.skip(words, allow_module_level=True)


def forget_everything() -> None:
    """Bring this process to where a new one would be: no session, no login, no PIN refused."""
    from hcert.keys.pkcs11_module import _MODULES

    for module in _MODULES._modules.values():
        module.restart(module.starts)
        module._refused_pins.clear()


def opening(hsm: SoftHsm, path: str, *, on: str = LABEL, **more: Any) -> Callable[[], hcert.Pkcs11Signer]:
    """Return the opening of a key."""
    return lambda: hcert.Pkcs11Signer.from_uri(hsm.uri(path, on=on), **more)


def code_of(call: Callable[[], object]) -> str:
    """Return the code with which a call fails."""
    with pytest.raises(hcert.HcertError) as caught:
        call()
    return caught.value.code


@dataclass(frozen=True)
class SoftHsm:
    """Tokens in a folder, all under the same PIN.

    Attributes:
        folder: holds `softhsm2.conf`, the tokens and the file `pin`.
        module: path of the PKCS #11 library.
    """

    folder: Path
    module: str

    @classmethod
    def make(cls, folder: Path, *labels: str) -> SoftHsm:
        """Make tokens."""
        configuration = softhsm.configure(folder)
        for label in labels:
            softhsm.make_token(configuration, label, PIN)
        (folder / "pin").write_text(f"{PIN}\n")
        return cls(folder, str(softhsm.module_path()))

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to see these tokens."""
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    @property
    def pin_file(self) -> Path:
        """The file with the PIN."""
        return self.folder / "pin"

    def uri(self, path: str, *, on: str = LABEL) -> str:
        """Return the URI of a key, by the attributes that name it."""
        return f"pkcs11:token={on};{path}?module-path={self.module}&pin-source=file:{self.pin_file}"

    def session(self, on: str = LABEL, **more: Any) -> Any:
        """Open a session for writing, as a tool of the vendor would; hcert's own sessions in this process end."""
        import pkcs11

        forget_everything()
        return pkcs11.lib(self.module).get_token(token_label=on).open(rw=True, **({"user_pin": PIN} | more))


def store(
    session: Any,
    label: str,
    number: int,
    private: PrivateKey | None = None,
    *,
    certificates: tuple[bytes, ...] = (),
    public: PrivateKey | None = None,
    **more: Any,
) -> None:
    """Store a private key and what is public beside it, all under one id and label.

    Args:
        session: for writing.
        label: CKA_LABEL of all.
        number: CKA_ID of all, one byte; none for 0.
        private: private key.
        certificates: DER.
        public: the key whose public side stands beside it.
        more: attributes of the private key, by name.
    """
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.util.ec import decode_ec_private_key, decode_ec_public_key
    from pkcs11.util.rsa import decode_rsa_private_key, decode_rsa_public_key

    shared = {Attribute.LABEL: label, Attribute.ID: bytes([number] if number else []), Attribute.TOKEN: True}
    if private is not None:
        numbers = der_of(private)
        known = decode_rsa_private_key if isinstance(private, rsa.RSAPrivateKey) else decode_ec_private_key
        hidden = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.SIGN: True}
        attributes = {Attribute[name]: value for name, value in more.items()}
        session.create_object(known(numbers) | shared | hidden | attributes)
    if isinstance(public, ec.EllipticCurvePrivateKey):
        session.create_object(decode_ec_public_key(spki_of(public)) | shared | {Attribute.VERIFY: True})
    elif public is not None:
        session.create_object(decode_rsa_public_key(pkcs1_of(public)) | shared | {Attribute.VERIFY: True})
    for certificate in certificates:
        kind = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: 0}
        session.create_object(kind | shared | {Attribute.VALUE: certificate, Attribute.SUBJECT: b"\x30\x00"})


def der_of(private: PrivateKey) -> bytes:
    """Return a private key in the traditional form of its kind, as tokens take it."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def pkcs1_of(private: PrivateKey) -> bytes:
    """Return the public side of an RSA key in the form of PKCS #1."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
