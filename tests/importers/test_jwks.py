"""JSON Web Key Sets: pins under an owner, usages and a time that the caller gives, and never a key that anybody has."""

from __future__ import annotations

import datetime as dt
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import Usage, lists
from hcert.fragments import Fragment, fragment
from support.foreign_lists import reasons
from support.jwks import jwk_of, key_set
from support.raw_messages import Handmade
from support.signers import EU_ROOT, NOT_AFTER, NOT_BEFORE, NOW, document_signer, p256, rsa_key, spki_of

if TYPE_CHECKING:
    from pathlib import Path

    from hcert.lists import ImportReport

KEY, OTHER = p256(), p256()
JWK, OTHER_JWK = jwk_of(KEY, kid="SYA26A"), jwk_of(OTHER, kid="MES26A")
VACCINATION = frozenset({Usage.VACCINATION})
SIGNER = document_signer(KEY, country="FR")
KIND = fragment("thing.jwks")
EXAMPLE = {  # RFC 8392 appendix A.2.3, whose private half is printed there
    "kty": "EC",
    "crv": "P-256",
    "kid": "AsymmetricECDSA256",
    "x": "FDMpzOeGjkFpJ1mc9lo0884v_aVafspp7YkZo5TULw8",
    "y": "YPfxp4DYp4O_t6LdayeW6BKNu87509Fo25Uplxo257k",
}


def take(*jwks: Any, **changes: Any) -> ImportReport:
    """Import a set of these keys."""
    arguments: dict[str, Any] = {"owner": "EUVABECO", "usages": VACCINATION, "at": NOW}
    return lists.import_jwks(key_set(*jwks), **(arguments | changes))


def refused(data: bytes) -> Any:
    """Return why a set as a whole is refused."""
    with pytest.raises(hcert.MalformedError) as caught:
        lists.import_jwks(data, owner="EUVABECO", usages=VACCINATION, at=NOW)
    (found,) = caught.value.findings
    assert found.code == "import.malformed"
    assert dict(found.details)["kind"] == KIND
    return dict(found.details)["reason"]


def reason(entry: Any) -> Any:
    """Return why an entry is quarantined; the other one is taken all the same."""
    imported = take(entry, OTHER_JWK)
    assert [key.kid for key in imported.trust] == [b"MES26A"]
    ((record, code, why),) = reasons(imported.quarantined)
    assert (record, code) == ("#1", "import.entry")
    return why


def with_chain(*chain: bytes, **members: Any) -> dict[str, Any]:
    """Return the usual JWK with certificates."""
    return {**JWK, "x5c": [b64encode(one).decode() for one in chain], **members}


