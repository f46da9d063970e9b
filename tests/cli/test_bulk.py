"""`hcert bulk`: a register in, codes out, and everything that an operator asks on the way."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hcert
from conftest import PATIENCE, wait_for
from hcert import bulk
from support.bulk_jobs import outputs, texts
from support.command import ANCHORS, Done, assert_one_line, by, process, run
from support.register_rows import MARK, SPOILED, row, write_rows
from support.signers import p256, pem_of

if TYPE_CHECKING:
    from pathlib import Path

KEY = ("--key", "k.pem", "--certificate", "trust/dsc.der", "--country", "VN")
ISSUING = (*KEY, "--expires", "2027-06-01T00:00:00+07:00", "--workers", 1, "--slice-rows", 40)
BAD = {7 + place * 9: spoil for place, spoil in enumerate(SPOILED.values())}
ROWS = [BAD[number](row(number)) if number in BAD else row(number) for number in range(100)]
VALUES = (MARK, "1999-13-01", "2099", "XX")  # of bad rows

INTERRUPTIBLE = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def night(desk: Path) -> Done:
    """Issue a register of which one row in ten is bad."""
    write_rows(desk / "register.parquet", ROWS)
    return run(desk, "bulk", "issue", "register.parquet", "--job", "night", *ISSUING)


def test_a_register_becomes_codes_and_reasons(desk: Path, night: Done) -> None:
    """Status 1 says that rows were refused, and the counts say why."""
    assert (night.status, night.stderr) == (1, "")
    assert "100 of 100 rows, 3 of 3 slices" in night.lines[0]
    assert night.lines[1] == "90 issued, 10 refused, 0 committed before"
    assert "1 bulk.no_certificate_id" in night.stdout
    found = texts(bulk.Job.open(desk / "night"))
    assert [name for name, text in found.items() if text is None] == [f"row-{number}" for number in BAD]


def test_rejects_name_row_code_and_place(desk: Path, tmp_path: Path, night: Done) -> None:  # noqa: ARG001 - made it
    """As CSV, printed or written."""
    printed = run(desk, "bulk", "rejects", "night")
    rows = list(csv.DictReader(io.StringIO(printed.stdout)))
    assert [one["row_id"] for one in rows] == [f"row-{number}" for number in BAD]
    by_path = {one["path"]: one["code"] for one in rows}
    assert by_path["certificate_id"] == "record.schema"
    assert by_path["vaccinations[0].product"] == "record.unknown_code"
    assert by_path["person.family_name"] == "record.forbidden_character"
    written = run(desk, "bulk", "rejects", "night", "-o", tmp_path / "rejects.csv")
    assert (written.status, written.stdout) == (0, "")
    assert (tmp_path / "rejects.csv").read_text("utf-8") == printed.stdout


def test_no_value_of_a_row_is_in_any_report(desk: Path, night: Done) -> None:
    """Neither printed, nor in the ledger, nor in the reasons beside the codes."""
    job = bulk.Job.open(desk / "night")
    reports = [night, run(desk, "bulk", "rejects", "night"), run(desk, "bulk", "status", "night")]
    told = [one.stdout + one.stderr for one in reports]
    told += [(job.path / name).read_text("utf-8") for name in ("job.json", "ledger.jsonl")]
    told += [json.dumps(one["findings"]) for one in outputs(job)]
    for words in told:
        assert not [value for value in VALUES if value in words], words


def test_status_is_the_ledger_added_up(desk: Path, night: Done) -> None:
    """In words and as JSON."""
    shown = run(desk, "bulk", "status", "night")
    assert (shown.status, shown.stdout) == (1, night.stdout)
    report = run(desk, "bulk", "status", "night", "--json").json
    ledger = [json.loads(line) for line in (desk / "night" / "ledger.jsonl").read_text().splitlines()]
    for name in ("rows", "accepted", "refused", "skipped"):
        assert report[name] == sum(line[name] for line in ledger)
    assert report["complete"] is True
    assert sum(report["codes"].values()) == sum(sum(line["codes"].values()) for line in ledger)
    vietnamese = run(desk, "bulk", "status", "night", "--lang", "vi")
    assert "100/100 dòng" in vietnamese.stdout


def test_a_job_is_resumed_from_its_folder_alone(desk: Path, tmp_path: Path, night: Done) -> None:  # noqa: ARG001
    """With the times and the key it was made with, from any folder; a cut-off line is reported."""
    ledger = desk / "night" / "ledger.jsonl"
    before, lines = texts(bulk.Job.open(desk / "night")), ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(lines[0] + lines[1] + lines[2][:-5])
    done = run(tmp_path, "bulk", "resume", desk / "night", "--workers", 1)
    assert done.status == 1
    assert "ledger.jsonl" in done.stderr
    assert done.stderr.count("\n") == 1
    after = texts(bulk.Job.open(desk / "night"))
    assert list(after) == list(before)
    again = json.loads(lines[2])["slice"]
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {one["row_id"] for one in ROWS[again * 40 : again * 40 + 40]}
    issued_at = {hcert.read_unverified(text).claims.issued_at for text in after.values() if text is not None}
    assert len(issued_at) == 1
    assert run(tmp_path, "bulk", "resume", desk / "night").stderr == ""


def test_a_job_over_a_job_issues_what_is_new(desk: Path, night: Done) -> None:  # noqa: ARG001 - made it
    """What was issued is skipped; changes are revisions, and their list goes to `hcert trust revoke`."""
    rows = [row(0), row(1, revision=2), row(200)]
    write_rows(desk / "morning.parquet", rows)
    done = run(desk, "bulk", "issue", "morning.parquet", "--job", "morning", "--committed", "night", *ISSUING)
    assert done.status == 0, done
    assert "2 issued, 0 refused, 1 committed before" in done.stdout
    listed = run(desk, "bulk", "superseded", "morning", "-o", "superseded.txt", "--force")
    assert listed.status == 0
    assert (desk / "superseded.txt").read_text() == f"{rows[1]['certificate_id'].hex().upper()}=2\n"
    (desk / "bulk-anchor.pem").write_bytes(pem_of(p256()))
    revoked = run(
        desk,
        *("trust", "revoke", "--ids", "superseded.txt", "--key", "bulk-anchor.pem", "--valid-days", 30),
        *("--version", 1, "-o", "superseded.bin", "--force"),
    )
    assert revoked.status == 0, revoked
    assert "1 revoked" in revoked.stdout


def test_codes_are_audited_in_bulk(desk: Path, night: Done) -> None:  # noqa: ARG001 - made it
    """Those that were issued, one that was changed, and what never was a code."""
    issued = texts(bulk.Job.open(desk / "night"))
    good = {name: text for name, text in issued.items() if text is not None}
    names, codes = [*good, "changed", "none"], [*good.values(), next(iter(good.values()))[:-6] + "000000", "abc"]
    pq.write_table(pa.table({"row_id": names, "text": codes}), desk / "codes.parquet")
    checking = ("--workers", 1, "--slice-rows", 1000, "--job")
    done = run(desk, "bulk", "verify", "codes.parquet", "--trust", "trust/dsc.der", *checking, "audit")
    assert done.status == 1
    assert "90 accepted, 2 refused" in done.stdout
    found = list(csv.DictReader(io.StringIO(run(desk, "bulk", "rejects", "audit").stdout)))
    assert {one["row_id"] for one in found} == {"changed", "none"}
    again = run(desk, "bulk", "resume", "audit", "--json")
    assert again.json["kind"] == "verify"
    outputs_of = run(desk, "bulk", "verify", "night/slices", "--trust", "trust/dsc.der", *checking, "outputs")
    assert "90 accepted, 10 refused" in outputs_of.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("issue", "record.json", "--job", "new", *ISSUING), "bulk.input: record.json", id="not a table"),
        pytest.param(("issue", "none.parquet", "--job", "new", *ISSUING), "bulk.input: none.parquet", id="no file"),
        pytest.param(("issue", "nothing here", "--job", "new", *ISSUING), "bulk.no_input", id="nothing here"),
        pytest.param(("issue", "no ids.table", "--job", "new", *ISSUING), "bulk.schema", id="no ids"),
        pytest.param(("issue", "good.table", "--job", "trust", *ISSUING), "bulk.folder_in_use", id="folder in use"),
        pytest.param(("issue", "good.table", "--job", "k.pem", *ISSUING), "bulk.folder_in_use", id="a file"),
        pytest.param(
            ("issue", "good.table", "--job", "new", *ISSUING, "--key", "trust/dsc.der"),
            "trust/dsc.der: expected a private key",
            id="no private key",
        ),
        pytest.param(
            ("issue", "good.table", "--job", "new", *ISSUING, "--key", "locked.pem"), "--password-file", id="locked"
        ),
        pytest.param(
            ("issue", "good.table", "--job", "new", *ISSUING, "--committed", "trust"), "bulk.not_a_job", id="not a job"
        ),
        pytest.param(
            ("issue", "good.table", "--job", "new", *ISSUING, "--slice-rows", "0"), "'--slice-rows'", id="no rows"
        ),
        pytest.param(("verify", "good.table", "--job", "new"), "--trust", id="nobody is trusted"),
        pytest.param(
            ("verify", "codes.table", "--job", "new", "--trust", "trust", "--anchor", "k.pem"),
            "--anchor and --threshold belong to --store",
            id="anchors of no store",
        ),
        pytest.param(("status", "trust"), "bulk.not_a_job: trust", id="status of no job"),
        pytest.param(("resume", "none"), "bulk.not_a_job: none", id="resume no job"),
        pytest.param(("rejects", "trust"), "bulk.not_a_job: trust", id="rejects of no job"),
        pytest.param(("superseded", "trust"), "bulk.not_a_job: trust", id="superseded of no job"),
    ],
)
def test_wrong_inputs_are_one_line(desk: Path, arguments: tuple[object, ...], words: str) -> None:
    """Before anything is signed or written."""
    (desk / "nothing here").mkdir(exist_ok=True)
    write_rows(desk / "good.table", [row(0)])
    pq.write_table(pq.read_table(desk / "good.table").drop(["certificate_id"]), desk / "no ids.table")
    pq.write_table(pa.table({"row_id": ["1"], "text": ["HC1:"]}), desk / "codes.table")
    assert_one_line(run(desk, "bulk", *arguments), 2, words)
    assert not (desk / "new").exists()


def test_a_job_of_a_program_is_resumed_by_it(desk: Path) -> None:
    """The command cannot know how the program made its plan."""
    write_rows(desk / "one.parquet", [row(0)])
    key = hcert.TrustedKey.from_certificate((desk / "trust" / "dsc.der").read_bytes())
    assert key.not_after is not None
    plan = bulk.IssuePlan(
        signer=bulk.LocalKey(key=desk / "k.pem", certificate=desk / "trust" / "dsc.der"),
        kid=key.kid,
        country="VN",
        issued_at=key.not_after.replace(year=key.not_after.year - 1),
        expires_at=key.not_after,
    )
    bulk.Job.create(desk / "program", plan, [desk / "one.parquet"])
    assert_one_line(run(desk, "bulk", "resume", "program"), 2, "not made by `hcert bulk`")


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_committed(desk: Path) -> None:
    """It ends in two lines, the first of which says how to go on, and leaves no process behind."""
    write_rows(desk / "long.parquet", [row(number) for number in range(3_000)])
    arguments = ("bulk", "issue", "long.parquet", "--job", "long", *KEY, *ISSUING[len(KEY) : -1], 100)
    command = [sys.executable, "-c", INTERRUPTIBLE, sys.executable, "-m", "hcert", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=desk) as running:  # noqa: S603
        try:
            wait_for(desk / "long" / "ledger.jsonl")
            running.send_signal(signal.SIGINT)
            said = running.communicate(timeout=PATIENCE)[1].splitlines()
        finally:
            running.kill()
    assert running.returncode == 130
    assert said == [
        "hcert: what is committed stays; the rest is done by: hcert bulk resume long",
        "hcert: interrupted",
    ]
    committed = texts(bulk.Job.open(desk / "long"))
    assert 0 < len(committed) < 3_000
    assert not list((desk / "long").glob(".new-*"))
    assert run(desk, "bulk", "resume", "long").status == 0
    assert committed.items() <= texts(bulk.Job.open(desk / "long")).items()


def test_a_terminal_shows_rows_and_rate(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a file or a pipe stays quiet, as all the other tests here see."""
    write_rows(desk / "two.parquet", [row(0), row(1)])
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: self.name == "<stderr>", raising=False)
    done = run(desk, "bulk", "issue", "two.parquet", "--job", "two", *ISSUING, "--slice-rows", 1)
    assert done.status == 0
    assert "2/2" in done.stderr
    assert "a second" in done.stderr


