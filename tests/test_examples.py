"""The examples as users run them: the right output, the right exit status, one clear line for every mistake."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from PIL import Image

import hcert
from authority import DocumentSigner, document_signer, p256, pem_of, spki_of, vaccination_record
from citizens import citizen_record, recovered
from conftest import PATIENCE, ROOT, wait_for
from hcert import citizen, lists
from hcert.records.eu_dcc.record import to_wire
from wire import Handmade, claims_of


def run(name: str, *arguments: object, given: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run an example."""
    command = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, input=given, check=False, cwd=cwd)  # noqa: S603


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything a clerk needs: keys, certificate, record."""
    import authority

    folder = tmp_path_factory.mktemp("desk")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority, "NOT_BEFORE", now - dt.timedelta(days=30))
        patch.setattr(authority, "NOT_AFTER", now + dt.timedelta(days=700))
        signer = document_signer(p256())
    (folder / "k.pem").write_bytes(signer.pem)
    (folder / "locked.pem").write_bytes(pem_of(signer.private_key, b"secret"))
    (folder / "password").write_text("secret\n")
    (folder / "wrong").write_text("guess\n")
    (folder / "trust").mkdir()
    (folder / "trust" / "dsc.der").write_bytes(signer.certificate)
    (folder / "trust" / "notes.txt").write_text("not a certificate")
    (folder / "other.der").write_bytes(document_signer(p256()).certificate)
    (folder / "record.json").write_text(json.dumps(to_wire(vaccination_record())), encoding="utf-8")
    members = citizen.to_members(citizen_record(recoveries=(recovered(8),)))
    (folder / "citizen.json").write_text(json.dumps(members), encoding="utf-8")
    (folder / "open.json").write_text(json.dumps(members | {"person": {"id_number": "001190000123"}}))
    (folder / "secret.json").write_text(json.dumps({"id_number": "001190000123", "lot_numbers": [[1, "FF0123"]]}))
    for name in ("clinic", "others"):
        private_key = x25519.X25519PrivateKey.generate()
        (folder / f"{name}.key").write_bytes(pem_of(private_key))
        (folder / f"{name}.pub").write_bytes(spki_of(private_key))
    (folder / "empty").write_bytes(b"")
    (folder / "list.json").write_text("[]")
    (folder / "twice.json").write_text('{"ver": "1.3.3", "ver": "1.3.0"}')
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "long.json").write_text("9" * 5_000)
    Image.new("L", (60, 60), 255).save(folder / "blank.png")
    return folder


def sign(desk: Path, *arguments: object, key: str = "k.pem", days: object = 365) -> subprocess.CompletedProcess[str]:
    """Run sign.py with the usual options."""
    options = (
        "--key",
        desk / key,
        "--certificate",
        desk / "trust" / "dsc.der",
        "--country",
        "VN",
        "--valid-days",
        days,
    )
    return run("sign.py", *options, *arguments)


def verify(desk: Path, *arguments: object, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run verify.py with the usual trust."""
    return run("verify.py", "--trust", desk / "trust", *arguments, given=given)


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


def test_a_citizen_record_is_signed_sealed_shown_and_opened(desk: Path, tmp_path: Path) -> None:
    """sign.py and verify.py handle citizen records: card in Vietnamese, JSON by names, sealed part for its readers."""
    picture = tmp_path / "code.png"
    done = sign(desk, desk / "citizen.json", "--seal", desk / "clinic.pub", desk / "secret.json", "-o", picture)
    assert done.returncode == 0, done.stderr
    shown = verify(desk, "--lang", "vi", "--open", desk / "clinic.key", picture)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("✓ CHẤP NHẬN\n  Nguyễn Thị Ngọc Ánh, sinh 17/05/1990, nữ\n")
    assert "  Số định danh: 001190000123\n  Số lô vắc xin: 1: FF0123\n" in shown.stdout
    told = json.loads(verify(desk, "--json", picture).stdout)
    assert told["certificate"]["payload"]["person"]["family_name"] == "Nguyễn"
    assert "001190000123" not in json.dumps(told)
    refused = verify(desk, "--open", desk / "others.key", picture)
    assert refused.returncode == 2
    assert "The sealed part holds nothing for the reader key" in refused.stderr
    without = verify(desk, "--open", desk / "others.key", "--", sign(desk, desk / "record.json").stdout.strip())
    assert (without.returncode, without.stderr) == (2, "verify.py: there is no sealed part that could be opened\n")


def test_sealed_notes_are_shown_line_by_line(desk: Path, tmp_path: Path) -> None:
    """What follows a line end is indented, so that it passes for no line of the card."""
    content, picture = tmp_path / "notes.json", tmp_path / "code.png"
    content.write_text(json.dumps({"notes": "Allergy: none\n✓ ACCEPTED"}))
    done = sign(desk, desk / "citizen.json", "--seal", desk / "clinic.pub", content, "-o", picture)
    assert done.returncode == 0, done.stderr
    shown = verify(desk, "--open", desk / "clinic.key", picture)
    assert shown.stdout.endswith("  Notes: Allergy: none\n    ✓ ACCEPTED\n")


