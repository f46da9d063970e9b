"""Encoding a European Vaccination Card."""

from __future__ import annotations

import re
from typing import Any

from hcert.errors import IssueError
from hcert.findings import finding
from hcert.fragments import fragment
from hcert.records import life
from hcert.records.clvr import rules
from hcert.records.clvr.decode import decode
from hcert.records.clvr.model import NUVA_CODE, Dose, VaccinationCard
from hcert.records.signable import change_findings, refusals, type_findings


def encode(record: VaccinationCard) -> dict[str, Any]:
    """Encode a record as the payload to sign.

    Raises:
        IssueError: with a finding `record.*` for every rule that the record breaks.
    """
    found = type_findings(record)
    if found:
        raise IssueError(*found)
    found = [
        *rules.text_faults(record),
        *(
            finding("record.schema", path=f"doses[{index}].vaccine", problem=fragment("clvr.nuva"))
            for index, dose in enumerate(record.doses)
            if not re.fullmatch(NUVA_CODE, dose.vaccine)
        ),
        *life.findings(record, rules.LIFE),
    ]
    if found:
        raise IssueError(*found)
    payload = {
        "ver": record.schema_version,
        "nam": {"fnt": record.family_name, "gnt": record.given_name},
        "dob": record.birth_date.isoformat(),
        "v": [_encode_dose(dose, record) for dose in record.doses],
    }
    read_back, found = decode(payload)
    found = refusals(found)
    if read_back is not None and not found:
        found = change_findings(record, read_back)
    if found:
        raise IssueError(*found)
    return payload


def _encode_dose(dose: Dose, card: VaccinationCard) -> dict[str, Any]:
    return {
        "reg": dose.registry,
        "rep": dose.repository,
        "i": dose.index,
        "a": (dose.date - card.birth_date).days,
        "mp": int(dose.vaccine.removeprefix("VAC")),
    }
