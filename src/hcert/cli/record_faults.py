"""What is wrong with a record in a JSON file: which member, and what is expected there."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from enum import Enum
from typing import Any, Final, get_args, get_type_hints

import msgspec

import hcert
from hcert import citizen, eu_dcc
from hcert.cli.texts import Line, line
from hcert.fragments import Fragment

_PARTS: Final[dict[str, tuple[type[msgspec.Struct], ...]]] = {
    "person": (citizen.Person,),
    "vaccinations": (citizen.Vaccination,),
    "tests": (citizen.Test,),
    "recoveries": (citizen.Recovery,),
    "confidential": (citizen.Confidential,),
    "nam": (eu_dcc.Person,),
    "v": (eu_dcc.Vaccination,),
    "t": (eu_dcc.Test,),
    "r": (eu_dcc.Recovery,),
}
_ONLY_READ: Final = "unrecognised"
_EXPECTED: Final = (  # for types that JSON does not have; subclasses before their bases
    (citizen.PartialDate, "YYYY-MM-DD, YYYY-MM or YYYY, of the years 1900 to 2099"),
    (dt.datetime, "a time with an offset, such as 2026-06-01T08:00:00+07:00"),
    (dt.date, "a day as YYYY-MM-DD"),
)


def explain(finding: hcert.Finding) -> Line | None:
    """Explain a finding: to an unknown member the nearest known one, to a value what is expected instead.

    Returns:
        None for a finding that needs no explanation.
    """
    details = dict(finding.details)
    if finding.code == "record.unknown_member":
        path = details.get("field", "")
        if not isinstance(path, str):  # a name that is not shown
            return None
        near = difflib.get_close_matches(path.rpartition(".")[2], _find_members(path), 1)
        template = '{path} is not a member of the schema. Did you mean "{near}"?'
        return line(template, path=path, near=near[0]) if near else None
    if finding.code == "record.schema":
        path, problem = _locate(details.get("path", ""), details.get("problem"))
        if isinstance(problem, Fragment) and problem.code in {"schema.missing", "schema.required"}:
            return line("{path}: it is missing", path=_join_path(path, problem))
        kind = _find_type(path) if isinstance(path, str) else None
        return line("{path}: {fault}", path=path, fault=_describe_type(kind) or problem)
    return None


def _find_members(path: str) -> set[str]:
    """Return the names of the members beside one, by its path."""
    parts = _PARTS.get(_group_of(path), ()) if "." in path else ()
    found = {field.encode_name for part in parts for field in msgspec.structs.fields(part)} - {_ONLY_READ}
    return found or {"certificate_id", "revision", "last_number", "ver", "dob", *_PARTS}


def _find_type(path: str) -> Any:
    """Return the type of the member at a path; None if there is no such member."""
    group, _, name = path.partition(".")
    if not name:
        return citizen.PartialDate if path == "dob" else None
    for part in _PARTS.get(_group_of(group), ()):
        for field in msgspec.structs.fields(part):
            if field.encode_name == name:
                return get_type_hints(part)[field.name]
    return None


def _group_of(path: str) -> str:
    return re.split(r"[.\[]", path)[0]


def _describe_type(kind: Any) -> Line | None:
    """Return what a type expects, if the words of the library do not say it."""
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and issubclass(one, Enum):
            *others, last = [str(member.value) for member in one]
            return line("expected {others} or {last}", others=", ".join(others), last=last)
        for known, words in _EXPECTED:
            if one is known:
                return line("expected {what}", what=line(words))
    return None


def _locate(path: Any, problem: Any) -> tuple[Any, Any]:
    """Return the path of the member itself, and what is wrong with it."""
    if isinstance(problem, Fragment) and problem.code == "schema.at":
        details = dict(problem.details)
        return f"{path}{details['path'].removeprefix('$')}", details["reason"]
    return path, problem


def _join_path(path: Any, problem: Fragment) -> Any:
    return ".".join([path, *(field for _, field in problem.details)]) if problem.details else path
