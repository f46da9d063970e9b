"""A job whose key is in a token: the plan travels, and each worker opens the key with a PIN that it reads itself."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import hcert
from conftest import PATIENCE, ROOT
from hcert import bulk
from support import softhsm
from support.bulk_rows import plan_in
from support.signers import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from support.signers import DocumentSigner
    from support.softhsm import SoftHsm

softhsm.require()


JOB = """
import concurrent.futures, multiprocessing, pickle, sys
from support.bulk_rows import batch_of, issue, make_rows

plan, method = pickle.load(open(sys.argv[1], "rb")), multiprocessing.get_context(sys.argv[2])
batches = [batch_of(make_rows(5))]
print(*(row["text"].replace(" ", "_") for row in issue(plan, batches)))
with concurrent.futures.ProcessPoolExecutor(2, method) as pool:
    for job in [pool.submit(issue, plan, batches) for _ in range(4)]:
        print(*(row["text"].replace(" ", "_") for row in job.result()))
"""


@pytest.mark.process
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_open_the_key_of_a_plan(hsm: SoftHsm, es256: DocumentSigner, tmp_path: Path, method: str) -> None:
    """Also where the process that planned has it open. In an interpreter of its own, as a crash would end the tests."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system does not {method} processes")
    plan = plan_in(tmp_path, signer=bulk.Pkcs11Key(hsm.uri("object=es256")), kid=es256.key.kid)
    travelled = pickle.dumps(plan)
    assert hsm.pin_file.read_bytes().strip() not in travelled
    (tmp_path / "plan").write_bytes(travelled)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", JOB, str(tmp_path / "plan"), method],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        cwd=ROOT / "tests",
    )
    assert done.returncode == 0, done.stderr
    texts = [text.replace("_", " ") for text in done.stdout.split()]
    assert len(texts) == 25
    assert all(es256.verifier.check(text, at=NOW).accepted for text in texts)


def test_a_certificate_beside_the_token_is_that_of_the_plan(
    hsm: SoftHsm, es256: DocumentSigner, ps256: DocumentSigner, tmp_path: Path
) -> None:
    """And has to belong to the key."""
    for name, signer in (("es256", es256), ("ps256", ps256)):
        (tmp_path / f"{name}.der").write_bytes(signer.certificate)
    right = bulk.Pkcs11Key(hsm.uri("object=es256"), certificate=tmp_path / "es256.der")
    assert right.open().key == es256.key
    wrong = bulk.Pkcs11Key(hsm.uri("object=es256"), certificate=tmp_path / "ps256.der")
    with pytest.raises(hcert.ConfigurationError) as caught:
        bulk.issue_batches(plan_in(tmp_path, signer=wrong, kid=ps256.key.kid), [])
    assert caught.value.code == "key.mismatch"
