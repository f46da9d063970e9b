"""The lists that the gate checks with: how old they are, and how new ones are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from hcert.checks.freshness import key_list_findings, revocation_list_findings, rule_list_findings
from hcert.errors import HcertError
from hcert.frozen import Frozen
from hcert.gate.answers import in_every_language

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from hcert.findings import Finding
    from hcert.phrases import Language
    from hcert.store.store_update import ListKind
    from hcert.store.trust_store import TrustStore
    from hcert.tolerances import Tolerances
    from hcert.trust.document_content import Envelope

ListName: TypeAlias = Literal["keys", "revocations", "rules"]
ListAge: TypeAlias = Literal["fresh", "stale", "expired", "future", "missing", "damaged"]
MAX_LIST: Final = 256_000_000  # bytes; a full revocation list of ten million items has 165 MB
_MAX_FILES: Final = 100  # of a folder
_BEGINNINGS: Final = (b"HCERTDOC", b"\xd8\x62")  # of a full revocation list; of the other kinds
_NOT_YET: Final = frozenset({"store.empty", "store.no_rules"})
_AGES: Final[dict[str, ListAge]] = {"list_from_future": "future", "list_stale": "stale", "list_expired": "expired"}


class ListState(Frozen, frozen=True):
    """A list as the page shows it.

    Attributes:
        kind: of the list.
        state: `stale` is expired but within the grace; `damaged` is a store that cannot be read.
        version: None where there is no list.
        age_seconds: since its issue.
        remaining_seconds: until its expiry, negative afterwards.
    """

    kind: ListName
    state: ListAge
    version: int | None = None
    age_seconds: int | None = None
    remaining_seconds: int | None = None


class Taken(Frozen, frozen=True):
    """A list that was put into the store."""

    file: str
    kind: ListKind
    version: int
    changed: bool


class Refused(Frozen, frozen=True):
    """A file that was not put into the store, and why, by language."""

    file: str
    code: str
    message: dict[Language, str]


class UpdateReport(Frozen, frozen=True):
    """What an update did.

    Attributes:
        problem: `folder` if it could not be read, `empty` if there is no list in it, `store` if it cannot be written.
    """

    taken: tuple[Taken, ...] = ()
    refused: tuple[Refused, ...] = ()
    problem: Literal["folder", "empty", "store"] | None = None


def describe_lists(
    store: TrustStore, tolerances: Tolerances, now: datetime, *, with_rules: bool
) -> tuple[ListState, ...]:
    """Return the state of the key list and of the revocation list, and of the rule list if it is used."""

    def keys() -> ListState:
        envelope = store.trust_list().envelope
        return _describe("keys", envelope, key_list_findings(envelope, now, tolerances), now)

    def revocations() -> ListState:
        held = store.revocations()
        found = revocation_list_findings(held.envelopes, now, tolerances)
        return _describe("revocations", held.envelope, found, now)

    def rules() -> ListState:
        envelope = store.rules().envelope
        return _describe("rules", envelope, rule_list_findings(envelope, now, tolerances), now)

    shown = (_or_fault("keys", keys), _or_fault("revocations", revocations))
    return (*shown, _or_fault("rules", rules)) if with_rules else shown


def update_from(store: TrustStore, offered: dict[str, bytes]) -> UpdateReport:
    """Put lists into a store, whatever their order."""
    if not offered:
        return UpdateReport(problem="empty")
    try:
        taken, refused = store.update_all(offered)
    except OSError:
        return UpdateReport(problem="store")
    except HcertError as error:  # another process holds the store
        taken, refused = {}, dict.fromkeys(offered, error)
    return UpdateReport(
        tuple(Taken(name, one.kind, one.envelope.state.version, one.changed) for name, one in taken.items()),
        tuple(Refused(name, error.code, in_every_language(error.findings[0])) for name, error in refused.items()),
    )


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the signed lists in a folder by file name; other files are left alone.

    Raises:
        OSError: if the folder cannot be read.
    """
    found: dict[str, bytes] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and len(found) < _MAX_FILES:
            with path.open("rb") as file:
                begin = file.read(max(map(len, _BEGINNINGS)))
                if begin.startswith(_BEGINNINGS):
                    found[path.name] = begin + file.read(MAX_LIST)
    return found


def _describe(kind: ListName, envelope: Envelope | None, found: list[Finding], now: datetime) -> ListState:
    if envelope is None:
        return ListState(kind, "missing")
    state: ListAge = _AGES[found[0].code.partition(".")[2]] if found else "fresh"
    age, remaining = now - envelope.issued_at, envelope.expires_at - now
    return ListState(kind, state, envelope.state.version, round(age.total_seconds()), round(remaining.total_seconds()))


def _or_fault(kind: ListName, describe: Callable[[], ListState]) -> ListState:
    try:
        return describe()
    except HcertError as error:
        return ListState(kind, "missing" if error.code in _NOT_YET else "damaged")
    except OSError:
        return ListState(kind, "damaged")
