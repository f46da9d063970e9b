"""Where in a record something is wrong, for messages: paths of member names, and words for what has no name to show."""

from __future__ import annotations

import re
from typing import Final

from hcert.fragments import Fragment, Place, fragment

RECORD: Final = fragment("place.record")
PAYLOAD: Final = fragment("place.payload")
SEALED_PART: Final = fragment("place.sealed_part")
TO_SEAL: Final = fragment("place.sealed_members")

_NAME: Final = re.compile("[A-Za-z_]{1,40}")


def member_place(holder: Place, name: object) -> Place:
    """Return the place of a member whose name somebody made up; one that does not look like a name is not shown.

    Args:
        holder: place of what holds the member; empty for the outermost.
        name: of the member, which may hold personal data.
    """
    if isinstance(holder, str) and isinstance(name, str) and _NAME.fullmatch(name):
        return f"{holder}.{name}" if holder else name
    return fragment("place.member_of", holder=holder) if holder else fragment("place.member")


def newer_member(holder: str) -> Fragment:
    """Return the place of a member that a newer version added; `holder` is the path of what holds it, if any."""
    return fragment("place.newer_member_of", holder=holder) if holder else fragment("place.newer_member")


def entry_of(place: Place) -> str | None:
    """Return the entry in which a place lies, such as `tests[1]`; None for a place outside the entries."""
    path = place if isinstance(place, str) else dict(place.details).get("holder", "")
    name, bracket, _ = path.partition("]") if isinstance(path, str) else ("", "", "")
    return name + bracket if bracket and "." not in name else None
