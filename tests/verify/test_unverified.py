"""Reading without a key: for debugging, and never to be mistaken for a verdict."""

from __future__ import annotations

from typing import Any

import pytest

import hcert
from hcert.records.eu_dcc.model import to_wire
from support.raw_messages import Handmade
from support.signers import EXPIRY, NOW, DocumentSigner, vaccination_record


def test_shows_what_a_code_claims(either: DocumentSigner) -> None:
    """Header, claims and payloads are read from a code that nobody vouches for."""
    read = hcert.read_unverified(either.issue().text)
    assert (read.algorithm, read.kid) == (either.key.algorithm, either.key.kid)
    assert read.claims == hcert.Claims("VN", NOW, EXPIRY)
    assert read.subclaims == {1: to_wire(vaccination_record())}
    assert read.leniencies == ()


def test_is_no_verified_certificate(es256: DocumentSigner) -> None:
    """The types differ, and none of the verified members is there."""
    read = hcert.read_unverified(Handmade(es256, tag=None).text)
    assert not issubclass(type(read), hcert.VerifiedCertificate)
    assert not {"record", "key", "accepted"} & set(dir(read))
    assert [found.code for found in read.leniencies] == ["cose.untagged"]


@pytest.mark.parametrize("text", [None, 5, b"", "", "HC1:", "HC1:0", "http://example.org"])
def test_refuses_what_cannot_be_read(text: Any) -> None:
    """Malformed input is the one error there is."""
    with pytest.raises(hcert.MalformedError):
        hcert.read_unverified(text)
