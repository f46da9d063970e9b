"""The command with keys in tokens: a PKCS #11 URI stands where the file of a private key may stand."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import hcert
from hcert import bulk
from support import softhsm
from support.bulk_jobs import texts
from support.command import assert_one_line, run
from support.register_rows import row, write_rows
from support.signers import p256, pem_of

if TYPE_CHECKING:
    from support.signers import DocumentSigner
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


PASSWORD: Final = "quynh-mark-31415"  # noqa: S105 - of a key that the test makes


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc, which Linux has")
@pytest.mark.parametrize("place", ["token", "locked file"])
def test_a_secret_is_in_no_file_list_of_processes_or_report_of_a_job(
    hsm: SoftHsm, es256: DocumentSigner, tmp_path: Path, place: str
) -> None:
    """Looked for in every process of the job while it runs, and in all that it wrote."""
    write_rows(tmp_path / "register.parquet", [row(number) for number in range(400)])
    (tmp_path / "dsc.der").write_bytes(es256.certificate)
    (tmp_path / "locked.pem").write_bytes(pem_of(es256.private_key, PASSWORD.encode()))
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    key = (hsm.uri("object=es256"),) if place == "token" else ("locked.pem", "--password-file", "password")
    secret = (softhsm.PIN if place == "token" else PASSWORD).encode()
    options = ("--country", "VN", "--expires", "2027-06-01T00:00:00Z", "--workers", "2", "--slice-rows", "100")
    issuing = ("bulk", "issue", "register.parquet", "--job", "job", "--certificate", "dsc.der", *options)
    seen: dict[str, bytes] = {}
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "hcert", *issuing, "--key", *key],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        start_new_session=True,
    ) as command:
        while command.poll() is None:
            seen |= _processes_of(command.pid)
            time.sleep(0.02)
        said = b"".join(command.communicate())
    assert command.returncode == 0, said
    assert len({where.split()[0] for where, told in seen.items() if b"spawn_main" in told}) == 2
    written = {str(path): path.read_bytes() for path in (tmp_path / "job").rglob("*") if path.is_file()}
    assert {Path(name).name for name in written} >= {"job.json", "ledger.jsonl", "part-00000.parquet"}
    codes = "".join(str(text) for text in texts(bulk.Job.open(tmp_path / "job")).values()).encode()
    for where, told in (seen | written | {"output": said, "codes": codes}).items():
        assert secret not in told, where


def _processes_of(session: int) -> dict[str, bytes]:
    """Return what anybody can read about the processes of a session: their command lines and environments."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                told = b"".join((folder / name).read_bytes() for name in ("cmdline", "environ"))
                found[f"{folder} {len(told)}"] = told
    return found
