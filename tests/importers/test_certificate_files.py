"""Folders of certificates: whatever countries put into their files, the certificates come out and the rest is named."""

from __future__ import annotations

import datetime as dt
import hashlib
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.fragments import Fragment, fragment
from hcert.importers import certificate_files
from hcert.importers.certificate_files import import_certificates
from hcert.importers.collector import MAX_FINDINGS
from support.foreign_lists import reasons
from support.signers import NOT_AFTER, NOW, document_signer, p256, pem_of, rsa_key, spki_of

if TYPE_CHECKING:
    from hcert.importers.report import ImportReport

ONE = document_signer(p256(), country="OM")
TWO = document_signer(rsa_key(), country="NL")
PARSED = x509.load_der_x509_certificate(ONE.certificate)
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
POINT = ONE.key.spki[-65:]
PKCS1_PUBLIC = rsa_key().public_key().public_bytes(DER, serialization.PublicFormat.PKCS1)
PRIVATE = fragment("bundle.private_key")
PKCS7 = fragment("bundle.pkcs7")


def pem(data: bytes, label: str = "CERTIFICATE") -> bytes:
    """Write PEM."""
    text = b64encode(data).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def certificates(imported: ImportReport) -> set[bytes | None]:
    """Return the imported certificates."""
    return {key.certificate for key in imported.trust}


def reason_of(data: bytes) -> Fragment | str:
    """Return why a file is quarantined that has nothing to import."""
    imported = import_certificates({"x": data})
    assert len(imported.trust) == 0
    ((record, code, reason),) = reasons(imported.quarantined)
    assert (record, code) == ("x", "import.entry")
    return reason


# --- what is taken


@pytest.mark.parametrize(
    "data",
    [
        ONE.certificate,
        pem(ONE.certificate),
        pem(ONE.certificate).replace(b"\n", b"\r\n"),
        pem(ONE.certificate).replace(b"\n", b"\r"),
        pem(ONE.certificate).replace(b"\n", b" \n"),
        pem(ONE.certificate).rstrip(),
        b"\xef\xbb\xbf" + pem(ONE.certificate),
        "Subject: C=OM, CN=Bộ Y tế\n\n".encode() + pem(ONE.certificate) + b"\ntext after it \xff\x00",
    ],
)
def test_import_of_pem_and_der(data: bytes) -> None:
    """DER; PEM with any line ends and text around it."""
    imported = import_certificates({"OMN/SCA .pem": data})
    (key,) = imported.trust
    assert key.certificate == ONE.certificate
    assert key.kid == hashlib.sha256(ONE.certificate).digest()[:8]
    assert (key.country, key.origin) == ("OM", "file:OMN/SCA .pem")
    assert key == replace(ONE.key, kid=key.kid, origin=key.origin)  # it verifies as the signer's own does
    assert imported.quarantined == imported.skipped == imported.warnings == ()


def test_import_of_several_certificates_in_a_file() -> None:
    """A broken one between them is quarantined with its place."""
    broken = pem(ONE.certificate).replace(b"-----END", b"!-----END")
    imported = import_certificates(
        {"all.pem": b"junk\n" + pem(ONE.certificate) + broken + b"junk" + pem(TWO.certificate)}
    )
    assert certificates(imported) == {ONE.certificate, TWO.certificate}
    assert reasons(imported.quarantined) == [("all.pem#2", "import.entry", fragment("bundle.certificate_form"))]


def test_duplicates_in_several_files_are_skipped() -> None:
    """Repositories have the same certificate as TLS.pem and CA.pem."""
    files = {"CA.pem": pem(ONE.certificate) * 2, "TLS.pem": pem(ONE.certificate), "one.der": ONE.certificate}
    imported = import_certificates(files)
    assert certificates(imported) == {ONE.certificate}
    assert reasons(imported.skipped) == [
        ("CA.pem#2", "import.duplicate", ""),
        ("TLS.pem", "import.duplicate", ""),
        ("one.der", "import.duplicate", ""),
    ]


@pytest.mark.parametrize("data", [spki_of(p256()), pem(spki_of(rsa_key()), "PUBLIC KEY")])
def test_import_of_public_keys(data: bytes) -> None:
    """Without country and validity; the kid is that of the key."""
    imported = import_certificates({"key": data, "again": data})
    (key,) = imported.trust
    assert key.kid == hashlib.sha256(key.spki).digest()[:8]
    assert (key.certificate, key.country, key.origin) == (None, None, "file:again file:key")
    assert key == replace(hcert.TrustedKey.from_public_key(key.spki), origin="file:again file:key")
    assert reasons(imported.skipped) == [("again", "import.duplicate", "")]


