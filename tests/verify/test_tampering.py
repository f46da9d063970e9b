"""Every small change of a code is refused, or leaves the certificate as signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hcert.codec import base45
from support.raw_messages import text_of
from support.signers import NOW

if TYPE_CHECKING:
    from support.signers import DocumentSigner


@pytest.mark.slow
def test_every_flipped_bit_is_refused_or_harmless(either: DocumentSigner) -> None:
    """Each bit of the message is flipped. If the code is still accepted, the certificate is identical."""
    code = either.issue()
    verifier = either.verifier
    genuine = verifier.verify(code.text, at=NOW)
    refused = identical = 0
    for position in range(8 * len(code.cose)):
        changed = bytearray(code.cose)
        changed[position // 8] ^= 1 << position % 8
        verdict = verifier.check(text_of(bytes(changed)), at=NOW)
        if verdict.accepted:
            assert verdict.certificate == genuine
            identical += 1
        else:
            refused += 1
    assert refused + identical == 8 * len(code.cose)
    print(f"\n{genuine.key.algorithm!r}: {refused} flips refused, {identical} harmless")  # noqa: T201
    assert identical <= 8


@pytest.mark.slow
def test_every_changed_character_is_refused_or_harmless(either: DocumentSigner) -> None:
    """Each character is replaced by every other. If the code is still accepted, the certificate is identical."""
    text = either.issue().text
    verifier = either.verifier
    genuine = verifier.verify(text, at=NOW)
    refused = identical = 0
    for position, present in enumerate(text):
        for character in base45.ALPHABET.decode("ascii"):
            if character == present:
                continue
            verdict = verifier.check(text[:position] + character + text[position + 1 :], at=NOW)
            if verdict.accepted:
                assert verdict.certificate == genuine
                identical += 1
            else:
                refused += 1
    assert refused + identical == 44 * len(text)
    print(f"\n{genuine.key.algorithm!r}: {refused} changes refused, {identical} harmless")  # noqa: T201
    assert identical <= 32  # padding bits between deflate blocks, which are ignored


def test_a_text_with_anything_added_or_removed_is_refused(es256: DocumentSigner) -> None:
    """Each text has one meaning."""
    text = es256.issue().text
    for changed in (
        text + " ",
        text + "\n",
        " " + text,
        text + "0",
        text + "00",
        text + "000",
        text[:-1],
        text.lower(),
    ):
        assert not es256.verifier.check(changed, at=NOW).accepted


def test_the_second_form_of_an_es256_signature_gives_the_same_certificate(es256: DocumentSigner) -> None:
    """(R, S) and (R, -S) are both valid, so nothing may be identified by the bytes of a signature."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    code = es256.issue()
    s = int.from_bytes(code.cose[-32:], "big")
    twin = code.cose[:-32] + (order - s).to_bytes(32, "big")
    verdict = es256.verifier.check_cose(twin, at=NOW)
    assert verdict.certificate == es256.verifier.verify(code.text, at=NOW)
