"""Decoding health links: every form of pilots, never followed, never shown."""

from __future__ import annotations

import datetime as dt
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.codec.limits import MAX_INTEGER, MAX_SECONDS, MIN_SECONDS
from hcert.fragments import Fragment, fragment
from hcert.records.health_link.decode import decode
from support.case_ids import case_id
from support.raw_messages import Handmade, claims_of
from support.reasons import reasons
from support.signers import (
    NOW,
    DocumentSigner,
)

KEY = "rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q"


HTTP = "http://health.example:8182/v2/manifests/4tBrRhw5"
END = 1_800_000_000


MEMBERS: dict[str, Any] = {"url": "https://health.example/m/4tBrRhw5?recipient=1", "key": KEY}


def link(members: Any = None, *, scheme: str = "vhlink") -> str:
    """Write a link."""
    data = members if isinstance(members, bytes) else json.dumps(MEMBERS if members is None else members).encode()
    return f"{scheme}:/{urlsafe_b64encode(data).decode().rstrip('=')}"


def codes(payload: Any) -> list[str]:
    """Return the codes of what is said of a payload."""
    return [found.code for found in decode(payload)[1]]


@pytest.mark.parametrize(
    "payload",
    [
        link(),
        link(scheme="shlink"),
        [link()],
        {"u": link()},
        [{"u": link(scheme="shlink")}],
        "https://viewer.example/app#" + link(scheme="shlink"),
        link() + "=",
    ],
    ids=case_id,
)
def test_every_published_form_is_decoded(payload: Any) -> None:
    """Text, in a list, in a map, behind a viewer's address."""
    record, found = decode(payload)
    assert record is not None
    assert record.scheme in {"shlink", "vhlink"}
    assert (record.url, record.key) == (MEMBERS["url"], KEY)
    assert [(one.code, one.severity) for one in found] == [("record.link_not_followed", "warning")]


def test_all_members_are_read() -> None:
    """Times are aware."""
    record, _ = decode(link({**MEMBERS, "exp": 1800000000, "flag": "LP", "label": "Sổ tiêm", "v": 1, "extension": {}}))
    assert record is not None
    assert record.expires_at == dt.datetime.fromtimestamp(1800000000, dt.UTC)
    assert (record.flags, record.label, record.version) == ("LP", "Sổ tiêm", 1)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        5,
        "",
        "https://health.example",
        "xlink:/abc",
        "vhlink:/",
        "vhlink:/a",
        [],
        [link(), link()],
        {},
        {"u": 5},
        "vhlink:/" + "A" * 5000,
        link(b"\xff"),
        link(b"[]"),
        link(b"[" * 2000),
        link(b'{"url":"https://a","url":"https://b"}'),
        link({}),
        link({**MEMBERS, "url": "ftp://health.example"}),
        link().replace(":/", ":///"),
        link().replace(":/", ":"),
        link({**MEMBERS, "key": KEY + "=="}),
        link({**MEMBERS, "key": KEY + "A"}),
        link({**MEMBERS, "exp": 10**12 - 1}),
        link({**MEMBERS, "exp": (MAX_SECONDS + 1) * 1000}),
        link({**MEMBERS, "exp": float("inf")}),
        link({**MEMBERS, "url": "https://"}),
        link({**MEMBERS, "url": "https://a b"}),
        link({**MEMBERS, "url": "https://user@health.example"}),
        link({**MEMBERS, "url": "https://health.example/" + "a" * 2002}),
        link({**MEMBERS, "url": 5}),
        link({**MEMBERS, "key": KEY[:-1]}),
        link({**MEMBERS, "key": KEY[:-1] + "+"}),
        link({**MEMBERS, "key": None}),
        link({**MEMBERS, "flag": "PU"}),
        link({**MEMBERS, "flag": "PL"}),
        link({**MEMBERS, "flag": "X"}),
        link({**MEMBERS, "label": "x" * 81}),
        link({**MEMBERS, "label": 5}),
        link({**MEMBERS, "exp": "soon"}),
        link({**MEMBERS, "exp": -1}),
        link({**MEMBERS, "exp": True}),
        link({**MEMBERS, "exp": 1e300}),
        link({**MEMBERS, "v": 0}),
        link({**MEMBERS, "v": True}),
    ],
    ids=case_id,
)
def test_malformed_link_is_refused(payload: Any) -> None:
    """With its reason, without showing the link."""
    record, found = decode(payload)
    assert record is None
    assert [(one.code, one.severity) for one in found] == [("record.link_malformed", "error")]
    assert "health.example" not in found[0].message
    assert KEY[:20] not in found[0].message


