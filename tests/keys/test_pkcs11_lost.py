"""Sessions that end and tokens that go away in the middle of a job: what is tried again, and what is said."""

from __future__ import annotations

import ctypes
import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from support import softhsm
from support.signers import EXPIRY, NOW, vaccination_record
from support.softhsm import PIN, code_of, opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hcert.keys.pkcs11_location import KeyLocation
    from support.signers import DocumentSigner
    from support.softhsm import SoftHsm

softhsm.require()

import pkcs11  # noqa: E402 - after the skip

from hcert.keys import pkcs11_key, pkcs11_module  # noqa: E402
from hcert.keys.pkcs11_faults import fault_of  # noqa: E402

pytestmark = pytest.mark.usefixtures("fresh_process", "impatient")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Wait no time before another try, but say how long it would have been."""
    waited: list[float] = []
    monkeypatch.setattr("hcert.keys.pkcs11.time.sleep", waited.append)
    return waited


@contextmanager
def unplugged(hsm: SoftHsm) -> Iterator[None]:
    """Take all tokens away for a while."""
    tokens = hsm.folder / "tokens"
    tokens.rename(hsm.folder / "drawer")
    try:
        yield
    finally:
        (hsm.folder / "drawer").rename(tokens)


def session_of(signer: hcert.Pkcs11Signer) -> Any:
    """Return the session of a signer."""
    return signer._module._keys[signer._location].session


def close_session(_hsm: SoftHsm, signer: hcert.Pkcs11Signer) -> None:
    """Close the session that signs."""
    session_of(signer).close()


def close_all_sessions(hsm: SoftHsm, signer: hcert.Pkcs11Signer) -> None:
    """Close the session that signs and the one that logged in."""
    close_session(hsm, signer)
    for session in signer._module._logins.values():
        session.close()


def log_out(_hsm: SoftHsm, signer: hcert.Pkcs11Signer) -> None:
    """Log all sessions out by closing the one that logged in."""
    for session in signer._module._logins.values():
        session.close()


def finalise(hsm: SoftHsm, _signer: hcert.Pkcs11Signer) -> None:
    """Finalise the module, with python-pkcs11's knowledge."""
    pkcs11.lib(hsm.module).finalize()


def finalise_behind_its_back(hsm: SoftHsm, _signer: hcert.Pkcs11Signer) -> None:
    """Finalise the module as another library in this process would."""
    assert ctypes.CDLL(hsm.module).C_Finalize(None) == 0


def unplug_and_plug_in(hsm: SoftHsm, signer: hcert.Pkcs11Signer) -> None:
    """Take the token away, notice it, and bring it back."""
    with unplugged(hsm):
        assert code_of(lambda: signer.sign(b"data")) == "signer.unavailable"


@pytest.mark.parametrize(
    "interruption",
    [close_session, close_all_sessions, log_out, finalise, finalise_behind_its_back, unplug_and_plug_in],
    ids=lambda function: function.__name__.replace("_", " "),
)
def test_signing_goes_on_after(interruption: Any, hsm: SoftHsm) -> None:
    """Once for the signer, and for another one beside it."""
    signer, other = opening(hsm, "object=es256")(), opening(hsm, "object=ps256")()
    interruption(hsm, signer)
    for one in (signer, other, signer):
        assert one.key.verifies(one.sign(b"data"), b"data")


def test_a_token_that_is_gone_is_a_fault_that_may_pass(hsm: SoftHsm, impatient: list[float]) -> None:
    """For a signer that had been open, here or in the process it came from; a new one is told what is missing."""
    signer = opening(hsm, "object=es256")()
    with unplugged(hsm):
        for one in (signer, pickle.loads(pickle.dumps(signer))):  # noqa: S301 - our own bytes
            with pytest.raises(hcert.SignerError) as caught:
                one.sign(b"data")
            assert caught.value.code == "signer.unavailable"
            assert caught.value.transient
        with pytest.raises(hcert.SignerError) as caught:
            opening(hsm, "object=es256")()
        assert caught.value.code == "signer.unavailable"
    assert 0 < max(impatient) < 1
    assert signer.sign(b"data")


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("signer.no_token", 3),
        ("signer.no_pin", 3),
        ("signer.unavailable", 3),
        ("signer.session_lost", 3),
        ("signer.pin", 1),
        ("signer.pin_locked", 1),
        ("signer.no_key", 1),
    ],
)
def test_a_key_that_cannot_be_opened_for_a_moment_is_asked_for_again(
    hsm: SoftHsm, impatient: list[float], monkeypatch: pytest.MonkeyPatch, code: str, asked: int
) -> None:
    """Workers of a job come all at once. A PIN is never sent twice, and what only a person can mend is not tried."""
    asking: list[KeyLocation] = []
    open_key = pkcs11_module.Module.key

    def answer(module: pkcs11_module.Module, location: KeyLocation) -> pkcs11_key.TokenKey:
        asking.append(location)
        if len(asking) < 3:
            raise hcert.SignerError.of(code, token="hcert", reason="GeneralError", source="PIN", key="id 01")  # noqa: S106
        return open_key(module, location)

    monkeypatch.setattr(pkcs11_module.Module, "key", answer)
    if asked == 1:
        assert code_of(opening(hsm, "object=es256")) == code
    else:
        opening(hsm, "object=es256")()
        assert impatient == sorted(impatient)
    assert len(asking) == asked