def configuration_code(**arguments: Any) -> str:
    """Return the code of the error that refuses these arguments."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        take(JWK, **arguments)
    return caught.value.code


# --- what is taken


def test_keys_get_owner_usages_and_age_from_the_caller() -> None:
    """The set itself says nothing of the kind."""
    imported = take(JWK, jwk_of(rsa_key(), kid="0x0102030405060708", alg="PS256"))
    first, second = imported.trust
    assert first == hcert.TrustedKey(
        kid=b"SYA26A", algorithm=hcert.Algorithm.ES256, spki=spki_of(KEY), usages=VACCINATION, origin="jwks:EUVABECO"
    )
    assert (second.kid, second.algorithm) == (bytes(range(1, 9)), hcert.Algorithm.PS256)
    assert second.spki == spki_of(rsa_key())
    assert imported.created_at == NOW
    assert imported.created == {"jwks:EUVABECO": NOW}
    assert imported.quarantined == imported.skipped == imported.warnings == ()


def test_an_owner_that_is_a_country_is_the_country_of_the_keys() -> None:
    """Any other name is the origin alone."""
    for owner, country in (("FR", "FR"), ("FRA", None), ("fr", None), ("Bộ Y tế", None), ("F" * 150, None)):
        (key,) = take(JWK, owner=owner).trust
        assert (key.country, key.origin) == (country, f"jwks:{owner}")


def test_a_pinned_key_verifies_and_has_its_usages_only() -> None:
    """With the kid of the set in the header of the code."""
    text = Handmade(SIGNER, protected={1: -9, 4: b"SYA26A"}).text
    for usages, codes in ((VACCINATION, []), ({Usage.TEST, Usage.RECOVERY}, ["usage.not_allowed"])):
        verdict = hcert.Verifier(take(JWK, usages=usages).trust).check(text, at=NOW)
        assert [found.code for found in verdict.errors] == codes
    stranger = Handmade(document_signer(OTHER), protected={1: -9, 4: b"SYA26A"}).text
    assert hcert.Verifier(take(JWK).trust).check(stranger, at=NOW).errors[0].code == "signature.invalid"


@pytest.mark.parametrize(
    ("text", "kid"),
    [
        ("SYA25A", b"SYA25A"),
        ("0xa4970ae97cf750c9", bytes.fromhex("a4970ae97cf750c9")),
        ("0xC9D8367933B4EC4C", bytes.fromhex("c9d8367933b4ec4c")),
        ("0X01", b"0X01"),
        ("0x", b"0x"),
        ("0x123", b"0x123"),
        ("0x1", b"0x1"),
        ("0xZZ", b"0xZZ"),
        ("0x01 ", b"0x01 "),
        ("be6b28b8-f5a4-4543-a80a-000000000000", b"be6b28b8-f5a4-4543-a80a-000000000000"),
        ("SYA25A==", b"SYA25A=="),  # not Base64: the rule belongs to the source, not to the text
        ("khóa", "khóa".encode()),
        ("A" * 64, b"A" * 64),
        ("0x" + "41" * 64, b"A" * 64),
    ],
)
def test_a_kid_is_hexadecimal_behind_0x_and_text_otherwise(text: str, kid: bytes) -> None:
    """As in the header of the code."""
    (key,) = take({**JWK, "kid": text}).trust
    assert key.kid == kid


@pytest.mark.parametrize("kid", ["", "A" * 65, "0x" + "41" * 65, "ó" * 33, "\ud800", None, 7, ["SYA26A"]], ids=repr)
def test_a_kid_beyond_its_bounds_is_quarantined(kid: Any) -> None:
    """A code could not name it."""
    assert reason({**JWK, "kid": kid}) == fragment("jwk.kid", least=1, most=64)
    assert reason({name: value for name, value in JWK.items() if name != "kid"}) == fragment(
        "jwk.kid", least=1, most=64
    )


def test_one_key_under_several_kids_is_taken_under_each() -> None:
    """Published sets have that."""
    imported = take(JWK, {**JWK, "kid": "second"})
    assert [key.kid for key in imported.trust] == [b"SYA26A", b"second"]
    assert imported.skipped == ()


def test_an_entry_that_occurs_twice_is_skipped_once() -> None:
    """Also where its kid is written otherwise."""
    imported = take({**JWK, "kid": "0xAB"}, {**JWK, "kid": "0xab", "use": "sig"})
    assert len(imported.trust) == 1
    assert reasons(imported.skipped) == [("#2", "import.duplicate", "")]


def test_standard_base64_is_taken_with_a_warning() -> None:
    """As several partners file their keys."""
    point = ec.derive_private_key(6, ec.SECP256R1())
    jwk = jwk_of(point, kid="six")
    plain = {name: jwk[name].replace("-", "+").replace("_", "/") for name in ("x", "y")}
    imported = take(jwk | plain)
    assert imported.trust.candidates(b"six")[0].spki == spki_of(point)
    assert [(found.code, found.record) for found in imported.warnings] == [("import.standard_base64", "#1")]


def test_imported_keys_can_be_sealed_into_a_list_of_ones_own() -> None:
    """With their owner and usages."""
    publisher = document_signer(p256())
    trust = take(JWK, with_chain(SIGNER.certificate, kid="chain"), owner="é" * 150).trust
    sealed = trust.seal([publisher.signer], version=1, issued_at=NOW, expires_at=NOW + dt.timedelta(days=7))
    assert set(hcert.TrustList.open(sealed, anchors=[publisher.key], at=NOW)) == set(trust)


# --- certificates


def test_a_certificate_adds_validity_and_country() -> None:
    """The caller's country comes first, and the kid of the set stays."""
    for owner, country in (("EUVABECO", "FR"), ("LU", "LU")):
        (key,) = take(with_chain(SIGNER.certificate, b"never read"), owner=owner).trust
        assert (key.kid, key.certificate, key.country) == (b"SYA26A", SIGNER.certificate, country)
        assert (key.not_before, key.not_after, key.usages) == (NOT_BEFORE, NOT_AFTER, VACCINATION)


