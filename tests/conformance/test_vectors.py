"""The vectors: hcert agrees with all, an independent reader finds what they claim, and they cover the field."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from typing import Any

import cbor2
import jsonschema
import pytest

import hcert
from adapters.hcert_adapter import verdict_on
from conftest import ROOT
from hcert.cli.assess.runner import CASE
from hcert.findings import catalog
from support.independent_verifier import Opinion, opinion

FOLDER = ROOT / "docs" / "conformance"
VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "vectors.json").read_text("utf-8"))["vectors"]
GROUPS = {
    "text", "base45", "zlib", "cbor", "cose", "headers", "algorithms", "kid", "claims", "usage", "eu-dcc", "citizen",
    "icvp", "health-link", "revocation", "lists", "sealed", "leniency", "honest",
    "who", "medication", "card",
}  # fmt: skip


def by_id(vector: dict[str, Any]) -> str:
    """Name a vector in test output."""
    return str(vector["id"])


@pytest.mark.parametrize("vector", VECTORS, ids=by_id)
def test_hcert_agrees(vector: dict[str, Any]) -> None:
    """Accepted or refused as expected, with the very findings."""
    verdict = verdict_on({name: value for name, value in vector.items() if name not in {"expect", "codes", "opened"}})
    if vector["expect"] != "either":
        assert verdict["accepted"] == (vector["expect"] == "accept")
    assert verdict["codes"] == vector["codes"]
    assert verdict.get("opened") == vector.get("opened")


PINNED = [vector for vector in VECTORS if "keys" in vector["trust"]]
CAUSES = {
    "signature.invalid": lambda one: one.signed is False,
    "trust.unknown_key": lambda one: one.signed is False,
    "trust.unsupported_key": lambda one: one.signed is False,
    "cose.algorithm_mismatch": lambda one: one.signed is False,
    "cose.unsupported_algorithm": lambda one: one.signed is False,
    "claims.expired": lambda one: one.expired is True,
    "claims.not_yet_valid": lambda one: one.early is True or one.early is False,  # nbf is not looked at
    "trust.key_expired": lambda one: one.key_valid is False,
    "trust.key_not_yet_valid": lambda one: one.key_valid is False,
    "usage.not_allowed": lambda one: one.usage_allows is False,
}


@pytest.mark.slow
@pytest.mark.parametrize("vector", [one for one in PINNED if one["expect"] == "accept"], ids=by_id)
def test_an_independent_reader_finds_nothing_against_what_must_be_accepted(vector: dict[str, Any]) -> None:
    """A signature that holds, times that hold, a key that may."""
    found = opinion(vector)
    assert found.signed is True
    assert found.expired is not True
    assert found.early is not True
    assert found.key_valid is not False
    assert found.usage_allows is True


@pytest.mark.slow
@pytest.mark.parametrize("vector", [one for one in PINNED if CAUSES.keys() & set(one["codes"])], ids=by_id)
def test_an_independent_reader_finds_the_cause(vector: dict[str, Any]) -> None:
    """What the code says is what is wrong."""
    found = opinion(vector)
    for code in CAUSES.keys() & set(vector["codes"]):
        assert CAUSES[code](found), (code, found)


CONTENT = {"claims", "record", "usage", "revocation"}
AUTHENTIC = [
    one for one in PINNED
    if one["expect"] == "refuse" and CONTENT & {code.split(".")[0] for code in one["codes"]}
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("vector", AUTHENTIC, ids=by_id)
def test_what_is_refused_for_its_content_is_signed(vector: dict[str, Any]) -> None:
    """Otherwise a reader could pass without looking at the content at all."""
    try:
        assert opinion(vector).signed is True
    except (cbor2.CBORError, ValueError, RecursionError):  # what is decoded there is content, whose signature has held
        assert vector["codes"] == ["claims.malformed"]


def test_the_independent_reader_would_see_a_forgery() -> None:
    """It is no rubber stamp."""
    forged = next(one for one in VECTORS if one["id"] == "algorithms/foreign-key")
    honest = next(one for one in VECTORS if one["id"] == "algorithms/es256")
    assert opinion(forged) == Opinion(signed=False)
    assert opinion(honest).signed is True
    assert opinion({**honest, "clock": "2030-01-01T00:00:00Z"}).expired is True
    assert opinion({**honest, "trust": {"keys": []}}) == Opinion(signed=False)


def test_there_are_enough_of_every_group() -> None:
    """And all are told apart."""
    assert {vector["group"] for vector in VECTORS} == GROUPS
    assert len(VECTORS) >= 400
    assert len({vector["id"] for vector in VECTORS}) == len(VECTORS)
    assert len({json.dumps([vector.get(name) for name in CASE]) for vector in VECTORS}) == len(VECTORS)
    expected = Counter(vector["expect"] for vector in VECTORS)
    assert expected["accept"] > 150
    assert expected["refuse"] > 250


def is_special(vector: dict[str, Any]) -> bool:
    """Tell whether a vector is about a format that not every reader of health certificates has to know."""
    revoked = vector.get("revocations", {})
    try:
        payloads = set(hcert.read_unverified(vector["text"]).subclaims)
    except hcert.MalformedError:
        payloads = set()
    return bool(
        payloads & {5, -6, -7, -1405}  # health link, ICVP, medication overview, citizen record
        or "list" in vector["trust"]
        or revoked.keys() & {"list", "certificates", "entries", "superseded", "missing"}
        or vector["text"].startswith("VC1:")  # a European Vaccination Card
        or any("public_key" in key for key in vector["trust"].get("keys", ()))
    )


def test_only_formats_of_some_readers_are_optional() -> None:
    """Everything about the EU DCC and its container has to be answered."""
    assert [by_id(one) for one in VECTORS if one.get("optional", False) != is_special(one)] == []


def test_the_page_counts_them() -> None:
    """The table of groups is that of the file."""
    page = (FOLDER / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (\d+) \|", page, re.MULTILINE))
    assert {name: int(count) for name, count in rows.items()} == Counter(vector["group"] for vector in VECTORS)
    assert f"**{len(VECTORS)} vectors**" in page
    assert f"**{sum('optional' in vector for vector in VECTORS)} of them are optional**" in page
    assert f"`either` ({sum(vector['expect'] == 'either' for vector in VECTORS)} do)" in page


# What a reader of codes and lists cannot come upon: it belongs to issuing, importing, policies and configuration.
READING = {
    "text", "inflate", "cose", "trust", "signature", "claims", "usage", "record", "entry", "revocation",
    "document", "sealed",
}  # fmt: skip
ELSEWHERE = {
    "text.not_text", "cose.too_large", "inflate.damaged", "trust.entry", "trust.unfit", "trust.list_from_future",
    "revocation.list_stale", "revocation.list_from_future", "revocation.hash", "revocation.revision",
    "trust.contradiction", "trust.too_many_keys", "trust.type", "document.repeated_anchor", "document.too_many_anchors",
    "revocation.delta_too_large",
    "revocation.base", "revocation.certificate_id", "revocation.entry_id", "document.expired", "document.threshold",
    "document.two_thresholds",
    "document.version", "document.times", "document.signers", "document.signature", "sealed.unverified",
    "sealed.malformed",
    "sealed.reader_key", "sealed.same_reader", "sealed.nothing", "sealed.moved", "sealed.no_place",
    "sealed.in_open_part", "sealed.no_dose", "sealed.reader_revoked", "sealed.reader_expired", "record.more_findings",
    "sealed.too_many", "document.not_bytes",
}  # fmt: skip


def test_every_finding_of_a_reader_occurs() -> None:
    """But for those that no code can bring about, which are named here."""
    seen = {code for vector in VECTORS for code in (*vector["codes"], vector.get("opened")) if isinstance(code, str)}
    missing = {code for code in catalog() if code.split(".")[0] in READING} - seen - ELSEWHERE
    assert missing - ISSUING == set()


ISSUING = {
    "record.retired_code", "record.not_nfc", "record.forbidden_character", "record.unknown_member",
    "record.unregistered_code", "record.uvci_check_character",
    "record.superseded_generation", "record.link_malformed", "record.link_not_followed", "record.link_expired",
}  # fmt: skip


def test_the_schema_holds() -> None:
    """JSON Schema, draft 2020-12; and it is no empty one."""
    schema = json.loads((FOLDER / "vectors.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    document = {"version": 1, "vectors": VECTORS}
    assert list(validator.iter_errors(document)) == []
    changes: list[dict[str, Any]] = [
        {"expect": "maybe"},
        {"trust": {}},
        {"id": "No Slug"},
        {"reason": "x"},
        {"more": 1},
    ]
    for change in (*changes, {"more": 1}):
        assert list(validator.iter_errors({"version": 1, "vectors": [{**VECTORS[0], **change}]}))


@pytest.mark.slow
@pytest.mark.process
def test_the_generator_writes_the_very_file() -> None:
    """On any machine."""
    command = [sys.executable, str(ROOT / "tests" / "conformance" / "generate.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert (run.returncode, run.stdout) == (0, "vectors.json is up to date\n"), run.stderr
