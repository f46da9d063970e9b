"""The store against a model: whatever is published, damaged, lost and restarted in whatever order, nothing older comes back.

The publisher knows which versions the store has taken; the machine does to the store what happens to scanners. The model
holds what an honest reader of `hcert.trust.store` expects; where a damaged file leaves the store less to hold, it must
say so, and must not give anything older for it.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import hcert
from authority import NOW, document_signer, p256
from hcert.errors import ConfigurationError, MalformedError
from hcert.trust.withdrawal import Withdrawal, digest
from publisher import DAY, anchors, keys_of, publish, publish_delta

if TYPE_CHECKING:
    from collections.abc import Callable

AT = NOW + DAY
KEYS = [document_signer(p256()).key for _ in range(3)]
ANCHORS = [(0, 1), (3, 4), (5, 6), (7, 8)]  # those that follow one another; of the first a third is pinned too
FILES = ("keys.cose", "revocations.bin", "delta.cose", "state.json")
STATE = "state.json"
steps = st.integers(1, 3)