def test_a_certificate_restricts_the_usages_and_never_adds_one() -> None:
    """The caller cannot give more than its extended key usage."""
    tests_only = document_signer(KEY, usages=[f"{EU_ROOT}.1"]).certificate
    for usages, expected in (({"test", "vaccination"}, {"test"}), ({"vaccination"}, set())):
        (key,) = take(with_chain(tests_only), usages=usages).trust
        assert key.usages == expected


def test_a_certificate_of_another_key_is_quarantined() -> None:
    """RFC 7517 section 4.7: the first certificate has the key of the JWK."""
    assert reason(with_chain(document_signer(p256()).certificate)) == fragment("jwk.other_key")
    assert reason(with_chain(document_signer(p256()).certificate, SIGNER.certificate)) == fragment("jwk.other_key")


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        ([], fragment("jwk.chain", most=10)),
        (["MA=="] * 11, fragment("jwk.chain", most=10)),
        (None, fragment("jwk.chain", most=10)),
        ("MA==", fragment("jwk.chain", most=10)),
        ([b64encode(SIGNER.certificate).decode().rstrip("=") + "*"], fragment("jwk.chain", most=10)),
        ([7], fragment("jwk.chain", most=10)),
        (["MAA="], fragment("entry.certificate")),
        ([b64encode(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----").decode()],
            fragment("entry.certificate")),
    ],
)  # fmt: skip
def test_an_unreadable_certificate_is_quarantined(chain: Any, why: Fragment) -> None:
    """The bare key is not taken in its place."""
    assert reason({**JWK, "x5c": chain}) == why


def test_pem_in_the_place_of_der_is_quarantined() -> None:
    """`x5c` has DER in Base64."""
    encoded = b64encode(SIGNER.certificate)
    pem = b"-----BEGIN CERTIFICATE-----\n" + encoded + b"\n-----END CERTIFICATE-----\n"
    assert reason(with_chain(pem)) == fragment("entry.not_der")


def test_certificates_that_should_not_sign_get_a_warning() -> None:
    """That of an authority, and one that had expired when the set was fetched."""
    authority = document_signer(KEY, extensions=[x509.BasicConstraints(ca=True, path_length=None)]).certificate
    assert [found.code for found in take(with_chain(authority)).warnings] == ["import.ca_certificate"]
    on_the_day, later = (take(with_chain(SIGNER.certificate), at=NOT_AFTER + dt.timedelta(days=one)) for one in (0, 1))
    assert on_the_day.warnings == ()
    assert [found.code for found in later.warnings] == ["import.expired"]


# --- keys that anybody has


@pytest.mark.parametrize(
    "members", [{"d": "AAAA"}, {"d": None}, {"p": ""}, {"q": 1}, {"k": "AAAA"}, {"oth": []}], ids=str
)
def test_a_key_published_with_its_private_half_is_refused(members: dict[str, Any]) -> None:
    """The others are taken; nothing of the private half is in the report."""
    imported = take({**JWK, **members}, OTHER_JWK)
    assert [key.kid for key in imported.trust] == [b"MES26A"]
    assert [(found.code, found.record, found.details) for found in imported.quarantined] == [
        ("keys.known_private", "#1", ())
    ]


