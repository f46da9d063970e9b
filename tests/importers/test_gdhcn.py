"""The WHO trust list: what is signed is read, what is not signed changes nothing, and nothing else is accepted."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from itertools import combinations_with_replacement, pairwise, product
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.fragments import Fragment, fragment
from hcert.importers.gdhcn_canonical import DidEntry, read_document, write_document_quads
from support.foreign_lists import (
    CREATED,
    DSC,
    HEADER,
    METHOD,
    NAMES,
    RDF,
    ROOT,
    SCA,
    canonical,
    document,
    entry,
    in_order,
    pem,
    publish,
    reasons,
    refused,
    signed_by,
    take,
    text_of,
)
from support.signers import NOW, document_signer, p256, rsa_key, spki_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hcert.importers.report import ImportReport

USAGES = ("DSC", "CSCA", "DECA", "DESC")
PUBLISHED_AT = dt.datetime(2026, 8, 22, 19, tzinfo=dt.UTC)


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every string of a document as container and key."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, str):
            yield node, key
        else:
            yield from places(value)


def changed(text: str) -> str:
    """Change one character in the middle of a text so that it keeps its alphabet."""
    at = len(text) // 2
    return text[:at] + ("B" if text[at] != "B" else "C") + text[at + 1 :]


# --- what is taken


def test_import_of_document_signers() -> None:
    """An entry becomes a trusted key with the kid, the country and the origin that were published."""
    signer = document_signer(p256(), country="VN")
    imported = take(publish(document(entry(signer.certificate), entry(SCA.certificate, usage="CSCA"))))
    (key,) = imported.trust
    assert key.kid == signer.key.kid
    assert key.certificate == signer.certificate
    assert (key.country, key.origin) == ("VN", "gdhcn:DCC:XXA")
    assert imported.created_at == NOW - dt.timedelta(hours=1)
    assert imported.quarantined == ()


@pytest.mark.parametrize("environment", ["", "-UAT", "-DEV"])
@pytest.mark.parametrize("raw", [False, True])
def test_environments_and_forms_of_signature(environment: str, *, raw: bool) -> None:
    """The contexts determine the value sets. WHO writes DER, JOSE asks for 64 bytes."""
    assert len(take(publish(document(entry(), environment=environment), raw=raw)).trust) == 1


def test_import_of_an_empty_list() -> None:
    """Participants without keys publish documents without entries."""
    assert len(take(publish(document())).trust) == 0


@pytest.mark.parametrize("nonce", ["", 'quoted " and \\ and \n\r', "Quỳnh"])
def test_any_text_as_a_nonce(nonce: str) -> None:
    """It is a literal, so special characters are escaped."""
    assert len(take(publish(document(entry()), nonce=nonce)).trust) == 1


def test_json_literals_follow_rfc_8785() -> None:
    """Members sort by UTF-16 code units, where an emoji comes before a character of the private area."""
    odd: dict[str, Any] = {"\ue000": "a\tb\x01\x7f", "\U0001f600": ['"', "\\", "é"], "A": ""}
    assert len(take(publish(document(entry(**odd)))).trust) == 1
    members = document(entry(**odd))
    (line,) = [
        line for line in write_document_quads(read_document(members, "")).split(b"\n") if b"publicKeyJwk" in line
    ]
    assert line.index("\U0001f600".encode()) < line.index("\ue000".encode())
    assert b"a\\\\tb\\\\u0001\\u007F" in line


def test_order_whitespace_and_unsigned_members_are_ignored() -> None:
    """RDF has no order, and terms that the contexts do not define are dropped before signing."""
    first, second = entry(), entry(SCA.certificate)
    published = publish(document(first, second))
    published["verificationMethod"] = [dict(reversed(item.items())) for item in (second, first)]
    published["verificationMethod"][0] |= {"country": "XX", "expires": {"nested": [1.5, None]}}
    published = {"comment": ["unsigned"], **dict(reversed(published.items()))}
    assert len(take(json.dumps(published, indent=4).encode()).trust) == 2


@pytest.mark.parametrize(
    ("published", "kid"),
    [
        ("+kGpHsnSCAg=", bytes.fromhex("fa41a91ec9d20808")),
        ("%2BkGpHsnSCAg%3D", bytes.fromhex("fa41a91ec9d20808")),
        ("ABCDEFGH", b"ABCDEFGH"),
        ("kid 7%", b"kid 7%"),
        ("ü", "ü".encode()),
    ],
)
def test_an_unconventional_kid_gets_a_warning(published: str, kid: bytes) -> None:
    """Base64 of eight bytes, percent-encoded or not; other texts are taken literally."""
    imported = take(publish(document(entry(kid=published), entry(SCA.certificate, usage="CSCA"))))
    assert [key.kid for key in imported.trust] == [kid]
    assert reasons(imported.warnings) == [("#1", "import.kid_mismatch", "")]


def test_percent_encoded_ids() -> None:
    """Older documents encode the fragment."""
    method = entry()
    method["id"] = method["id"].replace("=", "%3D").replace("+", "%2B").replace("/", "%2F")
    assert len(take(publish(document(method))).trust) == 1


def test_two_letter_participants_and_wildcard_documents() -> None:
    """Domain, participant and usage are read from the members; ids of documents for all of them have `-`."""
    method = entry(kid="a/b+kGpHsnA=")
    method |= {"id": f"{ROOT}:-:-:DSC#a/b+kGpHsnA=", "participant": {"code": "#XT"}}
    imported = take(publish(document(method, id=f"{ROOT}:-:-:DSC")), participants={"XT"}, domains={"DCC"})
    assert [key.origin for key in imported.trust] == ["gdhcn:DCC:XT"]


def test_filter_by_usage_domain_and_participant() -> None:
    """A skipped entry is reported with the member that did not match."""
    listed = publish(document(entry(), entry(SCA.certificate, usage="CSCA"), entry(signed_by(SCA), domain="PH4H")))
    assert reasons(take(listed).skipped) == [("#2", "import.filtered", "keyusage,CSCA")]
    assert reasons(take(listed, usages=USAGES, domains={"DCC"}).skipped) == [("#3", "import.filtered", "domain,PH4H")]
    assert {found.details for found in take(listed, usages=USAGES, participants=["OMN"]).skipped} == {
        (("member", "participant"), ("value", "XXA"))
    }


def test_a_key_listed_twice_is_skipped() -> None:
    """The same key may be in several trust domains."""
    imported = take(publish(document(entry(), entry(domain="PH4H"), entry())))
    assert len(imported.trust) == 1
    assert [found.record for found in imported.skipped] == ["#2", "#3"]
    assert {found.code for found in imported.skipped} == {"import.duplicate"}


@pytest.mark.parametrize(
    ("jwk", "reason"),
    [
        ({"x5c": []}, fragment("entry.no_base64_certificate")),
        ({"x5c": "MIIC"}, fragment("entry.no_base64_certificate")),
        ({"x5c": ["%%%"]}, fragment("entry.no_base64_certificate")),
        ({"x5c": [""]}, fragment("entry.no_base64_certificate")),
        ({"x5c": ["AAAA"]}, fragment("entry.certificate")),
        ({"x5c": [text_of(pem(DSC))]}, fragment("entry.not_der")),
        ({"kid": ""}, fragment("entry.kid_length", least=1, most=64)),
        ({"kid": "x" * 65}, fragment("entry.kid_length", least=1, most=64)),
        ({"kid": ["x"]}, fragment("entry.kid_length", least=1, most=64)),
    ],
    ids=[
        "no certificate",
        "text as x5c",
        "not Base64",
        "empty certificate",
        "not a certificate",
        "PEM in Base64",
        "empty kid",
        "long kid",
        "kid as list",
    ],
)
def test_a_broken_entry_is_quarantined(jwk: dict[str, Any], reason: Fragment) -> None:
    """The others are imported."""
    imported = take(publish(document(entry(**jwk), entry(SCA.certificate))))
    assert len(imported.trust) == 1
    assert reasons(imported.quarantined) == [("#1", "import.entry", reason)]


@pytest.mark.parametrize(
    "jwk",
    [
        {"alg": None},
        {"ext": True, "iat": 0, "exp": -(2**53) + 1, "nbf": 2**53 - 1},
        {"z": {"\ue000": [{"b": None, "a": {}}], "\U0001f600": [[], [False]]}},
    ],
    ids=["null", "largest integers", "nested"],
)
def test_other_jwk_members_are_ignored(jwk: dict[str, Any]) -> None:
    """They are signed by RFC 8785, sorted at every level, but never read."""
    listed = publish(document(entry(**jwk)))
    assert len(take(listed).trust) == 1
    others: list[dict[str, Any]] = [{"alg": False}, {"iat": 1}, {"z": {"\ue000": [{"b": None, "a": []}]}}]
    for other in others:
        changing = copy.deepcopy(listed)
        changing["verificationMethod"][0]["publicKeyJwk"] |= other
        assert refused(changing).code == "import.signature"


LACKS = fragment("gdhcn.lacks_code")
NO_CODE = fragment("gdhcn.code")


@pytest.mark.parametrize("member", ["domain", "participant", "keyusage"])
@pytest.mark.parametrize("code", [None, "#X/Y", "#CÔTE", "#%41", "#A(B)", "#" + "A" * 65])
def test_an_entry_without_a_plain_code_is_quarantined(member: str, code: str | None) -> None:
    """The document still verifies."""
    odd = entry(SCA.certificate, usage="CSCA")
    if code is None:
        del odd[member]
    else:
        odd[member] = {"code": code}
    listed = publish(document(odd, entry()))
    imported = take(listed, usages=USAGES, domains=["DCC"])
    assert len(imported.trust) == 1
    assert reasons(imported.quarantined) == [("#1", "import.entry", LACKS if code is None else NO_CODE)]
    assert reasons(imported.warnings) == [("#2", "import.no_chain", "")]
    for other in (None, "#ABC", "#X/Z"):
        changing = copy.deepcopy(listed)
        changing["verificationMethod"][0].pop(member, None)
        if other is not None:
            changing["verificationMethod"][0][member] = {"code": other}
        if other != code:
            assert refused(changing).code == "import.signature"


# --- issuers


def test_a_key_signed_by_a_listed_issuer_gets_no_warning() -> None:
    """The issuer may be anywhere in the document, even if filtered out."""
    other = document_signer(rsa_key(), country="XX")
    issuers = [entry(issuer.certificate, usage="CSCA") for issuer in (SCA, other)]
    listed = document(issuers[0], entry(DSC, SCA.certificate), entry(signed_by(other)), issuers[1])
    assert take(publish(listed)).warnings == ()


def test_a_bundled_issuer_gets_a_warning() -> None:
    """Somebody who can insert an entry can insert its issuer with it."""
    issuer = entry(SCA.certificate, usage="CSCA")
    brought = entry(DSC, SCA.certificate)
    assert reasons(take(publish(document(brought))).warnings) == [("#1", "import.own_chain", "")]
    assert take(publish(document(brought, issuer))).warnings == ()


def test_issuers_count_for_their_own_participant_only() -> None:
    """And only the first certificate of the entry of an issuer counts as listed."""
    elsewhere = {**entry(SCA.certificate, usage="CSCA"), "participant": {"code": "#XXB"}}
    assert reasons(take(publish(document(entry(), elsewhere))).warnings) == [("#1", "import.no_chain", "")]
    other = document_signer(p256(), country="XX").certificate
    behind = entry(other, SCA.certificate, usage="CSCA")
    assert reasons(take(publish(document(entry(), behind))).warnings) == [("#1", "import.no_chain", "")]


def test_a_key_without_a_listed_issuer_gets_a_warning() -> None:
    """Foreign issuers, broken ones and the certificate itself do not count."""
    foreign = document_signer(p256(), country="XX").certificate  # the same name, another key
    broken = entry(SCA.certificate)
    broken["publicKeyJwk"]["x5c"] += ["AAAA", "%%%", broken["publicKeyJwk"]["x5c"][0]]
    imported = take(publish(document(entry(DSC, foreign), broken, entry(foreign, usage="CSCA"))))
    assert reasons(imported.warnings) == [("#1", "import.no_chain", ""), ("#2", "import.no_chain", "")]


def test_an_issuer_signature_that_cannot_be_checked_gets_a_warning() -> None:
    """`cryptography` cannot check ECDSA with SHA-1 (Irish and Turkish certificates); the key is imported."""
    unknown = signed_by(SCA).replace(bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040305"))
    imported = take(publish(document(entry(unknown, SCA.certificate))))
    assert len(imported.trust) == 1
    assert reasons(imported.warnings) == [("#1", "import.no_chain", "")]


def test_keys_of_other_usages_verify_nothing() -> None:
    """They are for inspection; a certificate listed as issuer and as signer stays a signer."""
    listed = document(
        entry(SCA.certificate, usage="CSCA"),
        entry(SCA.certificate),
        entry(usage="DESC"),
        entry(signed_by(SCA), usage="DECA"),
    )
    imported = take(publish(listed), usages=USAGES)
    assert [key.algorithm is not None for key in imported.trust.candidates(SCA.key.kid)] == [True, False]
    assert sum(key.algorithm is not None for key in imported.trust) == 1
    assert imported.skipped == ()


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1(), ec.BrainpoolP256R1()], ids=lambda curve: curve.name)
def test_a_key_on_another_curve_verifies_nothing(curve: ec.EllipticCurve) -> None:
    """It is imported, so that a verdict can say why it does not count. WHO writes `UNKNOWN CURVE` for most."""
    certificate = document_signer(ec.generate_private_key(curve), country="XX").certificate
    (key,) = take(publish(document(entry(certificate, crv="UNKNOWN CURVE", x="AA", y="AA")))).trust
    assert key.algorithm is None
    assert key.certificate == certificate


@pytest.mark.parametrize("extension", ["cA FALSE", "path length"])
def test_broken_extensions_are_ignored(extension: str) -> None:
    """Finnish certificates encode the default FALSE, Spanish and Cypriot ones a path length for a signer."""
    content = {"cA FALSE": "3003010100", "path length": "3003020100"}[extension]
    odd = x509.UnrecognizedExtension(ExtensionOID.BASIC_CONSTRAINTS, bytes.fromhex(content))
    signer = document_signer(p256(), extensions=[odd], usages=["1.3.6.1.4.1.1847.2021.1.1"])
    with pytest.raises(ValueError, match=r"."):
        _ = x509.load_der_x509_certificate(signer.certificate).extensions
    (key,) = take(publish(document(entry(signer.certificate)))).trust
    assert key.algorithm is not None
    assert key.usages == {"test"}


def test_only_document_signers_get_chain_warnings() -> None:
    """An issuer is the end of its chain."""
    assert take(publish(document(entry(SCA.certificate, usage="CSCA"))), usages=USAGES).warnings == ()


# --- time


def test_refuses_a_list_that_is_too_old() -> None:
    """Seven days by default."""
    listed = publish(document(entry()))
    week = NOW + dt.timedelta(days=6, hours=23)
    assert len(take(listed, at=week).trust) == 1
    error = refused(listed, at=week + dt.timedelta(seconds=1))
    assert error.code == "import.too_old"
    assert dict(error.findings[0].details) == {"created_at": CREATED, "limit": "7"}
    assert len(take(listed, at=NOW.replace(year=2099), max_age=None).trust) == 1
    assert "0.5 days" in str(refused(listed, at=NOW + dt.timedelta(days=1), max_age=dt.timedelta(hours=12)))


def test_refuses_a_list_older_than_the_one_held() -> None:
    """An old list must not bring revoked keys back; the same list may be read again."""
    listed = publish(document(entry()))
    held = take(listed).created_at
    assert held is not None
    assert len(take(listed, newer_than=held).trust) == 1
    assert refused(listed, newer_than=held + dt.timedelta(seconds=1)).code == "import.older"


def test_refuses_a_list_from_the_future() -> None:
    """One hour is granted to clocks that are behind."""
    listed = publish(document(entry()), created="2026-06-01T13:00:00.5Z")
    assert refused(listed).code == "import.from_future"
    assert len(take(listed, at=NOW + dt.timedelta(seconds=1)).trust) == 1


@pytest.mark.parametrize("name", ["at", "newer_than"])
def test_times_without_a_zone_are_refused(name: str) -> None:
    """They are ambiguous."""
    with pytest.raises(hcert.ConfigurationError, match=name):
        take(publish(document()), **{name: NOW.replace(tzinfo=None)})
    with pytest.raises(hcert.ConfigurationError, match="newer_than"):
        take(publish(document()), newer_than={ROOT: NOW.replace(tzinfo=None)})


# --- signature and proof


def test_refuses_a_foreign_key() -> None:
    """Another key of the same type or of another type."""
    listed = publish(document(entry()))
    for key in (p256(), rsa_key(), ec.generate_private_key(ec.SECP384R1())):
        error = refused(listed, signer=hcert.TrustedKey.from_public_key(spki_of(key)))
        assert error.code == "import.signature"


def test_refuses_every_change_of_a_signed_string() -> None:
    """Each string of document, entries and proof, references included."""
    listed = publish(document(entry(DSC, SCA.certificate), f"{ROOT}:DCC"))
    for number in range(len(list(places(listed)))):
        changing = copy.deepcopy(listed)
        container, key = list(places(changing))[number]
        container[key] = changed(container[key])
        assert refused(changing).code in {"import.malformed", "import.proof", "import.signature"}, key


def test_refuses_added_removed_or_swapped_entries() -> None:
    """The signature covers which entry has which member."""
    one, two = entry(), entry(signed_by(SCA), domain="PH4H")
    listed = publish(document(one, two))
    traded = [{**one, "domain": two["domain"]}, {**two, "domain": one["domain"]}]
    for methods in ([], [one], [one, two, entry(SCA.certificate)], traded, [one, two, f"{ROOT}:DCC"]):
        assert refused({**listed, "verificationMethod": methods}).code == "import.signature"
    # A reference has the quad that names an entry, and none of those that say what it is.
    assert refused({**listed, "verificationMethod": [one, two["id"]]}).code == "import.signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: proof.clear(),
        lambda proof: proof.pop("nonce"),
        lambda proof: proof.update(expires="2030-01-01T00:00:00Z"),
        lambda proof: proof.update({"@type": "JsonWebSignature2020"}),
        lambda proof: proof.update(type="Ed25519Signature2018"),
        lambda proof: proof.update(type=["JsonWebSignature2020"]),
        lambda proof: proof.update(proofPurpose="authentication"),
        lambda proof: proof.update(nonce=7),
        lambda proof: proof.update(nonce="\ud800"),
        lambda proof: proof.update(verificationMethod="https://list.example/key"),
        lambda proof: proof.update(verificationMethod=[METHOD.format("prod")]),
        lambda proof: proof.update(verificationMethod=METHOD.format("prod") + "#key"),
        lambda proof: proof.update(created="2026-06-01T11:00:00+00:00"),
        lambda proof: proof.update(created="2026-06-01T11:00:00Z\n"),
        lambda proof: proof.update(created="2026-13-01T11:00:00Z"),
        lambda proof: proof.update(created=1780311600),
        lambda proof: proof.update(jws=None),
        lambda proof: proof.update(jws=proof["jws"].replace("..", ".e30.")),
        lambda proof: proof.update(jws=proof["jws"] + "="),
        lambda proof: proof.update(jws=HEADER + ".."),
        lambda proof: proof.update(jws=HEADER + "..A"),
        lambda proof: proof.update(jws=HEADER + "..AB"),
        lambda proof: proof.update(jws=HEADER + "..MAYCAQACAQA"),
        lambda proof: proof.update(jws=urlsafe_b64encode(b'{"alg":"EC"}').decode() + proof["jws"][len(HEADER) :]),
        lambda proof: proof.update(jws=urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + ".."),
    ],
    ids=[
        "empty",
        "no nonce",
        "expires",
        "@type",
        "type",
        "type as list",
        "purpose",
        "nonce not text",
        "nonce not Unicode",
        "method",
        "method as list",
        "method with fragment",
        "time with offset",
        "time with line end",
        "time not a date",
        "time as number",
        "no jws",
        "attached payload",
        "padded signature",
        "empty signature",
        "signature not Base64",
        "signature with spare bits",
        "signature of other integers",
        "header of version 1",
        "alg none",
    ],
)
def test_refuses_another_proof(change: Callable[[dict[str, Any]], object]) -> None:
    """Everything in a proof is fixed except time, nonce and signature."""
    listed = publish(document(entry()))
    change(listed["proof"])
    assert refused(listed).code == "import.proof"


@pytest.mark.parametrize("proof", [None, [], "proof", [{}]])
def test_refuses_a_document_without_a_proof(proof: Any) -> None:
    """An unsigned list is refused."""
    listed = publish(document(entry()))
    assert refused({**listed, "proof": proof}).code == "import.proof"
    del listed["proof"]
    assert refused(listed).code == "import.proof"


def test_refuses_a_proof_made_for_another_purpose() -> None:
    """A valid signature under the pinned key does not help."""
    assert refused(publish(document(entry()), purpose="authentication")).code == "import.proof"


@pytest.mark.parametrize("environment", NAMES)
def test_refuses_the_key_of_another_environment(environment: str) -> None:
    """A valid signature does not help: contexts and proof have to name the same environment."""
    listed = document(entry(), environment=environment)
    others = [METHOD.format(name) for suffix, name in NAMES.items() if suffix != environment]
    for method in (*others, METHOD.format("prod").replace("WorldHealthOrganization", "other"), "https://list.example/"):
        error = refused(publish(listed, method=method))
        assert error.code == "import.proof"
        assert "verificationMethod is not the key of this environment" in str(error)


def test_method_names_where_the_key_is_published() -> None:
    """WHO may publish the key elsewhere; then the caller pins its DID like the key."""
    moved = "did:web:keys.example:signing:DID"
    listed = publish(document(entry()), method=moved)
    assert len(take(listed, method=moved).trust) == 1
    assert refused(publish(document(entry())), method=moved).code == "import.proof"


def test_refuses_version_1() -> None:
    """Its key is not published."""
    listed = publish(document(entry()))
    header = urlsafe_b64encode(b'{"b64":false,"crit":["b64"],"alg":"EC"}').decode().rstrip("=")
    listed["@context"] = listed["@context"][:2]
    listed["proof"] |= {"nonce": "", "jws": f"{header}..{urlsafe_b64encode(bytes(64)).decode().rstrip('=')}"}
    error = refused(listed)
    assert error.code == "import.proof"
    assert "version 1" in str(error)


def test_refuses_unknown_contexts() -> None:
    """They would give members another meaning."""
    listed = publish(document(entry(), environment="-QA"), method=METHOD.format("prod"))
    assert refused(listed).code == "import.proof"
    listed = publish(document(entry()))
    contexts = listed["@context"]
    for other in (contexts[:2], contexts[::-1], [*contexts, {}], contexts[2], None, {"0": contexts[0]}):
        assert refused({**listed, "@context": other}).code == "import.proof"
    uat = {**listed, "@context": document(environment="-UAT")["@context"]}
    assert refused(uat).code == "import.proof"
    uat["proof"] = {**uat["proof"], "verificationMethod": METHOD.format("uat")}
    assert refused(uat).code == "import.signature"
    assert refused(uat, method=METHOD.format("uat")).code == "import.signature"


# --- shape

TOP: list[Callable[[dict[str, Any]], object]] = [
    lambda members: members.update(id=None),
    lambda members: members.update(id="did:web:list.example"),
    lambda members: members.update(id=[ROOT]),
    lambda members: members.update(controller={"id": ROOT}),
    lambda members: members.pop("controller"),
    lambda members: members.update(verificationMethod=members["verificationMethod"][0]),
    lambda members: members.pop("verificationMethod"),
    lambda members: members["verificationMethod"].append([]),
    lambda members: members["verificationMethod"].append("list"),
    lambda members: members["verificationMethod"].append({"@id": f"{ROOT}:DCC"}),
    lambda members: members.update({"@id": ROOT}),
    lambda members: members.update({"@graph": []}),
    lambda members: members.update({"https://w3id.org/security#verificationMethod": []}),
    lambda members: members.update(type="JsonWebKey2020"),
    lambda members: members.update(alsoKnownAs=["did:web:other.example:list"]),
    lambda members: members.update(assertionMethod=[]),
]
ENTRY: list[Callable[[dict[str, Any]], object]] = [
    lambda method: method.update({"@id": method["id"]}),
    lambda method: method.update({"@type": "JsonWebKey2020"}),
    lambda method: method.update({"@context": {}}),
    lambda method: method.update({"sec:controller": ROOT}),
    lambda method: method.update(privateKeyJwk={}),
    lambda method: method.update(verificationMethod=[]),
    lambda method: method.pop("id"),
    lambda method: method.update(id=ROOT),
    lambda method: method.update(id=["x"]),
    lambda method: method.update(type=["JsonWebKey2020"]),
    lambda method: method.update(type="JsonWebKey2021"),
    lambda method: method.update(controller=[ROOT]),
    lambda method: method.update(publicKeyJwk=[]),
    lambda method: method.update(publicKeyJwk=None),
    lambda method: method["publicKeyJwk"].update(use=1.0),
    lambda method: method["publicKeyJwk"].update(use=1e2),
    lambda method: method["publicKeyJwk"].update(use=2**53),
    lambda method: method["publicKeyJwk"].update(use=-(2**53)),
    lambda method: method["publicKeyJwk"].update(x5c=[{"A": [0.5]}]),
    lambda method: method.pop("type"),
    lambda method: method.pop("controller"),
    lambda method: method.pop("publicKeyJwk"),
    lambda method: method["publicKeyJwk"].update(use="\ud800"),
    lambda method: method["publicKeyJwk"].update({"\udc00": "x"}),
    *(
        lambda method, member=member, value=value: method.update({member: value})
        for member in ("domain", "participant", "keyusage")
        for value in (
            None,
            "#DSC",
            [{"code": "#DSC"}],
            {},
            {"code": "DSC"},
            {"code": "#"},
            {"code": "#A#B"},
            {"code": "#did:web"},
            {"code": "#A B"},
            {"code": "#A\u00a0B"},
            {"code": "#A\u2028B"},
            {"code": "#A\u202eB"},
            {"code": "#A\ud800"},
            {"code": ["#DSC"]},
            {"code": "#DSC", "name": "x"},
            {"code": "#DSC", "@id": "#DSC"},
            {"@id": "#DSC"},
        )
    ),
]


@pytest.mark.parametrize("change", TOP)
def test_refuses_malformed_documents(change: Callable[[dict[str, Any]], object]) -> None:
    """Documents that JSON-LD may read differently are not read at all."""
    listed = publish(document(entry()))
    change(listed)
    assert refused(listed).code == "import.malformed"


@pytest.mark.parametrize("change", ENTRY)
def test_refuses_documents_with_malformed_entries(change: Callable[[dict[str, Any]], object]) -> None:
    """Without the entry the signature cannot be checked."""
    listed = publish(document(entry(), entry(SCA.certificate)))
    change(listed["verificationMethod"][1])
    assert refused(listed).code == "import.malformed"


@pytest.mark.parametrize(
    "text",
    [
        "> <x> <y> .\n<did:web:a:b",
        "a b",
        "a\nb",
        "a\tb",
        "<",
        ">",
        '"',
        "{",
        "}",
        "|",
        "^",
        "`",
        "\\u003e",
        "\x00",
        "\x85",
        "\u2028",
        "\n",
    ],
)
def test_no_text_breaks_out_of_an_iri(text: str) -> None:
    """Even if a naive publisher signed such text, it is refused before a quad is written."""
    for spot in ("id", "controller", "entry id", "entry controller", "reference", "code"):
        method, members = entry(), document()
        members["verificationMethod"] = [method]
        if spot in members:
            members[spot] += text
        elif spot == "reference":
            members["verificationMethod"].append(ROOT + text)
        elif spot == "code":
            method["domain"]["code"] += text
        else:
            method[spot.removeprefix("entry ")] += text
        assert refused(publish(members)).code == "import.malformed", spot


@pytest.mark.parametrize("text", ["é", " é"])
def test_identifiers_must_be_ascii(text: str) -> None:
    """Other letters have several encodings."""
    for member in ("id", "controller"):
        assert refused(publish(document(entry()) | {member: ROOT + text})).code == "import.malformed"
        assert refused(publish(document(entry() | {member: ROOT + "#" + text}))).code == "import.malformed"
    assert refused(publish(document(entry(), ROOT + text))).code == "import.malformed"


def test_no_text_breaks_out_of_a_json_literal() -> None:
    """Two entries cannot be combined into the literal of one."""
    one, two = entry(), entry(SCA.certificate)
    listed = publish(document(one, two))
    line = canonical(document(two)).decode()
    for text in (f'"}}"^^<{RDF}JSON> .\n{line}', f'\\"}}"^^<{RDF}JSON> .\n{line}'):
        smuggling = {**one, "publicKeyJwk": {**one["publicKeyJwk"], "z": text}}
        assert refused({**listed, "verificationMethod": [smuggling]}).code == "import.signature"


def test_entries_of_one_id_cannot_swap_members() -> None:
    """Quads are a set, so their members can be swapped; such entries are quarantined, swapped or not."""
    one, issuer = entry(), entry(SCA.certificate)
    other = {**one, "domain": {"code": "#PH4H"}, "publicKeyJwk": issuer["publicKeyJwk"]}
    traded = [{**one, "domain": other["domain"]}, {**other, "domain": one["domain"]}]
    listed = publish(document(one, other, issuer))
    for methods in ([one, other, issuer], [*traded, issuer], [one, other, *traded, issuer]):
        imported = take({**listed, "verificationMethod": methods}, usages=USAGES)
        assert [key.certificate for key in imported.trust] == [SCA.certificate]
        assert len(imported.quarantined) == len(methods) - 1
        assert all("several entries have its id" in found.message for found in imported.quarantined)


def test_entries_of_one_id_with_different_keys_are_quarantined() -> None:
    """An entry may lack members, so the quads do not show which key a member belongs to."""
    lacking = entry()
    del lacking["keyusage"]
    other = {**entry(), "publicKeyJwk": entry(SCA.certificate)["publicKeyJwk"]}
    listed = publish(document(lacking, other))
    for methods in ([lacking, other], [entry(), other]):
        imported = take({**listed, "verificationMethod": methods})
        assert len(imported.trust) == 0
        assert len(imported.quarantined) == 2


def test_a_copy_without_members_does_not_affect_the_entry() -> None:
    """It has no quad of its own, so anybody can add it."""
    listed = publish(document(entry()))
    for lacking in (["domain"], ["participant", "keyusage"], ["domain", "participant", "keyusage"]):
        copied = {name: value for name, value in entry().items() if name not in lacking}
        imported = take({**listed, "verificationMethod": [copied, entry()]})
        assert len(imported.trust) == 1
        assert [found.record for found in imported.quarantined] == ["#1"]
        assert refused({**listed, "verificationMethod": [copied]}).code == "import.signature"


def test_entries_of_one_id_may_differ_in_one_member() -> None:
    """Documents for all domains list a key of two domains under one id; with one difference nothing can be swapped."""
    one = entry()
    ph4h = {**one, "domain": {"code": "#PH4H"}}
    imported = take(publish(document(one, ph4h)), domains=["PH4H"])
    assert [key.origin for key in imported.trust] == ["gdhcn:PH4H:XXA"]


# --- bytes


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        b"\xff",
        b"null",
        b"[]",
        b'{"a":1,"a":1}',
        b'{"a":{"b":NaN}}',
        b'{"a":-Infinity}',
        b"\xef\xbb\xbf{}",
        b'{"a":"',
        b"{}}",
        pytest.param(b'{"a":' * 16 + b"[]" + b"}" * 16, id="deep"),
        pytest.param(b"[" * 100_000, id="unclosed"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="number"),
        pytest.param(b" " * (16 * 1024 * 1024 + 1), id="large"),
    ],
)
def test_refuses_malformed_or_unbounded_json(data: bytes) -> None:
    """JSON that parsers disagree about, or that is expensive."""
    assert refused(data).code == "import.malformed"


def test_brackets_in_strings_do_not_count_as_depth() -> None:
    """Only brackets outside of strings count."""
    deep: Any = "deep"
    for _ in range(15):
        deep = [deep]
    listed = publish(document(entry(use=r"[[[[[[[[[[[[[[[[[\"{{\\")))
    assert len(take({**listed, "comment": ['\\"]', "[\\", '"['], "note": deep}).trust) == 1


@given(st.binary() | st.recursive(st.text(), st.lists).map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    """Malformed lists have one error."""
    assert isinstance(refused(data), hcert.MalformedError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
LISTED = publish(document(entry(DSC, SCA.certificate), f"{ROOT}:DCC"))


@given(st.integers(0, len(list(places(LISTED))) - 1), JSON)
def test_no_other_value_of_a_signed_member_verifies(number: int, value: Any) -> None:
    """Any other JSON value is refused."""
    listed = copy.deepcopy(LISTED)
    container, key = list(places(listed))[number]
    if container[key] != value:
        container[key] = value
        refused(listed)


WRITABLE = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.text(max_size=8) | st.sampled_from(["kid", "x5c"]), WRITABLE))
def test_arbitrary_signed_keys_never_raise(jwk: dict[str, Any]) -> None:
    """Malformed keys are quarantined."""
    method = entry()
    method["publicKeyJwk"] = jwk
    imported = take(publish(document(method, entry(SCA.certificate))))
    assert len(imported.trust) == len(imported.quarantined) == 1


@given(WRITABLE, JSON)
def test_different_keys_have_different_literals(signed: Any, shown: Any) -> None:
    """Each value has one text, and each text one value; 1, 1.0 and true differ."""
    listed = publish(document(entry(z=signed)))
    assert len(take(listed).trust) == 1
    listed["verificationMethod"][0]["publicKeyJwk"]["z"] = shown
    if json.dumps(in_order(shown)) != json.dumps(in_order(signed)):
        refused(listed)


def test_everything_imported_was_signed() -> None:
    """All documents of one or two entries under one id, with two keys and two codes or none for each member.

    Whichever of those with the same quads was signed and whichever is shown: of each key that is taken the signed one
    says each code, and where the signed one lacks nothing, all of them together in one entry.
    """
    members = {"domain": ("#DCC", "#PH4H"), "participant": ("#XXA", "#XXB"), "keyusage": ("#DSC", "#CSCA")}
    key_of = {number: {"kid": number} for number in ("1", "2")}
    rows: list[tuple[Any, ...]] = list(product(key_of, *((None, *codes) for codes in members.values())))
    groups: dict[bytes, list[tuple[set[Any], set[Any]]]] = {}
    for shown in [*((row,) for row in rows), *combinations_with_replacement(rows, 2)]:
        methods = [
            {"id": f"{ROOT}:a#b", "type": "JsonWebKey2020", "controller": ROOT, "publicKeyJwk": key_of[key]}
            | {member: {"code": code} for member, code in zip(members, codes, strict=True) if code is not None}
            for key, *codes in shown
        ]
        read = read_document(document(*methods), "")
        assert write_document_quads(read) == canonical(document(*methods))
        taken = {
            row
            for row, one in zip(shown, read.entries, strict=True)
            if isinstance(one, DidEntry) and one.flaw is None and one.id not in read.ambiguous
        }
        groups.setdefault(write_document_quads(read), []).append((set(shown), taken))
    assert sum(len(group) > 1 for group in groups.values()) > 100
    assert sum(bool(taken) for group in groups.values() for _, taken in group) > 100
    for group in groups.values():
        taken = set[Any]().union(*(one for _, one in group))
        for signed, _ in group:
            statements = {(key, code) for key, *codes in signed for code in codes}
            assert all((key, code) in statements for key, *codes in taken for code in codes)
            assert any(None in row for row in signed) or taken <= signed


# --- references


def tree(*entries: Any, under: str, **options: Any) -> bytes:
    """Publish a document of the tree."""
    return json.dumps(publish(document(*entries, id=under), **options)).encode()


def test_follows_references_to_children() -> None:
    """Embedded entries, nested references and repeated ones are merged, each with its place."""
    second = signed_by(document_signer(p256()))
    children = {
        f"{ROOT}:a": tree(entry(signed_by(SCA)), f"{ROOT}:b", under=f"{ROOT}:a", created="2026-06-01T10:59:00Z"),
        f"{ROOT}:b": tree(entry(second), under=f"{ROOT}:b"),
        f"{ROOT}:sca": tree(entry(SCA.certificate, usage="CSCA"), under=f"{ROOT}:sca"),
    }
    listed = publish(document(entry(), f"{ROOT}:a", f"{ROOT}:b", f"{ROOT}:sca"))
    imported = take(listed, children=children)
    assert len(imported.trust) == 3
    assert imported.created_at == dt.datetime(2026, 6, 1, 10, 59, tzinfo=dt.UTC)
    assert reasons(imported.skipped) == [
        ("#3", "import.duplicate", ""),
        ("#4.1", "import.filtered", "keyusage,CSCA"),
    ]
    assert reasons(imported.warnings) == [("#2.2.1", "import.no_chain", "")]
    assert len(take(listed, children=children, newer_than=imported.created_at).trust) == 3


def test_rollback_of_a_single_child_is_refused() -> None:
    """One old child must not allow the rollback of another to a time when a revoked key was still active."""
    quiet, revoked = f"{ROOT}:a", f"{ROOT}:b"
    listed = publish(document(quiet, revoked), created="2026-05-31T00:00:00Z")
    old = tree(entry(SCA.certificate), under=revoked, created="2026-05-29T00:00:00Z")
    children = {
        quiet: tree(entry(), under=quiet, created="2026-05-28T00:00:00Z"),
        revoked: tree(under=revoked, created="2026-05-30T00:00:00Z"),
    }
    held = take(listed, children=children)
    assert held.created == {
        ROOT: dt.datetime(2026, 5, 31, tzinfo=dt.UTC),
        quiet: dt.datetime(2026, 5, 28, tzinfo=dt.UTC),
        revoked: dt.datetime(2026, 5, 30, tzinfo=dt.UTC),
    }
    assert held.created_at == held.created[quiet]
    again = publish(document(quiet, revoked))
    assert len(take(again, children=children, newer_than=held.created).trust) == 1
    assert len(take(again, children=children | {revoked: old}, newer_than=held.created_at).trust) == 2
    assert refused(again, children=children | {revoked: old}, newer_than=held.created).code == "import.older"
    assert len(take(again, children=children | {revoked: old}, newer_than={}).trust) == 2


def test_references_that_cannot_be_followed_are_quarantined() -> None:
    """The production tree refers to the development host."""
    elsewhere = "did:web:list.example.evil:v2:trustlist"
    imported = take(
        publish(document(elsewhere, f"{ROOT}:a", entry())),
        children={elsewhere: tree(entry(SCA.certificate), under=elsewhere)},
    )
    assert len(imported.trust) == 1
    fragments = take(publish(document(f"{ROOT}:a#b", f"{ROOT}#", "did:web:list.example", entry()))).quarantined
    assert reasons(fragments) == [
        ("#1", "import.entry", fragment("gdhcn.refers_to_entry")),
        ("#2", "import.entry", fragment("gdhcn.refers_to_entry")),
        ("#3", "import.entry", fragment("gdhcn.other_host")),
    ]
    assert reasons(imported.quarantined) == [
        ("#1", "import.entry", fragment("gdhcn.other_host")),
        ("#2", "import.entry", fragment("gdhcn.missing_document")),
    ]


def test_every_child_is_checked_in_full() -> None:
    """A forged, stale or exchanged child fails the import; it is not just a broken entry."""
    name = f"{ROOT}:a"
    listed = publish(document(name))
    for child, code in (
        (tree(entry(), under=name, key=p256()), "import.signature"),
        (tree(entry(), under=name, created="2026-05-01T00:00:00Z"), "import.too_old"),
        (tree(entry(), under=f"{ROOT}:b"), "import.malformed"),
        (b"{", "import.malformed"),
    ):
        assert refused(listed, children={name: child}).code == code


def test_refuses_circular_references() -> None:
    """A document cannot refer to itself, directly or not."""
    name = f"{ROOT}:a"
    assert refused(publish(document(ROOT))).code == "import.malformed"
    assert refused(publish(document(name)), children={name: tree(ROOT, under=name)}).code == "import.malformed"


def test_max_reference_depth() -> None:
    """Five levels: domain, participant, usage, leaf and one to spare."""
    names = [ROOT, *(f"{ROOT}:{level}" for level in range(1, 7))]
    children = {name: tree(below, under=name) for name, below in pairwise(names[1:])}
    shallow = {**children, names[5]: tree(entry(), under=names[5])}
    assert len(take(publish(document(names[1])), children=shallow).trust) == 1
    deep = {**children, names[6]: tree(entry(), under=names[6])}
    assert "more than 5 levels" in str(refused(publish(document(names[1])), children=deep))


# --- published data


@pytest.fixture(scope="module")
def dev(shared: Path) -> Path:
    """The folder of documents of the development environment."""
    return shared / "testdata" / "gdhcn"


@pytest.fixture(scope="module")
def dev_key(dev: Path) -> hcert.TrustedKey:
    """The key that signs them."""
    jwk = json.loads((dev / "dev-signing-key.json").read_bytes())["verificationMethod"][0]["publicKeyJwk"]
    x, y = (int.from_bytes(urlsafe_b64decode(jwk[name] + "=")) for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hcert.TrustedKey.from_public_key(public.public_bytes(serialization.Encoding.DER, form))


def published(path: Path, key: hcert.TrustedKey, **options: Any) -> ImportReport:
    """Import a published document an hour after it was made."""
    return take(path.read_bytes(), **({"signer": key, "at": PUBLISHED_AT} | options))


def test_published_list_has_the_counted_entries(dev: Path, dev_key: hcert.TrustedKey) -> None:
    """Usages and domains of all 255 entries."""
    path = dev / "dev-trustlist.json"
    imported = published(path, dev_key)
    assert len(imported.trust) == 109
    assert imported.quarantined == ()
    assert imported.created_at == dt.datetime(2026, 8, 22, 18, 0, 2, tzinfo=dt.UTC)
    usages = Counter(dict(found.details)["value"] for found in imported.skipped)
    assert usages == {"CSCA": 139, "DECA": 4, "DESC": 3}
    domains = Counter(
        dict(found.details)["value"] for found in published(path, dev_key, usages=USAGES, domains=()).skipped
    )
    assert domains == {"PH4H": 139, "DCC": 90, "RACSEL-DDVC": 19, "IPS-PILGRIMAGE": 4, "DDCC": 2, "IPS": 1}
    everything = published(path, dev_key, usages=USAGES)
    assert len(everything.trust) == 255
    assert everything.skipped == everything.quarantined == ()
    (key,) = imported.trust.candidates(b"ABCDEFGH")
    assert key.origin == "gdhcn:DCC:XXU"
    assert Counter(found.code for found in imported.warnings) == {
        "import.kid_mismatch": 1,
        "import.no_chain": 2,
        "import.own_chain": 1,
    }


def test_published_leaves_verify(dev: Path, dev_key: hcert.TrustedKey) -> None:
    """The embedded leaf, and the reference to it."""
    leaf = dev / "dev-leaf" / "DCC-XXA-DSC.json"
    (key,) = published(leaf, dev_key).trust
    assert (key.country, key.origin) == ("XA", "gdhcn:DCC:XXA")
    reference = dev / "dev-leaf" / "ref-DCC-XXA-DSC.json"
    assert [found.code for found in published(reference, dev_key).quarantined] == ["import.entry"]
    name = "did:web:tng-cdn-dev.who.int:v2:trustlist:DCC:XXA:DSC"
    imported = published(reference, dev_key, children={name: leaf.read_bytes()})
    assert list(imported.trust) == [key]
    assert reasons(imported.warnings) == [("#1.1", "import.own_chain", "")]


@pytest.mark.parametrize("name", ["DCC-XXA-DSC.json", "ref-DCC-XXA-DSC.json"])
def test_no_change_of_a_published_leaf_verifies(dev: Path, dev_key: hcert.TrustedKey, name: str) -> None:
    """Every string except the context, which documents with only references do not use."""
    path = dev / "dev-leaf" / name
    for number in range(len(list(places(json.loads(path.read_bytes()))))):
        listed = json.loads(path.read_bytes())
        container, key = list(places(listed))[number]
        container[key] = changed(container[key])
        refused(listed, signer=dev_key, at=PUBLISHED_AT)


@pytest.mark.slow
def test_no_change_of_the_published_list_verifies(dev: Path, dev_key: hcert.TrustedKey) -> None:
    """Every string of the head and of all 255 entries. Order and unsigned members change nothing."""
    listed = json.loads((dev / "dev-trustlist.json").read_bytes())
    methods = listed["verificationMethod"]
    head = [*places(listed["@context"]), *places(listed["proof"]), (listed, "id"), (listed, "controller")]
    spots = [*head, *places([methods[0], methods[127], methods[254]])]
    for container, key in spots:
        before = container[key]
        container[key] = changed(before)
        refused(listed, signer=dev_key, at=PUBLISHED_AT)
        container[key] = before
    methods.reverse()
    methods[7]["comment"] = "unsigned"
    assert len(take(listed, signer=dev_key, at=PUBLISHED_AT).trust) == 109


def test_the_quads_contain_every_signed_string(dev: Path) -> None:
    """Changing any of its 3 155 strings changes the quads or is refused."""
    listed = json.loads((dev / "dev-trustlist.json").read_bytes())
    for method in listed["verificationMethod"]:
        single = {**listed, "verificationMethod": [method]}
        quads = write_document_quads(read_document(single, "-DEV"))
        for container, key in list(places(method)):
            before = container[key]
            container[key] = changed(before)
            with contextlib.suppress(ValueError):
                assert write_document_quads(read_document(single, "-DEV")) != quads
            container[key] = before


def test_published_list_refuses_another_key(dev: Path) -> None:
    """Only the pinned key counts."""
    assert refused((dev / "dev-trustlist.json").read_bytes(), at=PUBLISHED_AT).code == "import.signature"


def test_a_key_of_two_domains_in_any_order() -> None:
    """The order of entries is not signed."""
    twice = [entry(domain="DCC"), entry(domain="ICVP")]
    keys = [list(take(publish(document(*order))).trust) for order in (twice, twice[::-1])]
    assert keys[0] == keys[1]
    assert [key.origin for key in keys[0]] == ["gdhcn:DCC:XXA gdhcn:ICVP:XXA"]


def test_max_entry_sizes() -> None:
    """Chains, kids, identifiers, codes, and the number of children."""
    assert len(take(publish(document(entry(DSC, *[SCA.certificate] * 9)))).trust) == 1
    assert len(take(publish(document(entry(DSC, *[SCA.certificate] * 10)))).quarantined) == 1
    assert len(take(publish(document(entry(kid="A" * 257)))).quarantined) == 1
    assert len(take(publish(document(entry(x5c=["A" * 24_000])))).quarantined) == 1
    for odd in (document(id=f"{ROOT}{'a' * 2000}"), document(f"{ROOT}{'a' * 2000}"), document(entry(domain="A" * 201))):
        assert refused(publish(odd)).code == "import.malformed"
    assert refused(publish(document(), nonce="a" * 201)).code == "import.proof"
    children = dict.fromkeys(map(str, range(10_001)), b"")
    assert refused(publish(document()), children=children).code == "import.malformed"
