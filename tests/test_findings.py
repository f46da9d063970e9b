"""Codes and words: one catalog, all of it reachable and documented, none of it personal."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import re
import runpy
import string
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from conftest import ROOT
from hcert.findings import Finding, catalog, finding
from hcert.fragments import fragments
from hcert.records.eu_dcc.model import to_wire
from support.raw_messages import Handmade, claims_of
from support.signers import NOW, document_signer, p256, person, vaccination, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = ROOT / "src" / "hcert"
SIGNER = document_signer(p256())
CATALOG = catalog()


def codes_used() -> set[str]:
    """Return every code that stands as a literal in the source outside the catalog."""
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]
    return {code for text in texts for code in re.findall(r'"([a-z]+\.[a-z_0-9]+)"', text)} & set(CATALOG) | {
        code for text in texts for code in re.findall(r'(?:finding|\.of|warn)\(\s*"([a-z_.0-9]+)"', text)
    }


def test_every_code_of_the_catalog_is_used_and_every_used_code_is_in_it() -> None:
    """No code is dead and none is missing."""
    assert codes_used() == set(CATALOG)


@pytest.mark.parametrize("name", ["findings.md", "fragments.md"])
def test_the_reference_is_generated_from_the_catalogs(name: str) -> None:
    """Run `python docs/reference/generate.py` after a change."""
    generator = runpy.run_path(str(ROOT / "docs" / "reference" / "generate.py"))
    path = ROOT / "docs" / "reference" / name
    text = path.read_text(encoding="utf-8")
    kind = name.removesuffix(".md")
    assert generator["with_table"](text, generator[f"{kind.upper()}_HEAD"], generator[f"{kind}_table"]()) == text
    catalogued = CATALOG if name == "findings.md" else fragments()
    assert all(f"\n| `{code}` |" in text for code in catalogued)


def test_words_are_sentences_without_unfilled_places() -> None:
    """Each message is a sentence or two; its places have names."""
    for code, row in CATALOG.items():
        severity, words = row["severity"], row["en"]
        assert severity in {"error", "warning"}, code
        assert words[0].isupper() or words.startswith(("{", "expires_at", "issued_at", "workers")), code
        assert words.endswith((".", "}")), code
        names = {name: name.upper() for _, name, _, _ in string.Formatter().parse(words) if name}
        made = finding(code, **names)
        assert made == Finding(code, severity, words.format(**names), None, tuple(names.items()))


MARKS = ["Quỳnhmark", "BÍMẬTmark", "QUYNHMARK", "BIMATMARK", "URN:UVCI:01:VN:SECRETMARK", "Bệnh viện Kín"]


def private_record() -> hcert.EuDcc:
    """Return a record whose every personal text can be searched for."""
    return vaccination_record(
        person=person(
            family_name=MARKS[0],
            given_name=MARKS[1],
            standardised_family_name=MARKS[2],
            standardised_given_name=MARKS[3],
        ),
        birth_date=hcert.eu_dcc.PartialDate(1987, 6, 5),
        vaccinations=(vaccination(certificate_id=MARKS[4], issuer=MARKS[5]),),
    )


def assert_private(*texts: str) -> None:
    """Assert that no personal text occurs."""
    for text in texts:
        for mark in [*MARKS, "1987-06-05", "1987"]:
            assert mark.lower() not in text.lower(), text


def members(payload: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every member of a payload as its container and name."""
    for container in (payload, payload["nam"], payload["v"][0]):
        yield from ((container, name) for name in list(container))


