"""`hcert keys`: certificates by the profile of the EU and the WHO, and keys that nothing overwrites."""

from __future__ import annotations

import datetime as dt
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import hcert
from support.command import Done, assert_one_line, named_rows, run
from support.signers import document_signer, p256, pem_of, spki_of

if TYPE_CHECKING:
    from pathlib import Path

COUNTRY = ("--country", "VN", "--name", "Bộ Y tế (thử)")
AUTHORITY = ("--ca", "csca.pem", "--ca-key", "csca.key")


def keys(folder: Path, *arguments: object) -> Done:
    """Run a command of `hcert keys`."""
    return run(folder, "keys", *arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an authority."""
    done = keys(tmp_path, "csca", "csca", *COUNTRY)
    assert done.status == 0, done.stderr
    return tmp_path


def certificate(folder: Path, name: str) -> x509.Certificate:
    """Load a certificate."""
    return x509.load_pem_x509_certificate((folder / name).read_bytes())


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.Extension[x509.ExtensionType]:
    """Return an extension."""
    return certificate.extensions.get_extension_for_class(kind)


def test_the_certificate_of_an_authority(folder: Path) -> None:
    """CA with path length 0 and certificate and list signing, both critical; for four years."""
    made = certificate(folder, "csca.pem")
    constraints, usage = extension(made, x509.BasicConstraints), extension(made, x509.KeyUsage)
    assert (constraints.critical, constraints.value) == (True, x509.BasicConstraints(ca=True, path_length=0))
    assert usage.critical
    assert isinstance(usage.value, x509.KeyUsage)
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (True, True, False)
    assert made.issuer == made.subject
    assert {one.rfc4514_attribute_name for one in made.subject} == {"C", "CN"}
    assert 1460 <= (made.not_valid_after_utc - made.not_valid_before_utc).days <= 1461
    made.verify_directly_issued_by(made)


def test_the_certificate_of_a_document_signer(folder: Path) -> None:
    """Its certificate names that and may sign nothing but data; with it one issues what verifiers accept."""
    assert keys(folder, "dsc", "dsc", *AUTHORITY, *COUNTRY).status == 0
    made, authority = certificate(folder, "dsc.pem"), certificate(folder, "csca.pem")
    made.verify_directly_issued_by(authority)
    usage = extension(made, x509.KeyUsage)
    assert usage.critical
    assert isinstance(usage.value, x509.KeyUsage)
    assert (usage.value.digital_signature, usage.value.key_cert_sign) == (True, False)
    own = extension(authority, x509.SubjectKeyIdentifier).value
    names = extension(made, x509.AuthorityKeyIdentifier).value
    assert isinstance(own, x509.SubjectKeyIdentifier)
    assert isinstance(names, x509.AuthorityKeyIdentifier)
    assert names.key_identifier == own.digest
    with pytest.raises(x509.ExtensionNotFound):
        extension(made, x509.BasicConstraints)
    key = hcert.TrustedKey.from_certificate((folder / "dsc.pem").read_bytes())
    assert (key.country, key.algorithm) == ("VN", hcert.Algorithm.ES256)
    assert key.usages == {hcert.Usage.TEST, hcert.Usage.VACCINATION, hcert.Usage.RECOVERY}
    assert made.serial_number.bit_length() <= 159


@pytest.mark.parametrize("uses", [("test",), ("vaccination", "recovery"), ("recovery", "recovery")])
def test_the_usages_of_a_document_signer_can_be_limited(folder: Path, uses: tuple[str, ...]) -> None:
    """By the extended key usages of the EU."""
    options = [word for use in uses for word in ("--use", use)]
    assert keys(folder, "dsc", "dsc", *AUTHORITY, *COUNTRY, *options).status == 0
    key = hcert.TrustedKey.from_certificate((folder / "dsc.pem").read_bytes())
    assert key.usages == set(map(hcert.Usage, uses))


def test_an_rsa_key_can_be_asked_for(folder: Path) -> None:
    """As large as participants of the WHO's network ask for."""
    assert keys(folder, "dsc", "dsc", *AUTHORITY, *COUNTRY, "--algorithm", "PS256").status == 0
    key = load_pem_private_key((folder / "dsc.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 3072
    assert hcert.TrustedKey.from_certificate((folder / "dsc.pem").read_bytes()).algorithm == hcert.Algorithm.PS256


def test_a_key_from_elsewhere_is_certified(folder: Path) -> None:
    """By a request, whose signature is checked, or as a bare public key; no private key is written."""
    assert keys(folder, "dsc", "far", "--make-request", *COUNTRY).status == 0
    assert keys(folder, "dsc", "near", "--request", "far.csr", *AUTHORITY, *COUNTRY).status == 0
    elsewhere = load_pem_private_key((folder / "far.key").read_bytes(), None)
    assert isinstance(elsewhere, ec.EllipticCurvePrivateKey)
    assert certificate(folder, "near.pem").public_key() == elsewhere.public_key()
    assert not (folder / "near.key").exists()
    (folder / "hsm.pub").write_bytes(spki_of(elsewhere))
    assert keys(folder, "dsc", "third", "--public-key", "hsm.pub", *AUTHORITY, *COUNTRY).status == 0
    assert certificate(folder, "third.pem").public_key() == elsewhere.public_key()
    request = x509.load_pem_x509_csr((folder / "far.csr").read_bytes())
    from cryptography.hazmat.primitives.serialization import Encoding

    forged = bytearray(request.public_bytes(Encoding.DER))
    forged[-1] ^= 1
    (folder / "forged.csr").write_bytes(forged)
    done = keys(folder, "dsc", "x", "--request", "forged.csr", *AUTHORITY, *COUNTRY)
    assert_one_line(done, 2, "forged.csr: ")
    assert not (folder / "x.pem").exists()


def test_anchor_and_reader_keys_can_be_loaded(tmp_path: Path) -> None:
    """Each with its private and its public half."""
    assert keys(tmp_path, "anchor", "anchor").status == 0
    public = hcert.TrustedKey.from_public_key((tmp_path / "anchor.pub").read_bytes())
    assert hcert.LocalSigner.from_pem((tmp_path / "anchor.key").read_bytes(), certificate=public).key == public
    assert keys(tmp_path, "reader", "clinic").status == 0
    opens = frozenset({hcert.Usage.OPEN})
    reader = hcert.TrustedKey.from_public_key((tmp_path / "clinic.pub").read_bytes(), usages=opens)
    assert hcert.ReaderKey.from_pem((tmp_path / "clinic.key").read_bytes(), key=reader).key == reader


def test_private_keys_are_protected_and_can_be_locked(folder: Path) -> None:
    """Without a password the command says that the key lies open."""
    assert stat.S_IMODE((folder / "csca.key").stat().st_mode) == 0o600
    (folder / "password").write_text("secret\r\n")
    locked = keys(folder, "anchor", "locked", "--password-file", "password")
    assert "not locked" not in locked.stdout
    load_pem_private_key((folder / "locked.key").read_bytes(), b"secret")
    assert "not locked by a password" in keys(folder, "anchor", "open").stdout
    assert keys(folder, "anchor", "json", "--json").json == {"written": ["json.key", "json.pub"], "locked": False}
    assert keys(folder, "csca", "top", *COUNTRY, "--password-file", "password").status == 0
    top = ("--ca", "top.pem", "--ca-key", "top.key")
    assert_one_line(keys(folder, "dsc", "dsc", *top, *COUNTRY), 2, "top.key: the private key is encrypted")
    assert "--ca-password-file" in keys(folder, "dsc", "dsc", *top, *COUNTRY).stderr
    assert keys(folder, "dsc", "dsc", *top, "--ca-password-file", "password", *COUNTRY).status == 0


@pytest.mark.parametrize("command", ["csca", "anchor", "reader"])
@pytest.mark.parametrize("half", [0, 1])
def test_nothing_is_overwritten(tmp_path: Path, command: str, half: int) -> None:
    """Neither half, and then the other half is not written either."""
    name = f"k.{('key', 'pem' if command == 'csca' else 'pub')[half]}"
    (tmp_path / name).write_text("precious")
    options = COUNTRY if command == "csca" else ()
    assert_one_line(
        keys(tmp_path, command, "k", *options), 2, f"{name}: the file exists; keys and certificates are never"
    )
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "precious")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    named_rows(
        (("dsc", "x", *COUNTRY), "--ca and --ca-key are needed"),
        (("dsc", "x", *AUTHORITY, "--country", "FR", "--name", "N"), "csca.pem is an authority of another country"),
        (("dsc", "x", *AUTHORITY, "--country", "XX", "--name", "N"), "a country that exists"),
        (("dsc", "x", *AUTHORITY, "--country", "VN", "--name", " "), "'--name': expected a text"),
        (
            ("dsc", "x", *AUTHORITY, *COUNTRY, "--valid-days", 9000),
            "csca.pem: the authority is valid until 20",
        ),
        (("dsc", "x", "--ca", "csca.key", "--ca-key", "csca.key", *COUNTRY), "csca.key: expected a certificate"),
        (("dsc", "x", "--ca", "own.der", "--ca-key", "csca.key", *COUNTRY), "own.der: this certificate is not that of"),
        (("dsc", "x", "--ca", "csca.pem", "--ca-key", "own.key", *COUNTRY), "own.key: this is not the private key of"),
        (("dsc", "x", *AUTHORITY, *COUNTRY, "--request", "csca.pem"), "csca.pem: expected a certificate request"),
        (("dsc", "x", *AUTHORITY, *COUNTRY, "--public-key", "csca.pem"), "csca.pem: expected a public key"),
        (("dsc", "x", *AUTHORITY, *COUNTRY, "--public-key", "384.pub"), "384.pub: this key is neither P-256"),
        (
            ("dsc", "x", *AUTHORITY, *COUNTRY, "--public-key", "384.pub", "--request", "csca.pem"),
            "contradict each other",
        ),
        (("dsc", "x", "--make-request", *AUTHORITY, *COUNTRY), "--make-request needs no authority"),
        (("anchor", "none/x"), "none/x.key: No such file"),
        (("check", "own.key"), "own.key: expected a certificate, this is a private key"),
        ((), "Missing command"),
    ),
)
def test_wrong_inputs_are_one_line(folder: Path, arguments: tuple[object, ...], words: str) -> None:
    """The file or option at fault, and nothing is written."""
    signer = document_signer(p256())
    (folder / "own.der").write_bytes(signer.certificate)
    (folder / "own.key").write_bytes(pem_of(signer.private_key))
    (folder / "384.pub").write_bytes(spki_of(ec.generate_private_key(ec.SECP384R1())))
    assert_one_line(keys(folder, *arguments), 2, words)
    assert not list(folder.glob("x.*"))


def test_check_warns_before_a_certificate_expires(folder: Path) -> None:
    """As an exit status, so that a scheduler can call; and from `issue`."""
    assert keys(folder, "dsc", "dsc", *AUTHORITY, *COUNTRY, "--valid-days", 20).status == 0
    assert keys(folder, "check", "csca.pem").status == 0
    both = keys(folder, "check", "csca.pem", "dsc.pem")
    assert both.status == 1
    assert both.lines[1].startswith("dsc.pem: expires soon, 19 days left, CN=")
    assert keys(folder, "check", "dsc.pem", "--within-days", 10, "--json").json[0]["state"] == "valid"
    with pytest.MonkeyPatch.context() as patch:
        from support import signers as authority

        patch.setattr(authority, "NOT_BEFORE", dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        patch.setattr(authority, "NOT_AFTER", dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
        (folder / "old.der").write_bytes(document_signer(p256()).certificate)
    assert "EXPIRED" in keys(folder, "check", "old.der").stdout
    (folder / "record.json").write_text("{}")
    signing = ("--key", "dsc.key", "--certificate", "dsc.pem", "--country", "VN", "--valid-days", 1)
    assert "warning: this certificate expires on" in run(folder, "issue", *signing, "record.json").stderr
