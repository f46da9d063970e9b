"""Trusted keys: read from certificates and public keys as they are published."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import pickle
import textwrap
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.fragments import in_language
from hcert.keys import certificate
from hcert.keys.certificate import MAX_CERTIFICATE_BYTES, read_certificate
from hcert.keys.der import read_sequence
from hcert.keys.trusted_key import Status
from hcert.keys.usage import ANY_USAGE, Usage, usages_of
from support.raw_messages import Handmade
from support.signers import (
    EU_ROOT,
    MISPRINTED_ROOT,
    NOT_AFTER,
    NOT_BEFORE,
    NOW,
    DocumentSigner,
    document_signer,
    p256,
    rsa_key,
    spki_of,
)

NAMES = [one.name for one in fields(hcert.TrustedKey) if one.name != "_verify"]
NUMBERED = {1: Usage.TEST, 2: Usage.VACCINATION, 3: Usage.RECOVERY}


def pem(der: bytes, label: str = "CERTIFICATE", end: str = "\n") -> str:
    """Return DER as PEM, with these line ends."""
    lines = [
        f"-----BEGIN {label}-----",
        *textwrap.wrap(base64.b64encode(der).decode(), 64),
        f"-----END {label}-----",
        "",
    ]
    return end.join(lines)


def test_kid_algorithm_validity_country_and_usages_come_from_the_certificate(es256: DocumentSigner) -> None:
    """And so does the public key."""
    key = hcert.TrustedKey.from_certificate(es256.certificate)
    assert key.kid == hashlib.sha256(es256.certificate).digest()[:8]
    assert key.algorithm is hcert.Algorithm.ES256
    assert (key.not_before, key.not_after) == (NOT_BEFORE, NOT_AFTER)
    assert key.country == "VN"
    assert key.usages == ANY_USAGE
    assert key.certificate == es256.certificate
    assert key.spki == spki_of(es256.private_key)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_pem_gives_the_same_key_as_der(es256: DocumentSigner, end: str) -> None:
    """As str or bytes, with either line end, and with text before it."""
    text = "subject=fictional" + end + pem(es256.certificate, end=end)
    assert hcert.TrustedKey.from_certificate(text) == es256.key
    assert hcert.TrustedKey.from_certificate(text.encode()) == es256.key


def test_kid_and_country_can_be_given(es256: DocumentSigner) -> None:
    """Lists may publish another kid, or a country that the certificate does not name."""
    key = hcert.TrustedKey.from_certificate(es256.certificate, kid=b"\x01\x02", country="XX")
    assert (key.kid, key.country) == (b"\x01\x02", "XX")


def test_the_country_of_a_certificate_without_one_is_unknown() -> None:
    """The key loads all the same."""
    assert document_signer(p256(), country=None).key.country is None


def test_the_caller_describes_a_bare_public_key() -> None:
    """The default kid is a digest of the key itself."""
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
    "data",
    [b"", b"\x30\x00", "text", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"],
    ids=["empty", "empty sequence", "text", "no Base64"],
)
def test_unreadable_data_is_a_configuration_error(data: bytes | str) -> None:
    """With one code, whether a certificate or a public key is expected."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(data)
    assert caught.value.code == "key.unreadable"
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_public_key(data)
    assert caught.value.code == "key.unreadable"


def test_pem_without_a_certificate_has_its_own_reason() -> None:
    """Such as that of a public key."""
    with pytest.raises(hcert.ConfigurationError, match="does not hold a certificate"):
        hcert.TrustedKey.from_certificate(pem(spki_of(p256()), "PUBLIC KEY"))


def test_text_and_a_byte_order_mark_before_a_public_key_are_ignored() -> None:
    """Editors and people add them."""
    spki = spki_of(p256())
    assert hcert.TrustedKey.from_public_key("\ufeffthe key:\n" + pem(spki, "PUBLIC KEY")).spki == spki


