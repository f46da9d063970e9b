"""`hcert trust`: key lists are made, signed by several, imported, shown and compared."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import hcert
from support.command import ANCHORS, assert_one_line, by, gate, named_rows, process, run, trust
from support.jwks import jwk_of, key_set


def test_a_signing_ceremony(office: Path, tmp_path: Path) -> None:
    """Each step says who has signed and who is missing."""
    draft, signed = tmp_path / "draft.cose", tmp_path / "signed.cose"
    sealed = trust(office, "seal", "trust/dsc.der", "--reader", "clinic.pub", *by(1), "-o", draft)
    assert sealed.status == 0, sealed.stderr
    assert sealed.stdout.startswith(f"{draft}: 2 keys, version 1, valid until ")
    assert sealed.stdout.endswith("signed by 1 anchor: anchor1.pem\n")
    early = trust(office, "show", draft, *ANCHORS)
    assert early.status == 1
    assert early.lines[-1] == (
        "signed by 1 of 2, 2 must sign; signed: anchor1.pub; missing: anchor2.pub; NOT YET VALID"
    )
    added = trust(office, "sign", draft, "--key", "anchor2.pem", *ANCHORS, "-o", signed)
    assert added.stdout == f"{signed}: signed by 2 of 2, 2 must sign; signed: anchor1.pub, anchor2.pub\n"
    shown = trust(office, "show", signed, *ANCHORS)
    assert shown.status == 0
    assert shown.lines[0] == "version 1"
    assert shown.lines[-2:] == ["2 in the list, 0 quarantined", added.stdout.partition(": ")[2].rstrip()]
    assert trust(office, "show", signed, *ANCHORS, "--json").json["missing"] == []
    assert_one_line(trust(office, "sign", signed, "--key", "anchor2.pem", "-o", tmp_path / "x"), 2, "has signed")
    unseen = trust(office, "show", signed, "--anchor", "other.der")
    assert_one_line(unseen, 1, "signed by 0 of 1, 1 must sign; missing: other.der; do not use it")


def test_show_lists_keys_in_a_fixed_order(office: Path) -> None:
    """The same in every run."""
    shown = trust(office, "show", "keys.cose", *ANCHORS)
    assert sum(" open " in line for line in shown.lines) == 1
    line = next(line for line in shown.lines if "dsc.der" in line)
    expected = hcert.TrustedKey.from_certificate((office / "trust" / "dsc.der").read_bytes())
    assert f"{expected.not_before:%F} to {expected.not_after:%F} recovery,test,vaccination active" in line
    assert "CN=Fictional DSC" in line
    assert all(trust(office, "show", "keys.cose", *ANCHORS) == shown for _ in range(3))
    keys = trust(office, "show", "keys.cose", *ANCHORS, "--json").json["keys"]
    assert {key["kid"] for key in keys} >= {expected.kid.hex()}


def test_diff_shows_a_rotation_of_anchors_first(office: Path, tmp_path: Path) -> None:
    """The greatest change possible, since it decides who signs from now on."""
    rotating = tmp_path / "next.cose"
    options = ("--next-anchor", "anchor2.pub", "-o", rotating)
    assert trust(office, "seal", "trust/dsc.der", "--reader", "clinic.pub", *by(1, 2, version=2), *options).status == 0
    assert "next anchors, 1 of:" in trust(office, "show", rotating, *ANCHORS).stdout
    compared = trust(office, "diff", "keys.cose", rotating, *ANCHORS)
    names = [hcert.TrustedKey.from_public_key((office / f"anchor{one}.pub").read_bytes()).kid.hex() for one in (1, 2)]
    assert compared.lines == [
        f"- anchor {names[0]}",
        "~ anchors: 2 of 2 must sign until now, 1 of 1 from now on",
        "0 added, 0 removed, 0 changed; THE ANCHORS CHANGE",
    ]
    told = trust(office, "diff", "keys.cose", rotating, *ANCHORS, "--json").json
    assert told["anchors"]["rotates"] is True
    same = trust(office, "diff", rotating, rotating, *ANCHORS)
    assert same.lines == ["0 added, 0 removed, 0 changed; the same anchors"]


def test_diff_shows_added_and_removed_keys(office: Path, tmp_path: Path) -> None:
    """With a sign before each."""
    new = tmp_path / "new.cose"
    assert trust(office, "seal", "trust/dsc.der", "other.der", *by(1, 2, version=2), "-o", new).status == 0
    compared = trust(office, "diff", "keys.cose", new, *ANCHORS)
    assert compared.lines[-1] == "1 added, 1 removed, 0 changed; the same anchors"
    assert [line[0] for line in compared.lines[:-1]] == ["+", "-"]


def test_encrypted_anchor_keys_sign(office: Path, tmp_path: Path) -> None:
    """Their password comes from a file; without it the line says how to give it."""
    options = ("--key", "locked1.pem", "--valid-days", 30, "--version", 1, "-o", tmp_path / "x.cose")
    assert_one_line(trust(office, "seal", "other.der", *options), 2, "locked1.pem: the private key is encrypted")
    wrong = trust(office, "seal", "other.der", *options, "--password-file", "wrong")
    assert_one_line(wrong, 2, "locked1.pem: the password in the --password-file does not open")
    done = trust(office, "seal", "other.der", *options, "--password-file", "wrong", "--password-file", "password")
    assert done.status == 0, done.stderr
    added = trust(
        office,
        *("sign", tmp_path / "x.cose", "--key", "locked2.pem", "--password-file", "password", *ANCHORS),
        *("-o", tmp_path / "y.cose"),
    )
    assert "signed by 2 of 2" in added.stdout, added.stderr


def test_a_code_is_accepted_with_sealed_lists(office: Path) -> None:
    """Under the anchors that signed it."""
    assert gate(office, "dcc.txt", "--revocations", "full.bin") == (0, [])


def test_lists_that_others_publish_are_imported(office: Path, shared: Path, tmp_path: Path) -> None:
    """The WHO's development list, under its key, with its report."""
    folder, output = shared / "testdata" / "gdhcn", tmp_path / "who.cose"
    options = (
        *("gdhcn", folder / "dev-trustlist.json", "--signer", folder / "dev-signing-key.json", "--domain", "DCC"),
        *(*by(1, 2, version=3), "-o", output),
    )
    old = trust(office, "import", *options, "--max-age-days", 1)
    assert_one_line(old, 1, "dev-trustlist.json: import.too_old")
    late = trust(office, "import", *options, "--max-age-days", 36500, "--newer-than", "2026-08-22T18:00:03+00:00")
    assert late.status == 1
    assert "before the one already held" in late.stderr
    held = ("--max-age-days", 36500, "--newer-than", "2026-08-22T18:00:02+00:00")
    done = trust(office, "import", *options, *held)
    assert done.status == 0, done.stderr
    assert done.lines[-3] == "created at 2026-08-22T18:00:02+00:00"
    taken = int(done.lines[-2].split()[0])
    assert taken > 30
    assert trust(office, "show", output, *ANCHORS).lines[-2] == f"{taken} in the list, 0 quarantined"
    issuers = trust(office, "import", *options, *held, "--usage", "CSCA", "--usage", "DECA", "--force", "--json")
    assert issuers.json["keys"] > 30


