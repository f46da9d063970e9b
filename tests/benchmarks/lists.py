"""What lists cost at scale: a key list of 10 000 keys, a revocation list of 10 million hashes.

usage: lists.py [--keys N] [--hashes N]

The revocation file is opened in a process of its own, so that its memory can be told from that of whoever built it.
Nothing is asserted but that the answers are right, since times belong to machines.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

import hcert
from hcert.codec import cose_sign
from hcert.trust.revocation_kinds import RevocationKind
from support.list_publisher import LIST_EXPIRY
from support.signers import NOW, document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKUPS = 200_000
SIGNER = document_signer(p256())


def milliseconds(call: Callable[[], object], rounds: int = 9) -> float:
    """Return the median time of a call."""
    taken = []
    for _ in range(rounds):
        gc.collect()
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def key_list(count: int) -> None:
    """Print what a list of so many keys, each with its certificate, costs to open and to ask."""
    kids = [hashlib.sha256(str(number).encode()).digest()[:8] for number in range(count)]
    keys = hcert.TrustList([replace(SIGNER.key, kid=kid) for kid in kids])
    data = keys.seal([SIGNER.signer], version=1, issued_at=NOW, expires_at=LIST_EXPIRY)
    signed = cose_sign.decode(data)
    part = signed.signatures[0]

    def check_signature() -> None:
        assert SIGNER.key.verifies(part.signature, part.encode_sig_structure(signed.payload))

    def open_list() -> hcert.TrustList:
        return hcert.TrustList.open(data, anchors=[SIGNER.key], at=NOW)

    floor, whole = milliseconds(check_signature), milliseconds(open_list)
    tracemalloc.start()
    trust = open_list()
    memory = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    first = [seconds_of(trust, kid) for kid in kids[: min(count, 1000)]]
    start = time.perf_counter()
    for kid in kids[: len(first)] * 100:
        trust.candidates(kid)
    lookup = (time.perf_counter() - start) / (len(first) * 100) * 1e9
    assert trust.candidates(kids[0]) == (replace(SIGNER.key, kid=kids[0]),)
    print(f"key list of {count} keys, {len(data) / 1e6:.1f} MB")
    print(f"  signature check {floor:8.1f} ms")
    print(f"  opened          {whole:8.1f} ms, {whole - floor:.1f} ms beyond its signature check")
    print(f"  memory          {memory:8.1f} MiB, of which the entries as signed are {len(data) / 2**20:.1f}")
    print(f"  first lookup    {statistics.median(first) * 1e6:8.1f} µs, reads the key")
    print(f"  later lookups   {lookup:8.0f} ns")


def seconds_of(trust: hcert.TrustList, kid: bytes) -> float:
    """Return the time of one lookup."""
    start = time.perf_counter()
    trust.candidates(kid)
    return time.perf_counter() - start


def build_revocations(count: int, folder: Path) -> None:
    """Build a revocation list of so many hashes and print what that takes."""
    blob = os.urandom(16 * count)
    hashes = [blob[at : at + 16] for at in range(0, len(blob), 16)]
    start = time.perf_counter()
    revocations = hcert.RevocationList(uci_hashes=hashes)
    data = revocations.seal([SIGNER.signer], version=1, issued_at=NOW, expires_at=LIST_EXPIRY)
    taken = time.perf_counter() - start
    (folder / "revocations.bin").write_bytes(data)
    (folder / "anchor.der").write_bytes(SIGNER.certificate)
    (folder / "sample").write_bytes(b"".join(hashes[:: max(1, count // LOOKUPS)][:LOOKUPS]))
    print(f"revocation list of {count} hashes, {len(data) / 1e6:.1f} MB")
    print(f"  built and sealed {taken:7.1f} s")


def resident() -> dict[str, float]:
    """Return the resident memory of this process in MiB: its own, and that of mapped files."""
    lines = (line.split() for line in Path("/proc/self/status").read_text("ascii").splitlines())
    return {words[0]: int(words[1]) / 1024 for words in lines if words[0] in {"RssAnon:", "RssFile:"}}


def open_revocations(folder: Path) -> None:
    """Open the file in this process, ask it, and print what that takes."""
    anchor = hcert.TrustedKey.from_certificate((folder / "anchor.der").read_bytes())
    sample = (folder / "sample").read_bytes()
    held = [sample[at : at + 16] for at in range(0, len(sample), 16)]
    others = [os.urandom(16) for _ in held]
    open_list = hcert.RevocationList.open  # imports its module, before the clock starts
    before = resident()
    path = folder / "revocations.bin"
    start = time.perf_counter()
    revocations = open_list(path, anchors=[anchor], at=NOW)
    opened = (time.perf_counter() - start) * 1e3
    after = resident()
    again = milliseconds(lambda: open_list(path, anchors=[anchor], at=NOW))
    print(f"  opened           {opened:7.2f} ms in a fresh process, {again:.2f} ms again; signature check included")
    print(f"  resident then    {sum(after.values()) - sum(before.values()):7.1f} MiB more")
    for title, names, there in (("first", held, True), ("later", held, True), ("not held", others, False)):
        start = time.perf_counter()
        found = sum(revocations.holds(RevocationKind.EU_UCI, name) for name in names)
        taken = (time.perf_counter() - start) / len(names) * 1e6
        assert found == (len(names) if there else 0)
        print(f"  {title:8} lookups {taken:7.2f} µs, {len(names)} of them")
    last = resident()
    print(
        f"  resident at last {last['RssAnon:'] - before['RssAnon:']:7.1f} MiB more of its own, "
        f"{last['RssFile:'] - before['RssFile:']:.0f} MiB of the file touched"
    )
    whole = open_list(path, anchors=[anchor], at=NOW)
    start = time.perf_counter()
    whole.check()
    print(f"  checked whole    {(time.perf_counter() - start) * 1e3:7.0f} ms, before a store takes it")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--hashes", type=int, default=10_000_000)
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.open is not None:
        open_revocations(options.open)
        return
    key_list(options.keys)
    with tempfile.TemporaryDirectory() as folder:
        build_revocations(options.hashes, Path(folder))
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--open", folder], check=True)  # noqa: S603 - this very file


if __name__ == "__main__":
    main()
