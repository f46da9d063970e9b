"""FHIR at the command line: a bundle is issued as our own JSON is, and an accepted code comes back as one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hcert
from hcert import citizen, fhir
from hcert.codec import code_text
from support import fhir_bundles as made
from support.citizen_records import citizen_record, recovered
from support.command import assert_one_line, issue, run, text_of, verify
from support.fhir_bundles import bundle, coded, condition, immunization, observation, patient, problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRETS = (made.ID_NUMBER, made.INSURANCE, made.LOT, "0900000123")
NOTHING: dict[str, Any] = {"identifier": None, "telecom": None}


def written(folder: Path, document: Any) -> Path:
    """Write a document into a file."""
    path = folder / "bundle.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def codes_in(text: str) -> list[str]:
    """Return the codes of the findings about FHIR on standard error."""
    return [part for line in text.splitlines() for part in line.split(": ") if part.startswith("fhir.")]


def bare(text: str) -> str:
    """Return letters and digits alone, in capitals."""
    return "".join(filter(str.isalnum, text)).upper()


def test_a_bundle_is_issued_as_a_record_is(desk: Path, tmp_path: Path) -> None:
    """The code is accepted and certifies the dose, the test and the recovery of the bundle."""
    path = written(tmp_path, bundle(immunization(), observation(), condition()))
    text = text_of(desk, str(path))
    assert text.startswith("HC1:")
    payload = verify(desk, "--json", text).json["certificate"]["payload"]
    expected = citizen.to_dict(fhir.from_bundle(json.loads(path.read_text()), country="VN").record)
    assert {name: payload[name] for name in ("person", "vaccinations", "tests", "recoveries")} == {
        name: expected[name] for name in ("person", "vaccinations", "tests", "recoveries")
    }


def test_what_is_not_carried_over_is_said_on_standard_error_and_in_json(desk: Path, tmp_path: Path) -> None:
    """A note, the country that nobody named, and everything confidential, since no reader is named."""
    path = written(tmp_path, bundle(immunization(note=[{"text": "Arm sore."}])))
    done = issue(desk, path, "--json")
    told = [found["code"] for found in done.json["findings"]]
    assert told == ["fhir.country_given", "fhir.not_carried", *["fhir.not_sealed"] * 4]
    assert codes_in(done.stderr) == told
    assert "note" in done.stderr
    for member in ("id_number", "insurance_number", "phone", "lot_numbers"):
        assert f": {member}. " in done.stderr
    assert "không được đưa vào" in issue(desk, path, "--lang", "vi").stderr


def test_numbers_and_lots_are_sealed_for_the_readers_that_are_named(desk: Path, tmp_path: Path) -> None:
    """Each of them opens all; nobody else opens any."""
    path = written(tmp_path, bundle(immunization()))
    done = issue(desk, path, "--reader", "clinic.pub", "--reader", "others.pub")
    assert done.status == 0, done.stderr
    assert "fhir.not_sealed" not in done.stderr
    for reader in ("clinic", "others"):
        opened = verify(desk, "--json", "--open", f"{reader}.key", done.stdout).json["opened"]
        assert opened == {
            "id_number": made.ID_NUMBER,
            "insurance_number": made.INSURANCE,
            "phone": "0900000123",
            "lot_numbers": [[1, made.LOT]],
        }


def test_a_bundle_without_anything_confidential_needs_no_seal(desk: Path, tmp_path: Path) -> None:
    """The same command line serves all bundles of a hospital."""
    path = written(tmp_path, bundle(patient(**NOTHING), immunization(lotNumber=None)))
    done = issue(desk, path, "--reader", "clinic.pub")
    assert done.status == 0, done.stderr
    assert "nothing is sealed" in done.stderr
    assert "sealed" not in verify(desk, "--json", done.stdout).json["certificate"]["payload"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("citizen.json", "--reader", "clinic.pub"), "citizen.json: --reader seals", id="not a bundle"),
        pytest.param(("{bundle}", "--reader", "k.pem"), "k.pem: ", id="a private key for a reader"),
        pytest.param(
            ("{bundle}", "--reader", "clinic.pub", "--reader", "clinic.pub"), "clinic.pub: this reader", id="twice"
        ),
        pytest.param(
            ("{bundle}", "--seal", "clinic.pub", "secret.json", "--reader", "clinic.pub"),
            "clinic.pub: this reader",
            id="both ways",
        ),
    ],
)
def test_readers_who_cannot_be_sealed_for_are_refused(
    desk: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Before anything is signed."""
    path = written(tmp_path, bundle(immunization()))
    done = issue(desk, *(str(path) if word == "{bundle}" else word for word in arguments))
    assert_one_line(done, 2, words)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("document", "words"),
    [
        pytest.param(patient(), "fhir.malformed", id="a resource that is not a bundle"),
        pytest.param(bundle(immunization(), type="transaction"), "fhir.malformed", id="another type of bundle"),
        pytest.param(bundle(immunization(), patient(), patient()), "fhir.malformed", id="two persons"),
        pytest.param(bundle(immunization(basedOn=[])), "fhir.r5", id="R5"),
        pytest.param({"resourceType": 1}, "fhir.malformed", id="a type that is not text"),
    ],
)
def test_what_is_not_such_a_bundle_is_refused(desk: Path, tmp_path: Path, document: Any, words: str) -> None:
    """By the code of the library, naming the file."""
    done = issue(desk, written(tmp_path, document))
    assert_one_line(done, 1, f"bundle.json: {words}: ")
    assert done.stdout == ""


