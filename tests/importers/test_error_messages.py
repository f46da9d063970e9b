"""What importers of others' lists say: the code and the detail of each refusal, each once."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import lists
from hcert.fragments import Fragment, fragment
from hcert.importers import bounded_json
from support.foreign_lists import (
    GERMAN_PIN,
    METHOD,
    PIN,
    ROOT,
    document,
    entry,
    german,
    item,
    publish,
    reasons,
    refused,
    sealed,
    take,
    text_of,
)
from support.signers import NOW, p256

if TYPE_CHECKING:
    from collections.abc import Callable

WHO_LIST = fragment("thing.gdhcn_list")
GATEWAY_LIST = fragment("thing.gateway_list")
GERMAN_LIST = fragment("thing.german_list")
NO_JSON = fragment("json.malformed")
NO_SIGNATURE = fragment("gdhcn.proof_jws")
NEITHER = fragment("gateway.shape")


def said(error: hcert.HcertError) -> tuple[str, dict[str, Any]]:
    """Return code and details of an error's only reason."""
    (finding,) = error.findings
    return finding.code, dict(finding.details)


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Return a published document with a change made to it afterwards."""
    published: dict[str, Any] = publish(document(entry()))
    change(published)
    return published


def proof(**members: Any) -> dict[str, Any]:
    """Return a published document with other members in its proof."""
    return changed(lambda published: published["proof"].update(members))


def method(**members: Any) -> dict[str, Any]:
    """Return a published document with other members in its entry."""
    return changed(lambda published: published["verificationMethod"][0].update(members))


@pytest.mark.parametrize(
    ("published", "reason"),
    [
        (b"", NO_JSON),
        (b"[" * 20, NO_JSON),
        (b'{"a": 1, "a": 2}', NO_JSON),
        (b" " * (16 * 1024 * 1024 + 1), fragment("size.bytes", most=16777216)),
        (b"[]", fragment("json.not_json_object")),
        (
            changed(lambda one: one.update({"service": []})),
            fragment("gdhcn.unknown_member"),
        ),
        (method(**{"@id": ""}), fragment("gdhcn.unknown_member")),
        (changed(lambda one: one.update(verificationMethod={})), fragment("gdhcn.method_list")),
        (changed(lambda one: one.update(id="did:key:x")), fragment("gdhcn.did")),
        (changed(lambda one: one.update(verificationMethod=[7])), fragment("gdhcn.entry_object")),
        (method(id=ROOT), fragment("gdhcn.entry_id")),
        (method(type="Multikey"), fragment("gdhcn.entry_type")),
        (method(publicKeyJwk=[]), fragment("gdhcn.jwk")),
        (method(publicKeyJwk={"n": 7.5}), fragment("gdhcn.jwk_number")),
        (changed(lambda one: one.update(verificationMethod=["x"])), fragment("gdhcn.reference")),
        (method(domain="#DCC"), fragment("gdhcn.code_object")),
        (method(publicKeyJwk={"n": "\ud800"}), fragment("json.not_unicode")),
        (method(publicKeyJwk={"\ud800": "n", "n": 7}), fragment("json.not_unicode")),
    ],
)
def test_reasons_of_malformed_gdhcn_documents(published: dict[str, Any] | bytes, reason: Fragment) -> None:
    """Each reason names a member or a form and quotes nothing."""
    assert said(refused(published)) == ("import.malformed", {"kind": WHO_LIST, "reason": reason})


@pytest.mark.parametrize(
    ("published", "reason"),
    [
        (
            changed(lambda one: one["@context"].pop()),
            fragment("gdhcn.version_1"),
        ),
        (changed(lambda one: one.update({"@context": []})), fragment("gdhcn.contexts")),
        (changed(lambda one: one.pop("proof")), fragment("gdhcn.proof_members")),
        (proof(type="DataIntegrityProof"), fragment("gdhcn.proof_type")),
        (proof(proofPurpose="authentication"), fragment("gdhcn.proof_type")),
        (
            proof(verificationMethod=METHOD.format("uat")),
            fragment("gdhcn.proof_method"),
        ),
        (proof(nonce=7), fragment("gdhcn.proof_nonce")),
        (proof(created="2026-06-01"), fragment("gdhcn.proof_time")),
        (proof(created=1780000000), fragment("gdhcn.proof_time")),
        (proof(created="2026-02-30T00:00:00Z"), fragment("gdhcn.proof_text")),
        (proof(nonce="\ud800"), fragment("gdhcn.proof_text")),
        (proof(jws=7), NO_SIGNATURE),
        (proof(jws=publish(document())["proof"]["jws"].partition(".")[0] + "..AAB"), NO_SIGNATURE),
        (proof(jws=publish(document())["proof"]["jws"].partition(".")[0] + "..AAAA"), NO_SIGNATURE),
    ],
)
def test_reasons_of_refused_gdhcn_proofs(published: dict[str, Any], reason: Fragment) -> None:
    """Each reason says which member of the proof is wrong."""
    assert said(refused(published)) == ("import.proof", {"reason": reason})


def test_a_wrong_signature_names_the_kind_of_list() -> None:
    """So that somebody who imports several lists knows which one it was."""
    assert said(refused(publish(document(), key=p256()))) == ("import.signature", {"kind": WHO_LIST})
    with pytest.raises(hcert.MalformedError) as caught:
        lists.import_german(german(item()), signer=PIN)
    assert said(caught.value) == ("import.signature", {"kind": GERMAN_LIST})


def test_errors_about_time_state_both_times() -> None:
    """In UTC. The bound of an hour for clocks that are behind is inclusive."""
    created = NOW - dt.timedelta(hours=1)
    listed = publish(document())
    words = "2026-06-01T11:00:00Z"
    assert len(take(listed, at=created - dt.timedelta(hours=1)).trust) == 0
    early = refused(listed, at=created - dt.timedelta(hours=1, microseconds=1))
    assert said(early) == ("import.from_future", {"created_at": words})
    held = refused(listed, newer_than=created + dt.timedelta(seconds=1))
    assert said(held) == ("import.older", {"created_at": words, "held": "2026-06-01T11:00:01Z"})
    aged = refused(listed, max_age=dt.timedelta(minutes=36))
    assert said(aged) == ("import.too_old", {"created_at": words, "limit": "0.025"})


@pytest.mark.parametrize("name", ["at", "newer_than"])
def test_a_naive_time_names_its_argument(name: str) -> None:
    """There are two such arguments."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        take(publish(document()), **{name: NOW.replace(tzinfo=None)})
    assert said(caught.value) == ("time.naive", {"name": name})


