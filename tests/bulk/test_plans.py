"""Plans: what travels to workers, what does not, and what opens there."""

from __future__ import annotations

import datetime as dt
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import hcert
from hcert import bulk, lists, policy
from hcert.bulk.opened import OpenedPlans
from hcert.findings import finding
from support.bulk_rows import SIGNER, batch_of, issue, key_in, make_rows, plan_in
from support.sealing import POLICE, STRANGER
from support.signers import EXPIRY, NOW, document_signer, p256, pem_of

SECRET = b"a password of a key"
PASSWORD_PLACES = ("password_file", "password_variable")
URI = "pkcs11:token=hcert;object=dsc?module-path=/usr/lib/p11.so&pin-source=file:/run/secrets/pin"


def test_a_plan_travels_without_a_secret(tmp_path: Path) -> None:
    """It holds where the key is. It comes back equal, and issues."""
    (tmp_path / "locked.key").write_bytes(pem_of(SIGNER.private_key, SECRET))
    (tmp_path / "password").write_bytes(SECRET + b"\n")
    signer = replace(key_in(tmp_path), key=tmp_path / "locked.key", password_file=tmp_path / "password")
    plan = plan_in(tmp_path, signer=signer, readers=(POLICE.key,))
    travelled = pickle.dumps(plan)
    for part in (SECRET, SIGNER.pem, b"PRIVATE", SIGNER.pem[40:80]):
        assert part not in travelled
        assert part.decode() not in repr(plan)
    back = pickle.loads(travelled)  # noqa: S301 - our own bytes
    assert (back, back.digest) == (plan, plan.digest)
    assert issue(back, [batch_of(make_rows(1))])[0]["text"].startswith("HC1:")


def test_private_keys_do_not_travel(tmp_path: Path) -> None:
    """Nor does anything that holds one: an issuer in a closure would take it along unnoticed."""
    for holder in (SIGNER.signer, hcert.Issuer(SIGNER.signer, country="VN"), plan_in(tmp_path).open()):
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(holder)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"country": "LA"}, id="country"),
        pytest.param({"kid": b"another1"}, id="kid"),
        pytest.param({"issued_at": NOW + dt.timedelta(seconds=1)}, id="issue"),
        pytest.param({"expires_at": EXPIRY - dt.timedelta(seconds=1)}, id="expiry"),
        pytest.param({"error": "M"}, id="level"),
        pytest.param({"picture": "png"}, id="picture"),
        pytest.param({"algorithm": hcert.Algorithm.ESP256}, id="algorithm"),
        pytest.param({"readers": (POLICE.key,)}, id="a reader"),
        pytest.param({"readers": (STRANGER.key, POLICE.key)}, id="readers in another order"),
    ],
)
def test_a_digest_is_that_of_everything_that_decides_the_output(tmp_path: Path, change: dict[str, Any]) -> None:
    """And of nothing else: a key may lie elsewhere on another machine, and a time may be in another zone."""
    plan = plan_in(tmp_path, readers=(POLICE.key, STRANGER.key))
    assert len(bytes.fromhex(plan.digest)) == 32
    assert replace(plan, **change).digest != plan.digest
    hanoi = dt.timezone(dt.timedelta(hours=7))
    elsewhere = replace(
        plan, signer=bulk.Pkcs11Key(URI), issued_at=plan.issued_at.astimezone(hanoi).replace(microsecond=999)
    )
    assert elsewhere.digest == plan.digest


def test_a_code_names_the_algorithm_of_its_plan(tmp_path: Path) -> None:
    """As `Issuer` does; and a key that does not sign by it is refused when the plan is opened."""
    for algorithm, named in ((None, hcert.Algorithm.ES256), (hcert.Algorithm.ESP256, hcert.Algorithm.ESP256)):
        (made,) = issue(plan_in(tmp_path, algorithm=algorithm), [batch_of(make_rows(1))])
        assert hcert.read_unverified(made["text"]).algorithm == named
    with pytest.raises(hcert.ConfigurationError) as caught:
        plan_in(tmp_path, algorithm=hcert.Algorithm.PS256).open()
    assert caught.value.code == "issue.algorithm"


def run(program: str, *arguments: str, **environment: str) -> str:
    """Run a program in a new interpreter and return what it prints."""
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        command, capture_output=True, text=True, check=False, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


