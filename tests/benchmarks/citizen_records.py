"""Size and speed of citizen records, beside the EU DCC with one dose.

usage: citizen_records.py [--rounds N]

Sizes are exact. Times are 10 % quantiles of single calls, as in speed.py, and ratios stand against the bare
`cryptography` call on the same bytes within the same run; nothing is asserted, since times belong to machines.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from cryptography.hazmat.primitives.asymmetric import x25519

import hcert
from hcert import citizen
from hcert.keys.usage import OPEN_ONLY
from speed import QUANTILE, bare_sign, bare_verify, low_quantile, time_calls
from support.citizen_records import citizen_record
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256, spki_of, vaccination_record

MIXES = ((1, 0), (1, 1), (4, 3), (8, 8), (10, 30))  # vaccinations and tests


def measure(title: str, signer: DocumentSigner, record: hcert.CitizenRecord | hcert.EuDcc, rounds: int) -> None:
    """Print one row."""
    issuer, verifier = hcert.Issuer(signer.signer, country="VN"), signer.verifier
    code = issuer.issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert verifier.check(code.text, at=NOW).accepted
    versions = [code.qr(error=level).version for level in ("Q", "M")]
    calls = (
        bare_verify(signer, code),
        lambda: verifier.check(code.text, at=NOW),
        bare_sign(signer, code),
        lambda: issuer.issue(record, issued_at=NOW, expires_at=EXPIRY),
    )
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for times, call in zip(taken, calls, strict=True):
            times.extend(time_calls(call))
    bare_verify_time, verify, bare_sign_time, issue = map(low_quantile, taken)
    print(
        f"{title:22} {len(code.text):6} {versions[0]:5} {versions[1]:5} "
        f"{issue:9.0f} µs {issue / bare_sign_time:5.1f}x {verify:9.0f} µs {verify / bare_verify_time:5.2f}x"
    )


def sealed_overhead(signer: DocumentSigner) -> None:
    """Print what a sealed ID number costs."""
    issuer, record = hcert.Issuer(signer.signer, country="VN"), citizen_record()
    plain = issuer.predict(record, issued_at=NOW, expires_at=EXPIRY).characters
    for name, private_key in (("X25519", x25519.X25519PrivateKey.generate()), ("P-256", p256())):
        reader = hcert.TrustedKey.from_public_key(spki_of(private_key), usages=OPEN_ONLY)
        content = {reader: citizen.Confidential(id_number="001190000123")}
        size = issuer.predict(record, issued_at=NOW, expires_at=EXPIRY, confidential=content)
        print(f"4+3 with a sealed ID number, one group of readers ({name}): {size.characters - plain} characters more")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="paired rounds (default: 15)")
    rounds = parser.parse_args().rounds
    signer = document_signer(p256())
    print(f"Python {sys.version.split()[0]}, ES256, {rounds} blocks, {QUANTILE:.0%} quantiles")
    print(f"{'vaccinations + tests':22} {'chars':>6} {'QR-Q':>5} {'QR-M':>5} {'sign':>12} {'':>6} {'verify':>12}")
    measure("EU DCC, one dose", signer, vaccination_record(), rounds)
    for vaccinations, tests in MIXES:
        measure(f"{vaccinations} + {tests}", signer, citizen_record(vaccinations, tests), rounds)
    sealed_overhead(signer)


if __name__ == "__main__":
    main()