def form(name: str) -> tuple[str, dict[str, Any]]:
    """Return a warning about the form of a link."""
    return "record.link_form", {"reason": fragment(f"link.{name}")}


@pytest.mark.parametrize(
    ("payload", "warnings"),
    [
        (link(scheme="shlink").replace(":/", "://"), [form("two_slashes")]),
        (link(scheme="vhlink").replace(":/", "://"), [form("two_slashes")]),
        ("https://viewer.example/#" + link().replace(":/", "://"), [form("two_slashes")]),
        (link({**MEMBERS, "key": KEY + "="}), [form("padded_key")]),
        (link({**MEMBERS, "exp": END * 1000 + 999}), [form("milliseconds")]),
        (link({**MEMBERS, "exp": END * 1000.0}), [form("milliseconds")]),
        (link({**MEMBERS, "url": HTTP}), [("record.link_not_https", {})]),
        (
            link({**MEMBERS, "url": HTTP, "key": KEY + "=", "exp": END * 1000}).replace(":/", "://"),
            [form("two_slashes"), ("record.link_not_https", {}), form("padded_key"), form("milliseconds")],
        ),
    ],
    ids=case_id,
)
def test_each_form_of_the_validators_of_the_who_has_its_warning(
    payload: str, warnings: list[tuple[str, dict[str, Any]]]
) -> None:
    """And gives the link that the form of the protocol gives."""
    record, found = decode(payload)
    assert record is not None
    assert [(one.code, dict(one.details)) for one in found] == [*warnings, ("record.link_not_followed", {})]
    assert all(one.severity == "warning" for one in found)
    assert record.url in {MEMBERS["url"], HTTP}
    assert record.key == KEY
    assert record.expires_at in {None, dt.datetime.fromtimestamp(END, dt.UTC)}


def test_a_link_without_encryption_is_refused_like_any_other(es256: DocumentSigner) -> None:
    """It certifies nothing, and on request the warning stays."""
    payload = link({**MEMBERS, "url": HTTP})
    assert not verdict_on(es256, payload).accepted
    verdict = verdict_on(es256, payload, health_links=True)
    assert [one.code for one in verdict.warnings] == ["record.link_not_https", "record.link_not_followed"]


def verdict_on(signer: DocumentSigner, payload: Any, *, health_links: bool = False) -> hcert.Verdict:
    """Check a signed link."""
    verifier = hcert.Verifier(hcert.TrustList([signer.key]), health_links=health_links)
    return verifier.check(Handmade(signer, claims=claims_of() | {-260: {5: payload}}).text, at=NOW)


def test_health_link_is_accepted_only_on_request(es256: DocumentSigner) -> None:
    """What is accepted opens gates; who wants links says so, and is told that the content was not checked."""
    verdict = verdict_on(es256, link())
    assert [one.code for one in verdict.findings] == ["record.link_not_followed", "record.certifies_nothing"]
    assert not verdict.accepted
    verdict = verdict_on(es256, link(), health_links=True)
    assert verdict.accepted
    assert [one.code for one in verdict.findings] == ["record.link_not_followed"]
    assert verdict.certificate is not None
    assert isinstance(verdict.certificate.record, hcert.HealthLink)
    assert repr(verdict.certificate.record) == "<HealthLink>"
    assert verdict.certificate.payload == link()


