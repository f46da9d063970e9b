"""The assessor: fair to any program, whatever it does, and a report that can be filed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from assessing.judging import Result, judge, summary
from assessing.reporting import Report, as_html, as_json, as_text
from assessing.running import read
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ADAPTER = ROOT / "examples" / "adapters" / "hcert_adapter.py"
VECTOR: dict[str, Any] = {
    "id": "text/empty", "group": "text", "text": "", "clock": "2026-06-01T12:00:00Z", "trust": {"keys": []},
    "expect": "refuse", "codes": ["text.prefix"], "severity": "critical", "rule": "A rule.", "source": "RFC 1",
    "shows": "Nothing.",
}  # fmt: skip
HONEST = {**VECTOR, "id": "text/honest", "expect": "accept", "severity": "major"}


def assess(
    folder: Path, program: str, *options: str, vectors: list[dict[str, Any]] | None = None
) -> subprocess.CompletedProcess[str]:
    """Assess a program given as source text, on two vectors that are refused and accepted."""
    (folder / "kit.json").write_text(json.dumps({"version": 1, "vectors": vectors or [VECTOR, HONEST]}))
    (folder / "program.py").write_text(program)
    command = [
        sys.executable,
        str(ROOT / "examples" / "assess.py"),
        "--vectors",
        "kit.json",
        *options,
        "--",
        sys.executable,
        "program.py",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603 - our own


REFUSES = "import sys\nfor line in sys.stdin:\n    print('{\"accepted\": false}', flush=True)\n"


@pytest.mark.parametrize("options", [(), ("--persistent",)])
def test_a_program_is_started_for_each_case_or_once(tmp_path: Path, options: tuple[str, ...]) -> None:
    """One that refuses everything passes what must be refused and fails the rest."""
    done = assess(tmp_path, REFUSES, *options)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("The program does not conform: of 2 vectors it failed 1 (1 major).")
    assert "major    text/honest: expected accept, got refused." in done.stdout


@pytest.mark.parametrize("options", [(), ("--persistent",)])
@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("raise SystemExit(3)", "exit status 3"),
        ("import time; time.sleep(60)", "it did not answer in time"),
        ("print('hello')", "its answer is no JSON: hello"),
        ("print('[]')", "its answer has neither accepted"),
        ("print('{\"accepted\": 1}')", "its answer has neither accepted"),
        ("print('x' * 200000)", "it wrote too much"),
        ("print('[' * 50000)", "its answer is no JSON"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')", "its answer is no JSON"),
    ],
)
def test_whatever_a_program_does_is_a_failure_with_its_reason(
    tmp_path: Path, program: str, reason: str, options: tuple[str, ...]
) -> None:
    """It crashes, hangs, prints rubbish: the assessment goes on."""
    done = assess(tmp_path, program, "--timeout", "0.7", *options)
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.count(reason) == 2 or (options and done.stdout.count(reason) == 1), done.stdout


def test_a_program_that_dies_halfway_is_started_again(tmp_path: Path) -> None:
    """One case does not cost the others."""
    program = "import sys\nprint('{\"accepted\": false}', flush=True)\nsys.stdin.readline()\n"
    done = assess(tmp_path, program, "--persistent", "--timeout", "3", vectors=[VECTOR] * 3)
    assert "failed" in done.stdout
    assert done.stdout.startswith(("The program conforms", "The program does not conform"))


def test_a_case_does_not_hold_its_answer(tmp_path: Path) -> None:
    """Only what a scanner would have, and a number."""
    program = "import sys\nopen('seen', 'a').write(sys.stdin.readline())\nprint('{\"accepted\": false}')\n"
    assess(tmp_path, program)
    cases = [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()]
    assert [set(case) for case in cases] == [{"number", "text", "clock", "trust"}] * 2
    assert [case["number"] for case in cases] == [1, 2]


def test_what_a_program_does_not_support_is_counted_apart() -> None:
    """It neither passed nor failed."""
    results = [judge(VECTOR, {"accepted": False}), judge(HONEST, {"unsupported": "all"})]
    assert [one.outcome for one in results] == ["passed", "unsupported"]
    assert summary(results) == "The program conforms: it passed 1 of 2 vectors and does not support 1."


@pytest.mark.parametrize(
    ("change", "answer", "outcome"),
    [
        ({}, {"accepted": True}, "failed"),
        ({"expect": "either"}, {"accepted": True}, "passed"),
        ({"expect": "either"}, {"accepted": False}, "passed"),
        ({"expect": "accept", "opened": {"phone": "1"}}, {"accepted": True}, "failed"),
        ({"expect": "accept", "opened": {"phone": "1"}}, {"accepted": True, "opened": {"phone": "1"}}, "passed"),
        ({"expect": "accept", "opened": "sealed.no_group"}, {"accepted": True, "opened": {"phone": "1"}}, "failed"),
        ({"expect": "accept", "opened": "sealed.no_group"}, {"accepted": True, "opened": "another code"}, "passed"),
        ({"expect": "accept"}, {"failure": "x"}, "failed"),
    ],
)
def test_an_answer_is_held_against_what_is_expected(
    change: dict[str, Any], answer: dict[str, Any], outcome: str
) -> None:
    """Sealed parts included."""
    assert judge({**VECTOR, **change}, answer).outcome == outcome


def test_the_last_line_is_the_answer() -> None:
    """Programs chat."""
    assert read('loading...\n{"accepted": true}\n') == {"accepted": True}
    assert "failure" in read("")
    assert "failure" in read(None)


HOSTILE = "<script>alert(1)</script>&\"'\u202e\x1b[2J"


def hostile() -> Report:
    """Return a report in which everything a program or a kit can choose is hostile."""
    vector = {**VECTOR, "id": HOSTILE, "shows": HOSTILE, "rule": HOSTILE, "source": HOSTILE, "group": HOSTILE}
    return Report(
        HOSTILE, "2026-06-01", HOSTILE, [Result(vector, "failed", HOSTILE), judge(VECTOR, {"accepted": False})]
    )


def test_what_a_program_says_is_text_in_the_page_and_nothing_else() -> None:
    """Escaped, without control and direction characters."""
    page = as_html(hostile())
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in as_text(Report("x", "y", "z", hostile().results)).replace(HOSTILE, "")


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No script, no style sheet, no picture, no font, no address."""
    page = as_html(hostile())
    for word in ("http:", "https:", "src=", "href=", "url(", "@import", "<link", "<img", "<script"):
        assert word not in page
    assert '<meta name="viewport"' in page
    assert '<th scope="col"' in page
    assert '<html lang="en">' in page


