"""`hcert assess`: fair to any program, whatever it does, with a report that can be filed."""

from __future__ import annotations

import ast
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, wait_for
from hcert.cli.assess.html_report import to_html
from hcert.cli.assess.judgement import Result, judge, summarise
from hcert.cli.assess.report import Report, to_json, to_text
from hcert.cli.assess.runner import Program
from hcert.cli.texts import line
from support.command import Done, assert_one_line, run

KIT = ROOT / "docs" / "conformance" / "vectors.json"
PYTHON = (sys.executable, "-S")  # without site packages, which none of the programs needs
ADAPTER = ROOT / "examples" / "adapters" / "hcert_adapter.py"
VECTOR: dict[str, Any] = {
    "id": "text/empty", "group": "text", "text": "", "clock": "2026-06-01T12:00:00Z", "trust": {"keys": []},
    "expect": "refuse", "codes": ["text.prefix"], "severity": "critical", "rule": "A rule.", "source": "RFC 1",
    "shows": "Nothing.",
}  # fmt: skip
HONEST = {**VECTOR, "id": "text/honest", "expect": "accept", "severity": "major"}
OPTIONAL = {**HONEST, "id": "citizen/one", "group": "citizen", "optional": True}


def assess(folder: Path, program: str, *options: object, vectors: list[dict[str, Any]] | None = None) -> Done:
    """Assess a program given as source text, on two vectors: one to refuse and one to accept."""
    (folder / "kit.json").write_text(json.dumps({"version": 1, "vectors": vectors or [VECTOR, HONEST]}))
    (folder / "program.py").write_text(program)
    return run(folder, "assess", "--vectors", "kit.json", *options, "--", *PYTHON, "program.py")


REFUSES = "import sys\nfor line in sys.stdin:\n    print('{\"accepted\": false}', flush=True)\n"


@pytest.mark.parametrize("options", [(), ("--persistent",)])
def test_a_program_is_started_for_each_case_or_once(tmp_path: Path, options: tuple[str, ...]) -> None:
    """One that refuses everything passes what must be refused and fails the rest."""
    done = assess(tmp_path, REFUSES, *options)
    assert done.status == 1, done.stderr
    assert done.stdout.startswith(
        "The program does not conform: of 2 vectors it passed 1, failed 1 (0 critical, 1 major, 0 minor) "
    )
    assert "major    text/honest: expected accept, got: refused." in done.stdout


@pytest.mark.parametrize("options", [(), ("--persistent",)])
@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("raise SystemExit(3)", "it ended with status 3 and no answer"),
        ("import time; time.sleep(60)", "it did not answer in time"),
        ("print('hello')", "its answer is not a JSON object: hello"),
        ("print('[]')", "its answer is not a JSON object"),
        ("print('{\"accepted\": 1}')", "its answer has neither accepted"),
        ('print(\'{"accepted": true, "unsupported": "x"}\')', "its answer has both accepted and unsupported"),
        ('print(\'{"accepted": true, "accepted": false}\')', "a member occurs twice in its answer"),
        ('print(\'{"accepted": true, "number": 99}\')', "its answer is to another case: 99"),
        ("while True: print('x' * 1000, end='')", "it wrote more than 100000 bytes"),
        ("raise ValueError('a <b>cause</b>')", "its last words: ValueError: a <b>cause</b>"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it was ended by signal 9"),
        ("print('x' * 200000)", "it wrote more than 100000 bytes"),
        ("print('[' * 50000)", "its answer is not a JSON object"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')", "its answer is not a JSON object"),
    ],
)
def test_a_program_that_misbehaves_fails_with_a_reason(
    tmp_path: Path, program: str, reason: str, options: tuple[str, ...]
) -> None:
    """It crashes, hangs, prints rubbish: the assessment goes on."""
    seconds = "0.7" if reason == "it did not answer in time" else "60"
    done = assess(tmp_path, program, "--timeout", seconds, *options)
    assert done.status == 1
    assert done.stderr == ""
    assert done.stdout.startswith("The program does not conform"), done.stdout
    assert done.stdout.count(reason) == 2, done.stdout


