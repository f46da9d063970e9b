"""One update of a store: what is offered is checked against what is held, and replaces it.

Each signed document is opened once, held or offered. Lists are written before the versions that were seen, so a process
that dies in between leaves nothing behind that the lists do not tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError, MalformedError
from hcert.store.held_lists import (
    DELTA_FILE,
    EVIDENCE_PREFIX,
    FULL_FILE,
    KEYS_FILE,
    RULES_FILE,
    STATE_FILE,
    apply_held_delta,
    envelope_of,
    require_newest,
    state_of,
)
from hcert.store.seen_versions import SeenVersions, update_seen
from hcert.store.store_update import StoreUpdate
from hcert.trust import document_file, revocation_list, trust_list
from hcert.trust.document_content import check_time, refuse_rollback
from hcert.trust.revocation_list import RevocationList
from hcert.trust.signed_document import open_document
from hcert.trust.trust_list import TrustList

if TYPE_CHECKING:
    from datetime import datetime

    from hcert.store.files import StoreFiles, Writer
    from hcert.store.held_lists import HeldKeys, HeldRevocations, HeldRules
    from hcert.store.seen_versions import SeenVersion
    from hcert.trust.document_content import Envelope, OpenedDocument, State

_NO_GRACE: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Updater:
    """Takes one offered list into a store that it holds the lock of.

    Attributes:
        files: of the store.
        writer: the same, for writing.
        keys: the key list held.
        revocations: the revocations held.
        rules: the rule list held.
        at: the time of the update.
    """

    files: StoreFiles
    writer: Writer
    keys: HeldKeys
    revocations: HeldRevocations
    rules: HeldRules
    at: datetime

    def take(self, data: bytes) -> StoreUpdate:
        """Take a list of any kind; raises as `TrustStore.update`."""
        if document_file.starts_with_magic(data):
            return self._take_full(data)
        document = self.keys.chain.open_offered(data)
        if document.envelope.kind == trust_list.KIND:
            return self._take_keys(data, document)
        if document.envelope.kind == revocation_list.DELTA_KIND:
            return self._take_delta(data, document)
        return self._take_rules(data, document)

    def _take_keys(self, data: bytes, document: OpenedDocument) -> StoreUpdate:
        chain, envelope, held = self.keys.chain, document.envelope, envelope_of(self.keys.trust_list)
        check_time(envelope, self.at, _NO_GRACE)
        _refuse_older(envelope, chain.last_rotation, state_of(held))
        TrustList.from_document(document)  # raises if it holds no list
        self._check_seen(envelope, self.keys.seen.keys)
        self._keep_evidence()
        if data != self.keys.data:  # scanners fetch more often than lists are made
            self.writer.replace(KEYS_FILE, data)
        rotates = chain.extend(envelope) is not chain
        if rotates:
            self._add_evidence(data)
        self._save_seen(keys=envelope)
        return StoreUpdate("key list", envelope, held, anchors_changed=rotates)

    def _take_full(self, data: bytes) -> StoreUpdate:
        seen, held = self.keys.seen, envelope_of(self.revocations.full)
        document = open_document(
            data, kind=revocation_list.KIND, attachment=True, anchors=self.keys.chain.in_force, at=self.at
        )
        envelope, offered = document.envelope, RevocationList.from_document(document, data)
        is_held = envelope.state == (seen.base and seen.base.state if held is None else held.state)
        if not is_held:
            _refuse_older(envelope, state_of(held), state_of(envelope_of(self.revocations.newest)))
            self._check_seen(envelope, seen.revocations)
        offered.check()  # the signed part may be good and the attachment damaged
        self.writer.replace(FULL_FILE, data)
        if is_held:  # perhaps the file was damaged; the delta to it stays
            newest = apply_held_delta(self.files, self.keys, offered) if held is None else self.revocations.newest
            require_newest(newest, seen.revocations)
        else:
            self.writer.remove(DELTA_FILE)
            self._save_seen(base=envelope, revocations=envelope)
        return StoreUpdate("revocation list", envelope, held)

    def _take_delta(self, data: bytes, document: OpenedDocument) -> StoreUpdate:
        full, envelope, held = self.revocations.full, document.envelope, envelope_of(self.revocations.newest)
        if full is None:
            if self.files.exists(FULL_FILE):
                raise MalformedError.of("store.damaged")
            raise ConfigurationError.of("store.empty")
        check_time(envelope, self.at, _NO_GRACE)
        _refuse_older(envelope, state_of(envelope_of(full)), state_of(held))
        full.apply_delta_document(document)  # raises if it is for another list
        self._check_seen(envelope, self.keys.seen.revocations)
        self.writer.replace(DELTA_FILE, data)
        self._save_seen(revocations=envelope)
        return StoreUpdate("delta", envelope, held)

    def _take_rules(self, data: bytes, document: OpenedDocument) -> StoreUpdate:
        from hcert.certlogic.rule_list import KIND, RuleList  # only stores that hold rules need it

        envelope, held = document.envelope, envelope_of(self.rules.rules)
        if envelope.kind != KIND:
            raise MalformedError.of("document.kind", kind=trust_list.KIND)
        check_time(envelope, self.at, _NO_GRACE)
        _refuse_older(envelope, state_of(held))
        RuleList.from_document(document)  # raises if it holds no list
        self._check_seen(envelope, self.keys.seen.rules)
        if data != self.rules.data:
            self.writer.replace(RULES_FILE, data)
        self._save_seen(rules=envelope)
        return StoreUpdate("rule list", envelope, held)

    def _check_seen(self, envelope: Envelope, seen: SeenVersion | None) -> None:
        if seen is not None:
            seen.check(envelope, self.at)

    def _keep_evidence(self) -> None:
        """Keep a held key list that rotated the anchors: the process that took it may have died before it did."""
        data, document = self.keys.data, self.keys.document
        if data is not None and document is not None and document.envelope.state == self.keys.chain.last_rotation:
            self._add_evidence(data)

    def _add_evidence(self, data: bytes) -> None:
        names = self.files.list_names(EVIDENCE_PREFIX)
        if data not in map(self.files.read, names):
            unused = (name for number in count(1) if (name := f"{EVIDENCE_PREFIX}{number}.cose") not in names)
            self.writer.replace(next(unused), data)

    def _save_seen(
        self,
        *,
        keys: Envelope | None = None,
        revocations: Envelope | None = None,
        base: Envelope | None = None,
        rules: Envelope | None = None,
    ) -> None:
        """Save which lists were taken, and which are held: a process may have died before it saved those."""
        before, held = self.keys.seen, self.revocations
        seen = SeenVersions(
            keys=update_seen(before.keys, keys or envelope_of(self.keys.trust_list), at=self.at),
            revocations=update_seen(before.revocations, revocations or envelope_of(held.newest), at=self.at),
            base=update_seen(before.base, base or envelope_of(held.full), at=self.at),
            rules=update_seen(before.rules, rules or envelope_of(self.rules.rules), at=self.at),
        )
        if seen != before:
            self.writer.replace(STATE_FILE, seen.encode())


def _refuse_older(envelope: Envelope, *held: State | None) -> None:
    """Refuse an offered list that is older than the newest of those held."""
    newest = max(filter(None, held), key=lambda state: state.version, default=None)
    if newest is not None:
        refuse_rollback(envelope.state, newest)
