"""COSE_Sign, and documents with attachments: one encoding, and no other is decoded."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec import cose_sign
from hcert.codec.cose_sign import CoseSign, Signature
from hcert.errors import MalformedError
from hcert.trust import document_file

PROTECTED = cbor2.dumps({1: -7, 4: b"kid"})
PART = [PROTECTED, {}, b"signature"]
TAG = b"\xd8\x62"

signatures = st.builds(Signature, st.integers(-(2**63), 2**63 - 1), st.binary(max_size=40), st.binary(max_size=80))


@given(st.binary(), st.lists(signatures, min_size=1, max_size=5))
def test_decodes_what_it_encodes(payload: bytes, parts: list[Signature]) -> None:
    """And encodes it to the same bytes again."""
    message = CoseSign(payload, tuple(parts))
    data = cose_sign.encode(message)
    assert cose_sign.decode(data) == message
    assert cose_sign.encode(cose_sign.decode(data)) == data


def test_the_sig_structure_is_that_of_rfc_9052() -> None:
    """Section 4.4: context, body headers, signer headers, external data, payload."""
    structure = cbor2.loads(Signature(-7, b"kid", b"").encode_sig_structure(b"payload"))
    assert structure == ["Signature", b"", PROTECTED, b"", b"payload"]


def with_header(protected: bytes) -> list[Any]:
    """Return a message whose only signature has this protected header."""
    return [b"", {}, b"payload", [[protected, {}, b"signature"]]]


MALFORMED: dict[str, Any] = {
    "map": {},
    "three elements": [b"", {}, b"payload"],
    "five elements": [b"", {}, b"payload", [PART], 0],
    "protected body header": [b"\xa0", {}, b"payload", [PART]],
    "unprotected body header": [b"", {1: -7}, b"payload", [PART]],
    "detached payload": [b"", {}, None, [PART]],
    "text as payload": [b"", {}, "payload", [PART]],
    "no signature": [b"", {}, b"payload", []],
    "signatures in a map": [b"", {}, b"payload", {}],
    "65 signatures": [b"", {}, b"payload", [PART] * 65],
    "empty signature element": [b"", {}, b"payload", [[]]],
    "signature element is a map": [b"", {}, b"payload", [{}]],
    "text as signature": [b"", {}, b"payload", [[PROTECTED, {}, "signature"]]],
    "unprotected header": [b"", {}, b"payload", [[PROTECTED, {4: b"kid"}, b"signature"]]],
    "empty protected header": with_header(b""),
    "header is not CBOR": with_header(b"\xff"),
    "header is an array": with_header(cbor2.dumps([])),
    "header without kid": with_header(cbor2.dumps({1: -7})),
    "header in another order": with_header(cbor2.dumps({4: b"kid", 1: -7})),
    "algorithm as text": with_header(cbor2.dumps({1: "ES256", 4: b"kid"})),
    "critical header": with_header(cbor2.dumps({1: -7, 4: b"kid", 2: [1]})),
    "head longer than necessary": with_header(b"\xa2\x01\x26\x04\x58\x03kid"),
}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty input"),
        pytest.param(TAG, id="tag alone"),
        pytest.param(cbor2.dumps([b"", {}, b"payload", [PART]]), id="no tag"),
        pytest.param(b"\xd2" + cbor2.dumps([b"", {}, b"payload", b"signature"]), id="COSE_Sign1"),
        pytest.param(TAG + cbor2.dumps([b"", {}, b"payload", [PART]]) + b"\0", id="trailing byte"),
        *(pytest.param(TAG + cbor2.dumps(item), id=name) for name, item in MALFORMED.items()),
    ],
)
def test_every_other_form_is_malformed(data: bytes) -> None:
    """There is only one encoding."""
    with pytest.raises(MalformedError) as caught:
        cose_sign.decode(data)
    assert caught.value.code == "document.malformed"


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_splits_a_file_into_document_and_attachment_as_they_were_joined(document: bytes, attachment: bytes) -> None:
    """Whatever their lengths."""
    data = document_file.join(document, attachment)
    assert document_file.split(data) == (document, attachment)
    head, start = document_file.find_attachment(data)
    assert (head, data[start:]) == (document, attachment)


def test_a_file_without_the_mark_is_a_document_without_attachment() -> None:
    """The first eight bytes distinguish the two forms."""
    for data in (b"document", b"", b"HCERTDO", b"HCERTDOX" + bytes(9)):
        assert document_file.split(data) == document_file.find_attachment(data) == (data, None)


@pytest.mark.parametrize(
    "data",
    [b"HCERTDOC", b"HCERTDOC\0\0\0", b"HCERTDOC\0\0\0\1"],
    ids=["mark alone", "length cut off", "document cut off"],
)
def test_a_truncated_file_is_malformed(data: bytes) -> None:
    """Before anything of the document is read."""
    with pytest.raises(MalformedError) as caught:
        document_file.find_attachment(data)
    assert caught.value.code == "document.malformed"


@given(
    st.binary(max_size=200).map(lambda data: TAG + data)
    | st.recursive(st.binary(max_size=5) | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=4)).map(
        lambda item: TAG + cbor2.dumps(item)
    )
)
def test_any_bytes_are_decoded_or_malformed(data: Any) -> None:
    """No other exception."""
    try:
        cose_sign.decode(data)
    except MalformedError as error:
        assert error.code == "document.malformed"
