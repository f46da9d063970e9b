"""The lists of others, published in memory: DID documents signed as WHO does, items of the EU gateway and Germany."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import hcert
from hcert.importers.gdhcn import import_gdhcn
from hcert.keys.algorithms import raw_from_der
from support.signers import NOT_AFTER, NOT_BEFORE, NOW, DocumentSigner, document_signer, p256, spki_of

if TYPE_CHECKING:
    from hcert.fragments import Fragment
    from hcert.importers.report import ImportReport

WHO = p256()
PIN = hcert.TrustedKey.from_public_key(spki_of(WHO))
SCA = document_signer(p256(), country="XX")
METHOD = "did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-{}:main:WHO:signing:DID"
NAMES = {"": "prod", "-UAT": "uat", "-DEV": "dev"}
ROOT = "did:web:list.example:v2:trustlist"
CREATED = "2026-06-01T11:00:00Z"
HEADER = urlsafe_b64encode(b'{"b64":false,"crit":["b64"],"alg":"ES256"}').decode()
SECURITY = "https://w3id.org/security#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def signed_by(issuer: DocumentSigner, *, name: str = "Fictional DSC") -> bytes:
    """Return a certificate that `issuer` signed."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.load_der_x509_certificate(issuer.certificate).subject)
        .public_key(p256().public_key())
        .serial_number(7)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
    )
    return builder.sign(issuer.private_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def pem(certificate: bytes) -> bytes:
    """Write a certificate in PEM."""
    return x509.load_der_x509_certificate(certificate).public_bytes(serialization.Encoding.PEM)


DSC = signed_by(SCA)


def text_of(data: bytes) -> str:
    """Write bytes in standard Base64."""
    return b64encode(data).decode()


def entry(
    certificate: bytes = DSC, *more: bytes, usage: str = "DSC", domain: str = "DCC", **jwk: Any
) -> dict[str, Any]:
    """Return an embedded entry as WHO publishes them."""
    kid = text_of(hashlib.sha256(certificate).digest()[:8])
    return {
        "id": f"{ROOT}:{domain}:XXA:{usage}#{kid}",
        "type": "JsonWebKey2020",
        "controller": ROOT,
        "publicKeyJwk": {"kty": "EC", "kid": kid, "x5c": [text_of(der) for der in (certificate, *more)], **jwk},
        "domain": {"code": f"#{domain}"},
        "participant": {"code": "#XXA"},
        "keyusage": {"code": f"#{usage}"},
    }


def document(*entries: Any, id: str = ROOT, environment: str = "") -> dict[str, Any]:  # noqa: A002 - the member's name
    """Return a document without its proof."""
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
            f"https://smart.who.int/trust/tng-context/v1{environment}.jsonld",
        ],
        "id": id,
        "controller": ROOT,
        "verificationMethod": list(entries),
    }


def in_order(value: Any) -> Any:
    """Sort the members of every object in a JSON value, as RFC 8785 does."""
    if isinstance(value, list):
        return list(map(in_order, value))
    if not isinstance(value, dict):
        return value
    return dict(
        sorted(((name, in_order(one)) for name, one in value.items()), key=lambda pair: pair[0].encode("utf-16-be"))
    )


def canonical(members: dict[str, Any]) -> bytes:
    """Write the quads of a document the naive way, as a processor that checks nothing would."""
    environment = members["@context"][2].removesuffix(".jsonld").partition("/v1")[2]
    subject = members["id"]
    lines = {f"<{subject}> <{SECURITY}controller> <{members['controller']}> ."}
    for method in members["verificationMethod"]:
        name = method if isinstance(method, str) else method["id"]
        lines.add(f"<{subject}> <{SECURITY}verificationMethod> <{name}> .")
        if isinstance(method, str):
            continue
        literal = json.dumps(in_order(method["publicKeyJwk"]), ensure_ascii=False, separators=(",", ":"))
        literal = literal.replace("\\", "\\\\").replace('"', '\\"').replace("\x7f", "\\u007F")
        lines |= {
            f"<{name}> <{RDF}type> <{SECURITY}{method['type']}> .",
            f"<{name}> <{SECURITY}controller> <{method['controller']}> .",
            f'<{name}> <{SECURITY}publicKeyJwk> "{literal}"^^<{RDF}JSON> .',
        }
        for member, value_set in (("domain", "Domains"), ("participant", "Participants"), ("keyusage", "KeyUsage")):
            iri = f"https://smart.who.int/trust/ValueSet-{value_set}{environment}.jsonld"
            if member in method:
                lines.add(f"<{name}> <{iri}> <{iri}{method[member]['code']}> .")
    return "".join(f"{line}\n" for line in sorted(lines)).encode()