DIGESTS = """
import pickle, sys
for name in sys.argv[1:]:
    print(pickle.load(open(name, "rb")).digest)
"""


@pytest.mark.process
def test_a_digest_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Although sets are in another order there."""
    required = policy.AllOf(policy.CompletedSeries(), policy.RecentNegativeTest(within=dt.timedelta(hours=48)))
    trust = hcert.TrustList([SIGNER.key, document_signer(p256()).key, POLICE.key])
    plans: list[bulk.IssuePlan | bulk.VerifyPlan] = [
        plan_in(tmp_path, readers=(POLICE.key,)),
        bulk.VerifyPlan(trust=trust, at=NOW, policy=required),
    ]
    for number, plan in enumerate(plans):
        (tmp_path / str(number)).write_bytes(pickle.dumps(plan))
    names = [str(tmp_path / str(number)) for number in range(len(plans))]
    for seed in ("1", "2"):
        printed = run(DIGESTS, *names, PYTHONHASHSEED=seed)
        assert printed.split() == [plan.digest for plan in plans]


def test_a_verify_plan_travels_and_its_digest_is_that_of_its_content() -> None:
    """Keys in any order, time, policy, place of the store."""
    one, two = SIGNER.key, document_signer(p256()).key
    plan = bulk.VerifyPlan(trust=hcert.TrustList([one, two]), at=NOW)
    assert pickle.loads(pickle.dumps(plan)).digest == plan.digest  # noqa: S301
    assert bulk.VerifyPlan(trust=hcert.TrustList([two, one]), at=NOW).digest == plan.digest
    store = bulk.StoreLocation(directory="lists", anchors=lists.Anchors((one,), 1))
    others = [
        bulk.VerifyPlan(trust=hcert.TrustList([one]), at=NOW),
        replace(plan, at=EXPIRY),
        replace(plan, policy=policy.CompletedSeries()),
        replace(plan, policy=policy.RecentNegativeTest(within=dt.timedelta(hours=48))),
        replace(plan, policy=policy.RecentNegativeTest(within=dt.timedelta(hours=72))),
        replace(plan, trust=store),
        replace(plan, trust=replace(store, directory="other")),
        replace(plan, trust=replace(store, anchors=lists.Anchors((two,), 1))),
    ]
    assert len({plan.digest, *(other.digest for other in others)}) == 9


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param({"signer": None}, "signer", id="no signer"),
        pytest.param({"signer": SIGNER.signer}, "signer", id="a signer itself"),
        pytest.param({"kid": "0102"}, "kid", id="kid as text"),
        pytest.param({"kid": b""}, "kid", id="empty kid"),
        pytest.param({"country": "Vietnam"}, "country", id="country in words"),
        pytest.param({"country": None}, "country", id="no country"),
        pytest.param({"picture": "gif"}, "picture", id="another picture"),
        pytest.param({"algorithm": "ESP256"}, "algorithm", id="algorithm by name"),
        pytest.param({"readers": [POLICE.key]}, "readers", id="readers in a list"),
        pytest.param({"readers": ("police",)}, "readers", id="readers by name"),
        pytest.param({"readers": (POLICE.key, POLICE.key)}, "readers", id="a reader twice"),
    ],
)
def test_a_plan_that_cannot_work_is_not_made(tmp_path: Path, change: dict[str, Any], name: str) -> None:
    """On the machine that plans, not on a hundred that work."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        plan_in(tmp_path, **change)
    assert (caught.value.code, dict(caught.value.findings[0].details)["name"]) == ("bulk.plan", name)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"error": "X"}, "qr.error_level", id="level"),
        pytest.param({"issued_at": NOW.replace(tzinfo=None)}, "time.naive", id="naive"),
        pytest.param({"expires_at": None}, "time.naive", id="no expiry"),
    ],
)
def test_other_mistakes_have_the_codes_of_an_issuer(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    """One vocabulary."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        plan_in(tmp_path, **change)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: bulk.LocalKey(key=SIGNER.pem.decode(), certificate="c"), id="the key itself as text"),
        pytest.param(lambda: bulk.LocalKey(key=SIGNER.pem, certificate="c"), id="the key itself"),  # type: ignore[arg-type]
        pytest.param(lambda: bulk.LocalKey(key="", certificate="c"), id="no path"),
        pytest.param(lambda: bulk.LocalKey(key="k", certificate=None), id="no certificate"),  # type: ignore[arg-type]
        pytest.param(lambda: bulk.LocalKey(key="k", certificate="c", password_file=5), id="a number"),  # type: ignore[arg-type]
        pytest.param(lambda: bulk.LocalKey(key="k", certificate="c", **dict.fromkeys(PASSWORD_PLACES, "p")), id="both"),
        pytest.param(lambda: bulk.Pkcs11Key(URI, certificate=b"\x30"), id="a certificate itself"),  # type: ignore[arg-type]
        pytest.param(lambda: bulk.StoreLocation(directory="d", anchors=None), id="no anchors"),  # type: ignore[arg-type]
        pytest.param(lambda: bulk.VerifyPlan(trust=[SIGNER.key], at=NOW), id="keys without a list"),  # type: ignore[arg-type]
        pytest.param(
            lambda: bulk.VerifyPlan(trust=hcert.TrustList(), at=NOW, policy=lambda: True),  # type: ignore[arg-type]
            id="a function as policy",
        ),
    ],
)
def test_a_place_is_a_path_and_never_a_content(make: Any) -> None:
    """A key in a plan would reach every log that shows the plan."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        make()
    assert caught.value.code == "bulk.plan"
    assert "PRIVATE" not in str(caught.value)


def test_a_uri_with_a_pin_is_refused() -> None:
    """As everywhere; and a place without a secret travels."""
    with pytest.raises(hcert.SignerError) as caught:
        bulk.Pkcs11Key(URI.replace("pin-source=file:/run/secrets/pin", "pin-value=1234"))
    assert caught.value.code == "signer.location"
    assert "1234" not in str(caught.value)
    key = bulk.Pkcs11Key(URI, certificate="dsc.der")
    assert pickle.loads(pickle.dumps(key)) == key  # noqa: S301
    assert key.certificate == str(Path("dsc.der").absolute())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"key": "nothing"}, "bulk.file", id="no key"),
        pytest.param({"key": "\0"}, "bulk.file", id="a null character"),
        pytest.param({"certificate": "."}, "bulk.file", id="a folder as certificate"),
        pytest.param({"password_file": "nothing"}, "bulk.password", id="no password file"),
        pytest.param({"password_variable": "HCERT_TEST_UNSET"}, "bulk.password", id="no password variable"),
        pytest.param({"key": "locked.key"}, "key.password_missing", id="no password"),
        pytest.param(
            {"key": "locked.key", "password_variable": "HCERT_TEST_WRONG"}, "key.password", id="wrong password"
        ),
        pytest.param({"certificate": "other.der"}, "key.mismatch", id="certificate of another key"),
    ],
)
def test_a_key_that_cannot_be_opened_stops_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], code: str
) -> None:
    """Before a row is read, and without what it says."""
    monkeypatch.setenv("HCERT_TEST_WRONG", "wrong")
    (tmp_path / "locked.key").write_bytes(pem_of(SIGNER.private_key, SECRET))
    (tmp_path / "other.der").write_bytes(document_signer(p256()).certificate)
    places = {name: value if name == "password_variable" else str(tmp_path / value) for name, value in change.items()}
    plan = plan_in(tmp_path, signer=replace(key_in(tmp_path), **places))
    with pytest.raises(hcert.HcertError) as caught:
        bulk.issue_batches(plan, [])
    assert caught.value.code == code


