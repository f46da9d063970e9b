"""What is fuzzed: each subject takes any bytes, and raises nothing unless hcert breaks a promise.

Promises: a verifier gives a verdict for everything; everything else raises errors of hcert and no others; what is
accepted has a certificate; whatever is said of it can be put into words. What lies behind a signature is reached by
keys that say yes to every signature, since whoever holds a signing key may be hostile too. Keys are the same in every
process, so that an input found today does tomorrow what it did.

The first byte of an input chooses the way it goes in; see each subject.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
import zlib
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec

import hcert
from hcert import Algorithm, Usage, certlogic, citizen, clvr, identity, lists, names, policy, uvci, words
from hcert.codec import base45, cbor_prescan, code_text, cose_sign, cwt
from hcert.codec.cose_sign import CoseSign, Signature
from hcert.errors import HcertError
from hcert.importers import certificate_files, eu_gateway, gdhcn
from hcert.importers import jwks as jwks_importer
from hcert.keys import jwk
from hcert.keys.hpke import SealedBytes, SealingAlgorithm
from hcert.records.citizen import code_registry
from hcert.records.citizen import encode as citizen_encode
from hcert.records.citizen.sealed import Sealed, SealedPart
from hcert.records.eu_dcc import encode as eu_dcc_encode
from hcert.records.icvp import decode as icvp_decode
from hcert.records.icvp import encode as icvp_encode
from hcert.records.medication_overview import decode as medication_decode
from hcert.store import trust_store
from hcert.trust import document_file, key_entry
from hcert.trust.revocation_kinds import RevocationKind
from support.signers import NOW, pem_of, spki_of, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable

# ImportReport here and used in no subject directly: atheris watches what is imported before it starts.
WATCHED: Final = (
    base45,
    cwt,
    code_text,
    cbor_prescan,
    citizen_encode,
    code_registry,
    eu_dcc_encode,
    icvp_encode,
    icvp_decode,
    medication_decode,
    certificate_files,
    eu_gateway,
    gdhcn,
)
WATCHED_MORE: Final = (jwk, jwks_importer, key_entry, trust_store)

AT: Final = NOW + dt.timedelta(days=1)
EXPIRY: Final = NOW + dt.timedelta(days=30)
START: Final = int(NOW.timestamp())
T = TypeVar("T")
HANOI: Final = ZoneInfo("Asia/Ho_Chi_Minh")


def _yes(_signature: bytes, _data: bytes) -> bool:
    return True


def credulous(key: hcert.TrustedKey, **changes: Any) -> hcert.TrustedKey:
    """Return a key to which every signature holds."""
    twin = replace(key, **changes)
    object.__setattr__(twin, "_verify", _yes)
    return twin


_PRIVATE: Final = ec.derive_private_key(1405, ec.SECP256R1())
_PINNED: Final = hcert.TrustedKey.from_public_key(spki_of(_PRIVATE), kid=b"fuzzing!", country="VN")
KEY: Final = credulous(_PINNED)
TESTS_ONLY: Final = credulous(
    _PINNED,
    algorithm=Algorithm.PS256,
    usages=frozenset({Usage.TEST}),
    not_before=NOW - dt.timedelta(days=9),
    not_after=NOW + dt.timedelta(days=2),
)
PINS: Final[dict[str, Any]] = {"anchors": [KEY], "threshold": 1, "at": AT}
SEALING: Final[dict[str, Any]] = {"issued_at": NOW, "expires_at": EXPIRY}


class Credulous:
    """A signer whose signatures are zeros, which the keys here take."""

    key = KEY

    def sign(self, data: bytes) -> bytes:
        """Return no signature at all."""
        return bytes(len(data) and 64)


SIGNER: Final = Credulous()


class Everybody(hcert.TrustList):
    """A list that has the keys of this module under every kid, except kids that begin with `-`."""

    def candidates(self, kid: bytes) -> tuple[hcert.TrustedKey, ...]:
        """Return both keys."""
        return () if kid.startswith(b"-") else (KEY, TESTS_ONLY)


CITIZEN: Final = hashlib.sha256(b"hcert tests").digest()[:16]  # of the records of `citizen_records.py`
BASE: Final = hcert.RevocationList.open(
    hcert.RevocationList(uci_hashes=[bytes([number]) * 16 for number in range(200)]).seal(
        [SIGNER], version=1, **SEALING
    ),
    **PINS,
)
REVOKED: Final = BASE.apply_delta(
    hcert.RevocationList(
        certificates=[bytes(16)],
        superseded={CITIZEN: 2},
        entries=[f"{CITIZEN.hex().upper()}/2"],
        uci_hashes=[bytes(16), lists.uci_hash("URN:UVCI:01:VN:AA11BB22CC33")],
        country_uci_hashes=[lists.country_uci_hash("VN", "URN:UVCI:01:VN:DD44EE55FF66")],
        signature_hashes=[lists.signature_hash(b"\1" * 64, Algorithm.ES256)],
    ).seal_delta([SIGNER], base=BASE, version=2, **SEALING),
    **PINS,
)
VERIFIERS: Final = (
    hcert.Verifier(Everybody()),
    hcert.Verifier(
        Everybody.open(hcert.TrustList([_PINNED]).seal([SIGNER], version=1, **SEALING), **PINS),
        policy=policy.AnyOf(
            policy.RecentNegativeTest(), policy.CompletedSeries(zone=HANOI), policy.Recovered(zone=HANOI)
        ),
        revocations=REVOKED,
    ),
    hcert.Verifier(
        Everybody(), policy=policy.AllOf(policy.YoungerThan(18, zone=HANOI), policy.AuthenticOnly()), revocations=BASE
    ),
    hcert.Verifier(Everybody(), policy=policy.AuthenticOnly(), limits=hcert.Limits(text_characters=300, cbor_depth=4)),
)
TIMES: Final = (
    AT,
    AT + dt.timedelta(days=40),
    dt.datetime.max.replace(tzinfo=dt.UTC),
    dt.datetime.min.replace(tzinfo=HANOI),
)


def _first(data: bytes) -> tuple[int, bytes]:
    return (data[0], data[1:]) if data else (0, b"")


def _look_at(verdict: hcert.Verdict) -> None:
    """Do with a verdict what a scanner does, and hold it to what it says."""
    certificate = verdict.certificate
    assert not verdict.accepted or certificate is not None
    assert verdict.accepted or any(found.severity == "error" for found in verdict.findings)
    assert verdict.findings or certificate is not None
    assert repr(verdict)
    for language in ("en", "vi"):
        card = words.card(verdict, language=language, zone=HANOI)
        assert card.accepted == verdict.accepted
        assert all(line.isprintable() for line in card.lines)
    record = certificate and certificate.record
    if isinstance(record, hcert.CitizenRecord):
        assert record.vaccinations or record.tests or record.recoveries or not verdict.accepted
        assert citizen.to_dict(record)
        for entry in record.entries[:3]:
            _or_refused(lambda entry=entry: citizen.to_eu_dcc(record, entry.number))  # type: ignore[misc]
        if record.sealed is not None:
            _or_refused(lambda: record.sealed and record.sealed.open(READER))
    if isinstance(record, hcert.EuDcc) and certificate is not None:
        _or_refused(lambda: citizen.merge([certificate, certificate], certificate_id=CITIZEN))


def text(data: bytes) -> None:
    """Check a text. Bits 0-1: verifier, 2-3: how the rest becomes a text, 4-5: the time."""
    mode, rest = _first(data)
    how = mode >> 2 & 3
    given: str | bytes = rest
    if how == 1:
        given = "HC1:" + rest.decode("latin-1")
    elif how == 2:
        given = "HC1:" + base45.encode(rest)
    elif how == 3:
        given = f"HC1:{base45.encode(zlib.compress(rest, 1))}".encode()
    _look_at(VERIFIERS[mode & 3].check(given, at=TIMES[mode >> 4 & 3]))
    if how == 0:
        _look_at(VERIFIERS[mode & 3].check(rest.decode("utf-8", "surrogateescape"), at=AT))
    _or_refused(lambda: hcert.read_unverified(given))


SUBCLAIMS: Final = (1, -1405, -6, 5, -99, -7)
HEADER: Final = cbor2.dumps({1: -7, 4: KEY.kid})
_TIMES: Final = cbor2.dumps({1: "VN", 4: START + 10**6, 6: START})[1:]


def signed_claims(claims: bytes) -> bytes:
    """Return a message around claims."""
    return b"\xd2" + cbor2.dumps([HEADER, {}, claims, bytes(64)])


def cose(data: bytes) -> None:
    """Check a message. Bits 0-1: verifier, 4-5: the time, 2-3 and 6-7: what the rest is.

    0 a message, 1 claims, 2 to 7 the payload of a subclaim, from 8 on what stood sealed in a citizen record.
    """
    mode, rest = _first(data)
    kind = mode >> 2 & 3 | mode >> 4 & 12
    if kind > 7:
        part = SealedPart(KEY.kid, SealingAlgorithm.HPKE_0, SealedBytes(b"", b""))
        _or_refused(lambda: Sealed((part,), b"-").open(cast("hcert.ReaderKey", CredulousReader(rest))))
        return
    if kind > 1:
        rest = b"\xa4" + _TIMES + b"\x39\x01\x03\xa1" + cbor2.dumps(SUBCLAIMS[kind - 2]) + rest
    message = signed_claims(rest) if kind else rest
    _look_at(VERIFIERS[mode & 3].check_cose(message, at=TIMES[mode >> 4 & 3]))


def keys(data: bytes) -> None:
    """Load a key. Bits 0-1: from what and with which kid."""
    mode, rest = _first(data)
    kid = (None, b"", bytes(64), bytes(65))[mode >> 2 & 3]
    load = hcert.TrustedKey.from_certificate if mode & 1 else hcert.TrustedKey.from_public_key
    given: str | bytes = rest.decode("latin-1") if mode & 2 else rest
    loaded = _or_refused(lambda: load(given, kid=kid))
    if loaded is not None:
        assert loaded.algorithm is None or loaded.algorithm in Algorithm
        assert loaded.verifies(bytes(64), b"data") is False
        assert loaded == load(given, kid=kid)
        _or_refused(lambda: key_entry.encode(loaded))


def document(kind: str, body: bytes, *, version: int = 2, more: bytes = b"", members: int = 3) -> bytes:
    """Return a signed document around an encoded body, and perhaps around more encoded members."""
    content = (
        bytes([0xA0 + members]) + b"\x00" + cbor2.dumps(kind) + b"\x01" + cbor2.dumps(version) + b"\x02" + body + more
    )
    claims = b"\xa3\x04" + cbor2.dumps(START + 10**6) + b"\x06" + cbor2.dumps(START) + b"\x3a\x00\x01\x00\x00" + content
    return cose_sign.encode(CoseSign(claims, (Signature(-7, KEY.kid, bytes(64)),)))


def trust_list(data: bytes) -> None:
    """Open a key list. Bits 0-1: the rest is a document, a body, one entry, the next anchors."""
    mode, rest = _first(data)
    how = mode & 3
    if how == 1:
        rest = document("hcert-keys", rest)
    elif how == 2:
        rest = document("hcert-keys", cbor2.dumps([[b"kid", rest], [b"other", rest]]))
    elif how == 3:
        rest = document("hcert-keys", b"\x80", more=b"\x03" + rest, members=5)
    opened = _or_refused(lambda: hcert.TrustList.open(rest, **PINS))
    if opened is None:
        return
    assert opened.envelope is not None
    assert len(opened.candidates(b"kid")) <= len(opened)
    assert len(list(opened)) == len(opened)
    assert all(found.code == "trust.entry" for found in opened.quarantined)
    assert repr(opened)
    changes = lists.diff(hcert.TrustList([_PINNED]), opened)
    assert len(changes.added) <= len(opened)
    opened.readers()
    again = _or_refused(lambda: opened.seal([SIGNER], version=3, **SEALING))
    if again is not None:
        assert set(hcert.TrustList.open(again, **PINS)) == set(opened)


def rule_list(data: bytes) -> None:
    """Open a rule list and judge by it. Bits 0-1: the rest is a document, a body, a rule; bit 2: the only one."""
    mode, rest = _first(data)
    how = mode & 3
    if how == 1:
        rest = document("hcert-rules", rest)
    elif how > 1:
        rest = document("hcert-rules", cbor2.dumps({0: [rest, b"no rule"][: mode >> 2 & 1 or 2]}))
    opened = _or_refused(lambda: certlogic.RuleList.open(rest, **PINS))
    if opened is None:
        return
    assert repr(opened)
    for country in ("VN", "MT"):
        outcome = certlogic.CountryRules(opened, country=country).judge(_dcc(), at=AT)
        assert outcome.satisfied != any(found.severity == "error" for found in outcome.findings)
        for found in (*outcome.findings, *opened.quarantined):
            assert words.message(found, language="vi")
            assert words.message(found, language="en")
    again = _or_refused(lambda: opened.seal([SIGNER], version=3, **SEALING))
    assert again is None or not opened.quarantined
    if again is not None:
        assert list(certlogic.RuleList.open(again, **PINS)) == list(opened)


@cache
def _dcc() -> policy.RecordView:
    """Return what a policy sees of an EU DCC."""
    issued = ISSUER.issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
    certificate = hcert.Verifier(hcert.TrustList([KEY])).verify(issued.text, at=AT)
    assert certificate.view is not None
    return certificate.view


_SPOOL: Final = Path(tempfile.gettempdir())


def revocation(data: bytes) -> None:
    """Open a revocation list. Bits 0-2: the rest is a list, an attachment behind a body, a delta, the body of a delta.

    For an attachment the first two bytes of the rest say how long the body is.
    """
    mode, rest = _first(data)
    how = mode & 3
    if how > 1:
        delta = document("hcert-revocations-delta", rest, version=mode >> 4) if how == 3 else rest
        updated = _or_refused(lambda: BASE.apply_delta(delta, newer_than=0, **PINS))
    else:
        if how == 1:
            size = int.from_bytes(rest[:2])
            rest = document_file.join(document("hcert-revocations", rest[2 : size + 2]), rest[size + 2 :])
        if mode & 4:
            with tempfile.NamedTemporaryFile(dir=_SPOOL) as file:
                file.write(rest)
                file.flush()
                updated = _or_refused(lambda: hcert.RevocationList.open(Path(file.name), **PINS))
        else:
            updated = _or_refused(lambda: hcert.RevocationList.open(rest, **PINS))
    if updated is not None:
        _ask(updated)


def _ask(opened: hcert.RevocationList) -> None:
    for kind in RevocationKind:
        records = _or_refused(lambda kind=kind: list(opened.records(kind)))  # type: ignore[misc]
        for item in (bytes(16), b"\xff" * 16, *((record[:16] for record in records[:2]) if records else ())):
            held = _or_refused(lambda kind=kind, item=item: opened.holds(kind, item))  # type: ignore[misc]
            assert held is None or type(held) is bool
    _or_refused(lambda: opened.oldest_revision(bytes(16)))
    _or_refused(lambda: len(opened))
    _or_refused(lambda: opened.merge(BASE))
    _or_refused(lambda: opened.seal([SIGNER], version=3, **SEALING))
    assert repr(opened)


def gdhcn_document(data: bytes) -> None:
    """Import a GDHCN document and, behind an empty line, a child of it. Bit 0: any age will do, bit 1: all usages."""
    mode, rest = _first(data)
    parent, _, child = rest.partition(b"\n\n")
    named: dict[str, bytes] = {}
    with suppress(ValueError, RecursionError, TypeError, KeyError):
        named = {json.loads(child)["id"]: child} if child else {}
    imported = _or_refused(
        lambda: lists.import_gdhcn(
            parent,
            signer=KEY,
            at=dt.datetime(2026, 8, 25, tzinfo=dt.UTC),
            max_age=None if mode & 1 else dt.timedelta(days=7),
            usages=("DSC", "CSCA", "DECA", "DESC") if mode & 2 else ("DSC",),
            children=named,
        )
    )
    if imported is not None:
        _look_at_import(imported)
        assert imported.created_at is not None


def importers(data: bytes) -> None:
    """Import other lists. Bits 0-1: of the gateway, of Germany, a certificate file, two of them for one country."""
    mode, rest = _first(data)
    how = mode & 3
    if how == 0:
        imported = _or_refused(lambda: lists.import_gateway(rest, certificate_types=("DSC", "CSCA")))
    elif how == 1:
        imported = _or_refused(lambda: lists.import_german(rest, signer=KEY, countries=["VN"] if mode & 4 else None))
    elif how == 2:
        imported = _or_refused(lambda: lists.import_certificates({rest[:9].decode("latin-1"): rest}))
    else:
        imported = _or_refused(lambda: lists.import_certificates({"a": rest, "b": rest[1:]}, countries=["VN"]))
    if imported is not None:
        _look_at_import(imported)


def jwks(data: bytes) -> None:
    """Import a key set. Bit 0: for a country, bit 1: for tests and recoveries."""
    mode, rest = _first(data)
    usages = {Usage.TEST, Usage.RECOVERY} if mode & 2 else {Usage.VACCINATION}
    imported = _or_refused(lambda: lists.import_jwks(rest, owner="VN" if mode & 1 else "-", usages=usages, at=NOW))
    if imported is not None:
        _look_at_import(imported)
        assert imported.created_at == NOW
        assert all(key.algorithm is not None and key.usages <= usages for key in imported.trust)
        members = json.loads(rest)["keys"]
        assert len(members) == len(imported.trust) + len(imported.quarantined) + len(imported.skipped)


def _look_at_import(imported: lists.ImportReport) -> None:
    assert repr(imported)
    for found in (*imported.quarantined, *imported.skipped, *imported.warnings):
        assert found.record is not None
        assert words.message(found, language="vi")
    again = _or_refused(lambda: imported.trust.seal([SIGNER], version=1, **SEALING))
    if again is not None:
        opened = hcert.TrustList.open(again, **PINS)
        assert not opened.quarantined
        assert set(opened) == set(imported.trust)


def identities(data: bytes) -> None:
    """Read what people type and cards show. Bits 0-1: how bytes become text, 2-3: what the text is."""
    mode, rest = _first(data)
    given = rest.decode(
        ("utf-8", "latin-1", "utf-16-le", "utf-32-le")[mode & 3], "replace" if mode & 2 else "surrogateescape"
    )
    how = mode >> 2 & 3
    if how == 0:
        _look_at_identity(_or_refused(lambda: identity.parse_personal_code(given)))
    elif how == 1:
        _look_at_identity(_or_refused(lambda: identity.parse_citizen_card(given)))
    elif how == 2:
        cleaned = _or_refused(lambda: names.clean(given))
        if cleaned is not None:
            assert names.clean(cleaned[0]) == (cleaned[0], ())
        letters = _or_refused(lambda: names.transliterate(given))
        if letters is not None:
            assert names.transliterate(letters) == letters
            assert names.same_name(given, given)
        _or_refused(lambda: names.propose_split(given))
    else:
        checked = _or_refused(lambda: uvci.with_check_character(given))
        assert checked is None or uvci.check_character_holds(checked)
        uvci.check_character_holds(given)
        country, _, parts = given.partition(":")
        _or_refused(lambda: uvci.make_semi_structured(country, *parts.split("/")))
        _or_refused(lambda: uvci.make_structured(country, entity=parts, vaccine=parts))


def _look_at_identity(found: identity.Identity | None) -> None:
    if found is None:
        return
    assert found.birth_date.day
    assert repr(found) == "<Identity>"
    split = _or_refused(lambda: names.propose_split(found.full_name))
    if split is not None:
        person = found.person(family_name=split.family_name, given_name=split.given_name)
        assert person.birth_date == found.birth_date


def members(data: bytes) -> None:
    """Make a citizen record of JSON, issue it where it may be issued, and check it. Bit 0: sealed content."""
    mode, rest = _first(data)
    try:
        given = json.loads(rest)
    except (ValueError, RecursionError):
        return
    if mode & 1:
        _or_refused(lambda: citizen.confidential_from_dict(given))
        return
    record = _or_refused(lambda: citizen.from_dict(given))
    if record is None:
        return
    issued = _or_refused(lambda: ISSUER.issue(record, issued_at=NOW, expires_at=EXPIRY))
    if issued is not None:
        verdict = VERIFIERS[0].check(issued.text, at=AT)
        assert verdict.certificate is not None
        read = cast("hcert.CitizenRecord", verdict.certificate.record)
        assert citizen.to_dict(read) == citizen.to_dict(record)


ISSUER: Final = hcert.Issuer(SIGNER, country="VN")


class CredulousReader:
    """A reader whose key opens everything, to any plaintext."""

    key = replace(KEY, usages=frozenset({Usage.OPEN}))

    def __init__(self, plaintext: bytes) -> None:
        self._plaintext = plaintext

    def open(self, sealed: object, *, info: bytes) -> bytes:
        """Return the plaintext."""
        assert sealed is not None
        assert info
        return self._plaintext


READER: Final = hcert.ReaderKey.from_pem(pem_of(_PRIVATE), key=replace(_PINNED, usages=frozenset({Usage.OPEN})))


def _or_refused(call: Callable[[], T]) -> T | None:
    """Return what a call returns, None where it is refused as promised."""
    try:
        return call()
    except HcertError as error:
        assert error.findings
        assert str(error)
        return None


def card(data: bytes) -> None:
    """Check a vaccination card. Bits 0-1: verifier, 4-5: the time, 6: raw deflate, 2-3: what the rest is.

    0 what was deflated, 1 a message, 2 claims, 3 the payload.
    """
    mode, rest = _first(data)
    kind = mode >> 2 & 3
    if kind == 3:
        rest = b"\xa4" + _TIMES + b"\x39\x01\x03" + rest
    if kind > 1:
        rest = signed_claims(rest)
    if kind:
        packer = zlib.compressobj(1, wbits=-15 if mode & 64 else 15)
        rest = packer.compress(rest) + packer.flush()
    given = "VC1:" + base45.encode(rest)
    verdict = VERIFIERS[mode & 3].check(given, at=TIMES[mode >> 4 & 3])
    _look_at(verdict)
    _or_refused(lambda: hcert.read_unverified(given))
    record = verdict.certificate and verdict.certificate.record
    if isinstance(record, hcert.VaccinationCard):
        assert bool(clvr.merge([record, record]).card.doses) == bool(record.doses)
        made, _ = clvr.to_citizen(record, certificate_id=CITIZEN)
        indexes = {number: number for number in range(1, len(record.doses) + 1)}
        written, _ = clvr.from_citizen(made, registry="VNM", repository=1, indexes=indexes)
        assert [one.vaccine for one in written.doses] == [one.vaccine for one in record.doses]


SUBJECTS: Final[dict[str, Callable[[bytes], None]]] = {
    "text": text,
    "cose": cose,
    "card": card,
    "keys": keys,
    "trust_list": trust_list,
    "rule_list": rule_list,
    "revocation": revocation,
    "gdhcn": gdhcn_document,
    "jwks": jwks,
    "importers": importers,
    "identity": identities,
    "members": members,
}
