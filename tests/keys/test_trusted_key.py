"""Trusted keys: read from whatever lists publish."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import pickle
import textwrap
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any
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
from hcert.keys.der import only_sequence
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

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [one.name for one in fields(hcert.TrustedKey) if one.name != "_verify"]


NUMBERED = {1: Usage.TEST, 2: Usage.VACCINATION, 3: Usage.RECOVERY}


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


def test_pem_of_something_else_is_named() -> None:
    """A certificate request or a bare key is no certificate."""
    with pytest.raises(hcert.ConfigurationError, match="does not hold a certificate"):
        hcert.TrustedKey.from_certificate(pem(spki_of(p256()), "PUBLIC KEY"))


def test_a_public_key_is_found_behind_text_and_marks() -> None:
    """Editors add byte order marks, people add words."""
    spki = spki_of(p256())
    assert hcert.TrustedKey.from_public_key("\ufeffthe key:\n" + pem(spki, "PUBLIC KEY")).spki == spki


@pytest.mark.parametrize("bound", ["not_before", "not_after"])
def test_the_validity_of_a_key_needs_a_time_zone(bound: str) -> None:
    """A naive bound would fail at the gate; it fails where it is given."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_public_key(spki_of(p256()), **{bound: dt.datetime(2030, 1, 1)})  # type: ignore[arg-type]  # noqa: DTZ001
    assert caught.value.code == "time.naive"


def test_pem_without_its_end_is_unreadable() -> None:
    """A text that was cut off is no certificate."""
    with pytest.raises(hcert.ConfigurationError, match="no end"):
        hcert.TrustedKey.from_certificate("-----BEGIN CERTIFICATE-----\nMAA=")


def test_a_certificate_whose_key_is_broken_is_unreadable(es256: DocumentSigner) -> None:
    """A point off the curve is no key."""
    point = es256.certificate.index(spki_of(es256.private_key)[-64:])
    broken = es256.certificate[:point] + bytes(64) + es256.certificate[point + 64 :]
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(broken)
    assert caught.value.code == "key.unreadable"
    assert in_language(caught.value.findings[0].details, "en")["kind"] == "certificate with a usable public key"


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


@pytest.mark.parametrize("usages", [[], ["1.3.6.1.5.5.7.3.2"], ["1.3.6.1.4.1.1847.2022.1.22"]])
def test_a_certificate_that_names_nothing_of_the_eu_may_sign_anything(usages: list[str]) -> None:
    """Foreign identifiers restrict nothing, as the WHO specification has it."""
    assert document_signer(p256(), usages=usages).key.usages == ANY_USAGE


@pytest.mark.parametrize("root", [EU_ROOT, MISPRINTED_ROOT])
@pytest.mark.parametrize("number", ["", ".0", ".4", ".9", ".300", ".1.1"])
def test_unknown_numbers_under_the_roots_of_the_eu_grant_nothing(root: str, number: str) -> None:
    """Such a key is restricted to something that is not known here, whatever foreign identifiers stand beside it."""
    unknown, foreign = root + number, "1.3.6.1.5.5.7.3.2"
    assert document_signer(p256(), usages=[unknown]).key.usages == frozenset()
    assert document_signer(p256(), usages=[foreign, unknown]).key.usages == frozenset()
    assert document_signer(p256(), usages=[unknown, f"{EU_ROOT}.1"]).key.usages == {Usage.TEST}


def test_a_key_that_may_sign_nothing_is_refused_for_everything() -> None:
    """Not for one record of its own kinds."""
    signer = document_signer(p256(), usages=[f"{EU_ROOT}.9"])
    text = Handmade(signer).text
    assert [found.code for found in signer.verifier.check(text, at=NOW).findings] == ["usage.not_allowed"]


def test_usages_behind_other_extensions_are_found() -> None:
    """The extension is looked for by its identifier, not its place, and may be critical."""
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    found = document_signer(p256(), usages=[f"{EU_ROOT}.2"], extensions=[constraints])
    assert found.key.usages == {Usage.VACCINATION}


def test_extended_key_usages_that_cannot_be_read_grant_nothing() -> None:
    """The key loads, but a restriction that is there and cannot be read is not taken for none."""
    restricted = document_signer(p256(), usages=[f"{EU_ROOT}.2"]).certificate
    value = bytes.fromhex("551d25040f300d06")
    at = restricted.index(value)
    for broken in (
        value[:4] + b"\x7f" + value[5:],  # longer than the extension
        value[:3] + b"\x05" + value[4:],  # no octet string
        value[:5] + b"\x31" + value[6:],  # no sequence
        value[:6] + b"\x0c" + value[7:],  # shorter than the octet string
        value[:7] + b"\x0c",  # no identifier
    ):
        changed = restricted[:at] + broken + restricted[at + len(broken) :]
        assert hcert.TrustedKey.from_certificate(changed).usages == frozenset()
    assert usages_of(()) == frozenset()


