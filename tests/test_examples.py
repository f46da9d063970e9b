"""The examples as users run them: the right output, the right exit status, one clear line for every mistake."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from pyarrow import parquet

from conftest import ROOT
from hcert import citizen
from hcert.records.eu_dcc.model import to_wire
from support import signers as authority
from support.citizen_records import citizen_record
from support.command import run as run_command
from support.foreign_lists import WHO, document, entry, publish
from support.icvp_payloads import EMITTED
from support.medication_payloads import OVERVIEW
from support.programs import run_program
from support.raw_messages import Handmade
from support.signers import DocumentSigner, document_signer, p256, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path


START = int(authority.NOW.timestamp())
LINK = "shlink://" + urlsafe_b64encode(json.dumps({"url": "http://host.example/1", "key": "A" * 43}).encode()).decode()


def run(name: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run an example in this process."""
    return run_program(ROOT / "examples" / name, *arguments, cwd=cwd)


def test_quickstart_runs_and_its_next_steps_work(tmp_path: Path) -> None:
    """One accepted code, one forged, one expired; the files stay, and each command that it prints works with them."""
    done = run("quickstart.py", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("✓ accepted") == 1
    assert done.stdout.count("✗ refused") == 2
    assert "signature.invalid" in done.stdout
    assert "claims.expired" in done.stdout
    assert (tmp_path / "citizen.png").stat().st_size > 1000
    proposed = re.findall(r"-m hcert (.*?)(?: +#.*)?$", done.stdout, re.MULTILINE)
    assert [words.split()[0] for words in proposed] == ["verify", "verify", "inspect", "demo"]
    for words in proposed:
        assert run_command(tmp_path, *shlex.split(words)).status == 0, words
    keys = sorted(tmp_path.glob("*.key"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in keys] == [0o600] * 2


def test_quickstart_keeps_its_keys_when_it_runs_again(tmp_path: Path) -> None:
    """As an authority does; what it issued before is still accepted."""
    assert run("quickstart.py", tmp_path).returncode == 0
    before = {path: path.read_bytes() for path in tmp_path.glob("*.key")}
    (tmp_path / "citizen.png").rename(tmp_path / "first.png")
    assert run("quickstart.py", tmp_path).returncode == 0
    assert {path: path.read_bytes() for path in before} == before


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


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("quickstart.py", 2, "quickstart.py: standard output: Broken pipe\n"),
        ("citizen.py", 2, "citizen.py: standard output: Broken pipe\n"),
    ],
)
def test_a_broken_pipe_is_an_error_only_for_a_code(folder: Path, name: str, status: int, said: str) -> None:
    """What nobody reads was not shown."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run_with(name, folder, stdout=writing) == (status, said)
    finally:
        os.close(writing)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110 - no path to keep
@pytest.mark.parametrize("name", ["quickstart.py", "citizen.py"])
def test_a_full_disk_is_one_line(folder: Path, name: str) -> None:
    """And no refusal."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        assert run_with(name, folder, stdout=full) == (2, f"{name}: standard output: No space left on device\n")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("quickstart.py", 0, ""),
        ("citizen.py", 0, ""),
    ],
)
def test_a_closed_output_changes_no_status(folder: Path, name: str, status: int, said: str) -> None:
    """Whoever closes it wants the exit status alone."""
    assert run_with(name, folder, closed=1) == (status, said)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("name", ["quickstart.py", "citizen.py"])
