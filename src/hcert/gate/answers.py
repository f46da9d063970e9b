"""What the page shows for one text: a verdict, a hint, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from hcert.cards import card
from hcert.frozen import Frozen
from hcert.phrases import Language, message

if TYPE_CHECKING:
    from datetime import tzinfo

    from hcert.findings import Finding
    from hcert.records.value_sets import ValueSets
    from hcert.verify.verdict import Verdict

State: TypeAlias = Literal["nothing", "hint", "accepted", "refused", "authentic", "unchecked"]
Hint: TypeAlias = Literal["foreign", "several"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_FOREIGN: Final = "text.prefix"
_COUNTED: Final = "✓ "


class CardParts(Frozen, frozen=True):
    """The parts of a card in one language; see `hcert.words.Card`.

    Attributes:
        counted: the entries for which the code is accepted.
        newest: the newest entry of each group.
    """

    name: str | None
    born: str | None
    reasons: tuple[str, ...]
    counted: tuple[str, ...]
    newest: tuple[str, ...]
    entries: tuple[str, ...]
    issuer: str | None
    rule: str | None
    lists: tuple[str, ...]
    warnings: tuple[str, ...]
    details: tuple[str, ...]


class Answer(Frozen, frozen=True):
    """What the page shows.

    Attributes:
        state: `authentic` is an accepted code where no rule was asked for; `unchecked` is no verdict at all.
        view: identifies the text without telling it; None where there is none.
        hint: why there is no verdict although something is in view.
        reason: why nothing can be checked, by language.
        cards: by language; None without a verdict.
        sealed: whether the readers' key can be asked to open a sealed part.
    """

    state: State
    view: str | None = None
    hint: Hint | None = None
    reason: dict[Language, str] | None = None
    cards: dict[Language, CardParts] | None = None
    sealed: bool = False


NOTHING: Final = Answer("nothing")
SEVERAL: Final = Answer("hint", hint="several")


def answer_verdict(verdict: Verdict, *, view: str, zone: tzinfo, value_sets: ValueSets | None, sealed: bool) -> Answer:
    """Return what to show for a verdict. A code of another kind is nobody's fault, so it is only a hint."""
    if any(found.code == _FOREIGN for found in verdict.errors):
        return Answer("hint", view=view, hint="foreign")
    state: State = "refused"
    if verdict.accepted:
        state = "authentic" if verdict.rule is None else "accepted"
    cards = {language: _write_card(verdict, language, zone, value_sets) for language in LANGUAGES}
    return Answer(state, view=view, cards=cards, sealed=sealed)


def answer_unchecked(found: Finding, *, view: str | None) -> Answer:
    """Return what to show where a text cannot be checked at all, such as without lists."""
    return Answer("unchecked", view=view, reason=in_every_language(found))


def in_every_language(found: Finding) -> dict[Language, str]:
    """Return the message of a finding by language."""
    return {language: message(found, language=language) for language in LANGUAGES}


def _write_card(verdict: Verdict, language: Language, zone: tzinfo, value_sets: ValueSets | None) -> CardParts:
    parts = card(verdict, language=language, zone=zone, value_sets=value_sets)
    notes = () if parts.revocation_unchecked is None else (parts.revocation_unchecked,)
    return CardParts(
        name=parts.name,
        born=parts.born,
        reasons=parts.reasons,
        counted=tuple(text.removeprefix(_COUNTED) for text in parts.entries if text.startswith(_COUNTED)),
        newest=parts.newest,
        entries=parts.entries,
        issuer=parts.issuer,
        rule=parts.rule,
        lists=parts.lists,
        warnings=(*notes, *parts.warnings),
        details=parts.details,
    )
