"""The lists in the directory of a store, read anew each time.

Only signatures count. Lists are opened under the anchors in force. Former anchors count in two cases only: for the key
list that made the last rotation, and for revocations and rules that were held at a rotation, if their exact content was
seen before. So a former anchor can sign nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from hcert.errors import MalformedError
from hcert.store.rotation import ANY_AGE, END_OF_TIME, follow_rotations
from hcert.store.seen_versions import SeenVersions
from hcert.trust.revocation_list import RevocationList
from hcert.trust.trust_list import TrustList

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.certlogic.rule_list import RuleList
    from hcert.store.files import StoreFiles
    from hcert.store.rotation import AnchorChain
    from hcert.store.seen_versions import SeenVersion
    from hcert.trust.anchors import Anchors
    from hcert.trust.document_content import Envelope, OpenedDocument, State

_List = TypeVar("_List", TrustList, RevocationList, "RuleList")
_Opened = TypeVar("_Opened", RevocationList, "RuleList")

KEYS_FILE: Final = "keys.cose"
FULL_FILE: Final = "revocations.bin"
DELTA_FILE: Final = "delta.cose"
RULES_FILE: Final = "rules.cose"
STATE_FILE: Final = "state.json"
EVIDENCE_PREFIX: Final = "anchors-"


@dataclass(frozen=True)
class HeldKeys:
    """The key list in the directory, and what it takes to judge other lists.

    Attributes:
        chain: the anchors.
        seen: the newest versions ever taken, as far as the file about them is intact.
        data: the file of the key list; None where there is none.
        document: the key list as opened; None where no anchors vouch for it.
    """

    chain: AnchorChain
    seen: SeenVersions
    data: bytes | None
    document: OpenedDocument | None

    @cached_property
    def trust_list(self) -> TrustList | None:
        """The key list; None where it cannot be opened. Built on demand: revocations do not need it."""
        try:
            return None if self.document is None else TrustList.from_document(self.document)
        except MalformedError:
            return None


@dataclass(frozen=True)
class HeldRevocations:
    """The revocations in the directory.

    Attributes:
        full: the full revocation list; None where there is none that can be opened.
        newest: the same with its delta applied; None where a delta was taken but is lost or damaged.
    """

    full: RevocationList | None
    newest: RevocationList | None


@dataclass(frozen=True)
class HeldRules:
    """The rule list in the directory.

    Attributes:
        data: the file; None where there is none.
        rules: the list; None where there is none that can be opened.
    """

    data: bytes | None = None
    rules: RuleList | None = None


def read_keys(files: StoreFiles, pinned: Anchors) -> HeldKeys:
    """Read the key list, and find the anchors in force."""
    seen = SeenVersions.decode(files.read(STATE_FILE))
    data = files.read(KEYS_FILE)
    evidence = tuple(filter(None, map(files.read, files.list_names(EVIDENCE_PREFIX))))
    chain, opened = follow_rotations(pinned, evidence if data is None else (*evidence, data))
    return HeldKeys(chain, seen, data, None if data is None else opened.get(data))


def read_revocations(files: StoreFiles, keys: HeldKeys) -> HeldRevocations:
    """Read the full revocation list and its delta."""
    full = _read_full(files, keys)
    return HeldRevocations(full, None if full is None else apply_held_delta(files, keys, full))


def read_rules(files: StoreFiles, keys: HeldKeys) -> HeldRules:
    """Read the rule list."""
    data = files.read(RULES_FILE)
    if data is None:
        return HeldRules()
    from hcert.certlogic.rule_list import RuleList  # only stores that hold rules need it

    def open_rules(anchors: Anchors) -> RuleList:
        return RuleList.open(data, anchors=anchors, at=END_OF_TIME, grace=ANY_AGE)

    return HeldRules(data, _open_held(keys.chain, keys.seen.rules, open_rules))


def _read_full(files: StoreFiles, keys: HeldKeys) -> RevocationList | None:
    path = files.find(FULL_FILE)
    if path is None:
        return None

    def open_full(anchors: Anchors) -> RevocationList:
        return RevocationList.open(path, anchors=anchors, at=END_OF_TIME, grace=ANY_AGE)

    return _open_held(keys.chain, keys.seen.base, open_full)


def apply_held_delta(files: StoreFiles, keys: HeldKeys, full: RevocationList) -> RevocationList | None:
    """Return a full list with the delta of the directory applied; None where one was taken that cannot be applied."""
    data, base, newest = files.read(DELTA_FILE), keys.seen.base, keys.seen.revocations
    if data is not None:

        def apply_delta(anchors: Anchors) -> RevocationList:
            return full.apply_delta(data, anchors=anchors, at=END_OF_TIME, grace=ANY_AGE)

        try:
            return _open_held(keys.chain, newest, apply_delta)
        except _OlderDeltaError:  # the process died before it removed the delta of the previous full list
            return full
    lost = newest is not None and base is not None and newest.state.version > base.state.version
    return None if lost and base is not None and state_of(full.envelope) == base.state else full


class _OlderDeltaError(Exception):
    """A delta is older than the full list."""


def _open_held(
    chain: AnchorChain, seen: SeenVersion | None, open_under: Callable[[Anchors], _Opened]
) -> _Opened | None:
    """Open a list under the anchors in force, or under former ones if this exact content was seen before."""
    for anchors in reversed(chain.anchors):
        try:
            opened = open_under(anchors)
        except MalformedError as error:
            if error.code == "document.older":
                raise _OlderDeltaError from None
            continue
        if anchors is chain.in_force or (seen is not None and state_of(opened.envelope) == seen.state):
            return opened
    return None


def envelope_of(held: TrustList | RevocationList | RuleList | None) -> Envelope | None:
    """Return the envelope of a list held; None where none is."""
    return None if held is None else held.envelope


def state_of(envelope: Envelope | None) -> State | None:
    """Return version and content of a list held; None where none is."""
    return None if envelope is None else envelope.state


def require_newest(held: _List | None, seen: SeenVersion | None) -> _List:
    """Return the list held, unless it is lost or a newer one was taken before.

    Raises:
        MalformedError: `store.damaged`.
    """
    state = state_of(envelope_of(held))
    if held is None or state is None:
        raise MalformedError.of("store.damaged")
    if seen is not None and state != seen.state and state.version <= seen.state.version:
        raise MalformedError.of("store.damaged")
    return held
