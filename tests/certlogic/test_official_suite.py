"""The official suite of CertLogic and the rules that countries published, beside another engine where it agrees."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from json_logic.cert_logic import certLogic

import hcert
from hcert.certlogic import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def json_of(value: Any) -> Any:
    """Return a value in the JSON form of the suite."""
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def assertions(shared: Path) -> Iterator[tuple[Any, Any, Any]]:
    """Yield expression, data and expected value of every assertion that the suite does not skip."""
    for path in sorted((shared / "testdata" / "certlogic" / "testSuite").glob("*.json")):
        suite = json.loads(path.read_text("utf-8"))
        for case in suite["cases"]:
            for one in case["assertions"]:
                if "skip" not in {part.get("directive") for part in (suite, case, one)}:
                    yield one.get("certLogicExpression", case.get("certLogicExpression")), one["data"], one["expected"]


def rule_tests(shared: Path) -> Iterator[tuple[Any, dict[str, Any], bool]]:
    """Yield logic, data and expected result of every test of a published rule."""
    folder = shared / "testdata" / "certlogic" / "rules"
    blocks = json.loads((folder / "value-set-blocks.json").read_text("utf-8"))
    for path in sorted(folder.glob("[A-Z][A-Z].json")):
        for entry in json.loads(path.read_text("utf-8"))["rules"]:
            for test in entry["tests"]:
                external = dict(test["external"])
                if isinstance(external.get("valueSets"), int):
                    external["valueSets"] = blocks[external["valueSets"]]
                payload = {"payload": test["payload"]} if "payload" in test else {}
                yield entry["rule"]["Logic"], {**payload, "external": external}, test["expected"]


def test_every_assertion_of_the_suite_holds(shared: Path) -> None:
    """Compared as JSON, in which 1 and true differ."""
    done = [(json.dumps(json_of(evaluate(logic, data))), json.dumps(due)) for logic, data, due in assertions(shared)]
    assert len(done) >= 152
    assert [pair for pair in done if pair[0] != pair[1]] == []


def test_every_published_rule_gives_what_its_tests_say(shared: Path) -> None:
    """Booleans, and nothing that only passes for one."""
    done = [(evaluate(logic, data), expected) for logic, data, expected in rule_tests(shared)]
    assert len(done) >= 709
    assert [pair for pair in done if pair[0] is not pair[1]] == []


def test_another_engine_gives_the_same_for_published_rules(shared: Path) -> None:
    """`panzi-json-logic`, which lacks partial dates and has months of its own; published rules use neither."""
    done = [(evaluate(logic, data), certLogic(logic, data)) for logic, data, _ in rule_tests(shared)]
    assert [pair for pair in done if pair[0] is not pair[1]] == []


def test_what_the_validators_of_the_suite_refuse_is_refused(shared: Path) -> None:
    """Each breaks the outer form, so that no branch hides it."""
    paths = sorted((shared / "testdata" / "certlogic" / "validation").glob("*.json"))
    cases = [case for path in paths for case in json.loads(path.read_text("utf-8"))["cases"]]
    assert cases
    for case in cases:
        with pytest.raises(hcert.MalformedError):
            evaluate(case["certLogicExpression"], {})