def test_a_bundle_of_which_nothing_becomes_an_entry_is_not_signed(desk: Path, tmp_path: Path) -> None:
    """And it is said why, before the reason for which the record cannot be issued."""
    done = issue(desk, written(tmp_path, bundle(immunization(status="not-done"))))
    assert (done.status, done.stdout) == (1, "")
    assert codes_in(done.stderr)[:2] == ["fhir.not_an_entry", "fhir.no_entry"]
    assert "record." in done.stderr.splitlines()[-1]


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "family": lambda text: patient(name=[{"family": text, "given": ["A"], "text": text}]),
    "given": lambda text: patient(name=[{"family": "B", "given": ["A", text]}]),
    "centre": lambda text: immunization(location={"display": text}),
    "issuer": lambda text: immunization(performer=[{"actor": {"display": text}}]),
    "uvci": lambda text: immunization(identifier=[{"value": f"URN:UVCI:01:VN:{text}"}]),
    "product": lambda text: immunization(vaccineCode=coded(made.PRODUCT, text)),
    "manufacturer": lambda text: immunization(
        manufacturer={"identifier": {"system": "https://spor.ema.europa.eu/v1/organisations", "value": text}}
    ),
    "test centre": lambda text: observation(performer=[{"display": text}]),
    "test name": lambda text: observation(method={"text": text}),
    "recovery issuer": lambda text: condition(asserter={"display": text}),
    "identifier of a dose": lambda text: immunization(identifier=[{"system": "urn:x", "value": text}]),
    "note": lambda text: immunization(note=[{"text": text}]),
    "a member that nobody knows": lambda text: immunization(**{text: text}),
}


@settings(max_examples=10)
@given(st.sampled_from(SECRETS), st.sampled_from(list(PLACES)), st.sampled_from(["", "no. ", "x"]))
def test_no_number_and_no_lot_reaches_the_open_part(
    desk: Path, tmp_path_factory: pytest.TempPathFactory, secret: str, place: str, before: str
) -> None:
    """Wherever a bundle has it: neither the signed bytes nor anything that the command prints holds one."""
    folder = tmp_path_factory.mktemp("bundle")
    resource = PLACES[place](before + secret)
    rest = [immunization(occurrenceDateTime="2025-01-01")]
    rest += [] if resource["resourceType"] == "Patient" else [patient()]
    path = written(folder, bundle(resource, *rest))
    for options in ((), ("--reader", "clinic.pub")):
        done = issue(desk, path, *options)
        assert done.status == 0, done.stderr
        message = code_text.decode(done.stdout, limits=hcert.Limits()).message.decode("latin-1")
        printed = verify(desk, "--json", done.stdout).stdout + verify(desk, "--fhir", done.stdout).stdout
        for one in SECRETS:
            assert bare(one) not in bare(done.stderr)
            assert bare(one) not in bare(printed)
            assert one not in message


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a document."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one)
    elif isinstance(value, str):
        yield value


