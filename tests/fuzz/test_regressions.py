"""What fuzzing and the machine of the store have found, each once and as small as it could be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hcert
from hcert.errors import MalformedError
from support.list_publisher import DAY, anchors, keys_of, publish
from support.signers import NOW, document_signer, p256

if TYPE_CHECKING:
    from pathlib import Path

AT = NOW + DAY
CONTENT = hcert.TrustList([document_signer(p256()).key])


def test_an_older_list_in_the_place_of_the_one_held_brings_no_anchors_back(tmp_path: Path) -> None:
    """Restored from a backup alone, it must not put anchors in force that were replaced since.

    Found by `tests/store/test_stateful.py`. Lists by the present anchors were refused from then on, and those by
    the anchors before taken.
    """
    store = hcert.TrustStore(tmp_path, anchors=keys_of(0, 1, 2), threshold=2)
    store.update(publish(CONTENT, next_anchors=anchors(3, 4)), at=AT)
    backup = (tmp_path / "keys.cose").read_bytes()
    store.update(publish(CONTENT, version=2, by=[3, 4], next_anchors=anchors(5, 6)), at=AT)
    (tmp_path / "keys.cose").write_bytes(backup)
    with pytest.raises(MalformedError) as caught:
        store.update(publish(CONTENT, version=3, by=[3, 4]), at=AT)
    assert caught.value.code == "document.too_few_signatures"
    taken = store.update(publish(CONTENT, version=3, by=[5, 6]), at=AT)
    assert taken.envelope is not None
    assert taken.envelope.state.version == 3


def test_restoring_an_older_list_does_not_roll_back_the_store(tmp_path: Path) -> None:
    """Whoever restores it and offers it as well gets what `trust_list` says of it, and not the list.

    Found by `tests/store/test_stateful.py`. A key revoked in version 2 counted again for a program that works
    with what `update` returned.
    """
    store = hcert.TrustStore(tmp_path, anchors=keys_of(0, 1, 2), threshold=2)
    older = publish(CONTENT)
    store.update(older, at=AT)
    store.update(publish(hcert.TrustList(), version=2), at=AT)
    (tmp_path / "keys.cose").write_bytes(older)
    with pytest.raises(MalformedError) as caught:
        store.trust_list()
    assert caught.value.code == "store.damaged"
    with pytest.raises(MalformedError) as caught:
        store.update(older, at=AT)
    assert caught.value.code == "document.older"


def test_a_download_as_damaged_as_the_held_list_is_refused_for_its_own_damage(tmp_path: Path) -> None:
    """Found by `tests/store/test_stateful.py`: the store spoke of its own damage instead of the download's."""
    store = hcert.TrustStore(tmp_path, anchors=keys_of(0, 1, 2), threshold=2)
    store.update(publish(CONTENT), at=AT)
    (tmp_path / "keys.cose").write_bytes(b"garbage")
    with pytest.raises(MalformedError) as caught:
        store.update(b"garbage", at=AT)
    assert caught.value.code == "document.malformed"
