"""Identity codes that people carry: the personal code of decision 1405, and the code on the citizen card.

Both are unsigned plain text that anyone can print. Treat them like a filled-in form: they do not prove who somebody is.
hcert parses them to save an issuer the typing; it never writes them.

* `parse_personal_code`: decision 1405/QĐ-BTTTT of 11 September 2021, technical guide version 1.1,
  `SoGiayTo|HoTen|NgaySinh|LoaiDinhDanh|QID|EXT`.
* `parse_citizen_card`: the chip card of circular 06/2021/TT-BCA, seven fields joined by `|`. No official description
  of the format was found; this is the one that public scanner apps share.
* `number_findings`: the 12 digits of decree 137/2015/NĐ-CP, article 13, and circular 07/2016/TT-BCA, article 7: three
  for the place of birth registration, one for century and sex, two for the year, six random. There is no check digit.

Both parsers are strict. They name every wrong field, and never show its content.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta

from hcert.errors import MalformedError
from hcert.findings import MAX_FINDINGS, Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records import names
from hcert.records.citizen.person import Confidential, Person, Sex
from hcert.records.partial_date import PartialDate
from hcert.records.record_struct import RecordStruct

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_CHARACTERS: Final = 1024  # several times the length of such a code, including a signature

_CITIZEN_NUMBER: Final = "[0-9]{12}"
_OLD_NUMBER: Final = "[0-9]{9}"
_PASSPORT: Final = "[A-Z]{1,2}[0-9]{6,8}"
_PLAIN_NAME: Final = "[A-Z](?:[ ']?[A-Z]){0,1023}"  # with an apostrophe in names such as H'HEN NIE
_USER_CODE: Final = "[0-9]{1,64}"
_INSURANCE_NUMBER: Final = "[0-9]{10}|[A-Z]{2}[0-9]{13}"
_PHONE: Final = "0[0-9]{9}"
_ISO_DATE: Final = "(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_CARD_DATE: Final = "(?P<day>[0-9]{2})(?P<month>[0-9]{2})(?P<year>[0-9]{4})"

_EXTENSIONS: Final = 4  # items of EXT that are parsed: declarer, sex, insurance number, phone
_SEXES_BY_DIGIT: Final = {"": None, "0": None, "1": Sex.MALE, "2": Sex.FEMALE}
_SEXES_BY_WORD: Final = {"Nam": Sex.MALE, "Nữ": Sex.FEMALE}

# The 63 provinces as of May 2025. They were merged in June 2025; numbers issued before stay valid.
_PROVINCES: Final = (
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 "
    "044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 "
    "089 091 092 093 094 095 096"
)


class Identity(RecordStruct, frozen=True, kw_only=True):
    """What an identity code states about a person. Its `repr` shows none of it.

    Attributes:
        full_name: capitals without marks from a personal code; as printed (NFC) from a card.
        birth_date: always a whole day.
        sex: None if the code does not say.
        confidential: the identity numbers, and the phone number.
        declared_by_other: whether another person declared the data; None from a card.
        user_code: the person's code on the national QR platform (QID); None from a card.
        declarer_code: the QID of the person who declared the data.
        residence: place of permanent residence, from a card.
        card_issued: day of issue of a card.
        further: items of EXT beyond the fourth, unparsed; a signature among them is NOT checked.
        findings: warnings.
    """

    full_name: Annotated[str, Meta(max_length=_MAX_CHARACTERS)]
    birth_date: PartialDate
    sex: Sex | None
    confidential: Confidential
    declared_by_other: bool | None = None
    user_code: Annotated[str, Meta(max_length=_MAX_CHARACTERS)] | None = None
    declarer_code: Annotated[str, Meta(max_length=_MAX_CHARACTERS)] | None = None
    residence: Annotated[str, Meta(max_length=_MAX_CHARACTERS)] | None = None
    card_issued: dt.date | None = None
    further: Annotated[
        tuple[Annotated[str, Meta(max_length=_MAX_CHARACTERS)], ...], Meta(max_length=_MAX_CHARACTERS)
    ] = ()
    findings: Annotated[tuple[Finding, ...], Meta(max_length=MAX_FINDINGS)] = ()

    def person(self, *, family_name: str | None, given_name: str | None, nationality: str | None = None) -> Person:
        """Return the holder of a record, with the name split by the caller (`names.propose_split` may help).

        The parts may have marks that a personal code lacks; they must have those of a card. They are brought into the
        form of `names.clean`; call that first for its warnings.

        Raises:
            MalformedError: `identity.name_mismatch` if family name and given name, in this order, are not the words
                of the full name; and the errors of `names.clean` and `names.transliterate`.
        """
        parts: dict[str, str] = {}
        faults: list[Finding] = []
        for field, text in (("family_name", family_name), ("given_name", given_name)):
            if text is not None:
                parts[field], found = _clean_field(text, field, is_name=True)
                faults += _errors_in(found)
        whole = " ".join(parts.values())
        if not faults and (
            not whole or not names.same_name(whole, self.full_name) or names.marks_differ(whole, self.full_name)
        ):
            faults.append(finding("identity.name_mismatch"))
        if faults:
            raise MalformedError(*faults)
        return Person(
            family_name=parts.get("family_name"),
            given_name=parts.get("given_name"),
            birth_date=self.birth_date,
            sex=self.sex,
            nationality=nationality,
        )


def parse_personal_code(text: str) -> Identity:
    """Parse a personal code `SoGiayTo|HoTen|NgaySinh|LoaiDinhDanh|QID|EXT`.

    All six fields are required. EXT may be empty or end early, and each of its items may be empty.

    Raises:
        MalformedError: with a finding `identity.*` for every wrong field.
    """
    number, name, birth, declared, user_code, extension = _split_fields(text, 6, kind=fragment("thing.personal_code"))
    items = extension.split("<")
    declarer, sex, insurance, phone = (items + [""] * _EXTENSIONS)[:_EXTENSIONS]
    birth_date = _parse_date(re.fullmatch(_ISO_DATE, birth))
    found = [
        fault
        for right, fault in (
            (
                re.fullmatch(f"{_CITIZEN_NUMBER}|{_OLD_NUMBER}|{_PASSPORT}", number),
                finding("identity.number", reason=fragment("identity.number_form")),
            ),
            (re.fullmatch(_PLAIN_NAME, name), finding("identity.name", reason=fragment("identity.name_form"))),
            (re.fullmatch("[01]", declared), finding("identity.declaration")),
            (re.fullmatch(_USER_CODE, user_code), finding("identity.user_code")),
            (re.fullmatch(f"(?:{_USER_CODE})?", declarer), finding("identity.user_code")),
            (re.fullmatch("[012]?", sex), finding("identity.sex", allowed="0, 1, 2")),
            (re.fullmatch(f"(?:{_INSURANCE_NUMBER})?", insurance), finding("identity.insurance_number")),
            (re.fullmatch(f"(?:{_PHONE})?", phone), finding("identity.phone")),
        )
        if not right
    ]
    if birth_date is None:
        found.append(finding("identity.birth_date", form="YYYY-MM-DD"))
    found += number_findings(number, birth_date=birth_date or PartialDate(), sex=_SEXES_BY_DIGIT.get(sex))
    errors = _errors_in(found)
    if errors or birth_date is None:
        raise MalformedError(*errors)
    return Identity(
        full_name=name,
        birth_date=birth_date,
        sex=_SEXES_BY_DIGIT[sex],
        confidential=Confidential(id_number=number, insurance_number=insurance or None, phone=phone or None),
        declared_by_other=declared == "1",
        user_code=user_code,
        declarer_code=declarer or None,
        further=tuple(items[_EXTENSIONS:]),
        findings=tuple(found),
    )


def parse_citizen_card(text: str) -> Identity:
    """Parse the code of a citizen card: `number|old number|name|DDMMYYYY|Nam or Nữ|residence|DDMMYYYY`.

    The old number and the residence may be empty. Cards under the law of 2023 carry more fields in an unpublished
    order; they are refused.

    Raises:
        MalformedError: with a finding for every wrong field: `identity.*`, those of `names.clean` and
            `names.transliterate` for the name, and those of `names.clean` for the residence.
    """
    number, old_number, name, birth, sex, residence, issued = _split_fields(text, 7, kind=fragment("thing.card_code"))
    sex = unicodedata.normalize("NFC", sex)
    birth_date, issue_date = _parse_date(re.fullmatch(_CARD_DATE, birth)), _parse_date(re.fullmatch(_CARD_DATE, issued))
    found = [
        fault
        for right, fault in (
            (
                re.fullmatch(_CITIZEN_NUMBER, number),
                finding("identity.number", reason=fragment("identity.card_digits")),
            ),
            (re.fullmatch(f"(?:{_OLD_NUMBER})?", old_number), finding("identity.old_number")),
            (birth_date, finding("identity.birth_date", form="DDMMYYYY")),
            (sex in _SEXES_BY_WORD, finding("identity.sex", allowed=", ".join(_SEXES_BY_WORD))),
            (issue_date, finding("identity.issue_date", form="DDMMYYYY")),
        )
        if not right
    ]
    full_name, faults = _clean_field(name, "full_name", is_name=True)
    found += faults
    if residence:
        residence, faults = _clean_field(residence, "residence", is_name=False)
        found += faults
    found += number_findings(number, birth_date=birth_date or PartialDate(), sex=_SEXES_BY_WORD.get(sex))
    errors = _errors_in(found)
    if errors or birth_date is None or issue_date is None:
        raise MalformedError(*errors)
    return Identity(
        full_name=full_name,
        birth_date=birth_date,
        sex=_SEXES_BY_WORD[sex],
        confidential=Confidential(id_number=number, former_id_number=old_number or None),
        residence=residence or None,
        card_issued=dt.date.fromisoformat(str(issue_date)),
        findings=tuple(found),
    )


def number_findings(number: str, *, birth_date: PartialDate, sex: Sex | None) -> tuple[Finding, ...]:
    """Return the contradictions between a personal number of 12 digits and the other data; none for any other text.

    A birth date without a year is not compared, nor is a sex other than male or female.

    Returns:
        The warning `identity.number_prefix` for a place that is not a province, since births registered abroad have
        such numbers; the errors `identity.number_birth_date` and `identity.number_sex`.
    """
    if not re.fullmatch(_CITIZEN_NUMBER, number):
        return ()
    found = []
    if number[:3] not in _PROVINCES:
        found.append(finding("identity.number_prefix"))
    centuries, female = divmod(int(number[3]), 2)
    if birth_date.year not in {None, 1900 + 100 * centuries + int(number[4:6])}:
        found.append(finding("identity.number_birth_date"))
    if sex == (Sex.MALE if female else Sex.FEMALE):
        found.append(finding("identity.number_sex"))
    return tuple(found)


def _split_fields(text: str, expected: int, *, kind: Fragment) -> list[str]:
    """Split a code of the expected number of fields."""
    count = text.count("|") + 1
    if len(text) > _MAX_CHARACTERS:
        reason = fragment("size.characters", most=_MAX_CHARACTERS)
    elif text != text.strip():
        reason = fragment("identity.blanks")
    elif count != expected:
        reason = fragment("identity.fields", due=expected, count=count)
    else:
        return text.split("|")
    raise MalformedError.of("identity.format", kind=kind, reason=reason)


def _parse_date(match: re.Match[str] | None) -> PartialDate | None:
    """Return a whole day of the years 1900 to 2099 from its parts; None for anything else."""
    try:
        return PartialDate.parse("{year}-{month}-{day}".format_map(match.groupdict())) if match else None
    except ValueError:
        return None


def _clean_field(text: str, field: str, *, is_name: bool) -> tuple[str, tuple[Finding, ...]]:
    """Clean a field; return it with its warnings, or empty text with its errors."""
    try:
        cleaned = names.clean(text, field=field)
        if is_name:
            names.transliterate(text, field=field)
    except MalformedError as error:
        return "", error.findings
    return cleaned


def _errors_in(found: Iterable[Finding]) -> list[Finding]:
    return [fault for fault in found if fault.severity == "error"]
