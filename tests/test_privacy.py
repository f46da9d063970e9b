"""The privacy proof: what was sealed leaves the library in sealed bytes alone.

Every byte that leaves is searched for the identity number, the insurance number, the phone and the rest of what was
sealed: as they are, in hexadecimal, in Base64 and Base32, and as the hashes that people take of such numbers.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import logging
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given
from hypothesis import strategies as st

import hcert
from conftest import ROOT
from hcert import citizen, identity, words
from hcert.codec import cbor, code_text, cose_sign1
from hcert.keys.usage import OPEN_ONLY
from hcert.policy import CompletedSeries
from hcert.records.citizen import layout
from support.citizen_records import citizen_record, sampled
from support.signers import EXPIRY, NOW, document_signer, p256, pem_of, spki_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SIGNER = document_signer(p256())
ISSUER = hcert.Issuer(SIGNER.signer, country="VN")
PRIVATE = x25519.X25519PrivateKey.generate()
READER = hcert.ReaderKey.from_pem(pem_of(PRIVATE))
STRANGER = hcert.ReaderKey.from_pem(
    pem_of(x25519.X25519PrivateKey.generate()),
)
IMPOSTOR_KEY = x25519.X25519PrivateKey.generate()
IMPOSTOR = hcert.ReaderKey.from_pem(
    pem_of(IMPOSTOR_KEY),
    key=hcert.TrustedKey.from_public_key(spki_of(IMPOSTOR_KEY), kid=READER.key.kid, usages=OPEN_ONLY),
)

digits = st.text("0123456789", min_size=9, max_size=12)
secrets = st.builds(
    citizen.Confidential,
    id_number=st.from_regex("0[0-9]{11}", fullmatch=True),
    former_id_number=st.from_regex("[1-9][0-9]{8}", fullmatch=True),
    insurance_number=st.from_regex("[A-Z]{2}[0-9]{13}", fullmatch=True),
    phone=st.from_regex("0[0-9]{9}", fullmatch=True),
    lot_numbers=st.from_regex("[A-Z]{2}[0-9]{6}", fullmatch=True).map(lambda lot: ((1, lot),)),
    notes=st.from_regex("Ghi chú bí mật [0-9]{6}", fullmatch=True),
)


def needles(confidential: citizen.Confidential) -> Iterator[bytes]:
    """Yield every form in which something confidential could leak."""
    texts = [
        confidential.id_number,
        confidential.former_id_number,
        confidential.insurance_number,
        confidential.phone,
        confidential.notes,
        *(lot for _, lot in confidential.lot_numbers),
    ]
    for text in filter(None, texts):
        plain = text.encode()
        yield plain
        hashes = [hashlib.new(name, plain, usedforsecurity=False).digest() for name in ("sha256", "sha1", "md5")]
        for form in (plain, *hashes, *(value[:16] for value in hashes), *(value[:8] for value in hashes)):
            yield form
            yield from _written(form)


def _written(form: bytes) -> Iterator[bytes]:
    yield form.hex().encode()
    yield form.hex().upper().encode()
    yield base64.b32encode(form).rstrip(b"=")
    for shift in range(3):  # wherever in a longer Base64 text it may stand
        inner = base64.b64encode(bytes(shift) + form)[(0, 2, 3)[shift] :].rstrip(b"=")[:-1]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def leaks(confidential: citizen.Confidential, *leaving: bytes | str) -> list[bytes]:
    """Return the forms that are found in what leaves."""
    whole = b"\0".join(part.encode() if isinstance(part, str) else part for part in leaving)
    return [form for form in needles(confidential) if form in whole]


def all_of(error: BaseException) -> str:
    """Return an exception with its notes, and with all that hang on to it, suppressed ones too."""
    told = ["".join(traceback.format_exception(error))]
    link: BaseException | None = error
    while link is not None:
        told += [repr(link), str(link.args)]
        link = link.__cause__ or link.__context__
    return "".join(told)


def refusal(call: Callable[[], Any]) -> str:
    """Return what a call that must fail tells."""
    with pytest.raises(hcert.HcertError) as caught:
        call()
    return all_of(caught.value)


def issued(
    record: hcert.CitizenRecord, confidential: Mapping[hcert.TrustedKey, citizen.Confidential] | None = None
) -> hcert.Certificate:
    """Issue a record."""
    return ISSUER.issue(record, issued_at=NOW, expires_at=EXPIRY, confidential=confidential)


def outside_sealed(code: hcert.Certificate) -> bytes:
    """Return the payload without its sealed bytes."""
    payload = dict(hcert.read_unverified(code.text).subclaims[-1405])
    assert payload.pop(layout.SEALED)
    return cbor.encode(payload)


@given(secrets)
def test_nothing_confidential_leaves_but_sealed(confidential: citizen.Confidential) -> None:
    """Text, message, payload, verdicts, cards, errors and every repr, whole or broken."""
    record = citizen_record(2, 1)
    sealed = {READER.key: confidential}
    code = issued(record, sealed)
    verifier = hcert.Verifier(hcert.TrustList([SIGNER.key]), policy=CompletedSeries())
    verdicts = [
        verifier.check(code.text, at=NOW),
        verifier.check(code.text, at=EXPIRY + dt.timedelta(days=1)),
        verifier.check(code.text[:-4], at=NOW),
        hcert.Verifier(hcert.TrustList()).check(code.text, at=NOW),
    ]
    assert verdicts[0].certificate is not None
    shown = verdicts[0].certificate.record
    assert isinstance(shown, hcert.CitizenRecord)
    assert shown.sealed is not None
    message = code_text.decode(code.text, limits=hcert.Limits()).message
    twice = citizen.Confidential(id_number=confidential.id_number, lot_numbers=((2, "B"), *confidential.lot_numbers))
    leaving: list[bytes | str] = [
        code.text,
        code.cose,
        message,
        cose_sign1.decode(message, limits=hcert.Limits()).payload,
        outside_sealed(code),
        *(repr(value) for value in (code, record, shown, shown.sealed, shown.sealed.parts, confidential, sealed)),
        *(repr(verdict) for verdict in verdicts),
        *(found.message for verdict in verdicts for found in verdict.findings),
        *(str(words.card(verdict, language=language)) for verdict in verdicts for language in ("en", "vi")),
        repr(hcert.read_unverified(code.text)),
        str(citizen.to_dict(shown)),
        *(shown.entry_id(entry.number) for entry in shown.entries),
        *(citizen.to_eu_dcc(shown, number).events[0].certificate_id for number in (1, 2, 3)),
        refusal(lambda: shown.sealed and shown.sealed.open(STRANGER)),
        refusal(lambda: shown.sealed and shown.sealed.open(IMPOSTOR)),
        refusal(
            lambda: ISSUER.issue(record, issued_at=NOW, expires_at=EXPIRY, confidential={SIGNER.key: confidential})
        ),
        refusal(lambda: ISSUER.issue(record, issued_at=NOW, expires_at=EXPIRY, confidential={READER.key: twice})),
        refusal(lambda: ISSUER.issue(record, issued_at=NOW, expires_at=NOW, confidential=sealed)),
    ]
    assert leaks(confidential, *leaving) == []
    assert shown.sealed.open(READER) == confidential


@given(secrets, st.sampled_from(["|", "||", "x", "1999-13-01", "\x00"]))
def test_identity_errors_do_not_quote_the_input(confidential: citizen.Confidential, spoil: str) -> None:
    """Right or wrong, the parsers show no number: not in what they return, nor in what they raise."""
    number, phone, insurance = confidential.id_number, confidential.phone, confidential.insurance_number
    personal = f"{number}|NGUYEN VAN A|1990-05-17|0|123456|<1<{insurance}<{phone}"
    card = f"{number}|{confidential.former_id_number}|Nguyễn Văn A|17051990|Nam|Hà Nội|15042021"
    for parse, text in ((identity.parse_personal_code, personal), (identity.parse_citizen_card, card)):
        for given_text in (text, text + spoil, spoil + text, text.replace("|", spoil, 1)):
            try:
                read = parse(given_text)
            except hcert.MalformedError as error:
                assert leaks(confidential, all_of(error)) == []
            else:
                assert leaks(confidential, repr(read), repr(read.confidential), repr(read.findings)) == []


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The library writes no log at all, at any level."""
    caplog.set_level(logging.DEBUG)
    confidential = citizen.Confidential(id_number="001190000123")
    code = issued(citizen_record(), {READER.key: confidential})
    SIGNER.verifier.check(code.text, at=NOW)
    assert caplog.text == ""


