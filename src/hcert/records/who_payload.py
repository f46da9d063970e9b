"""Members of the payloads that the WHO has modelled: text, sex and dates under short names, and how each is decoded.

Source: logical models of the WHO SMART Guidelines, whose types are those of FHIR R4. A date there may lack its day or
month; where a model means an event, only a whole day is read.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from hcert.codec.cbor import DateTimeText
from hcert.findings import Finding, finding, finding_at
from hcert.fragments import Fragment, fragment
from hcert.records.citizen.person import Sex
from hcert.records.partial_date import PartialDate
from hcert.records.value_sets import COUNTRY_3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.fragments import Place
    from hcert.records.value_sets import ValueSets

MAX_CHARACTERS: Final = 200  # of a text
MemberType = Literal["text", "date", "partial date", "birth date", "sex"]

# Compiled on first use: such codes are rare.
_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PARTIAL: Final = "[0-9]{4}(?:-[0-9]{2}){0,2}"
_DAY_WITH_TIME: Final = f"({_DAY})[T ].{{1,199}}"
_SEXES: Final = {"m": "male", "f": "female", "male": "male", "female": "female", "other": "other", "unknown": "unknown"}
_VIEWED_SEXES: Final = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.NOT_APPLICABLE}


class MemberSchema(NamedTuple):
    """A member of a map: its name in the payload, its attribute, its type, and whether it is required."""

    wire: str
    attribute: str
    type: MemberType = "text"
    required: bool = False


class MemberDecoder:
    """Decodes the members of one payload, and collects the findings."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    @property
    def failed(self) -> bool:
        """Whether the payload breaks its format."""
        return any(found.severity == "error" for found in self.findings)

    def decode_members(
        self, given: dict[Any, Any], members: tuple[MemberSchema, ...], path: str = ""
    ) -> dict[str, Any]:
        """Return the attributes of a map whose place begins with `path`; unknown members are passed over."""
        decoded: dict[str, Any] = {}
        for member in members:
            value = given.get(member.wire)
            if value is not None:
                decoded[member.attribute] = self._decode_value(value, member.type, path + member.wire)
            elif member.required:
                self.add_problem(path + member.wire, fragment("schema.missing"))
            elif member.wire in given:
                self.findings.append(finding("record.null_member", field=path + member.wire))
        return decoded

    def add_problem(self, path: Place, problem: Fragment) -> None:
        """Add a `record.schema`."""
        self.findings.append(finding("record.schema", path=path, problem=problem))

    def _decode_value(self, value: Any, member_type: MemberType, path: str) -> Any:
        is_date = member_type in {"date", "partial date", "birth date"}
        if not isinstance(value, str) or (isinstance(value, DateTimeText) and not is_date):
            return self.add_problem(path, fragment("schema.not_text"))
        if not 0 < len(value) <= MAX_CHARACTERS:
            return self.add_problem(path, fragment("schema.characters", most=MAX_CHARACTERS))
        if is_date:
            return self._decode_date(value, member_type, path)
        return _SEXES.get(value.lower(), value) if member_type == "sex" else value

    def _decode_date(self, value: str, member_type: MemberType, path: str) -> dt.date | PartialDate | None:
        if isinstance(value, DateTimeText):
            self.findings.append(finding("record.tagged_time", field=path))
            value = str(value)
        if with_time := re.fullmatch(_DAY_WITH_TIME, value):
            self.findings.append(finding("record.date_with_time", field=path))
            value = with_time[1]
        try:
            if member_type == "birth date":
                return PartialDate.parse(value)
            if member_type == "partial date" and re.fullmatch(_PARTIAL, value):
                return PartialDate(*map(int, value.split("-")))
            if member_type == "date" and re.fullmatch(_DAY, value):
                return dt.date.fromisoformat(value)
        except ValueError:
            pass
        self.add_problem(path, fragment("schema.date"))
        return None


def viewed_sex(sex: str | None) -> Sex | None:
    """Return the sex as views have it, None for `unknown` and words that hcert does not know."""
    return _VIEWED_SEXES.get(sex or "")


def nationality_findings(nationality: str | None, field: str, known: ValueSets) -> Iterator[Finding]:
    """Yield a warning for an unknown code: WHO allows codes beyond ISO 3166-1 alpha-3 (an extensible binding)."""
    fault = None if nationality is None else known.fault(COUNTRY_3, nationality)
    if fault is not None:
        yield finding_at(None, fault[0], (("field", field), *fault[1]))