def test_an_ascii_terminal_is_not_an_error(tmp_path: Path, name: str) -> None:
    """As any that knows no more than ASCII."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    assert run_with(name, tmp_path, env=environment, stdout=subprocess.DEVNULL) == (0, "")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("name", ["quickstart.py", "citizen.py"])
def test_what_keeps_an_example_from_running_is_one_line(tmp_path: Path, name: str) -> None:
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
def test_examples_explain_themselves(tmp_path: Path, name: str) -> None:
    """`--help` is no directory, and neither is a second one."""
    helped = run(name, "--help", cwd=tmp_path)
    assert (helped.returncode, helped.stdout[: len(name) + 7]) == (0, f"usage: {name}")
    assert run(name, tmp_path, tmp_path, cwd=tmp_path).returncode == 2
    assert not [*tmp_path.iterdir()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `hcert demo` makes."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    assert run_command(folder.parent, "demo", "demo").status == 0
    return folder


SCANNER = ("device", "--anchor", "anchor1.pub", "--anchor", "anchor2.pub")


def test_scanner_checks_a_folder_of_pictures(demo: Path, tmp_path: Path) -> None:
    """The lists are given once; revoked and expired codes are refused, and a picture without a code is named."""
    shutil.copytree(demo, tmp_path / "gate")
    Image.new("L", (60, 60), 255).save(tmp_path / "gate" / "blank.png")
    given = (*SCANNER, "--lists", "keys.cose", "full.bin", "delta.cose")
    done = run("scanner.py", *given, cwd=tmp_path / "gate")
    assert done.returncode == 1, done.stderr
    cards = dict(card.split("\n", 1) for card in done.stdout.split("\n\n")[1:])
    refused = {name for name, card in cards.items() if card.startswith("✗ REFUSED")}
    assert (len(cards), refused) == (7, {"expired.png", "revoked.png"})
    assert "blank.png: " in done.stdout
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "code.png").write_bytes((demo / "code.png").read_bytes())
    again = run("scanner.py", *SCANNER, "--pictures", tmp_path / "few", "--lang", "vi", cwd=tmp_path / "gate")
    assert (again.returncode, again.stdout.count("✓ CHẤP NHẬN")) == (0, 1)


def test_scanner_reads_from_a_webcam(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that stays in front of the camera is checked once; without OpenCV the line names what is missing."""
    given = [*SCANNER, "--webcam"]
    for name in ("anchor1.pub", "anchor2.pub", "keys.cose", "full.bin"):
        (tmp_path / name).write_bytes((demo / name).read_bytes())
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert "cv2" in run("scanner.py", *given, "--lists", "keys.cose", "full.bin", cwd=tmp_path).stderr
    frames = [Image.new("L", (60, 60), 255), *[Image.open(demo / "code.png")] * 2, Image.open(demo / "expired.png")]
    monkeypatch.setitem(sys.modules, "cv2", FakeCamera(frames))
    done = run("scanner.py", *given, cwd=tmp_path)
    assert done.stdout.count("webcam\n✓ ACCEPTED") == 1
    assert done.stdout.count("webcam\n✗ REFUSED") == 1
    assert (done.returncode, done.stderr) == (2, "scanner.py: [Errno None] there is no picture: 'webcam'\n")


class FakeCamera:
    """What the scanner uses of OpenCV, with pictures in the place of a camera."""

    def __init__(self, frames: list[Image.Image]) -> None:
        self._frames = iter(frames)

    def VideoCapture(self, _number: int) -> FakeCamera:  # noqa: N802 - the name that OpenCV has
        """Open the camera."""
        return self

    def read(self) -> tuple[bool, Image.Image | None]:
        """Return the next frame; none when it is unplugged."""
        frame = next(self._frames, None)
        return frame is not None, frame

    def imencode(self, suffix: str, frame: Image.Image) -> tuple[bool, memoryview]:
        """Encode a frame as a picture."""
        data = io.BytesIO()
        frame.save(data, suffix.removeprefix("."))
        return True, memoryview(data.getvalue())


ISSUER = (
    *("people.csv", "--secret", "ids.secret", "--key", "dsc.key", "--certificate", "dsc.pem"),
    *("--country", "VN", "-o", "codes.parquet"),
)


def test_issuer_issues_a_table_again_under_the_same_ids(demo: Path, tmp_path: Path) -> None:
    """A code for each person, with a register and the rejects; a value that cannot be read is a reject too."""
    office = tmp_path / "office"
    shutil.copytree(demo, office)
    (office / "ids.secret").write_bytes(bytes(range(32)))
    people = office / "people.csv"
    people.write_text(people.read_text("utf-8") + "P006,Trần,Văn Bình,1970,yesterday,first,EU/1/20/1528\n", "utf-8")
    registers = []
    for _ in range(2):
        done = run("issuer.py", *ISSUER, cwd=office)
        assert (done.returncode, done.stdout) == (1, "codes.parquet: rejects: 2\n"), done.stderr
        codes = parquet.read_table(office / "codes.parquet").to_pylist()
        registers.append({row["row_id"]: row["certificate_id"] for row in codes})
    assert registers[0] == registers[1]
    assert list(registers[0]) == ["P001", "P002", "P003", "P004", "P005", "P006"]
    rejects = {row["row_id"]: row["findings"] for row in codes if row["text"] is None}
    assert [found["code"] for found in rejects["P005"]] == ["entry.in_future", "record.nothing_counts"]
    assert [found["path"] for found in rejects["P006"]] == ["vaccinations[0].date"]
    for row in codes[:4]:
        (office / "code.txt").write_text(row["text"], encoding="ascii")
        checked = run_command(office, "verify", "--trust", "trust", "--json", "code.txt")
        assert checked.json["certificate"]["payload"]["certificate_id"] == row["certificate_id"].hex()
    assert run("issuer.py", "none.csv", *ISSUER[1:], cwd=office).returncode == 2
    (office / "ids.secret").write_bytes(bytes(31))
    assert run("issuer.py", *ISSUER, cwd=office).returncode == 2


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


