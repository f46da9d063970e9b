"""Speed as ratios against the bare `cryptography` call, within one run.

usage: speed.py [--rounds N]

Rounds are paired: floor and candidate take turns, so that a busy neighbour slows both. Printed are medians and the
median of the ratios; nothing is asserted, since times belong to machines.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from zlib_ng import zlib_ng

import hcert
from hcert.codec import base45, cose_sign1
from hcert.keys.algorithms import der_from_raw
from hcert.records.eu_dcc.model import from_wire
from support.raw_messages import DCC, Handmade, claims_of
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256, rsa_key, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = 100  # a round; long enough to drown the clock, short enough to meet the same neighbours
BATCH = 1000
ECDSA = ec.ECDSA(hashes.SHA256())
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def seconds(call: Callable[[], Any], calls: int = CALLS) -> float:
    """Return the seconds that one of many calls takes."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def compare(title: str, floor: Callable[[], Any], candidate: Callable[[], Any], rounds: int, budget: str) -> None:
    """Print the times of both and the ratio."""
    seconds(floor)
    seconds(candidate)
    pairs = [(seconds(floor), seconds(candidate)) for _ in range(rounds)]
    low, high = (statistics.median(times) * 1e6 for times in zip(*pairs, strict=True))
    ratio = statistics.median(taken / bare for bare, taken in pairs)
    print(f"{title:38} {low:9.1f} µs {high:9.1f} µs   {ratio:5.2f}x   {budget}")


def bare_verify(signer: DocumentSigner, code: hcert.Certificate) -> Callable[[], Any]:
    """Return the bare signature check on the bytes of a code."""
    parts = cose_sign1.decode(code.cose, limits=hcert.Limits())
    signed, key = parts.signed_bytes, signer.private_key.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        encoded = der_from_raw(parts.signature) or b""
        return lambda: key.verify(encoded, signed, ECDSA)
    return lambda: key.verify(parts.signature, signed, PSS, hashes.SHA256())


def unchecked(signer: DocumentSigner, code: hcert.Certificate) -> Callable[[], Any]:
    """Return the same libraries strung together with no check at all but the signature: what no verifier can beat."""
    verify = bare_verify(signer, code)

    def pipeline() -> Any:
        message = zlib_ng.decompressobj().decompress(base45.decode(code.text[4:]), 65537)
        protected, _, payload, signature = cbor2.loads(message[1:])
        cbor2.dumps(["Signature1", protected, b"", payload])
        der_from_raw(signature)
        verify()
        return from_wire(cbor2.loads(payload)[-260][1])

    return pipeline


def bare_sign(signer: DocumentSigner, code: hcert.Certificate) -> Callable[[], Any]:
    """Return the bare signature over the bytes of a code."""
    signed, key = cose_sign1.decode(code.cose, limits=hcert.Limits()).signed_bytes, signer.private_key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return lambda: key.sign(signed, ECDSA)
    return lambda: key.sign(signed, PSS, hashes.SHA256())


def single_thread(rounds: int) -> None:
    """Compare verifying and issuing with their floors."""
    print(f"{'single thread, medians':38} {'floor':>12} {'hcert':>12}   {'ratio':>7}   budget")
    for signer, verify_budget in ((document_signer(p256()), "≤ 1.5"), (document_signer(rsa_key()), "≤ 2.5")):
        code, verifier = signer.issue(), signer.verifier
        name = hcert.Algorithm(signer.key.algorithm or 0).name
        check = lambda code=code, verifier=verifier: verifier.check(code.text, at=NOW)  # noqa: E731
        compare(f"{name}, unchecked pipeline", bare_verify(signer, code), unchecked(signer, code), rounds, "")
        compare(f"verify {name}", bare_verify(signer, code), check, rounds, verify_budget)
    signer = document_signer(p256())
    code, issuer, record = signer.issue(), hcert.Issuer(signer.signer, country="VN"), vaccination_record()
    issue = lambda: issuer.issue(record, issued_at=NOW, expires_at=EXPIRY)  # noqa: E731
    compare("issue ES256, with self-check", bare_sign(signer, code), issue, rounds, "printed")
    from hcert.issue import self_check  # taken out for this one figure

    genuine = self_check.check
    self_check.check = lambda *_, **__: None
    compare("issue ES256, without self-check", bare_sign(signer, code), issue, rounds, "≤ 6")
    self_check.check = genuine


