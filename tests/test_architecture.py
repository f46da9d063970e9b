"""The rooms: arrows point down only, nothing opens a socket, and names are where the design says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import hcert
from conftest import ROOT
from hcert.records.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = ROOT / "src" / "hcert"
FLOORS = (
    {"citizen_ids", "frozen", "json_bounds", "json_form", "package_data"},
    {"fragments"},
    {"findings"},
    {"errors"},
    {"paths", "times", "tolerances"},
    {"codec"},
    {"keys"},
    {"records", "trust"},
    {"checks", "exchange", "importers", "policy", "phrases"},
    {"certlogic", "issue", "verify", "writer"},
    {"store", "cards", "citizen", "clvr", "eu_dcc", "fhir", "icvp", "identity", "medication_overview", "names", "uvci"},
    {"lists", "words"},
    {"bulk", "gate", "paper"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
NETWORK = {"socket", "socketserver", "ssl", "urllib", "http", "asyncio", "requests", "subprocess"}
COMMAND = {"cli", "__main__"}
FILES = sorted(SOURCE.rglob("*.py"))


def imports_of(path: Path, *, type_only: bool) -> set[str]:
    """Return the modules a file imports when it runs, and those it names for type checkers alone if asked for."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not type_only:
            node.body = []
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | ({str(node.module)} - {"hcert"})
    return names


def room_of(path: Path) -> str:
    """Return the room or ground file that a file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


IMPORTS = {path: imports_of(path, type_only=False) for path in FILES}
ARROWS = [
    (path, room_of(path), name)
    for path in FILES
    for name in imports_of(path, type_only=True)
    if name.startswith("hcert.")
]


def test_arrows_point_down_only() -> None:
    """A room names lower floors and itself, type-only imports included; rooms on one floor do not know each other."""
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, room, name in ARROWS
        if room not in {"__init__", *COMMAND}
        if room != (other := name.split(".")[1])
        if FLOOR_OF[other] >= FLOOR_OF[room]
    ]
    assert wrong == []


def test_every_room_has_a_floor() -> None:
    """And no floor has a room that is gone; the package itself and the command stand above all floors."""
    assert {room_of(path) for path in FILES} - {"__init__", *COMMAND} == FLOOR_OF.keys()


def test_no_room_imports_the_package_itself() -> None:
    """Its names come from every room, so that would be a circle."""
    assert [path for path, names in IMPORTS.items() if "hcert" in names and room_of(path) not in COMMAND] == []


def test_the_command_uses_what_every_program_can_use() -> None:
    """Public names and its own room; what it lacks beside is missing in the interface."""
    # CBOR in JSON, unverified; the parts of messages; the page that one of its commands opens.
    lacking = ("hcert.json_form", "hcert.fragments", "hcert.gate")
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, room, name in ARROWS
        if room in COMMAND
        if name.split(".")[1] not in {*hcert.__all__, "__version__", "cli"} and not name.startswith(lacking)
    ]
    assert wrong == []


def test_docs_and_examples_import_public_names_only() -> None:
    """`hcert` and the flat modules beside it, in every Python program and every Python block of a page."""
    programs = {
        path: "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
        if path.suffix == ".md"
        else text
        for folder in ("docs", "examples", "README.md")
        for path in ((ROOT / folder).rglob("*") if (ROOT / folder).is_dir() else [ROOT / folder])
        if path.suffix in {".md", ".py"}
        for text in [path.read_text(encoding="utf-8")]
    }
    assert sum("import hcert" in program for program in programs.values()) > 10
    wrong = {
        f"{path.relative_to(ROOT)} imports hcert.{name}"
        for path, program in programs.items()
        for name in re.findall(r"^\s*(?:from|import) hcert\.(\w+)", program, re.MULTILINE)
        if name not in hcert.__all__
    }
    # The program that writes pages from the catalogs.
    assert wrong == {
        "docs/reference/generate.py imports hcert.findings",
        "docs/reference/generate.py imports hcert.fragments",
    }


def test_nothing_that_could_reach_a_network_is_imported() -> None:
    """No module names a networking or process module, but for the page of the gate and the program that is assessed."""
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, names in IMPORTS.items()
        for name in names
        if name.split(".")[0] in NETWORK
        if (name, path) != ("subprocess", SOURCE / "cli" / "assess" / "runner.py")
        if (room_of(path), name.split(".")[0]) not in {("gate", "http"), ("gate", "socketserver")}
    ]
    assert wrong == []


def test_packages_are_used_where_the_design_allows_them() -> None:
    """Parsers of input and holders of keys are not scattered."""
    allowed = {
        "cbor2": {"codec"},
        "zlib_ng": {"codec"},
        "cryptography": {"keys", "trust", "importers", "cli"},
        "msgspec": {"frozen", "records", "keys", "cli", "exchange", "bulk", "gate"},
        "pycose": {"issue"},
        "base45": set(),
        "segno": {"issue", "paper"},
        "PIL": {"verify"},
        "zxingcpp": {"verify", "issue"},
        "pkcs11": {"keys"},
        "click": {"cli"},
        "pyarrow": {"bulk"},
        "pyspark": {"bulk"},
        "py4j": {"bulk"},
        "pandas": {"bulk"},
        "typst": {"paper"},
    }
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, names in IMPORTS.items()
        for name in names
        if room_of(path) not in allowed.get(name.split(".")[0], {room_of(path)})
    ]
    assert wrong == []


def branches_on_kinds(tree: ast.AST) -> list[int]:
    """Return the lines that ask which kind a record is: by its class, or by the number of its subclaim."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.expr | ast.pattern) and _asks_kind(node)]


