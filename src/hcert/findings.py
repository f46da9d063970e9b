"""Findings: the reasons in verdicts and errors, each with a stable code, a severity and a message.

Verdicts and errors both have findings, so a program handles the same codes in both. The catalog of all codes is
`data/findings.json`, with the messages in every language. Two rules hold for messages: they say what to do, and they
contain no person, birth date, identifier or text of a code, only positions, counts, limits, times of the container and
names of fields.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from hcert.fragments import in_language
from hcert.package_data import read_data_file

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FINDINGS: Final = 200  # of a verdict; nobody reads more
MAX_SHORT: Final = 28  # characters of a short message: one line in large letters on a small screen
POLICY_GRAVITY: Final = 7  # of the findings of policies, and of findings that are not in the catalog

Severity = Literal["error", "warning"]
Details: TypeAlias = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason.

    Attributes:
        code: stable identifier `stage.reason`; programs should compare this and nothing else.
        severity: `error` refuses a certificate, `warning` does not.
        message: one or two English sentences for people, without personal data; may change between releases.
        record: the place of the entry concerned, such as `vaccinations[0]`; None for the whole certificate.
        details: values in the message, by name; `hcert.words` writes the message in other languages.
    """

    code: str
    severity: Severity
    message: str
    record: str | None = None
    details: Details = field(default=(), repr=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> str:
            """Compose the message when it is first read: a hostile record causes hundreds that nobody reads."""
            if name != "message":
                raise AttributeError(name)
            message = catalog()[self.code]["en"].format_map(in_language(self.details, "en"))
            object.__setattr__(self, name, message)
            return message

    @property
    def excludes_entry(self) -> bool:
        """Whether it excludes a single entry; the rest of the record is unaffected."""
        return self.code.startswith("entry.") or self.code == "revocation.entry"

    def without_place(self) -> Finding:
        """Return the same finding about the whole certificate."""
        return replace(self, record=None)


def gravity(found: Finding) -> int:
    """Return how grave an error is; 1 is the gravest (docs/reference/findings.md)."""
    row = catalog().get(found.code)
    return POLICY_GRAVITY if row is None else int(row.get("gravity", POLICY_GRAVITY))


def short(found: Finding, *, language: str) -> str:
    """Return a message of at most `MAX_SHORT` characters; if the code is not in the catalog, the message cut off."""
    row, details = catalog().get(found.code), in_language(found.details, language)
    try:
        words = found.message if row is None else str(row["short"][language].format_map(details))
    except (LookupError, ValueError):  # a program's own finding, under a code of the catalog but with other details
        words = found.message
    return words if len(words) <= MAX_SHORT else words[: MAX_SHORT - 1].rstrip() + "…"


def finding(code: str, /, *, record: str | None = None, **details: Any) -> Finding:
    """Return the finding `code` of the catalog, with `details` for the placeholders in its message."""
    return finding_at(record, code, tuple(details.items()))


def finding_at(record: str | None, code: str, details: Details) -> Finding:
    """Return the finding `code` about an entry; faster than `finding`, for rules that may have hundreds of findings."""
    made = object.__new__(Finding)
    _set_code(made, code)
    _set_severity(made, _severities()[code])
    _set_record(made, record)
    _set_details(made, details)
    return made


@cache
def _severities() -> dict[str, Severity]:
    return {code: row["severity"] for code, row in catalog().items()}


# Findings are frozen, so their slots are set directly, in half the time of `object.__setattr__`.
_set_code, _set_severity, _set_record, _set_details = (
    vars(Finding)[name].__set__ for name in ("code", "severity", "record", "details")
)


def limit_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return at most `MAX_FINDINGS` findings, in their order. If there are more, the last one says how many.

    Warnings are dropped first, so that no number of warnings can hide an error. A `record.more_findings` that is
    dropped counts as the findings it stands for.
    """
    found = tuple(findings)
    if len(found) <= MAX_FINDINGS:
        return found
    maximum = MAX_FINDINGS - 1
    errors = min(maximum, sum(one.severity == "error" for one in found))
    room = {"error": errors, "warning": maximum - errors}
    kept: list[Finding] = []
    dropped = 0
    for one in found:
        if room[one.severity]:
            room[one.severity] -= 1
            kept.append(one)
        else:
            dropped += dict(one.details)["count"] if one.code == "record.more_findings" else 1
    return (*kept, finding("record.more_findings", count=dropped))


@cache
def catalog() -> dict[str, dict[str, Any]]:
    """Load the catalog: for each code the severity, the gravity of errors, and long and short messages by language.

    It is loaded with the first finding; an honest certificate has none.
    """
    rows: dict[str, dict[str, Any]] = json.loads(read_data_file(__package__, "findings.json"))
    return rows
