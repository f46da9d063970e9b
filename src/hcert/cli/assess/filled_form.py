"""Reading the form that an assessor filled in: a table with a number, what was seen, and a remark in each row."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcert.cli.exits import UnusableInputError
from hcert.cli.inputs import MAX_JSON, read_file
from hcert.cli.texts import LANGUAGES, Line, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hcert import words

COLUMNS: Final = ("number", "seen", "remark")
ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
UNSUPPORTED: Final = "unsupported"
CRASHED: Final = "crashed"
SEEN: Final = (ACCEPTED, REFUSED, UNSUPPORTED, CRASHED)
_MAX_QUOTED: Final = 40  # characters of a cell
_MAX_NAMED: Final = 10  # numbers in a message


@dataclass(frozen=True, slots=True)
class Row:
    """What an app did with one code.

    Attributes:
        seen: one of `SEEN`.
        remark: of the assessor, perhaps empty.
    """

    seen: str
    remark: str

    @property
    def answer(self) -> dict[str, Any]:
        """The row as the answer of a program."""
        if self.seen == CRASHED:
            return {"failure": line("it crashed or stopped responding")}
        if self.seen == UNSUPPORTED:
            return {"unsupported": self.remark or "-"}
        return {"accepted": self.seen == ACCEPTED}


def write_form(count: int, language: words.Language) -> bytes:
    """Return an empty form for a spreadsheet: CSV, of which the mark at its start tells the encoding."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow([line(column).in_language(language) for column in COLUMNS])
    writer.writerows([number, "", ""] for number in range(1, count + 1))
    return table.getvalue().encode("utf-8-sig")


def read_form(path: Path, count: int) -> list[Row]:
    """Read a form, in the order of its numbers; in either language, separated by commas, semicolons or tabs.

    Args:
        path: of the form.
        count: of vectors, each of which must have been seen.

    Raises:
        UnusableInputError: naming the row at fault, or the numbers that are missing.
    """
    data = read_file(path, MAX_JSON)
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableInputError.because("{path}: save the form as CSV in UTF-8", path=path) from None
    known = {_normalise(line(word).in_language(language)): word for word in SEEN for language in LANGUAGES}
    found: dict[int, Row] = {}
    for at, (number, seen, remark) in _split(path, text):
        problem: Line | None = None
        if not (number.isascii() and number.isdigit() and len(number) < _MAX_NAMED and 1 <= int(number) <= count):
            problem = line(
                "expected a number from 1 to {count}, not {number}", count=count, number=number[:_MAX_QUOTED]
            )
        elif seen and _normalise(seen) not in known:
            names = {f"word{place}": line(word) for place, word in enumerate(SEEN, 1)}
            problem = line(
                "expected {word1}, {word2}, {word3} or {word4}, not {seen}", **names, seen=seen[:_MAX_QUOTED]
            )
        elif seen and int(number) in found:
            problem = line("number {number} occurs twice", number=number)
        if problem is not None:
            raise UnusableInputError.because("{path}, line {line}: {problem}", path=path, line=at, problem=problem)
        if seen:
            found[int(number)] = Row(known[_normalise(seen)], remark)
    missing = [number for number in range(1, count + 1) if number not in found]
    if missing:
        raise UnusableInputError.because(
            "{path}: {count} numbers have no result: {numbers}",
            path=path,
            count=len(missing),
            numbers=", ".join(map(str, missing[:_MAX_NAMED])) + (", …" if len(missing) > _MAX_NAMED else ""),
        )
    return [found[number] for number in range(1, count + 1)]


def _split(path: Path, text: str) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """Yield the rows below the heading, with the numbers of their lines."""
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1):
            cells = [cell.strip() for cell in row]
            if number > 1 and any(cells):
                first, second, third, *_ = (*cells, "", "", "")
                yield number, (first, second, third)
    except csv.Error:
        raise UnusableInputError.because("{path}: save the form as CSV in UTF-8", path=path) from None


def _normalise(word: str) -> str:
    return unicodedata.normalize("NFC", word).strip().casefold()
