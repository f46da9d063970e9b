"""The table of kinds: payloads of unknown numbers, and kinds that are not issued."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import hcert
from hcert.fragments import fragment
from hcert.records import kinds
from hcert.records.record_struct import Origin
from support.reasons import codes_of_refusal, reasons

ORIGIN = Origin("VN", b"k")


@pytest.mark.parametrize(("number", "shown"), [(99_999, 99_999), (79190000123, fragment("place.other_number"))])
def test_only_short_subclaim_numbers_are_shown(number: int, shown: object) -> None:
    """A greater one could be an ID number that a signer put there."""
    assert reasons(kinds.decode(number, {}, ORIGIN)[1]) == [("record.unknown", None, {"subclaim": shown})]


def test_read_only_kinds_are_not_issued() -> None:
    """A link or an unknown record, as a verdict may hold one."""
    link = hcert.HealthLink(scheme="shlink", url="https://health.example/m", key="A" * 43)
    records: list[Any] = [link, hcert.UnknownRecord(subclaim=5), None, {}]
    for record in records:
        assert codes_of_refusal(partial(kinds.issuable_kind, record)) == ["record.schema"]