@pytest.mark.parametrize("name", ["domains", "participants", "usages"])
def test_gdhcn_refuses_a_single_text_as_a_filter(name: str) -> None:
    """`DCC` is part of `DDCC`; a single code must be in a collection."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        take(publish(document()), **{name: "DDCC"})
    assert said(caught.value) == ("import.filter", {"name": name})


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: lists.import_gateway(b"[]", countries="NLVN"), "countries"),
        (lambda: lists.import_gateway(b"[]", certificate_types="DSC"), "certificate_types"),
        (lambda: lists.import_german(german(), signer=GERMAN_PIN, countries="OM"), "countries"),
        (lambda: lists.import_certificates({}, countries="OM"), "countries"),
    ],
)
def test_importers_refuse_a_single_text_as_a_filter(make: Callable[[], object], name: str) -> None:
    """For countries and certificate types."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        make()
    assert said(caught.value) == ("import.filter", {"name": name})


def test_reasons_of_refused_gdhcn_children() -> None:
    """A child with the id of another, and circular references."""
    child = f"{ROOT}:DCC"
    listed = publish(document(child))
    other = {child: json.dumps(publish(document(id=f"{ROOT}:PH4H"))).encode()}
    reason = fragment("gdhcn.other_id")
    assert said(refused(listed, children=other)) == ("import.malformed", {"kind": WHO_LIST, "reason": reason})
    circle = {child: json.dumps(publish(document(ROOT, id=child))).encode()}
    reason = fragment("gdhcn.circle")
    assert said(refused(listed, children=circle)) == ("import.malformed", {"kind": WHO_LIST, "reason": reason})


def test_ambiguous_entries_are_quarantined_with_their_places() -> None:
    """Both of them, since the signature does not show which member belongs to which."""
    one = entry()
    two = {**one, "domain": {"code": "#PH4H"}, "participant": {"code": "#XXB"}}
    reason = fragment("gdhcn.ambiguous_id")
    found = take(publish(document(one, two))).quarantined
    assert reasons(found) == [("#1", "import.entry", reason), ("#2", "import.entry", reason)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", NO_JSON),
        (b"[NaN]", NO_JSON),
        (b"7", NEITHER),
        (b'{"certificates": {}}', NEITHER),
        (b"{}", NEITHER),
    ],
)
def test_malformed_gateway_lists_name_their_kind(data: bytes, reason: Fragment) -> None:
    """The list of the gateway or the German one."""
    with pytest.raises(hcert.MalformedError) as caught:
        lists.import_gateway(data)
    assert said(caught.value) == ("import.malformed", {"kind": GATEWAY_LIST, "reason": reason})
    with pytest.raises(hcert.MalformedError) as caught:
        lists.import_german(sealed(data), signer=GERMAN_PIN)
    assert said(caught.value) == ("import.malformed", {"kind": GERMAN_LIST, "reason": reason})


@pytest.mark.parametrize("data", [b"", b"\n[]", b"AAAA\n[]", b"\xff" * 88 + b"\n[]"])
def test_a_german_list_needs_its_signature_line(data: bytes) -> None:
    """64 bytes in Base64, in the first line."""
    with pytest.raises(hcert.MalformedError) as caught:
        lists.import_german(data, signer=GERMAN_PIN)
    reason = fragment("gateway.signature_line", length=64)
    assert said(caught.value) == ("import.malformed", {"kind": GERMAN_LIST, "reason": reason})


def test_a_skipped_item_does_not_affect_the_next_ones() -> None:
    """Quarantined and skipped ones, and a good one at the end."""
    items = [item(kid="%"), item(country="x"), item(certificate_type="UPLOAD"), item(country="VN"), item()]
    found = lists.import_gateway(json.dumps(items).encode(), countries={"OM"})
    assert len(found.trust) == 1
    assert [one.record for one in found.quarantined] == ["#1", "#2"]
    assert [one.record for one in found.skipped] == ["#3", "#4"]


@pytest.mark.parametrize(("size", "taken"), [(1, True), (64, True), (65, False)])
def test_min_and_max_kid_length(size: int, *, taken: bool) -> None:
    """In lists of the gateway and of WHO."""
    gateway = lists.import_gateway(json.dumps([item(kid=text_of(b"k" * size))]).encode())
    assert bool(len(gateway.trust)) is taken
    assert bool(len(take(publish(document(entry(kid="k" * size)))).trust)) is taken


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', "[Infinity]", "[" * 17 + "]" * 17],
    ids=["member twice", "infinity", "deep"],
)
def test_json_errors_do_not_quote_the_input(text: str) -> None:
    """All three have the same reason, and no chained exception that could quote the text."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared below
        bounded_json.parse(text.encode())
    assert caught.value.args == (NO_JSON,)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
