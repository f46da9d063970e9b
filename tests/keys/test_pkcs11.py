"""Keys in tokens, with SoftHSM for a token: finding them, signing with them, and every way in which that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import hcert
from hcert import lists
from hcert.fragments import in_language
from support import softhsm
from support.signers import EXPIRY, NOW, document_signer, p256, spki_of, vaccination_record
from support.softhsm import code_of, opening

if TYPE_CHECKING:
    from pathlib import Path

    from support.signers import DocumentSigner
    from support.softhsm import SoftHsm

softhsm.require()

import pkcs11  # noqa: E402 - after the skip

from hcert.keys import pkcs11_key, pkcs11_module  # noqa: E402

pytestmark = pytest.mark.usefixtures("fresh_process")
EC_PARAMS = pkcs11.Attribute.EC_PARAMS


@pytest.fixture(scope="session")
def odd_keys(hsm: SoftHsm, es256: DocumentSigner) -> SoftHsm:
    """The tokens, with keys that are not as they should be."""
    other, alone, p384 = p256(), p256(), ec.generate_private_key(ec.SECP384R1())
    certificate = es256.certificate
    with hsm.session() as session:
        softhsm.store(session, "bare", 3, alone, public=alone)
        softhsm.store(session, "alien", 4, other, certificates=(certificate,))
        softhsm.store(session, "renewed", 5, other, certificates=(certificate, document_signer(other).certificate))
        softhsm.store(session, "double", 7, other)
        softhsm.store(session, "second", 7, alone)
        softhsm.store(session, "p384", 8, p384, public=p384, certificates=(certificate,))
        softhsm.store(session, "mute", 9, other, certificates=(document_signer(other).certificate,), SIGN=False)
        softhsm.store(session, "nameless", 0, other, certificates=(document_signer(other).certificate,))
        softhsm.store(session, "unreadable", 10, other, certificates=(b"not a certificate",))
    return hsm


@pytest.mark.parametrize("label", ["es256", "ps256"])
def test_signs_what_its_certificate_verifies(hsm: SoftHsm, label: str, request: pytest.FixtureRequest) -> None:
    """By label; the certificate comes from the token."""
    signer = opening(hsm, f"object={label}")()
    assert signer.key == request.getfixturevalue(label).key
    signature = signer.sign(b"data")
    assert len(signature) == signer.key.signature_bytes
    assert signer.key.verifies(signature, b"data")
    assert not signer.key.verifies(signature, b"date")
    assert isinstance(signer, hcert.Signer)


def test_issues_codes_that_are_accepted(hsm: SoftHsm, es256: DocumentSigner) -> None:
    """As any signer does."""
    code = hcert.Issuer(opening(hsm, "id=%01")(), country="VN").issue(
        vaccination_record(), issued_at=NOW, expires_at=EXPIRY
    )
    assert es256.verifier.check(code.text, at=NOW).accepted


def test_seals_lists_with_a_bare_key(odd_keys: SoftHsm) -> None:
    """An anchor has no certificate; its public key lies beside the private one."""
    anchor = hcert.Pkcs11Signer.read_public_key(odd_keys.uri("object=bare"))
    signer = opening(odd_keys, "object=bare", certificate=anchor)()
    sealed = hcert.TrustList([signer.key]).seal([signer], version=1, issued_at=NOW, expires_at=EXPIRY)
    assert lists.find_signers(sealed, [anchor]) == (anchor,)
    assert anchor == hcert.TrustedKey.from_public_key(anchor.spki)


def test_reads_an_rsa_public_key(hsm: SoftHsm, ps256: DocumentSigner) -> None:
    """From its modulus and exponent."""
    assert hcert.Pkcs11Signer.read_public_key(hsm.uri("object=ps256")).spki == spki_of(ps256.private_key)


@pytest.mark.parametrize("encoding", ["raw", "octet string"])
def test_reads_a_point_in_both_forms(es256: DocumentSigner, encoding: str) -> None:
    """The standard has an OCTET STRING; some tokens return the bare point."""
    public = spki_of(es256.private_key)
    held = {
        pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.EC,
        EC_PARAMS: pkcs11_key._P256,
        pkcs11.Attribute.EC_POINT: public[-65:] if encoding == "raw" else b"\x04\x41" + public[-65:],
    }
    loaded: Any = pkcs11_key._load_public_key(held)  # type: ignore[arg-type]
    assert loaded == es256.private_key.public_key()


def test_opens_by_keywords_too(hsm: SoftHsm, es256: DocumentSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the PIN in a file or in a variable."""
    where: dict[str, Any] = {"module": hsm.module, "token": softhsm.LABEL, "key_id": b"\1"}
    assert hcert.Pkcs11Signer(**where, pin_file=hsm.pin_file).key == es256.key
    monkeypatch.setenv("HSM_PIN", softhsm.PIN)
    assert hcert.Pkcs11Signer(**where, key_label="es256", pin_variable="HSM_PIN").key == es256.key
    assert code_of(lambda: hcert.Pkcs11Signer(**where)) == "signer.location"
    both: dict[str, Any] = {"pin_file": hsm.pin_file, "pin_variable": "HSM_PIN"}
    assert code_of(lambda: hcert.Pkcs11Signer(**where, **both)) == "signer.location"


def test_the_certificate_may_lie_beside_the_token(odd_keys: SoftHsm, es256: DocumentSigner) -> None:
    """As PEM, DER or a trusted key; it decides between several in the token."""
    assert opening(odd_keys, "object=es256", certificate=es256.certificate)().key == es256.key
    key = hcert.TrustedKey.from_certificate(es256.certificate, kid=b"another")
    assert opening(odd_keys, "object=es256", certificate=key)().key is key
    assert code_of(opening(odd_keys, "object=es256", certificate=b"nonsense")) == "key.unreadable"


