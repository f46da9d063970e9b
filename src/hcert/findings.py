"""Every reason hcert gives, with its stable code, its severity and its words.

A reason is a `Finding`. Verdicts collect findings and errors carry them, so that a program has one vocabulary to act on
whichever way it meets a problem. The catalog of all codes is the data file `data/findings.json`, with the words in
every language side by side. Two rules hold for the words: they say what to do, and they name no person, birth date,
identifier or text of a code; only positions, counts, limits, times of the container and names of fields.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from hcert.package_data import read_data_file

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FINDINGS: Final = 200  # of a verdict: more than anybody reads
MAX_SHORT: Final = 28  # characters of a short reason: one line of a small screen in large letters
POLICY_GRAVITY: Final = 7  # of what a policy says, and of findings under codes of somebody's own

Severity = Literal["error", "warning"]
Details: TypeAlias = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason found.

    Attributes:
        code: stable identifier `stage.reason`; programs compare this and nothing else.
        severity: `error` refuses, `warning` does not.
        message: one or two English sentences for a person; free of personal data; may change between releases.
        record: the entry it concerns, such as `vaccinations[0]`; None where it concerns the whole certificate.
        details: what the message was filled in with, by name; `hcert.words` says the same in other languages.
    """

    code: str
    severity: Severity
    message: str
    record: str | None = None
    details: Details = field(default=(), repr=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> str:
            """Fill in the message when it is first read: a hostile record causes hundreds that nobody reads."""
            if name != "message":
                raise AttributeError(name)
            message = catalog()[self.code]["en"].format_map(dict(self.details))
            object.__setattr__(self, name, message)
            return message

    @property
    def takes_entry_out(self) -> bool:
        """Whether it takes one entry out of the verdict and leaves the rest of the record as it was."""
        return self.code.startswith("entry.") or self.code == "revocation.entry"

    def without_place(self) -> Finding:
        """Return the finding as one about the whole certificate."""
        return replace(self, record=None)


def gravity(found: Finding) -> int:
    """Return how grave an error is, 1 for the gravest (docs/reference/findings.md)."""
    row = catalog().get(found.code)
    return POLICY_GRAVITY if row is None else int(row.get("gravity", POLICY_GRAVITY))


def short(found: Finding, *, language: str) -> str:
    """Return a finding in at most `MAX_SHORT` characters; one under a code of somebody's own by its message."""
    row = catalog().get(found.code)
    try:
        words = found.message if row is None else str(row["short"][language].format_map(dict(found.details)))
    except (LookupError, ValueError):  # somebody's own finding under a code of the catalog
        words = found.message
    return words if len(words) <= MAX_SHORT else words[: MAX_SHORT - 1].rstrip() + "…"


def finding(code: str, /, *, record: str | None = None, **details: Any) -> Finding:
    """Make the finding `code` of the catalog, its words to be filled in with `details`."""
    return finding_at(record, code, tuple(details.items()))


def finding_at(record: str | None, code: str, details: Details) -> Finding:
    """Make the finding `code` for an entry; for rules that may find hundreds, since all they share is made once."""
    made = object.__new__(Finding)
    _set_code(made, code)
    _set_severity(made, catalog()[code]["severity"])
    _set_record(made, record)
    _set_details(made, details)
    return made


# The slots themselves, since findings are frozen for all others: half the time of `object.__setattr__`.
_set_code, _set_severity, _set_record, _set_details = (
    vars(Finding)[name].__set__ for name in ("code", "severity", "record", "details")
)


def bounded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in their order, at most `MAX_FINDINGS`; where there are more, the last says how many.

    Errors are kept before warnings, so that no number of warnings hides a reason to refuse.
    """
    found = tuple(findings)
    if len(found) <= MAX_FINDINGS:
        return found
    most = MAX_FINDINGS - 1
    errors = min(most, sum(one.severity == "error" for one in found))
    room = {"error": errors, "warning": most - errors}
    kept: list[Finding] = []
    for one in found:
        if room[one.severity]:
            room[one.severity] -= 1
            kept.append(one)
    return (*kept, finding("record.more_findings", count=len(found) - len(kept)))


@cache
def catalog() -> dict[str, dict[str, Any]]:
    """Load the catalog: by code the severity, the gravity of errors, the words and the short words by language.

    Read when the first reason is given; an honest certificate needs none of it.
    """
    rows: dict[str, dict[str, Any]] = json.loads(read_data_file(__package__, "findings.json"))
    return rows
