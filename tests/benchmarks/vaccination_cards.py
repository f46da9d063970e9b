"""How large a vaccination card is, beside a citizen record of the same doses.

usage: vaccination_cards.py

Both hold one person with the same doses of registered NUVA codes, at level M, signed with ES256. A citizen record adds
what a card has no place for: diseases, country and number of each dose, and the identifiers under which it can be
revoked.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import hcert
from hcert import clvr
from hcert.records.citizen import code_registry
from support.signers import EXPIRY, NOW, document_signer, p256

BORN = dt.date(1961, 5, 17)
NUVA = [code for code in code_registry.codes("products") if code.startswith("VAC")]
COUNTS = (1, 10, 40, 100)


def card_of(count: int) -> hcert.VaccinationCard:
    """Return a card with so many doses, the vaccines in turn, every half year from the birth on."""
    doses = [
        clvr.Dose(
            date=BORN + dt.timedelta(days=61 + 217 * number + number % 7),
            vaccine=NUVA[number * 7 % len(NUVA)],
            registry="VNM",
            repository=36,
            index=1000 + number * 37 % 9000,
        )
        for number in range(count)
    ]
    return hcert.VaccinationCard(family_name="Nguyễn", given_name="Thị Ngọc Ánh", birth_date=BORN, doses=tuple(doses))


def main() -> None:
    """Print characters and QR versions."""
    issuer = hcert.Issuer(document_signer(p256()).signer, country="VN")
    print(f"{'doses':>5} {'card':>12} {'citizen record':>18}")
    for count in COUNTS:
        card = card_of(count)
        record, _ = clvr.to_citizen(card, certificate_id=bytes(range(16)))
        sizes = [issuer.predict(one, issued_at=NOW, expires_at=EXPIRY) for one in (card, record)]
        shown = [f"{size.characters} v{size.version(error='M') or '-'}-M" for size in sizes]
        print(f"{count:5} {shown[0]:>12} {shown[1]:>18}")


if __name__ == "__main__":
    main()