def test_what_is_required_can_be_named(desk: Path) -> None:
    """Without a recent test the card says why not, and the exit status is that of a refusal."""
    text = sign(desk, desk / "citizen.json").stdout.strip()
    refused = verify(desk, "--require", "test", "--lang", "vi", "--", text)
    assert refused.returncode == 1
    assert "[policy.no_negative_test]" in refused.stdout
    assert verify(desk, "--", text).returncode == 0


def test_an_id_number_in_the_open_part_is_not_signed(desk: Path) -> None:
    """There is no member for it outside of what is sealed."""
    done = sign(desk, desk / "open.json")
    assert done.returncode == 1
    assert done.stderr == (
        "sign.py: record.unknown_member: person.id_number is no member of the schema and would be lost. Leave it out.\n"
    )


CLOSED = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.executable, sys.argv[2:])"


def run_with(name: str, *arguments: object, **streams: Any) -> tuple[int, str]:
    """Run an example with streams of its own, or one `closed`; return its exit status and standard error."""
    command = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
    if "closed" in streams:
        command = [sys.executable, "-c", CLOSED, str(streams.pop("closed")), *command]
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True, **streams)  # noqa: S603
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def calls(desk: Path) -> dict[str, tuple[object, ...]]:
    """One call of each example that writes to standard output, and would end with status 0."""
    code, kit = desk / "call.txt", desk / "kit.json"
    signing = ("--key", desk / "k.pem", "--certificate", desk / "trust" / "dsc.der", "--country", "VN")
    arguments = (*signing, "--valid-days", 365, desk / "record.json")
    assert run("sign.py", *arguments, "-o", code).returncode == 0
    document = json.loads((ROOT / "docs" / "conformance" / "vectors.json").read_text("utf-8"))
    kit.write_text(json.dumps(document | {"vectors": document["vectors"][:1]}))
    answer = "print(input() and '{\"accepted\": true}')"
    published = desk / "call.cose"
    sealing = ("--key", desk / "k.pem", "--version", 1, "--valid-days", 3, "-o", published)
    assert run("trust.py", "seal", desk / "trust" / "dsc.der", *sealing).returncode == 0
    return {
        "verify.py": ("--trust", desk / "trust", "--", code),
        "sign.py": arguments,
        "assess.py": ("--vectors", kit, "--", sys.executable, "-c", answer),
        "quickstart.py": (desk,),
        "citizen.py": (desk,),
        "trust.py": ("show", published, "--anchor", desk / "trust" / "dsc.der"),
    }


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("verify.py", 0, ""),
        ("assess.py", 0, ""),
        ("trust.py", 0, ""),
        ("sign.py", 2, "sign.py: standard output: Broken pipe\n"),
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


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110 - no path to keep
@pytest.mark.parametrize("name", ["verify.py", "assess.py", "trust.py", "sign.py", "quickstart.py", "citizen.py"])
def test_a_full_disk_is_one_line(calls: dict[str, tuple[object, ...]], name: str) -> None:
    """And no refusal."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        assert run_with(name, *calls[name], stdout=full) == (2, f"{name}: standard output: No space left on device\n")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("verify.py", 0, ""),
        ("assess.py", 0, ""),
        ("trust.py", 0, ""),
        ("sign.py", 2, "sign.py: standard output: it is closed\n"),
        ("quickstart.py", 0, ""),
        ("citizen.py", 0, ""),
    ],
)
def test_a_closed_output_changes_no_status(
    calls: dict[str, tuple[object, ...]], name: str, status: int, said: str
) -> None:
    """Whoever closes it wants the exit status alone, but of a code that is to be written there."""
    assert run_with(name, *calls[name], closed=1) == (status, said)


def test_a_closed_input_is_one_line(desk: Path) -> None:
    """There is no text to read."""
    done = run_with("verify.py", "--trust", desk / "trust", "--", "-", closed=0)
    assert done == (2, "verify.py: standard input: it is closed\n")


@pytest.mark.parametrize("name", ["quickstart.py", "citizen.py"])
def test_a_terminal_that_lacks_letters_shows_the_rest(tmp_path: Path, name: str) -> None:
    """As any that knows no more than ASCII."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    assert run_with(name, tmp_path, env=environment, stdout=subprocess.DEVNULL) == (0, "")


@pytest.mark.parametrize("name", ["quickstart.py", "citizen.py"])
def test_shows_say_in_one_line_what_keeps_them_from_running(desk: Path, tmp_path: Path, name: str) -> None:
    """No such directory, a file in its place, a package of an extra that is not installed."""
    missing = run(name, tmp_path / "none")
    assert missing.returncode == 2
    assert missing.stderr.startswith(f"{name}: {tmp_path / 'none'}")
    assert missing.stderr.endswith(": No such file or directory\n")
    assert run(name, desk / "record.json").stderr.endswith(": Not a directory\n")
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


def test_an_interrupted_assessment_ends_in_one_line(
    calls: dict[str, tuple[object, ...]], desk: Path, tmp_path: Path
) -> None:
    """At once, and leaves no empty report behind; one that stood there before stays as it was."""
    started, old, new = tmp_path / "started", tmp_path / "old.json", tmp_path / "new.html"
    old.write_text("old")
    slow = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)"
    given = (*calls["assess.py"][:2], "--timeout", 3600, "--json", old, "--html", new)
    options = (*given, "--", sys.executable, "-c", slow)
    command = [sys.executable, "-c", INTERRUPTIBLE, sys.executable, ROOT / "examples" / "assess.py", *options]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, cwd=desk) as process:  # noqa: S603
        try:
            wait_for(started)
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=PATIENCE)[1] == "assess.py: interrupted before its end\n"
        finally:
            process.kill()
    assert (process.returncode, new.exists(), old.read_text()) == (130, False, "old")


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


