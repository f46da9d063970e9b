"""Fixtures shared by all tests: signers of a fictional authority, and published data where it is at hand."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from support import softhsm
from support.signers import DocumentSigner, document_signer, p256, rsa_key

if TYPE_CHECKING:
    from collections.abc import Iterator

# The code decides a landing and not luck, so the examples are the same in every run; `long` looks for new ones.
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True, database=None)
settings.register_profile("long", deadline=None, max_examples=10_000)
settings.register_profile("fast", settings.get_profile("ci"), max_examples=20)

ROOT = Path(__file__).parent.parent
PATIENCE = 300  # seconds: whoever waits longer is seen to hang
LONGEST_ID = 40  # characters


def is_fast(config: pytest.Config) -> bool:
    """Tell whether slow tests were left out: then what is tried many times is tried fewer times, too."""
    return "not slow" in config.option.markexpr


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many examples are tried, once: tests import this file again, as a module."""
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast" if is_fast(config) else "ci"))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Number bytes and long texts: keys are made anew in each worker, and all of them must collect the same tests."""
    random = isinstance(val, bytes) or (isinstance(val, str) and len(val) > LONGEST_ID)
    return argname if random else None


@pytest.fixture(scope="session")
def fast(request: pytest.FixtureRequest) -> bool:
    """Whether this is the fast run, which tries less often."""
    return is_fast(request.config)


def wait_for(path: Path) -> None:
    """Wait until another process has made a file."""
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} does not appear"
        time.sleep(0.05)


@pytest.fixture(scope="session", autouse=True)
def shared_bytecode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the interpreters that tests start share compiled modules, also where nothing is to be written beside them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


@pytest.fixture(scope="session")
def es256() -> DocumentSigner:
    """A document signer with a P-256 key that may sign anything."""
    return document_signer(p256())


@pytest.fixture(scope="session")
def ps256() -> DocumentSigner:
    """A document signer with an RSA key that may sign anything."""
    return document_signer(rsa_key())


@pytest.fixture(scope="session", params=["ES256", "PS256"])
def either(request: pytest.FixtureRequest, es256: DocumentSigner, ps256: DocumentSigner) -> DocumentSigner:
    """Each of the two kinds of document signers."""
    return es256 if request.param == "ES256" else ps256


@pytest.fixture(scope="session")
def hsm(
    tmp_path_factory: pytest.TempPathFactory, es256: DocumentSigner, ps256: DocumentSigner
) -> Iterator[softhsm.SoftHsm]:
    """A folder of tokens for this process: `hcert` with the document signers `es256` and `ps256`, and two twins."""
    softhsm.require()
    made = softhsm.SoftHsm.make(tmp_path_factory.mktemp("hsm"), softhsm.LABEL, "twin", "twin")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", made.environment["SOFTHSM2_CONF"])
        with made.session() as session:
            for number, (label, signer) in enumerate({"es256": es256, "ps256": ps256}.items(), 1):
                private = signer.private_key
                softhsm.store(session, label, number, private, certificates=(signer.certificate,), public=private)
        yield made


@pytest.fixture
def fresh_process() -> None:
    """Let a test with tokens begin as a new process would."""
    softhsm.forget_everything()


@pytest.fixture(params=["WEST12", "EAST-14"])
def device_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the system in the zones of the last and the first hour on earth."""
    if not hasattr(time, "tzset"):
        pytest.skip("zones of POSIX")
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published data beside the project, which is not part of it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the published data is not here")
    return folder
