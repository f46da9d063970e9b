"""What the worst inputs known cost, beside an honest code: time, memory, and the ratio of times.

usage: worst_cases.py [--rounds N] [--codes N] [--only verdicts|others|memory]

Inputs are those of `tests/support/hostile_inputs.py`, which anybody can show to a gate, and those that need more: the
key of a trusted signer, or a list with many keys under one kid. Rounds are paired: as many honest checks as take as
long, then the input, so that a busy neighbour slows both. Printed are the medians of processor times, and of the
ratios. Two more tables: calls that are no verdicts (merging, importing), and the memory kept after many different
hostile codes.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
import tracemalloc
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs

import hcert
from hcert import citizen, eu_dcc, lists, names
from support.hostile_inputs import ATTACKS, COLLISIONS, HONEST, SIGNER, colliding_pairs, unsigned_message
from support.hostile_records import BEYOND, WITHIN
from support.jwks import jwk_of, key_set
from support.raw_messages import CARD, DCC, Handmade, card_claims_of, card_text_of, claims_of
from support.signers import NOW, document_signer, p256, rsa_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


CARD_DOSE: dict[str, Any] = CARD["v"][0]
CARDS: dict[str, list[Any]] = {
    "60 000 empty doses": [{}] * 60_000,
    "100 doses without anything": [{}] * 100,
    "100 doses of one day in the future": [CARD_DOSE | {"a": 30_000}] * 100,
    "100 doses beyond the calendar": [CARD_DOSE | {"a": 2**62}] * 100,
}


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
    kid = Handmade(SIGNER, protected={1: -7, 4: "A" * 60_000}).message
    checks["header: a kid of 60 000 characters"] = partial(verifier.check_cose, kid, at=NOW)
    checks["signature of another"] = partial(verifier.check_cose, wrong[:-1] + bytes([wrong[-1] ^ 1]), at=NOW)
    return checks


def from_signers(verifier: hcert.Verifier) -> dict[str, Callable[[], hcert.Verdict]]:
    """Return checks of what only a trusted signer can make."""
    payloads: dict[str, Any] = {
        "signer: DCC with 60 000 empty doses": {1: {**DCC, "v": [{}] * 60_000}},
        "signer: DCC with 200 doses": {1: {**DCC, "v": DCC["v"] * 200}},
        "signer: DCC with 1 000 names": {1: {**DCC, "nam": {f"name {number}": None for number in range(1000)}}},
        "signer: 1 000 payloads": dict.fromkeys(range(1000), 0),
    }
    payloads |= {f"signer: {name}": payload() for name, payload in (BEYOND | WITHIN).items()}
    claims = {name: claims_of() | {-260: payload} for name, payload in payloads.items()}
    claims["signer: 60 other claims numbered by text"] = {
        str(key): value for key, value in (dict.fromkeys(range(100, 160), 0) | claims_of()).items()
    }
    checks: dict[str, Callable[[], hcert.Verdict]] = {
        name: partial(verifier.check_cose, Handmade(SIGNER, claims=given).message, at=NOW)
        for name, given in claims.items()
    }
    for name, doses in CARDS.items():
        message = Handmade(SIGNER, claims=card_claims_of(CARD | {"v": doses})).message
        checks[f"signer: card with {name}"] = partial(verifier.check, card_text_of(message), at=NOW)
    return checks


def from_lists() -> dict[str, Callable[[], hcert.Verdict]]:
    """Return checks under lists that make a verifier work."""
    many = [replace(document_signer(p256()).key, kid=SIGNER.key.kid) for _ in range(10)]
    large = replace(document_signer(rsa_key(4096)).key, kid=SIGNER.key.kid)
    lists = {
        "list: 10 keys under the kid": hcert.TrustList([*many, SIGNER.key]),
        "list: an RSA key of 4096 bits": hcert.TrustList([large, SIGNER.key]),
    }
    return {name: partial(hcert.Verifier(trust).check, HONEST, at=NOW) for name, trust in lists.items()}


def of_other_calls() -> dict[str, Callable[[], object]]:
    """Return calls that no verdict makes: what a service merges or reads, and what is imported before it is signed."""
    code = Handmade(SIGNER).text
    certificate = SIGNER.verifier.verify(code, at=NOW)
    many = [
        structs.replace(
            certificate, record=eu_dcc.from_payload({**DCC, "v": [DCC["v"][0] | {"dt": f"2025-{month:02}-{day:02}"}]})
        )
        for month in range(1, 11)
        for day in range(1, 11)
    ]
    own_id = citizen.new_certificate_id()
    calls: dict[str, Callable[[], object]] = {
        "merge: 400 copies of one code": lambda: citizen.merge([certificate] * 400, certificate_id=own_id),
        "merge: 100 copies of one code": lambda: citizen.merge([certificate] * 100, certificate_id=own_id),
        "merge: 100 different codes": lambda: citizen.merge(many, certificate_id=own_id),
        "merge: 25 different codes": lambda: citizen.merge(many[::4], certificate_id=own_id),
        "from_payload: a version of 800 digits": lambda: eu_dcc.from_payload({**DCC, "ver": "1" * 800 + "x"}),
        "from_payload: 60 000 members": lambda: eu_dcc.from_payload({**DCC, **{f"m{i}": i for i in range(60_000)}}),
        "names.marks_differ: 20 000 marks": lambda: names.marks_differ("a" + "\u0323\u0301" * 10_000, "b\u0301"),
    }
    for size in (4, 8, 16):
        empty = b"[" + b'"",' * (size * 349_000 - 1) + b'""]'
        calls[f"import_gateway: {size} MB of empty texts"] = partial(lists.import_gateway, empty)
    keys = [jwk_of(ec.derive_private_key(number, ec.SECP256R1())) for number in range(1, 1001)]
    copies = key_set(*(key | {"kid": f"{copy}/{number}"} for copy in range(75) for number, key in enumerate(keys)))
    calls[f"import_jwks: {len(copies) >> 20} MB, 75 000 keys"] = partial(
        lists.import_jwks, copies, owner="VN", usages={hcert.Usage.VACCINATION}, at=NOW
    )
    return calls


def outcome(call: Callable[[], object]) -> str:
    """Return the code with which a call refuses, or that it did not."""
    try:
        call()
    except hcert.HcertError as error:
        return error.code
    return "done"


def measure_others() -> None:
    """Print seconds and memory of the other calls."""
    print(f"\n{'other calls':45} {'time':>10} {'memory':>11}")
    for name, call in of_other_calls().items():
        taken = seconds(partial(outcome, call))
        print(f"{name:45} {taken:8.3f} s {peak(partial(outcome, call)) / 1024:7.1f} MiB  {outcome(call)}")


def memory_kept(codes: int) -> None:
    """Print how much more memory the process has after many different hostile codes than after a few."""
    verifier = SIGNER.verifier
    for title, payloads in (("beyond the bounds", BEYOND), ("within the bounds", WITHIN)):
        for message in different_messages(payloads, 200):
            verifier.check_cose(message, at=NOW)
        before = resident()
        for message in different_messages(payloads, codes):
            verifier.check_cose(message, at=NOW)
        print(f"{codes} different codes {title}: resident {before:.1f} MiB before, {resident():.1f} MiB after")


def different_messages(payloads: dict[str, Callable[[], dict[int, Any]]], count: int) -> Iterator[bytes]:
    """Yield messages of which no two are alike."""
    for payload in itertools.islice(itertools.cycle(payloads.values()), count):
        yield Handmade(SIGNER, claims=claims_of() | {-260: payload()}).message


def resident() -> float:
    """Return the resident size of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


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
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--codes", type=int, default=10_000, help="hostile codes for the measurement of memory")
    parser.add_argument("--only", choices=["verdicts", "others", "memory"], help="one of the three tables")
    options = parser.parse_args()
    if options.only in {None, "verdicts"}:
        measure_verdicts(options.rounds)
    if options.only in {None, "others"}:
        measure_others()
    if options.only in {None, "memory"}:
        memory_kept(options.codes)


def measure_verdicts(rounds: int) -> None:
    """Print the table of verdicts, the costliest first."""
    verifier = SIGNER.verifier
    honest = partial(verifier.check, HONEST, at=NOW)
    checks = from_anybody(verifier) | from_signers(verifier) | from_lists()
    rows = [(*compare(honest, check, rounds), peak(check), name) for name, check in checks.items()]
    rows.append(
        (1.0, statistics.median(seconds(honest, 20) for _ in range(rounds)), peak(honest), "an honest code (ES256)")
    )
    print(f"{'input':62} {'time':>10} {'ratio':>8} {'memory':>11}")
    for ratio, taken, memory, name in sorted(rows, reverse=True):
        print(f"{name:62} {taken * 1e6:7.0f} µs {ratio:7.1f}x {memory:7.0f} KiB")


if __name__ == "__main__":
    main()
