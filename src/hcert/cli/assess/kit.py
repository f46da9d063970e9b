"""The conformance kit: a file of vectors, each a case with the expected verdict (docs/conformance)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcert.cli.assess.judgement import SEVERITIES
from hcert.cli.exits import UnusableInputError
from hcert.cli.inputs import MAX_JSON, read_file
from hcert.cli.texts import Line, line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VERSION: Final = 1
_TEXTS: Final = ("id", "group", "text", "clock", "shows", "rule", "source")


@dataclass(frozen=True, slots=True)
class Kit:
    """The vectors to run.

    Attributes:
        vectors: in the order of the file.
        description: version, number of vectors and SHA-256 of the file, so that an assessment can be repeated.
    """

    vectors: list[dict[str, Any]]
    description: Line


def load_kit(path: Path, groups: Sequence[str]) -> Kit:
    """Load the vectors of some groups, or of all groups if none is named.

    Raises:
        UnusableInputError: for a file that is not a kit, or a group that is not in it.
    """
    data = read_file(path, MAX_JSON)
    try:
        document = json.loads(data)
        everything = document["vectors"]
        is_kit = document["version"] == VERSION and all(map(_is_vector, everything))
    except (ValueError, TypeError, KeyError, RecursionError):
        is_kit = False
    if not is_kit:
        raise UnusableInputError.because(
            "{path}: this is not a conformance kit of version {version}", path=path, version=1
        )
    for group in groups:
        if not any(vector["group"] == group for vector in everything):
            raise UnusableInputError.because("{path}: no vector is of the group {group}", path=path, group=group)
    description = line(
        "version {version}, {count} vectors, SHA-256 {digest}",
        version=VERSION,
        count=len(everything),
        digest=hashlib.sha256(data).hexdigest(),
    )
    if groups:
        description = line("{kit}; only the groups {groups}", kit=description, groups=", ".join(groups))
    return Kit([vector for vector in everything if not groups or vector["group"] in groups], description)


def _is_vector(vector: Any) -> bool:
    """Tell whether a vector has the members that judging and reporting need."""
    return (
        all(isinstance(vector[name], str) for name in _TEXTS)
        and isinstance(vector["trust"], dict)
        and vector["expect"] in {"accept", "refuse", "either"}
        and vector["severity"] in SEVERITIES
    )