@pytest.mark.parametrize("bound", ["not_before", "not_after"])
def test_the_validity_of_a_key_needs_a_time_zone(bound: str) -> None:
    """It fails when it is given, not at the gate."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_public_key(spki_of(p256()), **{bound: dt.datetime(2030, 1, 1)})  # type: ignore[arg-type]  # noqa: DTZ001
    assert caught.value.code == "time.naive"


def test_pem_without_its_end_is_unreadable() -> None:
    """It was cut off."""
    with pytest.raises(hcert.ConfigurationError, match="no end"):
        hcert.TrustedKey.from_certificate("-----BEGIN CERTIFICATE-----\nMAA=")


def test_a_certificate_with_an_invalid_public_key_is_unreadable(es256: DocumentSigner) -> None:
    """Such as a point that is not on the curve."""
    point = es256.certificate.index(spki_of(es256.private_key)[-64:])
    broken = es256.certificate[:point] + bytes(64) + es256.certificate[point + 64 :]
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(broken)
    assert caught.value.code == "key.unreadable"
    assert in_language(caught.value.findings[0].details, "en")["kind"] == "certificate with a usable public key"


def test_several_certificates_in_one_pem_text_are_refused(es256: DocumentSigner, ps256: DocumentSigner) -> None:
    """It would be a guess which one is meant."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(pem(es256.certificate) + pem(ps256.certificate))
    assert caught.value.code == "key.several"


