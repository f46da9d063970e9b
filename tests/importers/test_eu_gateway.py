"""Lists in the form of the EU gateway: what they say is taken as said, and the German signature decides for all."""

from __future__ import annotations

import hashlib
import itertools
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.fragments import Fragment, fragment
from hcert.importers.collector import MAX_FINDINGS
from hcert.importers.eu_gateway import import_gateway, import_german
from support.foreign_lists import DSC, GERMAN_PIN, PUBLISHER, SCA, german, item, reasons, sealed, text_of
from support.signers import document_signer, p256, rsa_key, spki_of

if TYPE_CHECKING:
    from hcert.importers.report import ImportReport

LONE = document_signer(rsa_key(), country="NL")


def take(*items: Any, **options: Any) -> ImportReport:
    """Import an unsigned list."""
    return import_gateway(json.dumps(items).encode(), **options)


def refused(data: bytes, **options: Any) -> str:
    """Return the code of the error that refuses a German list."""
    with pytest.raises(hcert.MalformedError) as caught:
        import_german(data, **{"signer": GERMAN_PIN, **options})
    return caught.value.code


# --- items


def test_import_of_document_signers() -> None:
    """An item becomes a trusted key with the kid and the country that were published."""
    imported = take(item(country="XX"))
    (key,) = imported.trust
    assert key.kid == hashlib.sha256(DSC).digest()[:8]
    assert (key.certificate, key.country, key.origin) == (DSC, "XX", "gateway:XX")
    assert imported.quarantined == imported.skipped == imported.warnings == ()
    assert imported.created_at is None


def test_import_of_a_list_within_an_object() -> None:
    """The German form, without its signature."""
    data = json.dumps({"certificates": [item()], "more": 1}).encode()
    assert len(import_gateway(data).trust) == 1


def test_import_of_an_empty_list() -> None:
    """A page may be empty."""
    assert len(take().trust) == 0


def test_filter_by_type_and_country() -> None:
    """A skipped item is reported with the member that did not match."""
    items = [item(), item(LONE.certificate, country="NL"), item(SCA.certificate, certificate_type="CSCA")]
    assert reasons(take(*items).skipped) == [("#3", "import.filtered", "certificateType,CSCA")]
    assert reasons(take(*items, certificate_types={"DSC", "CSCA"}, countries=["NL"]).skipped) == [
        ("#1", "import.filtered", "country,OM"),
        ("#3", "import.filtered", "country,OM"),
    ]


def test_keys_of_other_types_verify_nothing() -> None:
    """They are for inspection."""
    imported = take(item(), item(SCA.certificate, certificate_type="UPLOAD"), certificate_types=("DSC", "UPLOAD"))
    assert [key.algorithm is None for key in imported.trust] == [False, True]


def test_an_unconventional_kid_gets_a_warning() -> None:
    """The gateway allows custom kids."""
    imported = take(item(kid=text_of(b"own kid")))
    assert [key.kid for key in imported.trust] == [b"own kid"]
    assert reasons(imported.warnings) == [("#1", "import.kid_mismatch", "")]


def test_one_kid_may_name_several_keys() -> None:
    """A kid is a label."""
    kid = text_of(b"same kid")
    imported = take(item(kid=kid), item(LONE.certificate, kid=kid), item(kid=kid))
    assert len(imported.trust.candidates(b"same kid")) == 2
    assert reasons(imported.skipped) == [("#3", "import.duplicate", "")]


def test_a_renewed_certificate_is_another_key() -> None:
    """Under one custom kid; a repetition is reported as a duplicate only."""
    kid, renewed = text_of(b"same kid"), document_signer(LONE.private_key, country="LU").certificate
    imported = take(*(item(certificate, kid=kid) for certificate in (LONE.certificate, renewed, renewed)))
    assert {key.certificate for key in imported.trust} == {LONE.certificate, renewed}
    mismatched = [record for record, code, _ in reasons(imported.warnings) if code == "import.kid_mismatch"]
    assert mismatched == ["#1", "#2"]
    assert reasons(imported.skipped) == [("#3", "import.duplicate", "")]