def test_the_assessor_uses_no_verdict_of_hcert() -> None:
    """What a program must say is in the kit; the assessor takes from hcert what prints, reads and signs files."""
    allowed = {"hcert.cli", *(f"hcert.cli.{name}" for name in ("exits", "help", "inputs", "options", "outputs"))}
    allowed |= {*(f"hcert.cli.{name}" for name in ("streams", "texts", "values"))}
    allowed |= {"hcert.cli.certificates", "hcert.paper.kit_sheets"}
    from_hcert = {"Algorithm", "HcertError", "LocalSigner", "RevocationList", "TrustList", "TrustedKey", "lists"}
    for path in (ROOT / "src" / "hcert" / "cli" / "assess").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "hcert":
                assert {alias.name for alias in node.names} <= from_hcert, path.name
            elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("hcert"):
                assert str(node.module) in allowed or str(node.module).startswith("hcert.cli.assess."), path.name
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "hcert"
        }
        assert used <= from_hcert, path.name


def test_a_crashed_program_is_started_again(tmp_path: Path) -> None:
    """One case does not cost the others, and the end is not waited for."""
    program = "import sys\nsys.stdin.readline()\nprint('{\"accepted\": false}', flush=True)\nsys.stdin.readline()\n"
    done = assess(tmp_path, program, "--persistent", "--jobs", "1", "--timeout", "60", vectors=[VECTOR] * 4)
    assert done.stdout.count("it ended with status 0 and no answer") == 2
    assert "failed 2 (2 critical, 0 major, 0 minor)" in done.stdout


@pytest.mark.parametrize(
    ("options", "reason"),
    [((), "its answer is not a JSON object"), (("--persistent",), "it wrote more than one answer")],
)
def test_two_answers_to_one_case_are_a_failure(tmp_path: Path, options: tuple[str, ...], reason: str) -> None:
    """Nobody knows which of them counts."""
    program = "import sys\nfor line in sys.stdin:\n    print('{\"accepted\": false}\\n' * 2, end='', flush=True)\n"
    assert assess(tmp_path, program, *options).stdout.count(reason) == 2


def test_a_case_does_not_hold_the_expected_verdict(tmp_path: Path) -> None:
    """Only what a scanner would have, and a number."""
    program = "import sys\nopen('seen', 'a').write(sys.stdin.readline())\nprint('{\"accepted\": false}')\n"
    assess(tmp_path, program, "--jobs", "1")
    cases = [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()]
    assert [set(case) for case in cases] == [{"number", "text", "clock", "trust"}] * 2
    assert [case["number"] for case in cases] == [1, 2]


def test_unsupported_optional_vectors_are_counted_separately() -> None:
    """It neither passed nor failed, where a reader need not know the format."""
    results = [judge(VECTOR, {"accepted": False}), judge(OPTIONAL, {"unsupported": "all"})]
    assert [one.outcome for one in results] == ["passed", "unsupported"]
    assert (
        summarise(results).in_language("en")
        == "The program conforms in what it supports: it passed 1 of 2 vectors and does not support 1."
    )


def test_required_vectors_cannot_be_declined() -> None:
    """A program that answers one case and declines the others does not conform."""
    results = [judge(VECTOR, {"accepted": False}), judge(HONEST, {"unsupported": "all"})]
    assert [one.outcome for one in results] == ["passed", "failed"]
    assert results[1].got == line("unsupported ({reason}), though every reader must support it", reason="all")
    assert summarise(results).in_language("en") == (
        "The program does not conform: of 2 vectors it passed 1, failed 1 (0 critical, 1 major, 0 minor) and does not "
        "support 0."
    )


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
        ({"expect": "accept"}, {"failure": line("it did not answer in time")}, "failed"),
    ],
)
def test_an_answer_is_compared_with_the_expected_one(
    change: dict[str, Any], answer: dict[str, Any], outcome: str
) -> None:
    """Sealed parts included."""
    assert judge({**VECTOR, **change}, answer).outcome == outcome


def test_an_extra_answer_fails_its_own_vector_only(tmp_path: Path) -> None:
    """Otherwise each verdict after it would be held against the wrong case."""
    program = (
        "import json, sys\nfor line in sys.stdin:\n    first = json.loads(line)['number'] == 1\n"
        "    print('{\"accepted\": false}\\n' * (1 + first), end='', flush=True)\n"
    )
    done = assess(tmp_path, program, "--persistent", "--jobs", "1", vectors=[VECTOR] * 5)
    assert done.stdout.count("it wrote more than one answer") == 1
    assert "failed 1 (1 critical, 0 major, 0 minor)" in done.stdout


