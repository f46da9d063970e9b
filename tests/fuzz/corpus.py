"""Inputs to begin with: honest ones of every kind, attacks, the vectors of the conformance kit, published data.

usage: python tests/fuzz/corpus.py FOLDER        (a folder for each subject is made in it)
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent.parent)

import base45
import cbor2
from cryptography.hazmat.primitives.asymmetric import ec

import hcert
from fuzz import subjects
from hcert import certlogic, citizen, icvp
from hcert.certlogic import rule_entry
from hcert.codec import cose_sign
from hcert.trust import document_file
from support.citizen_records import citizen_person, citizen_record, recovered
from support.country_rules import FAILS, rule
from support.hostile_inputs import ATTACKS
from support.jwks import jwk_of, key_set
from support.medication_payloads import OVERVIEW, with_line
from support.raw_messages import DCC
from support.signers import NOW, document_signer, p256, recovery_record, rsa_key, sample_test_record, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).parent.parent.parent
VECTORS: Final = ROOT / "docs" / "conformance" / "vectors.json"
PUBLISHED: Final = ROOT.parent / "shared" / "testdata"
_DOSE: Final = {"vp": "YellowFever", "dv": "2026-05-07", "is": "VNM", "bo": "1"}
_ICVP: Final[dict[str, Any]] = {"n": "A B", "dob": "1990-05-17", "s": "female", "nt": "VNM", "v": "1.0.0", "vx": _DOSE}
# As participants of the WHO's network sign it in 2026: claims by text, milliseconds, two generations in one.
_EMITTED: Final[dict[str, Any]] = {"n": "A\ufffd", "dob": "1971-02-03", "s": "female", "nid": "1", "ndt": "NI",
    "v": {"vp": "YellowFever", "dt": "2026-01-15", "bo": "1", "vls": "2026-01-25"}}  # fmt: skip
_LINK: Final = "shlink://" + base64.urlsafe_b64encode(
    json.dumps({"url": "http://a.example/m", "key": "A" * 43 + "=", "exp": 1783000000123, "flag": "P"}).encode()
).decode().rstrip("=")
_WHO: Final = (
    {6: 1780000000, 1: "VN", -260: {-6: _EMITTED}},
    {"6": 1780000000123, "4": 1783000000123, "1": "VN", "-260": {"5": [{"u": _LINK}]}},
    {"6": 1780000000123, "5": 1780000000123.5, "1": "VN", "-260": {"1": DCC, "-6": _EMITTED}},
    {6: 1780000000, 4: 1783000000, 1: "XCL", -260: {-7: OVERVIEW}},
    {6: 1780000000, 4: 1783000000, "4": 1783000000, -260: {1: DCC, "1": DCC}},
)
_MAX_BYTES: Final = 20_000
_KINDS: Final = {number: kind for kind, number in enumerate(subjects.SUBCLAIMS, 2)}


def _vectors() -> list[dict[str, Any]]:
    return list(json.loads(VECTORS.read_text("utf-8"))["vectors"]) if VECTORS.exists() else []


def _codes() -> Iterator[str]:
    """Yield honest codes, attacks, and the vectors."""
    reader = subjects.READER.key
    for record in (
        vaccination_record(),
        sample_test_record(),
        recovery_record(),
        citizen_record(),
        citizen_record(1, 1, recoveries=(recovered(9),)),
        citizen_record(20, 20),
        icvp.from_payload(_ICVP),
    ):
        yield subjects.ISSUER.issue(record, issued_at=NOW, expires_at=subjects.EXPIRY).text
    sealed = {reader: citizen.Confidential(id_number="001190000123", lot_numbers=((1, "AB1"),), notes="a\nb")}
    issued = subjects.ISSUER.issue(citizen_record(1, 0), issued_at=NOW, expires_at=subjects.EXPIRY, confidential=sealed)
    yield issued.text
    yield from (text for text, _ in ATTACKS.values() if isinstance(text, str) and len(text) < 9000)
    yield from (vector["text"] for vector in _vectors())
    for path in (PUBLISHED / "icvp" / "pilot-1.txt",):
        if path.exists():
            yield path.read_text("utf-8").strip()


def _mode(kind: int, verifier: int = 0) -> bytes:
    return bytes([verifier | (kind & 3) << 2 | (kind & 12) << 4])


def _text() -> Iterator[bytes]:
    for number, code in enumerate(_codes()):
        verifier = number % 4
        yield bytes([verifier]) + code.encode("utf-8", "surrogatepass")
        with suppress(Exception):
            packed = base45.b45decode(code.removeprefix("HC1:"))
            yield bytes([verifier | 8]) + packed
            yield bytes([verifier | 12]) + zlib.decompress(packed)


def _cose() -> Iterator[bytes]:
    for number, code in enumerate(_codes()):
        with suppress(Exception):  # attacks do not come apart
            message = zlib.decompress(base45.b45decode(code.removeprefix("HC1:")))
            yield _mode(0, number % 4) + message
            claims = cbor2.loads(message.removeprefix(b"\xd8\x3d").removeprefix(b"\xd2"))[2]
            yield _mode(1, number % 4) + claims
            for subclaim, payload in cbor2.loads(claims)[-260].items():
                yield _mode(_KINDS.get(subclaim, 6), number % 4) + cbor2.dumps(payload)
    kid = base64.b64encode(subjects.KEY.kid).decode()
    for number, given in enumerate(_WHO):
        yield _mode(1, number) + cbor2.dumps(given)
        yield (
            _mode(0, number) + b"\xd2" + cbor2.dumps([cbor2.dumps({1: -7, 4: kid}), {}, cbor2.dumps(given), bytes(64)])
        )
    yield _mode(4) + cbor2.dumps(_EMITTED)
    yield from (_mode(7, number) + cbor2.dumps(given) for number, given in enumerate((OVERVIEW, with_line(da="2099"))))
    yield _mode(5) + cbor2.dumps(_LINK)
    yield _mode(5) + cbor2.dumps([{"u": "shlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUub3JnL2EiLCJrZXkiOiJhIn0"}])
    yield _mode(8) + cbor2.dumps(
        {0: "001190000123", 1: "123456789", 2: "DN4010112345678", 3: "0901234567", 4: {1: "A"}, 5: "b"}
    )


def _card() -> Iterator[bytes]:
    for number, vector in enumerate(one for one in _vectors() if one["text"].startswith("VC1:")):
        stream = base45.b45decode(vector["text"].removeprefix("VC1:"))
        yield _mode(0, number % 4) + stream
        with suppress(Exception):  # what is refused does not come apart
            message = zlib.decompress(stream, 15 if stream.startswith(b"x") else -15)
            yield _mode(1, number % 4) + message
            claims = cbor2.loads(message.removeprefix(b"\xd2"))[2]
            yield _mode(2, number % 4) + claims
            yield _mode(3, number % 4) + cbor2.dumps(cbor2.loads(claims)[-260])


def _certificates() -> list[bytes]:
    signers = [
        document_signer(p256()),
        document_signer(rsa_key()),
        document_signer(p256(), usages=["1.3.6.1.4.1.1847.2021.1.2"], country=None),
    ]
    published = [
        key["certificate"] for vector in _vectors() for key in vector["trust"].get("keys", ()) if "certificate" in key
    ]
    return [*(signer.certificate for signer in signers), *map(base64.b64decode, dict.fromkeys(published))]


def _pem(certificate: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(certificate) + b"-----END CERTIFICATE-----\n"


def _keys() -> Iterator[bytes]:
    for certificate in _certificates():
        yield b"\1" + certificate
        yield b"\3" + _pem(certificate)
        yield b"\0" + hcert.TrustedKey.from_certificate(certificate).spki
    for pem in sorted((ROOT / "tests" / "conformance" / "keys").glob("*.pem")):
        yield b"\2" + pem.read_bytes()


def _trust_list() -> Iterator[bytes]:
    loaded = [hcert.TrustedKey.from_certificate(certificate) for certificate in _certificates()]
    bare = hcert.TrustedKey.from_public_key(loaded[0].spki, kid=b"kid", country="VN", not_before=NOW)
    anchors = hcert.lists.Anchors((subjects.KEY, bare), 1)
    whole = hcert.TrustList([*loaded[:3], bare]).seal(
        [subjects.SIGNER], version=2, next_anchors=anchors, **subjects.SEALING
    )
    content = cbor2.loads(cose_sign.decode(whole).payload)[-65537]
    yield b"\0" + whole
    yield b"\1" + cbor2.dumps(content[2])
    yield from (b"\2" + entry for _, entry in content[2])
    yield b"\3" + cbor2.dumps(content[3]) + b"\4\1"
    for vector in _vectors():
        if "list" in vector["trust"]:
            signed = base64.b64decode(vector["trust"]["list"])
            yield b"\0" + signed
            with suppress(Exception):
                yield b"\1" + cbor2.dumps(cbor2.loads(cose_sign.decode(signed).payload)[-65537][2])


def _rule_list() -> Iterator[bytes]:
    files = sorted((PUBLISHED / "certlogic" / "rules").glob("[A-Z][A-Z].json"))
    published = [entry["rule"] for path in files for entry in json.loads(path.read_text("utf-8"))["rules"]]
    rules = [rule(), rule("VR-VN-0002", FAILS, Type="Invalidation"), *(one | {"Country": "VN"} for one in published)]
    for count in (0, 1, 5):
        made = certlogic.RuleList(rules[:count], value_sets={"country-2-codes": ["VN", "MT"]})
        whole = made.seal([subjects.SIGNER], version=2, **subjects.SEALING)
        yield b"\0" + whole
        yield b"\1" + cbor2.dumps(cbor2.loads(cose_sign.decode(whole).payload)[-65537][2])
    for number, one in enumerate(rules):
        yield (b"\2" if number % 2 else b"\6") + rule_entry.encode(one, position=1)


def _revocation() -> Iterator[bytes]:
    small = hcert.RevocationList(certificates=[bytes(16)], superseded={bytes(16): 2}, uci_hashes=[bytes(16)])
    large = hcert.RevocationList(signature_hashes=[hashlib.sha256(bytes([one])).digest()[:16] for one in range(200)])
    for content in (small, large, small.merge(large), hcert.RevocationList()):
        full = content.seal([subjects.SIGNER], version=2, **subjects.SEALING)
        yield b"\0" + full
        yield b"\4" + full
        signed, attachment = document_file.split(full)
        body = cbor2.dumps(cbor2.loads(cose_sign.decode(signed).payload)[-65537][2])
        yield b"\1" + len(body).to_bytes(2) + body + (attachment or b"")
        delta = content.seal_delta([subjects.SIGNER], base=subjects.BASE, version=2, **subjects.SEALING)
        yield b"\2" + delta
        yield b"\x23" + cbor2.dumps(cbor2.loads(cose_sign.decode(delta).payload)[-65537][2])
    for vector in _vectors():
        given = vector.get("revocations", {})
        if "list" in given:
            yield b"\0" + base64.b64decode(given["list"])
            yield from (b"\2" + base64.b64decode(delta) for delta in given.get("deltas", ()))


def _did_documents() -> Iterator[bytes]:
    published = [path.read_bytes() for path in sorted((PUBLISHED / "gdhcn").rglob("*.json"))]
    small = [data for data in published if len(data) < 20_000]
    yield from (b"\3" + data for data in small)
    if len(small) > 1:
        yield b"\3" + small[1] + b"\n\n" + small[0]
    for data in published:
        if len(data) >= 20_000:  # of a long list the first entries
            document = json.loads(data)
            document["verificationMethod"] = document["verificationMethod"][:3]
            yield b"\3" + json.dumps(document).encode()
    did = "did:web:example.org:v2:trustlist"
    certificate = base64.b64encode(_certificates()[0]).decode()
    code = {"domain": {"code": "#DCC"}, "participant": {"code": "#XXA"}, "keyusage": {"code": "#DSC"}}
    method = "did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-prod:main:WHO:signing:DID"
    jwk = {"kty": "EC", "kid": "AAAAAAAAAAA=", "x5c": [certificate]}
    header = base64.urlsafe_b64encode(b'{"b64":false,"crit":["b64"],"alg":"ES256"}').decode()
    yield b"\3" + json.dumps({
        "@context": [
            "https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1",
            "https://smart.who.int/trust/tng-context/v1.jsonld",
        ],
        "id": did, "controller": did,
        "verificationMethod": [
            {"id": f"{did}#A", "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": jwk, **code}, f"{did}:DCC",
        ],
        "proof": {
            "type": "JsonWebSignature2020", "created": "2026-08-22T18:00:36Z", "nonce": "cmMD8vEGcT3E9E6D3klgziAD8zBy",
            "proofPurpose": "assertionMethod", "verificationMethod": method, "jws": f"{header}..{'A' * 86}",
        },
    }).encode()  # fmt: skip


def _importers() -> Iterator[bytes]:
    certificates = _certificates()
    items = [
        {
            "kid": base64.b64encode(hashlib.sha256(certificate).digest()[:8]).decode(), "country": "VN",
            "certificateType": kind, "rawData": base64.b64encode(certificate).decode(), "timestamp": "2026-06-01",
            "thumbprint": hashlib.sha256(certificate).hexdigest(), "signature": "AA==",
        }
        for certificate, kind in zip(certificates[:3], ("DSC", "CSCA", "DSC"), strict=False)
    ]  # fmt: skip
    for listed in (items, {"certificates": items[:1]}, items[:2]):
        data = json.dumps(listed).encode()
        yield b"\0" + data
        yield b"\1" + b"A" * 86 + b"==\n" + data
        yield b"\5" + b"A" * 86 + b"==\n" + data
    yield from (b"\2" + certificate for certificate in certificates)
    yield b"\2note\r\n" + _pem(certificates[0]) + b"text\r\n" + _pem(certificates[1])
    yield b"\3" + _pem(certificates[2])
    key = hcert.TrustedKey.from_certificate(certificates[0]).spki
    yield b"\2" + key
    yield b"\2-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(key) + b"-----END PUBLIC KEY-----\n"
    yield b"\2-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"


def _identity() -> Iterator[bytes]:
    yield from (
        mode + text.encode()
        for mode, text in (
            (b"\0", "001190000123|NGUYEN THI ANH|1990-05-17|1|12345|678<2<DN4010112345678<0901234567<MEUCIQ"),
            (b"\0", "123456789|NGUYEN VAN A|1990-05-17|0|1|"),
            (b"\0", "B1234567|A|2000-02-29|0|1|<<<"),
            (b"\4", "001190000123|123456789|Nguyễn Thị Ánh|17051990|Nữ|Số 1, Hà Nội|01012021"),
            (b"\4", "001090000123||Đặng Văn Ơn|17051990|Nam||01012021"),
            *(
                (b"\x08", name)
                for name in (
                    "Nguyễn Thị Ngọc Ánh",
                    "H'Hen Niê",
                    "Nguyễn Trần Minh Anh",
                    "Ðỗ Ạ\u0302",
                    "Müller-Åß",
                    "a" * 90,
                )
            ),
            (b"\x08", "X Æ A-12, Łódź þ ŉ ĳ ﬁ ǆ"),
            (b"\x0c", "URN:UVCI:01:VN:5B1CF2A08E4D4A1C"),
            (b"\x0c", "VN:A/B/C"),
        )
    )


def _key_sets() -> Iterator[bytes]:
    private = p256()
    certificate = base64.b64encode(document_signer(private).certificate).decode()
    point = ec.derive_private_key(7, ec.SECP256R1())
    for published in sorted((PUBLISHED / "clvr").glob("*.json")):
        yield b"\0" + published.read_bytes()
    yield b"\1" + key_set(jwk_of(point, kid="0xab", alg="ESP256"), jwk_of(point, kid="ab", d="AAAA"))
    yield b"\2" + key_set(jwk_of(rsa_key(), kid="rsa", use="sig", key_ops=["verify"]), {"kty": "OKP", "x": "AAAA"})
    yield b"\3" + key_set(jwk_of(private, kid="dsc", x5c=[certificate]))


def _members() -> Iterator[bytes]:
    for record in (
        citizen_record(),
        citizen_record(1, 1, recoveries=(recovered(9),)),
        citizen_record(1, 0, person=citizen_person()),
    ):
        yield b"\0" + json.dumps(citizen.to_dict(record)).encode()
    yield b'\1{"id_number": "001190000123", "lot_numbers": [[1, "A"]], "notes": "a"}'


_MAKERS: Final = {
    "text": _text,
    "cose": _cose,
    "card": _card,
    "keys": _keys,
    "trust_list": _trust_list,
    "rule_list": _rule_list,
    "revocation": _revocation,
    "gdhcn": _did_documents,
    "jwks": _key_sets,
    "importers": _importers,
    "identity": _identity,
    "members": _members,
}


def seeds(subject: str) -> Iterable[bytes]:
    """Return the inputs for a subject, each once, and without those that are large."""
    return dict.fromkeys(data for data in _MAKERS[subject]() if len(data) <= _MAX_BYTES)


def write(folder: Path, subject: str) -> None:
    """Write the inputs for a subject into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in seeds(subject):
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    for subject_name in _MAKERS:
        write(Path(sys.argv[1]) / subject_name, subject_name)