def test_the_same_key_without_its_private_half_is_refused_too() -> None:
    """Under any kid, and whichever entry comes first."""
    leak = {**JWK, "d": "AAAA", "kid": "leak"}
    for entries in ((JWK, leak, OTHER_JWK), (leak, JWK, OTHER_JWK), ({**leak, "kid": 7}, JWK, OTHER_JWK)):
        imported = take(*entries)
        assert [key.kid for key in imported.trust] == [b"MES26A"]
        assert [found.code for found in imported.quarantined] == ["keys.known_private"] * 2


@pytest.mark.parametrize("kid", ["SYA25A", "AsymmetricECDSA256", "SYA26A", "0x0102", ""])
def test_a_known_key_is_refused_under_any_kid(kid: str) -> None:
    """Also where the kid or the rest of the entry is at fault."""
    imported = take({**EXAMPLE, "kid": kid}, {**EXAMPLE, "alg": "ES384", "kid": "other"}, OTHER_JWK)
    assert [key.kid for key in imported.trust] == [b"MES26A"]
    assert [found.code for found in imported.quarantined] == ["keys.known_private"] * 2


@pytest.mark.parametrize(
    ("name", "warned"), [("jwks-as-published.json", []), ("keys-euvabeco-pub.json", ["#1", "#3"])], ids=str
)
def test_the_published_set_of_the_european_vaccination_card(shared: Path, name: str, warned: list[str]) -> None:
    """As served, and as partners filed the keys: four of the ten keys are known to everybody."""
    data = (shared / "testdata" / "clvr" / name).read_bytes()
    imported = lists.import_jwks(data, owner="EUVABECO", usages=VACCINATION, at=NOW)
    assert {key.kid for key in imported.trust} == {
        *map(bytes.fromhex, ("a4970ae97cf750c9", "c9d8367933b4ec4c", "84180ade47ede204")),
        *(b"BIM26A", b"BIM26B", b"MES26A"),
    }
    assert [(found.code, found.record) for found in imported.quarantined] == [
        ("keys.known_private", f"#{number}") for number in (4, 5, 9, 10)
    ]
    assert [found.record for found in imported.warnings] == warned


def test_the_filed_keys_with_the_prototype(shared: Path) -> None:
    """Its Ed25519 key is refused as known, not as one of another type."""
    filed = json.loads((shared / "testdata" / "clvr" / "keys-euvabeco-pub.json").read_bytes())
    (found,) = take(*filed["extra"], OTHER_JWK).quarantined
    assert found.code == "keys.known_private"


# --- what is put aside, and sets that are refused


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (7, fragment("json.not_object")),
        (None, fragment("json.not_object")),
        ([JWK], fragment("json.not_object")),
        ({}, fragment("jwk.kid", least=1, most=64)),
        ({**JWK, "kty": "OKP"}, fragment("jwk.type")),
        (jwk_of(ec.derive_private_key(1405, ec.SECP384R1()), kid="P384"), fragment("jwk.type")),
        ({**JWK, "alg": "ES384"}, fragment("jwk.algorithm")),
        ({**JWK, "use": "enc"}, fragment("jwk.use")),
        ({**JWK, "x": "AA"}, fragment("jwk.coordinates", length=32)),
        ({**JWK, "x": OTHER_JWK["x"]}, fragment("jwk.point")),
        (jwk_of(rsa_key(1024), kid="small"), fragment("jwk.modulus", least=2048, most=16_384)),
    ],
    ids=[
        *("number", "null", "list", "empty", "other type", "P-384", "algorithm", "encryption", "short", "no point"),
        "RSA of 1024 bits",
    ],
)
def test_what_cannot_be_used_is_quarantined(entry: Any, why: Fragment) -> None:
    """With the reason; no broken entry fails the set."""
    assert reason(entry) == why


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", fragment("json.malformed")),
        (b'{"keys": [], "keys": []}', fragment("json.malformed")),
        (b'{"keys": [' + json.dumps(JWK).encode()[:-1] + b', "kid": "other"}]}', fragment("json.malformed")),
        (b'{"keys": ' + b"[" * 20 + b"]" * 20 + b"}", fragment("json.malformed")),
        (b" " * (16 * 1024 * 1024 + 1), fragment("size.bytes", most=16_777_216)),
        (b'{"keys": [' + b"0," * 100_000 + b"0]}", fragment("size.entries", most=100_000)),
        (json.dumps([JWK]).encode(), fragment("jwk.set")),
        (json.dumps(JWK).encode(), fragment("jwk.set")),
        (b'{"keys": {}}', fragment("jwk.set")),
        (b"{}", fragment("jwk.set")),
    ],
    ids=[
        *("nothing", "member twice", "member of a key twice", "deep", "large", "many", "list", "one key", "object"),
        "no keys",
    ],
)
def test_what_is_no_key_set_is_refused(data: bytes, why: Fragment) -> None:
    """As a whole, before any key is taken."""
    assert refused(data) == why