WHO_CODES: dict[str, dict[Any, Any]] = {
    "medication overview": {1: "XXA", 6: START, 4: START + 99, -260: {-7: OVERVIEW}},
    "ICVP": {6: START, 1: "XXA", -260: {-6: EMITTED}},
    "health link": {"6": START * 1000, "4": START + 99, "1": "XXA", "-260": {"5": [{"u": LINK}]}},
}


def who_files(folder: Path, listed: bytes, code: str) -> tuple[Any, ...]:
    """Write a key list, the DID document of the key that signs it, and a code."""
    numbers = WHO.public_key().public_numbers()
    x, y = (urlsafe_b64encode(one.to_bytes(32)).decode().rstrip("=") for one in (numbers.x, numbers.y))
    jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    (folder / "list.json").write_bytes(listed)
    (folder / "key.json").write_text(json.dumps({"verificationMethod": [{"publicKeyJwk": jwk}]}))
    (folder / "code.txt").write_text(f"{code}\n")
    return "list.json", "key.json", "code.txt", "--at", authority.NOW.isoformat()


@pytest.mark.parametrize("name", WHO_CODES)
def test_the_test_bed_of_the_who_accepts_what_its_participants_sign(tmp_path: Path, name: str) -> None:
    """Under a list whose proof holds, with the warnings; nothing under a list that was changed after it was signed."""
    signer = document_signer(p256(), country="XX")
    members = publish(document(entry(signer.certificate, domain="PH4H")))
    code = Handmade(signer, claims=WHO_CODES[name]).text
    files = who_files(tmp_path, json.dumps(members).encode(), code)
    done = run("who_test_bed.py", *files, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    verdict = json.loads(done.stdout)
    assert verdict["accepted"] is True
    assert verdict["certificate"]["payload"] in ({**OVERVIEW}, {**EMITTED}, [{"u": LINK}])
    members["verificationMethod"][0]["domain"]["code"] = "#DCC"
    who_files(tmp_path, json.dumps(members).encode(), code)
    forged = run("who_test_bed.py", *files, cwd=tmp_path)
    assert (forged.returncode, forged.stdout) == (2, "")


def test_the_test_bed_of_the_who_verifies_the_published_list(tmp_path: Path, shared: Path) -> None:
    """As its environment for development published it; a code of a stranger is refused, and an old list too."""
    folder = shared / "testdata" / "gdhcn"
    code = Handmade(document_signer(p256(), country="XX"), claims=WHO_CODES["ICVP"]).text
    _, _, text, *_ = who_files(tmp_path, b"", code)
    given = (folder / "dev-trustlist.json", folder / "dev-signing-key.json", text, "--at")
    done = run("who_test_bed.py", *given, "2026-08-22T19:00:00Z", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert [found["code"] for found in json.loads(done.stdout)["findings"]] == ["trust.unknown_key"]
    other_key = (given[0], "key.json", *given[2:], "2026-08-22T19:00:00Z")
    for unusable in ((*given, "2026-09-22T19:00:00Z"), other_key):
        assert run("who_test_bed.py", *unusable, cwd=tmp_path).returncode == 2


def test_the_test_bed_of_the_who_says_what_it_cannot_use(tmp_path: Path) -> None:
    """In one line: a file that is not there, a key that is none, a time without zone, a list that is none."""
    listed, key, code, *at = who_files(tmp_path, b"[]", "HC1:")
    for files in (
        ("none", key, code, *at),
        (listed, code, code, *at),
        (listed, listed, code, *at),
        (listed, key, code, "--at", "2026-06-01T12:00:00"),
    ):
        done = run("who_test_bed.py", *files, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1].startswith("who_test_bed.py: ")


@pytest.mark.parametrize("name", ["sign.py", "verify.py", "who_test_bed.py"])
def test_small_examples_are_short(name: str) -> None:
    """Whoever wants all the rest takes the command."""
    assert len((ROOT / "examples" / name).read_text(encoding="utf-8").splitlines()) <= 60


def current_signer() -> DocumentSigner:
    """Make a document signer whose certificate is valid now."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority, "NOT_BEFORE", now - dt.timedelta(days=30))
        patch.setattr(authority, "NOT_AFTER", now + dt.timedelta(days=700))
        return document_signer(p256())
