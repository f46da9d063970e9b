"""The rules of sealing: no sealed number in the open part, and no lot number without its dose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hcert.records.citizen.model import CitizenRecord
    from hcert.records.citizen.person import Confidential

_NUMBERS: Final = ("id_number", "former_id_number", "insurance_number", "phone")
_SHOWN: Final = range(1000)  # a longer number could be personal data
_MIN_NUMBER: Final = 6  # characters; shorter numbers occur in other texts by chance
_MIN_NUMBER_IN_BYTES: Final = 9  # hexadecimal digits; found in 16 random bytes with a probability of 1e-10


def seal_findings(record: CitizenRecord, contents: Iterable[Confidential]) -> Iterator[Finding]:
    """Yield the reasons not to seal these contents into a record.

    These are `sealed.in_open_part` for each member of the open part that reveals a number to be sealed: the number, its
    hexadecimal or Base64 form, or a digest of it, which can be reversed by trying all numbers; and `sealed.no_dose` for
    the lot number of a dose that the record does not have. A part sealed earlier cannot be compared.
    """
    doses = {dose.number for dose in record.vaccinations}
    holders: list[tuple[str, Any]] = [("record", record), ("person", record.person), *record.places()]
    texts = {
        f"{path}.{name}": list(_searchable_texts(getattr(holder, name)))
        for path, holder in holders
        for name in holder.__struct_fields__
    }
    everything = "\n".join(text for found in texts.values() for text, _ in found)
    for content in {id(content): content for content in contents}.values():  # many readers may share one
        for number in lots_of(content).keys() - doses:
            yield finding("sealed.no_dose", number=_show_number(number))
        for member in _NUMBERS:
            forms = [form for form in _revealing_forms(member, getattr(content, member) or "") if form in everything]
            for place, found in texts.items() if forms else ():
                if any(form in text and len(form) >= least for text, least in found for form in forms):
                    yield finding("sealed.in_open_part", member=member, field=place)


def _revealing_forms(name: str, number: str) -> set[str]:
    """Return the forms of a number that reveal it; none for a number that may occur in other texts by chance."""
    import hashlib  # only issuers need these two
    from base64 import b64encode

    bare = _strip_separators(number)
    digits = (bare.removeprefix("84") if name == "phone" else bare).lstrip("0")  # +84 replaces the zero of a phone
    if len(digits) < _MIN_NUMBER:
        return set()
    digests = [
        hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest()
        for algorithm in ("md5", "sha1", "sha256")
        for text in (number, bare)
    ]
    encoded = [b64encode(data).decode() for data in (number.encode(), bare.encode(), *digests)]
    return {
        digits,
        bare.encode().hex().upper(),
        *(data.hex().upper()[:32] for data in digests),
        *map(_strip_separators, encoded),
    }


def _searchable_texts(value: Any) -> Iterator[tuple[str, int]]:
    """Yield the texts of a member without separators, each with the least length of a form to search for in it."""
    if isinstance(value, str):
        yield _strip_separators(value), _MIN_NUMBER
    elif isinstance(value, bytes):
        yield value.hex().upper(), _MIN_NUMBER_IN_BYTES
        yield _strip_separators(value.decode("latin-1")), _MIN_NUMBER
    elif isinstance(value, int):
        yield str(value), _MIN_NUMBER
    elif isinstance(value, tuple):
        for part in value:
            yield from _searchable_texts(part)


def lots_of(confidential: Confidential) -> dict[Any, Any]:
    """Return the lot numbers by entry number; none if they have the wrong type."""
    try:
        return dict(confidential.lot_numbers)
    except (TypeError, ValueError):  # refused when it is encoded
        return {}


def _show_number(number: Any) -> int | Fragment:
    return number if type(number) is int and number in _SHOWN else fragment("place.other_number")


def _strip_separators(text: str) -> str:
    return (text if text.isalnum() else "".join(filter(str.isalnum, text))).upper()
