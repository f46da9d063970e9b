"""The two containers of codes: what stands around the signed content, and how strictly it is read.

`HC1:` holds the records of the EU and the WHO under numbers, and is read with named leniencies, since published codes
deviate. `VC1:` is the European Vaccination Card (CLVR, chapters 3 to 7): its one payload stands under claim -260
itself, without a number. Few cards exist, so that nothing has to be tolerated: what CLVR leaves open is read, and
everything else is refused.
"""

from __future__ import annotations

from typing import Final

from hcert.frozen import Frozen


class Container(Frozen, frozen=True):
    """One container.

    Attributes:
        prefix: with which its texts begin.
        raw_deflate: whether the stream may lack the header of zlib; CLVR describes it so, and its programs write zlib.
        lenient: whether headers and claims are read with named leniencies.
        numbered: whether claim -260 holds payloads by number, and not one payload itself.
        algorithms: COSE numbers that its headers may name; empty for those of any supported key.
    """

    prefix: str
    raw_deflate: bool
    lenient: bool
    numbered: bool
    algorithms: frozenset[int] = frozenset()


HC1: Final = Container("HC1:", raw_deflate=False, lenient=True, numbered=True)
VC1: Final = Container(
    "VC1:",
    raw_deflate=True,
    lenient=False,
    numbered=False,
    algorithms=frozenset({-7, -9}),  # ES256 and ESP256
)
CONTAINERS: Final = {container.prefix: container for container in (HC1, VC1)}
PREFIX_CHARACTERS: Final = 4


def container_of(subclaim: int | None) -> Container:
    """Return the container of a payload, by its number in claim -260; None stands for a payload without a number."""
    return VC1 if subclaim is None else HC1
