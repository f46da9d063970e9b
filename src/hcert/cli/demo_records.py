"""The records of `hcert demo`: a citizen who does not exist, dated so that everything is current on that day."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert import citizen, uvci

if TYPE_CHECKING:
    from datetime import datetime

_ISSUER: Final = "Bộ Y tế"
_HOSPITAL: Final = "Bệnh viện Bạch Mai"
_DOSES: Final = (("EU/1/21/1529", 500), ("EU/1/20/1528", 430), ("EU/1/20/1528", 60))  # product, days ago
_TESTS: Final = (24 * 30, 20)  # hours ago
_COVID_19: Final = "840539006"
_YELLOW_FEVER: Final = "YellowFeverProductd8a09f80301dc05e124f99ffe7711fc0"  # of the WHO's list
_PEOPLE: Final = (  # family name, given name, birth date, days since the dose; the last row cannot be issued
    ("Nguyễn", "Thị Ngọc Ánh", "1990-05-17", 60),
    ("Trần", "Văn Bình", "1984-11-02", 45),
    ("Lê", "Thu Hà", "2001-02-28", 45),
    ("Phạm", "Minh Đức", "1959", 44),
    ("Vũ", "Hoài An", "1975-08-09", -30),
)


def vaccination(now: datetime) -> dict[str, Any]:
    """Return an EU DCC with the second dose of a series."""
    return _eu_dcc(
        "v",
        {
            "vp": "1119349007",
            "mp": "EU/1/20/1528",
            "ma": "ORG-100030215",
            "dn": 2,
            "sd": 2,
            "dt": _days_ago(now, 60),
        },
    )


def test(now: datetime) -> dict[str, Any]:
    """Return an EU DCC with a negative PCR test."""
    sampled_at = (now - timedelta(hours=20)).replace(microsecond=0).isoformat()
    return _eu_dcc("t", {"tt": "LP6464-4", "sc": sampled_at, "tr": "260415000", "tc": _HOSPITAL})


def recovery(now: datetime) -> dict[str, Any]:
    """Return an EU DCC with a recovery that counts today."""
    return _eu_dcc("r", {"fr": _days_ago(now, 60), "df": _days_ago(now, 49), "du": _days_ago(now, -120)})


def icvp_payload(now: datetime) -> dict[str, Any]:
    """Return a certificate of a yellow fever vaccination, as WHO describes it since 2026."""
    return {
        "n": "Nguyễn Thị Ngọc Ánh",
        "dob": "1990-05-17",
        "s": "female",
        "nt": "VNM",
        "id": "C0000001",
        "dt": "PPN",
        "vx": {"vp": _YELLOW_FEVER, "dv": _days_ago(now, 60), "is": "VNM", "bo": "LOT-1"},
        "v": "1.0.0",
    }


def citizen_record(now: datetime) -> dict[str, Any]:
    """Return a citizen record with three doses and two tests."""
    doses = [
        {
            "number": number,
            "diseases": [citizen.COVID_19],
            "date": _days_ago(now, days),
            "dose_number": number,
            "series_doses": max(2, number),
            "product": product,
            "country": "VN",
            "issuer": _ISSUER,
        }
        for number, (product, days) in enumerate(_DOSES, 1)
    ]
    tests = [
        {
            "number": number,
            "disease": citizen.COVID_19,
            "test_type": "LP6464-4",
            "sampled_at": (now - timedelta(hours=hours)).replace(microsecond=0).isoformat(),
            "result": "260415000",
            "country": "VN",
            "issuer": _ISSUER,
            "centre": _HOSPITAL,
        }
        for number, hours in enumerate(_TESTS, len(_DOSES) + 1)
    ]
    return {
        "certificate_id": citizen.new_certificate_id().hex(),
        "person": {
            "family_name": "Nguyễn",
            "given_name": "Thị Ngọc Ánh",
            "birth_date": "1990-05-17",
            "sex": 2,
            "nationality": "VN",
        },
        "vaccinations": doses,
        "tests": tests,
    }


def confidential() -> dict[str, Any]:
    """Return what only the clinic may see."""
    return {"id_number": "001190000123", "phone": "0900000123", "lot_numbers": [[1, "ABV1234"], [2, "FF0123"]]}


def people_csv(now: datetime) -> str:
    """Return a table of people, each with one dose; that of the last is dated in the future."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["person_id", "family_name", "given_name", "birth_date", "dose_date", "dose_number", "product"])
    for number, (family_name, given_name, birth_date, days) in enumerate(_PEOPLE, 1):
        row = [f"P{number:03}", family_name, given_name, birth_date, _days_ago(now, days), 1, "EU/1/20/1528"]
        writer.writerow(row)
    return table.getvalue()


def value_sets(now: datetime) -> dict[str, Any]:
    """Return a file of codes that the package does not have yet."""
    source = {"version": "1", "date": f"{now:%F}", "source": "Ministry of Health, fictional decision"}
    product = {"name": "COVIVAC", "manufacturers": ["IVAC"], "vaccines": ["1119349007"]}
    return {
        "format": 1,
        "added": [
            {
                "name": "vaccines-covid-19-auth-holders",
                **source,
                "codes": {"IVAC": {"name": "Institute of Vaccines and Medical Biologicals"}},
            },
            {"name": "vaccines-covid-19-names", **source, "codes": {"COVIVAC": product}},
        ],
    }


def _eu_dcc(group: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return an EU DCC with one entry."""
    common = {"tg": _COVID_19, "co": "VN", "is": _ISSUER, "ci": uvci.make_opaque("VN")}
    return {
        "ver": "1.3.3",
        "nam": {"fn": "Nguyễn", "gn": "Thị Ngọc Ánh", "fnt": "NGUYEN", "gnt": "THI<NGOC<ANH"},
        "dob": "1990-05-17",
        group: [common | entry],
    }


def _days_ago(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).date().isoformat()
