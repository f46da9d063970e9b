"""What the gate knows and does, apart from HTTP: lists, rule and readers' keys in, answers for the page out."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.container import CONTAINERS
from hcert.errors import HcertError, MalformedError
from hcert.findings import finding
from hcert.fragments import Fragment
from hcert.frozen import Frozen
from hcert.gate.answers import (
    LANGUAGES,
    NOTHING,
    SEVERAL,
    Answer,
    answer_unchecked,
    answer_verdict,
    in_every_language,
)
from hcert.gate.list_states import ListState, UpdateReport, describe_lists, read_folder, update_from
from hcert.gate.second_screen import SecondScreen
from hcert.phrases import short
from hcert.policy.base import rule_of
from hcert.store.files import StoreFiles
from hcert.times import aware_or_now
from hcert.tolerances import Tolerances
from hcert.verify.qr_reader import read_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from hcert.keys.hpke import ReaderKey
    from hcert.phrases import Language
    from hcert.policy.base import Policy
    from hcert.records.value_sets import ValueSets
    from hcert.store.trust_store import TrustStore
    from hcert.verify.verifier import Verifier

_VIEW_BYTES: Final = 12
_JPEG: Final = b"\xff\xd8\xff"
_PREFIXES: Final = tuple(prefix.encode("ascii") for prefix in CONTAINERS)


def _no_policy() -> None:
    """Ask for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """With what a gate was started.

    Attributes:
        directory: of the store.
        store: the same.
        updates: a folder from which lists are taken when somebody asks, such as a mounted stick.
        make_policy: returns the rule; None if the gate only says whether a code is authentic. It is asked again after
            each update, and may raise what `TrustStore.rules` raises.
        uses_rules: whether the rule is that of the rule list in the store.
        tolerances: for clocks and expired lists.
        value_sets: codes beyond those of the package.
        readers: keys that open sealed parts.
        language: in which the page starts.
        counting: whether the page shows how many codes there were of each verdict.
    """

    directory: Path
    store: TrustStore
    updates: Path | None = None
    make_policy: Callable[[], Policy | None] = _no_policy
    uses_rules: bool = False
    tolerances: Tolerances = field(default_factory=Tolerances)
    value_sets: ValueSets | None = None
    readers: Sequence[ReaderKey] = ()
    language: Language = "en"
    counting: bool = False


class GateState(Frozen, frozen=True):
    """What the page shows beside the card.

    Attributes:
        now: the clock of the device, ISO 8601 with its zone.
        language: in which the page starts.
        rule: what a code must certify, by language; None if nothing. Where it cannot be read, in short why.
        lists: key list and revocation list, and the rule list if it is used.
        updates: whether there is a folder to take lists from.
        counts: number of codes by verdict since the start; None if they are not counted.
    """

    now: str
    language: str
    rule: dict[Language, str] | None
    lists: tuple[ListState, ...]
    updates: bool
    counts: dict[str, int] | None


class Desk:
    """A gate at work. Many threads may use it at once. It keeps no history: the last code's digest, and counts."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._files = StoreFiles(setup.directory)
        self._secret = secrets.token_bytes(32)
        self._held: tuple[Any, Verifier] | None = None
        self._lock = Lock()
        self._last_counted: str | None = None
        self._counts: Counter[str] = Counter()
        self.second_screen = SecondScreen(setup.readers)

    def check_text(self, text: str) -> Answer:
        """Check the text of a code, exactly as it was read."""
        view = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._secret, digest_size=_VIEW_BYTES)
        try:
            answer = self._check(text, view.hexdigest())
        except HcertError as error:
            return answer_unchecked(error.findings[0], view=view.hexdigest())
        except OSError:
            return answer_unchecked(finding("store.damaged"), view=view.hexdigest())
        self._count(answer)
        return answer

    def check_frame(self, data: bytes) -> Answer:
        """Check the code in a frame of the camera, JPEG; a frame without a readable code is `nothing`.

        Raises:
            MalformedError: `picture.unreadable` or `picture.too_large`.
        """
        if not data.startswith(_JPEG):
            raise MalformedError.of("picture.unreadable")
        try:
            return self._check_picture(data)
        except MalformedError as error:
            if error.code != "picture.no_code":
                raise
            return NOTHING

    def check_picture(self, data: bytes) -> Answer:
        """Check the code in a file that somebody chose: a picture of any format, or the text of a code."""
        if data.startswith(_PREFIXES):
            return self.check_text(data.decode("utf-8", "replace").rstrip("\r\n"))
        try:
            return self._check_picture(data)
        except MalformedError as error:
            return Answer("hint", reason=in_every_language(error.findings[0]))

    def take_lists(self, data: bytes) -> UpdateReport:
        """Put a list into the store."""
        return update_from(self._setup.store, {"": data})

    def take_folder(self) -> UpdateReport:
        """Put the lists of the folder for updates into the store."""
        if self._setup.updates is None:
            return UpdateReport(problem="folder")
        try:
            offered = read_folder(self._setup.updates)
        except OSError:
            return UpdateReport(problem="folder")
        return update_from(self._setup.store, offered)

    def state(self) -> GateState:
        """Return what the page shows beside the card."""
        setup, now = self._setup, aware_or_now(None, name="at")
        return GateState(
            now=now.astimezone().isoformat(timespec="seconds"),
            language=setup.language,
            rule=self._name_rule(),
            lists=describe_lists(setup.store, setup.tolerances, now, with_rules=setup.uses_rules),
            updates=setup.updates is not None,
            counts=dict(self._counts) if setup.counting else None,
        )

    def _check_picture(self, data: bytes) -> Answer:
        """Check the code in a picture; several codes in view are a hint. Raises as `read_picture`."""
        try:
            text = read_picture(data)
        except MalformedError as error:
            if error.code != "picture.several_codes":
                raise
            return SEVERAL
        return self.check_text(text)

    def _check(self, text: str, view: str) -> Answer:
        verdict = self._verifier().check(text)
        sealed = None if verdict.certificate is None else verdict.certificate.sealed
        can_open = self.second_screen.offer(view, sealed)
        zone = _zone_of(verdict.checked_at)
        return answer_verdict(verdict, view=view, zone=zone, value_sets=self._setup.value_sets, sealed=can_open)

    def _verifier(self) -> Verifier:
        """Return a verifier with the lists that the store holds now, whoever put them there."""
        with self._lock:
            files = self._files.fingerprint()
            if self._held is None or self._held[0] != files:
                setup = self._setup
                verifier = setup.store.verifier(
                    policy=setup.make_policy(), tolerances=setup.tolerances, value_sets=setup.value_sets
                )
                self._held = files, verifier
            return self._held[1]

    def _name_rule(self) -> dict[Language, str] | None:
        """Return what the rule is called, by language."""
        try:
            policy = self._setup.make_policy()
        except HcertError as error:
            return {language: short(error.findings[0], language=language) for language in LANGUAGES}
        return None if policy is None else _in_every_language(rule_of(policy))

    def _count(self, answer: Answer) -> None:
        """Count a verdict, once for a code that stays in view."""
        if self._setup.counting and answer.cards is not None:
            with self._lock:
                if answer.view != self._last_counted:
                    self._last_counted = answer.view
                    self._counts[answer.state] += 1


def _in_every_language(rule: str | Fragment) -> dict[Language, str]:
    return {language: rule.words(language) if isinstance(rule, Fragment) else rule for language in LANGUAGES}


def _zone_of(moment: datetime) -> tzinfo:
    """Return the time zone of this device."""
    return moment.astimezone().tzinfo or UTC
