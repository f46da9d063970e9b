"""The file that updates the value sets of the package; `docs/reference/value-sets.md` describes it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta

from hcert.errors import MalformedError
from hcert.fragments import Fragment, fragment
from hcert.records.schema_words import schema_fragment
from hcert.records.value_sets import COUNTRY, FILE_SETS, PRODUCT, TABLES, ValueSet, assemble, value_set

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE_BYTES: Final = 4 * 1024 * 1024  # the devices, by far the longest set, take 30 kB
_MAX_SETS: Final = len(FILE_SETS) + len(TABLES)
_COUNTRY: Final = "[A-Z]{1,10}"  # as records hold them: ISO 3166-1 alpha-2, or an organisation

Sets = Annotated[tuple[ValueSet, ...], Meta(max_length=_MAX_SETS)]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a file: whole newer sets, and rows added to any set."""

    format: Annotated[int, Meta(ge=1, le=1)]
    sets: Sets = ()
    added: Sets = ()


def parse(data: bytes | str) -> tuple[tuple[ValueSet, ...], tuple[ValueSet, ...]]:
    """Parse a file; return its whole newer sets, and its sets of added rows.

    Raises:
        MalformedError: `value_sets.malformed` or `value_sets.older`.
    """
    file = _parse_file(data)
    problem = next(_problems(file), None)
    if problem is not None:
        raise _malformed_error(problem)
    for newer in file.sets:
        packaged = value_set(newer.name)
        if newer.date < packaged.date:
            raise MalformedError.of("value_sets.older", value_set=newer.name, date=newer.date, packaged=packaged.date)
    return file.sets, file.added


def _parse_file(data: bytes | str) -> _File:
    if len(data) > MAX_FILE_BYTES:
        raise _malformed_error(fragment("size.bytes", most=MAX_FILE_BYTES))
    try:
        return msgspec.convert(json.loads(data, object_pairs_hook=_refuse_duplicates), _File)
    except msgspec.ValidationError as error:
        problem = schema_fragment(error)  # names the path, not the content
    except (ValueError, RecursionError):
        problem = fragment("json.malformed")
    raise _malformed_error(problem)


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError  # there is no right choice between two equal names; `_parse_file` has the words
    return members


def _problems(file: _File) -> Iterator[Fragment]:
    """Yield the problems that the types do not catch."""
    for part, sets, names in (("sets", file.sets, {*FILE_SETS}), ("added", file.added, {*FILE_SETS, *TABLES})):
        for index, known in enumerate(sets):
            if known.name not in names:
                yield fragment("value_sets.name", part=part, index=index, names=tuple(sorted(names)))
            elif known.name in (other.name for other in sets[:index]):
                yield fragment("value_sets.repeated", part=part, index=index)
            elif known.name in TABLES and not all(row.vi for row in known.codes.values()):
                yield fragment("value_sets.no_vietnamese", part=part, index=index)
            elif known.name == COUNTRY and not all(re.fullmatch(_COUNTRY, code) for code in known.codes):
                yield fragment("value_sets.country", part=part, index=index)
            elif known.name not in {PRODUCT, "products"} and _names_companions(known):
                yield fragment("value_sets.not_product", part=part, index=index)
    yield from _unknown_companions(file)


def _names_companions(known: ValueSet) -> bool:
    return any(row.manufacturers or row.vaccines for row in known.codes.values())


def _unknown_companions(file: _File) -> Iterator[Fragment]:
    """Yield a problem for each product with a manufacturer or vaccine that no set has, most likely a typing error."""
    sets = assemble(file.sets, file.added)
    for product, manufacturer, vaccine in (
        (PRODUCT, TABLES["manufacturers"], TABLES["vaccines"]),
        ("products", "manufacturers", "vaccines"),
    ):
        for row in sets[product].codes.values():
            for beside, name in ((row.manufacturers, manufacturer), (row.vaccines, vaccine)):
                if not beside <= sets[name].codes.keys():
                    yield fragment("value_sets.unknown_beside", product=product, name=name)


def _malformed_error(problem: Fragment) -> MalformedError:
    return MalformedError.of("value_sets.malformed", problem=problem)
