"""A verdict as a card for the screen of a gate: its parts, and the text drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final

from hcert.findings import POLICY_GRAVITY, gravity
from hcert.fragments import Fragment
from hcert.phrases import require_language, short
from hcert.records.kinds import kind_of
from hcert.records.view import by_age
from hcert.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hcert.phrases import Language
    from hcert.records.value_sets import ValueSets
    from hcert.records.view import EntryView, MedicationView, RecordView
    from hcert.verify.verdict import Verdict

_MAX_ENTRIES: Final = 5  # on a card; nobody reads more in two seconds
_MAX_COUNTED: Final = 3  # of them because they count; the rest are the newest, whatever they say
_MAX_REASONS: Final = 3  # short ones
_MAX_PART: Final = 200  # characters
_LIST_MISSING: Final = "revocation.list_missing"


@dataclass(frozen=True, slots=True)
class Card:
    """A verdict as a gate officer reads it, in parts for a screen; `lines` and `str` give the parts as text.

    No part holds a control character, and none is longer than 200 characters. Times name their zone.

    Attributes:
        accepted: whether the certificate was accepted.
        verdict: the same in one or two words.
        name: of the person; None where the certificate names nobody.
        born: birth date and sex; None where there is no name.
        reasons: at most three short reasons of a refusal, the gravest first, each of at most 28 characters.
        entries: a line for each entry or medication shown, followed by the findings about it.
        newest: a line for the newest dose, test and recovery each, and for each medication, of those that are neither
            revoked nor dated in the future; for somebody who judges without a rule.
        issuer: issuer claim, country of the key and expiry; None where no trusted key signed.
        rule: the policy that judged; None without one.
        lists: a line for each signed list that the verdict relies on: when it was issued, until when it is valid.
        revocation_unchecked: a note where no revocation list was looked up and that is not a reason of the refusal.
        warnings: of the whole certificate and of entries not shown, each with its code.
        details: every reason of a refusal as a sentence with its code, to look up later.
    """

    accepted: bool
    verdict: str
    name: str | None
    born: str | None
    reasons: tuple[str, ...]
    entries: tuple[str, ...]
    newest: tuple[str, ...]
    issuer: str | None
    rule: str | None
    lists: tuple[str, ...]
    revocation_unchecked: str | None
    warnings: tuple[str, ...]
    details: tuple[str, ...]

    @property
    def person(self) -> str | None:
        """Name, birth date and sex in one line; None where the certificate names nobody."""
        return None if self.name is None else f"{self.name}, {self.born}"

    @property
    def lines(self) -> tuple[str, ...]:
        """The parts as lines of text, the most important first."""
        notes = [self.revocation_unchecked] if self.revocation_unchecked else []
        return (
            f"{'✓' if self.accepted else '✗'} {self.verdict}",
            *([f"  {self.person}"] if self.person else []),
            *(f"  ✗ {text}" for text in self.reasons),
            *(f"  {text}" for text in self.entries),
            *(f"  {text}" for text in (self.issuer, self.rule, *self.lists) if text),
            *(f"  ! {text}" for text in (*notes, *self.warnings)),
            *(f"  - {text}" for text in self.details),
        )

    def __str__(self) -> str:
        return "\n".join(self.lines)


def card(verdict: Verdict, *, language: Language, zone: tzinfo = UTC, value_sets: ValueSets | None = None) -> Card:
    """Write a verdict as a card to be read in two seconds.

    Unlike everything else in hcert it names the person: it is for the screen of someone who has to compare them with a
    document, and for nothing else.

    Args:
        verdict: any verdict.
        language: of the words.
        zone: time zone in which times of the day are written.
        value_sets: what codes mean; those of the package where None.

    Raises:
        ConfigurationError: `words.language`.
    """
    writer = Writer(require_language(language), zone, value_sets)
    certificate = verdict.certificate
    kind = certificate and kind_of(certificate.record)
    view = kind.view(certificate.record) if kind and certificate else None
    shown = [] if view is None else _choose_entries(view, verdict)
    medications = (view and view.medications) or ()
    places = {part.place for part in (*shown, *medications)}
    return Card(
        accepted=verdict.accepted,
        verdict=writer.say("accepted" if verdict.accepted else "refused"),
        name=_clean(writer.name(view.person)) if view and view.person else None,
        born=_clean(writer.born(view.person)) if view and view.person else None,
        reasons=_clean_all(_short_reasons(verdict, view, language))[:_MAX_REASONS],
        entries=() if view is None else _clean_all(_entry_lines(view, shown, verdict, writer)),
        newest=() if view is None else _clean_all(_newest_lines(view, verdict, writer)),
        issuer=_clean(writer.issuer(certificate.claims, certificate.key)) if certificate else None,
        rule=None if verdict.rule is None else _clean(_rule(verdict.rule, writer)),
        lists=_clean_all(_list_lines(verdict, writer)),
        revocation_unchecked=writer.say("revocation_unchecked") if _lacks_note(verdict) else None,
        warnings=_clean_all(writer.sentences(one for one in verdict.warnings if one.record not in places)),
        details=_clean_all(writer.sentences(verdict.errors)),
    )


def _short_reasons(verdict: Verdict, view: RecordView | None, language: Language) -> list[str]:
    """Say in short why a code is refused; where a policy alone refuses, first what it says of the newest of each group.

    "Last dose over 270 days" helps a guard more than that no series satisfies.
    """
    found = list(verdict.errors)
    if view is not None and found and gravity(found[0]) == POLICY_GRAVITY:
        newest = [max(group, key=by_age).place for group in (view.tests, view.vaccinations, view.recoveries) if group]
        found[:0] = [one for one in verdict.warnings if one.code.startswith("policy.") and one.record in newest]
    return list(dict.fromkeys(short(one, language=language) for one in found))


def _choose_entries(view: RecordView, verdict: Verdict) -> list[EntryView]:
    """Choose the entries that a card has room for: some that count, then what was taken out, then the newest."""
    newest = sorted(view.entries, key=by_age, reverse=True)
    counted = [entry for entry in newest if entry.place in verdict.counted][:_MAX_COUNTED]
    taken_out = _taken_out(verdict)
    others = [entry for entry in newest if entry not in counted]
    others.sort(key=lambda entry: entry.place not in taken_out)
    return (counted + others)[:_MAX_ENTRIES]


def _newest_lines(view: RecordView, verdict: Verdict, writer: Writer) -> Iterator[str]:
    """Yield the newest of each group of what was not taken out, and medications, to be seen as no dose."""
    taken_out = _taken_out(verdict)
    for group in (view.vaccinations, view.tests, view.recoveries):
        left = [entry for entry in group if entry.place not in taken_out]
        if left:
            yield writer.entry(max(left, key=by_age))
    if view.medications is not None:
        left_medications = [one for one in view.medications if one.place not in taken_out]
        yield from map(writer.medication, left_medications)
        if not view.medications:
            yield writer.say("no_medication")


def _entry_lines(view: RecordView, shown: list[EntryView], verdict: Verdict, writer: Writer) -> Iterator[str]:
    """Yield entries, each followed by the warnings about it."""
    taken_out = _taken_out(verdict)
    for entry in shown:
        sign = "✗" if entry.place in taken_out else "·"
        if verdict.accepted and entry.place in verdict.counted:
            sign = "✓"
        yield f"{sign} {writer.entry(entry)}"
        yield from _warning_lines(entry.place, verdict, writer)
    if view.medications is not None:
        yield from _medication_lines(view.medications, verdict, writer)
    if len(view.entries) > len(shown):
        yield f"  {writer.say('more', count=len(view.entries) - len(shown))}"
    if view.sealed:
        yield writer.say("sealed")


def _medication_lines(medications: Sequence[MedicationView], verdict: Verdict, writer: Writer) -> Iterator[str]:
    """Yield every medication, its dosage and the warnings about it. None counts, so none has a tick."""
    if not medications:
        yield writer.say("no_medication")
    taken_out = _taken_out(verdict)
    for medication in medications:
        yield f"{'✗' if medication.place in taken_out else '·'} {writer.medication(medication)}"
        if medication.dosage:
            yield f"    {writer.say('dosage', text=medication.dosage)}"
        yield from _warning_lines(medication.place, verdict, writer)


def _warning_lines(place: str, verdict: Verdict, writer: Writer) -> Iterator[str]:
    yield from (f"    {text}" for text in writer.sentences(one for one in verdict.warnings if one.record == place))


def _taken_out(verdict: Verdict) -> set[str | None]:
    """Return the places of entries that are revoked or dated in the future."""
    return {found.record for found in verdict.findings if found.excludes_entry}


def _rule(rule: str | Fragment, writer: Writer) -> str:
    return writer.say("rule", rule=rule.words(writer.language) if isinstance(rule, Fragment) else rule)


def _list_lines(verdict: Verdict, writer: Writer) -> Iterator[str]:
    """Yield how old each list is, also while it is fresh."""
    lists = verdict.lists
    for label, expired, times in (
        ("key_list", "key_list_expired", lists.keys),
        ("revocation_list", "revocation_list_expired", lists.revocations),
        ("rule_list", "rule_list_expired", lists.rules),
    ):
        if times is not None:
            issued, expires = writer.moment(times.issued_at), writer.moment(times.expires_at)
            late = verdict.checked_at > times.expires_at
            yield writer.say(expired if late else label, issued=issued, expires=expires)


def _lacks_note(verdict: Verdict) -> bool:
    """Tell whether to note that revocation was not checked: a list that is missing is a reason already."""
    if verdict.certificate is None or verdict.revocation_checked:
        return False
    return all(found.code != _LIST_MISSING for found in verdict.findings)


def _clean_all(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(_clean, texts))


def _clean(text: str) -> str:
    """Cut a text for a screen, visibly, and replace characters that would do more to one than being read."""
    cut = text if len(text) <= _MAX_PART else text[: _MAX_PART - 1] + "…"
    return "".join(character if character.isprintable() else "?" for character in cut)
