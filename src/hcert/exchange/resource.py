"""A FHIR resource that is being read: every member that was not taken out of it is found at the end.

Members of a wrong type count as not taken, so that nothing is converted and nothing is lost unsaid.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Members that say nothing about the person: of every resource, and of the parts of one.
_TECHNICAL: Final = frozenset({"resourceType", "id", "meta", "language", "implicitRules"})
_WORDS_OF_CODES: Final = frozenset({"display", "_display", "version", "userSelected"})


class Part:
    """One object of a resource.

    Args:
        members: as a JSON parser gives them.
        path: how findings name it, such as `name[0]`; empty for the resource itself.
    """

    def __init__(self, members: dict[str, Any], path: str = "") -> None:
        self._members = members
        self._path = path
        self._taken: set[str] = set()
        self._parts: dict[str, list[Part]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def member(self, name: str) -> Any:
        """Return a member as it is, without taking it."""
        return self._members.get(name)

    def text(self, name: str) -> str | None:
        """Take a text; None where there is none."""
        value = self._members.get(name)
        if not isinstance(value, str) or not value.strip():
            return None
        self._taken.add(name)
        return value

    def number(self, name: str) -> int | None:
        """Take a positive integer; None where there is none."""
        value = self._members.get(name)
        if type(value) is not int or value < 1:
            return None
        self._taken.add(name)
        return value

    def flag(self, name: str) -> bool:
        """Take a boolean; false where there is none."""
        if type(self._members.get(name)) is bool:
            self._taken.add(name)
        return self._members.get(name) is True

    def texts(self, name: str) -> list[str]:
        """Take an array of texts; empty where it is not one."""
        values = self._members.get(name)
        if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
            return []
        self._taken.add(name)
        return values

    def part(self, name: str) -> Part | None:
        """Take an object; None where there is none."""
        value = self._members.get(name)
        if not isinstance(value, dict):
            return None
        self._taken.add(name)
        return self._parts.setdefault(name, [Part(value, f"{self._dotted}{member_name(name)}")])[0]

    def parts(self, name: str) -> list[Part]:
        """Take an array of objects; empty where it is not one."""
        values = self._members.get(name)
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            return []
        self._taken.add(name)
        path = f"{self._dotted}{member_name(name)}"
        made = [Part(value, f"{path}[{index}]") for index, value in enumerate(values)]
        return self._parts.setdefault(name, made)

    def discard(self, *names: str) -> None:
        """Take members that say nothing that is not said elsewhere, or of whose loss somebody else tells."""
        self._taken.update(names)

    def left(self) -> Iterator[str]:
        """Yield the paths of all members that were not taken."""
        for name, value in self._members.items():
            if name not in self._taken and not self._says_nothing(name, value):
                yield f"{self._dotted}{member_name(name)}"
        for parts in self._parts.values():
            for part in parts:
                yield from part.left()

    @property
    def _dotted(self) -> str:
        return f"{self._path}." if self._path else ""

    def _says_nothing(self, name: object, value: Any) -> bool:
        if self._path:
            return name in {"id", "resourceType"} or (name in _WORDS_OF_CODES and "code" in self._members)
        return name in _TECHNICAL or (name == "text" and isinstance(value, dict))


def member_name(name: object) -> str:
    """Return the name of a member to show, or `?` for one that does not look like a name: it could be anything."""
    return name if isinstance(name, str) and re.fullmatch("[A-Za-z_]{1,40}", name) else "?"


def codings(concept: Part | None) -> list[tuple[Part, str, str]]:
    """Return the codings of a CodeableConcept that have system and code: the coding, its system, its code."""
    found = []
    for coding in concept.parts("coding") if concept else ():
        system, code = coding.text("system"), coding.text("code")
        if system is not None and code is not None:
            found.append((coding, system, code))
    return found