@pytest.mark.parametrize("thumbprint", [None, hashlib.sha256(DSC).hexdigest().upper()])
def test_a_thumbprint_may_be_missing_or_in_capitals(thumbprint: str | None) -> None:
    """It is optional, because it follows from the certificate."""
    assert len(take(item(thumbprint=thumbprint)).trust) == 1


NO_TYPE = fragment("gateway.certificate_type")
NO_COUNTRY = fragment("gateway.country")
NO_KID = fragment("gateway.kid", least=1, most=64)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"certificateType": None}, NO_TYPE),
        ({"certificateType": ["DSC"]}, NO_TYPE),
        ({"certificateType": "Dsc\n"}, NO_TYPE),
        ({"country": None}, NO_COUNTRY),
        ({"country": "OMN"}, NO_COUNTRY),
        ({"country": {"code": "OM"}}, NO_COUNTRY),
        ({"kid": None}, NO_KID),
        ({"kid": ""}, NO_KID),
        ({"kid": "ABC"}, NO_KID),
        ({"kid": "é"}, NO_KID),
        ({"kid": "LRFdn9Jp6c0"}, NO_KID),
        ({"kid": "-_______AAA="}, NO_KID),
        ({"kid": text_of(bytes(65))}, NO_KID),
        ({"rawData": None}, fragment("gateway.raw_data")),
        ({"rawData": "MII…"}, fragment("gateway.raw_data")),
        ({"rawData": "AAAA", "thumbprint": None}, fragment("entry.certificate")),
        ({"thumbprint": "00" * 32}, fragment("gateway.thumbprint")),
        ({"thumbprint": [""]}, fragment("gateway.thumbprint")),
    ],
    ids=str,
)
def test_a_broken_item_is_quarantined(changes: dict[str, Any], reason: Fragment) -> None:
    """The others are imported."""
    imported = take({**item(), **changes}, item(LONE.certificate))
    assert len(imported.trust) == 1
    assert reasons(imported.quarantined) == [("#1", "import.entry", reason)]


@pytest.mark.parametrize("other", [None, 1, "DSC", [item()]])
def test_an_item_that_is_not_an_object_is_quarantined(other: Any) -> None:
    """The others are imported."""
    imported = take(other, item())
    assert len(imported.trust) == 1
    assert reasons(imported.quarantined) == [("#1", "import.entry", fragment("json.not_object"))]


# --- issuers


def test_a_key_without_an_issuer_of_its_country_gets_a_warning() -> None:
    """Issuers count for their own country even if filtered out; broken ones do not count."""
    issuer = item(SCA.certificate, certificate_type="CSCA")
    broken = [item(certificate_type="CSCA", rawData=None), item(b"x", certificate_type="CSCA", country="XX")]
    imported = take(item(), item(LONE.certificate, country="NL"), issuer, *broken)
    assert reasons(imported.warnings) == [("#2", "import.no_chain", "")]
    foreign = take(item(), {**issuer, "country": "NL"})
    assert reasons(foreign.warnings) == [("#1", "import.no_chain", "")]


def test_a_list_without_issuers_gives_no_chain_warnings() -> None:
    """Most published lists have signers only; a warning for each would be useless."""
    assert take(item(), item(LONE.certificate)).warnings == ()


# --- the German signature


def test_import_of_a_german_list() -> None:
    """The bytes are signed, so any layout of the JSON text will do."""
    imported = import_german(
        german(item(country="NL"), item(SCA.certificate, certificate_type="CSCA")), signer=GERMAN_PIN
    )
    assert [key.origin for key in imported.trust] == ["german:NL"]
    assert [found.code for found in imported.skipped] == ["import.filtered"]
    assert len(import_german(german(item(country="NL")), signer=GERMAN_PIN, countries=["DE"]).trust) == 0


