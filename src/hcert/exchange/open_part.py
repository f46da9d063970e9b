"""What must not stand in the open part of a record that was read from elsewhere: numbers of a person, and lots.

A system that puts an ID number into the name of a hospital, or a lot into a code, must not make it public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from hcert.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hcert.records.citizen.person import Person

_MIN_NUMBER: Final = 6  # characters; anything shorter stands in other texts by chance
_MIN_LOT: Final = 4
_CODES: Final = ("product", "vaccine", "manufacturer", "test_type", "result", "device", "disease", "country")
_REQUIRED: Final = ("disease", "test_type", "result", "country")


class Secrets:
    """Everything that a bundle holds and the open part must not.

    Args:
        numbers: of documents, files, insurances and phones.
        lots: of vaccines.
    """

    def __init__(self, numbers: Iterable[str], lots: Iterable[str]) -> None:
        bare = [(_bare(number), _MIN_NUMBER) for number in numbers] + [(_bare(lot), _MIN_LOT) for lot in lots]
        self._texts = frozenset(text for text, least in bare if len(text) >= least)

    def are_in(self, text: str) -> bool:
        """Tell whether a free text holds one, as it is or written otherwise."""
        bare = _bare(text)
        return any(secret in bare for secret in self._texts)

    def are(self, code: str) -> bool:
        """Tell whether a code is one."""
        return _bare(code) in self._texts


def open_person(person: Person, secrets: Secrets) -> tuple[Person, list[Finding]]:
    """Return a holder without the members that would give a secret away."""
    told = [
        name
        for name in person.__struct_fields__
        if isinstance(value := getattr(person, name), str) and secrets.are_in(value)
    ]
    findings = [finding("fhir.secret_in_open_part", field=f"person.{name}") for name in told]
    return msgspec.structs.replace(person, **dict.fromkeys(told)), findings


def open_members(
    members: dict[str, Any], secrets: Secrets, resource: str
) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Return the members of an entry without those that would give a secret away; None where it cannot do without."""
    told = list(_told(members, secrets))
    findings = [finding("fhir.secret_in_open_part", field=f"{resource}.{name}") for name in told]
    diseases = tuple(code for code in members.get("diseases", ()) if not secrets.are(code))
    if any(name in _REQUIRED for name in told) or ("diseases" in members and not diseases):
        return None, findings
    kept = {name: None if name in told else value for name, value in members.items()}
    return kept | ({"diseases": diseases} if diseases else {}), findings


def _told(members: dict[str, Any], secrets: Secrets) -> Iterator[str]:
    for name, value in members.items():
        if name == "diseases":
            if any(map(secrets.are, value)):
                yield name
        elif isinstance(value, str) and (secrets.are(value) if name in _CODES else secrets.are_in(value)):
            yield name


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()