@pytest.mark.parametrize("kid", [b"", bytes(65)], ids=["empty", "65 bytes"])
def test_a_kid_has_1_to_64_bytes(es256: DocumentSigner, kid: bytes) -> None:
    """Anything else is a mistake of the caller."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(es256.certificate, kid=kid)
    assert caught.value.code == "key.kid"


def test_a_certificate_with_a_key_on_another_curve_loads_and_verifies_nothing() -> None:
    """Published lists hold such certificates; they must not break an import."""
    key = document_signer(ec.generate_private_key(ec.SECP384R1())).key
    assert key.algorithm is None
    assert not key.verifies(bytes(96), b"data")


ROOTS = pytest.mark.parametrize("root", [EU_ROOT, MISPRINTED_ROOT], ids=["correct root", "misprinted root"])


@ROOTS
def test_usages_are_read_under_both_roots(root: str) -> None:
    """Many real certificates have the misprinted one."""
    for number, usage in ((1, Usage.TEST), (2, Usage.VACCINATION), (3, Usage.RECOVERY)):
        assert document_signer(p256(), usages=[f"{root}.{number}"]).key.usages == {usage}
    both = document_signer(p256(), usages=[f"{root}.1", "1.3.6.1.5.5.7.3.1", f"{root}.3"])
    assert both.key.usages == {Usage.TEST, Usage.RECOVERY}


@pytest.mark.parametrize(
    "usages",
    [[], ["1.3.6.1.5.5.7.3.2"], ["1.3.6.1.4.1.1847.2022.1.22"]],
    ids=["no usage", "TLS client", "another number of the same owner"],
)
def test_a_certificate_without_identifiers_of_the_eu_may_sign_every_event(usages: list[str]) -> None:
    """Other identifiers restrict nothing (WHO HCERT specification)."""
    assert document_signer(p256(), usages=usages).key.usages == ANY_USAGE


@ROOTS
@pytest.mark.parametrize("number", ["", ".0", ".4", ".9", ".300", ".1.1"])
def test_unknown_numbers_under_the_roots_of_the_eu_grant_nothing(root: str, number: str) -> None:
    """The key is restricted to something unknown, whichever other identifiers it has."""
    unknown, foreign = root + number, "1.3.6.1.5.5.7.3.2"
    assert document_signer(p256(), usages=[unknown]).key.usages == frozenset()
    assert document_signer(p256(), usages=[foreign, unknown]).key.usages == frozenset()
    assert document_signer(p256(), usages=[unknown, f"{EU_ROOT}.1"]).key.usages == {Usage.TEST}


def test_a_key_that_may_sign_nothing_is_refused() -> None:
    """The vaccination that it signed is authentic, but not accepted."""
    signer = document_signer(p256(), usages=[f"{EU_ROOT}.9"])
    text = Handmade(signer).text
    assert [found.code for found in signer.verifier.check(text, at=NOW).findings] == ["usage.not_allowed"]


def test_usages_are_found_after_other_extensions() -> None:
    """The extension is found by its identifier, not by its position."""
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    found = document_signer(p256(), usages=[f"{EU_ROOT}.2"], extensions=[constraints])
    assert found.key.usages == {Usage.VACCINATION}


def test_an_unreadable_extended_key_usage_grants_nothing() -> None:
    """The key loads, but an unreadable restriction must not be lifted."""
    restricted = document_signer(p256(), usages=[f"{EU_ROOT}.2"]).certificate
    value = bytes.fromhex("551d25040f300d06")
    at = restricted.index(value)
    for broken in (
        value[:4] + b"\x7f" + value[5:],  # longer than the extension
        value[:3] + b"\x05" + value[4:],  # not an octet string
        value[:5] + b"\x31" + value[6:],  # not a sequence
        value[:6] + b"\x0c" + value[7:],  # shorter than the octet string
        value[:7] + b"\x0c",  # not an identifier
    ):
        changed = restricted[:at] + broken + restricted[at + len(broken) :]
        assert hcert.TrustedKey.from_certificate(changed).usages == frozenset()
    assert usages_of(()) == frozenset()


def test_a_malformed_list_of_extensions_grants_nothing() -> None:
    """A restriction may be hidden in it."""
    restricted = document_signer(p256(), usages=[f"{EU_ROOT}.2"]).certificate
    at = restricted.index(bytes.fromhex("0603551d25")) - 2
    for place in (at, at + 1, at + 2):  # the frame of the extension, its length, the tag of its name
        changed = restricted[:place] + b"\x7f" + restricted[place + 1 :]
        assert hcert.TrustedKey.from_certificate(changed).usages == frozenset()


def test_other_extensions_restrict_nothing() -> None:
    """Even with the content of an extended key usage."""
    restricted = document_signer(p256(), usages=[f"{EU_ROOT}.2"]).certificate
    changed = restricted.replace(bytes.fromhex("551d25"), bytes.fromhex("551d26"))
    assert hcert.TrustedKey.from_certificate(changed).usages == ANY_USAGE


@pytest.mark.parametrize(
    ("ca", "length"), [(True, None), (True, 0), (False, None)], ids=["CA", "CA with a path length", "not a CA"]
)
def test_a_ca_certificate_is_recognised_by_its_basic_constraints(*, ca: bool, length: int | None) -> None:
    """A document signer may have none."""
    extension = x509.BasicConstraints(ca=ca, path_length=length)
    assert document_signer(p256(), extensions=[extension]).key.is_ca is ca
    assert not document_signer(p256()).key.is_ca
    assert not hcert.TrustedKey.from_public_key(spki_of(p256())).is_ca


def test_a_certificate_with_unreadable_basic_constraints_counts_as_a_ca_certificate() -> None:
    """One that spells out FALSE, as Finnish certificates do, does not."""
    authority = document_signer(p256(), extensions=[x509.BasicConstraints(ca=True, path_length=None)]).certificate
    spelled = bytes.fromhex("0603551d13040530030101ff")
    assert spelled in authority
    for changed, is_ca in (("0603551d1304053003010100", False), ("0603551d13040530030101" + "01", True)):
        assert hcert.TrustedKey.from_certificate(authority.replace(spelled, bytes.fromhex(changed))).is_ca is is_ca
    broken = authority.replace(spelled, bytes.fromhex("0603551d130405300f0101ff"))
    assert hcert.TrustedKey.from_certificate(broken).is_ca


def test_validity_is_converted_to_utc() -> None:
    """In the hour that a zone has twice in autumn, wall clock times cannot be compared."""
    berlin = ZoneInfo("Europe/Berlin")
    first = dt.datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=0)
    key = hcert.TrustedKey.from_public_key(spki_of(p256()), not_before=first, not_after=first.replace(fold=1))
    assert key.not_before == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    assert key.not_after == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)
    assert key.not_before.tzinfo is dt.UTC


def test_the_size_of_a_certificate_is_bounded() -> None:
    """Published ones have a sixth of the maximum at most."""
    large = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(MAX_CERTIFICATE_BYTES))
    with pytest.raises(hcert.ConfigurationError) as caught:
        document_signer(p256(), extensions=[large]).key  # noqa: B018 - read when asked for
    assert caught.value.code == "key.unreadable"


@pytest.mark.parametrize("order", [1, -1], ids=["before the usages", "after the usages"])
def test_a_malformed_extension_never_lifts_a_restriction(order: int) -> None:
    """The readable usages beside it count."""
    extensions = [
        x509.BasicConstraints(ca=False, path_length=None),
        x509.ExtendedKeyUsage([x509.ObjectIdentifier(f"{EU_ROOT}.2")]),
    ]
    sound = document_signer(p256(), extensions=extensions[::order]).certificate
    broken = sound.replace(bytes.fromhex("0603551d130402"), bytes.fromhex("0603551d13047f"))
    assert broken != sound
    assert hcert.TrustedKey.from_certificate(broken).usages == {Usage.VACCINATION}


def test_usages_beside_a_malformed_one_do_not_count() -> None:
    """The extension is readable as a whole or not at all."""
    sound = document_signer(p256(), usages=[f"{EU_ROOT}.2", "1.3.6.1.5.5.7.3.1"]).certificate
    broken = sound.replace(bytes.fromhex("06082b06010505070301"), bytes.fromhex("067f2b06010505070301"))
    assert broken != sound
    assert hcert.TrustedKey.from_certificate(broken).usages == frozenset()


@given(st.binary(max_size=100))
def test_random_bytes_are_a_value_error(data: bytes) -> None:
    """No other exception."""
    with pytest.raises(ValueError, match=r"."):
        read_certificate(data)


def test_a_certificate_with_one_byte_changed_loads_or_is_unreadable() -> None:
    """Every byte is changed in six ways. No other exception is ever raised."""
    der = document_signer(p256(), usages=[f"{EU_ROOT}.2"]).certificate
    for position in range(len(der)):
        for value in (0, 0x30, 0x7F, 0x80, 0x84, 0xFF):
            try:
                hcert.TrustedKey.from_certificate(der[:position] + bytes([value]) + der[position + 1 :])
            except hcert.ConfigurationError as error:
                assert error.code == "key.unreadable"


@pytest.mark.parametrize(
    ("present", "changed"),
    [
        (b"\x17\x0d260502120000Z", b"\x17\x0d2605021200000"),
        (b"\x17\x0d260502120000Z", b"\x17\x0d261302120000Z"),
        (b"\x17\x0d260502120000Z", b"\x18\x0d260502120000Z"),
        (b"\x17\x0d260502120000Z", b"\x04\x0d260502120000Z"),
        (b"\x17\x0d260502120000Z", b"\x17\x0d26-502120000Z"),
        (b"\x02\x02\x12\x67", b"\x04\x02\x12\x67"),
    ],
    ids=["no zone", "month 13", "year of two digits", "time as a byte string", "sign in a time", "serial number"],
)
def test_a_malformed_certificate_is_unreadable(es256: DocumentSigner, present: bytes, changed: bytes) -> None:
    """Validity and serial number have one form only."""
    assert present in es256.certificate
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(es256.certificate.replace(present, changed))
    assert caught.value.code == "key.unreadable"


@pytest.mark.parametrize("changed", ["26050212000xZ", "2605x2120000Z", "260502120000+", "2605021200xxZ"])
def test_the_error_for_a_malformed_time_does_not_quote_it(es256: DocumentSigner, changed: str) -> None:
    """It says what was expected."""
    data = es256.certificate.replace(b"260502120000Z", changed.encode())
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(data)
    reason = in_language(caught.value.findings[0].details, "en")["reason"]
    assert reason == "expected times of validity in UTC to the second"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (dt.datetime(1950, 1, 1, tzinfo=dt.UTC), dt.datetime(2049, 12, 31, 23, 59, 59, tzinfo=dt.UTC)),
        (dt.datetime(2050, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)),
    ],
    ids=["UTCTime", "GeneralizedTime"],
)
def test_both_forms_of_time_are_read(monkeypatch: pytest.MonkeyPatch, before: dt.datetime, after: dt.datetime) -> None:
    """Two-digit years are from 1950 to 2049, later ones have four digits."""
    monkeypatch.setattr("support.signers.NOT_BEFORE", before)
    monkeypatch.setattr("support.signers.NOT_AFTER", after)
    key = document_signer(p256()).key
    assert (key.not_before, key.not_after) == (before, after)


@pytest.mark.parametrize(
    "data",
    [b"\x30", b"\x30\x80", b"\x30\x85\0\0\0\0\0", b"\x30\x02\0", b"\x02\x01\x00", b"\x30\0\x30\0"],
    ids=["no length", "indefinite length", "length of five octets", "cut off", "integer", "two sequences"],
)
def test_anything_but_one_der_sequence_is_a_value_error(data: bytes) -> None:
    """In every way that is possible."""
    with pytest.raises(ValueError, match=r"."):
        read_sequence(data)


def test_agrees_with_cryptography_on_every_published_certificate(shared: Path) -> None:
    """In key, validity, country and usages. Some certificates are only readable by hcert."""
    compared = refused = 0
    for line in (shared / "testdata" / "eu-dcc" / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        encoded = json.loads(line)["certificate"]
        if not encoded:
            continue
        der = base64.b64decode(encoded)
        key = hcert.TrustedKey.from_certificate(der)
        certificate = x509.load_der_x509_certificate(der)
        countries = certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
        form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        assert key.spki == certificate.public_key().public_bytes(*form)
        assert (key.not_before, key.not_after) == (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        assert key.country == (countries[0].value if countries else None)
        try:
            extensions = certificate.extensions
        except ValueError:
            refused += 1
            continue
        assert key.usages == usages_read_by_cryptography(extensions)
        compared += 1
    assert compared > 250
    assert refused >= 10


def usages_read_by_cryptography(extensions: x509.Extensions) -> frozenset[Usage]:
    """Return the usages from extensions that `cryptography` read."""
    usages = {f"{root}.{n}": usage for root in (EU_ROOT, MISPRINTED_ROOT) for n, usage in NUMBERED.items()}
    try:
        extension = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ANY_USAGE
    return frozenset(usages[o.dotted_string] for o in extension if o.dotted_string in usages) or ANY_USAGE


def test_the_country_of_an_unreadable_subject_is_unknown(es256: DocumentSigner) -> None:
    """Text that is not UTF-8, and a bit string instead of text. The key loads all the same."""
    country = es256.certificate.rindex(b"\x13\x02VN")
    for name in (b"\x0c\x02\xff\xff", b"\x03\x02\x00\x01"):
        broken = es256.certificate[:country] + name + es256.certificate[country + 4 :]
        assert hcert.TrustedKey.from_certificate(broken).country is None


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("", False),
        ("V", True),
        ("V" * 40, True),
        ("V" * 41, False),
        ("\n*", False),
        ("\x1b[", False),
        ("\u202e", False),
    ],
    ids=["empty", "1 letter", "40 letters", "41 letters", "line end", "escape", "right-to-left override"],
)
def test_a_country_is_a_short_printable_text(text: str, *, known: bool) -> None:
    """Some certificates have a name instead of a code. Nothing may control a terminal or fill a page."""
    value = b"\x06\x03\x55\x04\x06\x0c" + bytes([len(text.encode())]) + text.encode()
    name = b"\x30" + bytes([len(value)]) + value
    assert certificate._read_country(b"\x31" + bytes([len(name)]) + name) == (text if known else None)


def test_a_key_that_verified_something_is_still_equal(es256: DocumentSigner) -> None:
    """The loaded key is not compared."""
    used = es256.key
    used.verifies(bytes(64), b"data")
    assert used == es256.key
    assert hash(used) == hash(es256.key)


def test_the_repr_of_a_key_is_short(es256: DocumentSigner) -> None:
    """It leaves out certificate and public key, so that logs stay readable."""
    assert "certificate" not in repr(es256.key)
    assert len(repr(es256.key)) < 450


def test_plain_strings_are_converted_to_status_and_usage(es256: DocumentSigner) -> None:
    """Otherwise a revoked key would be trusted because of a type."""
    key = replace(es256.key, status="revoked", usages={"test"})  # type: ignore[arg-type]
    assert key.status is Status.REVOKED
    assert key.usages == {Usage.TEST}
    assert type(key.usages) is frozenset


@pytest.mark.parametrize(
    "changes", [{"status": "gone"}, {"status": None}, {"usages": {"sing"}}, {"usages": None}], ids=str
)
def test_an_unknown_status_or_usage_is_refused(es256: DocumentSigner, changes: dict[str, Any]) -> None:
    """It is a mistake of the caller."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        replace(es256.key, **changes)
    assert caught.value.code == "key.unknown_value"


