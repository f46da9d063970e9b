"""PINs of tokens: read when they are needed, sent once, kept nowhere."""

from __future__ import annotations

import copy
import logging
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from support import softhsm
from support.softhsm import PIN, code_of, opening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.softhsm import SoftHsm

softhsm.require()

import pkcs11  # noqa: E402 - after the skip

from hcert.keys import pkcs11_module  # noqa: E402

pytestmark = pytest.mark.usefixtures("fresh_process")


class WatchedToken:
    """A token that notes the PINs it is sent, and may say something of its own instead of logging in."""

    def __init__(self, token: Any, sent: list[str], refusal: pkcs11.PKCS11Error | None, flags: int) -> None:
        self._token, self._sent, self._refusal = token, sent, refusal
        self.flags = token.flags | flags

    def __getattr__(self, name: str) -> Any:
        return getattr(self._token, name)

    def open(self, **given: Any) -> Any:
        """Open a session."""
        self._sent.extend(given.values())
        if given and self._refusal is not None:
            raise self._refusal
        return self._token.open(**given)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that has tokens watched, and returns the list of PINs they are sent."""

    def begin(refusal: pkcs11.PKCS11Error | None = None, flags: int = 0) -> list[str]:
        sent: list[str] = []
        genuine = pkcs11_module.Module._log_in

        def log_in(module: Any, token: Any, location: Any) -> bool:
            return genuine(module, WatchedToken(token, sent, refusal, flags), location)  # type: ignore[arg-type]

        monkeypatch.setattr(pkcs11_module.Module, "_log_in", log_in)
        return sent

    return begin


@pytest.fixture
def wrong_pin(hsm: SoftHsm) -> Iterator[Path]:
    """The file with the PIN, which holds another one during a test."""
    hsm.pin_file.write_text("31415926\n")
    yield hsm.pin_file
    hsm.pin_file.write_text(f"{PIN}\n")


def test_a_pin_is_sent_once_for_all_signers_of_a_process(hsm: SoftHsm, watch: Any) -> None:
    """A login belongs to the process and the token."""
    sent = watch()
    signers = [opening(hsm, path)() for path in ("object=es256", "object=ps256", "id=%01", "object=es256")]
    assert all(signer.sign(b"data") for signer in signers)
    assert sent == [PIN]


def test_a_wrong_pin_is_sent_once_until_it_is_corrected(hsm: SoftHsm, watch: Any, wrong_pin: Path) -> None:
    """A job that tries again and again does not lock the token."""
    sent = watch()
    for path in ("object=es256", "object=es256", "object=ps256"):
        assert code_of(opening(hsm, path)) == "signer.pin"
    assert sent == ["31415926"]
    wrong_pin.write_text(PIN)
    assert opening(hsm, "object=es256")().sign(b"data")
    assert sent == ["31415926", PIN]


def test_a_pin_that_changed_during_a_job_ends_it(hsm: SoftHsm, watch: Any, request: pytest.FixtureRequest) -> None:
    """Signing goes on while the session holds; when it is lost, the new PIN is needed, and one try is made."""
    signer = opening(hsm, "object=es256")()
    request.getfixturevalue("wrong_pin")
    sent = watch()
    assert signer.sign(b"data")
    softhsm.forget_everything()
    for _ in range(3):
        assert code_of(lambda: signer.sign(b"data")) == "signer.pin"
    assert sent == ["31415926"]


@pytest.mark.parametrize("flag", ["USER_PIN_LOCKED", "USER_PIN_FINAL_TRY"])
def test_the_last_try_is_left_to_people(hsm: SoftHsm, watch: Any, flag: str) -> None:
    """Nothing is sent to a token that would lock, or has."""
    sent = watch(flags=pkcs11.TokenFlag[flag])
    assert code_of(opening(hsm, "object=es256")) == "signer.pin_locked"
    assert sent == []


@pytest.mark.parametrize(
    ("refusal", "code", "transient"),
    [
        (pkcs11.PinLocked(), "signer.pin_locked", False),
        (pkcs11.PinExpired(), "signer.pin_locked", False),
        (pkcs11.UserPinNotInitialized(), "signer.no_pin", False),
        (pkcs11.PinLenRange(), "signer.pin", False),
        (pkcs11.DeviceError(), "signer.unavailable", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_a_token_says_to_a_pin(
    hsm: SoftHsm, watch: Any, refusal: pkcs11.PKCS11Error, code: str, *, transient: bool
) -> None:
    """Who has to act differs."""
    watch(refusal)
    with pytest.raises(hcert.SignerError) as caught:
        opening(hsm, "object=es256")()
    assert (caught.value.code, caught.value.transient) == (code, transient)


def test_a_login_of_somebody_else_in_this_process_serves_too(hsm: SoftHsm) -> None:
    """And is not ended when ours are closed."""
    with hsm.session() as theirs:
        with opening(hsm, "object=es256")() as signer:
            assert signer.sign(b"data")
        assert theirs.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label="es256").sign(
            bytes(32), mechanism=pkcs11.Mechanism.ECDSA
        )
        assert code_of(opening(hsm, "id=%63")) == "signer.no_key"


def safe_repr(value: object) -> str:
    """Represent a value, also one that was not finished."""
    try:
        return repr(value)
    except AttributeError:
        return repr(vars(value))


def frames_of(error: BaseException | None) -> Iterator[str]:
    """Yield the variables of every function an error and its context came through, as reporters of errors show them."""
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "hcert" in frame.f_code.co_filename.split("/src/")[-1] and "/tests/" not in frame.f_code.co_filename:
                yield from map(safe_repr, frame.f_locals.values())
        error = error.__cause__ or error.__context__


def test_the_pin_is_in_nothing_that_a_signer_shows_or_leaves(
    hsm: SoftHsm, watch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Representation, state, pickle, logs; and errors with the variables of the functions they came through."""
    caplog.set_level(logging.DEBUG)
    signer = opening(hsm, "object=es256")()
    signer.sign(b"data")
    shown = [repr(signer), repr(vars(signer)), repr(vars(vars(signer)["_module"])), repr(pickle.dumps(signer))]
    (hsm.folder / "two lines").write_text(f"{PIN}\n{PIN}\n")
    two_lines = hsm.uri("object=es256").replace("file:" + str(hsm.pin_file), f"file:{hsm.folder}/two%20lines")
    for call in (opening(hsm, "id=%63"), lambda: hcert.Pkcs11Signer.from_uri(two_lines)):
        softhsm.forget_everything()
        with pytest.raises(hcert.SignerError) as caught:
            call()
        shown += [*frames_of(caught.value), repr(caught.value), repr(pickle.dumps(caught.value))]
    for refusal in (pkcs11.PinIncorrect(), pkcs11.GeneralError()):
        softhsm.forget_everything()
        watch(refusal)
        with pytest.raises(hcert.SignerError) as caught:
            opening(hsm, "object=es256")()
        shown += [*frames_of(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value))]
    assert len(shown) > 20
    assert not [text for text in [*shown, caplog.text] if PIN in text]