def publish(
    members: dict[str, Any],
    *,
    created: str = CREATED,
    nonce: str = "cmMD8vEGcT3E9E6D3klgziAD8zByLMcd",
    purpose: str = "assertionMethod",
    method: str | None = None,
    raw: bool = False,
    key: ec.EllipticCurvePrivateKey = WHO,
) -> dict[str, Any]:
    """Sign a document and return it with its proof."""
    method = method or METHOD.format(NAMES.get(members["@context"][2].removesuffix(".jsonld").partition("/v1")[2]))
    escaped = nonce.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    options = (
        f'_:c14n0 <http://purl.org/dc/terms/created> "{created}"^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n'
        f"_:c14n0 <{RDF}type> <{SECURITY}JsonWebSignature2020> .\n"
        f'_:c14n0 <{SECURITY}nonce> "{escaped}" .\n'
        f"_:c14n0 <{SECURITY}proofPurpose> <{SECURITY}{purpose}> .\n"
        f"_:c14n0 <{SECURITY}verificationMethod> <{method}> .\n"
    ).encode()
    digests = hashlib.sha256(options).digest() + hashlib.sha256(canonical(members)).digest()
    signature = key.sign(f"{HEADER}.".encode() + digests, ec.ECDSA(hashes.SHA256()))
    encoded = urlsafe_b64encode(raw_from_der(signature) if raw else signature).decode().rstrip("=")
    proof = {
        "type": "JsonWebSignature2020",
        "created": created,
        "nonce": nonce,
        "proofPurpose": purpose,
        "verificationMethod": method,
        "jws": f"{HEADER}..{encoded}",
    }
    return {**members, "proof": proof}


def take(members: Any, **options: Any) -> ImportReport:
    """Import a document under the usual pin and time."""
    data = members if isinstance(members, bytes) else json.dumps(members).encode()
    arguments: dict[str, Any] = {"signer": PIN, "at": NOW, **options}
    return import_gdhcn(data, **arguments)


def refused(members: Any, **options: Any) -> hcert.MalformedError:
    """Return the error with which a document is refused."""
    with pytest.raises(hcert.MalformedError) as caught:
        take(members, **options)
    return caught.value


def reasons(findings: tuple[hcert.Finding, ...]) -> list[tuple[str | None, str, Fragment | str]]:
    """Return place and code of findings, and the reason of each; of filtered entries the member and its value."""
    return [
        (found.record, found.code, details.get("reason") or ",".join(map(str, details.values())))
        for found in findings
        for details in [dict(found.details)]
    ]


PUBLISHER = p256()
GERMAN_PIN = hcert.TrustedKey.from_public_key(spki_of(PUBLISHER))


def item(certificate: bytes = DSC, *, certificate_type: str = "DSC", country: str = "OM", **changes: Any) -> Any:
    """Return an item as the gateway gives them out."""
    digest = hashlib.sha256(certificate)
    return {
        "kid": text_of(digest.digest()[:8]),
        "timestamp": "2026-06-01T11:00:00+00:00",
        "country": country,
        "certificateType": certificate_type,
        "thumbprint": digest.hexdigest(),
        "signature": "MIIC",
        "rawData": text_of(certificate),
        **changes,
    }


def sealed(body: bytes, *, key: ec.EllipticCurvePrivateKey = PUBLISHER) -> bytes:
    """Sign a list as Germany did."""
    signature = raw_from_der(key.sign(body, ec.ECDSA(hashes.SHA256())))
    return b64encode(signature) + b"\n" + body


def german(*items: Any) -> bytes:
    """Publish a list as Germany did."""
    return sealed(json.dumps({"certificates": items}, indent=1).encode())
