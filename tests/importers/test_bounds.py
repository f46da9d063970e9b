"""Every bound of an importer, at its last good value and one beyond, with the reason that is given."""

from __future__ import annotations

import json
from typing import Any

import pytest

import hcert
from hcert import lists
from hcert.fragments import Fragment, fragment
from hcert.importers import bounded_json, certificate_files, collector, gdhcn, gdhcn_canonical
from support.foreign_lists import DSC, ROOT, SCA, document, entry, item, publish, refused, take, text_of


def reasons_of(findings: tuple[hcert.Finding, ...]) -> list[Any]:
    """Return why entries were quarantined."""
    return [dict(found.details)["reason"] for found in findings]


def parse_failure(data: bytes) -> Fragment | None:
    """Return why a JSON text is refused; None if it is not."""
    try:
        bounded_json.parse(data)
    except ValueError as error:
        (reason,) = error.args
        assert isinstance(reason, Fragment)
        return reason
    return None


JSON_BOUNDS: dict[str, tuple[str, int, bytes, bytes, Fragment]] = {
    "bytes": ("MAX_BYTES", 4, b"[]  ", b"[]   ", fragment("size.bytes", most=4)),
    "parts": ("MAX_PARTS", 4, b"[1,2,{}]", b"[1,2,3,{}]", fragment("size.parts", most=4)),
    "quotes": ("MAX_QUOTES", 4, b'["a","b"]', b'["a","b",""]', fragment("size.parts", most=1_000_000)),
    "items of an array": ("MAX_ITEMS", 3, b'{"a":[1,2,3]}', b'{"a":[1,2,3,4]}', fragment("size.entries", most=3)),
    "items of a nested array": ("MAX_ITEMS", 2, b"[0,[1,2]]", b"[0,[1,2,3]]", fragment("size.entries", most=2)),
    "empty arrays": ("MAX_ITEMS", 0, b'{"a":[]}', b"[0]", fragment("size.entries", most=0)),
    "depth": ("MAX_DEPTH", 2, b'[{"[[":"\\"[\\\\"}]', b"[[[]]]", fragment("json.malformed")),
}


@pytest.mark.parametrize("name", JSON_BOUNDS)
def test_json_bounds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets and escapes within strings do not count as depth."""
    constant, bound, good, bad, reason = JSON_BOUNDS[name]
    monkeypatch.setattr(bounded_json, constant, bound)
    assert parse_failure(good) is None
    assert parse_failure(bad) == reason


def test_brackets_cannot_be_joined_across_a_string() -> None:
    """Texts left and right of a string are separate."""
    assert parse_failure(b'["]"]') is None
    assert parse_failure(b'[[""]') == fragment("json.malformed")


def test_max_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether they are referred to or not."""
    monkeypatch.setattr(gdhcn, "MAX_CHILDREN", 2)
    listed = publish(document(entry()))
    children = {f"{ROOT}:{number}": b"" for number in range(3)}
    assert len(take(listed, children=dict(list(children.items())[:2])).trust) == 1
    reason = fragment("gdhcn.too_many_documents", most=2)
    assert dict(refused(listed, children=children).findings[0].details)["reason"] == reason


def test_max_chain() -> None:
    """Certificates of one entry; none of them is decoded beyond the bound."""
    (good,) = take(publish(document(entry(DSC, *[SCA.certificate] * 9)))).trust
    assert good.certificate == DSC
    imported = take(publish(document(entry(DSC, *[SCA.certificate] * 10), entry(SCA.certificate))))
    assert reasons_of(imported.quarantined) == [fragment("size.chain", most=10)]
    assert imported.quarantined[0].record is not None
    assert len(imported.trust) == 1


def test_max_nonce() -> None:
    """In characters."""
    assert len(take(publish(document(entry()), nonce="n" * 200)).trust) == 1
    assert refused(publish(document(entry()), nonce="n" * 201)).code == "import.proof"