@given(
    st.sampled_from([*range(14)]),
    st.sampled_from(
        ["{}\n", " {}", "{}\u0301", "x" * 81 + "{}", "{}T00:00:00", "", None, 5, 2.5, b"bytes", ["{}"], {"{}": "{}"}]
    ),
)
def test_no_reading_names_personal_data(place: int, value: Any) -> None:
    """Findings, exceptions and every repr are free of names, birth dates and identifiers, whatever is broken."""
    payload = to_wire(private_record())
    container, name = list(members(payload))[place % 17]
    present = str(container[name])
    container[name] = value.format(present) if isinstance(value, str) else value
    if isinstance(value, list | dict):
        container[name] = [present] if isinstance(value, list) else {present: present}
    text = Handmade(SIGNER, claims=claims_of(payload)).text
    verdict = SIGNER.verifier.check(text, at=NOW + dt.timedelta(days=9999))
    assert not verdict.accepted
    assert_private(repr(verdict), *(found.message for found in verdict.findings))
    with pytest.raises(hcert.VerificationError) as caught:
        SIGNER.verifier.verify(text, at=NOW + dt.timedelta(days=9999))
    assert_private(str(caught.value), repr(caught.value))
    assert_private(repr(hcert.read_unverified(text)))
    try:
        hcert.eu_dcc.from_payload(payload)
    except hcert.IssueError as error:
        assert_private(str(error), repr(error))


@pytest.mark.parametrize("payload", [b"\xa2\x64Mark\x00\x64Mark\x00", b"\xa1\x01\x65Mark\xff", b"\xa1\x01\xc1\x64Mark"])
def test_no_error_drags_one_along_that_quotes_the_input(payload: bytes) -> None:
    """Loggers that print whole chains of exceptions find fixed words only."""
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.read_unverified(Handmade(SIGNER, payload=payload).text)
    error: BaseException | None = caught.value
    while error is not None:
        assert "Mark" not in str(error)
        error = error.__cause__ or error.__context__


def test_a_name_of_a_member_is_not_shown() -> None:
    """Whoever signs can write anything where a name of a member should stand."""
    payload = to_wire(private_record())
    payload["nam"][MARKS[0]] = None
    payload[MARKS[1]] = None
    verdict = SIGNER.verifier.check(Handmade(SIGNER, claims=claims_of(payload)).text, at=NOW)
    assert verdict.certificate is not None
    assert_private(repr(verdict))


def test_no_repr_of_a_record_names_personal_data() -> None:
    """Records end up in logs; people must not."""
    record = private_record()
    certificate = SIGNER.verifier.verify(SIGNER.issue(record).text, at=NOW)
    assert_private(repr(record), str(record), repr(record.person), repr(record.vaccinations), repr(record.birth_date))
    assert_private(repr(certificate), str(certificate))
    assert repr(record) == "<EuDcc>"
    assert record.__rich_repr__() == []


def test_errors_and_verdicts_can_be_handed_to_other_processes() -> None:
    """With all that they say."""
    signer = document_signer(p256())
    verdict = signer.verifier.check("HC2:", at=NOW)
    errors = [hcert.IssueError.of("names.empty", field="x"), hcert.VerificationError(verdict)]
    for error in (*errors, hcert.MalformedError(*errors[0].findings, *errors[0].findings)):
        for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
            assert type(copied) is type(error)
            assert (copied.findings, str(copied)) == (error.findings, str(error))
    code = signer.issue()
    accepted = signer.verifier.check(code.text, at=NOW)
    assert pickle.loads(pickle.dumps(accepted)) == accepted  # noqa: S301


def test_a_message_is_filled_in_when_it_is_read_and_is_then_like_any_other() -> None:
    """Comparing, copying and showing do not depend on whether anybody read it before."""
    made = [finding("cose.too_large", length=2, limit=1) for _ in range(5)]
    by_hand = Finding("cose.too_large", "error", made[0].message, None, (("length", 2), ("limit", 1)))
    assert made[1] == by_hand
    assert hash(made[2]) == hash(by_hand)
    assert repr(made[3]) == repr(by_hand)
    assert pickle.loads(pickle.dumps(made[4])) == by_hand  # noqa: S301 - our own bytes
    with pytest.raises(AttributeError):
        made[0].message = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        _ = made[0].missing  # type: ignore[attr-defined]
