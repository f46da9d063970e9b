"""What errors say, word for word: a reason is there to be read, and the wrong one sends people astray.

The words may change between releases; who changes them changes them here too, and reads them once more.
"""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import hcert
from hcert.codec import cbor, cose_sign, cose_sign1, cwt, zlib_stream
from hcert.codec.limits import Limits
from hcert.keys import hpke
from hcert.keys.algorithms import raw_from_der, signature_bytes
from hcert.keys.der import read_elements, read_sequence
from hcert.keys.pem import decode_certificate
from hcert.trust import document_file
from support.signers import document_signer, p256, pem_of, rsa_key, spki_of

if TYPE_CHECKING:
    from collections.abc import Callable

PROTECTED = cbor2.dumps({1: -7, 4: b"kid"})
SIGNER = document_signer(p256())
DER = SIGNER.certificate
KEY_PEM = pem_of(p256(), b"secret")
LIMITS = Limits()


def split(*items: Any) -> Callable[[], object]:
    """Take a message of these elements apart."""
    return lambda: cose_sign1.decode(b"\xd2" + cbor2.dumps(list(items)), limits=LIMITS)


def signed(*items: Any) -> Callable[[], object]:
    """Take a document of these elements apart."""
    return lambda: cose_sign.decode(b"\xd8\x62" + cbor2.dumps(list(items)))


def claims(**items: Any) -> Callable[[], object]:
    """Read claims: an honest set with some replaced."""
    honest: dict[Any, Any] = {1: "VN", 4: 1800000000, 6: 1700000000, -260: {1: {}}}
    honest |= {int(name[1:].replace("_", "-")): value for name, value in items.items()}
    return lambda: cwt.decode(cbor2.dumps(honest), limits=LIMITS)


def decoded(data: bytes, **more: Any) -> Callable[[], object]:
    """Decode closed CBOR."""
    return lambda: cbor.decode(data, depth=4, **more)


def certificate(data: bytes) -> Callable[[], object]:
    """Load a certificate."""
    return lambda: hcert.TrustedKey.from_certificate(data)


COSE = "The content is not a COSE_Sign1 message (RFC 9052): {}."
CLAIMS = "The signed content is not an HCERT claim set: {}. Only the issuer can correct it."
DOCUMENT = "The data is not a signed document: {}."
UNREADABLE = "The data is not a valid {} in PEM or DER form: {}."
PART = [PROTECTED, {}, b"signature"]

