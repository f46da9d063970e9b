"""The examples as users run them: the right output, the right exit status, one clear line for every mistake."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from conftest import PATIENCE, ROOT, wait_for
from hcert import citizen
from hcert.records.eu_dcc.model import to_wire
from support import signers as authority
from support.citizen_records import citizen_record
from support.programs import run_program
from support.signers import DocumentSigner, document_signer, p256, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path


def run(name: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run an example in this process."""
    return run_program(ROOT / "examples" / name, *arguments, cwd=cwd)


def test_quickstart_shows_the_whole_path(tmp_path: Path) -> None:
    """One accepted code, one forged, one expired, and the picture on disk."""
    done = run("quickstart.py", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("✓ accepted") == 1
    assert done.stdout.count("✗ refused") == 2
    assert "signature.invalid" in done.stdout
    assert "claims.expired" in done.stdout
    assert (tmp_path / "citizen.png").stat().st_size > 1000


def test_citizen_shows_one_code_for_everything(tmp_path: Path) -> None:
    """From the identity string to a verdict in Vietnamese; the clinic opens the sealed part, others do not."""
    done = run("citizen.py", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "✓ CHẤP NHẬN\n  Nguyễn Thị Ngọc Ánh, sinh 17/05/1990, nữ\n  ✓ Xét nghiệm COVID-19: Âm tính" in done.stdout
    assert "phòng khám: ✓ Số định danh 001190000123" in done.stdout
    assert "bên khác: ✗ Phần niêm phong không có nội dung nào" in done.stdout
    assert (tmp_path / "citizen-record.png").stat().st_size > 1000


CLOSED = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.executable, sys.argv[2:])"


def run_with(name: str, *arguments: object, **streams: Any) -> tuple[int, str]:
    """Run an example with streams of its own, or one `closed`; return its exit status and standard error."""
    command = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
    if "closed" in streams:
        command = [sys.executable, "-c", CLOSED, str(streams.pop("closed")), *command]
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True, **streams)  # noqa: S603
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what the examples write."""
    return tmp_path_factory.mktemp("examples")


@pytest.fixture(scope="module")
def calls(folder: Path) -> dict[str, tuple[object, ...]]:
    """One call of each example that writes to standard output, and would end with status 0."""
    kit = folder / "kit.json"
    document = json.loads((ROOT / "docs" / "conformance" / "vectors.json").read_text("utf-8"))
    kit.write_text(json.dumps(document | {"vectors": document["vectors"][:1]}))
    answer = "print(input() and '{\"accepted\": true}')"
    return {
        "assess.py": ("--vectors", kit, "--", sys.executable, "-c", answer),
        "quickstart.py": (folder,),
        "citizen.py": (folder,),
    }


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("assess.py", 0, ""),
        ("quickstart.py", 2, "quickstart.py: standard output: Broken pipe\n"),
        ("citizen.py", 2, "citizen.py: standard output: Broken pipe\n"),
    ],
)
def test_output_that_nobody_reads_to_its_end_is_told_where_it_matters(
    calls: dict[str, tuple[object, ...]], name: str, status: int, said: str
) -> None:
    """`verify.py ... | head -1` ends quietly, with the status of the verdict; a code that nobody got was not issued."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run_with(name, *calls[name], stdout=writing) == (status, said)
    finally:
        os.close(writing)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110 - no path to keep
@pytest.mark.parametrize("name", ["assess.py", "quickstart.py", "citizen.py"])
def test_a_full_disk_is_one_line(calls: dict[str, tuple[object, ...]], name: str) -> None:
    """And no refusal."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        assert run_with(name, *calls[name], stdout=full) == (2, f"{name}: standard output: No space left on device\n")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("assess.py", 0, ""),
        ("quickstart.py", 0, ""),
        ("citizen.py", 0, ""),
    ],
)
def test_a_closed_output_changes_no_status(
    calls: dict[str, tuple[object, ...]], name: str, status: int, said: str
) -> None:
    """Whoever closes it wants the exit status alone, but of a code that is to be written there."""
    assert run_with(name, *calls[name], closed=1) == (status, said)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("name", ["quickstart.py", "citizen.py"])
def test_a_terminal_that_lacks_letters_shows_the_rest(tmp_path: Path, name: str) -> None:
    """As any that knows no more than ASCII."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    assert run_with(name, tmp_path, env=environment, stdout=subprocess.DEVNULL) == (0, "")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("name", ["quickstart.py", "citizen.py"])
def test_shows_say_in_one_line_what_keeps_them_from_running(tmp_path: Path, name: str) -> None:
    """No such directory, a file in its place, a package of an extra that is not installed."""
    missing = run(name, tmp_path / "none")
    assert missing.returncode == 2
    assert missing.stderr.startswith(f"{name}: {tmp_path / 'none'}")
    assert missing.stderr.endswith(": No such file or directory\n")
    (tmp_path / "file").touch()
    assert run(name, tmp_path / "file").stderr.endswith(": Not a directory\n")
    (tmp_path / "segno.py").write_text("raise ModuleNotFoundError('segno')")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = run_with(name, tmp_path, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.DEVNULL)
    assert done == (2, f"{name}: hcert.Issuer needs more packages: pip install 'hcert[issue]'\n")