def test_certificates_are_imported_with_a_report(office: Path, tmp_path: Path) -> None:
    """A folder as somebody left it."""
    done = trust(office, "import", "certificates", "trust", *by(1, version=4), "-o", tmp_path / "folder.cose")
    assert done.status == 0, done.stderr
    assert done.lines[0].startswith("quarantined: trust/notes.txt: ")
    assert done.lines[1] == "1 taken, 1 quarantined, 0 skipped"


KEY_SET = ("trust", "import", "jwks", "set.json", "--owner", "EUVABECO", "--usage", "vaccination")


@pytest.fixture
def set_in_office(office: Path) -> Path:
    """A set of three keys, of which anybody has two."""
    kids = {"d": "AAAA", "kid": "leak"}, {"kid": "SYA26A"}, {"kid": "0xab"}
    keys = [jwk_of(ec.derive_private_key(9 if "d" in one else 7, ec.SECP256R1()), **one) for one in kids]
    keys[2] |= {"x": "FDMpzOeGjkFpJ1mc9lo0884v_aVafspp7YkZo5TULw8", "y": "YPfxp4DYp4O_t6LdayeW6BKNu87509Fo25Uplxo257k"}
    (office / "set.json").write_bytes(key_set(*keys))
    return office


def test_a_key_set_is_imported_under_an_owner_and_usages(set_in_office: Path, tmp_path: Path) -> None:
    """The keys that anybody has are named and left out."""
    output = tmp_path / "evc.cose"
    done = run(set_in_office, *KEY_SET, *by(1, 2, version=3), "-o", output)
    assert done.status == 0, done.stderr
    assert [line.split(": ")[:2] for line in done.lines[:2]] == [["quarantined", "#1"], ["quarantined", "#3"]]
    assert done.lines[2].startswith("taken as fetched at ")
    assert done.lines[3] == "1 taken, 2 quarantined, 0 skipped"
    (key,) = hcert.TrustList.open(
        output.read_bytes(),
        anchors=[hcert.TrustedKey.from_public_key((set_in_office / f"anchor{one}.pub").read_bytes()) for one in (1, 2)],
        at=dt.datetime.now(dt.UTC),
    )
    assert (key.kid, key.origin, list(key.usages)) == (b"SYA26A", "jwks:EUVABECO", [hcert.Usage.VACCINATION])
    told = run(set_in_office, *KEY_SET, *by(1, version=3), "-o", output, "--force", "--json").json
    assert (told["keys"], [one["entry"] for one in told["quarantined"]]) == (1, ["#1", "#3"])
    assert told["created_at"] is not None


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (KEY_SET[:4], "--owner"),
        (KEY_SET[:6], "--usage"),
        ((*KEY_SET[:4], "--usage", "test"), "--owner"),
        ((*KEY_SET, "--usage", "DSC"), "--usage"),
        ((*KEY_SET, "--usage", "open"), "--usage"),
        ((*KEY_SET, "--signer", "anchor1.pub"), "--signer"),
        ((*KEY_SET, "--country", "FR"), "--country"),
        ((*KEY_SET, "--max-age-days", "7"), "--max-age-days"),
        ((*KEY_SET[:4], "list.json", *KEY_SET[4:]), "one file"),
        (("trust", "import", "gateway", "set.json", "--owner", "FR"), "--owner"),
        ((*KEY_SET[:5], "", *KEY_SET[6:]), "import.owner"),
        (("trust", "import", "jwks", "record.json", *KEY_SET[4:]), "record.json: import.malformed"),
    ],
    ids=lambda given: " ".join(given[2:]) if isinstance(given, tuple) else "",
)
def test_a_key_set_needs_owner_and_usages_and_no_other_option(
    set_in_office: Path, tmp_path: Path, arguments: tuple[str, ...], named: str
) -> None:
    """Nothing is written, and the line names what is at fault."""
    done = run(set_in_office, *arguments, *by(1), "-o", tmp_path / "x.cose")
    assert_one_line(done, 1 if "malformed" in named else 2, named)
    assert not (tmp_path / "x.cose").exists()