def test_a_token_whose_slot_is_empty_may_come_back(hsm: SoftHsm) -> None:
    """The module answers, but the token is not among those it lists."""
    signer = opening(hsm, "object=es256")()
    softhsm.forget_everything()
    with unplugged(hsm):
        (hsm.folder / "tokens").mkdir()
        with pytest.raises(hcert.SignerError) as caught:
            signer.sign(b"data")
        assert caught.value.transient
        assert code_of(opening(hsm, "object=es256")) == "signer.no_token"
        softhsm.forget_everything()
        (hsm.folder / "tokens").rmdir()
    assert signer.sign(b"data")


def test_a_key_that_left_its_token_does_not_come_back_by_itself(hsm: SoftHsm) -> None:
    """Somebody has to put it there."""
    signer = opening(hsm, "object=es256")()
    _, key = signer.__getstate__()
    location = opening(hsm, "object=ps256")().__getstate__()[0]
    signer.__setstate__((location, key))
    with pytest.raises(hcert.ConfigurationError) as caught:
        signer.sign(b"data")
    assert caught.value.code == "key.mismatch"


def test_no_record_is_lost_or_issued_twice_when_a_token_goes_away(hsm: SoftHsm, es256: DocumentSigner) -> None:
    """A job that keeps what it has not got goes on where it was."""
    issuer = hcert.Issuer(opening(hsm, "object=es256")(), country="VN")
    todo, codes = list(range(20)), {}

    def work() -> None:
        while todo:
            record = vaccination_record()
            codes[todo[0]] = issuer.issue(record, issued_at=NOW, expires_at=EXPIRY)
            todo.pop(0)
            if len(codes) == 10 and todo[0] == 10 and not (hsm.folder / "drawer").exists():
                return

    work()
    with unplugged(hsm):
        assert code_of(work) == "signer.unavailable"
    assert len(codes) == 10
    while todo:
        codes[todo[0]] = issuer.issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
        todo.pop(0)
    assert sorted(codes) == list(range(20))
    assert all(es256.verifier.check(code.text, at=NOW).accepted for code in codes.values())


class Interrupted(pkcs11.SignMixin):
    """A private key that raises in place of signing, or returns too little."""

    def __init__(self, private: Any, error: pkcs11.PKCS11Error | None) -> None:
        self._private, self._error = private, error

    def __getitem__(self, name: pkcs11.Attribute) -> Any:
        return self._private[name]

    @property
    def key_type(self) -> pkcs11.KeyType:
        """That of the genuine key."""
        return self._private.key_type  # type: ignore[no-any-return]

    def sign(self, *_: Any, **__: Any) -> bytes:
        """Raise or return what is not a signature."""
        if self._error is not None:
            raise self._error
        return bytes(63)


def interrupt(monkeypatch: pytest.MonkeyPatch, error: pkcs11.PKCS11Error | None) -> None:
    """Have the token answer with this error whenever it should sign."""
    genuine = pkcs11_key.TokenKey.__init__

    def begin(key: Any, session: Any, private: Any, location: Any) -> None:
        genuine(key, session, Interrupted(private, error), location)  # type: ignore[arg-type]

    monkeypatch.setattr(pkcs11_key.TokenKey, "__init__", begin)


FAULTS = [
    (pkcs11.SessionHandleInvalid(), "signer.session_lost", True),
    (pkcs11.ObjectHandleInvalid(), "signer.session_lost", True),
    (pkcs11.UserNotLoggedIn(), "signer.session_lost", True),
    (pkcs11.PKCS11Error("Initialisation error (not initialized)."), "signer.session_lost", True),
    (pkcs11.DeviceError(), "signer.unavailable", True),
    (pkcs11.GeneralError(), "signer.unavailable", True),
    (pkcs11.SessionCount(), "signer.unavailable", True),
    (pkcs11.HostMemory(), "signer.unavailable", True),
    (pkcs11.PKCS11Error("Unmapped error code 0x80000381"), "signer.unavailable", True),
    (pkcs11.PKCS11Error("Unmapped error code 0x68"), "signer.refused", False),
    (pkcs11.DataLenRange(), "signer.refused", False),
    (pkcs11.FunctionRejected(), "signer.refused", False),
    (pkcs11.MechanismInvalid(), "signer.mechanism", False),
    (pkcs11.KeyTypeInconsistent(), "signer.mechanism", False),
]


def name_of(value: object) -> str | None:
    """Name an error in test output."""
    if not isinstance(value, Exception):
        return None
    return str(value).split()[-1] if str(value) else type(value).__name__