@pytest.mark.parametrize("suffix", ["png", "txt", "TXT"])
def test_what_sign_writes_verify_accepts(desk: Path, tmp_path: Path, suffix: str) -> None:
    """Pictures and text files go from one to the other."""
    output = tmp_path / f"code.{suffix}"
    signed = sign(desk, desk / "record.json", "-o", output)
    assert signed.returncode == 0, signed.stderr
    done = verify(desk, output)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "✓ ACCEPTED\n  Nguyễn Thị Ngọc Ánh, born 1990-05-17\n  · Vaccination COVID-19: dose 2 of 2"
    )


@pytest.mark.parametrize(("doses", "tests", "least"), [(1, 0, 1), (20, 60, 27)])
def test_the_width_advised_keeps_modules_readable(
    desk: Path, tmp_path: Path, doses: int, tests: int, least: int
) -> None:
    """Modules have 0.33 mm or more, whatever the code holds."""
    file = tmp_path / "record.json"
    file.write_text(json.dumps(citizen.to_members(citizen_record(doses, tests))), encoding="utf-8")
    told = sign(desk, file, "-o", tmp_path / "code.svg").stderr
    found = re.search(r"version (\d+)-Q.* print it ([\d.]+) mm wide", told)
    assert found is not None, told
    version, width = int(found[1]), float(found[2])
    assert version >= least
    assert width / (17 + 4 * version) >= 0.33


def test_text_travels_through_a_pipe(desk: Path) -> None:
    """Without -o the text is printed and nothing else, no line end either; - reads it; as an argument it works too."""
    text = sign(desk, desk / "record.json").stdout
    assert text.startswith("HC1:")
    assert text == text.strip()
    assert verify(desk, "-", given=text).returncode == 0
    assert verify(desk, text.strip()).returncode == 0


def test_trust_takes_several_paths_before_the_code(desk: Path) -> None:
    """Files and directories may be mixed."""
    text = sign(desk, desk / "record.json").stdout.strip()
    assert run("verify.py", "--trust", desk / "other.der", desk / "trust", text).returncode == 0


def test_the_code_is_the_last_word_after_any_option(office: Path) -> None:
    """As the pages show it: lists, anchors, withdrawals, and the code behind them."""
    lists = ("--trust", "keys.cose", *ANCHORS)
    for options in (lists, (*lists, "--revocations", "full.bin", "empty.cose"), (*lists, "--lang", "en")):
        done = run("verify.py", *options, "dcc.txt", cwd=office)
        assert done.returncode == 0, done.stderr
    assert run("verify.py", "dcc.txt", *lists, cwd=office).returncode == 0
    without = run("verify.py", "--trust", "trust", cwd=office)
    assert without.returncode == 2
    assert without.stderr.endswith("verify.py: error: there is no CODE to check\n")


@pytest.mark.parametrize("change", ["\ufeff{}", "\n{}", "hc1:{}", "see {}"])
def test_a_damaged_text_is_refused_with_its_reason(desk: Path, tmp_path: Path, change: str) -> None:
    """A file with a text is no broken picture: a byte order mark, a blank line or another case is for the finding."""
    file = tmp_path / "code.txt"
    file.write_text(change.format(sign(desk, desk / "record.json").stdout), encoding="utf-8")
    done = verify(desk, "--json", file)
    assert done.returncode == 1, done.stderr
    assert [found["code"] for found in json.loads(done.stdout)["findings"]] == ["text.prefix"]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif", "bmp", "tiff"])
def test_no_picture_is_taken_for_a_text(desk: Path, tmp_path: Path, kind: str) -> None:
    """Of all kinds that are read, even the smallest."""
    picture = tmp_path / f"dot.{kind}"
    Image.new("1", (1, 1), 1).save(picture)
    done = verify(desk, picture)
    assert (done.returncode, "no readable QR code" in done.stderr) == (2, True)


def test_a_code_in_another_case_is_not_taken_for_the_name_of_a_file(desk: Path) -> None:
    """So that nothing of it is shown."""
    done = verify(desk, sign(desk, desk / "record.json").stdout.lower())
    said = "verify.py: CODE is no file that can be read, and a code begins with HC1:\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_json_tells_everything(desk: Path) -> None:
    """Programs get the verdict as JSON, whatever it is."""
    text = sign(desk, desk / "record.json").stdout.strip()
    verdict = json.loads(verify(desk, "--json", text).stdout)
    assert verdict["accepted"] is True
    assert verdict["certificate"]["payload"]["nam"]["fnt"] == "NGUYEN"
    refused = verify(desk, "--json", text[:-3])
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["findings"][0]["code"].startswith(("text.", "inflate."))