def test_the_report_is_written_in_three_forms(tmp_path: Path) -> None:
    """For people, programs and files."""
    done = assess(tmp_path, REFUSES, "--text", "r.txt", "--json", "r.json", "--html", "r.html")
    assert (tmp_path / "r.txt").read_text() == done.stdout
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["tables"]["severity"]["major"] == {"failed": 1}
    assert [one["outcome"] for one in report["results"]] == ["passed", "failed"]
    assert "does not conform" in (tmp_path / "r.html").read_text()
    assert as_json(hostile())


@pytest.mark.parametrize(
    ("options", "start"),
    [
        (("--group", "nonsense"), "assess.py: no vector is of the group nonsense"),
        (("--vectors", "program.py"), "assess.py: program.py: this is no conformance kit"),
        (("--vectors", "none"), "assess.py: none: No such file"),
        (("--html", "no/folder/r.html"), "assess.py: no/folder/r.html: No such file"),
    ],
)
def test_unusable_input_is_said_in_one_line(tmp_path: Path, options: tuple[str, ...], start: str) -> None:
    """No traceback."""
    done = assess(tmp_path, REFUSES, *options)
    assert done.returncode == 2
    assert done.stderr.startswith(start)
    assert done.stderr.count("\n") == 1


def test_a_program_that_is_not_there_fails_every_vector(tmp_path: Path) -> None:
    """With that as the reason."""
    (tmp_path / "kit.json").write_text(json.dumps({"version": 1, "vectors": [VECTOR]}))
    command = [sys.executable, str(ROOT / "examples" / "assess.py"), "--vectors", "kit.json", "--", "./not-there"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603 - our own
    assert done.returncode == 1
    assert "it cannot be run: No such file" in done.stdout


def test_hcert_passes_the_whole_kit() -> None:
    """As any assessor can see."""
    command = [sys.executable, str(ROOT / "examples" / "assess.py"), "--persistent", "--", sys.executable, str(ADAPTER)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("The program conforms: it passed ")
