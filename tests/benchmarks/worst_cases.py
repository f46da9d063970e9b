"""What the worst inputs known cost, beside an honest code: time, memory, and the ratio of times.

usage: worst_cases.py [--rounds N]

Inputs are those of `tests/attacks.py`, which anybody can show to a gate, and those that need more: the key of a trusted
signer, or a list with many keys under one kid. Rounds are paired: as many honest checks as take as long, then the
input, so that a busy neighbour slows both. Printed are the medians of processor times, and of the ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from dataclasses import replace

import cbor2

import hcert
from attacks import ATTACKS, COLLISIONS, HONEST, SIGNER, colliding_pairs, unsigned_message
from authority import NOW, document_signer, p256, rsa_key
from citizens import citizen_record
from hcert.records.citizen import wire as citizen_wire
from wire import DCC, Handmade, claims_of

if TYPE_CHECKING:
    from collections.abc import Callable


def from_anybody(verifier: hcert.Verifier) -> dict[str, Callable[[], hcert.Verdict]]:
    """Return checks of what anybody can make."""
    checks: dict[str, Callable[[], hcert.Verdict]] = {
        name: partial(verifier.check, text, at=NOW) for name, (text, _) in ATTACKS.items() if type(text) is str
    }
    tuples = [cbor2.dumps(pair) + b"\0" for pair in colliding_pairs(4600)]
    messages = {
        "header: keys that collide, small": unsigned_message(b"\xb9" + (290).to_bytes(2) + b"".join(tuples[:290])),
        "header: keys that collide, large": unsigned_message(b"\xb9" + (4600).to_bytes(2) + b"".join(tuples)),
        "header: 1 000 integers that collide": unsigned_message(cbor2.dumps(dict(list(COLLISIONS.items())[:1000]))),
        "header: 6 500 integers that collide": unsigned_message(cbor2.dumps(dict(list(COLLISIONS.items())[:6500]))),
        "header: 60 000 smallest parts": unsigned_message(b"\xa1\x01\x99\xea\x60" + bytes(60_000)),
        "header: 4 000 smallest parts": unsigned_message(b"\xa1\x01\x99\x0f\xa0" + bytes(4_000)),
        "header: 4 000 empty maps": unsigned_message(b"\xa1\x01\x99\x0f\xa0" + b"\xa0" * 4_000),
        "header: 2 000 texts of one letter": unsigned_message(b"\xa1\x01\x99\x07\xd0" + b"\x61A" * 2_000),
        "header: one text of 60 kB": unsigned_message(b"\xa1\x01\x79\xea\x60" + b"A" * 60_000),
    }
    checks |= {name: partial(verifier.check_cose, message, at=NOW) for name, message in messages.items()}
    wrong = Handmade(SIGNER).message
    checks["signature of another"] = partial(verifier.check_cose, wrong[:-1] + bytes([wrong[-1] ^ 1]), at=NOW)
    return checks


def from_signers(verifier: hcert.Verifier) -> dict[str, Callable[[], hcert.Verdict]]:
    """Return checks of what only a trusted signer can make."""
    payloads: dict[str, Any] = {
        "signer: DCC with 60 000 empty doses": {1: {**DCC, "v": [{}] * 60_000}},
        "signer: DCC with 200 doses": {1: {**DCC, "v": DCC["v"] * 200}},
        "signer: DCC with 1 000 names": {1: {**DCC, "nam": {f"name {number}": None for number in range(1000)}}},
        "signer: citizen record of 100 entries": {-1405: citizen_wire.write(citizen_record(50, 50))},
        "signer: 1 000 payloads": dict.fromkeys(range(1000), 0),
    }
    return {
        name: partial(verifier.check_cose, Handmade(SIGNER, claims=claims_of() | {-260: payload}).message, at=NOW)
        for name, payload in payloads.items()
    }


def from_lists() -> dict[str, Callable[[], hcert.Verdict]]:
    """Return checks under lists that make a verifier work."""
    many = [replace(document_signer(p256()).key, kid=SIGNER.key.kid) for _ in range(10)]
    large = replace(document_signer(rsa_key(4096)).key, kid=SIGNER.key.kid)
    lists = {
        "list: 10 keys under the kid": hcert.TrustList([*many, SIGNER.key]),
        "list: an RSA key of 4096 bits": hcert.TrustList([large, SIGNER.key]),
    }
    return {name: partial(hcert.Verifier(trust).check, HONEST, at=NOW) for name, trust in lists.items()}


def seconds(call: Callable[[], object], calls: int = 1) -> float:
    """Return the processor time that one of some calls takes."""
    start = time.thread_time()
    for _ in range(calls):
        call()
    return (time.thread_time() - start) / calls


def compare(honest: Callable[[], object], check: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the ratio of the time of a check to that of an honest one, and the time."""
    short, long = (min(seconds(call) for _ in range(5)) for call in (honest, check))
    honest_calls, calls = max(1, round(long / short)), max(1, round(short / long))
    pairs = [(seconds(honest, honest_calls), seconds(check, calls)) for _ in range(rounds)]
    return statistics.median(taken / floor for floor, taken in pairs), statistics.median(taken for _, taken in pairs)


def peak(call: Callable[[], object]) -> float:
    """Return what a call allocates at most, in KiB."""
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1] / 1024
    tracemalloc.stop()
    return most


def main() -> None:
    """Print the table, the costliest first."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    verifier = SIGNER.verifier
    honest = partial(verifier.check, HONEST, at=NOW)
    checks = from_anybody(verifier) | from_signers(verifier) | from_lists()
    rows = [(*compare(honest, check, rounds), peak(check), name) for name, check in checks.items()]
    rows.append(
        (1.0, statistics.median(seconds(honest, 20) for _ in range(rounds)), peak(honest), "an honest code (ES256)")
    )
    print(f"{'input':40} {'time':>10} {'ratio':>8} {'memory':>11}")
    for ratio, taken, memory, name in sorted(rows, reverse=True):
        print(f"{name:40} {taken * 1e6:7.0f} µs {ratio:7.1f}x {memory:7.0f} KiB")


if __name__ == "__main__":
    main()
