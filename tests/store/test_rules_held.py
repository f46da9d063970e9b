"""The rule list of a store: taken by what it says it is, kept as it was signed, and judged by."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import hcert
from hcert.certlogic import CountryRules, RuleList
from support.country_rules import FAILS, rule
from support.list_publisher import DAY, LIST_EXPIRY, anchors, keys_of, publish, sealed_claims
from support.signers import NOW, document_signer, p256, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = NOW + DAY
SIGNER = document_signer(p256())
KEYS = hcert.TrustList([SIGNER.key])
CODE = hcert.Issuer(SIGNER.signer, country="VN").issue(vaccination_record(), issued_at=NOW, expires_at=NOW + 365 * DAY)
ONE, TWO = RuleList([rule()]), RuleList([rule(), rule("GR-VN-0002", FAILS)])


@pytest.fixture
def store(tmp_path: Path) -> hcert.TrustStore:
    """An empty store."""
    return store_in(tmp_path)


def store_in(directory: Path) -> hcert.TrustStore:
    """Open the store like a process that has just started."""
    return hcert.TrustStore(directory, anchors=keys_of(0, 1, 2), threshold=2)


def refused(make: Callable[[], object]) -> str:
    """Return the code of the error."""
    with pytest.raises((hcert.MalformedError, hcert.ConfigurationError)) as caught:
        make()
    return caught.value.code


def test_a_store_without_rules_says_so(store: hcert.TrustStore) -> None:
    """Nobody must take it for one whose rules let everybody in; the other lists do not need it."""
    assert refused(store.rules) == "store.no_rules"
    store.update(publish(KEYS), at=AT)
    store.update(publish(hcert.RevocationList()), at=AT)
    assert refused(store.rules) == "store.no_rules"
    assert store.verifier().check(CODE.text, at=AT).accepted


def test_an_update_takes_rules_and_reports_them(store: hcert.TrustStore, tmp_path: Path) -> None:
    """In any order with other lists; the file is what was signed."""
    data = publish(ONE, version=3)
    first = store.update(data, at=AT)
    assert (first.kind, first.previous, first.changed, first.envelope.state.version) == ("rule list", None, True, 3)
    again = store.update(data, at=AT)
    assert (again.changed, again.previous) == (False, first.envelope)
    second = store.update(publish(TWO, version=4), at=AT)
    assert (second.previous, second.anchors_changed) == (first.envelope, False)
    assert len(store_in(tmp_path).rules()) == 2
    assert (tmp_path / "rules.cose").read_bytes() != data


def test_the_verifier_of_a_store_judges_by_its_rules(store: hcert.TrustStore) -> None:
    """And shows the rule that failed, and how old the list is."""
    for content in (KEYS, hcert.RevocationList(), ONE):
        store.update(publish(content), at=AT)
    grace = hcert.Tolerances(list_grace=2 * DAY)
    required = CountryRules(store.rules(), country="VN", tolerances=grace)
    verdict = store.verifier(policy=required, tolerances=grace).check(CODE.text, at=AT)
    assert verdict.accepted
    assert verdict.lists.rules is not None
    assert verdict.lists.rules.expires_at == LIST_EXPIRY
    late = store.verifier(policy=required, tolerances=grace).check(CODE.text, at=LIST_EXPIRY + DAY)
    assert [found.code for found in late.findings] == [
        "trust.list_stale",
        "revocation.list_stale",
        "rule.list_stale",
    ]
    store.update(publish(TWO, version=2), at=AT)
    verdict = store.verifier(policy=CountryRules(store.rules(), country="VN")).check(CODE.text, at=AT)
    assert [dict(found.details)["rule"] for found in verdict.errors] == ["GR-VN-0002"]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: publish(ONE, version=4), "document.older"),
        (lambda: publish(ONE, version=5), "document.equivocation"),
        (lambda: publish(ONE, version=6, by=[0]), "document.too_few_signatures"),
        (lambda: publish(ONE, version=6, expires_at=NOW + DAY / 2), "document.expired"),
        (lambda: publish(ONE, version=6, issued_at=AT + DAY), "document.not_yet_valid"),
        (lambda: publish(ONE, version=6)[:-1], "document.malformed"),
        (lambda: body([]), "document.malformed"),
    ],
    ids=["older", "same version", "one signature", "expired", "from the future", "cut", "no rules"],
)
def test_bad_rules_do_not_replace_good_ones(
    store: hcert.TrustStore, tmp_path: Path, make: Callable[[], bytes], code: str
) -> None:
    """The list held stays, now and after a restart."""
    store.update(publish(TWO, version=5), at=AT)
    assert refused(lambda: store.update(make(), at=AT)) == code
    assert [len(one.rules()) for one in (store, store_in(tmp_path))] == [2, 2]


def body(content: object) -> bytes:
    """Sign any body as that of a rule list of version 6."""
    start, end = (int(moment.timestamp()) for moment in (NOW, LIST_EXPIRY))
    return sealed_claims({4: end, 6: start, -65537: {0: "hcert-rules", 1: 6, 2: content}})


def test_rules_have_a_sequence_of_their_own(store: hcert.TrustStore) -> None:
    """Their version says nothing of other lists, nor those of theirs."""
    store.update(publish(KEYS, version=9), at=AT)
    store.update(publish(hcert.RevocationList(), version=5), at=AT)
    store.update(publish(ONE, version=1), at=AT)
    store.update(publish(KEYS, version=10), at=AT)
    assert [one.envelope and one.envelope.state.version for one in (store.trust_list(), store.rules())] == [10, 1]


def test_a_broken_rule_is_taken_with_its_list_and_stays_open(store: hcert.TrustStore) -> None:
    """The others count; nobody is let in where it may apply."""
    for data in (publish(KEYS), publish(hcert.RevocationList()), body({0: [b"\xff"]})):
        store.update(data, at=AT)
    assert [found.record for found in store.rules().quarantined] == ["#1"]
    verdict = store.verifier(policy=CountryRules(store.rules(), country="VN")).check(CODE.text, at=AT)
    assert [found.code for found in verdict.findings] == ["policy.rule_open"]


def test_the_list_held_tells_what_is_older_when_the_versions_seen_are_lost(
    store: hcert.TrustStore, tmp_path: Path
) -> None:
    """It is signed; the file of versions is not. What it tells is saved again with the next list of any kind."""
    old, new, state = publish(ONE, version=1), publish(TWO, version=2), tmp_path / "state.json"
    store.update(new, at=AT)
    state.unlink()
    assert refused(lambda: store.update(old, at=AT)) == "document.older"
    store.update(publish(KEYS), at=AT)
    (tmp_path / "rules.cose").unlink()
    assert refused(lambda: store.update(old, at=AT)) == "document.older"


@pytest.mark.parametrize("how", ["cut", "garbage", "another list", "older", "lost"])
def test_a_changed_file_is_damaged_until_the_next_update(store: hcert.TrustStore, tmp_path: Path, how: str) -> None:
    """Whoever put it there."""
    old, new, path = publish(ONE, version=1), publish(TWO, version=2), tmp_path / "rules.cose"
    store.update(old, at=AT)
    store.update(new, at=AT)
    content = {"cut": new[:-1], "garbage": b"garbage", "another list": publish(KEYS, version=2), "older": old}
    if how == "lost":
        path.unlink()
    else:
        path.write_bytes(content[how])
    for one in (store, store_in(tmp_path)):
        assert refused(one.rules) == "store.damaged"
        assert refused(lambda one=one: one.update(old, at=AT)) == "document.older"  # type: ignore[misc]
    store.update(publish(KEYS), at=AT)
    assert len(store.trust_list()) == 1
    store.update(new, at=AT)
    assert len(store_in(tmp_path).rules()) == 2


def test_rules_held_at_a_rotation_stay_until_the_next_come(store: hcert.TrustStore, tmp_path: Path) -> None:
    """From then on the next anchors sign; the former ones can sign no other rules."""
    store.update(publish(ONE), at=AT)
    store.update(publish(KEYS, by=(0, 1, 3, 4), next_anchors=anchors(3, 4)), at=AT)
    assert len(store_in(tmp_path).rules()) == 1
    assert refused(lambda: store.update(publish(TWO, version=2), at=AT)) == "document.too_few_signatures"
    (tmp_path / "rules.cose").write_bytes(publish(TWO, version=2))
    assert refused(store.rules) == "store.damaged"
    store.update(publish(TWO, version=3, by=(3, 4)), at=AT)
    assert len(store_in(tmp_path).rules()) == 2


@pytest.mark.process
def test_a_scanner_without_rules_loads_nothing_of_them(tmp_path: Path) -> None:
    """Neither CertLogic nor policies, whatever lists it takes."""
    store = store_in(tmp_path)
    store.update(publish(KEYS), at=AT)
    program = (
        "import sys, hcert; from hcert import lists;"
        f"key = hcert.TrustedKey.from_public_key(bytes.fromhex({keys_of(0)[0].spki.hex()!r}));"
        f"store = hcert.TrustStore({str(tmp_path)!r}, anchors=[key]); store.revocations();"
        "print([name for name in sys.modules if name.startswith(('hcert.certlogic', 'hcert.policy'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
