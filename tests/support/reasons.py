"""Findings in a form to compare: code, place and details, with fragments by their codes and not by their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from hcert.errors import HcertError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hcert.findings import Finding

Reasons: TypeAlias = list[tuple[str, str | None, dict[str, Any]]]


def reasons(found: Iterable[Finding]) -> Reasons:
    """Return code, place and details of findings."""
    return [(one.code, one.record, dict(one.details)) for one in found]


def refusal(call: Callable[[], object]) -> Reasons:
    """Return the reasons of the error that a call raises; no other error may be chained to it, since it could quote."""
    with pytest.raises(HcertError) as caught:
        call()
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return reasons(caught.value.findings)


def codes_of_refusal(call: Callable[[], object]) -> list[str]:
    """Return the codes of the error that a call raises."""
    return [code for code, _, _ in refusal(call)]