def test_max_kid_text() -> None:
    """A kid of 64 bytes in Base64 with percent-encoding is accepted, and so are 64 characters."""
    for kid, taken in (("%41" * 64, 1), ("%41" * 64 + "A" * 64, 0), ("A" * 64, 1), ("A" * 65, 0)):
        assert len(take(publish(document(entry(kid=kid)))).trust) == taken, kid


ID_SPOTS = ("id", "controller", "reference")


@pytest.mark.parametrize("spot", ID_SPOTS)
def test_max_identifiers(spot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of entries, documents and references, in characters."""
    monkeypatch.setattr(gdhcn_canonical, "MAX_ID_CHARACTERS", 100)
    for length, fits in ((100, True), (101, False)):
        if spot == "reference":
            listed = publish(document(f"{ROOT}:" + "a" * (length - len(ROOT) - 1)))
        else:
            one = entry()
            one[spot] = f"{ROOT}#" if spot == "id" else f"{ROOT}:"
            one[spot] += "a" * (length - len(one[spot]))
            listed = publish(document(one))
        if fits:
            take(listed)
        else:
            assert refused(listed).code == "import.malformed"


def test_max_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With their `#`, in characters."""
    monkeypatch.setattr(gdhcn_canonical, "MAX_CODE_CHARACTERS", 8)
    for code, fits in (("#1234567", True), ("#12345678", False)):
        listed = publish(document({**entry(), "participant": {"code": code}}))
        if fits:
            assert len(take(listed).trust) == 1
        else:
            assert refused(listed).code == "import.malformed"


def test_max_files_and_their_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, bytes of a file, and blocks in a file."""
    monkeypatch.setattr(certificate_files, "MAX_ITEMS", 2)
    assert len(lists.import_certificates({"a": b"", "b": b""}).quarantined) == 2
    with pytest.raises(hcert.MalformedError) as caught:
        lists.import_certificates(dict.fromkeys("abc", b""))
    assert dict(caught.value.findings[0].details) == {
        "kind": fragment("thing.bundle"),
        "reason": fragment("size.files", most=2),
    }
    reason = fragment("size.bytes_or_blocks", bytes=len(DSC), blocks=2)
    monkeypatch.setattr(certificate_files, "MAX_BYTES", len(DSC))
    assert len(lists.import_certificates({"fits": DSC}).trust) == 1
    for data in (DSC + b"\n", b"-----BEGIN X-----" * 3):
        (found,) = lists.import_certificates({"large": data}).quarantined
        assert (found.record, dict(found.details)["reason"]) == ("large", reason)


def test_max_certificate_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """In files without PEM; a larger one is not a certificate, whatever it holds."""
    monkeypatch.setattr(certificate_files, "MAX_CERTIFICATE_BYTES", len(DSC))
    assert len(lists.import_certificates({"fits": DSC}).trust) == 1
    monkeypatch.setattr(certificate_files, "MAX_CERTIFICATE_BYTES", len(DSC) - 1)
    (found,) = lists.import_certificates({"large": DSC}).quarantined
    assert dict(found.details)["reason"] == fragment("bundle.no_certificate")


def test_max_base64(monkeypatch: pytest.MonkeyPatch) -> None:
    """In characters."""
    text = text_of(DSC)
    monkeypatch.setattr(collector, "MAX_BASE64", len(text))
    assert collector.decode_base64(text) == DSC
    monkeypatch.setattr(collector, "MAX_BASE64", len(text) - 1)
    assert collector.decode_base64(text) is None


def test_max_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many origins as fit into the text of a signed list, to the last character."""
    items = [item(country=country) for country in ("AA", "BB", "CC")]  # `gateway:AA` has 10 characters
    for characters, countries in ((32, 3), (31, 2), (21, 2), (20, 1)):
        monkeypatch.setattr(collector, "MAX_TEXT_CHARACTERS", characters)
        (key,) = lists.import_gateway(json.dumps(items).encode()).trust
        assert key.origin is not None
        assert len(key.origin.split()) == countries, characters
