"""The command with keys in tokens: a PKCS #11 URI stands where the file of a private key may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import hcert
from support import softhsm
from support.command import assert_one_line, run
from support.signers import p256

if TYPE_CHECKING:
    from pathlib import Path

    from support.softhsm import SoftHsm

softhsm.require()
pytestmark = pytest.mark.usefixtures("fresh_process")
OWNER = ("--country", "VN", "--name", "Hospital 1")
AUTHORITY = ("--ca", "csca.pem", "--ca-key", "csca.key")


@pytest.fixture(scope="module")
def anchors(hsm: SoftHsm) -> SoftHsm:
    """The tokens, with two anchors and a document signer that has no certificate yet."""
    with hsm.session() as session:
        for number, label in enumerate(("anchor1", "anchor2", "hospital"), 20):
            private = p256()
            softhsm.store(session, label, number, private, public=private)
    return hsm


def test_a_key_in_a_token_is_requested_for_certified_and_issues(anchors: SoftHsm, office: Path, tmp_path: Path) -> None:
    """From the request to a code that is accepted."""
    key = anchors.uri("object=hospital")
    (tmp_path / "record.json").write_bytes((office / "record.json").read_bytes())
    assert run(tmp_path, "keys", "csca", "csca", *OWNER).status == 0
    asked = run(tmp_path, "keys", "request", "dsc", "--key", key, *OWNER)
    assert (asked.status, asked.stdout) == (0, "dsc.csr: written\n")
    request = x509.load_pem_x509_csr((tmp_path / "dsc.csr").read_bytes())
    assert request.is_signature_valid
    spki = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert spki == hcert.Pkcs11Signer.read_public_key(key).spki
    assert run(tmp_path, "keys", "dsc", "dsc", "--request", "dsc.csr", *AUTHORITY, *OWNER).status == 0
    issuing = ("--key", key, "--certificate", "dsc.pem", "--country", "VN", "--valid-days", 30)
    issued = run(tmp_path, "issue", "record.json", *issuing, "-o", "code.txt")
    assert issued.status == 0, issued.stderr
    assert run(tmp_path, "verify", "--trust", "dsc.pem", "code.txt").status == 0


def test_a_request_is_made_for_a_key_in_a_file_too(office: Path, tmp_path: Path) -> None:
    """With its password."""
    files = ("--key", office / "locked.pem", "--password-file", office / "password")
    assert run(tmp_path, "keys", "request", "dsc", *files, *OWNER).status == 0
    assert x509.load_pem_x509_csr((tmp_path / "dsc.csr").read_bytes()).is_signature_valid


def test_anchors_in_tokens_seal_and_sign_lists(anchors: SoftHsm, office: Path, tmp_path: Path) -> None:
    """Each is named by what names it, and not by the whole URI."""
    first, second = (anchors.uri(f"object=anchor{number}") for number in (1, 2))
    listed = office / "trust" / "dsc.der"
    sealed = run(tmp_path, "trust", "seal", listed, "--key", first, "--version", 1, "--valid-days", 9, "-o", "draft")
    assert sealed.status == 0, sealed.stderr
    signed = run(tmp_path, "trust", "sign", "draft", "--key", second, "-o", "keys.cose", "--json")
    assert signed.json["signed_by"] == ["pkcs11:token=hcert;object=anchor2"]
    pins = [hcert.Pkcs11Signer.read_public_key(uri) for uri in (first, second)]
    assert len(hcert.lists.find_signers((tmp_path / "keys.cose").read_bytes(), pins)) == 2
    twice = ("trust", "seal", listed, "--key", first, "--key", first.replace("object=anchor1", "id=%14"))
    assert_one_line(run(tmp_path, *twice, "--version", 1, "--valid-days", 9, "-o", "x"), 2, "are the same key")


def test_what_is_wrong_with_a_token_is_one_line(anchors: SoftHsm, tmp_path: Path) -> None:
    """With the key, its code and what to do."""
    for path, code in (("object=absent", "signer.no_key"), ("object=anchor1;slot-id=1", "signer.location")):
        done = run(tmp_path, "keys", "request", "dsc", "--key", anchors.uri(path), *OWNER)
        assert_one_line(done, 2, f"pkcs11:token=hcert;{path.split(';')[0]}: {code}: ")


@pytest.mark.parametrize("uri", ["pkcs11:token=t;{}", "pkcs11:token=t?{}", "pkcs11:{};id=1?{}", "PKCS11:?{}"])
def test_a_pin_that_is_typed_into_a_uri_is_not_printed(tmp_path: Path, uri: str) -> None:
    """Wherever it stands."""
    done = run(tmp_path, "keys", "request", "dsc", "--key", uri.replace("{}", "pin-value=31415926"), *OWNER)
    assert_one_line(done, 2, "pkcs11:")
    assert "31415926" not in done.stderr
    assert_one_line(run(tmp_path, "keys", "request", "dsc", "--key", "", *OWNER), 2, "PKCS #11")
