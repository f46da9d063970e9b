"""What no generator makes twice the same: streams that zlib compressed, and parts sealed with random keys."""

from __future__ import annotations

import zlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import hcert
from hcert import citizen
from hcert.codec import cbor
from hcert.keys.hpke import Recipient, SealedBytes
from hcert.records.citizen import encode
from hcert.records.citizen.sealed import Sealed, SealedPart, seal_for
from hcert.records.record_struct import Origin
from kit.compose import claims, message, text
from kit.container import REPETITIVE
from kit.keys import dsc, elliptic
from kit.records import record
from kit.vector import b64

CONTENT: dict[str, Any] = {"id_number": "001190000123", "phone": "0912345678"}


def freeze() -> dict[str, Any]:
    """Make them all anew."""
    levels = {str(level): b64(zlib.compress(REPETITIVE, level)) for level in (1, 6, 9)}
    return {"zlib": levels, "sealed": sealed()}


def pem(private: Any) -> str:
    """Write a private key."""
    encoded: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return encoded.decode()


def reader(private: Any) -> hcert.TrustedKey:
    """Return the key that is sealed for."""
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hcert.TrustedKey.from_public_key(spki, usages=frozenset({hcert.Usage.OPEN}))


def code(given: Any, **changes: Any) -> str:
    """Sign a record with its sealed part."""
    return text(message(claims(encode.to_wire(given), subclaim=-1405, **changes)))


def without_padding(private: Any, certificate_id: bytes, origin: Origin) -> Sealed:
    """Seal a content that fills 64 bytes, which would need a step more for its padding."""
    recipient = Recipient(reader(private))
    content = cbor.encode({0: "0" * 60})
    empty = SealedPart(reader(private).kid, recipient.algorithm, SealedBytes(b"", b""))
    info = cbor.encode(["Encrypt0", empty.protected, cbor.encode([certificate_id, origin.issuer, origin.kid])])
    return Sealed((SealedPart(empty.kid, empty.algorithm, recipient.seal(content, info=info)),))


def sealed() -> list[dict[str, Any]]:
    """Seal for two groups, and do to it what must not work."""
    clinic = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
    border, stranger = elliptic("border"), elliptic("stranger")
    base = record()
    origin = Origin("VN", dsc().kid)
    secret = citizen.Confidential(**CONTENT)
    for_clinic = seal_for({reader(clinic): secret}, certificate_id=base.certificate_id, origin=origin)
    for_both = seal_for(
        {reader(clinic): secret, reader(border): citizen.Confidential(phone="0987654321")},
        certificate_id=base.certificate_id, origin=origin,
    )  # fmt: skip
    one, both = code(base.with_sealed(for_clinic)), code(base.with_sealed(for_both))
    payload = encode.to_wire(base.with_sealed(for_clinic))
    (part,) = payload[7]
    at = next(number for number, member in enumerate(part) if isinstance(member, bytes) and len(member) > 40)
    broken = [*part]
    broken[at] = part[at][:-1] + bytes([part[at][-1] ^ 1])
    damaged = text(message(claims({**payload, 7: [broken]}, subclaim=-1405)))
    unpadded = code(base.with_sealed(without_padding(clinic, base.certificate_id, origin)))
    other = record(certificate_id=bytes(16))
    moved = text(message(claims({**encode.to_wire(other), 7: payload[7]}, subclaim=-1405)))
    elsewhere = text(message(claims(payload, subclaim=-1405, c1="LA")))
    return [
        {"slug": "opens", "text": one, "reader_key": pem(clinic), "opened": CONTENT, "shows": "The reader it was made for."},
        {"slug": "no-reader", "text": one, "shows": "Without a reader's key it changes nothing."},
        {"slug": "opens-first-of-two", "text": both, "reader_key": pem(clinic), "opened": CONTENT, "shows": "One of two groups."},
        {"slug": "opens-second-of-two", "text": both, "reader_key": pem(border), "opened": {"phone": "0987654321"},
            "shows": "The other group, on P-256, for which something else was sealed."},
        {"slug": "stranger", "text": both, "reader_key": pem(stranger), "opened": "sealed.no_group", "shows": "A reader of no group."},
        {"slug": "damaged", "text": damaged, "reader_key": pem(clinic), "opened": "sealed.damaged", "shows": "A bit was changed, and all signed again."},
        {"slug": "padding", "text": unpadded, "reader_key": pem(clinic), "opened": "sealed.malformed",
            "shows": "A plaintext of 64 bytes that are no content and padding: every content has one padding."},
        {"slug": "moved", "text": moved, "reader_key": pem(clinic), "opened": "sealed.damaged", "shows": "Cut from another certificate."},
        {"slug": "other-issuer", "text": elsewhere, "reader_key": pem(clinic), "opened": "sealed.damaged", "codes": ["claims.other_country"], "shows": "Under another issuer claim."},
    ]  # fmt: skip
