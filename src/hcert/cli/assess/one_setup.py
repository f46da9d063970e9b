"""Which vectors an app on a phone can be shown: those that share one list of keys, one revocation list and one time.

An app loads its lists once, and a phone has one clock. A vector with lists of its own can only be given to a program.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcert.cli.exits import UnusableInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SETUP = ("clock", "trust", "revocations", "reader_key")


@dataclass(frozen=True, slots=True)
class Setup:
    """Vectors that share everything but the code.

    Attributes:
        vectors: at least one, in their order.
        clock: the time of the check.
        keys: of the list, each with `kid` and `certificate`.
        revocations: hashes of what is revoked.
    """

    vectors: list[dict[str, Any]]
    clock: str
    keys: list[dict[str, str]]
    revocations: dict[str, list[str]]


def find_setup(vectors: Sequence[dict[str, Any]]) -> Setup:
    """Return the vectors with the commonest setup that an app can load: certificates, and hashes of what is revoked.

    Raises:
        UnusableInputError: if there is none.
    """
    loadable = [vector for vector in vectors if _is_loadable(vector)]
    if not loadable:
        raise UnusableInputError.because("no vector has a list of certificates that an app could load")
    ((commonest, _),) = Counter(map(_describe, loadable)).most_common(1)
    chosen = [vector for vector in loadable if _describe(vector) == commonest]
    first = chosen[0]
    return Setup(chosen, first["clock"], first["trust"]["keys"], first.get("revocations", {}))


def _is_loadable(vector: dict[str, Any]) -> bool:
    keys, revoked = vector["trust"].get("keys"), vector.get("revocations", {})
    certified = (
        isinstance(keys, list)
        and keys
        and all(isinstance(key, dict) and {"kid", "certificate"} <= key.keys() for key in keys)
    )
    return (
        bool(certified)
        and isinstance(revoked, dict)
        and revoked.keys() <= {"uci_hashes", "country_uci_hashes", "signature_hashes"}
    )


def _describe(vector: dict[str, Any]) -> str:
    return json.dumps([vector.get(name) for name in _SETUP], sort_keys=True)
