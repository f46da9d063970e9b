"""An authority that does not exist, and people with codes of whom a gate must say the right thing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import hcert
from hcert import citizen
from support import command
from support.citizen_records import citizen_person, dose, sampled
from support.raw_messages import text_of

if TYPE_CHECKING:
    from pathlib import Path

PINS: Final = ("--anchor", "anchor1.pub", "--anchor", "anchor2.pub")
FOREIGN: Final = "https://pay.example/vietqr?to=0011001234567&amount=50000&message=ca%20phe"
LONGEST: Final = 80  # characters of a name
DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who shows a code, and what a gate that demands a series must say.

    Attributes:
        text: of the code.
        state: of the card.
        name: on the card; empty where there is none to trust.
    """

    text: str
    state: str
    name: str


@dataclass(frozen=True)
class Authority:
    """The folder that `hcert demo` made, and codes signed with its keys."""

    folder: Path
    now: dt.datetime

    @classmethod
    def make(cls, folder: Path) -> Authority:
        """Make everything anew, dated today."""
        done = command.run(folder.parent, "demo", folder.name)
        assert done.status == 0, done.stderr
        return cls(folder, dt.datetime.now(dt.UTC).replace(microsecond=0))

    def issue(self, record: hcert.CitizenRecord) -> str:
        """Return the text of a code for a record."""
        return self._certificate(record).text

    def holders(self) -> dict[str, Holder]:
        """Return the six whom a gate meets: five with codes of the authority or nearly so, one who wants to pay."""
        good = self._certificate(self.person("Trần", "Văn Bình", doses=4, tests=3))
        return {
            "good": Holder(good.text, "accepted", "Trần Văn Bình"),
            "large": Holder(self.issue(self.person("Lê", "Thu Hà", doses=10, tests=30)), "accepted", "Lê Thu Hà"),
            "too old": Holder(
                self.issue(self.person("Phạm", "Minh Đức", doses=2, tests=0, days_ago=400)), "refused", "Phạm Minh Đức"
            ),
            "revoked": Holder((self.folder / "revoked.txt").read_text().strip(), "refused", "Nguyễn Thị Ngọc Ánh"),
            "forged": Holder(text_of(good.cose[:-1] + bytes([good.cose[-1] ^ 1])), "refused", ""),
            "foreign": Holder(FOREIGN, "hint", ""),
        }

    def person(self, family: str, given: str, *, doses: int, tests: int, days_ago: int = 60) -> hcert.CitizenRecord:
        """Return the record of a person whose last dose was so long ago, and whose last test was in the morning."""
        last = (self.now - days_ago * DAY).date()
        vaccinations = tuple(
            dose(number, date=last - (doses - number) * 90 * DAY, issuer="Bộ Y tế") for number in range(1, doses + 1)
        )
        tested = tuple(
            sampled(doses + number, sampled_at=self.now - (tests - number) * 3 * DAY - dt.timedelta(hours=6))
            for number in range(1, tests + 1)
        )
        named = citizen_person(family_name=family, given_name=given, birth_date=citizen.PartialDate(1975, 8, 9))
        return hcert.CitizenRecord(
            certificate_id=citizen.new_certificate_id(), person=named, vaccinations=vaccinations, tests=tested
        )

    def longest(self, *, days_ago: int = 60) -> hcert.CitizenRecord:
        """Return the record of the person with the longest names that can be certified."""
        family = ("Nguyễn Phước Công Tằng Tôn Nữ " * 3)[:LONGEST].strip()
        given = ("Thị Hoàng Khánh Phương Nguyệt Ánh " * 3)[:LONGEST].strip()
        return self.person(family, given, doses=10, tests=30, days_ago=days_ago)

    def fill_store(self, name: str, *, expired_for: dt.timedelta) -> None:
        """Fill a store with lists of the same key that have expired since; nothing is revoked."""
        key = hcert.TrustedKey.from_certificate((self.folder / "dsc.pem").read_bytes())
        signers = [self._anchor(number) for number in (1, 2)]
        span: dict[str, Any] = {"issued_at": self.now - 60 * DAY, "expires_at": self.now - expired_for}
        store = hcert.TrustStore(self.folder / name, anchors=[signer.key for signer in signers])
        for made in (hcert.TrustList([key]), hcert.RevocationList()):
            store.update(made.seal(signers, version=1, **span), at=self.now - 50 * DAY)

    def _certificate(self, record: hcert.CitizenRecord) -> hcert.Certificate:
        signer = hcert.LocalSigner.from_pem(
            (self.folder / "dsc.key").read_bytes(), certificate=(self.folder / "dsc.pem").read_bytes()
        )
        return hcert.Issuer(signer, country="VN").issue(record, expires_at=self.now + 365 * DAY)

    def _anchor(self, number: int) -> hcert.LocalSigner:
        public = hcert.TrustedKey.from_public_key((self.folder / f"anchor{number}.pub").read_bytes())
        return hcert.LocalSigner.from_pem((self.folder / f"anchor{number}.key").read_bytes(), certificate=public)
