"""Names as Vietnamese documents write them, and their transliteration to A-Z.

A name has one canonical form: Unicode NFC, one space between words, no whitespace around it, Đ as U+0110. NFC also
unifies decomposed letters (NFD) and the half-decomposed ones of windows-1258. Marks that it cannot compose are refused.

The transliteration follows ICAO Doc 9303-3, section 6 A. Its table, as implementations have it, lacks Ơ, Ư and all
letters from U+1EA0 to U+1EF9, and turns Nguyễn into NGUYN. So letters are decomposed instead: `_SPELLED` lists those
that ICAO spells with two letters (Ä, Å, Ö, Ü, Æ, ß, Þ ...) and those without a decomposition (Đ, Ł, Ħ ...); all others
lose their marks. A hyphen or comma separates words; an apostrophe or full stop is dropped. A character that yields no
letter is an error, so that a name never shrinks unnoticed.

Positions in findings count from 1, in the name's NFC form.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple, TypeAlias

from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.records.text_rules import text_fault

MAX_CHARACTERS: Final = 1000  # of an input; a certificate holds 80
_MAX_LENGTH: Final = 80  # of `fnt` and `gnt` in the EU DCC schema
Marks: TypeAlias = tuple[tuple[str, ...], ...]  # of each word, sorted
_BLANKS: Final = " \u00a0"
_LOOK_ALIKES: Final = str.maketrans("\u00d0\u0189\u00f0\u0256", "ĐĐđđ")  # Eth and African D

# By upper-case letter: the spellings that are not simply the letter without its marks.
_SPELLED: Final = {
    "Ä": "AE",
    "Å": "AA",
    "Æ": "AE",
    "\u00d0": "D",  # Eth
    "Đ": "D",
    "\u0189": "D",  # African D, the other look-alike of Đ
    "Ħ": "H",
    "Ĳ": "IJ",
    "ĸ": "Q",  # has no upper case
    "Ŀ": "L",
    "Ł": "L",
    "Ŋ": "N",
    "Ö": "OE",
    "Ø": "OE",
    "Œ": "OE",
    "ẞ": "SS",
    "Þ": "TH",
    "Ŧ": "T",
    "Ü": "UE",
    "'": "",
    "\u2019": "",
    "\u02bc": "",
    ".": "",
    **dict.fromkeys([*_BLANKS, "<", "-", "\u2010", "\u2011", "\u2013", ","], "<"),
}

# The most common family names. Văn is left out, being far more common as a middle name.
_FAMILY_NAME: Final = (
    "NGUYEN|TRAN|LE|PHAM|HUYNH|HOANG|PHAN|VU|VO|DANG|BUI|DO|HO|NGO|DUONG|LY|DINH|TRINH|TRUONG|DOAN|DAO|MAI|CAO|LUONG|"
    "LUU|TA|CHAU|QUACH|LAM|THAI|TONG|NGHIEM"
)
# Two words that may be one family name if a third follows: those of both parents, or of a branch of the Nguyễn.
_LONGER_FAMILY_NAME: Final = f"[A-Z]{{1,{_MAX_LENGTH}}}<(?:{_FAMILY_NAME})<|NGUYEN<(?:PHUC|PHUOC|KHOA|HUU)<"
# Ignored when looking for signs of another name order; U+02BC is such a sign, though Unicode calls it a letter.
_NO_LETTERS: Final = str.maketrans({" ": "", "\u02bc": "'"})


def clean(name: str, *, field: str = "name") -> tuple[str, tuple[Finding, ...]]:
    """Bring a name into its canonical form: NFC, single spaces, Đ instead of its look-alikes.

    U+0020 and U+00A0 count as spaces; tabs and line ends are refused as control characters.

    Args:
        name: as typed or scanned.
        field: name of the field in findings.

    Returns:
        The name, and a warning `names.look_alike` for each replaced letter.

    Raises:
        MalformedError: `names.empty` or `names.too_long`; `record.forbidden_character` for control, format and stray
            combining characters.
    """
    _check_length(name, field)
    name = unicodedata.normalize("NFC", name)
    warnings = tuple(
        finding("names.look_alike", field=field, position=position)
        for position, character in enumerate(name, 1)
        if ord(character) in _LOOK_ALIKES
    )
    name = re.sub(f"[{_BLANKS}]{{1,{MAX_CHARACTERS}}}", " ", name).strip(" ").translate(_LOOK_ALIKES)
    fault = text_fault(name)
    if fault is not None:
        raise MalformedError.of(fault, field=field)
    if not name or name.isspace():
        raise MalformedError.of("names.empty", field=field)
    return name, warnings


def transliterate(name: str, *, field: str = "name") -> str:
    """Transliterate a name for a machine-readable travel document: words of A-Z, joined by `<`.

    A transliterated name is returned unchanged. A result of more than 80 characters is cut after the last word that
    fits, or within the first word if that is longer.

    Args:
        name: in any case and normalisation form.
        field: name of the field in findings.

    Raises:
        MalformedError: `names.empty`, `names.too_long`, or `names.no_letter` for each character without a letter.
    """
    letters = _letters(name, field)
    if len(letters) <= _MAX_LENGTH:
        return letters
    boundary = letters.rfind("<", 0, _MAX_LENGTH + 1)
    return letters[: _MAX_LENGTH if boundary < 0 else boundary]


def same_name(one: str, other: str) -> bool:
    """Tell whether two names have the same transliteration: case, marks and their position (`hoà`, `hòa`) are ignored.

    Raises:
        MalformedError: as `transliterate` does.
    """
    return _letters(one, "name") == _letters(other, "name")


def marks_differ(one: str, other: str) -> bool:
    """Tell whether two spellings of a name have different marks, such as Hùng and Hưng.

    Case and the position of a tone mark are ignored. A spelling without any marks, as many systems store names, does
    not differ from any other.

    Raises:
        MalformedError: `names.too_long`.
    """
    return marks_contradict(marks(one), marks(other))


def marks(name: str, *, field: str = "name") -> Marks:
    """Return the sorted marks of each word; the stroke of Đ counts as one.

    Raises:
        MalformedError: `names.too_long`.
    """
    _check_length(name, field)
    words = unicodedata.normalize("NFD", name.casefold()).replace("\u0111", "d\u0335").split()
    return tuple(tuple(sorted(filter(unicodedata.combining, word))) for word in words)


def marks_contradict(one: Marks, other: Marks) -> bool:
    """Tell whether the marks belong to two different names; a spelling without any marks contradicts none."""
    return any(one) and any(other) and one != other


class Split(NamedTuple):
    """A full name in two parts, proposed to a person who decides. Its `repr` does not show the name.

    Attributes:
        family_name: the first word.
        given_name: all other words, including middle names.
        sure: False if the family name may be longer or elsewhere, so that a person must check.
    """

    family_name: str
    given_name: str
    sure: bool

    def __repr__(self) -> str:
        return f"<Split, sure={self.sure}>"


def propose_split(full_name: str) -> Split | None:
    """Propose where the family name ends, assuming the Vietnamese order: family name first.

    The proposal is `sure` if the first word is a common family name, compared without marks, unless

    * the first two words may be one family name (`Nguyễn Trần Minh Anh`, `Nguyễn Phúc ...`), or
    * the name has an apostrophe or hyphen, as in names of ethnic minorities (`H'Hen Niê`), which follow other orders.

    Names that begin with `Y`, `Ksor` or `Tôn Thất` are not sure, since their first word is not a common family name.

    Returns:
        The parts in the form of `clean` (call that for its warnings). None if there is only one word, or if one part
        would have no letters.

    Raises:
        MalformedError: as `clean` and `transliterate` do.
    """
    name = clean(full_name)[0]
    letters = _letters(name, "name")
    family_name, _, given_name = name.partition(" ")
    if not (_has_letters(family_name) and _has_letters(given_name)):
        return None
    common = re.match(f"(?:{_FAMILY_NAME})<", letters) and not re.match(_LONGER_FAMILY_NAME, letters)
    return Split(family_name, given_name, sure=bool(common) and name.translate(_NO_LETTERS).isalpha())


def _letters(name: str, field: str) -> str:
    """Transliterate a name without cutting the result."""
    _check_length(name, field)
    name = unicodedata.normalize("NFC", name)
    if not name.strip(_BLANKS):
        raise MalformedError.of("names.empty", field=field)
    pieces = [_letters_of(character) for character in name]
    faults = [
        finding("names.no_letter", field=field, position=at) for at, piece in enumerate(pieces, 1) if piece is None
    ]
    letters = "<".join(filter(None, "".join(filter(None, pieces)).split("<")))
    if not (faults or letters):  # only hyphens and the like
        faults = [finding("names.no_letter", field=field, position=1)]
    if faults:
        raise MalformedError(*faults)
    return letters


def _check_length(name: str, field: str) -> None:
    """Refuse over-long text before it is normalised, which takes quadratic time for many marks in a row."""
    if len(name) > MAX_CHARACTERS:
        raise MalformedError.of("names.too_long", field=field, length=len(name), limit=MAX_CHARACTERS)


def _has_letters(text: str) -> bool:
    return any(letters not in {None, "", "<"} for letters in map(_letters_of, text))


def _letters_of(character: str) -> str | None:
    """Return the letters for one character: empty if it is dropped, `<` for a separator, None if there are none."""
    upper = character.upper()
    if upper in _SPELLED:
        return _SPELLED[upper]
    if unicodedata.combining(character):  # a mark that NFC did not compose
        return None
    bare = (part for part in unicodedata.normalize("NFD", upper) if not unicodedata.combining(part))
    letters = "".join(_SPELLED.get(part, part) for part in bare)
    return letters if re.fullmatch("[A-Z]{1,8}", letters) else None
