"""Rules of countries at the command line: sealed by a publisher, reviewed, carried to a device, judged by there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.command import ANCHORS, assert_one_line, by, gate, run, trust, verify
from support.country_rules import FAILS, rule

if TYPE_CHECKING:
    from pathlib import Path

LONG = {"ValidFrom": "2020-01-01T00:00:00Z", "ValidTo": "2090-01-01T00:00:00Z"}


@pytest.fixture
def rules(office: Path, tmp_path: Path) -> Path:
    """A folder of the office's files with one rule that fails and a value set."""
    for path in office.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "rules.json").write_text(
        json.dumps([rule(logic=FAILS, **LONG), rule("GR-MT-0001", Country="MT", **LONG)])
    )
    (tmp_path / "met.json").write_text(json.dumps([rule(**LONG)]))
    sets = [
        {
            "name": "country-2-codes",
            "version": "1",
            "date": "2026-11-28",
            "source": "WHO",
            "codes": {"WHO": {"name": "WHO"}},
        }
    ]
    (tmp_path / "sets.json").write_text(json.dumps({"format": 1, "added": sets}))
    return tmp_path


def sealed(folder: Path, source: str, output: str, *more: object, version: int = 1) -> Path:
    """Seal rules with both anchors."""
    done = trust(folder, "seal", "--rules", source, *by(1, 2, version=version), "-o", output, *more)
    assert done.status == 0, done.stderr
    return folder / output


def test_rules_go_from_the_publisher_to_the_gate(rules: Path) -> None:
    """Sealed, signed by another, shown, put into a store, judged by; a newer list replaces them."""
    done = trust(rules, "seal", "--rules", "rules.json", *by(1), "-o", "one.cose")
    assert (done.status, "2 rules, version 1" in done.stdout) == (0, True)
    assert trust(rules, "show", "one.cose", *ANCHORS).status == 1
    assert trust(rules, "sign", "one.cose", "--key", "anchor2.pem", "-o", "rules.cose").status == 0
    shown = trust(rules, "show", "rules.cose", *ANCHORS, "--lang", "vi")
    assert shown.status == 0
    assert "GR-MT-0001 1.0.0 MT Acceptance General" in shown.stdout
    assert shown.stdout.count("Phải đúng.") == 2
    taken = run(rules, "store", "update", "device", "rules.cose", "keys.cose", "full.bin", *ANCHORS)
    assert (taken.status, taken.lines[0]) == (0, "rules.cose: rule list, version 1")
    held = run(rules, "store", "show", "device", *ANCHORS)
    assert (held.status, held.lines[2].startswith("rule list: 2 rules, version 1")) == (0, True)
    refused = run(rules, "store", "verify", "device", "dcc.txt", *ANCHORS, "--country", "VN", "--lang", "vi")
    assert (refused.status, "GR-VN-0001: Phải đúng." in refused.stdout) == (1, True)
    assert run(rules, "store", "verify", "device", "dcc.txt", *ANCHORS, "--country", "MT").status == 0
    assert run(rules, "store", "verify", "device", "dcc.txt", *ANCHORS).status == 0
    sealed(rules, "met.json", "next.cose", version=2)
    assert run(rules, "store", "update", "device", "next.cose", *ANCHORS).status == 0
    told = run(rules, "store", "verify", "device", "dcc.txt", *ANCHORS, "--country", "VN", "--json")
    assert (told.status, told.json["lists"]["rules"]["expires_at"][:2]) == (0, "20")
    assert run(rules, "store", "update", "device", "rules.cose", *ANCHORS).status == 1


def test_signed_rules_are_judged_by_without_a_store(rules: Path) -> None:
    """Under pinned keys, and with the value sets that they carry."""
    sealed(rules, "rules.json", "rules.cose", "--value-sets", "sets.json")
    told = trust(rules, "show", "rules.cose", *ANCHORS, "--json").json
    assert [one["identifier"] for one in told["rules"]] == ["GR-VN-0001", "GR-MT-0001"]
    assert "WHO" in told["value_sets"]["country-2-codes"]
    assert set(told["value_sets"]) >= {"vaccines-covid-19-names", "disease-agent-targeted"}
    more = ("--revocations", "full.bin", "--rules", "rules.cose", "--country")
    assert gate(rules, "dcc.txt", *more, "VN") == (1, ["policy.rule_failed"])
    assert gate(rules, "dcc.txt", *more, "MT") == (0, [])
    assert gate(rules, "dcc.txt", *more, "FR") == (1, ["policy.no_rules"])


def test_signed_rules_need_the_keys_that_signed_them(rules: Path) -> None:
    """As every list does."""
    sealed(rules, "rules.json", "rules.cose")
    assert_one_line(verify(rules, "--rules", "rules.cose", "--country", "VN", "dcc.txt"), 2, "--anchor")
    wrong = ("--anchor", "clinic.pub")
    done = run(rules, "verify", "--trust", "trust", "--rules", "rules.cose", "--country", "VN", *wrong, "dcc.txt")
    assert done.status == 2
    more = (*ANCHORS, "--revocations", "full.bin", "--country", "VN", "dcc.txt")
    assert_one_line(run(rules, "verify", "--trust", "keys.cose", "--rules", "keys.cose", *more), 2, "hcert-rules")


def test_a_store_without_rules_judges_by_none(rules: Path) -> None:
    """It says so, and takes a file instead."""
    assert run(rules, "store", "update", "device", "keys.cose", "full.bin", *ANCHORS).status == 0
    assert len(run(rules, "store", "show", "device", *ANCHORS).lines) == 2
    asked = ("store", "verify", "device", "dcc.txt", *ANCHORS)
    assert_one_line(run(rules, *asked, "--country", "VN"), 2, "rule list")
    assert run(rules, *asked, "--country", "VN", "--rules", "met.json").status == 0
    assert_one_line(run(rules, *asked, "--rules", "met.json"), 2, "--country")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rules", "rules.json", "trust/dsc.der"], "FILES"),
        (["--rules", "rules.json", "--reader", "clinic.pub"], "--reader"),
        (["--rules", "rules.json", "--country", "VN"], "--country"),
        (["--rules", "rules.json", "--allow", "ca"], "--allow"),
        (["--rules", "rules.json", "--next-anchor", "anchor1.pub"], "--next-anchor"),
        (["--rules", "rules.json", "--next-threshold", 1], "--next-threshold"),
        (["--rules", "list.json"], "list.json"),
        (["--rules", "number.json"], "number.json"),
        (["--rules", "broken.json"], "broken.json"),
        (["--rules", "k.pem"], "k.pem"),
        (["--rules", "rules.json", "--value-sets", "rules.json"], "rules.json"),
        (["--value-sets", "sets.json", "trust/dsc.der"], "--rules"),
        ([], "--rules"),
    ],
)
def test_a_slip_in_sealing_rules_writes_nothing(rules: Path, options: list[object], words: str) -> None:
    """One line that names what is wrong."""
    assert_one_line(trust(rules, "seal", *options, *by(1, 2), "-o", "out.cose"), 2, words)
    assert not (rules / "out.cose").exists()


def test_sealing_never_overwrites_the_rules(rules: Path) -> None:
    """Not even with --force."""
    done = trust(rules, "seal", "--rules", "rules.json", *by(1), "-o", "rules.json", "--force")
    assert_one_line(done, 2, "rules.json")
    assert json.loads((rules / "rules.json").read_text())
