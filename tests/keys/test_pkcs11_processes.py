"""Keys in tokens under threads and in other processes: what crashed a process when nothing was done about it.

Each program runs in an interpreter of its own, since a crash would take the tests along.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conftest import PATIENCE
from support import softhsm

if TYPE_CHECKING:
    from support.signers import DocumentSigner
    from support.softhsm import SoftHsm

softhsm.require()

pytestmark = pytest.mark.process
forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork processes")
HEAD = """
import concurrent.futures, multiprocessing, os, sys, threading
import hcert

def make():
    return hcert.Pkcs11Signer.from_uri(sys.argv[1])

def holds(signer, number):
    data = b"data %d" % number
    return signer.key.verifies(signer.sign(data), data)

def in_child(call):
    child = os.fork()
    if not child:
        os._exit(0 if call() else 1)
    return os.waitpid(child, 0)[1] == 0
"""


def run(program: str, *arguments: str) -> str:
    """Run a program in a new interpreter and return what it prints; a crash or a hang fails the test."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", HEAD + program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_threads_take_turns(hsm: SoftHsm) -> None:
    """Two threads in the module at once would crash the process; with signers of their own, two of them on one key."""
    program = """
signers = [make(), make(), hcert.Pkcs11Signer.from_uri(sys.argv[2])]
with concurrent.futures.ThreadPoolExecutor(6) as pool:
    jobs = [pool.submit(holds, signers[number % 3], number) for number in range(600)]
    print(sum(job.result() for job in jobs))
"""
    assert run(program, hsm.uri("object=es256"), hsm.uri("object=ps256")) == "600\n"


def test_a_certificate_of_another_type_does_not_crash_the_process(hsm: SoftHsm, ps256: DocumentSigner) -> None:
    """SoftHSM does where an EC key is to sign by RSA-PSS; so types are compared before anything is signed."""
    program = """
try:
    hcert.Pkcs11Signer.from_uri(sys.argv[1], certificate=bytes.fromhex(sys.argv[2]))
except hcert.ConfigurationError as error:
    print(error.code)
"""
    assert run(program, hsm.uri("object=es256"), ps256.certificate.hex()) == "key.mismatch\n"


@forking
def test_a_forked_child_opens_the_key_anew(hsm: SoftHsm) -> None:
    """So do its own children; the sessions of the parents go on."""
    program = """
signer = make()
assert holds(signer, 0)
before = signer._module.starts

def child():
    grandchild = in_child(lambda: holds(signer, 2))
    return holds(signer, 1) and grandchild and signer._module.starts == before + 1 and holds(signer, 3)

print(in_child(child), holds(signer, 4), signer._module.starts == before)
"""
    assert run(program, hsm.uri("object=es256")) == "True True True\n"


@forking
def test_a_fork_in_the_middle_of_signatures_does_not_hang(hsm: SoftHsm) -> None:
    """A child of a process whose threads sign finds no lock held by a thread that it does not have."""
    program = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
signer, stop = make(), threading.Event()

def work():
    number = 0
    while not stop.is_set():
        assert holds(signer, number)
        number += 1

threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
print(sum(in_child(lambda: holds(signer, 1)) for _ in range(20)))
stop.set()
for thread in threads:
    thread.join()
"""
    assert run(program, hsm.uri("object=es256")) == "20\n"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_sign_with_what_they_are_sent(hsm: SoftHsm, method: str) -> None:
    """A signer that is pickled into a pool; each worker has a session of its own, however often it is sent one."""
    program = """
signer = make()
with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context(sys.argv[2])) as pool:
    jobs = [pool.submit(signer.sign, b"data %d" % number) for number in range(40)]
    print(sum(signer.key.verifies(job.result(), b"data %d" % number) for number, job in enumerate(jobs)))
"""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system does not {method} processes")
    assert run(program, hsm.uri("object=es256"), method) == "40\n"


@forking
def test_a_child_that_the_module_notices_initialises_it_anew(hsm: SoftHsm) -> None:
    """As the standard has it; SoftHSM does so where it is set up for it, and calls itself initialised elsewhere."""
    configuration = hsm.folder / "softhsm2.conf"
    program = """
import pathlib
lines = pathlib.Path(os.environ["SOFTHSM2_CONF"]).read_text() + "library.reset_on_fork = true\\n"
other = pathlib.Path(sys.argv[2])
other.write_text(lines)
os.environ["SOFTHSM2_CONF"] = str(other)
signer = make()

def child():
    return holds(signer, 1) and signer._module._library is not signer._module._inherited[-1]

print(holds(signer, 0), in_child(child), holds(signer, 2))
"""
    assert run(program, hsm.uri("object=es256"), f"{configuration}.fork") == "True True True\n"
