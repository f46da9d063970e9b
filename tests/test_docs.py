"""The documentation: every example in it runs, every link leads somewhere."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

import hcert
from conftest import ROOT
from hcert import citizen
from hcert.keys.algorithms import der_from_raw
from hcert.records.eu_dcc.model import to_wire
from support import command as desk_of
from support import signers as authority
from support.citizen_records import citizen_record
from support.signers import DocumentSigner, document_signer, p256, pem_of, spki_of, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
ISSUED_AT = dt.datetime(2026, 5, 31, tzinfo=dt.UTC)


class Session:
    """A vendor's HSM session, as the page on HSMs assumes one."""

    def __init__(self, signer: DocumentSigner) -> None:
        self._signer = signer.signer

    def sign_ecdsa_sha256(self, data: bytes) -> bytes:
        """Sign, and return DER as most interfaces do."""
        return der_from_raw(self._signer.sign(data)) or b""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with the files the pages name, and the few objects they take as given."""
    folder = tmp_path_factory.mktemp("docs")
    present = dt.datetime.now(dt.UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority, "NOT_AFTER", max(present, authority.NOW) + dt.timedelta(days=700))
        signer = document_signer(p256())
    certificate = pem_certificate(signer.certificate)
    expiry = max(present, authority.NOW) + dt.timedelta(days=300)
    code = hcert.Issuer(signer.signer, country="VN").issue(vaccination_record(), issued_at=ISSUED_AT, expires_at=expiry)
    (folder / "trust").mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "docs").symlink_to(ROOT / "docs")
    (folder / "trust" / "dsc.pem").write_text(certificate)
    (folder / "dsc.pem").write_text(certificate)
    (folder / "dsc.key").write_bytes(signer.pem)
    (folder / "locked.key").write_bytes(pem_of(signer.private_key, b"secret"))
    (folder / "dsc.pub").write_bytes(spki_of(signer.private_key))
    readers = x25519.X25519PrivateKey.generate()
    (folder / "clinic.key").write_bytes(pem_of(readers))
    (folder / "clinic.pub").write_bytes(spki_of(readers))
    for number in (1, 2, 3):
        anchor = p256()
        (folder / f"anchor{number}.key").write_bytes(pem_of(anchor))
        (folder / f"anchor{number}.pub").write_bytes(spki_of(anchor))
    for name, text in zip(
        ("citizen.json", "secret.json"), blocks(ROOT / "docs" / "how-to" / "citizen.md", "json"), strict=True
    ):
        (folder / name).write_text(text, encoding="utf-8")
    (example,) = blocks(ROOT / "docs" / "reference" / "value-sets.md", "json")
    (folder / "value-sets.json").write_text(example, encoding="utf-8")
    (folder / "code.txt").write_text(code.text)
    (folder / "code.cose").write_bytes(code.cose)
    (folder / "record.json").write_text(json.dumps(to_wire(vaccination_record())), encoding="utf-8")
    code.qr().save(folder / "code.png")
    given = {
        "session": Session(signer),
        "record": vaccination_record(),
        "code": code,
        "spki": spki_of(signer.private_key),
        "signer": signer.signer,
        "citizen_code": hcert.Issuer(signer.signer, country="VN").issue(
            citizen_record(), issued_at=ISSUED_AT, expires_at=expiry
        ),
    }
    return folder, given


def pem_certificate(der: bytes) -> str:
    """Write a certificate as PEM."""
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    """Name a page in test output."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name_of)
def test_python_examples_run(
    page: Path,
    desk: tuple[Path, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The examples of a page run one after the other, as a reader would type them."""
    folder, given = desk
    monkeypatch.chdir(folder)
    namespace = dict(given)
    for example in blocks(page, "python"):
        exec(compile(example, name_of(page), "exec"), namespace)  # noqa: S102 - our own pages


@pytest.mark.process
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.slow if page.name == "speed.md" else ())  # which runs the benchmarks
        for page in PAGES
        if blocks(page, "console")
    ],
    ids=name_of,
)
def test_shell_examples_run(page: Path, desk: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """Each command succeeds, and each line shown begins the line it prints; pages do not see each other's files."""
    folder = tmp_path / "reader"
    shutil.copytree(desk[0], folder, symlinks=True)
    for example in blocks(page, "console"):
        for command, shown in re.findall(r"^\$ (.*)\n((?:[^$\n].*\n)*)", example, re.MULTILINE):
            status, printed, said = ran(shlex.split(command), folder)
            assert status == 0, said
            for expected, line in zip(shown.splitlines(), printed.splitlines(), strict=False):
                assert line.startswith(expected.rstrip())
            assert len(printed.splitlines()) >= len(shown.splitlines())


def ran(command: list[str], folder: Path) -> tuple[int, str, str]:
    """Run a command as pages have them: `hcert` in this process, a program in one of its own."""
    name, *given = command
    if name == "hcert":
        given = [sys.executable if one == "python" else one for one in given]
        done = desk_of.run(folder, *given)
        return done.status, done.stdout, done.stderr
    assert name == "python"
    script, *given = [sys.executable if one == "python" else one for one in given]
    made = subprocess.run(  # noqa: S603 - our own examples
        [sys.executable, str(ROOT / script), *given], capture_output=True, text=True, check=False, cwd=folder
    )
    return made.returncode, made.stdout, made.stderr


@pytest.mark.process
@pytest.mark.skipif(shutil.which("openssl") is None, reason="the page needs openssl")
def test_the_keys_that_openssl_makes_are_loaded(tmp_path: Path) -> None:
    """The commands of the page, as a reader would type them; with the results one signs, seals, opens and verifies."""
    commands = "".join(blocks(ROOT / "docs" / "how-to" / "keys.md", "sh"))
    subprocess.run(["sh", "-e"], input=commands, text=True, check=True, cwd=tmp_path, capture_output=True)  # noqa: S607
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    anchor = hcert.TrustedKey.from_public_key(files["anchor1.pub"])
    assert hcert.LocalSigner.from_pem(files["anchor1.key"], certificate=anchor).key == anchor
    clinic = hcert.TrustedKey.from_public_key(files["clinic.pub"], usages=frozenset({hcert.Usage.OPEN}))
    reader = hcert.ReaderKey.from_pem(files["clinic.key"], key=clinic)
    signer = hcert.LocalSigner.from_pem(files["dsc.key"], certificate=files["dsc.pem"])
    now = dt.datetime.now(dt.UTC)
    code = hcert.Issuer(signer, country="VN").issue(
        citizen_record(1, 0),
        issued_at=now,
        expires_at=now + dt.timedelta(days=365),
        confidential={clinic: citizen.Confidential(phone="0900000123")},
    )
    trust = hcert.TrustList([hcert.TrustedKey.from_certificate(files["dsc.pem"])])
    record = hcert.Verifier(trust).verify(code.text).record
    assert isinstance(record, hcert.CitizenRecord)
    assert record.sealed is not None
    assert record.sealed.open(reader).phone == "0900000123"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link points to a file or folder that exists."""
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_page_is_reached_from_the_index() -> None:
    """A page nobody links to is read by nobody."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        if page.parent.name in {"how-to", "reference", "explanation", "spec"} or page.name == "tutorial.md":
            assert str(page.relative_to(ROOT / "docs")) in index, page


def test_every_public_name_is_in_the_reference() -> None:
    """The page of public names is complete."""
    reference = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    for name in hcert.__all__:
        assert f"`{name}`" in reference, name


def test_every_stage_of_a_verdict_stands_in_the_table_of_its_steps() -> None:
    """None is still to come."""
    page = (ROOT / "docs" / "explanation" / "verdict.md").read_text(encoding="utf-8")
    codes = "".join(re.findall(r"^\| \d+ \| .* \| (.*) \|$", page, re.MULTILINE))
    stages = "text inflate cose trust signature claims usage record entry revocation policy"
    assert set(re.findall(r"`([a-z]+)\.", codes)) == set(stages.split())


def test_the_two_commands_stand_first_in_the_readme() -> None:
    """A newcomer finds the main job and the tests before anything else, each in one line."""
    commands = blocks(ROOT / "README.md", "sh")
    assert len(commands) == 2
    assert all(command.count("\n") == 1 for command in commands)
    assert "quickstart.py" in commands[0]
    assert "pytest" in commands[1]


def test_the_limits_in_the_reference_are_those_in_force() -> None:
    """Numbers in the page and numbers in the code agree."""
    page = (ROOT / "docs" / "reference" / "limits.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| ([\d ]+) \|", page.partition("Tolerances()")[0], re.MULTILINE))
    assert {name: int(value.replace(" ", "")) for name, value in listed.items()} == asdict(hcert.Limits())