def test_json_tells_what_json_cannot_hold(desk: Path) -> None:
    """Bytes are hexadecimal text, and what is no finite number is null; the verdict stays what it is."""
    private_key = load_pem_private_key((desk / "k.pem").read_bytes(), None)
    assert isinstance(private_key, ec.EllipticCurvePrivateKey)
    signer = DocumentSigner(private_key, (desk / "trust" / "dsc.der").read_bytes())
    payload = to_wire(vaccination_record()) | {"new": [b"\x01\xff", float("nan"), float("-inf"), {"2": 1.5}]}
    now = int(time.time())
    signed = Handmade(signer, claims_of(payload, c4=now + 900, c6=now)).text
    done = verify(desk, "--json", "--", signed)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["certificate"]["payload"]["new"] == ["01ff", None, None, {"2": 1.5}]


def test_a_refusal_has_its_own_status(desk: Path) -> None:
    """An untrusted signer is a verdict, not a mistake at the command line."""
    text = sign(desk, desk / "record.json").stdout.strip()
    done = run("verify.py", "--trust", desk / "other.der", "--", text)
    assert done.returncode == 1
    assert done.stdout.startswith("✗ REFUSED\n  ✗ No trusted key has the identifier")


def test_a_locked_key_opens_with_its_password(desk: Path) -> None:
    """The password comes from a file, not from the command line that everybody sees."""
    assert sign(desk, "--password-file", desk / "password", desk / "record.json", key="locked.pem").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.png",), "nowhere.png: No such file"),
        (("{desk}/empty",), "the file is empty"),
        (("{desk}/blank.png",), "no readable QR code"),
        (("{desk}/trust/dsc.der",), "neither a text that begins with HC1: nor a picture"),
        (("{desk}/trust",), "Is a directory"),
        (("-",), "standard input: there is no text"),
        (("--trust", "{desk}/record.json", "--", "HC1:"), "record.json: key.unreadable: The data is no certificate"),
        (("--trust", "{desk}/missing.pem", "--", "HC1:"), "missing.pem: No such file"),
        (("--trust", "{empty}", "--", "HC1:"), "no certificate in"),
        (("--open", "{desk}/missing.key", "--", "HC1:"), "missing.key: No such file"),
        (("--open", "/proc/self/mem", "--", "HC1:"), "an input: "),
        (("--open", "{desk}/clinic.pub", "--", "HC1:"), "clinic.pub: key.unreadable: The "),
    ],
)
def test_verify_says_in_one_line_what_it_cannot_use(
    desk: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Wrong file, empty file, no code in the picture, no certificate: status 2, one line, no traceback."""
    done = verify(desk, *(argument.format(desk=desk, empty=tmp_path) for argument in arguments))
    assert done.returncode == 2, done.stdout
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("verify.py: ")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("missing.json",), 2, "missing.json: No such file"),
        (("{desk}/empty",), 2, "no JSON"),
        (("{desk}/twice.json",), 2, "a member twice"),
        (("{desk}/trust/dsc.der",), 2, "no JSON"),
        (("{desk}/deep.json",), 2, "no JSON"),
        (("{desk}/long.json",), 2, "no JSON"),
        (("{desk}/list.json",), 1, "record.schema"),
        (("{desk}/record.json", "--key", "{desk}/empty"), 2, "empty: key.unreadable"),
        (("{desk}/record.json", "--certificate", "{desk}/k.pem"), 2, "k.pem: key.unreadable"),
        (("{desk}/citizen.json", "--seal", "{desk}/k.pem", "{desk}/secret.json"), 2, "k.pem: key.unreadable"),
        (("{desk}/record.json", "--key", "{desk}/locked.pem"), 2, "locked.pem: key.password_missing"),
        (("{desk}/record.json", "--key", "{desk}/locked.pem", "--password-file", "{desk}/wrong"), 2, "key.password:"),
        (("{desk}/record.json", "--certificate", "{desk}/other.der"), 2, "k.pem: key.mismatch"),
        (("{desk}/record.json", "--country", "Vietnam"), 2, "issue.country"),
        (("{desk}/record.json", "--valid-days", "0"), 1, "issue.expiry_before_issue"),
        (("{desk}/record.json", "--valid-days", "900"), 1, "issue.outlives_key"),
        (("{desk}/record.json", "--valid-days", "9999999999999"), 2, "calendar"),
        (("{desk}/record.json", "-o", "{desk}/code.gif"), 2, "qr.file_type"),
        (("{desk}/citizen.json", *("--seal", "{desk}/clinic.pub", "{desk}/secret.json") * 2), 2, "a --seal already"),
        (("{desk}/record.json", "-o", "{desk}/no/such/folder/code.svg"), 2, "No such file"),
    ],
)
def test_sign_says_in_one_line_what_is_wrong(desk: Path, arguments: tuple[str, ...], status: int, words: str) -> None:
    """Each mistake has its line and its status; a record that cannot be issued is told from unusable input."""
    done = sign(desk, *(argument.format(desk=desk) for argument in arguments))
    assert done.returncode == status, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert all(line.startswith("sign.py: ") for line in done.stderr.splitlines())


def test_a_signed_name_cannot_steer_the_terminal() -> None:
    """Control characters that some issuer signed are shown as question marks."""
    namespace: dict[str, object] = {"__name__": "verify"}
    exec((ROOT / "examples" / "verify.py").read_text(encoding="utf-8"), namespace)  # noqa: S102 - our own example
    printable = namespace["printable"]
    assert callable(printable)
    assert printable("\x1b[2JNguyễn\u202e") == "?[2JNguyễn?"


@pytest.fixture(scope="module")
def office(desk: Path) -> Path:
    """The desk with what a trust operator has beside: anchors, a code, and the lists published so far."""
    for number in (1, 2):
        anchor = p256()
        (desk / f"anchor{number}.pem").write_bytes(pem_of(anchor))
        (desk / f"anchor{number}.pub").write_bytes(spki_of(anchor))
    assert sign(desk, desk / "record.json", "-o", desk / "dcc.txt").returncode == 0
    assert sign(desk, desk / "citizen.json", "-o", desk / "life.txt").returncode == 0
    sealed = trust(desk, "seal", "trust/dsc.der", "--reader", "clinic.pub", *by(1), "--version", 1, "-o", "draft.cose")
    assert (sealed.returncode, sealed.stdout) == (0, "2 sealed\n"), sealed.stderr
    assert trust(desk, "sign", "draft.cose", "--key", "anchor2.pem", "-o", "keys.cose").returncode == 0
    assert trust(desk, "withdraw", *by(1, 2), "--version", 1, "-o", "full.bin").returncode == 0
    more = ("--base", "full.bin", "--delta", *ANCHORS, *by(1, 2), "--version", 2)
    assert trust(desk, "withdraw", *more, "-o", "empty.cose").returncode == 0
    (desk / "empty folder").mkdir()
    (desk / "number.json").write_text('{"id": 7}')
    (desk / "deep.key").write_text('{"verificationMethod": ' + "[" * 100_000)
    (desk / "384.pem").write_bytes(pem_of(ec.generate_private_key(ec.SECP384R1())))
    unknown = bytes.fromhex("06082a8648ce3d03017f")  # a curve that nobody has
    form = serialization.PrivateFormat.PKCS8
    der = p256().private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    encoded = base64.encodebytes(der.replace(bytes.fromhex("06082a8648ce3d030107"), unknown)).decode()
    (desk / "odd.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{encoded}-----END PRIVATE KEY-----\n")
    return desk


ANCHORS = ("--anchor", "anchor1.pub", "anchor2.pub")


def trust(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run trust.py in a folder."""
    return run("trust.py", *arguments, cwd=folder)


def by(*numbers: int) -> tuple[object, ...]:
    """Return the options for sealing."""
    return ("--key", *(f"anchor{number}.pem" for number in numbers), "--valid-days", 30)


def gate(folder: Path, code: str, *more: object) -> tuple[int, list[str]]:
    """Check a code under the signed lists; return exit status and codes."""
    done = run("verify.py", "--json", "--trust", "keys.cose", *ANCHORS, *more, "--", code, cwd=folder)
    assert done.returncode in {0, 1}, done.stderr
    return done.returncode, [found["code"] for found in json.loads(done.stdout)["findings"]]


def test_a_ministry_publishes_withdraws_and_a_gate_knows(office: Path) -> None:
    """From certificates to a signed list, from a withdrawal to a refusal, by command line alone."""
    assert gate(office, "dcc.txt", "--revocations", "full.bin") == (0, [])
    uci = json.loads((office / "record.json").read_text("utf-8"))["v"][0]["ci"]
    options = ("--base", "full.bin", "--delta", *ANCHORS, *by(1, 2))
    withdrawn = trust(office, "withdraw", "--uci", uci, *options, "--version", 2, "-o", "first.cose")
    assert (withdrawn.returncode, withdrawn.stdout) == (0, "1 withdrawn\n"), withdrawn.stderr
    assert gate(office, "dcc.txt", "--revocations", "full.bin", "first.cose") == (1, ["revocation.certificate"])
    more = ("--signer-key", "trust/dsc.der", "--after", "first.cose")
    assert trust(office, "withdraw", *more, *options, "--version", 3, "-o", "second.cose").returncode == 0
    found = gate(office, "dcc.txt", "--revocations", "full.bin", "second.cose")
    assert found == (1, ["revocation.key", "revocation.certificate"])
    shown = trust(office, "show", "full.bin", *ANCHORS)
    assert shown.stdout.splitlines()[0] == "version 1"
    assert shown.stdout.splitlines()[-1] == "0 in the list"
    shown = trust(office, "show", "second.cose", "--base", "full.bin", *ANCHORS)
    assert shown.stdout.splitlines()[0] == "version 3"
    assert shown.stdout.splitlines()[2:] == [
        "delta to version 1",
        "key: 1 added, 0 removed",
        "eu_uci: 1 added, 0 removed",
        "2 in the list then",
    ]
    held = ("--base", "full.bin", "--after", "second.cose", *ANCHORS, *by(1, 2), "--uci", "another")
    for version in (1, 2, 3):
        for form in ((), ("--delta",)):
            done = trust(office, "withdraw", *held, *form, "--version", version, "-o", "x")
            assert (done.returncode, done.stderr.count("\n")) == (2, 1)
            assert done.stderr.startswith("trust.py: --version must be above 3")
    assert trust(office, "withdraw", *held, "--version", 4, "-o", "fourth.bin").returncode == 0
    shown = trust(office, "show", "fourth.bin", *ANCHORS)
    assert shown.stdout.splitlines()[2:] == ["key: 1", "eu_uci: 2", "3 in the list"]


def test_a_signer_sees_what_a_delta_brings_back(office: Path) -> None:
    """A removed item and a lowered revision both make codes count again; the tool itself writes neither."""
    anchors = [hcert.TrustedKey.from_public_key((office / f"anchor{number}.pub").read_bytes()) for number in (1, 2)]
    signers = [
        hcert.LocalSigner.from_pem((office / f"anchor{number}.pem").read_bytes(), certificate=anchors[number - 1])
        for number in (1, 2)
    ]
    now = dt.datetime.now(dt.UTC)
    month: dict[str, Any] = {"issued_at": now, "expires_at": now + dt.timedelta(days=30)}
    old = hcert.RevocationList(certificates=[bytes(16)], superseded={bytes(16): 3, b"x" * 16: 4})
    (office / "withdrawn.bin").write_bytes(old.seal(signers, version=1, **month))
    base = hcert.RevocationList.open(office / "withdrawn.bin", anchors=anchors, at=now)
    new = hcert.RevocationList(superseded={bytes(16): 2, b"x" * 16: 5})
    (office / "back.cose").write_bytes(new.seal_delta(signers[:1], base=base, version=2, **month))
    shown = trust(office, "show", "back.cose", "--base", "withdrawn.bin", *ANCHORS, "--threshold", 1)
    assert shown.stdout.splitlines()[2:] == [
        "delta to version 1",
        "certificate: 0 added, 1 removed",
        "superseded: 2 added, 1 removed",
        "2 in the list then",
    ], shown.stderr


def test_a_damaged_withdrawal_list_is_not_shown(office: Path) -> None:
    """Its signatures hold, but nobody should add one to it."""
    assert trust(office, "withdraw", "--uci", "x", *by(1, 2), "--version", 1, "-o", "damaged.bin").returncode == 0
    data = bytearray((office / "damaged.bin").read_bytes())
    data[-1] ^= 1
    (office / "damaged.bin").write_bytes(data)
    done = trust(office, "show", "damaged.bin", *ANCHORS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("trust.py: refused: The withdrawal list was changed")


def test_a_citizen_certificate_is_withdrawn_by_id_entry_and_revision(office: Path) -> None:
    """Each by its own option."""
    record = json.loads((office / "citizen.json").read_text("utf-8"))
    name = record["certificate_id"]
    entry = f"{name.upper()}/1"
    for number, (option, value, code) in enumerate(
        [
            ("--certificate", name, "revocation.certificate"),
            ("--older", f"{name}=9", "revocation.superseded"),
            ("--entry", entry, "revocation.entry"),
        ],
        2,
    ):
        done = trust(office, "withdraw", option, value, *by(1, 2), "--version", number, "-o", f"one{number}.bin")
        assert done.returncode == 0, done.stderr
        assert gate(office, "life.txt", "--revocations", f"one{number}.bin")[1] == [code]


def test_an_eu_certificate_is_withdrawn_by_each_kind_of_hash(office: Path) -> None:
    """From the identifier, with and without country, or from hashes that the EU gateway gave out."""
    uci = json.loads((office / "record.json").read_text("utf-8"))["v"][0]["ci"]
    country = lists.country_uci_hash("VN", uci).hex()
    for number, (option, value) in enumerate(
        [
            ("--uci", uci),
            ("--country-uci", f"VN={uci}"),
            ("--uci-hash", lists.uci_hash(uci).hex()),
            ("--country-uci-hash", country),
        ],
        1,
    ):
        done = trust(office, "withdraw", option, value, *by(1, 2), "--version", 1, "-o", f"hash{number}.bin")
        assert (done.returncode, done.stdout) == (0, "1 withdrawn\n"), done.stderr
        assert gate(office, "dcc.txt", "--revocations", f"hash{number}.bin") == (1, ["revocation.certificate"])


def test_lists_are_shown_compared_and_rotated(office: Path) -> None:
    """What an operator looks at before signing."""
    shown = trust(office, "show", "keys.cose", *ANCHORS).stdout.splitlines()
    assert shown[0] == "version 1"
    assert shown[-1] == "2 in the list, 0 quarantined"
    assert sum(" open " in line for line in shown) == 1
    rotated = trust(
        office,
        "seal",
        "trust/dsc.der",
        "other.der",
        *by(1, 2),
        "--version",
        2,
        "--next-anchor",
        "anchor2.pub",
        "-o",
        "next.cose",
    )
    assert rotated.returncode == 0, rotated.stderr
    assert "next anchors, 1 of:" in trust(office, "show", "next.cose", *ANCHORS).stdout
    compared = trust(office, "diff", "keys.cose", "next.cose", *ANCHORS)
    assert compared.stdout.splitlines()[-1] == "1 added, 1 removed, 0 changed"


def test_lists_that_others_publish_are_imported(office: Path, shared: Path) -> None:
    """The WHO's development list, under its key, with its report."""
    folder = shared / "testdata" / "gdhcn"
    arguments = (
        "gdhcn",
        folder / "dev-trustlist.json",
        "--signer",
        folder / "dev-signing-key.json",
        "--domains",
        "DCC",
    )
    options = (*arguments, *by(1, 2), "--version", 3, "-o", "who.cose")
    old = trust(office, "import", *options, "--max-age-days", 1)
    assert old.returncode == 1
    assert old.stderr.startswith("trust.py: refused: The list was created at 20")
    late = trust(office, "import", *options, "--max-age-days", 36500, "--newer-than", "2026-08-22T18:00:03+00:00")
    assert late.returncode == 1
    assert "before the one already held" in late.stderr
    held = ("--max-age-days", 36500, "--newer-than", "2026-08-22T18:00:02+00:00")
    done = trust(office, "import", *options, *held)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2] == "created at 2026-08-22T18:00:02+00:00"
    taken = int(done.stdout.splitlines()[-1].split()[0])
    assert taken > 30
    assert trust(office, "show", "who.cose", *ANCHORS).stdout.splitlines()[-1] == f"{taken} in the list, 0 quarantined"
    issuers = trust(office, "import", *options, *held, "--usages", "CSCA", "DECA")
    assert int(issuers.stdout.splitlines()[-1].split()[0]) > 30


def test_certificates_are_imported_with_a_report(office: Path) -> None:
    """A folder as somebody left it."""
    done = trust(office, "import", "certificates", "trust", *by(1), "--version", 4, "-o", "folder.cose")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "1 taken, 1 quarantined, 0 ignored"
    assert done.stdout.startswith("quarantined: trust/notes.txt: ")


def test_names_of_files_neither_end_an_import_nor_steer_the_terminal(office: Path) -> None:
    """Whatever bytes a file system allows in them."""
    folder = office / "odd names"
    folder.mkdir()
    (folder / "dsc.der").write_bytes((office / "other.der").read_bytes())
    for name in (b"\xff.txt", b"\x1b[2J.txt", "ngày.txt".encode()):
        Path(os.fsdecode(bytes(folder) + b"/" + name)).write_text("a note")
    command = [sys.executable, str(ROOT / "examples" / "trust.py"), "import", "certificates", "odd names"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(  # noqa: S603 - our own example
        [*command, *map(str, by(1)), "--version", "1", "-o", "odd.cose"],
        capture_output=True,
        text=True,
        check=False,
        cwd=office,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "1 taken, 3 quarantined, 0 ignored"
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "start"),
    [
        (("show", "keys.cose", "--anchor", "other.der"), 1, "refused: 0 of the pinned anchors signed"),
        (("show", "record.json", *ANCHORS), 1, "refused: The data is no signed document"),
        (("show", "none", *ANCHORS), 2, "none: No such file"),
        (("show", "keys.cose", "--anchor", "record.json"), 2, "record.json: this is no key document"),
        (("show", "keys.cose", "--anchor", "empty"), 2, "empty: key.unreadable: The data is no certificate"),
        (("show", "keys.cose", "--anchor", "clinic.pub"), 2, "clinic.pub: this key is neither P-256"),
        (
            ("seal", "other.der", "--reader", "k.pem", *by(1), "--version", 1, "-o", "x"),
            2,
            "k.pem: key.unreadable: The data is no pub",
        ),
        (
            ("withdraw", "--signer-key", "k.pem", *by(1), "--version", 1, "-o", "x"),
            2,
            "k.pem: key.unreadable: The data is no cert",
        ),
        (("show", "keys.cose", *ANCHORS, "--threshold", 3), 2, "A threshold of 3"),
        (("show", "keys.cose"), 2, "--anchor is needed"),
        (("sign", "keys.cose", "--key", "anchor1.pub", "-o", "x"), 2, "anchor1.pub: this is no private key"),
        (("withdraw", "--delta", *by(1), "--version", 1, "-o", "x"), 2, "--delta needs --base"),
        (("withdraw", "--after", "draft.cose", *by(1), "--version", 1, "-o", "x"), 2, "--after needs --base"),
        (("withdraw", "--threshold", 0, *by(1), "--version", 1, "-o", "x"), 2, "--threshold needs --base"),
        (("withdraw", "--certificate", "00", *by(1), "--version", 1, "-o", "x"), 2, "A certificate id is"),
        (("withdraw", "--entry", "5B1C/2", *by(1), "--version", 1, "-o", "x"), 2, "An entry id is"),
        (("withdraw", "--older", "00=2", *by(1), "--version", 1, "-o", "x"), 2, "A certificate id is"),
        (("withdraw", "--key", "odd.pem", *by(1)[2:], "--version", 1, "-o", "x"), 2, "odd.pem: this is no private key"),
        (
            ("withdraw", "--key", "384.pem", *by(1)[2:], "--version", 1, "-o", "x"),
            2,
            "384.pem: key.unsupported: The key is neither",
        ),
        (("show", "draft.cose", "--base", "full.bin", *ANCHORS), 1, "refused: 1 of the pinned anchors"),
        (("show", "keys.cose", "--base", "full.bin", *ANCHORS), 1, "refused: The document is of another kind"),
        (("show", "empty.cose", *ANCHORS), 2, "this is no key list; of a delta, name the full list with --base"),
        (("show", "keys.cose", "--anchor", "deep.key"), 2, "deep.key: this is no key document"),
        (("seal", "empty folder", *by(1), "--version", 1, "-o", "x"), 2, "no key is left"),
        (("import", "certificates", "empty", *by(1), "--version", 1, "-o", "x"), 2, "no key is left"),
        (("seal", "other.der", *by(1), "--version", 1, "-o", "x", "--next-threshold", 1), 2, "--next-threshold needs"),
        (
            (
                "seal",
                "other.der",
                *by(1),
                "--version",
                1,
                "-o",
                "x",
                "--next-anchor",
                "anchor2.pub",
                "--next-threshold",
                0,
            ),
            2,
            "A threshold of 0",
        ),
        *(
            (
                ("import", form, "list.json", option, value, *by(1), "--version", 1, "-o", "x"),
                2,
                f"{option} is not for lists of the form {form}",
            )
            for form, option, value in (
                ("gdhcn", "--countries", "VN"),
                ("gateway", "--domains", "DCC"),
                ("gateway", "--signer", "anchor1.pub"),
                ("german", "--participants", "OMN"),
                ("german", "--usages", "DSC"),
                ("certificates", "--max-age-days", 7),
                ("certificates", "--newer-than", "2026-01-01T00:00:00Z"),
            )
        ),
        *(
            (
                ("import", form, "list.json", "list.json", *by(1), "--version", 1, "-o", "x"),
                2,
                f"a list of the form {form}",
            )
            for form in ("gateway", "german")
        ),
        *(
            (
                ("import", "gdhcn", "list.json", name, "--signer", "anchor1.pub", *by(1), "--version", 1, "-o", "x"),
                2,
                f"{name}: this is no DID document",
            )
            for name in ("list.json", "record.json", "number.json", "deep.json", "empty")
        ),
        (("seal", "trust", *by(1), "--version", 1, "-o", "x"), 2, "trust/notes.txt: "),
        (("seal", "other.der", *by(1), "--version", 0, "-o", "x"), 2, "The version of a document"),
        (
            ("import", "gdhcn", "record.json", *by(1), "--version", 1, "-o", "x"),
            2,
            "a list of the form gdhcn is signed",
        ),
        (
            ("import", "gateway", "record.json", *by(1), "--version", 1, "-o", "x"),
            1,
            "refused: The data is no EU gateway",
        ),
    ],
    ids=str,
)
def test_trust_says_in_one_line_what_is_wrong(
    office: Path, arguments: tuple[object, ...], status: int, start: str
) -> None:
    """No traceback, and the exit status tells whose fault it is."""
    done = trust(office, *arguments)
    assert done.returncode == status
    assert done.stderr.startswith(f"trust.py: {start}"), done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "option", "value", "due"),
    [
        ("withdraw", "--certificate", "zzz", "hexadecimal digits are due"),
        ("withdraw", "--signature-hash", "0", "hexadecimal digits are due"),
        ("withdraw", "--older", "abc", "a certificate id in hexadecimal and a number are due"),
        ("withdraw", "--older", "00=x", "a certificate id in hexadecimal and a number are due"),
        ("withdraw", "--country-uci", "URN:UVCI:1", "a country and an identifier are due"),
        ("withdraw", "--valid-days", "nan", "a number of days above 0"),
        ("withdraw", "--valid-days", "1e9", "a number of days above 0"),
        ("withdraw", "--valid-days", "0", "a number of days above 0"),
        ("withdraw", "--valid-days", "week", "a number of days above 0"),
        ("import", "--max-age-days", "inf", "a number of days above 0"),
        ("import", "--newer-than", "yesterday", "a time with an offset is due"),
        ("import", "--newer-than", "2026-06-01", "a time with an offset is due"),
    ],
)
def test_trust_names_the_option_that_is_wrong_and_what_it_must_be(
    office: Path, command: str, option: str, value: str, due: str
) -> None:
    """Argparse says it, behind the usage."""
    list_ = ("gdhcn", "list.json") if command == "import" else ()
    done = trust(office, command, *list_, *by(1), "--version", 1, "-o", "x", option, value)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"trust.py {command}: error: argument {option}: {due}")


