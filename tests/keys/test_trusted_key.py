"""Trusted keys: read from whatever lists publish."""

from __future__ import annotations

import base64
import hashlib
import json
import textwrap
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

import hcert
from authority import (
    EU_ROOT,
    MISPRINTED_ROOT,
    NOT_AFTER,
    NOT_BEFORE,
    DocumentSigner,
    document_signer,
    p256,
    rsa_key,
    spki_of,
)
from hcert.keys.usage import ANY_USAGE, Usage, usages_of

if TYPE_CHECKING:
    from pathlib import Path


def pem(der: bytes, label: str = "CERTIFICATE", end: str = "\n") -> str:
    """Write DER as PEM, with line ends of choice."""
    lines = [
        f"-----BEGIN {label}-----",
        *textwrap.wrap(base64.b64encode(der).decode(), 64),
        f"-----END {label}-----",
        "",
    ]
    return end.join(lines)


def test_reads_all_there_is_to_know_from_a_certificate(es256: DocumentSigner) -> None:
    """Kid, algorithm, validity, country and usages come from the certificate."""
    key = hcert.TrustedKey.from_certificate(es256.certificate)
    assert key.kid == hashlib.sha256(es256.certificate).digest()[:8]
    assert key.algorithm is hcert.Algorithm.ES256
    assert (key.not_before, key.not_after) == (NOT_BEFORE, NOT_AFTER)
    assert key.country == "VN"
    assert key.usages == ANY_USAGE
    assert key.certificate == es256.certificate
    assert key.spki == spki_of(es256.private_key)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reads_pem_in_any_dress(es256: DocumentSigner, end: str) -> None:
    """Text and bytes, both line ends and words around it give the same key as DER."""
    dressed = "subject=fictional" + end + pem(es256.certificate, end=end)
    assert hcert.TrustedKey.from_certificate(dressed) == es256.key
    assert hcert.TrustedKey.from_certificate(dressed.encode()) == es256.key


def test_kid_and_country_can_be_given(es256: DocumentSigner) -> None:
    """Lists may publish other kids, and a country the certificate does not name."""
    key = hcert.TrustedKey.from_certificate(es256.certificate, kid=b"\x01\x02", country="XX")
    assert (key.kid, key.country) == (b"\x01\x02", "XX")


def test_a_certificate_without_a_country_loads() -> None:
    """The country is then unknown."""
    assert document_signer(p256(), country=None).key.country is None


def test_a_bare_public_key_takes_everything_else_from_the_caller() -> None:
    """The kid is that of the key itself unless given."""
    spki = spki_of(rsa_key())
    key = hcert.TrustedKey.from_public_key(
        pem(spki, "PUBLIC KEY"),
        country="GB",
        not_before=NOT_BEFORE,
        not_after=NOT_AFTER,
        usages=frozenset({Usage.TEST}),
    )
    assert key.kid == hashlib.sha256(spki).digest()[:8]
    assert key.algorithm is hcert.Algorithm.PS256
    assert (key.country, key.not_before, key.not_after) == ("GB", NOT_BEFORE, NOT_AFTER)
    assert key.usages == {Usage.TEST}
    assert hcert.TrustedKey.from_public_key(spki, kid=b"k").kid == b"k"