REASONS: dict[str, tuple[Callable[[], object], str]] = {
    "not four": (split(b"", {}, b""), COSE.format("it is not an array of four")),
    "no bytes": (split(PROTECTED, {}, "", b""), COSE.format(
        "its protected header, payload and signature are not all byte strings")),
    "no map": (split(PROTECTED, [], b"", b""), COSE.format("its unprotected header is not a map")),
    "no number": (split(cbor2.dumps({1: "ES256", 4: b"kid"}), {}, b"", b""), COSE.format(
        "its algorithm is not an integer")),
    "long kid": (split(cbor2.dumps({1: -7, 4: bytes(65)}), {}, b"", b""), COSE.format(
        "its kid is not a byte string of 1 to 64 bytes")),
    "no CBOR": (lambda: cose_sign1.decode(b"\xd2\xff", limits=LIMITS), COSE.format("it is not well-formed CBOR")),
    "no COSE_Sign": (lambda: cose_sign.decode(b"x"), DOCUMENT.format("it is not a COSE_Sign message")),
    "COSE_Sign cut": (lambda: cose_sign.decode(b"\xd8\x62\x84"), DOCUMENT.format("it ends too early")),
    "COSE_Sign elements": (signed(b"", {}, b""), DOCUMENT.format(
        "its elements are not those of a COSE_Sign message with empty headers")),
    "no signatures": (signed(b"", {}, b"", []), DOCUMENT.format("it does not have 1 to 64 signatures")),
    "no signature": (signed(b"", {}, b"", [[]]), DOCUMENT.format(
        "a signature is not an array of protected header, empty map and bytes")),
    "signature header cut": (signed(b"", {}, b"", [[b"\xa1", {}, b""]]), DOCUMENT.format("it ends too early")),
    "signature header": (signed(b"", {}, b"", [[b"\xa0", {}, b""]]), DOCUMENT.format(
        "the protected header of a signature does not consist of algorithm and kid")),
    "signature header twice": (signed(b"", {}, b"", [[cbor2.dumps({4: b"k", 1: -7}), {}, b""]]), DOCUMENT.format(
        "the protected header of a signature is not in deterministic encoding")),
    "no attachment": (lambda: document_file.find_attachment(b"HCERTDOC"), DOCUMENT.format("it ends too early")),
    "attachment cut": (
        lambda: document_file.find_attachment(b"HCERTDOC\0\0\0\1"), DOCUMENT.format("it ends too early")),
    "trailing": (decoded(b"\x00\x00"), "bytes follow the CBOR item"),
    "same key": (decoded(b"\xa2\x00\x00\x00\x00"), "a map has the same key twice"),
    "deep": (decoded(b"\x81" * 9 + b"\x00"), "it is nested too deeply"),
    "cut": (decoded(b"\x82\x00"), "it ends too early"),
    "rubbish": (decoded(b"\xff"), "it is not well-formed CBOR"),
    "tag": (decoded(b"\xc2\x40"), "it uses a tag that is not allowed there"),
    "tag 0": (decoded(b"\xc0\x00", date_times=True), "tag 0 does not hold text"),
    "tag 1": (decoded(b"\xc1\x20", date_times=True), "tag 1 does not hold a time between 1970 and 9999"),
    "key": (decoded(b"\xa1\xf5\x00"), "a map has a key that is neither integer nor text"),
    "simple value": (decoded(b"\x81\xf7"), "it uses a simple value that is not allowed"),
    "claims cut": (lambda: cwt.decode(b"\xa1", limits=LIMITS), CLAIMS.format("it ends too early")),
    "claims no map": (lambda: cwt.decode(b"\x80", limits=LIMITS), CLAIMS.format("it is not a map")),
    "issuer": (claims(c1=5), CLAIMS.format("its issuer is not text")),
    "payloads": (claims(c_260=[]), CLAIMS.format("claim -260 is not a map of numbered payloads")),
    "seconds": (claims(c6="now"), CLAIMS.format("claim 6 is not a number of seconds")),
    "years": (claims(c4=-1), CLAIMS.format("claim 4 lies outside the years 1970 to 9999")),
    "no zone": (claims(c4=cbor2.CBORTag(0, "2026-01-01T00:00:00")), CLAIMS.format(
        "claim 4 is not a date-time with a time zone")),
    "after the stream": (lambda: zlib_stream.inflate(zlib.compress(b"x") + b"yz", limit=9),
        "2 bytes follow the zlib stream. Something was appended to the code; treat it as hostile."),
    "DER header cut": (lambda: list(read_elements(b"\x30")), "a DER element is cut off"),
    "DER content cut": (lambda: list(read_elements(b"\x30\x05")), "a DER element is cut off"),
    "DER length": (lambda: list(read_elements(b"\x30\x80")), "the length of a DER element does not fit"),
    "DER long length": (
        lambda: list(read_elements(b"\x30\x85" + bytes(5))), "the length of a DER element does not fit"),
    "DER no sequence": (lambda: read_sequence(b"\x31\x00"), "expected one DER sequence"),
    "DER two": (lambda: read_sequence(b"\x30\x00\x30\x00"), "expected one DER sequence"),
    "PEM of a key": (lambda: decode_certificate(pem_of(p256())), "the PEM text does not hold a certificate"),
    "PEM cut": (lambda: decode_certificate(b"-----BEGIN CERTIFICATE-----\nMII="), "the PEM text has no end"),
    "two parts": (certificate(b"\x30\x04\x30\x00\x30\x00"), UNREADABLE.format(
        "certificate", "it does not have the three parts of a certificate")),
    "fields": (certificate(DER.replace(b"\x02\x02\x12\x67", b"\x04\x02\x12\x67", 1)), UNREADABLE.format(
        "certificate", "it does not have the fields of a certificate")),
    "times": (certificate(DER.replace(b"\x17\x0d", b"\x13\x0d", 1)), UNREADABLE.format(
        "certificate", "expected two times of validity")),
    "time zone": (certificate(DER.replace(b"260502120000Z", b"260502120000+", 1)), UNREADABLE.format(
        "certificate", "expected times of validity in UTC to the second")),
    "public key": (
        lambda: hcert.TrustedKey.from_public_key(b"x"),
        UNREADABLE.format("public key", "it is damaged, or not a public key"),
    ),
    "private key": (lambda: hcert.LocalSigner.from_pem(b"x", certificate=DER),
        "The data is not a valid private key in PEM form: it is damaged, or something else."),
    "kid": (lambda: hcert.TrustedKey.from_certificate(DER, kid=bytes(65)),
        "A kid has 1 to 64 bytes; this one has 65."),
    "several": (lambda: hcert.TrustedKey.from_certificate(2 * b"-----BEGIN CERTIFICATE-----\n"),
        "The PEM text holds 2 certificates. Hand over one, the signer's own."),
    "naive": (lambda: hcert.TrustedKey.from_public_key(spki_of(p256()), not_after=dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        "not_after is not a datetime with a time zone. Hand over an aware one, for instance in UTC."),
    "signature": (lambda: raw_from_der(encode_dss_signature(0, 1)), "this is not a signature of a P-256 key"),
    "reader": (lambda: hpke.sealing_algorithm(hcert.TrustedKey.from_public_key(
        spki_of(ec.generate_private_key(ec.SECP384R1())), kid=b"kid")),
        "Key 6b6964 cannot be used for sealing. Seal for keys with the usage open, on X25519 or P-256."),
}  # fmt: skip


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_is_said_in_its_words(name: str) -> None:
    """The one that is true, with its numbers."""
    make, words = REASONS[name]
    with pytest.raises((hcert.HcertError, ValueError)) as caught:
        make()
    assert str(caught.value) == words


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (ORDER, 1), (1, ORDER), (0, 0)])
def test_numbers_outside_the_order_are_no_signature(r: int, s: int) -> None:
    """Neither of the two may lie outside."""
    with pytest.raises(ValueError, match="this is not a signature"):
        raw_from_der(encode_dss_signature(r, s))


