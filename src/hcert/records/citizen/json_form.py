"""The JSON form of a citizen record: its attributes by name, for input and display. It is never signed.

Days are `YYYY-MM-DD`, moments RFC 3339 with an offset, birth dates may be partial, sex is 1, 2 or 9 (ISO/IEC 5218), and
the certificate id is hexadecimal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from hcert.errors import IssueError
from hcert.fragments import Fragment, fragment
from hcert.records.citizen.model import (
    GROUPS,
    VERSION,
    CitizenRecord,
    Recovery,
    Test,
    Vaccination,
    new_certificate_id,
)
from hcert.records.citizen.person import Confidential, Person
from hcert.records.partial_date import PartialDate
from hcert.records.places import RECORD, member_place
from hcert.records.schema_words import schema_fragment

if TYPE_CHECKING:
    from hcert.fragments import Place

_ENTRIES: Final = {"vaccinations": Vaccination, "tests": Test, "recoveries": Recovery}
_MEMBERS: Final = {"certificate_id", "revision", "last_number", "person", *GROUPS}
_ONLY_READ: Final = "unrecognised"


def from_dict(members: Any) -> CitizenRecord:
    """Return the record of a JSON form.

    Without `certificate_id` the record gets a new one, and entries without `number` are numbered in their order.

    Raises:
        IssueError: `record.schema`, naming path and constraint, or `record.unknown_member`.
    """
    if not isinstance(members, dict):
        raise _schema_error(RECORD, fragment("schema.object"))
    _refuse_unknown(members, _MEMBERS, "")
    certificate_id = members.get("certificate_id")
    revision = members.get("revision", 1)
    groups: dict[str, Any] = {}
    given = [entry["number"] for entry in _entries_of(members) if "number" in entry]
    if certificate_id is not None and len(given) < len(_entries_of(members)):
        raise _schema_error(RECORD, fragment("schema.numbers_given"))
    number = max((value for value in given if type(value) is int), default=0)
    for name, kind in _ENTRIES.items():
        entries = members.get(name, [])
        if not isinstance(entries, list):
            raise _schema_error(name, fragment("schema.array"))
        made = []
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and "number" not in entry:
                number += 1
                made.append(_convert({"number": number, **entry}, kind, f"{name}[{index}]"))
            else:
                made.append(_convert(entry, kind, f"{name}[{index}]"))
        groups[name] = tuple(made)
    return CitizenRecord(
        certificate_id=new_certificate_id() if certificate_id is None else _parse_certificate_id(certificate_id),
        revision=_convert(revision, int, "revision"),
        last_number=_convert(members.get("last_number", 0), int, "last_number"),
        person=_convert(members.get("person"), Person, "person"),
        **groups,
    )


def confidential_from_dict(members: Any) -> Confidential:
    """Return the content to seal of a JSON form.

    Raises:
        IssueError: as `from_dict`.
    """
    made: Confidential = _convert(members, Confidential, "confidential")
    return made


def to_dict(record: CitizenRecord) -> dict[str, Any]:
    """Return the JSON form of a record.

    For display it adds the kids of the readers of a sealed part, and for a newer version of the format the version and
    its added members in Base64. `from_dict` refuses these, since it would lose them.
    """
    written = {name: getattr(record, name) for name in ("revision", "person", *GROUPS, "unrecognised")}
    members = {
        "certificate_id": record.certificate_id.hex(),
        **_drop_absent(msgspec.to_builtins(written, enc_hook=str)),
    }
    if record.version != VERSION:
        members["version"] = list(record.version)
    if record.last_number:
        members["last_number"] = record.last_number
    if record.sealed is not None:
        members["sealed_for"] = [part.kid.hex() for part in record.sealed.parts]
    return members


def _entries_of(members: dict[str, Any]) -> list[dict[Any, Any]]:
    groups = (members.get(name) for name in _ENTRIES)
    return [entry for group in groups if isinstance(group, list) for entry in group if isinstance(entry, dict)]


def _convert(value: Any, kind: Any, path: str) -> Any:
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        _refuse_unknown(value, {*kind.__struct_fields__} - {_ONLY_READ}, path)
    try:
        return msgspec.convert(value, kind, dec_hook=_decode_partial_date)
    except (msgspec.ValidationError, ValueError) as error:
        problem = schema_fragment(error)
    raise _schema_error(path, problem)  # outside `except`, so that no chained exception quotes a value


def _refuse_unknown(members: dict[Any, Any], known: set[str], path: str) -> None:
    unknown = [name for name in members if name not in known]
    if unknown:
        raise IssueError.of("record.unknown_member", field=member_place(path, unknown[0]))


def _parse_certificate_id(value: Any) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise _schema_error("certificate_id", fragment("schema.hexadecimal")) from None


def _decode_partial_date(kind: type, value: Any) -> Any:
    if kind is PartialDate and isinstance(value, str):
        return PartialDate.parse(value)
    raise ValueError(fragment("schema.any_text"))


def _drop_absent(value: Any) -> Any:
    """Leave out None, empty arrays, and the empty text of an unknown birth date."""
    if isinstance(value, dict):
        return {name: _drop_absent(member) for name, member in value.items() if member not in (None, "", (), [])}
    return [_drop_absent(member) for member in value] if isinstance(value, list | tuple) else value


def _schema_error(path: Place, problem: Fragment) -> IssueError:
    return IssueError.of("record.schema", path=path, problem=problem)
