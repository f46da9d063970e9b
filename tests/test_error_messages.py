"""What errors of the lower rooms are raised with: the code that is true, and the details to fill it in."""

from __future__ import annotations

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
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.keys import hpke
from hcert.keys.algorithms import raw_from_der
from hcert.keys.der import read_elements, read_sequence
from hcert.keys.pem import decode_certificate
from hcert.trust import document_file
from support.signers import document_signer, p256, pem_of, spki_of

if TYPE_CHECKING:
    from collections.abc import Callable

PROTECTED = cbor2.dumps({1: -7, 4: b"kid"})
SIGNER = document_signer(p256())
DER = SIGNER.certificate
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


def unreadable(thing: str, reason: Fragment) -> Finding:
    """Return the finding for a key or certificate in PEM or DER that cannot be read."""
    return finding("key.unreadable", kind=fragment(f"thing.{thing}"), form=fragment("thing.pem_or_der"), reason=reason)


REASONS = (
    pytest.param(split(b"", {}, b""), finding("cose.malformed", reason=fragment("cose.not_four")), id="not four"),
    pytest.param(
        split(PROTECTED, {}, "", b""), finding("cose.malformed", reason=fragment("cose.not_bytes")), id="no bytes"
    ),
    pytest.param(
        split(PROTECTED, [], b"", b""),
        finding("cose.malformed", reason=fragment("cose.unprotected_not_map")),
        id="no map",
    ),
    pytest.param(
        split(cbor2.dumps({1: "ES256", 4: b"kid"}), {}, b"", b""),
        finding("cose.malformed", reason=fragment("cose.algorithm_type")),
        id="no number",
    ),
    pytest.param(
        split(cbor2.dumps({1: -7, 4: bytes(65)}), {}, b"", b""),
        finding("cose.malformed", reason=fragment("cose.kid", least=1, most=64)),
        id="long kid",
    ),
    pytest.param(
        lambda: cose_sign1.decode(b"\xd2\xff", limits=LIMITS),
        finding("cose.malformed", reason=fragment("cbor.malformed")),
        id="no CBOR",
    ),
    pytest.param(
        lambda: cose_sign.decode(b"x"),
        finding("document.malformed", reason=fragment("cose_sign.tag")),
        id="no COSE_Sign",
    ),
    pytest.param(
        lambda: cose_sign.decode(b"\xd8\x62\x84"),
        finding("document.malformed", reason=fragment("cbor.truncated")),
        id="COSE_Sign cut",
    ),
    pytest.param(
        signed(b"", {}, b""),
        finding("document.malformed", reason=fragment("cose_sign.elements")),
        id="COSE_Sign elements",
    ),
    pytest.param(
        signed(b"", {}, b"", []),
        finding("document.malformed", reason=fragment("cose_sign.signature_count", most=64)),
        id="no signatures",
    ),
    pytest.param(
        signed(b"", {}, b"", [[]]),
        finding("document.malformed", reason=fragment("cose_sign.signature")),
        id="no signature",
    ),
    pytest.param(
        signed(b"", {}, b"", [[b"\xa1", {}, b""]]),
        finding("document.malformed", reason=fragment("cbor.truncated")),
        id="signature header cut",
    ),
    pytest.param(
        signed(b"", {}, b"", [[b"\xa0", {}, b""]]),
        finding("document.malformed", reason=fragment("cose_sign.header")),
        id="signature header",
    ),
    pytest.param(
        signed(b"", {}, b"", [[cbor2.dumps({4: b"k", 1: -7}), {}, b""]]),
        finding("document.malformed", reason=fragment("cose_sign.header_form")),
        id="signature header twice",
    ),
    pytest.param(
        lambda: document_file.find_attachment(b"HCERTDOC"),
        finding("document.malformed", reason=fragment("cbor.truncated")),
        id="no attachment",
    ),
    pytest.param(
        lambda: document_file.find_attachment(b"HCERTDOC\0\0\0\1"),
        finding("document.malformed", reason=fragment("cbor.truncated")),
        id="attachment cut",
    ),
    pytest.param(decoded(b"\x00\x00"), fragment("cbor.trailing_bytes"), id="trailing"),
    pytest.param(decoded(b"\xa2\x00\x00\x00\x00"), fragment("cbor.duplicate_key"), id="same key"),
    pytest.param(decoded(b"\x81" * 9 + b"\x00"), fragment("cbor.too_deep"), id="deep"),
    pytest.param(decoded(b"\x82\x00"), fragment("cbor.truncated"), id="cut"),
    pytest.param(decoded(b"\xff"), fragment("cbor.malformed"), id="rubbish"),
    pytest.param(decoded(b"\xc2\x40"), fragment("cbor.tag"), id="tag"),
    pytest.param(decoded(b"\xc0\x00", date_times=True), fragment("cbor.tag_0"), id="tag 0"),
    pytest.param(decoded(b"\xc1\x20", date_times=True), fragment("cbor.tag_1"), id="tag 1"),
    pytest.param(decoded(b"\xa1\xf5\x00"), fragment("cbor.key_type"), id="key"),
    pytest.param(decoded(b"\x81\xf7"), fragment("cbor.simple_value"), id="simple value"),
    pytest.param(
        lambda: cwt.decode(b"\xa1", limits=LIMITS),
        finding("claims.malformed", reason=fragment("cbor.truncated")),
        id="claims cut",
    ),
    pytest.param(
        lambda: cwt.decode(b"\x80", limits=LIMITS),
        finding("claims.malformed", reason=fragment("content.not_map")),
        id="claims no map",
    ),
    pytest.param(claims(c1=5), finding("claims.malformed", reason=fragment("claims.issuer_type")), id="issuer"),
    pytest.param(claims(c_260=[]), finding("claims.malformed", reason=fragment("claims.subclaims")), id="payloads"),
    pytest.param(
        claims(c6="now"), finding("claims.malformed", reason=fragment("claims.seconds", claim=6)), id="seconds"
    ),
    pytest.param(claims(c4=-1), finding("claims.malformed", reason=fragment("claims.time_range", claim=4)), id="years"),
    pytest.param(
        claims(c4=cbor2.CBORTag(0, "2026-01-01T00:00:00")),
        finding("claims.malformed", reason=fragment("claims.date_time", claim=4)),
        id="no zone",
    ),
    pytest.param(
        lambda: zlib_stream.inflate(zlib.compress(b"x") + b"yz", limit=9),
        finding("inflate.trailing_bytes", count=2),
        id="after the stream",
    ),
    pytest.param(lambda: list(read_elements(b"\x30")), fragment("der.truncated"), id="DER header cut"),
    pytest.param(lambda: list(read_elements(b"\x30\x05")), fragment("der.truncated"), id="DER content cut"),
    pytest.param(lambda: list(read_elements(b"\x30\x80")), fragment("der.length"), id="DER length"),
    pytest.param(lambda: list(read_elements(b"\x30\x85" + bytes(5))), fragment("der.length"), id="DER long length"),
    pytest.param(lambda: read_sequence(b"\x31\x00"), fragment("der.sequence"), id="DER no sequence"),
    pytest.param(lambda: read_sequence(b"\x30\x00\x30\x00"), fragment("der.sequence"), id="DER two"),
    pytest.param(lambda: decode_certificate(pem_of(p256())), fragment("certificate.none"), id="PEM of a key"),
    pytest.param(
        lambda: decode_certificate(b"-----BEGIN CERTIFICATE-----\nMII="), fragment("certificate.pem_end"), id="PEM cut"
    ),
    pytest.param(
        certificate(b"\x30\x04\x30\x00\x30\x00"),
        unreadable("certificate", fragment("certificate.parts")),
        id="two parts",
    ),
    pytest.param(
        certificate(DER.replace(b"\x02\x02\x12\x67", b"\x04\x02\x12\x67", 1)),
        unreadable("certificate", fragment("certificate.fields")),
        id="fields",
    ),
    pytest.param(
        certificate(DER.replace(b"\x17\x0d", b"\x13\x0d", 1)),
        unreadable("certificate", fragment("certificate.validity")),
        id="times",
    ),
    pytest.param(
        certificate(DER.replace(b"260502120000Z", b"260502120000+", 1)),
        unreadable("certificate", fragment("certificate.utc")),
        id="time zone",
    ),
    pytest.param(
        lambda: hcert.TrustedKey.from_public_key(b"x"),
        unreadable("public_key", fragment("key.not_a_key")),
        id="public key",
    ),
    pytest.param(
        lambda: hcert.LocalSigner.from_pem(b"x", certificate=DER),
        finding("key.unreadable", kind=fragment("thing.private_key"), form="PEM", reason=fragment("key.damaged")),
        id="private key",
    ),
    pytest.param(
        lambda: hcert.TrustedKey.from_certificate(DER, kid=bytes(65)),
        finding("key.kid", least=1, most=64, length=65),
        id="kid",
    ),
    pytest.param(
        lambda: hcert.TrustList([b"key"]),  # type: ignore[list-item]
        finding("trust.type", name="TrustedKey", given="bytes"),
        id="list of bytes",
    ),
    pytest.param(
        lambda: hcert.TrustList(hcert.TrustedKey.from_public_key(spki_of(p256()))),  # type: ignore[arg-type]
        finding("trust.type", name="list[TrustedKey]", given="TrustedKey"),
        id="a key for a list",
    ),
    pytest.param(
        lambda: hcert.lists.Anchors.of([None], None),  # type: ignore[list-item]
        finding("trust.type", name="TrustedKey", given="NoneType"),
        id="anchor of another type",
    ),
    pytest.param(
        lambda: hcert.Verifier([]),  # type: ignore[arg-type]
        finding("trust.type", name="TrustList", given="list"),
        id="verifier with a list",
    ),
    pytest.param(
        lambda: hcert.TrustedKey.from_certificate(2 * b"-----BEGIN CERTIFICATE-----\n"),
        finding("key.several", count=2),
        id="several",
    ),
    pytest.param(
        lambda: hcert.TrustedKey.from_public_key(spki_of(p256()), not_after=dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        finding("time.naive", name="not_after"),
        id="naive",
    ),
    pytest.param(lambda: raw_from_der(encode_dss_signature(0, 1)), fragment("signature.not_ecdsa"), id="signature"),
    pytest.param(
        lambda: hpke.sealing_algorithm(
            hcert.TrustedKey.from_public_key(spki_of(ec.generate_private_key(ec.SECP384R1())), kid=b"kid")
        ),
        finding("sealed.reader_key", kid="6b6964"),
        id="reader",
    ),
)


@pytest.mark.parametrize(("make", "expected"), REASONS)
def test_an_error_says_what_is_wrong(make: Callable[[], object], expected: Finding | Fragment) -> None:
    """The code that is true, with its numbers."""
    with pytest.raises((hcert.HcertError, ValueError)) as caught:
        make()
    found = caught.value.findings[0] if isinstance(caught.value, hcert.HcertError) else caught.value.args[0]
    assert found == expected