@pytest.mark.parametrize(
    "second",
    [
        {**OTHER_JWK, "kid": "SYA26A"},
        {**OTHER_JWK, "kid": "0x535941323641"},
        {**OTHER_JWK, "kid": "SYA26A", "d": "AAAA"},
        {**EXAMPLE, "kid": "SYA26A"},
        {"kid": "SYA26A"},
        {**JWK, "x": None},
    ],
    ids=["another", "in hexadecimal", "private", "known", "no key", "unreadable"],
)
def test_two_keys_under_one_kid_refuse_the_set(second: dict[str, Any]) -> None:
    """Only its publisher can say which of them is meant, so neither is guessed."""
    assert refused(key_set(JWK, second)) == fragment("jwk.duplicate_kid")
    assert refused(key_set(second, JWK)) == fragment("jwk.duplicate_kid")


# --- arguments


@pytest.mark.parametrize("owner", ["", "x" * 151, "a\nb", "\ud800", None, 7, b"FR", ["FR"]], ids=repr)
def test_an_owner_is_a_short_text(owner: Any) -> None:
    """It stands in the origin of each key."""
    assert configuration_code(owner=owner) == "import.owner"


@pytest.mark.parametrize("usages", [(), [Usage.OPEN], [Usage.TEST, Usage.OPEN], ["DSC"], None, 7, [[]]], ids=str)
def test_usages_are_some_of_those_that_sign(usages: Any) -> None:
    """Nobody may receive sealed content because of a list that nobody signed."""
    assert configuration_code(usages=usages) == "import.usages"


def test_a_single_usage_is_no_collection() -> None:
    """Although it is iterable."""
    assert configuration_code(usages="test") == "import.filter"
    assert configuration_code(usages=Usage.TEST) == "import.filter"


@pytest.mark.parametrize("data", ["{}", None, bytearray(b"{}"), {"keys": []}], ids=repr)
def test_a_set_is_bytes(data: Any) -> None:
    """As downloaded."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        lists.import_jwks(data, owner="FR", usages=VACCINATION, at=NOW)
    assert caught.value.code == "key.not_bytes"


def test_the_time_has_a_zone() -> None:
    """And so have all times of hcert."""
    assert configuration_code(at=NOW.replace(tzinfo=None)) == "time.naive"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=3)
)


@given(
    st.lists(st.dictionaries(st.sampled_from([*JWK, "d", "x5c", "alg", "use", "key_ops"]), JSON), max_size=4), st.data()
)
def test_any_entries_end_in_a_report_or_a_refusal(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    """Every entry is accounted for."""
    mixed = [data.draw(st.sampled_from([JWK, EXAMPLE, {}])) | one for one in entries]
    try:
        imported = take(*mixed)
    except hcert.MalformedError as error:
        assert dict(error.findings[0].details)["reason"] == fragment("jwk.duplicate_kid")
    else:
        assert len(imported.trust) + len(imported.quarantined) + len(imported.skipped) == len(mixed)
        assert {key.spki for key in imported.trust} <= {spki_of(KEY)}
