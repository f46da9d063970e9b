"""Fixtures of the tests of keys."""

from __future__ import annotations

import pytest

from support import softhsm


@pytest.fixture
def fresh_process() -> None:
    """Let a test with tokens begin as a new process would."""
    softhsm.forget_everything()
