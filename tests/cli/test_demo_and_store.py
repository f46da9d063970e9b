"""`hcert demo`, `inspect`, `store` and `completion`: a newcomer's first minutes, and the lists of a device."""

from __future__ import annotations

import json
import shlex
import shutil
import stat
from typing import TYPE_CHECKING

import pytest

from hcert.cli.demo import CONTENT, NEXT
from hcert.gate.server import GateServer
from support.command import assert_one_line, run, trust
from support.raw_messages import CARD, Handmade, card_claims_of, card_text_of

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Done
    from support.signers import DocumentSigner

PINS = ("--anchor", "anchor1.pub", "--anchor", "anchor2.pub")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command makes."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = run(folder.parent, "demo", "demo")
    assert done.status == 0, done.stderr
    return folder


def test_the_next_steps_of_the_demo_work(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that it prints, as pasted: accepted but for the revoked one, which is refused for that.

    The gate is ended at once, and takes a free port.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GateServer, "serve_forever", interrupt)
    folder = shutil.copytree(demo, tmp_path / "demo")
    statuses = []
    for line in NEXT:
        name, *arguments = shlex.split(line)
        done = run(folder, *arguments, *(("--port", 0) if arguments[0] == "gate" else ()))
        statuses.append(done.status)
        assert name == "hcert"
        assert ("revocation.certificate" in done.stdout) == ("revoked.png" in line)
    assert statuses == [0, 0, 1, 0, 0]


def test_every_file_of_the_demo_is_described_and_works(demo: Path) -> None:
    """And no private key is readable for others."""
    text = " ".join(CONTENT)
    for path in demo.rglob("*"):
        if path.is_file():
            assert path.name in text or f"{path.stem}.*" in text or path == demo / "trust" / "dsc.pem"
            if path.suffix == ".key":
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for name in ("code", "test", "recovery", "icvp", "citizen"):
        for suffix in ("png", "txt"):
            done = run(demo, "verify", "--trust", "keys.cose", *PINS, "--revocations", "full.bin", f"{name}.{suffix}")
            assert (done.status, done.stderr) == (0, "")
            assert "!" not in done.stdout
    expired = run(demo, "verify", "--trust", "keys.cose", *PINS, "--revocations", "full.bin", "expired.png", "--json")
    assert [one["code"] for one in expired.json["findings"]] == ["claims.expired"]
    assert run(demo, "keys", "check", "dsc.pem", "csca.pem").status == 0
    shown = trust(demo, "show", "keys.cose", *PINS)
    assert (shown.status, shown.lines[-2]) == (0, "2 in the list, 0 quarantined")
    locked = ("--key", "locked.key", "--password-file", "password", "--certificate", "dsc.pem", "--country", "VN")
    for record in ("record.json", "test.json", "recovery.json", "icvp.json", "citizen.json"):
        given = ("--valid-days", 3, "--value-sets", "value-sets.json", record)
        assert run(demo, "issue", *locked, *given).stdout.startswith("HC1:")


def test_a_demo_overwrites_nothing(demo: Path, tmp_path: Path) -> None:
    """An empty folder may be there; the keys are others."""
    assert_one_line(run(demo, "demo", "."), 2, "expected a new or an empty folder")
    assert_one_line(run(demo, "demo", "dsc.pem"), 2, "expected a new or an empty folder")
    told = run(tmp_path, "demo", ".", "--json").json
    names = {str(path.relative_to(demo)) for path in demo.rglob("*") if path.is_file()}
    assert set(told["files"]) == names
    assert (tmp_path / "dsc.key").read_bytes() != (demo / "dsc.key").read_bytes()


def test_inspect_shows_every_stage_unverified(demo: Path) -> None:
    """With a warning first; a forged one looks no different."""
    shown = run(demo, "inspect", "code.png")
    assert shown.status == 0
    assert shown.lines[0].startswith("NOT VERIFIED")
    assert [line.split()[0] for line in shown.lines[1:5]] == ["text", "cose", "claims", "record"]
    payload = json.loads("\n".join(shown.lines[5:]))
    assert payload == json.loads((demo / "record.json").read_text("utf-8"))
    told = run(demo, "inspect", "--json", "citizen.png").json
    assert told["verified"] is False
    assert told["records"][0]["kind"] == "citizen record"
    assert "001190000123" not in json.dumps(told)


def test_a_vaccination_card_is_inspected(demo: Path, es256: DocumentSigner, tmp_path: Path) -> None:
    """As text on the command line and from a file; its payload has no number."""
    text = card_text_of(Handmade(es256, claims=card_claims_of()).message)
    (tmp_path / "card.txt").write_text(text, encoding="utf-8")
    for given in (text, str(tmp_path / "card.txt")):
        shown = run(demo, "inspect", given)
        assert shown.status == 0
        assert shown.lines[4].split(maxsplit=1)[1] == "European Vaccination Card"
        assert json.loads("\n".join(shown.lines[5:])) == CARD
    told = run(demo, "inspect", "--json", text).json
    assert told["records"] == [{"subclaim": None, "kind": "European Vaccination Card", "payload": CARD}]


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        (lambda text: f" {text}", "text"),
        (lambda text: text[:304], "inflate"),
        (lambda _: "HC1:abc", "text"),
    ],
)
def test_a_broken_code_breaks_at_a_stage(demo: Path, tmp_path: Path, change: object, stage: str) -> None:
    """Which is named, with its code."""
    assert callable(change)
    (tmp_path / "code.txt").write_text(change((demo / "code.txt").read_text()))
    done = run(tmp_path, "inspect", "code.txt", "--lang", "vi")
    assert done.status == 1
    assert done.lines[-1].startswith(f"✗ {stage}: ")
    assert run(tmp_path, "inspect", "code.txt", "--json").json["broken"]["stage"] == stage


