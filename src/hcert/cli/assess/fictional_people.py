"""People who do not exist and what is certified of them, derived from a seed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hcert.cli.assess.fictional_keys import derive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

T = TypeVar("T")

_FAMILIES: Final = (
    ("Nguyễn", "NGUYEN"), ("Trần", "TRAN"), ("Lê", "LE"), ("Phạm", "PHAM"), ("Hoàng", "HOANG"), ("Vũ", "VU"),
    ("Đặng", "DANG"), ("Bùi", "BUI"), ("Đỗ", "DO"), ("Hồ", "HO"), ("Ngô", "NGO"), ("Dương", "DUONG"), ("Lý", "LY"),
)  # fmt: skip
_GIVEN: Final = (
    ("Thị Ánh", "THI<ANH"), ("Văn Bình", "VAN<BINH"), ("Thu Hà", "THU<HA"), ("Minh Đức", "MINH<DUC"),
    ("Hoài An", "HOAI<AN"), ("Ngọc Lan", "NGOC<LAN"), ("Quốc Huy", "QUOC<HUY"), ("Thanh Tùng", "THANH<TUNG"),
    ("Mỹ Linh", "MY<LINH"), ("Gia Bảo", "GIA<BAO"), ("Khánh Vy", "KHANH<VY"), ("Đình Phúc", "DINH<PHUC"),
    ("Xuân Mai", "XUAN<MAI"), ("Hữu Nghĩa", "HUU<NGHIA"), ("Bích Thủy", "BICH<THUY"),
)  # fmt: skip
_VACCINES: Final = (  # product, vaccine, manufacturer
    ("EU/1/20/1528", "1119349007", "ORG-100030215"),
    ("EU/1/20/1507", "1119349007", "ORG-100031184"),
    ("EU/1/21/1529", "1119305005", "ORG-100001699"),
)
_COVID_19: Final = "840539006"
_YOUNGEST: Final = 18 * 365  # days
_AGES: Final = 60 * 365


class FictionalPeople:
    """Makes EU DCC payloads, each about somebody else.

    Args:
        seed: from which the people are derived.
        at: the time of the check, before which everything happened.
    """

    def __init__(self, seed: int, at: datetime) -> None:
        self._seed, self._at = seed, at

    def vaccination(self, person: str, **changes: Any) -> dict[str, Any]:
        """Certify the last dose of a series of two."""
        product, vaccine, manufacturer = self._pick(f"{person} vaccine", _VACCINES)
        dose = {"vp": vaccine, "mp": product, "ma": manufacturer, "dn": 2, "sd": 2, "dt": self._day(person, 20, 90)}
        return self._certify(person, "v", dose | changes)

    def test(self, person: str) -> dict[str, Any]:
        """Certify a negative PCR test."""
        hours = 2 + derive(f"{self._seed} {person} hours") % 30
        sampled_at = f"{self._at - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
        test = {"tt": "LP6464-4", "nm": "RT-PCR", "sc": sampled_at, "tr": "260415000", "tc": "Bệnh viện không có thật"}
        return self._certify(person, "t", test)

    def recovery(self, person: str) -> dict[str, Any]:
        """Certify a recovery that counts."""
        begin, end = (f"{self._at + timedelta(days=days):%F}" for days in (-30, 120))
        return self._certify(person, "r", {"fr": self._day(person, 45, 20), "df": begin, "du": end})

    def identifier(self, person: str) -> str:
        """Return the identifier of a person's certificate."""
        return f"URN:UVCI:01:VN:{derive(f'{self._seed} {person} identifier') >> 128:032X}"

    def _certify(self, person: str, group: str, event: dict[str, Any]) -> dict[str, Any]:
        (family, family_latin), (given, given_latin) = (
            self._pick(f"{person} {kind}", names) for kind, names in (("family", _FAMILIES), ("given", _GIVEN))
        )
        issuer = {"tg": _COVID_19, "co": "VN", "is": "Cơ quan không có thật", "ci": self.identifier(person)}
        return {
            "ver": "1.3.3",
            "nam": {"fn": family, "fnt": family_latin, "gn": given, "gnt": given_latin},
            "dob": self._day(f"{person} birth", _YOUNGEST, _AGES),
            group: [issuer | event],
        }

    def _day(self, purpose: str, least: int, spread: int) -> str:
        """Return a day so many days ago or some more."""
        return f"{self._at - timedelta(days=least + derive(f'{self._seed} {purpose}') % spread):%F}"

    def _pick(self, purpose: str, choices: Sequence[T]) -> T:
        return choices[derive(f"{self._seed} {purpose}") % len(choices)]
