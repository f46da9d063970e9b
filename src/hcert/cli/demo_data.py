"""The records of `hcert demo`: a citizen who does not exist, dated so that everything is current on that day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert import citizen, uvci

if TYPE_CHECKING:
    from datetime import datetime

_ISSUER: Final = "Bộ Y tế"
_HOSPITAL: Final = "Bệnh viện Bạch Mai"
_DOSES: Final = (("EU/1/21/1529", 500), ("EU/1/20/1528", 430), ("EU/1/20/1528", 60))  # product, days ago
_TESTS: Final = (24 * 30, 20)  # hours ago


def eu_dcc_payload(now: datetime) -> dict[str, Any]:
    """Return an EU DCC with the second dose."""
    return {
        "ver": "1.3.3",
        "nam": {"fn": "Nguyễn", "gn": "Thị Ngọc Ánh", "fnt": "NGUYEN", "gnt": "THI<NGOC<ANH"},
        "dob": "1990-05-17",
        "v": [
            {
                "tg": "840539006",
                "vp": "1119349007",
                "mp": "EU/1/20/1528",
                "ma": "ORG-100030215",
                "dn": 2,
                "sd": 2,
                "dt": _days_ago(now, 60),
                "co": "VN",
                "is": _ISSUER,
                "ci": uvci.make_opaque("VN"),
            }
        ],
    }


def citizen_members(now: datetime) -> dict[str, Any]:
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


def confidential_members() -> dict[str, Any]:
    """Return what only the clinic may see."""
    return {"id_number": "001190000123", "phone": "0900000123", "lot_numbers": [[1, "ABV1234"], [2, "FF0123"]]}


def _days_ago(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).date().isoformat()
