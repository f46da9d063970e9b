"""Paths and contents that callers give: what is neither ends in an error with a code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import hcert
from hcert import certlogic, lists
from support.list_publisher import anchor, pins, publish
from support.signers import document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNER = document_signer(p256())
PINNED = pins()
NO_PATHS = ["a\0b", Path("a\0b"), None, 7, [], b"a"]


def code_of(call: Callable[[], Any]) -> str:
    """Return the code with which a call is refused."""
    with pytest.raises(hcert.HcertError) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize("path", NO_PATHS, ids=range(len(NO_PATHS)))
def test_what_is_not_a_path_is_refused_by_name(path: Any) -> None:
    """With NUL in it, or of another type."""
    assert code_of(lambda: hcert.TrustStore(path, anchors=PINNED["anchors"])) == "file.path"
    assert code_of(lambda: SIGNER.issue().qr().save(path)) == "file.path"
    if not isinstance(path, bytes):  # for these two it is the content of a file
        assert code_of(lambda: hcert.RevocationList.open(path, **PINNED)) == "file.path"
        assert code_of(lambda: hcert.read_picture(path)) in {"file.path", "picture.type"}


@pytest.mark.parametrize("data", [None, 7, "keys.cose", [], memoryview(b"x"), Path("keys.cose")], ids=range(6))
def test_what_is_not_the_content_of_a_list_is_refused_by_name(tmp_path: Path, data: Any) -> None:
    """Wherever a list can be handed over."""
    store = hcert.TrustStore(tmp_path, anchors=PINNED["anchors"])
    for call in (
        lambda: store.update(data),
        lambda: hcert.TrustList.open(data, **PINNED),
        lambda: certlogic.RuleList.open(data, **PINNED),
        lambda: lists.add_signature(data, anchor(0).signer),
        lambda: lists.find_signers(data, PINNED["anchors"]),
    ):
        assert code_of(call) == "document.not_bytes"


def test_anchors_keep_their_threshold(tmp_path: Path) -> None:
    """Another one beside them could be lower, and nobody would notice; the same one says nothing new."""
    keys = tuple(PINNED["anchors"])
    strict = lists.Anchors(keys, threshold=2)
    once = publish(hcert.TrustList([SIGNER.key]), by=[0])
    more = {"at": PINNED["at"], "anchors": strict}
    assert code_of(lambda: hcert.TrustList.open(once, threshold=1, **more)) == "document.two_thresholds"
    assert code_of(lambda: hcert.TrustList.open(once, threshold=3, **more)) == "document.two_thresholds"
    assert code_of(lambda: hcert.TrustList.open(once, threshold=2, **more)) == "document.too_few_signatures"
    assert code_of(lambda: hcert.TrustStore(tmp_path, anchors=strict, threshold=1)) == "document.two_thresholds"


def test_an_array_that_is_too_large_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its shape tells; one that claims to be an array and is none is refused as well."""
    monkeypatch.setattr(Image, "fromarray", lambda _: pytest.fail("copied"))
    wide = np.broadcast_to(np.uint8(255), (4_001, 4_000))
    assert code_of(lambda: hcert.read_picture(wide)) == "picture.too_large"
    for shape in ((), (5,), ("x", "y"), None):
        claimed: Any = type("Claimed", (), {"__array_interface__": {"shape": shape}})()
        assert code_of(lambda claimed=claimed: hcert.read_picture(claimed)) == "picture.type"  # type: ignore[misc]