def test_a_password_may_be_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which workers inherit."""
    variable = "HCERT_TEST_PASSWORD"
    monkeypatch.setenv(variable, SECRET.decode())
    (tmp_path / "locked.key").write_bytes(pem_of(SIGNER.private_key, SECRET))
    source = replace(key_in(tmp_path), key=tmp_path / "locked.key", password_variable=variable)
    assert source.open().key == SIGNER.key


def test_another_key_stops_the_job(tmp_path: Path) -> None:
    """A worker with last year's key would issue codes that nobody planned."""
    (tmp_path / "other").mkdir()
    plan = plan_in(tmp_path, signer=key_in(tmp_path / "other", document_signer(p256())))
    with pytest.raises(hcert.JobError) as caught:
        bulk.issue_batches(plan, [])
    assert caught.value.code == "bulk.kid"


@dataclass(frozen=True)
class Counted:
    """A place of a key that counts how often it is opened, in the process that opens it."""

    name: str
    fails: bool = False

    def open(self) -> Any:
        """Open the key."""
        OPENINGS.append((os.getpid(), self.name))
        return Failing() if self.fails else SIGNER.signer


class Failing:
    """A signer whose token is away."""

    key = SIGNER.key

    def sign(self, _data: bytes) -> bytes:
        """Fail."""
        raise hcert.SignerError.of("signer.unavailable", reason="503")


