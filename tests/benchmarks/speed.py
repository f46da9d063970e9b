"""Speed as ratios against the bare `cryptography` call, within one run.

usage: speed.py [--rounds N] [--peer PYTHON]

Floor and candidate take turns in blocks, and each call is timed by itself: a call of 100 µs is rarely interrupted, so
that a low quantile of many is steady even beside busy neighbours. Printed are the 10 % quantiles and their ratio, and
how the interpreter was built, since a build with profile-guided optimisation (PGO) is faster by a tenth; that of Debian
under /usr is one, although it does not say so. Batches and cold starts are too long for that and are measured in
processor time. Nothing is asserted: times belong to machines.
"""

from __future__ import annotations

import argparse
import base64
import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from zlib_ng import zlib_ng

import hcert
from hcert import certlogic
from hcert.codec import base45, cose_sign1
from hcert.keys.algorithms import der_from_raw
from hcert.records.eu_dcc.model import from_wire
from support.country_rules import rule
from support.icvp_payloads import EMITTED
from support.raw_messages import DCC, Handmade, claims_of
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256, rsa_key, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = 25  # a block; short enough for floor and candidate to meet the same neighbours
QUANTILE = 0.1
BATCH = 1000
VACCINES = {"var": "external.valueSets.vaccines-covid-19-names"}
ECDSA = ec.ECDSA(hashes.SHA256())
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def seconds(call: Callable[[], Any], calls: int = CALLS) -> float:
    """Return the seconds that one of many calls takes."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def processor_seconds(call: Callable[[], Any]) -> float:
    """Return the seconds this thread spends in one call: what takes long is interrupted, and the clock runs on."""
    start = time.thread_time()
    call()
    return time.thread_time() - start


def time_calls(call: Callable[[], Any]) -> list[float]:
    """Return the seconds of each call of a block."""
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def low_quantile(times: list[float]) -> float:
    """Return the low quantile of many times, in microseconds."""
    return sorted(times)[int(QUANTILE * len(times))] * 1e6


def compare(title: str, floor: Callable[[], Any], candidate: Callable[[], Any], rounds: int, budget: str) -> None:
    """Print the times of both and the ratio."""
    time_calls(floor)
    time_calls(candidate)
    bare: list[float] = []
    taken: list[float] = []
    for _ in range(rounds):
        bare += time_calls(floor)
        taken += time_calls(candidate)
    low, high = low_quantile(bare), low_quantile(taken)
    print(f"{title:38} {low:9.1f} µs {high:9.1f} µs   {high / low:5.2f}x   {budget}")


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


PEER = """
import sys, time, zlib
import base45, cbor2, cwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
pem, text = open(sys.argv[1], "rb").read(), open(sys.argv[2]).read()
key, cose = cwt.COSEKey.from_pem(pem, kid=bytes.fromhex(sys.argv[3]), alg=sys.argv[5]), cwt.COSE.new()
public = serialization.load_pem_public_key(pem)
protected, _, payload, signature = cbor2.loads(zlib.decompress(base45.b45decode(text[4:]))).value
signed = cbor2.dumps(["Signature1", protected, b"", payload])
if isinstance(public, ec.EllipticCurvePublicKey):
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    der = utils.encode_dss_signature(r, s)
    bare = lambda: public.verify(der, signed, ec.ECDSA(hashes.SHA256()))
else:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    bare = lambda: public.verify(signature, signed, pss, hashes.SHA256())
check = lambda: cbor2.loads(cose.decode(zlib.decompress(base45.b45decode(text[4:])), key))
times = {bare: [], check: []}
for _ in range(int(sys.argv[4])):
    for call, taken in times.items():
        for _ in range(25):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
