"""The rooms: arrows point down only, nothing opens a socket, and names are where the design says."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import hcert
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = ROOT / "src" / "hcert"
FLOORS = {
    "findings": 0,
    "fragments": 0,
    "json_form": 0,
    "errors": 1,
    "times": 2,
    "tolerances": 2,
    "codec": 3,
    "keys": 4,
    "records": 5,
    "trust": 5,
    "issue": 7,
    "checks": 6,
    "importers": 6,
    "policy": 6,
    "verify": 7,
    "store": 8,
    "citizen": 8,
    "icvp": 8,
    "lists": 9,
    "phrases": 6,
    "cards": 8,
    "words": 9,
    "eu_dcc": 8,
    "names": 8,
    "identity": 8,
    "uvci": 8,
}
NETWORK = {"socket", "ssl", "urllib", "http", "asyncio", "requests", "subprocess"}
COMMAND = {"cli", "__main__"}
FILES = sorted(SOURCE.rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    """Return the modules a file imports when it runs, not those it names for type checkers only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return names


def room_of(path: Path) -> str:
    """Return the room or ground file that a file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


IMPORTS = {path: imports_of(path) for path in FILES}
ARROWS = [(path, room_of(path), name) for path, names in IMPORTS.items() for name in names if name.startswith("hcert.")]


def test_arrows_point_down_only() -> None:
    """A room imports lower floors and itself; rooms on one floor do not know each other."""
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, room, name in ARROWS
        if room not in {"__init__", *COMMAND}
        if room != (other := name.split(".")[1])
        if FLOORS[other] >= FLOORS[room]
    ]
    assert wrong == []


def test_the_command_uses_what_every_program_can_use() -> None:
    """Public names and its own room; what it lacks beside is missing in the interface."""
    lacking = ("hcert.json_form", "hcert.fragments")  # CBOR in JSON, unverified; the parts of messages
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, room, name in ARROWS
        if room in COMMAND
        if name.split(".")[1] not in {*hcert.__all__, "__version__", "cli"} and not name.startswith(lacking)
    ]
    assert wrong == []


def test_nothing_that_could_reach_a_network_is_imported() -> None:
    """No module of the package names a networking or process module, but for the program that is assessed."""
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, names in IMPORTS.items()
        for name in names
        if name.split(".")[0] in NETWORK
        if (name, path) != ("subprocess", SOURCE / "cli" / "assess" / "runner.py")
    ]
    assert wrong == []


def test_packages_are_used_where_the_design_allows_them() -> None:
    """Parsers of input and holders of keys are not scattered."""
    allowed = {
        "cbor2": {"codec"},
        "zlib_ng": {"codec"},
        "cryptography": {"keys", "trust", "importers", "cli"},
        "msgspec": {"records", "keys", "cli"},
        "pycose": {"issue"},
        "base45": set(),
        "segno": {"issue"},
        "PIL": {"verify"},
        "zxingcpp": {"verify"},
        "click": {"cli"},
    }
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, names in IMPORTS.items()
        for name in names
        if room_of(path) not in allowed.get(name.split(".")[0], {room_of(path)})
    ]
    assert wrong == []


def test_a_file_holds_one_idea() -> None:
    """Nothing grows beyond 300 lines unnoticed, and every file says what it is for."""
    texts = {path: path.read_text(encoding="utf-8") for path in FILES}
    assert [path for path, text in texts.items() if len(text.splitlines()) > 300] == []
    assert [path for path, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []


def run(program: str) -> str:
    """Run a program in a new interpreter and return what it prints."""
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT / "tests")  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.process
def test_verifying_imports_no_issuing_package(tmp_path: Path) -> None:
    """A scanner that imports hcert, loads a key and gives a verdict carries nothing of the issuer."""
    from support.raw_messages import Handmade
    from support.signers import document_signer, p256

    signer = document_signer(p256())
    (tmp_path / "dsc.der").write_bytes(signer.certificate)
    (tmp_path / "code.txt").write_text(Handmade(signer).text)
    loaded = run(
        f"""
import sys, pathlib, hcert
folder = pathlib.Path({str(tmp_path)!r})
key = hcert.TrustedKey.from_certificate((folder / "dsc.der").read_bytes())
verdict = hcert.Verifier(hcert.TrustList([key])).check((folder / "code.txt").read_text())
assert verdict.certificate is not None, verdict.findings
print(*sys.modules, sep="\\n")
""",
    ).split()
    packages = {name.split(".")[0] for name in loaded}
    assert not packages & {
        "pycose",
        "base45",
        "segno",
        "ecdsa",
        "PIL",
        "zxingcpp",
        "certvalidator",
        "oscrypto",
        "click",
    }
    assert not {name for name in loaded if name.startswith(("hcert.issue", "hcert.verify.qr_reader"))}
    assert "concurrent.futures" not in loaded


@pytest.mark.process
def test_no_socket_is_opened_from_record_to_verdict() -> None:
    """The interpreter's own audit sees no socket event while a certificate is issued, drawn, read and verified."""
    printed = run(
        """
import sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") else None)
import hcert, pathlib, tempfile
from support import signers
signer = signers.document_signer(signers.p256())
code = signer.issue()
with tempfile.TemporaryDirectory() as folder:
    picture = pathlib.Path(folder) / "code.png"
    code.qr().save(picture)
    text = hcert.read_picture(picture.read_bytes())
verdicts = signer.verifier.check_many([text] * 100, at=signers.NOW, workers=2)
assert all(verdict.accepted for verdict in verdicts)
print(seen)
""",
    )
    assert printed.strip() == "[]"


def test_every_public_name_exists_and_is_listed() -> None:
    """`dir` and `__all__` tell the same, and what needs an extra comes on demand."""
    for name in hcert.__all__:
        assert getattr(hcert, name) is not None
        assert name in dir(hcert)
    with pytest.raises(AttributeError, match="no attribute 'Isuer'"):
        hcert.Isuer  # noqa: B018


@pytest.mark.process
def test_every_public_module_can_be_imported_as_one() -> None:
    """Both ways: `import hcert.names` and `from hcert.names import clean`."""
    modules = [name for name in hcert.__all__ if type(getattr(hcert, name)) is type(hcert)]
    assert {"citizen", "eu_dcc", "icvp", "identity", "lists", "names", "uvci", "words"} <= set(modules)
    imports = "\n".join(f"import hcert.{name}\nfrom hcert.{name} import __all__ as _" for name in modules)
    run(imports)


@pytest.mark.process
def test_a_missing_extra_is_named() -> None:
    """Without its packages a name says what to install."""
    printed = run(
        """
import sys
sys.modules["segno"] = None
import hcert
try:
    hcert.Issuer
except ImportError as error:
    print(error)
""",
    )
    assert printed.strip() == "hcert.Issuer needs more packages: pip install 'hcert[issue]'"


def test_the_version_is_that_of_the_package() -> None:
    """One place tells the version."""
    from importlib.metadata import version

    assert hcert.__version__ == version("hcert")