def test_the_search_would_find_a_leak() -> None:
    """Numbers put into the open part by hand, in each of the forms, are found."""
    confidential = citizen.Confidential(id_number="001190000123")
    number = b"001190000123"
    digest = hashlib.sha256(number).digest()
    forms = [
        number.decode(),
        number.hex(),
        base64.b64encode(number).decode(),
        digest.hex(),
        base64.b64encode(digest).decode(),
        base64.b64encode(b"x" + number).decode(),
        hashlib.md5(number, usedforsecurity=False).hexdigest(),
        hashlib.sha1(number, usedforsecurity=False).hexdigest()[:16],
    ]
    for form in forms:
        record = citizen_record(0, 0).revise(tests=(sampled(1, centre=form),))
        code = issued(record)
        payload = cbor.encode(hcert.read_unverified(code.text).subclaims[-1405])
        assert leaks(confidential, payload), form


def test_only_the_sealed_part_has_a_member_for_an_id_number() -> None:
    """By construction: no type of the open part, and no way in from JSON."""
    for kind in (hcert.CitizenRecord, citizen.Person, citizen.Vaccination, citizen.Test, citizen.Recovery):
        assert not {"id_number", "insurance_number", "phone", "notes", "lot_numbers"} & set(kind.__struct_fields__)
    for place in ("person", None):
        members = citizen.to_dict(citizen_record())
        (members[place] if place else members)["id_number"] = "001190000123"
        with pytest.raises(hcert.IssueError) as caught:
            citizen.from_dict(members)
        assert caught.value.code == "record.unknown_member"
        assert "001190000123" not in all_of(caught.value)