def test_filter_by_country() -> None:
    """A key without a country, or without a valid code, matches no filter."""
    odd = document_signer(p256(), country=None).certificate
    files = {"a": ONE.certificate, "b": TWO.certificate, "c": odd, "d": spki_of(p256())}
    imported = import_certificates(files, countries=["NL"])
    assert certificates(imported) == {TWO.certificate}
    assert [found[2] for found in reasons(imported.skipped)] == ["country,OM", "country,unknown", "country,unknown"]
    blocks = import_certificates({"a": pem(TWO.certificate) + pem(ONE.certificate)}, countries=["NL"])
    assert certificates(blocks) == {TWO.certificate}
    assert reasons(blocks.skipped) == [("a#2", "import.filtered", "country,OM")]
    digits = ONE.certificate.replace(b"\x06\x03U\x04\x06\x13\x02OM", b"\x06\x03U\x04\x06\x13\x0212")
    (found,) = import_certificates({"a": digits}, countries=["NL"]).skipped
    assert dict(found.details)["value"] == "unknown"


def test_any_file_name_fits_the_origin_of_a_signed_list() -> None:
    """Names are shortened, and unprintable characters removed."""
    imported = import_certificates({"x" * 300 + ".pem": ONE.certificate, "a\nb\udcff": TWO.certificate})
    assert sorted(key.origin or "" for key in imported.trust) == ["file:" + "x" * 150, "file:ab"][::-1]
    publisher = document_signer(p256())
    later = NOW.replace(year=2027)
    data = imported.trust.seal([publisher.signer], version=1, issued_at=NOW, expires_at=later)
    opened = hcert.TrustList.open(data, anchors=[publisher.key], at=NOW)
    assert len(opened) == 2
    assert opened.quarantined == ()


# --- what is put aside


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"CHANGE this file to hold your certificate\n",
        b"\x00\x00\x00\x01Bud1\x00\x00\x10\x00",
        b"0\x00",
        b"0\x82",
        b"00 is no DER",
        pem(ONE.certificate).decode().encode("utf-16"),
    ],
)
def test_files_without_a_certificate_are_quarantined(data: bytes) -> None:
    """Placeholders, and what file managers leave behind."""
    assert reason_of(data) == fragment("bundle.no_certificate")


@pytest.mark.parametrize(
    "data",
    [
        pem_of(p256()),
        pem_of(rsa_key(), b"password"),
        p256().private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()),
        p256().private_bytes(DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()),
        p256().private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        rsa_key().private_bytes(DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()),
        pkcs12.serialize_key_and_certificates(b"x", p256(), None, None, serialization.NoEncryption()),
    ],
)
def test_private_keys_are_reported(data: bytes) -> None:
    """With what to do about it; nothing of the key is kept."""
    assert reason_of(data) == PRIVATE


def test_a_certificate_beside_a_private_key_is_imported() -> None:
    """The private key is quarantined."""
    imported = import_certificates({"mixed.pem": pem_of(ONE.private_key) + pem(ONE.certificate)})
    assert certificates(imported) == {ONE.certificate}
    assert reasons(imported.quarantined) == [("mixed.pem#1", "import.entry", PRIVATE)]


@pytest.mark.parametrize(
    "data",
    [
        pkcs7.serialize_certificates([PARSED], PEM),
        pkcs7.serialize_certificates([PARSED], DER),
        pem(b"", "CMS"),
    ],
)
def test_pkcs7_is_reported(data: bytes) -> None:
    """Some countries send `.p7c` files."""
    assert reason_of(data) == PKCS7


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pem(b"", "CERTIFICATE REQUEST"), fragment("bundle.neither")),
        (pem(b"", "X509 CRL"), fragment("bundle.neither")),
        (b"-----BEGIN ", fragment("bundle.neither")),
        (b"-----BEGIN CERTIFICATE-----", fragment("bundle.certificate_form")),
        (pem(ONE.certificate)[:200], fragment("bundle.certificate_form")),
        (pem(b"0\x00"), fragment("entry.certificate")),
        (ONE.certificate[:-1] + b"\n\n", fragment("bundle.no_certificate")),
        (pem(ONE.certificate[:-1]), fragment("entry.certificate")),
        (pem(b"0\x00", "PUBLIC KEY"), fragment("entry.public_key")),
        (b"-----BEGIN PUBLIC KEY-----", fragment("entry.public_key")),
        (bytes.fromhex("300430003000"), fragment("entry.public_key")),
        (bytes.fromhex("3006300030003000"), fragment("entry.certificate")),
        (bytes.fromhex("30030101ff"), fragment("entry.certificate")),
        (PKCS1_PUBLIC, fragment("entry.certificate")),
    ],
)
def test_unreadable_content_is_quarantined(data: bytes, reason: Fragment) -> None:
    """Each with its own reason."""
    assert reason_of(data) == reason


def test_a_certificate_with_an_unusable_key_is_quarantined() -> None:
    """The certificate can be read, its public key cannot."""
    point = spki_of(ONE.private_key)[-65:]
    assert reason_of(ONE.certificate.replace(point, bytes(65))) == fragment("entry.certificate")


