"""The file that adds to the value sets of the package: `docs/reference/value-sets.md` describes its form."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta

from hcert.errors import MalformedError
from hcert.fragments import Fragment, fragment
from hcert.records.schema_words import schema_fragment
from hcert.records.value_sets import COUNTRY, EU_SETS, PRODUCT, TABLES, ValueSet, assembled, value_set

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE_BYTES: Final = 4 * 1024 * 1024  # the devices, by far the longest set, take 30 kB
_MAX_SETS: Final = len(EU_SETS) + len(TABLES)
_COUNTRY: Final = "[A-Z]{1,10}"  # as records hold them: ISO 3166-1 alpha-2, or an organisation

Sets = Annotated[tuple[ValueSet, ...], Meta(max_length=_MAX_SETS)]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file holds: whole newer EU sets, and rows for any set."""

    format: Annotated[int, Meta(ge=1, le=1)]
    sets: Sets = ()
    added: Sets = ()


def read(data: bytes | str) -> tuple[tuple[ValueSet, ...], tuple[ValueSet, ...]]:
    """Return the whole newer sets of a file, and the sets of added rows.

    Raises:
        MalformedError: `value_sets.malformed` or `value_sets.older`.
    """
    file = _parsed(data)
    problem = next(_problems(file), None)
    if problem is not None:
        raise _malformed(problem)
    for newer in file.sets:
        packaged = value_set(newer.name)
        if newer.date < packaged.date:
            raise MalformedError.of("value_sets.older", value_set=newer.name, date=newer.date, packaged=packaged.date)
    return file.sets, file.added


def _parsed(data: bytes | str) -> _File:
    if len(data) > MAX_FILE_BYTES:
        raise _malformed(fragment("size.bytes", most=MAX_FILE_BYTES))
    try:
        return msgspec.convert(json.loads(data, object_pairs_hook=_members), _File)
    except msgspec.ValidationError as error:
        problem = schema_fragment(error)  # of msgspec, which names the path and no content
    except (ValueError, RecursionError):
        problem = fragment("json.malformed")
    raise _malformed(problem)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError  # which of two equal members counts would be a guess
    return members


def _problems(file: _File) -> Iterator[Fragment]:
    """Yield what the types of the file do not say."""
    for part, sets, names in (("sets", file.sets, {*EU_SETS}), ("added", file.added, {*EU_SETS, *TABLES})):
        for index, known in enumerate(sets):
            if known.name not in names:
                yield fragment("value_sets.name", part=part, index=index, names=tuple(sorted(names)))
            elif known.name in (other.name for other in sets[:index]):
                yield fragment("value_sets.repeated", part=part, index=index)
            elif known.name in TABLES and not all(row.vi for row in known.codes.values()):
                yield fragment("value_sets.no_vietnamese", part=part, index=index)
            elif known.name == COUNTRY and not all(re.fullmatch(_COUNTRY, code) for code in known.codes):
                yield fragment("value_sets.country", part=part, index=index)
            elif known.name not in {PRODUCT, "products"} and _beside(known):
                yield fragment("value_sets.not_product", part=part, index=index)
    yield from _unknown_beside(file)


def _beside(known: ValueSet) -> bool:
    return any(row.manufacturers or row.vaccines for row in known.codes.values())


def _unknown_beside(file: _File) -> Iterator[Fragment]:
    """Yield the sets whose products name a manufacturer or vaccine that no set has: a slip of the pen, most likely."""
    sets = assembled(file.sets, file.added)
    for product, manufacturer, vaccine in (
        (PRODUCT, TABLES["manufacturers"], TABLES["vaccines"]),
        ("products", "manufacturers", "vaccines"),
    ):
        for row in sets[product].codes.values():
            for beside, name in ((row.manufacturers, manufacturer), (row.vaccines, vaccine)):
                if not beside <= sets[name].codes.keys():
                    yield fragment("value_sets.unknown_beside", product=product, name=name)


def _malformed(problem: Fragment) -> MalformedError:
    return MalformedError.of("value_sets.malformed", problem=problem)
