"""The documentation: blocks run as a newcomer pastes them, links lead somewhere, generated parts are current."""

from __future__ import annotations

import gc
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import resvg_py

import hcert
from conftest import ROOT
from hcert.findings import catalog
from support import command, softhsm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
# Pages that begin in an empty folder, as they say; all others begin in the folder that `hcert demo` made.
FROM_NOTHING = {"README.md", "docs/tutorial.md", "docs/vi/huong-dan.md"}
# Their `sh` blocks install packages, run all tests or publish; `.ci/run` runs those of the README.
OF_CLONES = {"README.md", "CONTRIBUTING.md", "RELEASE.md"}
SLOW = {"docs/explanation/speed.md", "docs/how-to/assess.md"}  # they run the benchmarks and the kit
TO_READ = {"text", "py", "cbor-hex"}  # blocks to look at: output, bytes, programs in which a name is the reader's
FENCE = re.compile(r'^( *)```([\w-]+)(?: title="([^"]+)")?\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*)\n((?:[^$\n].*\n)*)", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page; `title` is the file that it shows, if it shows one."""

    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(language, title, dedent(text)) for _, language, title, text in found]


def name_of(page: Path) -> str:
    """Name a page in test output."""
    return page.relative_to(ROOT).as_posix()


class Newcomer:
    """Somebody who pastes the blocks of one page, one after the other, and stays in one Python session."""

    def __init__(self, folder: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._page = page
        self._enter = monkeypatch.chdir
        self._export = monkeypatch.setenv
        self._session: dict[str, Any] = {"__name__": "__main__"}
        self._folder = folder
        self._enter(folder)
        monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # as activated

    def paste(self, block: Block) -> None:
        """Do what a reader does with a block of that language."""
        if block.language == "python":
            exec(compile(block.text, self._page, "exec"), self._session)  # noqa: S102 - our own pages
        elif block.language == "console":
            lines = COMMAND.findall(block.text)
            assert lines, block.text
            for line, shown in lines:
                self._type(line, shown.splitlines())
        elif block.language == "sh" and self._page not in OF_CLONES:
            for variable, value in EXPORT.findall(block.text):
                self._export(variable, value.replace("$PWD", str(self._folder)))
            shell = ["sh", "-e"]
            subprocess.run(shell, input=block.text, text=True, check=True, cwd=self._folder, capture_output=True)  # noqa: S603
        elif block.language == "json":
            json.loads(block.text)
            if block.title:
                (self._folder / block.title).write_text(block.text, encoding="utf-8")
        else:
            assert block.language in {*TO_READ, "sh"}, block.language

    def leave(self) -> None:
        """End the session, so that what the page left open is reported here and not in some later test."""
        self._session.clear()
        gc.collect()

    def _type(self, line: str, shown: list[str]) -> None:
        """Run a command; each line that the page shows begins the line that is printed."""
        program, *arguments = shlex.split(line)
        if program == "cd":
            (self._folder,) = (self._folder / one for one in arguments)
            self._enter(self._folder)
            return
        if program == "hcert":
            given = [sys.executable if one == "python" else one for one in arguments]
            done = command.run(self._folder, *given)
            status, printed, errors = done.status, done.stdout, done.stderr
        else:
            assert program == "python", line
            ran = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd=self._folder)  # noqa: S603
            status, printed, errors = ran.returncode, ran.stdout, ran.stderr
        refused = any(text.startswith("✗") for text in shown)
        assert status == int(refused), f"{line}\n{printed}{errors}"
        lines = printed.splitlines()
        assert len(lines) >= len(shown), f"{line}\n{printed}"
        for expected, text in zip(shown, lines, strict=False):
            assert text.startswith(expected.rstrip()), f"{line}\n{printed}"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `hcert demo` makes, in a clone as far as pages need one."""
    folder = tmp_path_factory.mktemp("pages") / "demo"
    done = command.run(folder.parent, "demo", "demo")
    assert done.status == 0, done.stderr
    for name in ("examples", "tests", "docs"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture
def own_tokens() -> Iterator[None]:
    """Let a page with SoftHSM have its own tokens, in the process in which other tests have theirs."""
    softhsm.require()
    softhsm.forget_everything()
    yield
    softhsm.forget_everything()


def with_marks(page: Path) -> Any:
    """Return a page as a parameter, marked by what its blocks need."""
    marks = [pytest.mark.slow] if name_of(page) in SLOW else []
    if any(block.language == "sh" or "$ python" in block.text for block in blocks(page)):
        marks.append(pytest.mark.process)
    return pytest.param(page, marks=marks)


@pytest.mark.parametrize("page", [with_marks(page) for page in PAGES if blocks(page)], ids=name_of)
def test_every_block_runs_as_pasted(
    page: Path, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """In the order of the page, in one folder and one session, with nothing but what the page makes itself."""
    name = name_of(page)
    if "openssl" in page.read_text("utf-8") and shutil.which("openssl") is None:
        pytest.skip("the page needs openssl")
    folder = tmp_path / "here"
    if name in FROM_NOTHING:
        folder.mkdir()
    else:
        shutil.copytree(demo, folder, symlinks=True)
    if "SOFTHSM2_CONF" in page.read_text("utf-8"):
        request.getfixturevalue("own_tokens")
    newcomer = Newcomer(folder, name, monkeypatch)
    for block in blocks(page):
        newcomer.paste(block)
    newcomer.leave()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link, of pictures too, points to a file or folder that exists, and from the site to the site."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    root = DOCS if page.is_relative_to(DOCS) else ROOT
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target
        assert (page.parent / target).resolve().is_relative_to(root), target


def test_every_page_is_reached_from_the_index() -> None:
    """A page that nobody links to is read by nobody."""
    indexes = [DOCS / "README.md", DOCS / "vi" / "index.md", DOCS / "decisions" / "README.md"]
    linked = {
        (index.parent / target).resolve()
        for index in indexes
        for target in re.findall(r"\]\(([^)#:\s]+)", index.read_text(encoding="utf-8"))
    }
    pages = set(DOCS.rglob("*.md")) - {DOCS / "README.md"}
    assert sorted(name_of(page) for page in pages - linked) == []


def test_every_page_is_in_the_menu_of_the_site() -> None:
    """Except decisions, which their index lists."""
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    listed = set(re.findall(r"^ +- (?:.*: )?(\S+\.md)$", menu, re.MULTILINE))
    decisions = {page for page in pages if page.startswith("decisions/") and not page.endswith("README.md")}
    assert listed == pages - decisions


def test_pages_name_only_what_is_in_the_repository() -> None:
    """The files that programs and pages are told to look into exist."""
    for page in PAGES:
        for name in re.findall(r"`((?:src|tests|examples|docs)/[\w./-]+)`", page.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{name_of(page)}: {name}"


def test_every_public_name_is_in_the_reference() -> None:
    """The overview of public names is complete, and so is the page made from docstrings."""
    overview = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    details = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    documented = {name.rpartition(".")[2] for name in re.findall(r"^::: (\S+)$", details, re.MULTILINE)}
    in_errors = {name for name in hcert.__all__ if name.endswith("Error")}
    assert [name for name in hcert.__all__ if f"`{name}`" not in overview] == []
    assert sorted(set(hcert.__all__) - documented - in_errors) == []


def test_the_names_in_the_glossary_exist() -> None:
    """What the glossary calls the name in code is one."""
    rows = re.findall(r"^\| .* \| ([^|]*) \|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    names = [
        name
        for row in rows
        for name in re.findall(r"`((?:[A-Z]\w+|citizen|lists|policy|words)(?:\.\w+)*)(?:\(\))?`", row)
    ]
    assert len(names) > 30
    for name in names:
        found: Any = hcert
        for part in name.split("."):
            found = getattr(found, part)


def test_every_stage_of_a_verdict_is_in_the_table_of_its_steps() -> None:
    """None is still to come."""
    page = (DOCS / "explanation" / "verdict.md").read_text(encoding="utf-8")
    codes = "".join(re.findall(r"^\| \d+ \| .* \| (.*) \|$", page, re.MULTILINE))
    stages = "text inflate cose trust signature claims usage record entry revocation policy"
    assert set(re.findall(r"`([a-z]+)\.", codes)) == set(stages.split())


def test_the_two_commands_are_the_first_blocks_of_the_readme() -> None:
    """A newcomer finds the main job and the tests before any other block, each in one line."""
    first, second, *others = blocks(ROOT / "README.md")
    assert (first.language, second.language) == ("sh", "sh")
    assert "quickstart.py" in first.text
    assert "pytest" in second.text
    assert all(block.text.count("\n") == 1 for block in (first, second))
    assert "sh" not in {block.language for block in others}


def test_the_limits_in_the_reference_are_those_in_force() -> None:
    """Numbers in the page and numbers in the code agree."""
    page = (DOCS / "reference" / "limits.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| ([\d ]+) \|", page.partition("Tolerances()")[0], re.MULTILINE))
    assert {name: int(value.replace(" ", "")) for name, value in listed.items()} == asdict(hcert.Limits())


def test_the_index_of_decisions_is_current() -> None:
    """Each decision has number, title, status and date; `python docs/reference/generate.py` writes the index."""
    generate = runpy.run_path(str(DOCS / "reference" / "generate.py"))
    page = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert generate["DECISIONS_HEAD"] + generate["decisions_table"]() in page


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], str]]:
    """The program that draws the pictures."""
    monkeypatch.syspath_prepend(DOCS / "pictures")
    return runpy.run_path(str(DOCS / "pictures" / "draw.py"))


@pytest.mark.parametrize("name", ["house", "steps"])
def test_a_picture_shows_what_it_was_drawn_from(name: str, draw: dict[str, Callable[[], str]]) -> None:
    """Floors and steps change; `python docs/pictures/draw.py house steps` draws them again."""
    assert (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8") == draw[name]()


def test_the_code_in_the_picture_scans() -> None:
    """A phone held to the page reads a health certificate."""
    picture = (DOCS / "pictures" / "card.svg").read_text(encoding="utf-8")
    text = hcert.read_picture(bytes(resvg_py.svg_to_bytes(svg_string=picture)))
    assert hcert.read_unverified(text).claims.issuer == "VN"


def test_the_page_for_officers_quotes_the_card() -> None:
    """Each reason that the Vietnamese page explains is one that a screen shows."""
    page = (DOCS / "vi" / "doc-ket-qua.md").read_text(encoding="utf-8").partition("## Bị từ chối")[2]
    quoted = re.findall(r"^\| (?!trên màn hình|---)([^|]+) \| [^|]+ \| [^|]+ \|$", page, re.MULTILINE)
    shorts = {row["short"]["vi"] for row in catalog().values()}
    assert len(quoted) > 15
    assert [words for words in quoted if words not in shorts] == []