def test_a_copy_opens_the_key_by_the_place_of_its_pin(hsm: SoftHsm) -> None:
    """What travels to workers is small."""
    signer = opening(hsm, "object=es256")()
    pickled = pickle.dumps(signer)
    assert len(pickled) < 2000
    softhsm.forget_everything()
    for copied in (pickle.loads(pickled), copy.copy(signer), copy.deepcopy(signer)):  # noqa: S301 - our own bytes
        assert copied.key == signer.key
        assert signer.key.verifies(copied.sign(b"data"), b"data")


PROGRAM = """
import pathlib, subprocess, sys
import hcert
signer = hcert.Pkcs11Signer.from_uri(sys.argv[1])
signer.sign(b"data")
own = pathlib.Path("/proc/self")
for name in ("cmdline", "environ"):
    sys.stdout.write((own / name).read_bytes().decode("utf-8", "replace"))
subprocess.run(["cat", "/proc/self/environ", "/proc/self/cmdline"], check=True)
"""


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_the_pin_is_in_no_command_line_and_in_no_environment(hsm: SoftHsm) -> None:
    """Neither of the process that signs nor of one that it starts."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, hsm.uri("object=es256")], capture_output=True, text=True, check=True
    )
    assert "object=es256" in done.stdout
    assert done.stdout.count("SOFTHSM2_CONF") == 2
    assert PIN not in done.stdout
