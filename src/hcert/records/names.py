"""Names as Vietnamese documents write them, and their transliteration to A-Z.

A name has one form here: Unicode NFC, no blanks around it, one space between words, Đ as U+0110. NFC also unifies NFD
and the mixed letters of windows-1258; marks in an order that makes no letter are left over by it, and refused.

The transliteration is that of ICAO Doc 9303-3, section 6 A, done by letter and not by its table alone: the table as
implementations have it lacks Ơ, Ư and all letters of U+1EA0 to U+1EF9, and alone makes NGUYN of Nguyễn. Letters that
it spells with two (Ä, Å, Ö, Ü, Æ, ß, Þ ...) and letters without a decomposition (Đ, Ł, Ħ ...) are read from `_SPELLED`;
all others lose their marks. A hyphen or comma separates words, an apostrophe or full stop is omitted. A character that
all this gives no letter for is an error: a name must not shrink unnoticed.

Positions in findings count from 1, in the name's NFC form.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple, TypeAlias

from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.records.text_rules import text_findings

MAX_CHARACTERS: Final = 1000  # of a name that is looked at; a certificate holds 80
_MAX_LENGTH: Final = 80  # of `fnt` and `gnt` in the EU DCC schema
Marks: TypeAlias = tuple[tuple[str, ...], ...]  # of each word, sorted
_BLANKS: Final = " \u00a0"
_LOOK_ALIKES: Final = str.maketrans("\u00d0\u0189\u00f0\u0256", "ĐĐđđ")  # Eth and African D

# By the upper-case letter: what is spelled otherwise than by the letter without its marks.
_SPELLED: Final = {
    "Ä": "AE",
    "Å": "AA",
    "Æ": "AE",
    "\u00d0": "D",  # Eth
    "Đ": "D",
    "\u0189": "D",  # African D, the other look-alike of Đ
    "Ħ": "H",
    "Ĳ": "IJ",
    "ĸ": "Q",  # it has no upper case
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

# The most common family names. Văn is left out: it is far more common as a middle name.
_FAMILY_NAME: Final = (
    "NGUYEN|TRAN|LE|PHAM|HUYNH|HOANG|PHAN|VU|VO|DANG|BUI|DO|HO|NGO|DUONG|LY|DINH|TRINH|TRUONG|DOAN|DAO|MAI|CAO|LUONG|"
    "LUU|TA|CHAU|QUACH|LAM|THAI|TONG|NGHIEM"
)
# Two words that may be one family name where another word follows: of both parents, or of a branch of the Nguyễn.
_LONGER_FAMILY_NAME: Final = f"[A-Z]{{1,{_MAX_LENGTH}}}<(?:{_FAMILY_NAME})<|NGUYEN<(?:PHUC|PHUOC|KHOA|HUU)<"
# Blanks are no mark of another order; the apostrophe U+02BC is one, though Unicode calls it a letter.
_NO_LETTERS: Final = str.maketrans({" ": "", "\u02bc": "'"})


def clean(name: str, *, field: str = "name") -> tuple[str, tuple[Finding, ...]]:
    """Bring a name into its one form: NFC, single spaces, Đ for the letters that only look like it.

    U+0020 and U+00A0 count as blanks; tabs and line ends are control characters, and refused.

    Args:
        name: as typed or read.
        field: what findings shall call it.

    Returns:
        The name, and a warning `names.look_alike` for each letter that was replaced.

    Raises:
        MalformedError: `names.empty` or `names.too_long`; `record.forbidden_character` for control, format and stray
            combining characters.
    """
    _bound(name, field)
    name = unicodedata.normalize("NFC", name)
    warnings = tuple(
        finding("names.look_alike", field=field, position=position)
        for position, character in enumerate(name, 1)
        if ord(character) in _LOOK_ALIKES
    )
    name = re.sub(f"[{_BLANKS}]{{1,{MAX_CHARACTERS}}}", " ", name).strip(" ").translate(_LOOK_ALIKES)
    faults = tuple(text_findings(name, field=field))
    if faults:
        raise MalformedError(*faults)
    if not name or name.isspace():
        raise MalformedError.of("names.empty", field=field)
    return name, warnings


def transliterate(name: str, *, field: str = "name") -> str:
    """Write a name in the letters of a machine-readable travel document: words of A-Z, joined by `<`.

    A transliterated name comes out as it went in. One of more than 80 characters ends with the last word that fits, or,
    where already the first word is longer, within that word.

    Args:
        name: in any case and normalisation form.
        field: what findings shall call it.

    Raises:
        MalformedError: `names.empty`, `names.too_long`, or `names.no_letter` for each character without a letter.
    """
    letters = _letters(name, field)
    if len(letters) <= _MAX_LENGTH:
        return letters
    boundary = letters.rfind("<", 0, _MAX_LENGTH + 1)
    return letters[: _MAX_LENGTH if boundary < 0 else boundary]


def same_name(one: str, other: str) -> bool:
    """Tell whether two names have the same words of A-Z: case, marks and their place (`hoà`, `hòa`) do not count.

    Raises:
        MalformedError: as `transliterate` does.
    """
    return _letters(one, "name") == _letters(other, "name")


def marks_differ(one: str, other: str) -> bool:
    """Tell whether two writings of a name differ in more than case and the place of a tone: Hùng and Hưng are two.

    A writing without any mark is how many systems write every name, and differs from none.

    Raises:
        MalformedError: `names.too_long`.
    """
    return marks_contradict(marks(one), marks(other))


def marks(name: str, *, field: str = "name") -> Marks:
    """Return the marks of each word, wherever in it they stand; the stroke of Đ is one.

    Raises:
        MalformedError: `names.too_long`.
    """
    _bound(name, field)
    words = unicodedata.normalize("NFD", name.casefold()).replace("\u0111", "d\u0335").split()
    return tuple(tuple(sorted(filter(unicodedata.combining, word))) for word in words)


def marks_contradict(one: Marks, other: Marks) -> bool:
    """Tell whether the marks are those of two names; a writing without any contradicts none."""
    return any(one) and any(other) and one != other


class Split(NamedTuple):
    """A full name in two parts, as proposed to a person who decides.

    Attributes:
        family_name: the first word.
        given_name: all others, the middle names included.
        sure: False where the family name may well be longer or stand elsewhere, so that a person must look.

    Its `repr` does not show the name.
    """

    family_name: str
    given_name: str
    sure: bool

    def __repr__(self) -> str:
        return f"<Split, sure={self.sure}>"


def propose_split(full_name: str) -> Split | None:
    """Propose where the family name ends, by the Vietnamese order: family name first.

    It is a proposal only. It is `sure` where the first word is one of the common family names, compared without marks
    since identity strings have none, and nothing speaks against it: a second word that makes a family name of two words
    possible (`Nguyễn Trần Minh Anh`, `Nguyễn Phúc ...`), or a mark of another order such as the apostrophe or hyphen in
    names of ethnic minorities (`H'Hen Niê`). Names that begin with `Y`, `Ksor` or a family name of two words such as
    `Tôn Thất` are not sure, since their first word is none of the common ones.

    Returns:
        The parts in the form of `clean`, which alone gives warnings; None for a name of one word, or of which one part
        would be without letters.

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
    """Transliterate whatever length comes out."""
    _bound(name, field)
    name = unicodedata.normalize("NFC", name)
    if not name.strip(_BLANKS):
        raise MalformedError.of("names.empty", field=field)
    pieces = [_letters_of(character) for character in name]
    faults = [
        finding("names.no_letter", field=field, position=at) for at, piece in enumerate(pieces, 1) if piece is None
    ]
    letters = "<".join(filter(None, "".join(filter(None, pieces)).split("<")))
    if not (faults or letters):  # nothing but hyphens and the like
        faults = [finding("names.no_letter", field=field, position=1)]
    if faults:
        raise MalformedError(*faults)
    return letters


def _bound(name: str, field: str) -> None:
    """Refuse what is no name before it is normalised, which takes time with the square of many marks in a row."""
    if len(name) > MAX_CHARACTERS:
        raise MalformedError.of("names.too_long", field=field, length=len(name), limit=MAX_CHARACTERS)


def _has_letters(text: str) -> bool:
    return any(letters not in {None, "", "<"} for letters in map(_letters_of, text))


def _letters_of(character: str) -> str | None:
    """Return the letters for one character: none where it is omitted, `<` where it separates, None where unknown."""
    upper = character.upper()
    if upper in _SPELLED:
        return _SPELLED[upper]
    if unicodedata.combining(character):  # a mark that NFC left over
        return None
    bare = (part for part in unicodedata.normalize("NFD", upper) if not unicodedata.combining(part))
    letters = "".join(_SPELLED.get(part, part) for part in bare)
    return letters if re.fullmatch("[A-Z]{1,8}", letters) else None
