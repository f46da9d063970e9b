"""HPKE base mode: sealed content can be opened by its reader only, and only with the same info."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.keys import hpke
from hcert.keys.hpke import SealedBytes, SealingAlgorithm
from hcert.keys.usage import OPEN_ONLY
from support.signers import p256, pem_of, rsa_key, spki_of

if TYPE_CHECKING:
    from support.signers import DocumentSigner

READERS: list[x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey] = [x25519.X25519PrivateKey.generate(), p256()]


def reader_key(private_key: x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey) -> hcert.ReaderKey:
    """Pair a private key with its public key."""
    key = hcert.TrustedKey.from_public_key(spki_of(private_key), usages=OPEN_ONLY)
    return hcert.ReaderKey.from_pem(pem_of(private_key), key=key)


@pytest.fixture(params=READERS, ids=["X25519", "P-256"])
def reader(request: pytest.FixtureRequest) -> hcert.ReaderKey:
    """A reader of each kind."""
    return reader_key(request.param)


@given(st.sampled_from(READERS), st.binary(max_size=200), st.binary(max_size=50))
def test_a_reader_opens_what_was_sealed(private_key: x25519.X25519PrivateKey, plaintext: bytes, info: bytes) -> None:
    """The ciphertext is longer than the plaintext only by the tag."""
    reader = reader_key(private_key)
    sealed = hpke.Recipient(reader.key).seal(plaintext, info=info)
    assert reader.open(sealed, info=info) == plaintext
    assert len(sealed.ciphertext) == len(plaintext) + hpke.TAG_BYTES
    algorithm = hpke.sealing_algorithm(reader.key)
    assert len(sealed.encapsulated_key) == hpke.ENCAPSULATED_KEY_BYTES[algorithm]


def extract(salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract with SHA-256, RFC 5869."""
    return hmac.digest(salt or bytes(32), ikm, "sha256")


def open_by_rfc_9180(
    private_key: x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey, sealed: SealedBytes, info: bytes
) -> bytes:
    """Open sealed bytes by RFC 9180 sections 4.1 and 5.1, with primitives only and none of the code under test."""
    if isinstance(private_key, x25519.X25519PrivateKey):
        kem = bytes.fromhex("0020")
        ephemeral = x25519.X25519PublicKey.from_public_bytes(sealed.encapsulated_key)
        shared, receiver = private_key.exchange(ephemeral), private_key.public_key().public_bytes_raw()
    else:
        kem = bytes.fromhex("0010")
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sealed.encapsulated_key)
        shared = private_key.exchange(ec.ECDH(), point)
        receiver = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def labelled(suite: bytes, label: str) -> bytes:
        return b"HPKE-v1" + suite + label.encode()

    def expand(suite: bytes, secret: bytes, label: str, context: bytes, length: int) -> bytes:
        content = length.to_bytes(2) + labelled(suite, label) + context
        return HKDFExpand(hashes.SHA256(), length, content).derive(secret)

    kem_suite, suite = b"KEM" + kem, b"HPKE" + kem + bytes.fromhex("00010001")
    eae = extract(b"", labelled(kem_suite, "eae_prk") + shared)
    shared = expand(kem_suite, eae, "shared_secret", sealed.encapsulated_key + receiver, 32)
    psk_id, info_hash = (
        extract(b"", labelled(suite, "psk_id_hash")),
        extract(b"", labelled(suite, "info_hash") + info),
    )
    secret = extract(shared, labelled(suite, "secret"))
    key = expand(suite, secret, "key", b"\0" + psk_id + info_hash, 16)
    nonce = expand(suite, secret, "base_nonce", b"\0" + psk_id + info_hash, 12)
    return AESGCM(key).decrypt(nonce, sealed.ciphertext, b"")