def store(folder: Path, *arguments: object) -> Done:
    """Run a command of `hcert store`."""
    return run(folder, "store", *arguments, *PINS)


def test_a_store_takes_lists_in_any_order(demo: Path, tmp_path: Path) -> None:
    """Then it knows what is revoked, and shows how old it is."""
    device = tmp_path / "device"
    done = store(demo, "update", device, "delta.cose", "full.bin", "keys.cose")
    assert (done.status, done.lines) == (
        0,
        ["full.bin: revocation list, version 1", "keys.cose: key list, version 1", "delta.cose: delta, version 2"],
    )
    shown = store(demo, "show", device)
    assert shown.status == 0
    assert shown.lines[0].startswith("key list: 2 keys, version 1, valid until ")
    assert shown.lines[1].startswith("revocation list: 1 revoked, version 2, valid until ")
    assert store(demo, "show", device, "--json").json["revocations"]["count"] == 1
    assert store(demo, "verify", device, "code.png").status == 0
    refused = store(demo, "verify", device, "revoked.png", "--json", "--grace-days", 3)
    assert (refused.status, [one["code"] for one in refused.json["findings"]]) == (1, ["revocation.certificate"])
    opened = store(demo, "verify", device, "citizen.png", "--open", "clinic.key", "--lang", "vi")
    assert "Số định danh: 001190000123" in opened.stdout


def test_a_refused_list_leaves_the_store_unchanged(demo: Path, office: Path, tmp_path: Path) -> None:
    """The others are taken; the file at fault is named."""
    device = tmp_path / "device"
    assert store(demo, "update", device, "keys.cose").status == 0
    alone = store(demo, "show", device)
    assert (alone.status, alone.lines[1].partition(":")[2]) == (1, " NONE; nothing is accepted until one arrives")
    done = store(demo, "update", device, "full.bin", office / "keys.cose", "record.json")
    assert done.status == 1
    assert done.lines == ["full.bin: revocation list, version 1"]
    assert [line.partition(": document.")[0] for line in done.stderr.splitlines()] == [
        f"hcert: {office / 'keys.cose'}",
        "hcert: record.json",
    ]
    told = store(demo, "update", device, "record.json", "--json").json
    assert told["refused"][0]["code"] == "document.malformed"


def test_a_store_follows_a_rotation(demo: Path, tmp_path: Path) -> None:
    """Whichever order the files are named in."""
    assert run(tmp_path, "keys", "anchor", "new").status == 0
    month = ("--valid-days", 30)
    old = ("--key", "anchor1.key", "--key", "anchor2.key")
    rotating = ("seal", "dsc.pem", *old, "--version", 2, *month, "--next-anchor", tmp_path / "new.pub")
    assert trust(demo, *rotating, "-o", tmp_path / "rotating.cose").status == 0
    later = ("seal", "dsc.pem", "--key", tmp_path / "new.key", "--version", 3, *month, "-o", tmp_path / "later.cose")
    assert trust(demo, *later).status == 0
    done = store(demo, "update", tmp_path / "device", tmp_path / "later.cose", tmp_path / "rotating.cose")
    assert [line.partition(": ")[2] for line in done.lines] == ["key list, version 2", "key list, version 3"], done


def test_a_mistyped_store_is_not_made(demo: Path, tmp_path: Path) -> None:
    """Only an update makes one."""
    missing = tmp_path / "devise"
    for arguments in (("show", missing), ("verify", missing, "code.png")):
        assert_one_line(store(demo, *arguments), 2, f"{missing}: there is no store")
    assert not missing.exists()
    assert_one_line(store(demo, "update", missing, "none.cose"), 2, "none.cose: No such file")
    assert not missing.exists()
    (tmp_path / "empty").mkdir()
    assert_one_line(store(demo, "show", tmp_path / "empty"), 2, "store.empty")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_shells_complete_the_command(demo: Path, shell: str) -> None:
    """Commands, options and files."""
    done = run(demo, "completion", shell)
    assert done.status == 0
    assert "_HCERT_COMPLETE" in done.stdout
    assert_one_line(run(demo, "completion", "cmd"), 2, "Invalid value for 'SHELL': expected bash, zsh or fish.")


def test_completion_answers_with_commands_and_files(demo: Path) -> None:
    """As the shell asks for them."""

    def answers(words: str, last: str) -> str:
        asked: dict[str, str | None] = {"_HCERT_COMPLETE": "fish_complete", "COMP_WORDS": words, "COMP_CWORD": last}
        done = run(demo, environment=asked)
        assert done.status == 0
        return done.stdout

    for words, expected in (("hcert tr", "trust"), ("hcert trust re", "revoke"), ("hcert issue --ke", "--key")):
        assert expected in answers(words, words.split()[-1])
    assert answers("hcert issue --key ", "").startswith("file,")