def test_an_accepted_code_is_printed_as_a_document(desk: Path, shared: Path) -> None:
    """One that is R4 by every oracle and reads as the same record."""
    done = verify(desk, "--fhir", text_of(desk, "citizen.json"))
    assert done.status == 0, done.stderr
    document = done.json
    assert problems(document, shared) == []
    assert fhir.from_bundle(document).record == citizen_record(recoveries=(recovered(8),))
    assert verify(desk, "--fhir", text_of(desk)).json["type"] == "document"


def test_what_is_sealed_is_in_the_document_for_those_who_open_it(desk: Path, tmp_path: Path) -> None:
    """For everybody else it is said to be missing, and so are notes, for which FHIR has no place."""
    content = tmp_path / "content.json"
    content.write_text(json.dumps({"id_number": made.ID_NUMBER, "lot_numbers": [[1, "FF0123"]], "notes": "x"}))
    code = issue(desk, "citizen.json", "--seal", "clinic.pub", content).stdout
    closed = verify(desk, "--fhir", code)
    assert not {made.ID_NUMBER, "FF0123"} & set(texts_in(closed.json))
    assert "the sealed part is not in the document" in closed.stderr
    opened = verify(desk, "--fhir", "--open", "clinic.key", code)
    read = fhir.from_bundle(opened.json)
    assert read.confidential == citizen.Confidential(id_number=made.ID_NUMBER, lot_numbers=((1, "FF0123"),))
    assert "the notes in the sealed part are not in the document" in opened.stderr


def test_nothing_is_printed_of_a_code_that_is_refused(desk: Path) -> None:
    """The reasons stand on standard error, the gravest first, in the language asked for."""
    done = run(desk, "verify", "--trust", "other.der", "--fhir", text_of(desk), "--lang", "vi")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith("hcert: trust.unknown_key: ")
    broken = verify(desk, "--fhir", "HC1:ABC")
    assert (broken.status, broken.stdout) == (1, "")
    assert broken.stderr != ""


def test_one_form_of_output_is_asked_for(desk: Path) -> None:
    """FHIR or the verdict in JSON."""
    assert_one_line(verify(desk, "--fhir", "--json", "HC1:ABC"), 2, "--fhir and --json contradict each other")


def test_a_bundle_goes_through_a_code_and_back(desk: Path, tmp_path: Path) -> None:
    """What a certificate has a place for is the same on both sides."""
    first = fhir.to_bundle(citizen_record(2, 2, recoveries=(recovered(5),)))
    code = text_of(desk, str(written(tmp_path, first)))
    second = verify(desk, "--fhir", code).json
    assert fhir.from_bundle(second).record == fhir.from_bundle(first).record


@pytest.mark.slow
def test_published_bundles_go_through_a_code(desk: Path, shared: Path) -> None:
    """Each of which something becomes an entry is issued and comes back with all of it; the others are not signed."""
    issued = 0
    for path in sorted((shared / "testdata" / "fhir").glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        if not isinstance(document, dict) or document.get("resourceType") != "Bundle":
            continue
        read = fhir.from_bundle(document, country="VN")
        done = issue(desk, path, "--reader", "clinic.pub", "--valid-days", 30)
        assert done.status == (0 if read.record.entries else 1), done.stderr
        if done.status == 0:
            issued += 1
            again = verify(desk, "--fhir", "--open", "clinic.key", done.stdout)
            back = fhir.from_bundle(again.json, certificate_id=read.record.certificate_id)
            assert (back.record.person, back.record.entries) == (read.record.person, read.record.entries)
            assert back.confidential == read.confidential
    assert issued >= 8