def _asks_kind(node: ast.AST) -> bool:
    if isinstance(node, ast.MatchClass):
        return _names_record(node.cls)
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in {"isinstance", "issubclass"}:
            return _names_record(node.args[1])
        return called.endswith("subclaims.get") and isinstance(node.args[0], ast.Constant)
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value).endswith("subclaims") and _is_number(node.slice)
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        about_numbers = any(ast.unparse(side).endswith(("number", "subclaim", "subclaims")) for side in sides)
        return any(map(_names_record, sides)) or (about_numbers and any(map(_is_number, sides)))
    return False


def _is_number(node: ast.AST) -> bool:
    return any(
        (isinstance(part, ast.Constant) and part.value in SUBCLAIMS) or "SUBCLAIM" in ast.unparse(part).split(".")
        for part in ast.walk(node)
    )


def _names_record(node: ast.AST) -> bool:
    return any(ast.unparse(part).split(".")[-1] in RECORD_TYPES for part in ast.walk(node))


RECORD_TYPES = {kind.record_type.__name__ for kind in KINDS.values()}
SUBCLAIMS = {abs(number) for number in KINDS if number is not None}


def test_nothing_outside_the_records_asks_which_kind_a_record_is() -> None:
    """It asks the kind instead, so that a new kind needs no change elsewhere. The command shows numbers to people."""
    wrong = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in FILES
        if room_of(path) not in {"records", *COMMAND}
        for line in branches_on_kinds(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "statement",
    [
        "isinstance(record, EuDcc)",
        "isinstance(record, hcert.CitizenRecord | Icvp)",
        "issubclass(kind, (str, HealthLink))",
        "type(record) is CitizenRecord",
        "found = type(record) in {EuDcc, Icvp}",
        "match record:\n    case Icvp(): pass",
        "match record:\n    case model.EuDcc(doses=d): pass",
        "if number == -1405: pass",
        "if kind.number in (1, 5): pass",
        "if model.SUBCLAIM != record.subclaim: pass",
        "if -6 in claim_set.subclaims: pass",
        "subclaims[1]",
        "claims.subclaims.get(5)",
    ],
)
def test_a_branch_on_the_kind_of_a_record_is_found(statement: str) -> None:
    """By class or by number, as anybody might write it."""
    assert branches_on_kinds(ast.parse(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "kind = kind_of(record)",
        "isinstance(entry, DoseView)",
        "if len(found) == 1: pass",
        "if kind is None: pass",
        "if usage not in key.usages: pass",
        "subclaims[number]",
        "record: EuDcc = decode(payload)",
    ],
)
def test_asking_the_kind_itself_is_fine(statement: str) -> None:
    """Nor is a count or another class a branch on the kind."""
    assert branches_on_kinds(ast.parse(statement)) == []


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
        "pkcs11",
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
    assert {"citizen", "eu_dcc", "icvp", "identity", "lists", "medication_overview", "names", "uvci", "words"} <= set(
        modules
    )
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
