"""Reading JSON files that people wrote. An error names the file, line and column."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import hcert
from hcert.cli.exits import UnusableInputError
from hcert.cli.inputs import MAX_JSON, read_file
from hcert.cli.texts import Line, line

if TYPE_CHECKING:
    from pathlib import Path


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        UnusableInputError: naming file and place. A duplicate member is an error, since Python would drop one of them.
    """
    try:
        text = read_file(path, MAX_JSON).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableInputError.because("{path}: expected JSON, this is not a text in UTF-8", path=path) from None
    if not text.strip():
        raise UnusableInputError.because("{path}: expected JSON, the file is empty", path=path)
    try:
        return json.loads(text, object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        reason = line("line {line}, column {column}: {message}", **place, message=line(error.msg))
    except RecursionError:
        reason = line("it is nested too deeply")
    except ValueError as error:
        reason = error.line if isinstance(error, _JsonError) else line("a number has too many digits")
    raise UnusableInputError.because("{path}: this is not JSON that can be used: {reason}", path=path, reason=reason)


def read_value_sets(path: Path | None) -> hcert.ValueSets:
    """Read codes beyond those of the package; without a file those of the package alone.

    Raises:
        UnusableInputError: naming the file.
    """
    if path is None:
        return hcert.ValueSets.packaged()
    try:
        return hcert.ValueSets.from_json(read_file(path, MAX_JSON))
    except hcert.MalformedError as error:
        raise UnusableInputError(*((str(path), finding) for finding in error.findings)) from None


def read_rules(path: Path) -> Any:
    """Read the rules of countries: a list of rules, or nothing that can be one.

    Raises:
        UnusableInputError: naming the file.
    """
    rules = read_json(path)
    return rules if isinstance(rules, list) else {}


def eu_codes(known: hcert.ValueSets) -> dict[str, list[str]]:
    """Return the codes that rules look up, by the EU's names of the sets: all but the tables of the code registry."""
    return {name: list(value_set.codes) for name, value_set in known.sets.items() if "-" in name}


class _JsonError(ValueError):
    """JSON that Python reads and hcert refuses."""

    def __init__(self, what: Line) -> None:
        self.line = what
        super().__init__(what.template)


def _refuse_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    kept = dict(members)
    if len(kept) != len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        shown = twice if twice.isidentifier() else "name"
        raise _JsonError(line('the member "{member}" occurs twice in one object', member=shown))
    return kept


def _refuse_constant(name: str) -> Any:
    raise _JsonError(line("{name} is not a JSON number", name=name))
