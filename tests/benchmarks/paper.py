"""What a page costs: milliseconds a sheet, card and picture, and a sheet of a book.

usage: paper.py [--rounds N]

Printed is the least of several rounds, in processor time, which a busy neighbour changes least. Each round prints
another code, since typst remembers what it has set. The first page of a process is timed by itself.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import hcert
from hcert import paper
from support.citizen_records import citizen_record
from support.signers import EXPIRY, NOW, document_signer, p256

BOOK = 200
FEW = 4  # doses


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    rounds: int = parser.parse_args().rounds
    signer = document_signer(p256())
    trust = hcert.TrustList([signer.key])
    issuer = hcert.Issuer(signer.signer, country="VN")
    for doses, tests in ((FEW, 3), (10, 30)):
        record = citizen_record(doses, tests)
        for draw in (paper.sheet, paper.card, paper.picture):
            spent = []
            for _ in range(rounds + 1):
                text = issuer.issue(record, issued_at=NOW, expires_at=EXPIRY).text
                start = time.process_time()
                size = len(draw(text, trust=trust, at=NOW)) // 1000
                spent.append((time.process_time() - start) * 1000)
            if draw is paper.sheet and doses == FEW:
                print(f"first page of the process: {spent[0]:.0f} ms")
            print(f"{draw.__name__} of {doses} doses and {tests} tests: {min(spent[1:]):.0f} ms, {size} kB")
    record = citizen_record(FEW, 3)
    texts = [issuer.issue(record, issued_at=NOW, expires_at=EXPIRY).text for _ in range(BOOK)]
    start = time.process_time()
    paper.book(texts, trust=trust, at=NOW)
    total = (time.process_time() - start) * 1000
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"a sheet in a book of {BOOK}: {total / BOOK:.0f} ms; {memory} MB at most")


if __name__ == "__main__":
    main()
