"""The rules of countries as a signed list, with the codes that they look up.

Specification: `docs/spec/signed-documents.md`, section "Rule lists".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert.certlogic import rule_entry
from hcert.certlogic.rule import Rule, malformed_rule
from hcert.certlogic.rule_entry import UnreadableRule
from hcert.errors import MalformedError
from hcert.fragments import fragment
from hcert.records.value_sets import MAX_CODES
from hcert.trust.anchors import Anchors
from hcert.trust.document_content import malformed_document
from hcert.trust.signed_document import open_document, seal_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Self

    from hcert.findings import Finding
    from hcert.keys.signers import Signer
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.document_content import Envelope, OpenedDocument, State

KIND: Final = "hcert-rules"
MAX_RULES: Final = 1000  # of one list; 25 countries together published 288
MAX_SETS: Final = 100  # rules look up codes in 8
MAX_CHARACTERS: Final = 80  # of a name or code

_RULES, _VALUE_SETS = range(2)
_NAME: Final = "[ -~]{1,80}"  # of a set or code
_NO_GRACE: Final = timedelta(0)


class RuleList:
    """The rules of any countries, for `CountryRules`.

    Args:
        rules: in the JSON form in which countries publish them, as a JSON parser gives it; at most 1 000.
        value_sets: the codes that rules look up, by the EU's names of the sets; None leaves them to the verifier.

    Attributes:
        envelope: version, issue time and expiry of a list that was opened; None for one made here.
        value_sets: the codes by the names of their sets, or None.

    Raises:
        MalformedError: `rule.malformed` for a set that is not one, or a rule that cannot be read; `rule.value_sets`.
    """

    def __init__(
        self, rules: Iterable[Mapping[str, Any]] = (), *, value_sets: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self.envelope: Envelope | None = None
        self._members = tuple(_bounded(rules))
        self._rules = tuple(Rule.from_dict(one, position=number) for number, one in enumerate(self._members, 1))
        self._entries: list[bytes] | None = None
        self._unreadable: tuple[UnreadableRule, ...] = ()
        self.value_sets = None if value_sets is None else read_value_sets(value_sets)

    @classmethod
    def open(
        cls,
        data: bytes,
        *,
        anchors: Anchors | Iterable[TrustedKey],
        threshold: int | None = None,
        at: datetime,
        newer_than: State | int | None = None,
        grace: timedelta = _NO_GRACE,
    ) -> Self:
        """Open a signed rule list.

        Args:
            data: as published.
            anchors: the pinned keys that may sign lists, or these with their threshold.
            threshold: how many of them must have signed; all where None.
            at: the time, aware.
            newer_than: `envelope.state` of the list held so far, or its version; an older list is refused.
            grace: how long after its expiry the list is still opened. `CountryRules` has `Tolerances` of its own.

        Raises:
            MalformedError: `document.malformed`, `document.too_few_signatures`, `document.kind`,
                `document.not_yet_valid`, `document.expired`, `document.older` or `document.equivocation`.
            ConfigurationError: `document.threshold` or `time.naive`.
        """
        pinned = Anchors.of(anchors, threshold)
        return cls.from_document(
            open_document(data, kind=KIND, anchors=pinned, at=at, newer_than=newer_than, grace=grace)
        )

    @classmethod
    def from_document(cls, document: OpenedDocument) -> Self:
        """Read a rule list from an opened document.

        Raises:
            MalformedError: `document.malformed`.
        """
        body = document.body
        entries = body.get(_RULES) if type(body) is dict else None
        if type(entries) is not list or len(entries) > MAX_RULES:
            raise malformed_document(fragment("document.rule_list", most=MAX_RULES))
        opened = cls()
        if _VALUE_SETS in body:
            opened.value_sets = _read_value_sets(body[_VALUE_SETS])
        read = [rule_entry.decode(entry, position=position) for position, entry in enumerate(entries, 1)]
        opened.envelope = document.envelope
        opened._entries = entries
        opened._rules = tuple(one for one in read if isinstance(one, Rule))
        opened._unreadable = tuple(one for one in read if isinstance(one, UnreadableRule))
        return opened

    def seal(self, signers: Iterable[Signer], *, version: int, issued_at: datetime, expires_at: datetime) -> bytes:
        """Write the rules as a signed list, which `open` reads.

        Args:
            signers: anchors that verifiers pin; more can sign later, by `hcert.lists.add_signature`.
            version: higher than that of every earlier rule list.
            issued_at: aware; whole seconds are kept.
            expires_at: aware; whole seconds are kept. Nobody is let in by the rules after it, but for a grace period.

        Raises:
            MalformedError: `rule.malformed` for a rule that JSON and this format cannot express, that stands twice in
                the same version, or that was quarantined when the list was opened.
            ConfigurationError: `document.version`, `document.times`, `document.signers`, `time.naive` or
                `key.unsupported`.
        """
        if self._unreadable:
            first = self._unreadable[0]
            raise malformed_rule(first.position, first.path, first.problem)
        _refuse_repeated(self._rules)
        entries = self._entries  # of an opened list, as they were signed
        if entries is None:
            entries = [rule_entry.encode(one, position=position) for position, one in enumerate(self._members, 1)]
        body: dict[int, Any] = {_RULES: entries}
        if self.value_sets is not None:
            names = sorted(self.value_sets, key=lambda name: (len(name), name))  # as encoded: shorter ones first
            body[_VALUE_SETS] = {name: list(self.value_sets[name]) for name in names}
        return seal_document(signers, kind=KIND, version=version, issued_at=issued_at, expires_at=expires_at, body=body)

    @property
    def unreadable(self) -> tuple[UnreadableRule, ...]:
        """The rules of an opened list that cannot be read."""
        return self._unreadable

    @property
    def quarantined(self) -> tuple[Finding, ...]:
        """A finding `rule.quarantined` for each rule that cannot be read, with its place.

        Where such a rule may apply, `CountryRules` leaves it open, so that nobody is let in.
        """
        return tuple(one.to_finding() for one in self._unreadable)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __repr__(self) -> str:
        version = "" if self.envelope is None else f", version {self.envelope.state.version}"
        return f"<RuleList of {len(self)} rules{version}>"


def _read_value_sets(value: Any) -> dict[str, tuple[str, ...]]:
    """Read the value sets in a document."""
    try:
        if type(value) is dict and {type(codes) for codes in value.values()} <= {list}:
            return read_value_sets(value)
    except MalformedError:
        pass
    raise malformed_document(fragment("document.value_sets"))


def read_value_sets(value: Any) -> dict[str, tuple[str, ...]]:
    """Check value sets: an object of names, each with a collection of codes.

    Raises:
        MalformedError: `rule.value_sets`.
    """
    if not isinstance(value, Mapping) or len(value) > MAX_SETS or not all(map(_is_set, value, value.values())):
        raise MalformedError.of("rule.value_sets", sets=MAX_SETS, codes=MAX_CODES, characters=MAX_CHARACTERS)
    return {name: tuple(codes) for name, codes in value.items()}


def _is_set(name: Any, codes: Any) -> bool:
    return (
        isinstance(codes, Collection)
        and not isinstance(codes, (str, bytes))
        and len(codes) <= MAX_CODES
        and all(map(_is_name, (name, *codes)))
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(_NAME, value) is not None


def _bounded(rules: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the rules of a set that is one, and not too long."""
    given: object = rules
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise malformed_rule(0, "-", fragment("schema.array"))
    for position, members in enumerate(rules, start=1):
        if position > MAX_RULES:
            raise malformed_rule(position, "-", fragment("size.entries", most=MAX_RULES))
        yield members


def _refuse_repeated(rules: Iterable[Rule]) -> None:
    """Refuse a list that says two things under one name, of which readers would take the first."""
    seen: set[tuple[str, ...]] = set()
    for position, rule in enumerate(rules, start=1):
        name = (rule.rule_type, rule.country, rule.region.upper(), rule.identifier, rule.version)
        if name in seen:
            raise malformed_rule(position, "Version", fragment("rule.repeated"))
        seen.add(name)