@pytest.mark.parametrize("name", ["quickstart.py", "citizen.py"])
def test_shows_explain_themselves(tmp_path: Path, name: str) -> None:
    """`--help` is no directory, and neither is a second one."""
    helped = run(name, "--help", cwd=tmp_path)
    assert (helped.returncode, helped.stdout[: len(name) + 7]) == (0, f"usage: {name}")
    assert run(name, tmp_path, tmp_path, cwd=tmp_path).returncode == 2
    assert not [*tmp_path.iterdir()]


INTERRUPTIBLE = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.mark.slow
@pytest.mark.process
def test_an_interrupted_assessment_ends_in_one_line(
    calls: dict[str, tuple[object, ...]], folder: Path, tmp_path: Path
) -> None:
    """At once, and leaves no empty report behind; one that stood there before stays as it was."""
    started, old, new = tmp_path / "started", tmp_path / "old.json", tmp_path / "new.html"
    old.write_text("old")
    slow = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)"
    given = (*calls["assess.py"][:2], "--timeout", 3600, "--json", old, "--html", new)
    options = (*given, "--", sys.executable, "-c", slow)
    command = [sys.executable, "-c", INTERRUPTIBLE, sys.executable, ROOT / "examples" / "assess.py", *options]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, cwd=folder) as process:  # noqa: S603
        try:
            wait_for(started)
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=PATIENCE)[1] == "assess.py: interrupted before its end\n"
        finally:
            process.kill()
    assert (process.returncode, new.exists(), old.read_text()) == (130, False, "old")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="a terminal of POSIX")
def test_an_assessment_counts_for_whoever_watches(calls: dict[str, tuple[object, ...]]) -> None:
    """On a terminal only, so that nothing of it lands in a log."""
    ours, theirs = os.openpty()
    command = [sys.executable, str(ROOT / "examples" / "assess.py"), *map(str, calls["assess.py"])]
    assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=theirs).returncode == 0  # noqa: S603
    assert os.read(ours, 1000) == b"\r1 of 1 vectors\r\n"
    os.close(theirs)
    os.close(ours)


def test_reports_that_cannot_be_written_are_refused_before_the_program_runs(
    calls: dict[str, tuple[object, ...]], tmp_path: Path
) -> None:
    """An assessment takes minutes."""
    ran = tmp_path / "ran"
    kit = calls["assess.py"][:2]
    for option in ("--html", "--json", "--text"):
        done = run("assess.py", *kit, option, tmp_path / "none" / "report", "--", "touch", ran)
        assert (done.returncode, ran.exists()) == (2, False)
        assert done.stderr == f"assess.py: {tmp_path / 'none' / 'report'}: No such file or directory\n"


def test_what_sign_draws_verify_accepts(tmp_path: Path) -> None:
    """Of both kinds of records; another key refuses, and what is wrong is a line for each reason."""
    signer, stranger = (current_signer() for _ in range(2))
    (tmp_path / "key.pem").write_bytes(signer.pem)
    (tmp_path / "dsc.der").write_bytes(signer.certificate)
    (tmp_path / "other.der").write_bytes(stranger.certificate)
    options = ("--key", "key.pem", "--certificate", "dsc.der", "--country", "VN")
    for number, members in enumerate((to_wire(vaccination_record()), citizen.to_dict(citizen_record()))):
        (tmp_path / "record.json").write_text(json.dumps(members), encoding="utf-8")
        signed = run("sign.py", *options, "record.json", "-o", f"{number}.png", cwd=tmp_path)
        assert (signed.returncode, signed.stdout, signed.stderr) == (0, "", "")
        shown = run("verify.py", "dsc.der", f"{number}.png", "--lang", "vi", cwd=tmp_path)
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.startswith("✓ CHẤP NHẬN\n  Nguyễn Thị Ngọc Ánh, sinh 17/05/1990")
        assert run("verify.py", "other.der", f"{number}.png", cwd=tmp_path).returncode == 1
    assert run("verify.py", "dsc.der", "record.json", cwd=tmp_path).returncode == 2
    assert run("sign.py", *options, "none.json", "-o", "x.png", cwd=tmp_path).returncode == 2
    (tmp_path / "record.json").write_text("{}")
    refused = run("sign.py", *options, "record.json", "-o", "x.png", cwd=tmp_path)
    assert refused.returncode == 1
    assert all(line.startswith("sign.py: record.") for line in refused.stderr.splitlines())


@pytest.mark.parametrize("name", ["sign.py", "verify.py"])
def test_an_example_of_the_interface_fits_a_screen(name: str) -> None:
    """Whoever wants all the rest takes the command."""
    assert len((ROOT / "examples" / name).read_text(encoding="utf-8").splitlines()) <= 60


def current_signer() -> DocumentSigner:
    """Make a document signer whose certificate is valid now."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority, "NOT_BEFORE", now - dt.timedelta(days=30))
        patch.setattr(authority, "NOT_AFTER", now + dt.timedelta(days=700))
        return document_signer(p256())