def test_the_least_and_greatest_numbers_are_a_signature() -> None:
    """Both bounds."""
    assert raw_from_der(encode_dss_signature(1, ORDER - 1)) == (1).to_bytes(32) + (ORDER - 1).to_bytes(32)


@pytest.mark.parametrize(("bits", "length"), [(2048, 256), (2052, 257), (3072, 384)])
def test_a_signature_is_as_long_as_the_modulus(bits: int, length: int) -> None:
    """Rounded up to whole bytes."""
    key = rsa_key(bits)
    assert signature_bytes(key.public_key()) == length
    assert signature_bytes(p256().public_key()) == 64
    assert document_signer(rsa_key()).key.signature_bytes == 256


def test_a_length_of_four_octets_is_read() -> None:
    """Longer ones than needed are read too; the content lies behind them."""
    (element,) = read_elements(b"\x04\x84\x00\x00\x00\x03abc")
    assert element.content == b"abc"
    first, second = read_elements(b"\x04\x01a\x04\x01b")
    assert (first.content, second.content) == (b"a", b"b")
    assert (first.encoded, second.encoded) == (b"\x04\x01a", b"\x04\x01b")


def test_where_a_key_came_from_is_kept() -> None:
    """Importers say it, and operators see it."""
    assert hcert.TrustedKey.from_certificate(DER, origin="file:a.pem").origin == "file:a.pem"
    assert hcert.TrustedKey.from_certificate(DER).origin is None
    assert hcert.TrustedKey.from_certificate(DER, kid=bytes(64)).kid == bytes(64)


def test_a_key_is_loaded_once() -> None:
    """The second verification finds what the first one loaded."""
    key = SIGNER.key
    assert not key.verifies(bytes(64), b"")
    loaded = key._verify
    assert loaded is not None
    assert not key.verifies(bytes(64), b"")
    assert key._verify is loaded


def test_text_before_and_after_the_pem_of_a_certificate_is_ignored() -> None:
    """A second end changes nothing."""
    pem = hcert_pem()
    assert decode_certificate(b"junk\n" + pem + b"junk\n-----END CERTIFICATE-----\n") == DER
    with pytest.raises(ValueError, match="base64"):
        decode_certificate(pem.replace(b"MII", b"MI*I", 1))


def hcert_pem() -> bytes:
    """Return the certificate as PEM."""
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(DER) + b"-----END CERTIFICATE-----\n"
