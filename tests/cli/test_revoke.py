"""`hcert trust revoke`: what is named is refused at the gate, and what is not named never comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hcert import lists, uvci
from support.command import ANCHORS, assert_one_line, by, gate, named_rows, trust

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Done

DELTA = ("--base", "full.bin", "--delta", *ANCHORS)
UVCI = "URN:UVCI:01:VN:7ABC"


def _uci(office: Path) -> str:
    return str(json.loads((office / "record.json").read_text("utf-8"))["v"][0]["ci"])


def test_a_revoked_code_is_refused(office: Path, tmp_path: Path) -> None:
    """From one delta to the next, and from there to a new full list."""
    first, second, fourth = (tmp_path / name for name in ("first.cose", "second.cose", "fourth.bin"))
    done = trust(office, "revoke", "--uci", _uci(office), *DELTA, "--first-delta", *by(1, 2, version=2), "-o", first)
    assert done.status == 0, done.stderr
    assert done.stdout.startswith(f"{first}: 1 revoked, 1 in the list, version 2, valid until ")
    assert gate(office, "dcc.txt", "--revocations", "full.bin", "--revocations", first) == (
        1,
        ["revocation.certificate"],
    )
    more = ("--signer-key", "trust/dsc.der", "--after", first)
    assert trust(office, "revoke", *more, *DELTA, *by(1, 2, version=3), "-o", second).status == 0
    found = gate(office, "dcc.txt", "--revocations", "full.bin", "--revocations", second)
    assert found == (1, ["revocation.key", "revocation.certificate"])
    assert trust(office, "show", "full.bin", *ANCHORS).lines[-2] == "0 in the list"
    shown = trust(office, "show", second, "--base", "full.bin", *ANCHORS)
    assert shown.lines[0] == "version 3"
    assert shown.lines[2:-1] == [
        "delta to version 1",
        "key: 1 added, 0 removed",
        "eu_uci: 1 added, 0 removed",
        "2 in the list then",
    ]
    held = ("--base", "full.bin", "--after", second, *ANCHORS, "--uci", UVCI)
    for version in (1, 2, 3):
        for form in ((), ("--delta",)):
            done = trust(office, "revoke", *held, *form, *by(1, 2, version=version), "-o", tmp_path / "x")
            assert_one_line(done, 2, "--version must be above 3")
    assert trust(office, "revoke", *held, *by(1, 2, version=4), "-o", fourth).status == 0
    assert trust(office, "show", fourth, *ANCHORS).lines[2:-1] == ["key: 1", "eu_uci: 2", "3 in the list"]


@pytest.mark.parametrize("form", [(), ("--delta",)])
def test_an_earlier_delta_cannot_be_forgotten(office: Path, tmp_path: Path, form: tuple[str, ...]) -> None:
    """Neither without a word about it, nor by naming none where a version is missing."""
    first = tmp_path / "first.cose"
    assert (
        trust(office, "revoke", "--uci", UVCI, *DELTA, "--first-delta", *by(1, 2, version=2), "-o", first).status == 0
    )
    base = ("revoke", "--base", "full.bin", *form, *ANCHORS, "--signer-key", "trust/dsc.der", "-o", tmp_path / "x")
    assert_one_line(trust(office, *base, *by(1, 2, version=3)), 2, "name the last delta with --after")
    assert_one_line(trust(office, *base, "--first-delta", *by(1, 2, version=3)), 2, "--version 3 skips 2")
    both = trust(office, *base, "--first-delta", "--after", first, *by(1, 2, version=3))
    assert_one_line(both, 2, "contradict each other")
    assert trust(office, *base, "--first-delta", "--skip-versions", *by(1, 2, version=3)).status == 0


def test_reinstating_an_item(office: Path, tmp_path: Path) -> None:
    """It takes out what is in the list, and refuses what is not."""
    first, second = tmp_path / "first.cose", tmp_path / "second.cose"
    two = ("--uci", _uci(office), "--uci", UVCI)
    assert trust(office, "revoke", *two, *DELTA, "--first-delta", *by(1, 2, version=2), "-o", first).status == 0
    back = ("revoke", "--reinstate", *DELTA, "--after", first, *by(1, 2, version=3))
    unknown = trust(office, *back, "--uci", _uci(office), "--uci", f"{UVCI}9", "-o", second)
    assert_one_line(unknown, 2, "--reinstate names 2 items, of which 1 are in the list")
    done = trust(office, *back, "--uci", _uci(office), "-o", second)
    assert done.stdout.startswith(f"{second}: 1 reinstated, 1 in the list, version 3")
    assert gate(office, "dcc.txt", "--revocations", "full.bin", "--revocations", second) == (0, [])


def test_a_damaged_list_is_not_shown(office: Path, tmp_path: Path) -> None:
    """Its signatures hold, but nobody should add one to it."""
    file = tmp_path / "damaged.bin"
    assert trust(office, "revoke", "--uci", UVCI, *by(1, 2), "-o", file).status == 0
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    done = trust(office, "show", file, *ANCHORS)
    assert_one_line(done, 1, f"{file}: revocation.damaged")
    assert done.stdout == ""


def test_revoking_by_id_entry_and_revision(office: Path, tmp_path: Path) -> None:
    """Each by its own option; ids may be written with dashes."""
    name = json.loads((office / "citizen.json").read_text("utf-8"))["certificate_id"]
    dashed = "-".join((name[:8], name[8:12], name[12:16], name[16:20], name[20:]))
    for option, value, code in (
        ("--certificate", name, "revocation.certificate"),
        ("--certificate", dashed, "revocation.certificate"),
        ("--older", f"{name}=9", "revocation.superseded"),
        ("--entry", f"{name.upper()}/1", "revocation.entry"),
        ("--entry", f"{dashed}/1", "revocation.entry"),
    ):
        done = trust(office, "revoke", option, value, *by(1, 2), "-o", tmp_path / "one.bin", "--force")
        assert done.status == 0, done.stderr
        assert gate(office, "life.txt", "--revocations", tmp_path / "one.bin")[1] == [code]


def test_revoking_by_each_kind_of_hash(office: Path, tmp_path: Path) -> None:
    """From the identifier, with and without country, or from hashes that the EU gateway gave out."""
    uci = _uci(office)
    for option, value in (
        ("--uci", uci),
        ("--country-uci", f"VN={uci}"),
        ("--uci-hash", lists.uci_hash(uci).hex()),
        ("--country-uci-hash", lists.country_uci_hash("VN", uci).hex()),
    ):
        done = trust(office, "revoke", option, value, *by(1, 2), "-o", tmp_path / "one.bin", "--force", "--json")
        assert done.json["named"] == 1
        assert gate(office, "dcc.txt", "--revocations", tmp_path / "one.bin") == (1, ["revocation.certificate"])


@pytest.mark.parametrize(
    "identifier",
    [
        "hello",
        "URN:UVCI:01:VN:",
        "URN:UVCI:01:vn:7abc",
        "urn:uvci:01:VN:7ABC",
        f" {UVCI}",
        f"{UVCI}#",
        uvci.with_check_character(UVCI).replace("7ABC", "7ACB"),
        UVCI + "A" * 80,
    ],
)
@pytest.mark.parametrize("option", ["--uci", "--country-uci"])
def test_a_malformed_identifier_needs_to_be_allowed(office: Path, tmp_path: Path, option: str, identifier: str) -> None:
    """A mistyped one would revoke nothing, and nobody would know; it is not repeated either."""
    value = f"VN={identifier}" if option == "--country-uci" else identifier
    output = tmp_path / "x.bin"
    refused: Done = trust(office, "revoke", option, value, *by(1), "-o", output)
    assert_one_line(refused, 2, "identifier 1 is not a UVCI")
    assert identifier not in refused.stderr
    assert trust(office, "revoke", option, value, *by(1), "-o", output, "--allow-malformed").status == 0


def test_ids_come_from_a_file(office: Path, tmp_path: Path) -> None:
    """Of all kinds, a line each; a line that is none is named by its place."""
    name = json.loads((office / "citizen.json").read_text("utf-8"))["certificate_id"]
    ids = tmp_path / "ids.txt"
    ids.write_text(f"\ufeff{name}\r\n\n {name.upper()}/1\n{name}=1\n{_uci(office)}\n{UVCI}\n", encoding="utf-8")
    done = trust(office, "revoke", "--ids", ids, *by(1, 2), "-o", tmp_path / "ids.bin")
    assert done.status == 0, done.stderr
    shown = trust(office, "show", tmp_path / "ids.bin", *ANCHORS)
    assert shown.lines[2:-1] == ["certificate: 1", "entry: 1", "superseded: 1", "eu_uci: 2", "5 in the list"]
    assert gate(office, "dcc.txt", "--revocations", tmp_path / "ids.bin")[1] == ["revocation.certificate"]
    ids.write_text(f"{UVCI}\n{UVCI}#A\n")
    options = ("revoke", "--ids", ids, *by(1), "-o", tmp_path / "x")
    assert_one_line(trust(office, *options), 2, f"{ids}, line 2 is not a UVCI: ")
    ids.write_text(f"{UVCI}\nNguyễn\n", encoding="utf-8")
    assert_one_line(
        trust(office, *options), 2, f"{ids}, line 2: expected a certificate id, an entry id, ID=N or a UVCI"
    )
    overwriting = trust(office, "revoke", "--ids", ids, *by(1), "-o", ids, "--force")
    assert_one_line(overwriting, 2, "the output is one of the inputs")


@pytest.mark.parametrize("identifier", [UVCI, uvci.with_check_character(UVCI), uvci.make_opaque("VN")])
def test_a_good_identifier_is_taken(office: Path, tmp_path: Path, identifier: str) -> None:
    """With a check character and without."""
    assert trust(office, "revoke", "--uci", identifier, *by(1), "-o", tmp_path / "x.bin").status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    named_rows(
        (("--delta", *by(1)), "--delta needs --base"),
        (("--after", "draft.cose", *by(1)), "--after needs --base"),
        (("--first-delta", *by(1)), "--first-delta needs --base"),
        (("--reinstate", *by(1)), "--reinstate needs --base"),
        (("--threshold", 1, *by(1)), "--threshold needs --base"),
        (("--threshold", 0, *by(1)), "'--threshold': expected a whole number of 1 or more"),
        (("--anchor", "anchor1.pub", *by(1)), "--anchor needs --base"),
        (("--certificate", "00", *by(1)), "'--certificate': expected a certificate id"),
        (("--certificate", "zz", *by(1)), "'--certificate': expected a certificate id"),
        (("--entry", "5B1C/2", *by(1)), "'--entry': expected an entry id"),
        (("--entry", f"{'0' * 32}/0", *by(1)), "'--entry': expected an entry id"),
        (("--older", "00=2", *by(1)), "'--older': expected a certificate id, = and the oldest"),
        (("--older", "abc", *by(1)), "'--older': expected a certificate id, = and the oldest"),
        (("--older", f"{'0' * 32}=0", *by(1)), "revocation.revision"),
        (("--signature-hash", "0", *by(1)), "'--signature-hash': expected an EU hash"),
        (("--uci-hash", "00", *by(1)), "'--uci-hash': expected an EU hash"),
        (("--country-uci", "URN:UVCI:1", *by(1)), "'--country-uci': expected a country, ="),
        (("--signer-key", "k.pem", *by(1)), "k.pem: expected a certificate, this is a private key"),
        (("--key", "odd.pem", *by(1)[2:]), "odd.pem: a private key that is damaged, or of a kind"),
        (("--key", "384.pem", *by(1)[2:]), "384.pem: key.unsupported"),
        (("--base", "keys.cose", "--first-delta", *ANCHORS, *by(1)), "keys.cose: document."),
        (("--base", "full.bin", "--after", "keys.cose", *ANCHORS, *by(1)), "keys.cose: document.kind"),
        *(
            ((*by(1)[:2], "--version", 1, "--valid-days", days), "'--valid-days': expected a number of days above 0")
            for days in ("nan", "1e9", "0", "week", "-1")
        ),
    ),
)
def test_wrong_inputs_are_one_line(office: Path, tmp_path: Path, arguments: tuple[object, ...], words: str) -> None:
    """The option or the file at fault, and what is expected."""
    done = trust(office, "revoke", *arguments, "-o", tmp_path / "x")
    assert_one_line(done, 1 if "document." in words else 2, words)
    assert not (tmp_path / "x").exists()
