"""How a gate takes lists: files that somebody chooses, and a folder such as a stick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hcert
from hcert.gate.answers import LANGUAGES
from support.gates import LISTS, anchors, authority, make_setup, open_gate, text_of

if TYPE_CHECKING:
    from pathlib import Path


def make_stick(folder: Path, *names: str) -> Path:
    """Return a folder as people carry it: lists among other files."""
    stick = folder / "stick"
    stick.mkdir()
    (stick / "read me.txt").write_text("lists of November")
    (stick / "photos").mkdir()
    (stick / "empty").write_bytes(b"")
    (stick / "code.png").write_bytes(authority()["code.png"])
    for name in names:
        (stick / name).write_bytes(authority()[name])
    return stick


def test_lists_come_from_a_folder_in_any_order(tmp_path: Path) -> None:
    """A delta whose name comes first waits for its full list; other files are left alone."""
    stick = make_stick(tmp_path, *LISTS)
    with open_gate(make_setup(tmp_path, "keys.cose", updates=stick)) as gate:
        report = gate.post("/updates").json
        assert (report["refused"], report["problem"]) == ([], None)
        taken = {one["file"]: (one["kind"], one["version"], one["changed"]) for one in report["taken"]}
        assert taken == {
            "keys.cose": ("key list", 1, False),
            "full.bin": ("revocation list", 1, True),
            "delta.cose": ("delta", 2, True),
        }
        assert gate.post("/check", text_of("revoked").encode()).json["state"] == "refused"


def test_a_file_that_somebody_chose_is_taken(tmp_path: Path) -> None:
    """One at a time, as the page sends them."""
    with open_gate(make_setup(tmp_path, "keys.cose", "full.bin")) as gate:
        report = gate.post("/lists", authority()["delta.cose"]).json
        assert [(one["kind"], one["version"], one["changed"]) for one in report["taken"]] == [("delta", 2, True)]
        assert gate.get("/state").json["lists"][1]["version"] == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "document.malformed"), (b"HCERTDOC", "document.malformed"), (b"not a list", "document.malformed")],
)
def test_what_is_no_list_is_refused_in_words(tmp_path: Path, data: bytes, code: str) -> None:
    """And the lists held stay."""
    with open_gate(make_setup(tmp_path)) as gate:
        (refused,) = gate.post("/lists", data).json["refused"]
        assert refused["code"] == code
        assert all(refused["message"][language] for language in LANGUAGES)
        assert [one["state"] for one in gate.get("/state").json["lists"]] == ["fresh", "fresh"]


def test_a_list_of_others_is_refused(tmp_path: Path) -> None:
    """Nobody but the pinned anchors may sign."""
    signer = hcert.LocalSigner.from_pem(
        authority()["anchor3.key"], certificate=hcert.TrustedKey.from_public_key(authority()["anchor3.pub"])
    )
    envelope = hcert.TrustStore(tmp_path / "other", anchors=anchors()).update(authority()["keys.cose"]).envelope
    data = hcert.TrustList([hcert.TrustedKey.from_certificate(authority()["dsc.pem"])]).seal(
        [signer], version=9, issued_at=envelope.issued_at, expires_at=envelope.expires_at
    )
    with open_gate(make_setup(tmp_path)) as gate:
        assert [one["code"] for one in gate.post("/lists", data).json["refused"]] == ["document.too_few_signatures"]


def test_a_stick_that_is_out_and_one_without_lists_are_told_apart(tmp_path: Path) -> None:
    """In words for the guard, not as an error of the server."""
    with open_gate(make_setup(tmp_path, updates=tmp_path / "gone")) as gate:
        assert gate.post("/updates").json["problem"] == "folder"
        (tmp_path / "gone").mkdir()
        assert gate.post("/updates").json["problem"] == "empty"


def test_a_gate_without_a_folder_offers_none(tmp_path: Path) -> None:
    """The button is not shown."""
    with open_gate(make_setup(tmp_path)) as gate:
        assert gate.get("/state").json["updates"] is False
        assert gate.post("/updates").json["problem"] == "folder"


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """As on a full disk or after it was removed."""
    with open_gate(make_setup(tmp_path)) as gate:
        (tmp_path / "store").rename(tmp_path / "moved")
        assert gate.post("/lists", authority()["keys.cose"]).json["problem"] == "store"