def test_output_after_the_answer_is_noticed(tmp_path: Path) -> None:
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
    assert said["failure"] == line("it wrote more than one answer")


def test_a_crash_is_noticed_at_once(tmp_path: Path) -> None:
    """Its end is noticed at once, with an hour to go."""
    done = assess(tmp_path, "raise SystemExit(3)", "--persistent", "--timeout", "3600")
    assert done.stdout.count("it ended with status 3 and no answer") == 2


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes")
def test_child_processes_end_with_the_program(tmp_path: Path) -> None:
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
        results = assess(tmp_path, REFUSES, *options, "--json", vectors=vectors).json["results"]
        assert [one["id"] for one in results] == [one["id"] for one in vectors]
        assert [one["outcome"] for one in results] == ["passed" if n % 3 else "failed" for n in range(12)]


def test_a_program_that_supports_nothing_does_not_conform(tmp_path: Path) -> None:
    """A report of nothing is no pass."""
    done = assess(tmp_path, 'print(\'{"unsupported": "all of it"}\')', vectors=[OPTIONAL, {**OPTIONAL, "id": "x/y"}])
    assert done.status == 1
    assert done.stdout.startswith("The program showed nothing: it supports none of 2 vectors.")
    assert "       2 all of it\n" in done.stdout


def test_a_partial_assessment_is_marked_as_partial(tmp_path: Path) -> None:
    """A report on one group cannot be filed as one on all."""
    done = assess(tmp_path, REFUSES, "--group", "text")
    assert "; only the groups text" in done.stdout


def test_codes_are_compared_if_asked(tmp_path: Path) -> None:
    """Other programs have codes of their own."""
    program = 'print(\'{"accepted": false, "codes": ["other"]}\')'
    assert assess(tmp_path, program, vectors=[VECTOR]).status == 0
    done = assess(tmp_path, program, "--codes", vectors=[VECTOR])
    assert "got: refused (other), but the findings are text.prefix." in done.stdout


HOSTILE = "<script>alert(1)</script>&\"'\u202e\x1b[2J\ud800"


def hostile() -> Report:
    """Return a report in which everything a program or a kit can choose is hostile."""
    vector = {**VECTOR, "id": HOSTILE, "shows": HOSTILE, "rule": HOSTILE, "source": HOSTILE, "group": HOSTILE}
    kit = line(
        "{kit}; only the groups {groups}", kit=line("{got}, {fault}", got=HOSTILE, fault=HOSTILE), groups=HOSTILE
    )
    return Report(
        {"Program": HOSTILE, "Date": "2026-06-01"},
        kit,
        [Result(vector, "failed", HOSTILE), judge(VECTOR, {"accepted": False})],
    )