print(*(sorted(taken)[len(taken) // 10] * 1e6 for taken in times.values()))
"""


def peer(python: str, signer: DocumentSigner, code: hcert.Certificate, rounds: int) -> None:
    """Print the figures of python-cwt, which wants an older cbor2 and so an environment of its own.

    It decodes and verifies, with the packages base45 and zlib around it; it does not judge the record.
    """
    name = hcert.Algorithm(signer.key.algorithm or 0).name
    with tempfile.TemporaryDirectory() as folder:
        key, text = Path(folder, "key.pem"), Path(folder, "code.txt")
        key.write_bytes(public_pem(signer))
        text.write_text(code.text)
        command = [python, "-c", PEER, str(key), str(text), signer.key.kid.hex(), str(rounds), name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - named by the caller
    low, high = map(float, done.stdout.split())
    print(f"{f'python-cwt {name}, record not judged':38} {low:9.1f} µs {high:9.1f} µs   {high / low:5.2f}x   peer")


def public_pem(signer: DocumentSigner) -> bytes:
    """Return the public key of a signer."""
    public = signer.private_key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def bare_sign(signer: DocumentSigner, code: hcert.Certificate) -> Callable[[], Any]:
    """Return the bare signature over the bytes of a code."""
    signed, key = cose_sign1.decode(code.cose, limits=hcert.Limits()).signed_bytes, signer.private_key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return lambda: key.sign(signed, ECDSA)
    return lambda: key.sign(signed, PSS, hashes.SHA256())


def single_thread(rounds: int, peer_python: str | None) -> None:
    """Compare verifying and issuing with their floors."""
    print(f"{'single thread':38} {'floor':>12} {'hcert':>12}   {'ratio':>7}   budget")
    for signer, verify_budget in ((document_signer(p256()), "≤ 1.8"), (document_signer(rsa_key()), "≤ 2.8")):
        code, verifier = signer.issue(), signer.verifier
        name = hcert.Algorithm(signer.key.algorithm or 0).name
        check = lambda code=code, verifier=verifier: verifier.check(code.text, at=NOW)  # noqa: E731
        compare(f"{name}, unchecked pipeline", bare_verify(signer, code), unchecked(signer, code), rounds, "")
        compare(f"verify {name}", bare_verify(signer, code), check, rounds, verify_budget)
        texts = [code.text] * BATCH
        batch = lambda texts=texts, verifier=verifier: verifier.check_many(texts, at=NOW, workers=1)  # noqa: E731
        each = min(processor_seconds(batch) for _ in range(5)) / BATCH * 1e6
        bares = partial(seconds, bare_verify(signer, code), BATCH)
        floor = min(processor_seconds(bares) for _ in range(5)) / BATCH * 1e6
        title, budget = f"verify {name}, a batch of {BATCH}", "≤ 1.6" if name == "ES256" else ""
        print(f"{title:38} {floor:9.1f} µs {each:9.1f} µs   {each / floor:5.2f}x   {budget}")
        if peer_python is not None:
            peer(peer_python, signer, code, rounds)
    signer = document_signer(p256())
    code, issuer, record = signer.issue(), hcert.Issuer(signer.signer, country="VN"), vaccination_record()
    issue = lambda: issuer.issue(record, issued_at=NOW, expires_at=EXPIRY)  # noqa: E731
    compare("issue ES256, with self-check", bare_sign(signer, code), issue, rounds, "printed")
    issue_batch(signer, code)
    from hcert.issue import self_check  # taken out for this one figure

    genuine = self_check.check
    self_check.check = lambda *_, **__: None
    compare("issue ES256, without self-check", bare_sign(signer, code), issue, rounds, "≤ 6")
    self_check.check = genuine


def issue_batch(signer: DocumentSigner, code: hcert.Certificate) -> None:
    """Compare the same records issued one by one and together."""
    issuer, records = hcert.Issuer(signer.signer, country="VN"), [vaccination_record()] * BATCH

    def one_by_one() -> None:
        for record in records:
            issuer.issue(record, issued_at=NOW, expires_at=EXPIRY)

    calls: tuple[Callable[[], Any], ...] = (
        partial(seconds, bare_sign(signer, code), BATCH),
        one_by_one,
        lambda: issuer.issue_many(records, issued_at=NOW, expires_at=EXPIRY),
    )
    rounds = [[processor_seconds(call) / BATCH * 1e6 for call in calls] for _ in range(5)]
    floor, alone, together = (min(times) for times in zip(*rounds, strict=True))
    title, saved = f"issue ES256, a batch of {BATCH}", 1 - together / alone
    print(f"{title:38} {floor:9.1f} µs {together:9.1f} µs   {together / floor:5.2f}x   {saved:.0%} off one by one")


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
    for title, (sound, deviating) in codes_of_the_who(signer).items():
        assert not verifier.check(sound, at=NOW).findings
        assert verifier.check(deviating, at=NOW).accepted
        floor = lambda text=sound: verifier.check(text, at=NOW)  # noqa: E731
        check = lambda text=deviating: verifier.check(text, at=NOW)  # noqa: E731
        compare(title, floor, check, rounds, "≤ 1.3")


def codes_of_the_who(signer: DocumentSigner) -> dict[str, tuple[str, str]]:
    """Return pairs of an honest code and one as participants of the WHO's network sign it."""
    sound, claims = Handmade(signer).text, claims_of()
    headers = {1: -7, 4: base64.b64encode(signer.key.kid).decode()}
    icvp = {**EMITTED, "n": "María Pérez", "v": [{**EMITTED["v"], "is": "XCL"}]}
    return {
        "a kid as text": (sound, Handmade(signer, protected=headers).text),
        "claims numbered by text": (sound, Handmade(signer, claims={str(key): claims[key] for key in claims}).text),
        "times in milliseconds": (
            sound,
            Handmade(signer, claims=claims | {claim: claims[claim] * 1000 for claim in (4, 6)}).text,
        ),
        "an ICVP of the test bed": (
            Handmade(signer, claims=claims | {-260: {-6: icvp}}).text,
            Handmade(signer, claims={6: claims[6], -260: {-6: EMITTED}}).text,
        ),
    }


def country_rules(rounds: int) -> None:
    """Compare a verdict by twenty rules, as countries publish them, with one by none."""
    signer = document_signer(p256())
    text = signer.issue().text
    now, day = {"var": "external.validationClock"}, {"plusTime": [{"var": "payload.v.0.dt"}, 14, "day"]}
    logics: tuple[dict[str, Any], ...] = (
        {"if": [{"var": "payload.v.0"}, {"in": [{"var": "payload.v.0.mp"}, VACCINES]}, True]},
        {"if": [{"var": "payload.v.0"}, {"not-after": [day, {"plusTime": [now, 0, "day"]}]}, True]},
        {"if": [{"var": "payload.v.0"}, {">=": [{"var": "payload.v.0.dn"}, {"var": "payload.v.0.sd"}]}, True]},
        {"===": [{"reduce": [{"var": "payload.v"}, {"+": [{"var": "accumulator"}, 1]}, 0]}, 1]},
    )
    rules = [rule(f"GR-VN-{number:04}", logics[number % len(logics)]) for number in range(20)]
    policy = certlogic.CountryRules(rules, country="VN")
    judging = hcert.Verifier(hcert.TrustList([signer.key]), policy=policy)
    verdict = judging.check(text, at=NOW)
    assert verdict.accepted, verdict.errors
    print(f"\n{'a policy':38} {'without':>12} {'with':>12}   {'ratio':>7}")
    floor, check = (lambda one=one: one.check(text, at=NOW) for one in (signer.verifier, judging))
    compare("20 rules of a country", floor, check, rounds, "")


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
    """Return the processor seconds of a process that finds the bytecode of its modules, as after an installation."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPYCACHEPREFIX": str(cache)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True)  # noqa: S603 - our own interpreter
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


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
    print(f"cold start to first verdict: {taken:.0f} ms processor time (≤ 150), the interpreter alone {floor:.0f} ms")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=31, help="paired rounds (default: 31)")
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter with the packages cwt and base45")
    options = parser.parse_args()
    rounds = options.rounds
    optimised = "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS")) or sys.base_prefix == "/usr"
    build = "with PGO" if optimised else "without PGO"
    print(f"Python {sys.version.split()[0]} built {build}, {rounds} pairs of {CALLS} calls, {QUANTILE:.0%} quantiles")
    single_thread(rounds, options.peer)
    lenient_codes(rounds)
    country_rules(rounds)
    two_threads(min(rounds, 15))
    cold_start(min(rounds, 15))


if __name__ == "__main__":
    main()