def test_keys_can_be_pickled(es256: DocumentSigner) -> None:
    """With all attributes, before and after they are first used."""
    key = replace(es256.key, country="VN", origin="x", status=Status.REVOKED, usages=frozenset({Usage.TEST}))
    signature = es256.signer.sign(b"data")
    for _ in range(2):
        copied = pickle.loads(pickle.dumps(key))  # noqa: S301 - our own
        assert copied == key
        assert [getattr(copied, name) for name in NAMES] == [getattr(key, name) for name in NAMES]
        assert copied.verifies(signature, b"data")
        assert key.verifies(signature, b"data")


def test_text_with_half_a_surrogate_pair_is_unreadable() -> None:
    """It is not valid Unicode."""
    for call in (hcert.TrustedKey.from_public_key, hcert.TrustedKey.from_certificate):
        with pytest.raises(hcert.ConfigurationError) as caught:
            call("\ud800")
        assert caught.value.code == "key.unreadable"


@pytest.mark.parametrize("given", [Path("dsc.pem"), None, 5, ["text"]], ids=["path", "None", "number", "list"])
def test_a_key_is_read_from_content_and_not_from_a_path(given: Any) -> None:
    """Keys know no files; the error says what came and what to do."""
    for load in (
        hcert.TrustedKey.from_certificate,
        hcert.ReaderKey.from_pem,
        lambda pem: hcert.LocalSigner.from_pem(pem, certificate=b""),
    ):
        with pytest.raises(hcert.ConfigurationError) as caught:
            load(given)
        found = caught.value.findings[0]
        assert (found.code, dict(found.details)) == ("key.not_bytes", {"given": type(given).__name__})