def test_a_key_without_id_has_its_certificate_by_label(odd_keys: SoftHsm) -> None:
    """Some tools give no id."""
    assert opening(odd_keys, "object=nameless")().sign(b"data")


def test_tokens_are_distinguished_by_their_labels_and_serials(hsm: SoftHsm, es256: DocumentSigner) -> None:
    """Serial number, manufacturer and model, all that are given."""
    token = pkcs11.lib(hsm.module).get_token(token_label=softhsm.LABEL)
    described = f"serial={token.serial.decode()};model=SoftHSM%20v2;manufacturer=SoftHSM%20project"
    uri = f"pkcs11:{described};object=es256?module-path={hsm.module}&pin-source=file:{hsm.pin_file}"
    assert hcert.Pkcs11Signer.from_uri(uri).key == es256.key
    assert code_of(lambda: hcert.Pkcs11Signer.from_uri(uri.replace("v2", "v3"))) == "signer.no_token"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param("id=%63", "signer.no_key", id="no key with this id"),
        pytest.param("object=es256;id=%02", "signer.no_key", id="id and label of different keys"),
        pytest.param("id=%07", "signer.several_keys", id="two keys with this id"),
        pytest.param("object=bare", "signer.no_certificate", id="no certificate"),
        pytest.param("object=renewed", "signer.several_certificates", id="two certificates"),
        pytest.param("object=alien", "key.mismatch", id="certificate of another key of this type"),
        pytest.param("object=p384", "key.mismatch", id="certificate for another curve"),
        pytest.param("object=mute", "signer.refused", id="key that may not sign"),
        pytest.param("object=unreadable", "key.unreadable", id="certificate that cannot be read"),
    ],
)
def test_a_key_that_does_not_fit_is_found_at_opening(odd_keys: SoftHsm, path: str, code: str) -> None:
    """Before anything of worth is signed; nothing of it passes by itself."""
    with pytest.raises(hcert.HcertError) as caught:
        opening(odd_keys, path)()
    assert caught.value.code == code
    assert isinstance(caught.value, hcert.SignerError | hcert.ConfigurationError)
    assert not getattr(caught.value, "transient", False)


def test_a_public_key_that_is_missing_or_of_another_kind(odd_keys: SoftHsm) -> None:
    """Each has its code."""
    assert code_of(lambda: hcert.Pkcs11Signer.read_public_key(odd_keys.uri("object=mute"))) == "signer.no_public_key"
    assert code_of(lambda: hcert.Pkcs11Signer.read_public_key(odd_keys.uri("object=p384"))) == "key.unsupported"


def test_a_trusted_key_that_may_verify_nothing_is_refused(odd_keys: SoftHsm) -> None:
    """A P-384 certificate for a P-384 key: both are there, and hcert signs with neither."""
    key = hcert.TrustedKey.from_public_key(spki_of(ec.generate_private_key(ec.SECP384R1())))
    assert code_of(opening(odd_keys, "object=p384", certificate=key)) == "key.unsupported"


def test_the_key_that_is_missing_is_named(hsm: SoftHsm) -> None:
    """As it was named: by id, by label or by both."""
    for path, words in (("id=%63", "id 63"), ("object=x", "label x"), ("id=%63;object=x", "id 63 and label x")):
        with pytest.raises(hcert.SignerError) as caught:
            opening(hsm, path)()
        assert in_language(caught.value.findings[0].details, "en") == {"key": words}


def test_a_token_that_is_not_there_or_not_alone(hsm: SoftHsm) -> None:
    """A label may stand on two tokens."""
    assert code_of(opening(hsm, "id=%01", on="absent")) == "signer.no_token"
    assert code_of(opening(hsm, "id=%01", on="twin")) == "signer.several_tokens"


@pytest.mark.parametrize("content", [None, b"\x7fELF"], ids=["no such file", "not a library"])
def test_a_module_that_cannot_be_loaded(hsm: SoftHsm, tmp_path: Path, content: bytes | None) -> None:
    """The path is named."""
    module = tmp_path / "module.so"
    if content is not None:
        module.write_bytes(content)
    with pytest.raises(hcert.SignerError) as caught:
        hcert.Pkcs11Signer.from_uri(hsm.uri("id=%01").replace(hsm.module, str(module)))
    details = in_language(caught.value.findings[0].details, "en")
    assert (caught.value.code, details["module"]) == ("signer.module", str(module))


def test_a_module_named_without_a_folder_is_looked_up_by_the_system(hsm: SoftHsm) -> None:
    """Here there is none of that name."""
    uri = hsm.uri("id=%01").replace(hsm.module, "libnosuchmodule.so")
    assert code_of(lambda: hcert.Pkcs11Signer.from_uri(uri)) == "signer.module"


def test_a_module_that_somebody_else_initialised_is_named(hsm: SoftHsm) -> None:
    """Two initialisations would cut off each other's sessions."""
    opening(hsm, "id=%01")()
    module = pkcs11_module.Module(hsm.module)
    module._inherited.append(FinalisedLibrary())  # type: ignore[arg-type]
    with pytest.raises(hcert.SignerError) as caught, module.lock:
        module._initialize()
    assert caught.value.code == "signer.module"


class FinalisedLibrary:
    """A library of the parent that says that somebody else holds the module."""

    def finalize(self) -> None:
        """Do nothing."""

    def initialize(self) -> None:
        """Refuse."""
        raise pkcs11.PKCS11Error("Initialisation error (already initialized). Should never see this.")