def test_hostile_text_is_escaped_in_every_report() -> None:
    """Escaped, without control and direction characters."""
    page = to_html(hostile(), "en")
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page
    for written in (page, to_text(hostile(), "vi"), json.dumps(to_json(hostile()))):
        assert written.encode("utf-8")
        assert not {"\u202e", "\x1b", "\ud800"} & set(written)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No script, no style sheet, no picture, no font, no address."""
    page = to_html(hostile(), "vi")
    for word in ("http:", "https:", "src=", "href=", "url(", "@import", "<link", "<img", "<script"):
        assert word not in page
    assert '<meta name="viewport"' in page
    assert '<th scope="col"' in page
    assert '<html lang="vi">' in page


def test_the_report_is_for_people_programs_and_files(tmp_path: Path) -> None:
    """A table, JSON and a page, in English and Vietnamese."""
    report = assess(tmp_path, REFUSES, "--json").json
    assert report["tables"]["severity"]["major"] == {"failed": 1}
    assert [one["outcome"] for one in report["results"]] == ["passed", "failed"]
    shown = assess(tmp_path, REFUSES, "--lang", "vi", "--html", "r.html")
    assert shown.stdout.startswith("Chương trình không phù hợp: trong 2 ca kiểm thử, đạt 1, không đạt 1 ")
    assert "cần chấp nhận, kết quả: từ chối." in shown.stdout
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Chương trình không phù hợp" in page
    assert "cần chấp nhận, kết quả: từ chối." in page


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(("--group", "nonsense"), "kit.json: no vector is of the group nonsense", id="unknown group"),
        pytest.param(("--vectors", "program.py"), "program.py: this is not a conformance kit", id="another file"),
        pytest.param(("--vectors", "none"), "none: No such file", id="missing kit"),
        pytest.param(("--html", "no/folder/r.html"), "no/folder/r.html: No such file", id="page in a missing folder"),
        pytest.param(
            ("--html", "kit.json", "--force"), "kit.json: the output is one of the inputs", id="page over kit"
        ),
        pytest.param(("--html", "program.py"), "program.py: the file exists", id="page over a file"),
        pytest.param(("--timeout", 0), "'--timeout': expected a number of seconds above 0", id="no time"),
        pytest.param(("--jobs", "many"), "'--jobs': expected a whole number of 1 or more", id="jobs in words"),
    ],
)
def test_wrong_inputs_are_one_line(tmp_path: Path, options: tuple[object, ...], words: str) -> None:
    """Before the program runs, which may take minutes."""
    done = assess(tmp_path, "open('ran', 'w')", *options)
    assert_one_line(done, 2, words)
    assert not (tmp_path / "ran").exists()


def test_a_program_that_does_not_exist_is_unusable_input(tmp_path: Path) -> None:
    """It was not assessed."""
    (tmp_path / "kit.json").write_text(json.dumps({"version": 1, "vectors": [VECTOR]}))
    done = run(tmp_path, "assess", "--vectors", "kit.json", "--", "./not-there")
    assert_one_line(done, 2, "./not-there: there is no such program")
    assert_one_line(run(tmp_path, "assess", "--vectors", "kit.json"), 2, "Missing argument 'PROGRAM...'.")


def test_options_after_the_program_are_its_own(tmp_path: Path) -> None:
    """Also without the two dashes before it."""
    program = "import sys\nopen('seen', 'w').write(' '.join(sys.argv[1:]))\nprint('{\"accepted\": false}')\n"
    (tmp_path / "program.py").write_text(program)
    (tmp_path / "kit.json").write_text(json.dumps({"version": 1, "vectors": [VECTOR]}))
    given = ("--vectors", "kit.json", *PYTHON, "program.py", "--json", "--force")
    assert run(tmp_path, "assess", *given).status == 0
    assert (tmp_path / "seen").read_text() == "--json --force"


@pytest.mark.parametrize(
    "kit",
    [
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("[]", id="array"),
        pytest.param('{"version": 1, "vectors": [{"group": "text"}]}', id="vector without members"),
        pytest.param('{"version": 2, "vectors": []}', id="another version"),
        pytest.param("\xff", id="not UTF-8"),
    ],
)
def test_a_file_that_is_not_a_kit_is_one_line(tmp_path: Path, kit: str) -> None:
    """No traceback."""
    (tmp_path / "other.json").write_text(kit, "latin-1")
    done = assess(tmp_path, REFUSES, "--vectors", "other.json")
    assert_one_line(done, 2, "other.json: this is not a conformance kit of version 1")


def test_the_adapter_on_the_page_works(tmp_path: Path) -> None:
    """As pasted, with an app beside it."""
    page = (ROOT / "docs" / "how-to" / "assess.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "my_app.py").write_text("def check(text, *, keys, at):\n    return text == 'HC1:'\n")
    vectors = [VECTOR, {**HONEST, "text": "HC1:"}]
    assert assess(tmp_path, program, "--persistent", vectors=vectors).status == 0
    assert assess(tmp_path, program, vectors=vectors).status == 0


@pytest.mark.process
def test_hcert_passes_the_whole_kit() -> None:
    """As any assessor can see."""
    done = run(ROOT, "assess", "--vectors", KIT, "--persistent", "--codes", "--", sys.executable, ADAPTER)
    assert done.status == 0, done.stdout
    assert done.stdout.startswith("The program conforms: it passed ")