OPENINGS: list[tuple[int, str]] = []


def test_a_key_is_opened_once_and_only_few_stay_open(tmp_path: Path) -> None:
    """Whatever number of batches there is."""
    OPENINGS.clear()
    held = OpenedPlans()
    plans = [plan_in(tmp_path, signer=Counted(str(number))) for number in range(5)]
    issuers = [held.issuer(plan) for plan in plans[:4]]
    assert [held.issuer(pickle.loads(pickle.dumps(plan))) for plan in plans[:4]] == issuers  # noqa: S301
    assert len(OPENINGS) == 4
    held.issuer(plans[4])
    held.issuer(plans[3])
    assert len(OPENINGS) == 5
    held.issuer(plans[0])
    assert len(OPENINGS) == 6


def test_a_key_is_opened_anew_after_a_fault(tmp_path: Path) -> None:
    """The next batch may find its token again."""
    OPENINGS.clear()
    plan = plan_in(tmp_path, signer=Counted("away", fails=True))
    for _ in range(2):
        with pytest.raises(hcert.SignerError) as caught:
            issue(plan, [batch_of(make_rows(1))])
        assert caught.value.transient
    assert len(OPENINGS) == 2


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_the_key_anew(tmp_path: Path) -> None:
    """It must not share a session with its parent, who goes on as before."""
    OPENINGS.clear()
    plan, held = plan_in(tmp_path, signer=Counted("forked")), OpenedPlans()
    before = held.issuer(plan)
    child = os.fork()
    if child == 0:
        held.issuer(plan)
        os._exit(0 if [pid for pid, _ in OPENINGS][-1] == os.getpid() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert held.issuer(plan) is before
    assert len(OPENINGS) == 1


@pytest.mark.process
def test_the_package_does_not_need_the_extra() -> None:
    """And says which one is missing where it is asked for."""
    printed = run(
        """
import sys
sys.modules["pyarrow"] = None
import hcert
try:
    from hcert import bulk
except ImportError as error:
    print(error)
""",
    )
    assert printed.strip() == "hcert.bulk needs more packages: pip install 'hcert[bulk]'"


@pytest.mark.parametrize(
    ("module", "extra"), [("pycose.messages.sign1message", "issue"), ("segno", "issue"), ("pkcs11", "hsm")]
)
def test_a_worker_without_packages_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    """It may be one machine of many that was set up differently."""
    for loaded in [name for name in sys.modules if name.startswith(("hcert.issue", "hcert.keys.pkcs11"))]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    plan = plan_in(tmp_path, signer=bulk.Pkcs11Key(URI) if extra == "hsm" else key_in(tmp_path))
    with pytest.raises(hcert.ConfigurationError) as caught:
        plan.open()
    assert caught.value.findings == (finding("extra.missing", extra=extra),)


@pytest.mark.process
def test_no_engine_is_imported_and_verifying_needs_no_packages_of_issuing() -> None:
    """Workers start in the time of pyarrow."""
    printed = run(
        """
import sys
for name in ("pycose", "segno", "polars", "duckdb", "pyspark", "pkcs11"):
    sys.modules[name] = None
import datetime as dt, pyarrow as pa, hcert
from hcert import bulk
plan = bulk.VerifyPlan(trust=hcert.TrustList(), at=dt.datetime.now(dt.UTC))
(out,) = bulk.verify_batches(plan, [pa.RecordBatch.from_pylist([{"row_id": "1", "text": "HC1:"}])])
print(out.column("accepted").to_pylist())
""",
    )
    assert printed.strip() == "[False]"
