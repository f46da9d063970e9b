"""Reading a code without verifying it: for debugging, and not to be confused with a verdict."""

from __future__ import annotations

from typing import Any

import pytest

import hcert
from hcert.records.eu_dcc.model import to_wire
from support.raw_messages import Handmade
from support.signers import EXPIRY, NOW, DocumentSigner, vaccination_record


def test_reads_a_code_without_a_key(either: DocumentSigner) -> None:
    """Headers, claims and payloads."""
    read = hcert.read_unverified(either.issue().text)
    assert (read.algorithm, read.kid) == (either.key.algorithm, either.key.kid)
    assert read.claims == hcert.Claims("VN", NOW, EXPIRY)
    assert read.subclaims == {1: to_wire(vaccination_record())}
    assert read.leniencies == ()


def test_the_result_is_not_a_verified_certificate(es256: DocumentSigner) -> None:
    """The types are not related, and it lacks the attributes of one."""
    read = hcert.read_unverified(Handmade(es256, tag=None).text)
    assert not issubclass(type(read), hcert.VerifiedCertificate)
    assert not {"record", "key", "accepted"} & set(dir(read))
    assert [found.code for found in read.leniencies] == ["cose.untagged"]


@pytest.mark.parametrize("text", [None, 5, b"", "", "HC1:", "HC1:0", "http://example.org"], ids=repr)
def test_malformed_text_is_refused(text: Any) -> None:
    """With no other exception than MalformedError."""
    with pytest.raises(hcert.MalformedError):
        hcert.read_unverified(text)