def lenient_codes(rounds: int) -> None:
    """Compare codes that need a leniency with an honest one: the commonest deviations of published codes."""
    signer = document_signer(p256())
    verifier, dose = signer.verifier, DCC["v"][0]
    deviations: dict[str, dict[str, Any]] = {
        "a day with a time": {"v": [{**dose, "dt": f"{dose['dt']}T00:00:00"}]},
        "a birth date with a time": {"dob": f"{DCC['dob']}T00:00:00"},
        "doses as floats": {"v": [{**dose, "dn": 1.0, "sd": 2.0}]},
        "groups that are empty": {"t": [], "r": None},
        "a name between blanks": {"nam": {**DCC["nam"], "gn": " Gabriele "}},
    }
    print(f"\n{'a code that needs a leniency':38} {'honest':>12} {'lenient':>12}   {'ratio':>7}   budget")
    honest = Handmade(signer).text
    for title, change in deviations.items():
        text = Handmade(signer, claims=claims_of({**DCC, **change})).text
        assert verifier.check(text, at=NOW).accepted
        assert verifier.check(text, at=NOW).findings
        check = lambda text=text: verifier.check(text, at=NOW)  # noqa: E731
        compare(title, lambda: verifier.check(honest, at=NOW), check, rounds, "≤ 1.3")


def two_threads(rounds: int) -> None:
    """Compare one and two workers, beside what the machine gives two threads that do nothing but verify."""
    signer = document_signer(p256())
    code, verifier = signer.issue(), signer.verifier
    bare = bare_verify(signer, code)
    texts = [code.text] * BATCH

    def many(workers: int) -> float:
        return seconds(lambda: verifier.check_many(texts, at=NOW, workers=workers), 1)

    def loops(count: int) -> float:
        threads = [threading.Thread(target=seconds, args=(bare, BATCH // count)) for _ in range(count)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - start

    possible = statistics.median(loops(1) / loops(2) for _ in range(rounds))
    reached = statistics.median(many(1) / many(2) for _ in range(rounds))
    print(f"check_many, 2 workers against 1: {reached:.2f}x (≥ 1.6); bare signature checks gain {possible:.2f}x here")


COLD_START = """
import sys, time
start = time.perf_counter()
import hcert
key = hcert.TrustedKey.from_certificate(open(sys.argv[1], "rb").read())
verdict = hcert.Verifier(hcert.TrustList([key])).check(open(sys.argv[2]).read())
assert verdict.certificate is not None
"""


def start(command: list[str], cache: Path) -> float:
    """Return the seconds a process takes that finds the bytecode of its modules, as an installed package does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPYCACHEPREFIX": str(cache)}
    return seconds(lambda: subprocess.run(command, env=environment, check=True), 1)  # noqa: S603 - our own interpreter


def cold_start(rounds: int) -> None:
    """Time new interpreters from their start to the first verdict; the first one compiles and does not count."""
    signer = document_signer(p256())
    with tempfile.TemporaryDirectory() as folder:
        certificate, text = Path(folder, "dsc.der"), Path(folder, "code.txt")
        certificate.write_bytes(signer.certificate)
        text.write_text(signer.issue().text)
        run = [sys.executable, "-c", COLD_START, str(certificate), str(text)]
        empty = [sys.executable, "-c", ""]
        cache = Path(folder, "bytecode")
        pairs = [(start(empty, cache), start(run, cache)) for _ in range(rounds + 1)][1:]
    floor, taken = (statistics.median(times) * 1e3 for times in zip(*pairs, strict=True))
    print(f"cold start to first verdict: {taken:.0f} ms (≤ 150), of which the interpreter alone {floor:.0f} ms")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=31, help="paired rounds (default: 31)")
    rounds = parser.parse_args().rounds
    print(f"Python {sys.version.split()[0]}, {rounds} paired rounds of {CALLS} calls")
    single_thread(rounds)
    lenient_codes(rounds)
    two_threads(min(rounds, 15))
    cold_start(min(rounds, 15))


if __name__ == "__main__":
    main()