def test_without_arrow_only_bulk_is_missing(desk: Path, tmp_path: Path) -> None:
    """And it says what to install."""
    (tmp_path / "pyarrow.py").write_text("raise ModuleNotFoundError('pyarrow', name='pyarrow')")
    path = {"PYTHONPATH": str(tmp_path)}
    status, said = process(desk, "bulk", "status", "night", environment=path)
    assert (status, said.count("\n")) == (2, 1)
    assert "pip install 'hcert[bulk]'" in said
    assert process(desk, "bulk", "--help", environment=path, stdout=subprocess.DEVNULL) == (0, "")


def test_pictures_and_sealed_parts(desk: Path) -> None:
    """What the column confidential holds is for the reader alone, and each code is drawn."""
    secret = {"id_number": "001190000123", "lot_numbers": [{"number": 1, "lot": "FF0123"}]}
    write_rows(desk / "sealed.parquet", [row(0) | {"confidential": secret}, row(1)])
    drawing = ("--picture", "png", "--error", "M")
    done = run(desk, "bulk", "issue", "sealed.parquet", "--job", "sealed", *ISSUING, "--reader", "clinic.pub", *drawing)
    assert done.status == 0, done
    first, second = outputs(bulk.Job.open(desk / "sealed"))
    assert hcert.read_picture(first["picture"]) == first["text"]
    trust = hcert.TrustList([hcert.TrustedKey.from_certificate((desk / "trust" / "dsc.der").read_bytes())])
    reader = hcert.ReaderKey.from_pem((desk / "clinic.key").read_bytes())
    sealed = hcert.Verifier(trust).verify(first["text"]).sealed
    assert sealed is not None
    assert sealed.open(reader).id_number == secret["id_number"]
    assert hcert.Verifier(trust).verify(second["text"]).sealed is None