WATCHED = """
import sys

written, connected = [], []


def watch(event, arguments):
    if event == "open" and arguments[1] is not None and set(arguments[1]) & set("wax+"):
        written.append(arguments[0])
    if event == "open" and arguments[1] is None and arguments[2] & 3:
        written.append(arguments[0])
    if event.startswith(("socket.", "subprocess.", "os.system", "tempfile.")):
        connected.append(event)


sys.dont_write_bytecode = True
sys.path[:0] = sys.argv[1:]
import hcert
from support.signers import EXPIRY, NOW, document_signer, p256, vaccination_record
from support.citizen_records import citizen_record

sys.addaudithook(watch)
signer = document_signer(p256())
for record in (vaccination_record(), citizen_record()):
    code = hcert.Issuer(signer.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert signer.verifier.check(code.text, at=NOW).accepted
    assert len(signer.verifier.check_many([code.text, "HC1:X"], at=NOW, workers=2)) == 2
    code.qr().terminal()
print(written, connected)
"""


@pytest.mark.process
def test_nothing_is_written_to_a_disk_and_nothing_leaves_the_process() -> None:
    """Issuing and verifying open no file for writing, make no temporary one, and reach for no network."""
    tests = str(ROOT / "tests")
    command = [sys.executable, "-c", WATCHED, tests]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert run.stdout == "[] []\n", run.stdout + run.stderr


NUMBER, SURROGATE = "001190000123", "\ud800"  # tracebacks quote the lines of this file, so not in them


@pytest.mark.parametrize(
    "call",
    [
        lambda: citizen.from_dict({"person": {"sex": int(NUMBER)}}),
        lambda: citizen.from_dict({"person": {"birth_date": NUMBER}}),
        lambda: issued(citizen.from_dict({"person": {"family_name": NUMBER + SURROGATE}})),
        lambda: issued(citizen.from_dict({"certificate_id": NUMBER, "person": {}})),
        lambda: citizen.from_dict({"certificate_id": NUMBER + "g", "person": {}}),
        lambda: citizen.confidential_from_dict({"id_number": int(NUMBER)}),
        lambda: issued(citizen_record(), {READER.key: citizen.Confidential(lot_numbers=((1, NUMBER + SURROGATE),))}),
        lambda: issued(citizen_record(), {READER.key: citizen.Confidential(lot_numbers=((1, NUMBER * 9),))}),
        lambda: issued(citizen_record(), {READER.key: citizen.Confidential(notes=NUMBER + SURROGATE)}),
        lambda: issued(citizen_record(), {READER.key: citizen.Confidential(id_number=int(NUMBER))}),  # type: ignore[arg-type]
    ],
    ids=["sex", "date", "name", "id", "hex id", "type", "lot", "long lot", "notes", "number"],
)
def test_what_is_refused_quotes_nothing_anywhere_in_its_chain(call: Callable[[], Any]) -> None:
    """Neither the error nor one that hangs on to it, shown or suppressed, holds a value that was given."""
    assert str(int(NUMBER)) not in refusal(call)