@pytest.mark.parametrize(
    "data", [b"", b"\x30\x00", "text", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"]
)
def test_unreadable_data_is_a_configuration_error(data: bytes | str) -> None:
    """Neither a certificate nor a key: one code, no foreign exception."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(data)
    assert caught.value.code == "key.unreadable"
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_public_key(data)
    assert caught.value.code == "key.unreadable"


def test_a_certificate_whose_key_is_broken_is_unreadable(es256: DocumentSigner) -> None:
    """A point off the curve is no key."""
    point = es256.certificate.index(spki_of(es256.private_key)[-64:])
    broken = es256.certificate[:point] + bytes(64) + es256.certificate[point + 64 :]
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(broken)
    assert caught.value.code == "key.unreadable"


def test_several_certificates_in_one_text_are_refused(es256: DocumentSigner, ps256: DocumentSigner) -> None:
    """Which one would be meant is not guessed."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(pem(es256.certificate) + pem(ps256.certificate))
    assert caught.value.code == "key.several"


@pytest.mark.parametrize("kid", [b"", bytes(65)])
def test_a_kid_has_a_bounded_length(es256: DocumentSigner, kid: bytes) -> None:
    """An empty or endless label is a mistake."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(es256.certificate, kid=kid)
    assert caught.value.code == "key.kid"


def test_keys_of_other_kinds_load_and_verify_nothing() -> None:
    """Published lists hold P-384 and small RSA keys; they must not break the import."""
    key = document_signer(ec.generate_private_key(ec.SECP384R1())).key
    assert key.algorithm is None
    assert not key.verifies(bytes(96), b"data")


@pytest.mark.parametrize("root", [EU_ROOT, MISPRINTED_ROOT])
def test_usages_come_from_both_families_of_identifiers(root: str) -> None:
    """The misprinted root counts like the right one."""
    for number, usage in ((1, Usage.TEST), (2, Usage.VACCINATION), (3, Usage.RECOVERY)):
        assert document_signer(p256(), usages=[f"{root}.{number}"]).key.usages == {usage}
    both = document_signer(p256(), usages=[f"{root}.1", "1.3.6.1.5.5.7.3.1", f"{root}.3"])
    assert both.key.usages == {Usage.TEST, Usage.RECOVERY}


@pytest.mark.parametrize("usages", [[], ["1.3.6.1.5.5.7.3.2"], [f"{EU_ROOT}.4"], [f"{EU_ROOT}.1.1"], [EU_ROOT]])
def test_a_certificate_with_none_of_them_may_sign_anything(usages: list[str]) -> None:
    """Foreign and unassigned identifiers restrict nothing."""
    assert document_signer(p256(), usages=usages).key.usages == ANY_USAGE


def test_usages_behind_other_extensions_are_found() -> None:
    """The extension is looked for by its identifier, not its place, and may be critical."""
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    found = document_signer(p256(), usages=[f"{EU_ROOT}.2"], extensions=[constraints])
    assert found.key.usages == {Usage.VACCINATION}


@given(st.binary(max_size=100))
def test_the_walk_over_any_bytes_ends_without_an_exception(data: bytes) -> None:
    """Whatever passes for a certificate restricts or does not, and never raises."""
    assert usages_of(data) <= ANY_USAGE


def test_the_walk_survives_every_change_of_one_byte() -> None:
    """A certificate broken anywhere is walked through without an exception."""
    der = x509.load_der_x509_certificate(
        document_signer(p256(), usages=[f"{EU_ROOT}.2"]).certificate
    ).tbs_certificate_bytes
    for position in range(len(der)):
        for value in (0, 0x30, 0x7F, 0x80, 0x84, 0xFF):
            usages_of(der[:position] + bytes([value]) + der[position + 1 :])


def test_usages_agree_with_cryptography_where_it_reads_the_extensions(shared: Path) -> None:
    """On every published certificate both readings are equal, or cryptography refuses."""
    names = {
        f"{root}.{n}": u
        for root in (EU_ROOT, MISPRINTED_ROOT)
        for n, u in ((1, "test"), (2, "vaccination"), (3, "recovery"))
    }
    compared = refused = 0
    for line in (shared / "testdata" / "eu-dcc" / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        encoded = json.loads(line)["certificate"]
        if not encoded:
            continue
        der = base64.b64decode(encoded)
        key = hcert.TrustedKey.from_certificate(der)
        try:
            extensions = x509.load_der_x509_certificate(der).extensions
        except ValueError:
            refused += 1
            continue
        try:
            extension = extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE).value
        except x509.ExtensionNotFound:
            expected = ANY_USAGE
        else:
            assert isinstance(extension, x509.ExtendedKeyUsage)
            expected = (
                frozenset(Usage(names[o.dotted_string]) for o in extension if o.dotted_string in names) or ANY_USAGE
            )
        assert key.usages == expected
        compared += 1
    assert compared > 250
    assert refused >= 10


def test_a_subject_that_cannot_be_read_leaves_the_country_unknown(es256: DocumentSigner) -> None:
    """Text that is no UTF-8, and a bit string where text is due, break the subject for cryptography but no key."""
    country = es256.certificate.rindex(b"\x13\x02VN")
    for name in (b"\x0c\x02\xff\xff", b"\x03\x02\x00\x01"):
        broken = es256.certificate[:country] + name + es256.certificate[country + 4 :]
        assert hcert.TrustedKey.from_certificate(broken).country is None


def test_keys_are_equal_by_what_is_known_of_them(es256: DocumentSigner) -> None:
    """Having verified something does not change a key."""
    used = es256.key
    used.verifies(bytes(64), b"data")
    assert used == es256.key
    assert hash(used) == hash(es256.key)


def test_its_repr_shows_no_key_material_at_length(es256: DocumentSigner) -> None:
    """Logs stay readable."""
    assert "certificate" not in repr(es256.key)
    assert len(repr(es256.key)) < 400