def test_a_list_that_cannot_be_written_leaves_nothing_behind(office: Path) -> None:
    """Where its name is that of a folder."""
    done = trust(office, "seal", "other.der", *by(1), "--version", 1, "-o", "empty folder")
    assert (done.returncode, done.stderr) == (2, "trust.py: empty folder: Is a directory\n")
    assert not (office / "empty folder.new").exists()


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (("--trust", "trust", "--revocations", "full.bin"), "a withdrawal list is signed"),
        (("--trust", "trust", "--threshold", 1), "--threshold needs --anchor"),
        (
            ("--trust", "keys.cose", "--anchor", "record.json"),
            "record.json: key.unreadable: The data is no certificate",
        ),
        (("--trust", "keys.cose", "--anchor", "clinic.pub"), "clinic.pub: this key is neither P-256"),
        (("--trust", "keys.cose", "other.der", *ANCHORS), "with --anchor, --trust is one signed key list"),
        (("--trust", "record.json", *ANCHORS), "The data is no signed document"),
        (("--trust", "keys.cose", "--anchor", "other.der"), "0 of the pinned anchors"),
    ],
    ids=str,
)
def test_verify_says_in_one_line_what_is_wrong_with_the_lists(
    office: Path, arguments: tuple[object, ...], start: str
) -> None:
    """As with any other unusable input."""
    done = run("verify.py", *arguments, "--", "dcc.txt", cwd=office)
    assert done.returncode == 2
    assert done.stderr.startswith(f"verify.py: {start}"), done.stderr
    assert done.stderr.count("\n") == 1
