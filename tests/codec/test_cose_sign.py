"""COSE_Sign and documents with attachments: one way to write them, and nothing else read."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec import cose_sign
from hcert.codec.cose_sign import Signature, Signed
from hcert.errors import MalformedError
from hcert.trust import document_file

PROTECTED = cbor2.dumps({1: -7, 4: b"kid"})
PART = [PROTECTED, {}, b"signature"]
TAG = b"\xd8\x62"

signatures = st.builds(Signature, st.integers(-(2**63), 2**63 - 1), st.binary(max_size=40), st.binary(max_size=80))


@given(st.binary(), st.lists(signatures, min_size=1, max_size=5))
def test_what_is_written_is_read(payload: bytes, parts: list[Signature]) -> None:
    """Round trip, and one encoding only."""
    signed = Signed(payload, tuple(parts))
    data = cose_sign.encode(signed)
    assert cose_sign.split(data) == signed
    assert cose_sign.encode(cose_sign.split(data)) == data


def test_covers_what_rfc_9052_says() -> None:
    """The Sig_structure of COSE_Sign: context, body headers, signer headers, external data, payload."""
    structure = cbor2.loads(Signature(-7, b"kid", b"").covered(b"payload"))
    assert structure == ["Signature", b"", PROTECTED, b"", b"payload"]


SHAPES: list[Any] = [
    {},
    [b"", {}, b"payload"],
    [b"", {}, b"payload", [PART], 0],
    [b"\xa0", {}, b"payload", [PART]],
    [b"", {1: -7}, b"payload", [PART]],
    [b"", {}, None, [PART]],
    [b"", {}, "payload", [PART]],
    [b"", {}, b"payload", []],
    [b"", {}, b"payload", {}],
    [b"", {}, b"payload", [PART] * 65],
    [b"", {}, b"payload", [[]]],
    [b"", {}, b"payload", [{}]],
    [b"", {}, b"payload", [[PROTECTED, {}, "signature"]]],
    [b"", {}, b"payload", [[PROTECTED, {4: b"kid"}, b"signature"]]],
    [b"", {}, b"payload", [[b"", {}, b"signature"]]],
    [b"", {}, b"payload", [[b"\xff", {}, b"signature"]]],
    [b"", {}, b"payload", [[cbor2.dumps([]), {}, b"signature"]]],
    [b"", {}, b"payload", [[cbor2.dumps({1: -7}), {}, b"signature"]]],
    [b"", {}, b"payload", [[cbor2.dumps({4: b"kid", 1: -7}), {}, b"signature"]]],
    [b"", {}, b"payload", [[cbor2.dumps({1: "ES256", 4: b"kid"}), {}, b"signature"]]],
    [b"", {}, b"payload", [[cbor2.dumps({1: -7, 4: b"kid", 2: [1]}), {}, b"signature"]]],
    [b"", {}, b"payload", [[b"\xa2\x01\x26\x04\x58\x03kid", {}, b"signature"]]],
]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TAG,
        cbor2.dumps([b"", {}, b"payload", [PART]]),
        b"\xd2" + cbor2.dumps([b"", {}, b"payload", b"signature"]),
        TAG + cbor2.dumps([b"", {}, b"payload", [PART]]) + b"\0",
        *(TAG + cbor2.dumps(item) for item in SHAPES),
    ],
)
def test_anything_else_is_malformed(data: bytes) -> None:
    """No tag, other headers, other types, longer heads: a second way to write is a second meaning."""
    with pytest.raises(MalformedError) as caught:
        cose_sign.split(data)
    assert caught.value.code == "document.malformed"


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_an_attachment_comes_apart_as_it_was_joined(document: bytes, attachment: bytes) -> None:
    """Document and attachment, however long."""
    data = document_file.join(document, attachment)
    assert document_file.split(data) == (document, attachment)
    head, start = document_file.find_attachment(data)
    assert (head, data[start:]) == (document, attachment)


def test_a_document_without_attachment_is_all_document() -> None:
    """Both forms are told apart by their first bytes."""
    for data in (b"document", b"", b"HCERTDO", b"HCERTDOX" + bytes(9)):
        assert document_file.split(data) == document_file.find_attachment(data) == (data, None)


@pytest.mark.parametrize("data", [b"HCERTDOC", b"HCERTDOC\0\0\0", b"HCERTDOC\0\0\0\1"])
def test_a_cut_file_has_no_head(data: bytes) -> None:
    """It is said before anything is read of it."""
    with pytest.raises(MalformedError) as caught:
        document_file.find_attachment(data)
    assert caught.value.code == "document.malformed"


@given(
    st.binary(max_size=200).map(lambda data: TAG + data)
    | st.recursive(st.binary(max_size=5) | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=4)).map(
        lambda item: TAG + cbor2.dumps(item)
    )
)
def test_any_bytes_are_split_or_malformed(data: Any) -> None:
    """No other exception."""
    try:
        cose_sign.split(data)
    except MalformedError as error:
        assert error.code == "document.malformed"