def test_extensions_that_cannot_be_told_apart_grant_nothing() -> None:
    """A restriction may be among them."""
    restricted = document_signer(p256(), usages=[f"{EU_ROOT}.2"]).certificate
    at = restricted.index(bytes.fromhex("0603551d25")) - 2
    for place in (at, at + 1, at + 2):  # the frame of the extension, its length, the tag of its name
        changed = restricted[:place] + b"\x7f" + restricted[place + 1 :]
        assert hcert.TrustedKey.from_certificate(changed).usages == frozenset()


def test_an_extension_that_is_no_extended_key_usage_restricts_nothing() -> None:
    """Whatever it is."""
    restricted = document_signer(p256(), usages=[f"{EU_ROOT}.2"]).certificate
    changed = restricted.replace(bytes.fromhex("551d25"), bytes.fromhex("551d26"))
    assert hcert.TrustedKey.from_certificate(changed).usages == ANY_USAGE


@pytest.mark.parametrize(("ca", "length"), [(True, None), (True, 0), (False, None)])
def test_the_certificate_of_an_authority_says_so(ca: bool, length: int | None) -> None:  # noqa: FBT001 - a case
    """By its basic constraints, which a document signer may lack."""
    extension = x509.BasicConstraints(ca=ca, path_length=length)
    assert document_signer(p256(), extensions=[extension]).key.is_ca is ca
    assert not document_signer(p256()).key.is_ca
    assert not hcert.TrustedKey.from_public_key(spki_of(p256())).is_ca


def test_a_basic_constraint_may_be_spelled_out_as_false_or_be_broken() -> None:
    """Finnish certificates spell it out; one that cannot be read may be that of an authority."""
    authority = document_signer(p256(), extensions=[x509.BasicConstraints(ca=True, path_length=None)]).certificate
    spelled = bytes.fromhex("0603551d13040530030101ff")
    assert spelled in authority
    for changed, is_ca in (("0603551d1304053003010100", False), ("0603551d13040530030101" + "01", True)):
        assert hcert.TrustedKey.from_certificate(authority.replace(spelled, bytes.fromhex(changed))).is_ca is is_ca
    broken = authority.replace(spelled, bytes.fromhex("0603551d130405300f0101ff"))
    assert hcert.TrustedKey.from_certificate(broken).is_ca


def test_times_with_a_zone_are_kept_in_utc() -> None:
    """In the hour that a zone has twice, its wall clock cannot tell before from after."""
    berlin = ZoneInfo("Europe/Berlin")
    first = dt.datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=0)
    key = hcert.TrustedKey.from_public_key(spki_of(p256()), not_before=first, not_after=first.replace(fold=1))
    assert key.not_before == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    assert key.not_after == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)
    assert key.not_before.tzinfo is dt.UTC


def test_a_certificate_has_a_bounded_size() -> None:
    """Published ones have a sixth of that at most; a list of thousands must be a bounded list."""
    large = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(MAX_CERTIFICATE_BYTES))
    with pytest.raises(hcert.ConfigurationError) as caught:
        document_signer(p256(), extensions=[large]).key  # noqa: B018 - read when asked for
    assert caught.value.code == "key.unreadable"


@pytest.mark.parametrize("order", [1, -1])
def test_a_broken_extension_takes_no_restriction_away(order: int) -> None:
    """Wherever it stands, the usages beside it count."""
    extensions = [
        x509.BasicConstraints(ca=False, path_length=None),
        x509.ExtendedKeyUsage([x509.ObjectIdentifier(f"{EU_ROOT}.2")]),
    ]
    sound = document_signer(p256(), extensions=extensions[::order]).certificate
    broken = sound.replace(bytes.fromhex("0603551d130402"), bytes.fromhex("0603551d13047f"))
    assert broken != sound
    assert hcert.TrustedKey.from_certificate(broken).usages == {Usage.VACCINATION}


def test_usages_beside_a_broken_one_do_not_count() -> None:
    """What cannot be read whole is not read in part."""
    sound = document_signer(p256(), usages=[f"{EU_ROOT}.2", "1.3.6.1.5.5.7.3.1"]).certificate
    broken = sound.replace(bytes.fromhex("06082b06010505070301"), bytes.fromhex("067f2b06010505070301"))
    assert broken != sound
    assert hcert.TrustedKey.from_certificate(broken).usages == frozenset()


@given(st.binary(max_size=100))
def test_any_bytes_are_a_certificate_or_a_value_error(data: bytes) -> None:
    """The reader raises nothing else."""
    with pytest.raises(ValueError, match=r"."):
        read_certificate(data)


def test_a_certificate_with_one_byte_changed_loads_or_is_unreadable() -> None:
    """Every byte is changed in six ways; nothing but a configuration error is ever raised."""
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
)
def test_a_frame_that_is_none_is_unreadable(es256: DocumentSigner, present: bytes, changed: bytes) -> None:
    """Times and serial number have one form; where it is broken nothing of the certificate can be relied on."""
    assert present in es256.certificate
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.TrustedKey.from_certificate(es256.certificate.replace(present, changed))
    assert caught.value.code == "key.unreadable"