def test_expired_link_is_refused(es256: DocumentSigner) -> None:
    """Its own expiry counts beside that of the container, to the second."""
    end = int(NOW.timestamp())
    assert verdict_on(es256, link({**MEMBERS, "exp": end}), health_links=True).accepted
    expired = verdict_on(es256, link({**MEMBERS, "exp": end - 1}), health_links=True)
    assert [one.code for one in expired.findings] == ["record.link_not_followed", "record.link_expired"]
    assert not expired.accepted


def test_malformed_link_is_an_unknown_record(es256: DocumentSigner) -> None:
    """The payload stays as signed."""
    verdict = verdict_on(es256, "xlink:/abc")
    assert not verdict.accepted
    assert verdict.certificate is not None
    assert verdict.certificate.record == hcert.UnknownRecord(subclaim=5)
    assert verdict.certificate.payload == "xlink:/abc"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.just("u"), inner)
    )
    | st.dictionaries(st.sampled_from(["url", "key", "exp", "flag", "label", "v"]), st.text() | st.integers()).map(link)
)
def test_any_payload_is_read_or_refused(payload: Any) -> None:
    """No exception."""
    record, found = decode(payload)
    assert (record is None) == any(one.severity == "error" for one in found)
    assert codes(payload)


def link_of(text: str) -> str:
    """Write a link whose payload is any text."""
    return link(text.encode())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (5, fragment("link.no_text")),
        ({}, fragment("link.no_text")),
        ("x" * 4097, fragment("size.characters", most=4096)),
        ("x" * 4096, fragment("link.scheme")),
        (link_of("[]"), fragment("link.object")),
        (link_of('{"url": 1, "url": 2}'), fragment("link.json")),
        (link(MEMBERS | {"label": "x" * 81}), fragment("link.label", most=80)),
        (link(MEMBERS | {"label": 5}), fragment("link.label", most=80)),
        (link(MEMBERS | {"label": "\u202e"}), fragment("link.label_characters")),
        (link(MEMBERS | {"exp": MIN_SECONDS - 1}), fragment("link.expiry")),
        (link(MEMBERS | {"exp": MAX_SECONDS + 1}), fragment("link.expiry")),
        (link(MEMBERS | {"exp": "x"}), fragment("link.expiry")),
        (link(MEMBERS | {"v": 0}), fragment("link.version")),
        (link(MEMBERS | {"v": MAX_INTEGER + 1}), fragment("link.version")),
        (link(MEMBERS | {"v": "1"}), fragment("link.version")),
    ],
    ids=case_id,
)
def test_malformed_link_has_a_reason(value: Any, reason: Fragment) -> None:
    """In words of the protocol."""
    assert reasons(decode(value)[1]) == [("record.link_malformed", None, {"reason": reason})]


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "x" * 80},
        {"label": "S\ufffd"},
        {"exp": MIN_SECONDS},
        {"exp": MAX_SECONDS},
        {"v": MAX_INTEGER},
        {"flag": "x" * 0},
    ],
    ids=case_id,
)
def test_the_bounds_of_a_health_link_are_within(changes: dict[str, Any]) -> None:
    """What just fits is read; a link says no version where it is of the first."""
    read, _ = decode(link(MEMBERS | changes))
    assert read is not None
    assert read.version == changes.get("v", 1)


@pytest.mark.parametrize("padding", range(4))
def test_a_health_link_of_any_length_is_decoded(padding: int) -> None:
    """Base64 without its padding has three lengths that occur."""
    read, _ = decode(link(MEMBERS | {"label": "x" * padding}))
    assert read is not None
    assert read.label == "x" * padding


@pytest.mark.parametrize("label", ["\ud800", "x\u202e", "\x1b[2J", "e\u0301"])
def test_label_with_control_characters_is_malformed(label: str) -> None:
    """It would be shown to a person."""
    members = {"url": "https://health.example/m", "key": "A" * 43, "label": label}
    link = "shlink:/" + urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")
    record, found = decode([{"u": link}])
    assert record is None
    assert [reason.code for reason in found] == ["record.link_malformed"]
