"""The assessor: fair to any program, whatever it does, and a report that can be filed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assessing.judging import Result, judge, summary
from assessing.reporting import Report, as_html, as_json, as_text
from assessing.running import Program
from conftest import ROOT, wait_for
from support.programs import run_program

ASSESS = ROOT / "examples" / "assess.py"
PYTHON = (sys.executable, "-S")  # without site packages, which none of the programs needs
ADAPTER = ROOT / "examples" / "adapters" / "hcert_adapter.py"
VECTOR: dict[str, Any] = {
    "id": "text/empty", "group": "text", "text": "", "clock": "2026-06-01T12:00:00Z", "trust": {"keys": []},
    "expect": "refuse", "codes": ["text.prefix"], "severity": "critical", "rule": "A rule.", "source": "RFC 1",
    "shows": "Nothing.",
}  # fmt: skip
HONEST = {**VECTOR, "id": "text/honest", "expect": "accept", "severity": "major"}
OPTIONAL = {**HONEST, "id": "citizen/one", "group": "citizen", "optional": True}


def assess(
    folder: Path, program: str, *options: str, vectors: list[dict[str, Any]] | None = None
) -> subprocess.CompletedProcess[str]:
    """Assess a program given as source text, on two vectors that are refused and accepted."""
    (folder / "kit.json").write_text(json.dumps({"version": 1, "vectors": vectors or [VECTOR, HONEST]}))
    (folder / "program.py").write_text(program)
    return run_program(ASSESS, "--vectors", "kit.json", *options, "--", *PYTHON, "program.py", cwd=folder)


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
        ("raise SystemExit(3)", "it ended with status 3 and no answer"),
        ("import time; time.sleep(60)", "it did not answer in time"),
        ("print('hello')", "its answer is not one object of JSON: hello"),
        ("print('[]')", "its answer is not one object of JSON"),
        ("print('{\"accepted\": 1}')", "and has neither"),
        ('print(\'{"accepted": true, "unsupported": "x"}\')', "and has both"),
        ('print(\'{"accepted": true, "accepted": false}\')', "a member stands twice"),
        ('print(\'{"accepted": true, "number": 99}\')', "its answer is to another case: 99"),
        ("while True: print('x' * 1000, end='')", "it wrote more than 100000 bytes"),
        ("raise ValueError('a <b>cause</b>')", "its last words: ValueError: a <b>cause</b>"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it was ended by signal 9"),
        ("print('x' * 200000)", "it wrote more than 100000 bytes"),
        ("print('[' * 50000)", "its answer is not one object of JSON"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')", "its answer is not one object of JSON"),
    ],
)
def test_whatever_a_program_does_is_a_failure_with_its_reason(
    tmp_path: Path, program: str, reason: str, options: tuple[str, ...]
) -> None:
    """It crashes, hangs, prints rubbish: the assessment goes on."""
    seconds = "0.7" if reason == "it did not answer in time" else "60"
    done = assess(tmp_path, program, "--timeout", seconds, *options)
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.startswith("The program does not conform"), done.stdout
    assert done.stdout.count(reason) == 2, done.stdout


@pytest.mark.process
def test_an_assessor_needs_nothing_but_python(tmp_path: Path) -> None:
    """No installed package is to be found; who assesses an app need not trust the library that comes with the kit."""
    alone = [sys.executable, "-E", "-S"]
    (tmp_path / "program.py").write_text(REFUSES)
    program = ["--persistent", "--group", "text", "--", sys.executable, str(tmp_path / "program.py")]
    found, assessed = (
        subprocess.run([*alone, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603
        for arguments in (["-c", "import hcert"], [str(ASSESS), *program])
    )
    assert "No module named 'hcert'" in found.stderr
    assert (assessed.returncode, assessed.stderr) == (1, "")
    assert assessed.stdout.startswith("The program does not conform")


def test_a_program_that_dies_halfway_is_started_again(tmp_path: Path) -> None:
    """One case does not cost the others, and the end is not waited for."""
    program = "import sys\nsys.stdin.readline()\nprint('{\"accepted\": false}', flush=True)\nsys.stdin.readline()\n"
    done = assess(tmp_path, program, "--persistent", "--jobs", "1", "--timeout", "60", vectors=[VECTOR] * 4)
    assert done.stdout.count("it ended with status 0 and no answer") == 2
    assert "it failed 2 (2 critical)" in done.stdout


@pytest.mark.parametrize(
    ("options", "reason"),
    [((), "its answer is not one object of JSON"), (("--persistent",), "it wrote more than one answer")],
)
def test_two_answers_are_none(tmp_path: Path, options: tuple[str, ...], reason: str) -> None:
    """Nobody knows which of them counts."""
    program = "import sys\nfor line in sys.stdin:\n    print('{\"accepted\": false}\\n' * 2, end='', flush=True)\n"
    assert assess(tmp_path, program, *options).stdout.count(reason) == 2


def test_a_case_does_not_hold_its_answer(tmp_path: Path) -> None:
    """Only what a scanner would have, and a number."""
    program = "import sys\nopen('seen', 'a').write(sys.stdin.readline())\nprint('{\"accepted\": false}')\n"
    assess(tmp_path, program, "--jobs", "1")
    cases = [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()]
    assert [set(case) for case in cases] == [{"number", "text", "clock", "trust"}] * 2
    assert [case["number"] for case in cases] == [1, 2]


def test_what_a_program_does_not_support_is_counted_apart() -> None:
    """It neither passed nor failed, where a reader need not know the format."""
    results = [judge(VECTOR, {"accepted": False}), judge(OPTIONAL, {"unsupported": "all"})]
    assert [one.outcome for one in results] == ["passed", "unsupported"]
    assert (
        summary(results) == "The program conforms in what it supports: it passed 1 of 2 vectors and does not support 1."
    )


def test_what_every_reader_has_to_support_cannot_be_left_out() -> None:
    """A program that answers one case and declines the others does not conform."""
    results = [judge(VECTOR, {"accepted": False}), judge(HONEST, {"unsupported": "all"})]
    assert [one.outcome for one in results] == ["passed", "failed"]
    assert results[1].got == "unsupported (all), which every reader has to support"
    assert summary(results) == "The program does not conform: of 2 vectors it failed 1 (1 major)."


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


def test_one_answer_too_many_fails_its_vector_and_shifts_no_other(tmp_path: Path) -> None:
    """Otherwise each verdict after it would be held against the wrong case."""
    program = (
        "import json, sys\nfor line in sys.stdin:\n    first = json.loads(line)['number'] == 1\n"
        "    print('{\"accepted\": false}\\n' * (1 + first), end='', flush=True)\n"
    )
    done = assess(tmp_path, program, "--persistent", "--jobs", "1", vectors=[VECTOR] * 5)
    assert done.stdout.count("it wrote more than one answer") == 1
    assert "of 5 vectors it failed 1 (1 critical)" in done.stdout


def test_what_a_program_says_after_its_answer_is_noticed(tmp_path: Path) -> None:
    """Also where it comes later."""
    answer = "print('{\"accepted\": false}', flush=True)"
    said_all = f"open({str(tmp_path / 'late')!r}, 'w')"
    program = (
        "import sys, time",
        "sys.stdin.readline()",
        answer,
        "time.sleep(0.2)",
        answer,
        said_all,
        "sys.stdin.read()",
    )
    (tmp_path / "program.py").write_text("\n".join(program))
    runner = Program([sys.executable, str(tmp_path / "program.py")], timeout=60, persistent=True)
    said = runner.answer(VECTOR, 1)
    assert said == {"accepted": False}
    wait_for(tmp_path / "late")
    time.sleep(1)  # for our side to read it
    runner.close()
    assert said["failure"] == "it wrote more than one answer"


def test_a_program_that_crashes_each_time_costs_no_waiting(tmp_path: Path) -> None:
    """Its end is noticed at once, with an hour to go."""
    done = assess(tmp_path, "raise SystemExit(3)", "--persistent", "--timeout", "3600")
    assert done.stdout.count("it ended with status 3 and no answer") == 2


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes")
def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    """A hanging script leaves nothing behind."""
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('child', 'w').write(str(child.pid))\ntime.sleep(60)\n"
    )
    assess(tmp_path, program, "--timeout", "4", vectors=[VECTOR])
    stat = Path("/proc", (tmp_path / "child").read_text(), "stat")
    until = time.monotonic() + 30  # a killed process may need a moment to be gone; by itself it would run for a minute
    while time.monotonic() < until and stat.exists() and stat.read_text().split()[2] != "Z":
        time.sleep(0.05)
    assert not stat.exists() or stat.read_text().split()[2] == "Z"


def test_many_programs_at_a_time_give_the_same_report(tmp_path: Path) -> None:
    """Results stand in the order of the kit."""
    vectors = [{**(VECTOR if number % 3 else HONEST), "id": f"text/{number}"} for number in range(12)]
    for options in (("--jobs", "1"), ("--jobs", "3"), ("--jobs", "3", "--persistent")):
        assess(tmp_path, REFUSES, *options, "--json", "r.json", vectors=vectors)
        results = json.loads((tmp_path / "r.json").read_text())["results"]
        assert [one["id"] for one in results] == [one["id"] for one in vectors]
        assert [one["outcome"] for one in results] == ["passed" if n % 3 else "failed" for n in range(12)]


def test_a_program_that_supports_nothing_conforms_to_nothing(tmp_path: Path) -> None:
    """A report of nothing is no pass."""
    done = assess(tmp_path, 'print(\'{"unsupported": "all of it"}\')', vectors=[OPTIONAL, {**OPTIONAL, "id": "x/y"}])
    assert done.returncode == 1
    assert done.stdout.startswith("The program showed nothing: it supports none of 2 vectors.")
    assert "       2 all of it\n" in done.stdout


def test_an_assessment_in_part_says_so(tmp_path: Path) -> None:
    """A report on one group cannot be filed as one on all."""
    done = assess(tmp_path, REFUSES, "--group", "text")
    assert "; of them only the groups text" in done.stdout


def test_codes_of_hcert_are_compared_where_asked(tmp_path: Path) -> None:
    """Other programs have codes of their own."""
    program = 'print(\'{"accepted": false, "codes": ["other"]}\')'
    assert assess(tmp_path, program, vectors=[VECTOR]).returncode == 0
    done = assess(tmp_path, program, "--codes", vectors=[VECTOR])
    assert "got refused (other), where the findings are text.prefix" in done.stdout


HOSTILE = "<script>alert(1)</script>&\"'\u202e\x1b[2J\ud800"


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
    for form in (as_html, as_text, as_json):
        written = form(hostile())
        assert written.encode("utf-8")
        assert not {"\u202e", "\x1b", "\ud800"} & set(written)


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


def test_a_program_that_is_not_there_is_unusable_input(tmp_path: Path) -> None:
    """It was not assessed."""
    (tmp_path / "kit.json").write_text(json.dumps({"version": 1, "vectors": [VECTOR]}))
    done = run_program(ASSESS, "--vectors", "kit.json", "--", "./not-there", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "assess.py: ./not-there: there is no such program\n"


@pytest.mark.parametrize(
    "kit",
    ["[" * 100_000, "[]", '{"version": 1, "vectors": [{"group": "text"}]}', '{"version": 2, "vectors": []}', "\xff"],
)
def test_a_kit_that_is_none_is_said_in_one_line(tmp_path: Path, kit: str) -> None:
    """Deep, of another shape or version: no traceback."""
    (tmp_path / "other.json").write_text(kit, "latin-1")
    done = assess(tmp_path, REFUSES, "--vectors", "other.json")
    assert done.returncode == 2
    assert done.stderr.startswith("assess.py: other.json: this is no conformance kit")
    assert done.stderr.count("\n") == 1


@pytest.mark.process
def test_hcert_passes_the_whole_kit() -> None:
    """As any assessor can see."""
    done = run_program(ASSESS, "--persistent", "--codes", "--", sys.executable, ADAPTER)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("The program conforms: it passed ")
