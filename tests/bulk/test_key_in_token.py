"""A job whose key is in a token: the plan travels, and each worker opens the key with a PIN that it reads itself."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import bulk
from support import softhsm
from support.bulk_rows import batch_of, issue, make_rows, plan_in
from support.signers import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from support.signers import DocumentSigner
    from support.softhsm import SoftHsm

softhsm.require()


def issue_here(plan: bulk.IssuePlan, count: int) -> tuple[int, list[Any]]:
    """Issue some rows; return the process and the texts."""
    return os.getpid(), [row["text"] for row in issue(plan, [batch_of(make_rows(count))])]


@pytest.mark.process
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_workers_open_the_key_of_a_plan(hsm: SoftHsm, es256: DocumentSigner, tmp_path: Path, method: str) -> None:
    """Also where the process that planned has it open."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system does not {method} processes")
    plan = plan_in(tmp_path, signer=bulk.Pkcs11Key(hsm.uri("object=es256")), kid=es256.key.kid)
    assert hsm.pin_file.read_text().strip().encode() not in pickle.dumps(plan)
    parent, texts = issue_here(plan, 2)
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        for process, more in pool.map(issue_here, [plan] * 4, [5] * 4):
            assert process != parent
            texts += more
    assert len(texts) == 22
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
