"""The store against a model: published, replayed, damaged, lost and restarted in any order, nothing older comes back.

The machine does to a store what happens to scanners. The model knows every list by what was published, and says of each
step what an honest reader of `hcert.store.trust_store` expects: the very list, or the very code of the refusal. After
each step the store and one that was started anew are asked for what they hold.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import hcert
from hcert.certlogic import RuleList
from hcert.errors import ConfigurationError, MalformedError
from hcert.trust.revocation_kinds import RevocationKind, digest
from support.country_rules import rule as country_rule
from support.list_publisher import DAY, anchor, anchors, keys_of
from support.signers import NOW, document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Callable

PINNED: Final = (0, 1, 2)  # of which two sign
GENERATIONS: Final = (PINNED, (3, 4), (5, 6))
KEYS: Final = tuple(document_signer(p256()).key for _ in range(3))
IDS: Final = tuple(bytes([number]) * 16 for number in range(5))
KEYS_FILE, FULL_FILE, DELTA_FILE, STATE_FILE = "keys.cose", "revocations.bin", "delta.cose", "state.json"
RULES_FILE: Final = "rules.cose"
RULES: Final = tuple(country_rule(f"GR-VN-000{number}") for number in range(4))
LIFE: Final = 30 * DAY

generations = st.integers(0, len(GENERATIONS) - 1)
contents = st.integers(1, len(KEYS))
jumps = st.integers(1, 3)


@dataclass(frozen=True, repr=False)
class Published:
    """A list as published, and what the model knows of it.

    Attributes:
        data: the file.
        version: of the list.
        content: how many keys, certificates or rules it names.
        by: the generation of anchors that signed it.
        names: the generation that it puts in force.
        base: of a delta, the full list that it counts from.
        day: on which it was issued.
        refused: the code with which everybody must refuse it, where something is wrong with it.
    """

    data: bytes
    version: int
    content: int
    by: int
    names: int | None = None
    base: Published | None = None
    day: int = 0
    refused: str | None = None

    def __repr__(self) -> str:
        base = "" if self.base is None else f" on {self.base.version}"
        names = "" if self.names is None else f" naming {self.names}"
        return f"<version {self.version}{base} of {self.content} by {self.by}{names}, day {self.day}>"

    @property
    def state(self) -> tuple[object, ...]:
        """What makes two lists of one version the same."""
        return (self.version, self.content, self.names, self.base and self.base.state, self.day)


@cache
def make_keys(version: int, content: int, by: int, names: int | None, day: int, *, signatures: int = 2) -> Published:
    """Publish a key list."""
    named = None if names is None else anchors(*GENERATIONS[names])
    data = hcert.TrustList(KEYS[:content]).seal(
        _signers(by, signatures), version=version, next_anchors=named, **_times(day)
    )
    return Published(data, version, content, by, names, day=day)


@cache
def make_full(version: int, content: int, by: int, day: int) -> Published:
    """Publish a full revocation list."""
    data = hcert.RevocationList(certificates=IDS[:content]).seal(_signers(by), version=version, **_times(day))
    return Published(data, version, content, by, day=day)


@cache
def make_delta(base: Published, version: int, content: int, by: int, day: int) -> Published:
    """Publish a delta."""
    latest = dt.datetime.max.replace(tzinfo=dt.UTC)
    pins: dict[str, Any] = {"anchors": keys_of(*GENERATIONS[base.by]), "threshold": 2, "at": latest}
    full = hcert.RevocationList.open(base.data, **pins, grace=dt.timedelta.max)
    data = hcert.RevocationList(certificates=IDS[:content]).seal_delta(
        _signers(by), base=full, version=version, **_times(day)
    )
    return Published(data, version, content, by, base=base, day=day)


@cache
def make_rules(version: int, content: int, by: int, day: int) -> Published:
    """Publish a rule list."""
    data = RuleList(RULES[:content]).seal(_signers(by), version=version, **_times(day))
    return Published(data, version, content, by, day=day)


def _signers(generation: int, count: int = 2) -> list[hcert.LocalSigner]:
    return [anchor(number).signer for number in GENERATIONS[generation][:count]]


def _times(day: int) -> dict[str, Any]:
    return {"issued_at": NOW + day * DAY, "expires_at": NOW + day * DAY + LIFE}


class Refused(Exception):  # noqa: N818 - an expectation
    """What the model expects of a step: a code."""


@dataclass(frozen=True)
class SeenVersion:
    """The newest list taken, and the day on which the latest of all was issued."""

    one: Published
    issued: int

    def check(self, offered: Published) -> None:
        """Expect that no list is taken that may be one from before, unless it was issued later."""
        if offered.day <= self.issued:
            compare(offered, self.one)


@dataclass(frozen=True)
class SeenVersions:
    """The newest lists ever taken."""

    keys: SeenVersion | None = None
    full: SeenVersion | None = None
    newest: SeenVersion | None = None
    rules: SeenVersion | None = None


def update_seen(one: Published | None, before: SeenVersion | None) -> SeenVersion | None:
    """Remember a list that was taken or is held."""
    if one is None:
        return before
    return SeenVersion(one, one.day if before is None else max(one.day, before.issued))


def newer(one: Published | None, other: Published | None) -> Published | None:
    """Return the one with the higher version, the first of two with the same."""
    return other if one is None or (other is not None and other.version > one.version) else one


def compare(offered: Published, held: Published | None) -> None:
    """Expect that nothing older is taken, and nothing else under the same version."""
    if held is not None and offered.version < held.version:
        raise Refused("document.older")
    if held is not None and offered.version == held.version and offered.state != held.state:
        raise Refused("document.equivocation")


DAMAGED: Final = "damaged"


@dataclass
class Model:
    """What must be on the disk: lists, `DAMAGED` or nothing; rotating lists; and the versions seen, or none if lost."""

    files: dict[str, Published | str] = field(default_factory=dict)
    evidence: list[Published] = field(default_factory=list)
    seen: SeenVersions = field(default_factory=SeenVersions)
    day: int = 1

    def chain(self) -> list[tuple[int, Published | None]]:
        """Return the generations of anchors that signatures lead to, each with the list that put it in force."""
        held = self.files.get(KEYS_FILE)
        lists = [*self.evidence, *([held] if isinstance(held, Published) else [])]
        chain: list[tuple[int, Published | None]] = [(0, None)]
        while True:
            in_force, last = chain[-1]
            steps = [
                one
                for one in lists
                if one.by == in_force
                and one.names not in (None, in_force)
                and (last is None or one.version > last.version)
            ]
            if not steps:
                return chain
            step = min(steps, key=lambda one: one.version)
            chain.append((step.names or 0, step))

    @property
    def in_force(self) -> int:
        """The generation that signs lists now."""
        return self.chain()[-1][0]

    def may_sign_keys(self, one: Published) -> bool:
        """Expect the anchors in force, or the very list that put them there."""
        chain = self.chain()
        in_force, last = chain[-1]
        return one.by == in_force or (last is not None and one.by == chain[-2][0] and one.state == last.state)

    def held_keys(self) -> Published | None:
        """Return the key list that can be opened."""
        held, last = self.files.get(KEYS_FILE), self.chain()[-1][1]
        if not isinstance(held, Published) or not self.may_sign_keys(held):
            return None
        try:
            compare(held, last)
        except Refused:
            return None
        return held

    def held_full(self) -> Published | None:
        """Return the full revocation list that can be opened."""
        held = self.files.get(FULL_FILE)
        return held if isinstance(held, Published) and self._counts(held, self.seen.full) else None

    def held_newest(self) -> Published | None:
        """Return the revocations with their delta, unless one was taken that cannot be applied."""
        full, seen = self.held_full(), self.seen
        if full is None:
            return None
        delta = self.files.get(DELTA_FILE)
        if delta is not None:
            if not isinstance(delta, Published) or delta.by not in {by for by, _ in self.chain()}:
                return None
            if delta.version < full.version:
                return full
            sound = delta.base is not None and delta.base.state == full.state and self._counts(delta, seen.newest)
            return delta if sound else None
        lost = seen.newest is not None and seen.full is not None and seen.newest.one.version > seen.full.one.version
        return None if lost and seen.full is not None and seen.full.one.state == full.state else full

    def held_rules(self) -> Published | None:
        """Return the rule list that can be opened."""
        held = self.files.get(RULES_FILE)
        return held if isinstance(held, Published) and self._counts(held, self.seen.rules) else None

    def rules(self) -> Published:
        """Expect a rule list."""
        if RULES_FILE not in self.files and self.seen.rules is None:
            raise Refused("store.no_rules")
        return self._require_newest(self.held_rules(), self.seen.rules)

    def keys(self) -> Published:
        """Expect a key list."""
        if KEYS_FILE not in self.files and self.seen.keys is None:
            raise Refused("store.empty")
        return self._require_newest(self.held_keys(), self.seen.keys)

    def revocations(self) -> Published | None:
        """Expect revocations, or None for those that are missing."""
        if FULL_FILE not in self.files and self.seen.newest is None:
            return None
        return self._require_newest(self.held_newest(), self.seen.newest)

    def take_keys(self, offered: Published) -> Published:
        """Expect what an update by a key list does."""
        held, last = self.held_keys(), self.chain()[-1][1]
        if offered.refused is not None:
            raise Refused(offered.refused)
        if not self.may_sign_keys(offered):
            raise Refused("document.too_few_signatures")
        self._check_time(offered)
        compare(offered, newer(held, last))
        if self.seen.keys is not None:
            self.seen.keys.check(offered)
        rotates = offered.names not in (None, self.in_force)
        self._save_seen(keys=offered)
        for one, kept in (
            (held, held is not None and last is not None and held.state == last.state),
            (offered, rotates),
        ):
            if one is not None and kept and one not in self.evidence:
                self.evidence.append(one)
        self.files[KEYS_FILE] = offered
        return offered

    def take_full(self, offered: Published) -> Published:
        """Expect what an update by a full revocation list does."""
        self._check(offered)
        base = self.held_full()
        if base is None and self.seen.full is not None:
            base = self.seen.full.one
        if base is not None and base.state == offered.state:
            self.files[FULL_FILE] = offered
            return self._require_newest(self.held_newest(), self.seen.newest)
        compare(offered, newer(self.held_full(), self.held_newest()))
        if self.seen.newest is not None:
            self.seen.newest.check(offered)
        self._save_seen(full=offered, newest=offered)
        self.files[FULL_FILE] = offered
        self.files.pop(DELTA_FILE, None)
        return offered

    def take_delta(self, offered: Published) -> Published:
        """Expect what an update by a delta does."""
        self._check_signatures(offered)
        full = self.held_full()
        if full is None:
            raise Refused("store.damaged" if FULL_FILE in self.files else "store.empty")
        self._check_time(offered)
        compare(offered, newer(full, self.held_newest()))
        if offered.base is None or offered.base.state != full.state:
            raise Refused("revocation.wrong_base")
        if self.seen.newest is not None:
            self.seen.newest.check(offered)
        self._save_seen(newest=offered)
        self.files[DELTA_FILE] = offered
        return offered

    def take_rules(self, offered: Published) -> Published:
        """Expect what an update by a rule list does."""
        self._check(offered)
        compare(offered, self.held_rules())
        if self.seen.rules is not None:
            self.seen.rules.check(offered)
        self._save_seen(rules=offered)
        self.files[RULES_FILE] = offered
        return offered

    def _save_seen(
        self,
        *,
        keys: Published | None = None,
        full: Published | None = None,
        newest: Published | None = None,
        rules: Published | None = None,
    ) -> None:
        self.seen = SeenVersions(
            update_seen(keys or self.held_keys(), self.seen.keys),
            update_seen(full or self.held_full(), self.seen.full),
            update_seen(newest or self.held_newest(), self.seen.newest),
            update_seen(rules or self.held_rules(), self.seen.rules),
        )

    def _counts(self, held: Published, known: SeenVersion | None) -> bool:
        former = held.by in {by for by, _ in self.chain()} and known is not None and known.one.state == held.state
        return held.by == self.in_force or former

    def _require_newest(self, held: Published | None, known: SeenVersion | None) -> Published:
        if held is None or (known is not None and held.state != known.one.state and held.version <= known.one.version):
            raise Refused("store.damaged")
        return held

    def _check(self, offered: Published) -> None:
        self._check_signatures(offered)
        self._check_time(offered)

    def _check_signatures(self, offered: Published) -> None:
        if offered.refused is not None:
            raise Refused(offered.refused)
        if offered.by != self.in_force:
            raise Refused("document.too_few_signatures")

    def _check_time(self, offered: Published) -> None:
        if offered.day > self.day:
            raise Refused("document.not_yet_valid")
        if (self.day - offered.day) * DAY > LIFE:
            raise Refused("document.expired")


class StoreMachine(RuleBasedStateMachine):
    """A publisher, a scanner, and what happens to both."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="hcert-store-"))
        self.model = Model()
        self.published: dict[str, list[Published]] = {KEYS_FILE: [], FULL_FILE: [], DELTA_FILE: [], RULES_FILE: []}
        self.least = 0  # version of the key list below which nothing may be taken, as long as something tells it

    @initialize()
    def start(self) -> None:
        """Start, and start again."""
        self.store = self.started()

    @rule()
    def restart(self) -> None:
        """Start again, as after a crash."""
        self.store = self.started()

    @rule(days=st.sampled_from([1, 20, 40]))
    def time_passes(self, days: int) -> None:
        """Some of what was published expires; what is held does not."""
        self.model.day += days

    @rule(jump=jumps, content=contents, names=st.none() | generations)
    def publish_keys(self, jump: int, content: int, names: int | None) -> None:
        """Publish a newer key list, which may name the next anchors, and fetch it."""
        self.fetch_keys(make_keys(self.highest(KEYS_FILE) + jump, content, self.in_force(), names, self.model.day))

    @rule(jump=jumps, by=generations, signatures=st.sampled_from([1, 2]), names=st.none() | generations)
    def forge_keys(self, jump: int, by: int, signatures: int, names: int | None) -> None:
        """Offer a newer list that too few of the anchors in force have signed."""
        if signatures == 1 or by != self.in_force():
            made = make_keys(self.highest(KEYS_FILE) + jump, 1, by, names, self.model.day, signatures=signatures)
            self.offer_keys(replace(made, refused="document.too_few_signatures"))

    @rule(content=contents, back=st.integers(0, 3), days=st.sampled_from([-40, -1, 0, 1]))
    def equivocate(self, content: int, back: int, days: int) -> None:
        """Offer another list under a version that was published, or under one before; perhaps early or expired."""
        version, day = max(1, self.highest(KEYS_FILE) - back), max(0, self.model.day + days)
        self.offer_keys(make_keys(version, content, self.in_force(), None, day))

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """Offer anything again that was published once."""
        known = [(name, one) for name, made in self.published.items() for one in made]
        if known:
            name, one = data.draw(st.sampled_from(known))
            offer = {KEYS_FILE: self.offer_keys, FULL_FILE: self.offer_full, RULES_FILE: self.offer_rules}
            offer.get(name, self.offer_delta)(one)

    @rule(jump=jumps, content=contents)
    def publish_revocations(self, jump: int, content: int) -> None:
        """Publish a full revocation list, and fetch it."""
        made = make_full(self.highest(FULL_FILE, DELTA_FILE) + jump, content, self.in_force(), self.model.day)
        self.published[FULL_FILE].append(made)
        self.offer_full(made)

    @precondition(lambda self: self.published[FULL_FILE])
    @rule(jump=jumps, content=contents, back=st.integers(0, 1))
    def publish_changes(self, jump: int, content: int, back: int) -> None:
        """Publish a delta to the last full list or the one before, and fetch it."""
        base = self.published[FULL_FILE][-1 - back :][0]
        version = self.highest(FULL_FILE, DELTA_FILE) + jump
        made = make_delta(base, version, content, self.in_force(), self.model.day)
        self.published[DELTA_FILE].append(made)
        self.offer_delta(made)

    @rule(back=st.integers(0, 3), content=contents)
    def revoke_under_a_version_that_was(self, back: int, content: int) -> None:
        """Offer another full list under a version that was published, or before."""
        version = max(1, self.highest(FULL_FILE, DELTA_FILE) - back)
        self.offer_full(make_full(version, content, self.in_force(), self.model.day))

    @rule(jump=jumps, content=contents)
    def publish_rules(self, jump: int, content: int) -> None:
        """Publish a rule list, and fetch it."""
        made = make_rules(self.highest(RULES_FILE) + jump, content, self.in_force(), self.model.day)
        self.published[RULES_FILE].append(made)
        self.offer_rules(made)

    @rule(back=st.integers(0, 3), content=contents, by=generations)
    def rule_under_a_version_that_was(self, back: int, content: int, by: int) -> None:
        """Offer another rule list under a version that was published, or before, perhaps of other anchors."""
        version = max(1, self.highest(RULES_FILE) - back)
        self.offer_rules(make_rules(version, content, by, self.model.day))

    @rule(
        which=st.sampled_from([KEYS_FILE, FULL_FILE, DELTA_FILE, RULES_FILE]),
        how=st.sampled_from(["cut", "garbage", "lose"]),
    )
    def harm(self, which: str, how: str) -> None:
        """Damage or lose a list."""
        path = self.directory / which
        if how == "lose":
            path.unlink(missing_ok=True)
            self.model.files.pop(which, None)
        elif path.exists():
            path.write_bytes(path.read_bytes()[:-1] if how == "cut" else b"garbage")
            self.model.files[which] = DAMAGED

    @rule(data=st.data(), which=st.sampled_from([KEYS_FILE, FULL_FILE, DELTA_FILE, RULES_FILE]))
    def restore(self, data: st.DataObject, which: str) -> None:
        """Put another list in the place of the one held, as from a backup."""
        if self.published[which]:
            one = data.draw(st.sampled_from(self.published[which]))
            (self.directory / which).write_bytes(one.data)
            self.model.files[which] = one
            self.least = 0 if which == KEYS_FILE else self.least

    @rule(garbage=st.sampled_from([None, None, b"", b"{}", b"[]"]))
    def harm_state(self, garbage: bytes | None) -> None:
        """Lose the file of versions, or damage it, which comes to the same."""
        path = self.directory / STATE_FILE
        if garbage is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(garbage)
        self.model.seen = SeenVersions()
        self.least = 0

    @rule(how=st.sampled_from(["garbage", "lose"]))
    def harm_evidence(self, how: str) -> None:
        """Damage or lose the lists that rotated; what they proved is proved no longer."""
        for path in self.directory.glob("anchors-*.cose"):
            path.unlink() if how == "lose" else path.write_bytes(b"garbage")
        self.model.evidence.clear()

    @rule(data=st.data())
    def plant_evidence(self, data: st.DataObject) -> None:
        """Put any key list there that was published once, as if it had rotated."""
        if self.published[KEYS_FILE]:
            one = data.draw(st.sampled_from(self.published[KEYS_FILE]))
            (self.directory / f"anchors-{one.version + 1000}.cose").write_bytes(one.data)
            self.model.evidence.append(one)

    @rule(junk=st.sampled_from([b"", b"HCERTDOC", b"\xd8\x62\x80", b"garbage"]))
    def offer_junk(self, junk: bytes) -> None:
        """Offer what is no list."""
        self.offer_keys(Published(junk, 0, 0, 0, refused="document.malformed"))
        kind = self.offer_full if junk.startswith(b"HCERTDOC") else self.offer_delta
        kind(Published(junk, 0, 0, 0, refused="document.malformed"))

    @invariant()
    def holds_what_it_must(self) -> None:
        """The store, and one started anew, give out what the model expects, and nothing else."""
        if not hasattr(self, "store"):
            return
        for store in (self.store, self.started()):
            self.agree(store.trust_list, self.model.keys)
            self.agree(store.revocations, self.model.revocations)
            self.agree(store.rules, self.model.rules)

    def fetch_keys(self, one: Published) -> None:
        """Offer a list that was published."""
        self.published[KEYS_FILE].append(one)
        self.offer_keys(one)

    def offer_keys(self, one: Published) -> None:
        """Offer a key list; whatever the model says, an older one must not be taken while the state is there."""
        held, seen = self.model.held_keys(), self.model.seen.keys
        if seen is None or held is None or held.state != seen.one.state:
            self.least = 0
        taken = self.agree(lambda: self.take(one).trust_list(), lambda: self.model.take_keys(one))
        if taken is not None:
            assert taken >= self.least
            self.least = taken

    def offer_full(self, one: Published) -> None:
        """Offer a full revocation list."""
        self.agree(lambda: self.take(one).revocations(), lambda: self.model.take_full(one))

    def offer_delta(self, one: Published) -> None:
        """Offer a delta."""
        self.agree(lambda: self.take(one).revocations(), lambda: self.model.take_delta(one))

    def offer_rules(self, one: Published) -> None:
        """Offer a rule list."""
        self.agree(lambda: self.take(one).rules(), lambda: self.model.take_rules(one))

    def take(self, one: Published) -> hcert.TrustStore:
        """Update the store, and return it to be asked for what it holds then."""
        self.store.update(one.data, at=self.now)
        return self.store

    def agree(
        self,
        act: Callable[[], hcert.TrustList | hcert.RevocationList | RuleList],
        expect: Callable[[], Published | None],
    ) -> int | None:
        """Compare what the store does with what the model expects; return the version of the list."""
        expected: Published | str | None
        opened: hcert.TrustList | hcert.RevocationList | RuleList | str | None
        try:
            expected = expect()
        except Refused as refused:
            expected = str(refused)
        try:
            opened = act()
        except (MalformedError, ConfigurationError) as error:
            opened = error.code
        if isinstance(opened, hcert.RevocationList) and opened.is_missing:
            opened = None
        if not isinstance(expected, Published) or opened is None or isinstance(opened, str):
            assert opened == expected, (opened, expected)
            return None
        assert opened.envelope is not None
        assert opened.envelope.state.version == expected.version
        if isinstance(opened, hcert.TrustList):
            assert set(opened) == set(KEYS[: expected.content])
        elif isinstance(opened, RuleList):
            assert [held.identifier for held in opened] == [made["Identifier"] for made in RULES[: expected.content]]
        else:
            held = [opened.holds(RevocationKind.CERTIFICATE, digest(name)) for name in IDS]
            assert held == [number < expected.content for number in range(len(IDS))]
        return expected.version

    def started(self) -> hcert.TrustStore:
        """Open the store as a process does that starts."""
        return hcert.TrustStore(self.directory, anchors=keys_of(*PINNED), threshold=2)

    def in_force(self) -> int:
        """Return the generation of anchors that the store takes lists from."""
        return self.model.in_force

    def highest(self, *names: str) -> int:
        """Return the highest version ever published."""
        return max((one.version for name in names for one in self.published[name]), default=0)

    @property
    def now(self) -> dt.datetime:
        """The time of the scanner."""
        return NOW + self.model.day * DAY

    def teardown(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.directory)


TestStore = StoreMachine.TestCase
HISTORIES: Final = 8 if settings.get_current_profile_name() == "fast" else max(40, settings().max_examples // 20)
TestStore.settings = settings(max_examples=HISTORIES, stateful_step_count=25, deadline=None)
