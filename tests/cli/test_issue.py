"""`hcert issue`: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from hcert import citizen
from support.citizen_records import citizen_record
from support.command import assert_one_line, issue, run, text_of, verify

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("suffix", ["png", "txt", "TXT"])
def test_what_is_issued_is_accepted(desk: Path, tmp_path: Path, suffix: str) -> None:
    """Pictures and text files go from one command to the other."""
    output = tmp_path / f"code.{suffix}"
    issued = issue(desk, "record.json", "-o", output)
    assert issued.status == 0, issued.stderr
    done = verify(desk, output)
    assert done.status == 0, done.stderr
    assert done.lines[:2] == ["✓ ACCEPTED", "  Nguyễn Thị Ngọc Ánh, born 1990-05-17"]
    assert done.lines[2].startswith("  · Vaccination COVID-19: dose 2 of 2")


def test_a_sealed_citizen_record_is_issued_and_opened(desk: Path, tmp_path: Path) -> None:
    """A card in Vietnamese, JSON by names, and the sealed part for its readers alone."""
    picture = tmp_path / "code.png"
    done = issue(desk, "citizen.json", "--seal", "clinic.pub", "secret.json", "-o", picture)
    assert done.status == 0, done.stderr
    shown = verify(desk, "--lang", "vi", "--open", "clinic.key", picture)
    assert shown.status == 0, shown.stderr
    assert shown.stdout.startswith("✓ CHẤP NHẬN\n  Nguyễn Thị Ngọc Ánh, sinh 17/05/1990, nữ\n")
    assert "  Số định danh: 001190000123\n  Số lô vắc xin: 1: FF0123\n" in shown.stdout
    opened = verify(desk, "--json", "--open", "clinic.key", picture).json
    assert opened["opened"] == {"id_number": "001190000123", "lot_numbers": [[1, "FF0123"]]}
    told = verify(desk, "--json", picture).json
    assert told["certificate"]["payload"]["person"]["family_name"] == "Nguyễn"
    assert "001190000123" not in json.dumps(told)


def test_the_certificate_id_is_printed(desk: Path) -> None:
    """Beside the code, so that it can go into the register; in JSON too."""
    record = json.loads((desk / "citizen.json").read_text("utf-8"))
    assert record["certificate_id"].upper() in issue(desk, "citizen.json").stderr
    told = issue(desk, "citizen.json", "--json").json
    assert told["certificate_id"] == record["certificate_id"].upper()
    assert told["text"].startswith("HC1:")


def test_the_algorithm_that_a_code_names_can_be_asked_for(desk: Path, tmp_path: Path) -> None:
    """ESP256 with a P-256 key; one that is not for the key is one line."""
    output = tmp_path / "code.txt"
    for asked, named in (((), "ES256"), (("--algorithm", "ES256"), "ES256"), (("--algorithm", "ESP256"), "ESP256")):
        assert issue(desk, "record.json", *asked, "-o", output, "--force").status == 0
        assert run(desk, "inspect", output, "--json").json["cose"]["algorithm"] == named
        assert verify(desk, output).status == 0
    assert_one_line(issue(desk, "record.json", "--algorithm", "PS256"), 2, "issue.algorithm")


@pytest.mark.parametrize(("doses", "tests", "least"), [(1, 0, 1), (20, 60, 27)])
def test_the_advised_width_keeps_modules_readable(
    desk: Path, tmp_path: Path, doses: int, tests: int, least: int
) -> None:
    """Modules have 0.33 mm or more, whatever the code holds."""
    file = tmp_path / "record.json"
    file.write_text(json.dumps(citizen.to_dict(citizen_record(doses, tests))), encoding="utf-8")
    told = issue(desk, file, "-o", tmp_path / "code.svg").stderr
    found = re.search(r"version (\d+)-Q.* print it ([\d.]+) mm wide", told)
    assert found is not None, told
    version, width = int(found[1]), float(found[2])
    assert version >= least
    assert width / (17 + 4 * version) >= 0.33


def test_the_text_is_printed_and_nothing_else(desk: Path) -> None:
    """Without a line end, which would be no part of the code; - reads it, and as an argument it works too."""
    text = text_of(desk)
    assert text.startswith("HC1:")
    assert text == text.strip()
    assert verify(desk, "-", given=text).status == 0
    assert verify(desk, text).status == 0


def test_a_locked_key_opens_with_its_password(desk: Path) -> None:
    """The password comes from a file, not from the command line that everybody sees."""
    assert issue(desk, "--password-file", "password", "record.json", "--key", "locked.pem").status == 0


def test_an_id_number_in_the_open_part_is_not_signed(desk: Path) -> None:
    """There is no member for it outside of what is sealed."""
    assert_one_line(issue(desk, "open.json"), 1, "open.json: record.unknown_member: person.id_number is ")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        pytest.param(("missing.json",), 2, "missing.json: No such file", id="missing file"),
        pytest.param(("",), 2, "the argument is empty", id="empty argument"),
        pytest.param(("empty",), 2, "empty: expected JSON, the file is empty", id="empty file"),
        pytest.param(("twice.json",), 2, 'twice.json: this is not JSON that can be used: the member "ver"', id="twice"),
        pytest.param(
            ("broken.json",), 2, "broken.json: this is not JSON that can be used: line 2, column 9", id="JSON"
        ),
        pytest.param(("infinite.json",), 2, "Infinity is not a JSON number", id="infinity"),
        pytest.param(("trust/dsc.der",), 2, "trust/dsc.der: expected JSON", id="a certificate for a record"),
        pytest.param(("deep.json",), 2, "nested too deeply", id="deep"),
        pytest.param(("long.json",), 2, "too many digits", id="long number"),
        pytest.param(("list.json",), 1, "list.json: record.schema", id="an array"),
        pytest.param(
            ("record.json", "--key", "empty"), 2, "empty: expected a private key, this is an empty", id="no key"
        ),
        pytest.param(
            ("record.json", "--key", "trust/dsc.der"),
            2,
            "trust/dsc.der: expected a private key, this is a certificate",
            id="certificate for a key",
        ),
        pytest.param(
            ("record.json", "--certificate", "k.pem"),
            2,
            "k.pem: expected a certificate, this is a private key",
            id="key for a certificate",
        ),
        pytest.param(
            ("citizen.json", "--seal", "k.pem", "secret.json"),
            2,
            "k.pem: expected a public key, this is a private key",
            id="private key of a reader",
        ),
        pytest.param(
            ("citizen.json", "--seal", "trust/dsc.der", "secret.json"),
            2,
            "trust/dsc.der: expected a public key, this is a certificate",
            id="certificate of a reader",
        ),
        pytest.param(
            ("record.json", "--key", "locked.pem"), 2, "locked.pem: the private key is encrypted", id="no password"
        ),
        pytest.param(
            ("record.json", "--key", "locked.pem", "--password-file", "wrong"), 2, "does not open", id="wrong password"
        ),
        pytest.param(("record.json", "--certificate", "other.der"), 2, "k.pem: key.mismatch", id="another key"),
        pytest.param(
            ("record.json", "--key", "expired.pem", "--certificate", "expired.der"),
            2,
            "expired.der: this certificate expired on 20",
            id="expired certificate",
        ),
        pytest.param(
            ("record.json", "--key", "ca.pem", "--certificate", "ca.der"),
            2,
            "ca.der: this is the certificate of an authority (CA)",
            id="certificate of an authority",
        ),
        pytest.param(("record.json", "--country", "Vietnam"), 2, "a country as two capital", id="country in words"),
        pytest.param(("record.json", "--country", "XX"), 2, "issue.country", id="country XX"),
        pytest.param(("record.json", "--valid-days", "0"), 2, "a number of days above 0", id="no days"),
        pytest.param(("record.json", "--valid-days", "abc"), 2, "a number of days above 0", id="days in words"),
        pytest.param(("record.json", "--valid-days", "9999999999999"), 2, "at most 36500", id="too many days"),
        pytest.param(("record.json", "--valid-days", "900"), 2, "issue.outlives_key", id="outlives its key"),
        pytest.param(
            ("record.json", "-o", "code.gif"), 2, "code.gif: expected a name that ends in", id="output of another kind"
        ),
        pytest.param(("record.json", "--lang", "fr"), 2, "'--lang': expected en or vi.", id="French"),
        pytest.param(
            ("citizen.json", *("--seal", "clinic.pub", "secret.json") * 2),
            2,
            "this reader is named already",
            id="sealed twice",
        ),
        pytest.param(("record.json", "-o", "no/such/folder/code.svg"), 2, "No such file", id="no folder"),
    ],
)
def test_wrong_inputs_are_one_line(desk: Path, arguments: tuple[str, ...], status: int, words: str) -> None:
    """Each mistake has its line and its status; a record that cannot be issued is told from unusable input."""
    assert_one_line(issue(desk, *arguments), status, words)


def test_usage_errors_are_one_line(desk: Path) -> None:
    """Click would print the usage before them."""
    done = run(desk, "issue", "record.json")
    assert_one_line(done, 2, "Missing option '--key'. See 'hcert issue --help'.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vaccinatons": []}, 'Did you mean "vaccinations"?'),
        ({"person": {"family_name": "A", "birthdate": "1990"}}, 'Did you mean "birth_date"?'),
        ({"person": {"family_name": "A", "sex": "F"}}, "person.sex: expected 1, 2 or 9"),
        ({"person": {"family_name": "A", "birth_date": "17/05/1990"}}, "person.birth_date: expected YYYY-MM-DD"),
        ({"vaccinations": [{"date": "12/01/2026"}]}, "vaccinations[0].date: expected a day as YYYY-MM-DD"),
        ({"tests": [{"sampled_at": "12/01/2026"}]}, "tests[0].sampled_at: expected a time with an offset"),
        ({"vaccinations": {}}, "vaccinations: "),
        ({"vaccinations": [{"dose_number": "two"}]}, "vaccinations[0].dose_number: expected a whole number"),
    ],
)
def test_a_wrong_member_of_a_citizen_record_is_explained(
    desk: Path, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    """And never with what was given, which may be about a person."""
    members = json.loads((desk / "citizen.json").read_text("utf-8"))
    for name in ("vaccinations", "tests"):
        if name in change and isinstance(change[name], list):
            change = change | {name: [members[name][0] | entry for entry in change[name]]}  # type: ignore[attr-defined]
    file = tmp_path / "record.json"
    file.write_text(json.dumps(members | change), encoding="utf-8")
    done = issue(desk, file)
    assert done.status == 1
    assert words in done.stderr
    assert f"hcert: {file}: record." in done.stderr
    assert not any(value in done.stderr for value in ("12/01", "17/05", "two", '"F"'))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nam": {"fnt": "A"}, "dbo": "1990"}, "dob: it is missing"),
        ({"dob": "17/05/1990"}, "dob: expected YYYY-MM-DD"),
        ({"v": [{"dt": "12/01/2026"}]}, "v[0].dt: expected a day as YYYY-MM-DD"),
        ({"v": [{"dn": "2"}]}, "v[0].dn: expected a whole number"),
    ],
)
def test_a_wrong_member_of_an_eu_dcc_is_explained(
    desk: Path, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    """By its path on the wire."""
    payload = json.loads((desk / "record.json").read_text("utf-8"))
    if isinstance(change.get("v"), list):
        change = change | {"v": [payload["v"][0] | change["v"][0]]}  # type: ignore[index]
    if "dbo" in change:
        del payload["dob"]
    file = tmp_path / "record.json"
    file.write_text(json.dumps(payload | change), encoding="utf-8")
    done = issue(desk, file)
    assert done.status == 1
    assert words in done.stderr
    assert "12/01" not in done.stderr


@pytest.mark.parametrize("name", ["record.json", "k.pem", "trust/dsc.der", "password", "secret.json", "clinic.pub"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_output_never_overwrites_an_input(desk: Path, name: str, force: tuple[str, ...]) -> None:
    """Whatever the order was; the file stays as it was."""
    before = (desk / name).read_bytes()
    sealing = ("--seal", "clinic.pub", "secret.json", "--password-file", "password")
    done = issue(desk, "record.json", *sealing, "-o", name, *force)
    assert_one_line(done, 2, f"{name}: ")
    assert (desk / name).read_bytes() == before


@pytest.mark.parametrize("name", ["clinic.key", "clinic.pub", "other.der"])
def test_an_output_never_overwrites_a_key(desk: Path, tmp_path: Path, name: str) -> None:
    """Not even one that the command did not read, and not by force."""
    before = (desk / name).read_bytes()
    key = tmp_path / "key.txt"
    key.write_bytes(before)
    assert_one_line(issue(desk, "record.json", "-o", key, "--force"), 2, "the output is a ")
    assert key.read_bytes() == before


def test_only_force_overwrites_a_file(desk: Path, tmp_path: Path) -> None:
    """And a link to an input is that input."""
    file = tmp_path / "code.txt"
    file.write_text("precious")
    assert_one_line(
        issue(desk, "record.json", "-o", file), 2, f"{file}: the file exists; name another one, or add --force"
    )
    assert file.read_text() == "precious"
    assert issue(desk, "record.json", "-o", file, "--force").status == 0
    assert file.read_text().startswith("HC1:")
    assert [path.name for path in tmp_path.iterdir()] == ["code.txt"]
    link = tmp_path / "link.txt"
    link.symlink_to(desk / "record.json")
    assert_one_line(issue(desk, "record.json", "-o", link, "--force"), 2, "the output is one of the inputs")