@given(st.sampled_from(READERS), st.binary(max_size=200), st.binary(max_size=50))
def test_an_independent_implementation_opens_what_was_sealed(
    private_key: x25519.X25519PrivateKey, plaintext: bytes, info: bytes
) -> None:
    """Written for this test, from RFC 9180."""
    sealed = hpke.Recipient(reader_key(private_key).key).seal(plaintext, info=info)
    assert open_by_rfc_9180(private_key, sealed, info) == plaintext


def test_the_numbers_of_the_suites_are_those_of_cose_hpke() -> None:
    """HPKE-0 and HPKE-3 of draft-ietf-cose-hpke."""
    assert {algorithm.name: algorithm.value for algorithm in SealingAlgorithm} == {"HPKE_0": 35, "HPKE_3": 41}


def test_changed_content_and_another_info_are_refused(reader: hcert.ReaderKey) -> None:
    """Every bit is flipped once, and a byte is removed or appended."""
    sealed = hpke.Recipient(reader.key).seal(b"secret", info=b"here")
    assert reader.open(sealed, info=b"there") is None
    whole = sealed.encapsulated_key + sealed.ciphertext
    length = len(sealed.encapsulated_key)
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        # X25519 ignores the top bit of a coordinate (RFC 7748 section 5), but the key schedule covers it too.
        assert reader.open(SealedBytes(bytes(changed[:length]), bytes(changed[length:])), info=b"here") is None
    for cut in (b"", sealed.ciphertext[:-1], sealed.ciphertext + b"\0"):
        assert reader.open(SealedBytes(sealed.encapsulated_key, cut), info=b"here") is None


def test_another_key_cannot_open(reader: hcert.ReaderKey) -> None:
    """Of the same suite or the other."""
    sealed = hpke.Recipient(reader.key).seal(b"secret", info=b"")
    for other in (x25519.X25519PrivateKey.generate(), p256()):
        assert reader_key(other).open(sealed, info=b"") is None


def test_a_key_is_either_for_signing_or_for_reading(es256: DocumentSigner) -> None:
    """With the usage `open` it verifies nothing; without it, nothing can be sealed for it."""
    private_key = p256()
    published = hcert.TrustedKey.from_public_key(spki_of(private_key), kid=es256.key.kid, usages=OPEN_ONLY)
    assert published.algorithm is None
    signer = hcert.LocalSigner.from_pem(pem_of(private_key), certificate=replace(published, usages=es256.key.usages))
    assert published.verifies(signer.sign(b"data"), b"data") is False
    with pytest.raises(hcert.ConfigurationError) as caught:
        hpke.Recipient(es256.key).seal(b"", info=b"")
    assert caught.value.code == "sealed.reader_key"
    with pytest.raises(hcert.ConfigurationError) as caught:
        replace(es256.key, usages=frozenset(hcert.Usage))
    assert caught.value.code == "key.mixed_usages"


def test_rsa_keys_and_other_curves_cannot_be_reader_keys() -> None:
    """Even with the usage `open`."""
    for private_key in (rsa_key(), ec.generate_private_key(ec.SECP384R1())):
        key = hcert.TrustedKey.from_public_key(spki_of(private_key), usages=OPEN_ONLY)
        with pytest.raises(hcert.ConfigurationError) as caught:
            hcert.ReaderKey.from_pem(pem_of(private_key), key=key)
        assert caught.value.code == "sealed.reader_key"


def test_a_reader_key_must_match_its_public_key(reader: hcert.ReaderKey) -> None:
    """And its password must be right."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.ReaderKey.from_pem(pem_of(x25519.X25519PrivateKey.generate()), key=reader.key)
    assert caught.value.code == "key.mismatch"
    locked = pem_of(READERS[0], b"right")
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.ReaderKey.from_pem(locked, key=reader_key(READERS[0]).key, password=b"wrong")
    assert caught.value.code == "key.password"
    assert repr(reader).startswith("ReaderKey(TrustedKey(")


def test_a_trust_list_knows_its_readers(es256: DocumentSigner, reader: hcert.ReaderKey) -> None:
    """So issuers can seal for them."""
    assert hcert.TrustList([es256.key, reader.key]).readers() == (reader.key,)