def test_a_key_on_another_curve_verifies_nothing() -> None:
    """It is imported, so that a verdict can say why it does not count."""
    (key,) = import_certificates({"x": spki_of(ec.generate_private_key(ec.SECP521R1()))}).trust
    assert key.algorithm is None


def test_many_unfinished_pem_blocks_are_cheap() -> None:
    """The file is read once."""
    imported = import_certificates({"x": b"-----BEGIN CERTIFICATE-----" * 50_000})
    *kept, more = imported.quarantined
    assert len(kept) == MAX_FINDINGS
    assert (more.code, dict(more.details)) == ("import.more_entries", {"count": 50_000 - MAX_FINDINGS})


@given(
    st.dictionaries(
        st.text(),
        st.binary()
        | st.lists(
            st.binary(max_size=8)
            | st.sampled_from(
                [b"-----BEGIN ", b"-----END ", b"CERTIFICATE-----", b"PUBLIC KEY-----", ONE.certificate[:9]]
            )
        ).map(b"".join),
    )
)
def test_arbitrary_files_never_raise(files: dict[str, bytes]) -> None:
    """Every file is quarantined at least once, and nothing is imported."""
    imported = import_certificates(files)
    assert len(imported.trust) == 0
    assert {(found.record or "").partition("#")[0] for found in imported.quarantined} >= {
        name for name in files if "#" not in name
    }


def test_expired_and_ca_certificates_get_warnings() -> None:
    """Both are imported. Without a time only the authority gets a warning."""
    authority = document_signer(p256(), extensions=[x509.BasicConstraints(ca=True, path_length=None)]).certificate
    end = NOT_AFTER + dt.timedelta(seconds=1)
    files = {"ca": authority, "dsc": ONE.certificate}
    for at, expected in (
        (None, [("import.ca_certificate", "ca")]),
        (NOT_AFTER, [("import.ca_certificate", "ca")]),
        (end, [("import.ca_certificate", "ca"), ("import.expired", "ca"), ("import.expired", "dsc")]),
    ):
        imported = import_certificates(files, at=at)
        assert [(found.code, found.record) for found in imported.warnings] == expected
        assert len(imported.trust) == 2
    with pytest.raises(hcert.ConfigurationError) as caught:
        import_certificates(files, at=end.replace(tzinfo=None))
    assert caught.value.code == "time.naive"
    assert dict(caught.value.findings[0].details) == {"name": "at"}


def test_a_warning_is_given_once_and_only_for_imported_certificates() -> None:
    """In PEM as in DER, with the date; not for a duplicate, nor for a certificate that is quarantined."""
    end = NOT_AFTER + dt.timedelta(seconds=1)
    files = {"a.pem": pem(ONE.certificate), "b.der": ONE.certificate}
    (found,) = import_certificates(files, at=end).warnings
    assert (found.code, found.record) == ("import.expired", "a.pem")
    assert dict(found.details) == {"not_after": NOT_AFTER.strftime("%Y-%m-%dT%H:%M:%SZ")}
    unusable = import_certificates({"c.der": ONE.certificate.replace(POINT, b"\x04" + bytes(64))}, at=end)
    assert (len(unusable.trust), len(unusable.quarantined), unusable.warnings) == (0, 1, ())


def test_the_origin_lists_all_files_in_a_fixed_order() -> None:
    """As many as fit into a signed list."""
    names = [f"{number:03}" + "x" * 40 for number in range(20)]
    one, other = (
        import_certificates(dict.fromkeys(given, ONE.certificate)).trust for given in (names, reversed(names))
    )
    (key,) = one
    assert list(other) == [key]
    assert key.origin is not None
    assert key.origin.split() == [f"file:{name}" for name in names[:4]]


def test_max_files_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """In number and size."""
    monkeypatch.setattr(certificate_files, "MAX_ITEMS", 3)
    block = b"-----BEGIN X-----"
    assert len(import_certificates({"three": block * 3}).quarantined) == 3
    assert len(import_certificates({"four": block * 4}).quarantined) == 1
    with pytest.raises(hcert.MalformedError) as caught:
        import_certificates(dict.fromkeys("abcd", ONE.certificate))
    assert caught.value.code == "import.malformed"
    monkeypatch.setattr(certificate_files, "MAX_BYTES", 100)
    assert len(import_certificates({"large": ONE.certificate}).trust) == 0


def test_max_certificate_size() -> None:
    """A large PKCS #7 file or private key is still recognised."""
    large = bytes.fromhex("30830186a0") + bytes.fromhex("30820100") + bytes(256) + bytes(100_000 - 260)
    assert reasons(import_certificates({"x": large}).quarantined) == [
        ("x", "import.entry", fragment("bundle.no_certificate"))
    ]
    pkcs7 = bytes.fromhex("30830186a0") + bytes.fromhex("06022a03") + bytes(100_000 - 4)
    assert reasons(import_certificates({"x": pkcs7}).quarantined) == [("x", "import.entry", PKCS7)]