@pytest.mark.parametrize("changed", ["26050212000xZ", "2605x2120000Z", "260502120000+", "2605021200xxZ"])
def test_a_time_of_another_form_is_told_without_being_quoted(es256: DocumentSigner, changed: str) -> None:
    """Digits and a Z are due; what stands there instead is not repeated."""
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
)
def test_both_forms_of_time_are_read(monkeypatch: pytest.MonkeyPatch, before: dt.datetime, after: dt.datetime) -> None:
    """Two-digit years reach from 1950 to 2049, four-digit ones beyond."""
    monkeypatch.setattr("support.signers.NOT_BEFORE", before)
    monkeypatch.setattr("support.signers.NOT_AFTER", after)
    key = document_signer(p256()).key
    assert (key.not_before, key.not_after) == (before, after)


@pytest.mark.parametrize(
    "data", [b"\x30", b"\x30\x80", b"\x30\x85\0\0\0\0\0", b"\x30\x02\0", b"\x02\x01\x00", b"\x30\0\x30\0"]
)
def test_der_that_is_no_sequence_is_a_value_error(data: bytes) -> None:
    """Cut, indefinite, endless and several elements are refused."""
    with pytest.raises(ValueError, match=r"."):
        only_sequence(data)


def test_agrees_with_cryptography_on_every_published_certificate(shared: Path) -> None:
    """Key, validity, country and usages are those that the library reads, where it reads them."""
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
    """Return the usages that the library's reading of the extensions means."""
    usages = {f"{root}.{n}": usage for root in (EU_ROOT, MISPRINTED_ROOT) for n, usage in NUMBERED.items()}
    try:
        extension = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ANY_USAGE
    return frozenset(usages[o.dotted_string] for o in extension if o.dotted_string in usages) or ANY_USAGE


def test_a_subject_that_cannot_be_read_leaves_the_country_unknown(es256: DocumentSigner) -> None:
    """Text that is no UTF-8, and a bit string where text is expected, break the subject for cryptography but no key."""
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
)
def test_a_country_is_a_short_text_that_steers_no_terminal(text: str, *, known: bool) -> None:
    """Some certificates write a name instead of the code; line ends, escapes and a page of text are no country."""
    value = b"\x06\x03\x55\x04\x06\x0c" + bytes([len(text.encode())]) + text.encode()
    name = b"\x30" + bytes([len(value)]) + value
    assert certificate._country(b"\x31" + bytes([len(name)]) + name) == (text if known else None)


def test_keys_are_equal_by_what_is_known_of_them(es256: DocumentSigner) -> None:
    """Having verified something does not change a key."""
    used = es256.key
    used.verifies(bytes(64), b"data")
    assert used == es256.key
    assert hash(used) == hash(es256.key)


def test_its_repr_shows_no_key_material_at_length(es256: DocumentSigner) -> None:
    """Logs stay readable."""
    assert "certificate" not in repr(es256.key)
    assert len(repr(es256.key)) < 450


def test_a_status_or_usage_may_be_given_as_text(es256: DocumentSigner) -> None:
    """A revoked key must not count because of the type of a word."""
    key = replace(es256.key, status="revoked", usages={"test"})  # type: ignore[arg-type]
    assert key.status is Status.REVOKED
    assert key.usages == {Usage.TEST}
    assert type(key.usages) is frozenset


@pytest.mark.parametrize("changes", [{"status": "gone"}, {"status": None}, {"usages": {"sing"}}, {"usages": None}])
def test_another_status_or_usage_is_refused(es256: DocumentSigner, changes: dict[str, Any]) -> None:
    """It would count for something else."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        replace(es256.key, **changes)
    assert caught.value.code == "key.unknown_value"


def test_keys_can_be_handed_to_other_processes(es256: DocumentSigner) -> None:
    """Before and after their first use, with all that is known of them."""
    key = replace(es256.key, country="VN", origin="x", status=Status.REVOKED, usages=frozenset({Usage.TEST}))
    signature = es256.signer.sign(b"data")
    for _ in range(2):
        copied = pickle.loads(pickle.dumps(key))  # noqa: S301 - our own
        assert copied == key
        assert [getattr(copied, name) for name in NAMES] == [getattr(key, name) for name in NAMES]
        assert copied.verifies(signature, b"data")
        assert key.verifies(signature, b"data")


def test_a_text_that_is_none_is_no_key() -> None:
    """Half of a character anywhere in it."""
    for call in (hcert.TrustedKey.from_public_key, hcert.TrustedKey.from_certificate):
        with pytest.raises(hcert.ConfigurationError) as caught:
            call("\ud800")
        assert caught.value.code == "key.unreadable"
