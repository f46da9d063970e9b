"""The sheets of an assessment, photographed and shown to `hcert gate` as if it were the app of somebody else."""

from __future__ import annotations

import csv
import http.client
import io
import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from support import pages
from support.command import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

DPI = 305  # of a phone held over one code, the others covered
MM = DPI / 25.4
SIDE, TOP, WIDTH, HEIGHT = 14, 12, 91, 89  # of the cells of a page, in millimetres
A_PAGE = 6
SEEN = {"authentic": "accepted", "accepted": "accepted", "refused": "refused", "hint": "refused"}


@contextmanager
def open_gate(folder: Path) -> Iterator[str]:
    """Run the gate with the lists of the sheets, under no rule; yield its address."""
    command = [
        *(sys.executable, "-m", "hcert", "gate", "--store", "store", "--updates", "kit"),
        *("--anchor", "kit/anchor.pub", "--port", "0"),
    ]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as gate:  # noqa: S603 - our own command
        assert gate.stdout is not None
        try:
            yield gate.stdout.readline().strip()
        finally:
            gate.terminate()


def show(address: str, picture: Image.Image) -> dict[str, Any]:
    """Send the gate a frame of its camera."""
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=85)
    host = urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    headers = {"X-Gate": "1", "Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}", "Content-Type": "image/jpeg"}
    try:
        connection.request("POST", "/frame", data.getvalue(), headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer


def photograph_code(sheets: bytes, number: int) -> Image.Image:
    """Photograph one code of the sheets."""
    page, cell = divmod(number - 1, A_PAGE)
    left, top = SIDE + WIDTH * (cell % 2), TOP + HEIGHT * (cell // 2)
    box = (left * MM, top * MM, (left + WIDTH) * MM, (top + HEIGHT) * MM)
    cut = pages.render(sheets, dpi=DPI, page=1 + page).crop(tuple(map(round, box)))  # type: ignore[arg-type] # four
    return pages.photograph(cut, seed=number)


@pytest.mark.slow
@pytest.mark.process
def test_the_gate_conforms_as_an_assessor_sees_it(tmp_path: Path) -> None:
    """Every code is read from its photograph, and every result is as the kit expects."""
    made = run(tmp_path, "assess", "sheets", "--seed", "1405", "-o", "kit")
    assert made.status == 0, made.stderr
    sheets = (tmp_path / "kit" / "sheets.pdf").read_bytes()
    heading, *rows = csv.reader((tmp_path / "kit" / "form.csv").read_text(encoding="utf-8-sig").splitlines())
    with open_gate(tmp_path) as address:
        answers = [show(address, photograph_code(sheets, number)) for number in range(1, len(rows) + 1)]
    states = {number: answer["state"] for number, answer in enumerate(answers, 1)}
    assert {number: state for number, state in states.items() if state not in SEEN} == {}
    assert {answer["hint"] for answer in answers} <= {None, "foreign"}  # never two codes in one photograph
    with (tmp_path / "filled.csv").open("w", encoding="utf-8", newline="") as file:
        seen = [[row[0], SEEN[answer["state"]], ""] for row, answer in zip(rows, answers, strict=True)]
        csv.writer(file).writerows([heading, *seen])
    done = run(
        tmp_path,
        *("assess", "form", "filled.csv", "--vectors", "kit/vectors.json", "--app", "hcert gate"),
        *("--app-version", "0.1.0", "--assessor", "the tests", "--html", "report.html"),
    )
    print(done.stdout)  # noqa: T201 - the report
    assert done.status == 0, done.stdout