@pytest.mark.process
def test_odd_file_names_are_printed_safely(office: Path, tmp_path: Path) -> None:
    """Whatever bytes a file system allows in them."""
    folder = tmp_path / "odd names"
    folder.mkdir()
    (folder / "dsc.der").write_bytes((office / "other.der").read_bytes())
    for name in (b"\xff.txt", b"\x1b[2J.txt", "ngày.txt".encode()):
        Path(os.fsdecode(bytes(folder) + b"/" + name)).write_text("a note")
    arguments = ("trust", "import", "certificates", folder, *by(1), "-o", tmp_path / "odd.cose")
    with (tmp_path / "told").open("w") as told:
        ended = process(office, *arguments, stdout=told, environment={"PYTHONIOENCODING": "ascii"})
    assert ended == (0, "")
    lines = (tmp_path / "told").read_text(encoding="ascii").splitlines()
    assert lines[-2] == "1 taken, 3 quarantined, 0 skipped"
    assert not any("\x1b" in line for line in lines)


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="a terminal of POSIX")
def test_long_work_shows_a_progress_bar(office: Path, tmp_path: Path) -> None:
    """On a terminal only, so that nothing of it lands in a log."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.der").write_bytes((office / "other.der").read_bytes())
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "hcert", "trust", "seal", folder, *by(1), "-o", tmp_path / "x.cose"]
    done = subprocess.run(  # noqa: S603 - our own command
        list(map(str, command)), check=False, stdout=subprocess.DEVNULL, stderr=theirs, cwd=office
    )
    assert done.returncode == 0
    assert b"60/60" in os.read(ours, 10_000)
    os.close(theirs)
    os.close(ours)


def test_a_failed_write_leaves_nothing_behind(office: Path, tmp_path: Path) -> None:
    """Where its name is that of a folder, or in one that does not exist."""
    assert_one_line(trust(office, "seal", "other.der", *by(1), "-o", tmp_path), 2, f"{tmp_path}: Is a directory")
    missing = tmp_path / "none" / "x"
    assert_one_line(trust(office, "seal", "other.der", *by(1), "-o", missing), 2, f"{missing}: No such file")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("files", "allowing", "words"),
    [
        pytest.param(("expired.der",), ("--allow", "expired"), "expired.der: the certificate expired on", id="expired"),
        pytest.param(
            ("other.der", "foreign.der"),
            ("--country", "VN", "--country", "FR"),
            "the certificate is one of FR; if it belongs in the list",
            id="foreign",
        ),
        pytest.param(
            ("other.der", "--country", "FR"), ("--country", "VN"), "the certificate is one of VN", id="another country"
        ),
        pytest.param(
            ("ca.der",),
            ("--allow", "ca"),
            "ca.der: the certificate is that of an authority",
            id="authority",
        ),
    ],
)
def test_unusual_keys_in_a_list_need_to_be_allowed(
    office: Path, tmp_path: Path, files: tuple[str, ...], allowing: tuple[str, ...], words: str
) -> None:
    """The line names the option that takes it."""
    output = tmp_path / "x.cose"
    refused = trust(office, "seal", *files, *by(1), "-o", output)
    assert refused.status == 2
    assert words in refused.stderr
    assert allowing[0] in refused.stderr
    assert not output.exists()
    done = trust(office, "seal", *files, *allowing, *by(1), "-o", output)
    assert done.status == 0, done.stderr


@pytest.mark.parametrize("command", ["seal", "sign", "revoke"])
@pytest.mark.parametrize("name", ["anchor1.pem", "draft.cose", "trust/dsc.der"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_output_never_overwrites_a_key_or_an_input(
    office: Path, command: str, name: str, force: tuple[str, ...]
) -> None:
    """Not in any command that writes; the file stays as it was."""
    before = (office / name).read_bytes()
    arguments: dict[str, tuple[object, ...]] = {
        "seal": ("seal", "trust/dsc.der", *by(1)),
        "sign": ("sign", "draft.cose", "--key", "anchor1.pem"),
        "revoke": ("revoke", "--signer-key", "trust/dsc.der", *by(1)),
    }
    is_input = name in map(str, arguments[command])
    done = trust(office, *arguments[command], "-o", name, *(force if is_input else ()))
    assert_one_line(done, 2, "the output is one of the inputs" if is_input else f"{name}: the ")
    assert (office / name).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    named_rows(
        (("show", "keys.cose", "--anchor", "other.der"), 1, "keys.cose: signed by 0 of 1"),
        (("show", "record.json", *ANCHORS), 1, "record.json: document.malformed"),
        (("show", "none", *ANCHORS), 2, "none: No such file"),
        (("show", "keys.cose", "--anchor", "record.json"), 2, "record.json: this is not a key document"),
        (
            ("show", "keys.cose", "--anchor", "empty"),
            2,
            "empty: expected a public key or a certificate, this is an empty",
        ),
        (("show", "keys.cose", "--anchor", "clinic.pub"), 2, "clinic.pub: this key is neither P-256"),
        (("show", "keys.cose", *ANCHORS[:2], *ANCHORS), 2, "anchor1.pub and anchor1.pub are the same key"),
        (
            ("seal", "other.der", "--reader", "k.pem", *by(1), "-o", "x"),
            2,
            "expected a public key, this is a private key",
        ),
        (("seal", "other.der", *by(1, 1), "-o", "x"), 2, "--key: anchor1.pem and anchor1.pem are the same key"),
        (
            ("seal", "other.der", *by(1), "-o", "x", "--next-anchor", "anchor2.pub", "--next-anchor", "anchor2.pub"),
            2,
            "--next-anchor: anchor2.pub and anchor2.pub are the same key",
        ),
        (("show", "keys.cose", *ANCHORS, "--threshold", 3), 2, "--threshold 3: expected 1 to 2"),
        (("show", "keys.cose"), 2, "--anchor is needed"),
        (
            ("sign", "keys.cose", "--key", "anchor1.pub", "-o", "x"),
            2,
            "anchor1.pub: expected a private key, this is a public key",
        ),
        (("sign", "record.json", "--key", "anchor1.pem", "-o", "x"), 1, "record.json: document.malformed"),
        (("show", "draft.cose", "--base", "full.bin", *ANCHORS), 1, "draft.cose: document.kind"),
        (("show", "keys.cose", "--base", "full.bin", *ANCHORS), 1, "keys.cose: document.kind"),
        (("show", "empty.cose", *ANCHORS), 2, "empty.cose: this is not a key list; of a delta, name the full list"),
        (("show", "keys.cose", "--anchor", "deep.key"), 2, "deep.key: this is not a key document"),
        (("seal", "empty folder", *by(1), "-o", "x"), 2, "no key is left"),
        (("import", "certificates", "empty", *by(1), "-o", "x"), 2, "no key is left"),
        (("seal", "other.der", *by(1), "-o", "x", "--next-threshold", 1), 2, "--next-threshold needs"),
        (
            ("seal", "other.der", *by(1), "-o", "x", "--next-anchor", "anchor2.pub", "--next-threshold", 0),
            2,
            "'--next-threshold': expected a whole number of 1 or more",
        ),
        *(
            (
                ("import", form, "list.json", option, value, *by(1), "-o", "x"),
                2,
                f"{option} is not for lists of the form",
            )
            for form, option, value in (
                ("gdhcn", "--country", "VN"),
                ("gdhcn", "--allow", "ca"),
                ("gateway", "--domain", "DCC"),
                ("gateway", "--signer", "anchor1.pub"),
                ("german", "--participant", "OMN"),
                ("german", "--usage", "DSC"),
                ("certificates", "--max-age-days", 7),
                ("certificates", "--newer-than", "2026-01-01T00:00:00Z"),
            )
        ),
        *(
            (("import", form, "list.json", "list.json", *by(1), "-o", "x"), 2, f"a list of the form {form}")
            for form in ("gateway", "german")
        ),
        *(
            (
                ("import", "gdhcn", "list.json", name, "--signer", "anchor1.pub", *by(1), "-o", "x"),
                2,
                f"{name}: this is not a DID document",
            )
            for name in ("list.json", "record.json", "number.json", "deep.json", "empty")
        ),
        (("seal", "trust", *by(1), "-o", "x"), 2, "trust/notes.txt: "),
        (("seal", "other.der", *by(1)[:-1], 0, "-o", "x"), 2, "Invalid value for '--version'"),
        (("import", "gdhcn", "record.json", *by(1), "-o", "x"), 2, "a list of the form gdhcn is signed"),
        (("import", "gateway", "record.json", *by(1), "-o", "x"), 1, "record.json: import."),
        (
            ("import", "gdhcn", "list.json", *by(1), "-o", "x", "--max-age-days", "inf"),
            2,
            "'--max-age-days': expected a",
        ),
        (("import", "gdhcn", "list.json", *by(1), "-o", "x", "--newer-than", "2026-06-01"), 2, "a time with an offset"),
        (("import", "gdhcn", "list.json", *by(1), "-o", "x", "--newer-than", "today"), 2, "a time with an offset"),
        (
            ("import", "french", "list.json", *by(1), "-o", "x"),
            2,
            "'FORM': expected gdhcn, gateway, german, certificates or jwks.",
        ),
        (("seal", "", *by(1), "-o", "x"), 2, "the argument is empty"),
        (("frobnicate",), 2, "No such command 'frobnicate'"),
    ),
)
def test_wrong_inputs_are_one_line(office: Path, arguments: tuple[object, ...], status: int, words: str) -> None:
    """No traceback, the file or option at fault, and the exit status tells whose fault it is."""
    assert_one_line(trust(office, *arguments), status, words)


def test_show_tells_what_a_delta_makes_valid_again(office: Path, tmp_path: Path) -> None:
    """A removed item and a lowered revision both make codes count again; the command itself lowers none."""
    anchors = [hcert.TrustedKey.from_public_key((office / f"anchor{number}.pub").read_bytes()) for number in (1, 2)]
    signers = [
        hcert.LocalSigner.from_pem((office / f"anchor{number}.pem").read_bytes(), certificate=anchors[number - 1])
        for number in (1, 2)
    ]
    now = dt.datetime.now(dt.UTC)
    month: dict[str, Any] = {"issued_at": now, "expires_at": now + dt.timedelta(days=30)}
    old = hcert.RevocationList(certificates=[bytes(16)], superseded={bytes(16): 3, b"x" * 16: 4})
    (tmp_path / "revoked.bin").write_bytes(old.seal(signers, version=1, **month))
    base = hcert.RevocationList.open(tmp_path / "revoked.bin", anchors=anchors, at=now)
    new = hcert.RevocationList(superseded={bytes(16): 2, b"x" * 16: 5})
    (tmp_path / "back.cose").write_bytes(new.seal_delta(signers[:1], base=base, version=2, **month))
    options = ("--base", tmp_path / "revoked.bin", *ANCHORS, "--threshold", 1)
    shown = trust(office, "show", tmp_path / "back.cose", *options)
    assert shown.lines[2:-1] == [
        "delta to version 1",
        "certificate: 0 added, 1 removed",
        "superseded: 2 added, 1 removed",
        "2 in the list then",
    ], shown.stderr
    told = trust(office, "show", tmp_path / "back.cose", *options, "--json").json
    assert (told["added"], told["removed"]) == (
        {"certificate": 0, "superseded": 2},
        {"certificate": 1, "superseded": 1},
    )


def test_help_of_every_command_says_what_it_does(office: Path) -> None:
    """And how it ends."""
    for command in (
        "issue",
        "verify",
        *(f"trust {one}" for one in ("seal", "import", "sign", "show", "diff", "revoke")),
    ):
        done = run(office, *command.split(), "--help")
        assert done.status == 0
        assert f"Usage: hcert {command} " in done.stdout
        assert "Exit status:" in done.stdout
    assert json.dumps(run(office, "--version").stdout) == json.dumps(f"hcert {hcert.__version__}\n")
