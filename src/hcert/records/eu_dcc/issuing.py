"""Writing an EU DCC: stricter than reading, so that what is issued needs no leniency anywhere."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hcert.errors import IssueError
from hcert.findings import Finding, finding
from hcert.records.eu_dcc import leniencies, rules
from hcert.records.eu_dcc.record import GROUPS, EuDcc, from_wire, schema_problems, to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

# eHealth Network, "Guidelines on verifiable vaccination certificates", annex 2: alphabet A-Z 0-9 / # :
_CERTIFICATE_ID: Final = re.compile(r"URN:UVCI:01:[A-Z]{2,10}:[A-Z0-9/:]+(?:#[A-Z0-9/:])?")
# Control, format (bidi among them), surrogate, private and unassigned characters, line and paragraph separators.
_FORBIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# The generic combining marks: one that NFC leaves over belongs to no letter that fonts or matching would know. Marks of
# a script of their own (Thai, Devanagari) are letters' parts there and stay.
_STRAY_MARK: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


def encode(record: EuDcc) -> dict[str, Any]:
    """Write a record as the payload to sign.

    Raises:
        IssueError: with every rule the record breaks, each a `record.*` finding.
    """
    payload = to_wire(record)
    found = list(_findings(payload))
    if found:
        raise IssueError(*found)
    return payload


def from_payload(payload: Any) -> EuDcc:
    """Read a payload in its JSON form (`{"ver": ..., "nam": ..., "dob": ..., "v": [...]}`) as a record to issue.

    Raises:
        IssueError: with every rule the payload breaks, each a `record.*` finding.
    """
    found = list(_findings(payload))
    if found:
        raise IssueError(*found)
    return from_wire(payload)


def _findings(payload: Any) -> Iterator[Finding]:
    try:
        record = from_wire(payload)
    except msgspec.ValidationError:
        for path, words in schema_problems(payload):
            yield finding("record.schema", path=path, problem=words)
        return
    if leniencies.needed(payload):
        yield from leniencies.mend(payload)[1]
    yield from rules.findings(record)
    yield from _text_findings(payload, "")
    for group in GROUPS:
        for index, entry in enumerate(payload.get(group.wire, ())):
            if not _CERTIFICATE_ID.fullmatch(entry["ci"]):
                place = f"{group.attribute}[{index}]"
                yield finding("record.certificate_id", record=place, field=f"{group.wire}[{index}].ci")


def _text_findings(value: Any, path: str) -> Iterator[Finding]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _text_findings(member, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _text_findings(member, f"{path}[{index}]")
    elif isinstance(value, str) and not value.isascii():
        if not unicodedata.is_normalized("NFC", value):
            yield finding("record.not_nfc", field=path)
        elif _STRAY_MARK.search(value) or not _FORBIDDEN.isdisjoint(map(unicodedata.category, value)):
            yield finding("record.forbidden_character", field=path)
    elif isinstance(value, str) and not value.isprintable():
        yield finding("record.forbidden_character", field=path)
