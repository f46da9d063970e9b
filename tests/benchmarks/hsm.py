"""What signing with a key in a token costs: signatures and issued codes a second, with SoftHSM for a token.

usage: hsm.py [--rounds N]

SoftHSM is software, so this is what Python costs and not what an HSM does. Bare python-pkcs11 and a key in memory sign
in the same rounds. Printed are medians of the processor time, which a busy neighbour changes least; rates of processes
are by the clock.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent / "examples"))

import pkcs11

import hcert
from support import softhsm
from support.citizen_records import citizen_record
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256, rsa_key

if TYPE_CHECKING:
    from collections.abc import Callable

BARE: Final[dict[str, dict[str, Any]]] = {
    "ES256": {"mechanism": pkcs11.Mechanism.ECDSA},
    "PS256": {
        "mechanism": pkcs11.Mechanism.RSA_PKCS_PSS,
        "mechanism_param": (pkcs11.Mechanism.SHA256, pkcs11.MGF.SHA256, 32),
    },
}
CALLS: Final = {"ES256": 400, "PS256": 60}  # a round
DATA: Final = bytes(400)  # as long as a usual Sig_structure


def seconds(call: Callable[[], Any], calls: int) -> float:
    """Return the seconds of processor time that one of many calls takes."""
    start = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - start) / calls


def issuing(signer: hcert.Signer) -> Callable[[], Any]:
    """Return what issues one citizen's code of 4 doses and 3 tests."""
    issuer, record = hcert.Issuer(signer, country="VN"), citizen_record(4, 3)
    return lambda: issuer.issue(record, issued_at=NOW, expires_at=EXPIRY)


class Bare:
    """The least that signs with python-pkcs11: no lock, no check, nothing tried again."""

    def __init__(self, key: hcert.TrustedKey, sign: Callable[[bytes], bytes]) -> None:
        self.key = key
        self.sign = sign


def one_process(hsm: softhsm.SoftHsm, local: DocumentSigner, algorithm: str, rounds: int) -> None:
    """Print what a signature and a code cost by each way."""
    signer = hcert.Pkcs11Signer.from_uri(hsm.uri(f"object={algorithm}"))
    memory = local.signer
    session = pkcs11.lib(hsm.module).get_token(token_label=softhsm.LABEL).open()
    key: Any = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label=algorithm)
    bare = Bare(local.key, lambda data: key.sign(hashlib.sha256(data).digest(), **BARE[algorithm]))
    ways: dict[str, Callable[[], Any]] = {
        "bare": lambda: bare.sign(DATA),
        "signer": lambda: signer.sign(DATA),
        "memory": lambda: memory.sign(DATA),
        "issue": issuing(signer),
        "issue bare": issuing(bare),
        "issue in memory": issuing(memory),
    }
    for call in ways.values():
        call()
    times = {way: [0.0] * rounds for way in ways}
    for number in range(rounds):
        for way, call in ways.items():
            times[way][number] = seconds(call, CALLS[algorithm]) * 1e6
    middle = {way: statistics.median(taken) for way, taken in times.items()}
    rows = zip(times["issue"], times["issue in memory"], times["bare"], times["memory"], strict=True)
    ratio = statistics.median(token / (memory + bare - local) for token, memory, bare, local in rows)
    print(f"{algorithm}, microseconds (a second)")
    for way, taken in middle.items():
        print(f"  {way:16} {taken:8.1f} ({1e6 / taken:6.0f})")
    print(f"  a signature against a bare one: {middle['signer'] / middle['bare']:.2f}x")
    print(f"  a code against one by a bare signature: {middle['issue'] / middle['issue bare']:.2f}x")
    print(f"  a code against one in memory and the difference of the bare signatures: {ratio:.2f}x (≤ 1.15)")


def work(signer: hcert.Signer, count: int) -> float:
    """Issue codes in a worker, and return how many seconds it took once the key was open."""
    issue = issuing(signer)
    start = time.perf_counter()
    for _ in range(count):
        issue()
    return time.perf_counter() - start


def processes(hsm: softhsm.SoftHsm, algorithm: str, count: int) -> None:
    """Print how many codes one and two processes issue."""
    signer = hcert.Pkcs11Signer.from_uri(hsm.uri(f"object={algorithm}"))
    rates = []
    for workers in (1, 2):
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            list(pool.map(work, [signer] * workers, [1] * workers))
            taken = list(pool.map(work, [signer] * workers, [count] * workers))
        rates.append(workers * count / max(taken))
    print(f"{algorithm}  codes a second: {rates[0]:.0f} with 1 process, {rates[1]:.0f} with 2")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds (default: 15)")
    rounds = parser.parse_args().rounds
    print(f"Python {sys.version} in {sys.base_prefix}; {rounds} rounds, processor time")
    with tempfile.TemporaryDirectory() as folder:
        hsm = softhsm.SoftHsm.make(Path(folder) / "hsm", softhsm.LABEL)
        os.environ |= hsm.environment
        signers = {"ES256": document_signer(p256()), "PS256": document_signer(rsa_key())}
        with hsm.session() as session:
            for number, (algorithm, signer) in enumerate(signers.items(), 1):
                private = signer.private_key
                softhsm.store(session, algorithm, number, private, certificates=(signer.certificate,))
        for algorithm, signer in signers.items():
            one_process(hsm, signer, algorithm, rounds)
        for algorithm in signers:
            processes(hsm, algorithm, 4 * CALLS[algorithm])


if __name__ == "__main__":
    main()