def test_what_is_confidential_needs_a_reader(desk: Path) -> None:
    """Else it would be lost, so the job stops, and says how it goes on."""
    write_rows(desk / "open.parquet", [row(0) | {"confidential": {"id_number": "001190000123"}}])
    done = run(desk, "bulk", "issue", "open.parquet", "--job", "no reader", *ISSUING)
    assert (done.status, done.stderr.count("\n")) == (2, 2)
    assert "bulk.no_readers" in done.stderr
    assert "001190000123" not in done.stderr
    assert texts(bulk.Job.open(desk / "no reader")) == {}


def test_codes_are_audited_with_the_lists_of_a_store(office: Path, night: Done) -> None:  # noqa: ARG001 - made it
    """Revocations among them."""
    revoked = outputs(bulk.Job.open(office / "night"))[0]
    named = ("--certificate", revoked["certificate_id"].hex(), "--base", "full.bin", "--after", "empty.cose")
    done = run(office, "trust", "revoke", *named, *ANCHORS, *by(1, 2, version=3), "-o", "night.bin", "--force")
    assert done.status == 0, done
    assert run(office, "store", "update", "night store", "keys.cose", "night.bin", *ANCHORS).status == 0
    checking = ("--store", "night store", *ANCHORS, "--workers", 1, "--job")
    done = run(office, "bulk", "verify", "night/slices", *checking, "store audit")
    assert "89 accepted, 11 refused" in done.stdout, done
    assert "1 revocation.certificate" in done.stdout
    assert run(office, "bulk", "resume", "store audit").stdout == done.stdout
