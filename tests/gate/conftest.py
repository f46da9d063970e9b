"""A gate that asks for a complete series, for tests that change nothing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hcert.policy import CompletedSeries
from support.gates import make_setup, open_gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.gates import Client


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gate with all lists and a rule."""
    with open_gate(make_setup(tmp_path_factory.mktemp("gate"), policy=CompletedSeries())) as client:
        yield client