def test_german_list_refuses_another_key_and_every_change() -> None:
    """No byte after the first line may differ, not even insignificant ones."""
    data = german(item())
    assert refused(data, signer=hcert.TrustedKey.from_public_key(spki_of(p256()))) == "import.signature"
    assert refused(data, signer=LONE.key) == "import.signature"
    line, _, body = data.partition(b"\n")
    for other in (body + b"\n", b"\n" + body, body.replace(b"\n", b"\r\n"), body[:-1], b"", body.replace(b"OM", b"NL")):
        assert refused(line + b"\n" + other) == "import.signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line + b"\r",
        lambda line: b" " + line,
        lambda line: line[:-2],
        lambda line: line[:-4],
        lambda line: line[:0],
        lambda line: b"\xff" + line,
        lambda line: b64encode(PUBLISHER.sign(line, ec.ECDSA(hashes.SHA256()))),
        lambda line: line.replace(line[:1], b"-"),
    ],
)
def test_german_list_refuses_other_first_lines(change: Any) -> None:
    """64 bytes in standard Base64, and nothing else before the newline."""
    line, newline, body = german(item()).partition(b"\n")
    assert refused(change(line) + newline + body) == "import.malformed"


def test_german_list_needs_its_signature() -> None:
    """The JSON text alone and the signature alone are refused."""
    line, _, body = sealed(b'{"certificates":[]}').partition(b"\n")
    assert refused(body) == refused(line) == refused(b"") == "import.malformed"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"{}", b'{"certificates":{}}', b'{"a":1,"a":1}', b"[" * 100_000],
    ids=["empty", "null", "no certificates", "certificates not a list", "member twice", "deep"],
)
def test_german_list_refuses_signed_malformed_bodies(body: bytes) -> None:
    """JSON that parsers disagree about, or that is expensive."""
    assert refused(sealed(body)) == "import.malformed"
    with pytest.raises(hcert.MalformedError) as caught:
        import_gateway(body)
    assert caught.value.code == "import.malformed"


# --- anything

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    """Malformed lists have one error."""
    for text in (data, sealed(data)):
        try:
            import_gateway(text)
            import_german(text, signer=GERMAN_PIN)
        except hcert.MalformedError as error:
            assert error.code.startswith("import.")


@given(st.sampled_from(sorted(item())), JSON)
def test_arbitrary_items_never_raise(member: str, value: Any) -> None:
    """Malformed members quarantine their item."""
    imported = take({**item(), member: value}, item(LONE.certificate))
    assert len(imported.trust) + len(imported.quarantined) + len(imported.skipped) == 2


@pytest.mark.slow
@pytest.mark.parametrize("part", ["[]", '""', "{}", "0", '{"a":[[],[]]}'])
@pytest.mark.parametrize("count", [100_001, 1_000_001])
def test_max_items_and_parts(part: str, count: int) -> None:
    """Millions of empty items are refused in the time it takes to count them."""
    data = ("[" + f"{part}," * (count - 1) + f"{part}]").encode()
    for published in (data, b'{"certificates":' + data + b"}"):
        with pytest.raises(hcert.MalformedError) as caught:
            import_gateway(published)
        assert caught.value.code == "import.malformed"
    assert refused(sealed(data)) == "import.malformed"


def test_max_findings() -> None:
    """Of each kind."""
    other = [item(certificate_type="UPLOAD"), "none"]
    imported = take(*[one for one in other for _ in range(MAX_FINDINGS + 7)])
    for kept, code in ((imported.quarantined, "import.entry"), (imported.skipped, "import.filtered")):
        assert [found.code for found in kept] == [code] * MAX_FINDINGS + ["import.more_entries"]
        assert dict(kept[-1].details) == {"count": 7}
    assert imported.warnings == ()


def test_a_key_of_two_countries_in_any_order() -> None:
    """Its origin has both."""
    keys = [list(take(*order).trust) for order in itertools.permutations([item(country="OM"), item(country="NL")])]
    assert keys[0] == keys[1]
    assert [(key.origin, key.country) for key in keys[0]] == [("gateway:NL gateway:OM", "NL")]


@pytest.mark.parametrize("member", ["kid", "rawData", "thumbprint", "country", "certificateType"])
def test_max_member_lengths(member: str) -> None:
    """A text of a megabyte is refused."""
    assert len(take(item() | {member: "A" * 2**20}).quarantined) == 1
