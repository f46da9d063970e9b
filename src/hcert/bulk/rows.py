"""From a row to a record and what is to be sealed into it; and a finding as a row of the output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.errors import IssueError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records.citizen.json_form import confidential_from_dict, from_dict
from hcert.records.places import entry_of

if TYPE_CHECKING:
    from hcert.bulk.columns import Row
    from hcert.records.citizen.model import CitizenRecord
    from hcert.records.citizen.person import Confidential

_ID: Final = "certificate_id"
_TO_SEAL: Final = "confidential"
_LOTS: Final = "lot_numbers"
_NESTED: Final = frozenset({dict, list})
_NOT_MEMBERS: Final = frozenset({"row_id", _ID, _TO_SEAL})


class Prepared(NamedTuple):
    """What a row says."""

    record: CitizenRecord
    confidential: Confidential | None


def prepare(row: Row) -> Prepared:
    """Return the record of a row and what is to be sealed into it.

    Nulls are left out, so that an optional member may be null. Entries keep the numbers of the row.

    Raises:
        IssueError: `bulk.no_certificate_id`, `record.schema` or `record.unknown_member`.
    """
    if row.unreadable:
        problem = fragment("schema.value")
        raise IssueError(*(finding("record.schema", path=path, problem=problem) for path in row.unreadable))
    certificate_id = row.members.get(_ID)
    if not certificate_id:
        raise IssueError.of("bulk.no_certificate_id")
    members = {
        name: _present(value) for name, value in row.members.items() if name not in _NOT_MEMBERS and value is not None
    }
    record = from_dict({**members, _ID: certificate_id.hex()})
    secret = _present(row.members.get(_TO_SEAL))
    if not secret:
        return Prepared(record, None)
    if _LOTS in secret:
        secret[_LOTS] = [[lot.get("number"), lot.get("lot")] for lot in secret[_LOTS]]
    return Prepared(record, confidential_from_dict(secret))


def finding_row(found: Finding) -> dict[str, str | None]:
    """Return a finding as a row of the column `findings`."""
    path = _path_of(found)
    entry = found.record or (entry_of(path) if path else None)
    return {"code": found.code, "severity": found.severity, "entry": entry, "path": path, "message": found.message}


def _path_of(found: Finding) -> str | None:
    """Return the path of the member that a finding is about, such as `tests[1].result`, as far as it is known."""
    if found.code == "bulk.no_certificate_id":
        return _ID
    details = dict(found.details)
    path = details.get("path", details.get("field"))
    if not isinstance(path, str):  # words for what has no name to show
        return None
    problem = details.get("problem")
    if isinstance(problem, Fragment) and problem.code == "schema.at":
        inner = dict(problem.details)
        path, problem = path + inner["path"].removeprefix("$"), inner["reason"]
    if isinstance(problem, Fragment) and problem.code == "schema.required":
        path = f"{path}.{dict(problem.details)['field']}"
    return path


def _present(value: Any) -> Any:
    """Return a value without the members that are null."""
    if type(value) is dict:
        return {
            name: _present(member) if type(member) in _NESTED else member
            for name, member in value.items()
            if member is not None
        }
    return list(map(_present, value)) if type(value) is list else value