@pytest.mark.parametrize(("error", "code", "transient"), FAULTS, ids=name_of)
def test_what_a_token_says_when_it_should_sign(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, error: pkcs11.PKCS11Error, code: str, *, transient: bool
) -> None:
    """Each return value becomes one of ours, which says whether to try again; the vendor's exception does not leave."""
    signer = opening(hsm, "object=es256")()
    softhsm.forget_everything()
    interrupt(monkeypatch, error)
    for call in (lambda: signer.sign(b"data"), opening(hsm, "object=es256")):
        with pytest.raises(hcert.SignerError) as caught:
            call()
        assert (caught.value.code, caught.value.transient) == (code, transient)
        assert caught.value.__cause__ is None
        assert pickle.loads(pickle.dumps(caught.value)).findings == caught.value.findings  # noqa: S301 - our own


def test_an_unknown_return_value_is_reported_by_number() -> None:
    """The vendor's manual has it."""
    assert "0x80000381" in str(fault_of(pkcs11.PKCS11Error("Unmapped error code 0x80000381")))
    assert "DeviceRemoved" in str(fault_of(pkcs11.DeviceRemoved()))


def test_what_is_not_a_signature_is_refused(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    """At opening the key does not fit; later the token is at fault."""
    interrupt(monkeypatch, None)
    assert code_of(opening(hsm, "object=es256")) == "key.mismatch"
    softhsm.forget_everything()
    monkeypatch.undo()
    signer = opening(hsm, "object=es256")()
    monkeypatch.setattr(pkcs11_key.TokenKey, "_sign", lambda *_: None)
    assert code_of(lambda: signer.sign(b"data")) == "signer.signature"


@pytest.mark.parametrize("label", ["es256", "ps256"])
def test_a_token_that_wants_the_data_gets_it(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    """Some policies forbid signing a digest. SoftHSM knows no ECDSA_SHA256, so that stands for what is forbidden."""
    algorithm = {"es256": hcert.Algorithm.ES256, "ps256": hcert.Algorithm.PS256}[label]
    digest, data = pkcs11_key._WAYS[algorithm]
    forbidden = pkcs11_key._WAYS[hcert.Algorithm.ES256][1]
    monkeypatch.setitem(pkcs11_key._WAYS, algorithm, (forbidden, data if label == "ps256" else digest))
    signer = opening(hsm, f"object={label}")()
    assert signer.key.verifies(signer.sign(b"data"), b"data")


def test_closing_ends_the_session_and_the_last_one_logs_out(hsm: SoftHsm) -> None:
    """What is closed is opened again when it is needed."""
    signer, other = opening(hsm, "object=es256")(), opening(hsm, "object=ps256")()
    signer.close()
    signer.close()
    with pkcs11.lib(hsm.module).get_token(token_label=softhsm.LABEL).open() as watcher:
        private = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}
        assert list(watcher.get_objects(private))
        other.close()
        assert not list(watcher.get_objects(private))
    assert signer.sign(b"data")


def test_a_module_is_started_anew_by_one_of_many_threads(hsm: SoftHsm) -> None:
    """Whoever finds that somebody did it meanwhile takes the new sessions."""
    signer = opening(hsm, "object=es256")()
    module, starts = signer._module, signer._module.starts
    module.restart(starts)
    assert module.starts == starts + 1
    module.restart(starts)
    assert module.starts == starts + 1


def test_what_a_fork_does_to_the_modules(hsm: SoftHsm) -> None:
    """No thread is in a module while the process forks; the child gets new locks, and opens the key anew.

    Here the process plays both parts; real children are in test_pkcs11_processes.py.
    """
    signer = opening(hsm, "object=es256")()
    modules, module = pkcs11_module._MODULES, signer._module
    modules._hold()
    assert not run_in_thread(lambda: is_free(module.lock))
    modules._release()
    assert run_in_thread(lambda: is_free(module.lock))
    modules._hold()
    modules._renew()
    inherited = len(module._inherited)
    modules._hold()
    modules._renew()  # the child of a child that signed nothing has the same library
    assert len(module._inherited) == inherited
    assert run_in_thread(lambda: signer.key.verifies(signer.sign(b"data"), b"data"))


def is_free(lock: Any) -> bool:
    """Tell whether another thread could take a lock."""
    free: bool = lock.acquire(blocking=False)
    if free:
        lock.release()
    return free


def run_in_thread(call: Callable[[], bool]) -> bool:
    """Return what a call returns in another thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def test_two_paths_to_one_file_are_one_module(hsm: SoftHsm) -> None:
    """A link must not initialise it twice."""
    link = hsm.folder / "link.so"
    link.symlink_to(hsm.module)
    assert pkcs11_module.module_at(str(link)) is pkcs11_module.module_at(hsm.module)
    link.unlink()


def test_the_pin_is_asked_for_again_when_the_session_was_lost(hsm: SoftHsm) -> None:
    """A file that is gone by then is said to be missing."""
    signer = opening(hsm, "object=es256")()
    softhsm.forget_everything()
    hsm.pin_file.unlink()
    assert code_of(lambda: signer.sign(b"data")) == "signer.pin_source"
    hsm.pin_file.write_text(PIN)
    assert signer.sign(b"data")
