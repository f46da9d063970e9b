"""Everything that can be long has a bound, by construction: types, members on the wire, patterns and specifications.

Each walk is a function that returns what has no bound. It is asked of the package, where it must find nothing, and of a
toy that somebody could add tomorrow, where it must find it.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import msgspec
import pytest
from msgspec import inspect

import hcert
from conftest import ROOT
from hcert.codec import cbor
from hcert.findings import Finding
from hcert.frozen import Frozen
from hcert.keys.hpke import SealedBytes
from hcert.records import who_payload
from hcert.records.citizen import schema, sealed
from hcert.records.citizen.person import Confidential
from hcert.records.citizen.sealed import CONFIDENTIAL
from hcert.records.icvp import decode as icvp_decode
from hcert.records.icvp import schema as icvp_schema
from hcert.records.medication_overview import decode as medication_decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

SOURCE: Final = ROOT / "src" / "hcert"
MODULES: Final = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(hcert.__path__, "hcert.")
    if found.name != "hcert.__main__"  # which runs the command
]
FACTS: Final = {"hcert.records.citizen.code_registry"}  # a file of the package, of nobody else
LONG: Final = 60_000
MAX_MATCH: Final = 10_000  # characters that one match can take


# Types


def struct_types() -> list[type[msgspec.Struct]]:
    """Return every msgspec type that the package defines for what others make; `Frozen` objects it makes itself."""
    found: list[type[msgspec.Struct]] = []
    waiting = [msgspec.Struct]
    while waiting:
        kind = waiting.pop()
        if kind is Frozen:
            continue
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("hcert.") and kind.__module__ not in FACTS:
            found.append(kind)
    return found


def unbounded_members(kind: Any) -> list[str]:
    """Return the places of a type that can hold any amount of text, bytes, items or digits."""
    return list(_unbounded(inspect.type_info(kind), getattr(kind, "__name__", "it"), set()))


def _unbounded(info: Any, path: str, seen: set[Any]) -> Iterator[str]:
    if isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, WITH_MEMBERS):
        if info.cls in seen or info.cls in ELSEWHERE:
            return
        seen.add(info.cls)
    if _is_open(info):
        yield path
    for name, part in _parts(info):
        yield from _unbounded(part, path + name, seen)


def _is_open(info: Any) -> bool:
    if isinstance(info, inspect.StrType | inspect.BytesType | inspect.CollectionType | inspect.DictType):
        return info.max_length is None
    if isinstance(info, inspect.IntType):
        return info.le is None or info.ge is None
    return not isinstance(info, (*WITH_MEMBERS, *BOUNDED, inspect.UnionType, inspect.TupleType))


def _parts(info: Any) -> list[tuple[str, Any]]:
    if isinstance(info, WITH_MEMBERS):
        return [(f".{member.name}", member.type) for member in info.fields]
    if isinstance(info, inspect.UnionType):
        return [("", one) for one in info.types]
    if isinstance(info, inspect.TupleType):
        return [("", one) for one in info.item_types]
    if isinstance(info, inspect.CollectionType):
        return [("[]", info.item_type)]
    return [(".key", info.key_type), (".value", info.value_type)] if isinstance(info, inspect.DictType) else []


# Findings are made here of bounded values, and the bytes of a sealed part are bounded where it is read (see below).
ELSEWHERE: Final = {Finding, SealedBytes}
WITH_MEMBERS: Final = (inspect.StructType, inspect.DataclassType, inspect.NamedTupleType)
BOUNDED: Final = (
    inspect.NoneType,
    inspect.BoolType,
    inspect.DateType,
    inspect.DateTimeType,
    inspect.EnumType,
    inspect.CustomType,  # PartialDate, whose parser has a test of its own below
)


def test_every_member_of_every_type_has_a_maximum() -> None:
    """Text, bytes, integers and whatever repeats, however deep it stands."""
    assert [(kind.__module__, member) for kind in struct_types() for member in unbounded_members(kind)] == []


def test_an_unbounded_member_of_a_type_is_found() -> None:
    """So that nobody adds one."""
    code = Annotated[str, msgspec.Meta(max_length=80)]
    inner = msgspec.defstruct("Inner", [("codes", tuple[code, ...])])
    members: list[Any] = [
        ("name", str),
        ("inner", inner),
        ("good", code),
        ("count", int | None),
        ("anything", Any),
        ("notes", dict[code, bytes]),
    ]
    found = unbounded_members(msgspec.defstruct("Toy", members))
    assert found == ["Toy.name", "Toy.inner.codes", "Toy.count", "Toy.anything", "Toy.notes", "Toy.notes.value"]


# Members of the citizen record on the wire


def forms() -> dict[str, schema.MapSchema[Any]]:
    """Return every map of the format, by where it is defined."""
    return {
        f"{module.__name__}.{name}": value
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, schema.MapSchema)
    }


def giants() -> list[Any]:
    """Return values of every type there is, each of more than anybody needs."""
    return [
        "x" * LONG,
        "A" * LONG,
        bytes(LONG),
        2**64,
        -(2**64),
        list(range(LONG)),
        [str(number) for number in range(LONG)],
        [1990] * LONG,
        dict.fromkeys(range(1, LONG), "x"),
        {1: "x" * LONG},
        ["x" * LONG],
    ]


def taken(field_type: schema.FieldType) -> list[Any]:
    """Return the types of the giants that a kind of member takes."""
    found = []
    for giant in giants():
        try:
            field_type.from_wire(giant)
        except ValueError:
            continue
        found.append(type(giant))
    return found


def test_no_member_of_the_citizen_record_takes_a_giant() -> None:
    """Neither in the open nor in the sealed part."""
    assert CONFIDENTIAL in forms().values()
    members = {(name, member.attribute): member.type for name, form in forms().items() for member in form._members}
    assert len(members) > 40
    assert {place: taken(kind) for place, kind in members.items() if taken(kind)} == {}


def test_a_member_that_takes_a_giant_is_found() -> None:
    """Whatever it takes."""
    assert taken(schema.FieldType(str, str)) == [type(giant) for giant in giants()]
    assert (
        taken(schema.FieldType(lambda value: value if type(value) is list else schema.TEXT.from_wire(value), str))
        == [list] * 4
    )


def test_the_sealed_part_takes_no_giant() -> None:
    """Neither many parts nor large ones."""
    part = [cbor.encode({1: 99, 4: b"kid"}), {-4: bytes(32)}, bytes(80)]
    assert len(sealed.from_wire([part]).parts) == 1
    for giant in (
        *giants(),
        [[cbor.encode({1: 99, 4: number.to_bytes(4)}), *part[1:]] for number in range(17)],
        [[cbor.encode({1: 99, 4: bytes(65)}), *part[1:]]],
        [[cbor.encode({1: 99, 4: b""}), *part[1:]]],
        [[part[0], {-4: bytes(2049)}, part[2]]],
        [[part[0], part[1], bytes(16_401)]],
    ):
        with pytest.raises(
            ValueError, match=r"expected|too large|length that is not allowed|not a COSE|does not hold|cannot"
        ):
            sealed.from_wire(giant)


# Members of the ICVP


MEMBER_VALUES: Final = {
    "text": "x",
    "sex": "male",
    "date": "2026-01-01",
    "partial date": "2026-01",
    "birth date": "1990-01-01",
}


def icvp_payload(form: icvp_schema.GenerationSchema, **changes: Any) -> dict[str, Any]:
    """Return a payload with every member of a generation."""
    dose = {member.wire: MEMBER_VALUES[member.type] for member in form.dose} | changes.get("dose", {})
    payload: dict[str, Any] = {member.wire: MEMBER_VALUES[member.type] for member in form.certificate}
    payload |= {form.doses: dose} | changes.get("certificate", {})
    return payload


@pytest.mark.parametrize("generation", icvp_schema.SCHEMAS)
def test_no_member_of_an_icvp_takes_a_giant(generation: Any) -> None:
    """In none of its generations."""
    form = icvp_schema.SCHEMAS[generation]
    assert icvp_decode.decode(icvp_payload(form))[0] is not None
    for place, members in (("certificate", form.certificate), ("dose", form.dose)):
        for member in members:
            for giant in giants():
                record, _ = icvp_decode.decode(icvp_payload(form, **{place: {member.wire: giant}}))
                assert record is None, (member.wire, type(giant))
    doses = [icvp_payload(form)[form.doses]] * 17
    assert icvp_decode.decode(icvp_payload(form) | {form.doses: doses})[0] is None
    assert set(get_args(who_payload.MemberType)) == MEMBER_VALUES.keys()


# Members of the medication overview


def overview_payload(person: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    """Return a payload with every member."""
    payload: dict[str, Any] = {member.wire: MEMBER_VALUES[member.type] for member in medication_decode.PERSON}
    lines = [{member.wire: MEMBER_VALUES[member.type] for member in medication_decode.LINE} | line]
    return payload | {medication_decode.LINES: lines} | person


def test_no_member_of_a_medication_overview_takes_a_giant() -> None:
    """Neither of the person nor of a line, and no fourth line."""
    assert medication_decode.decode(overview_payload({}, {}))[0] is not None
    for giant in giants():
        for member in medication_decode.PERSON:
            assert medication_decode.decode(overview_payload({member.wire: giant}, {}))[0] is None, member.wire
        for member in medication_decode.LINE:
            assert medication_decode.decode(overview_payload({}, {member.wire: giant}))[0] is None, member.wire
        assert medication_decode.decode(overview_payload({medication_decode.LINES: giant}, {}))[0] is None
    for count, taken in ((3, True), (4, False)):
        lines = overview_payload({}, {})[medication_decode.LINES] * count
        record = medication_decode.decode(overview_payload({medication_decode.LINES: lines}, {}))[0]
        assert (record is not None) is taken


# Patterns


def unbounded_patterns(source: str, module: ModuleType) -> list[str]:
    """Return the calls in a source whose pattern could take any amount of text, or could take it in too many ways.

    A pattern must be one that can be seen: a literal, a constant of the module, or a format of those.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "re":
            found.append(f"line {node.lineno}: import the module itself, so that its calls can be found")
        if isinstance(node, ast.Import) and any(name.name == "re" and name.asname for name in node.names):
            found.append(f"line {node.lineno}: another name for the module, whose calls could not be found")
        if isinstance(node, ast.Call) and (argument := _pattern_of(node)) is not None:
            problem = _pattern_problem(argument, module)
            if problem:
                found.append(f"line {node.lineno}: {problem}")
    return found


def _pattern_of(call: ast.Call) -> ast.expr | None:
    """Return the pattern that a call is given, None for a call of something else."""
    called = call.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re":
        return call.args[0] if called.attr != "escape" else None
    return next((keyword.value for keyword in call.keywords if keyword.arg == "pattern"), None)


def _pattern_problem(argument: ast.expr, module: ModuleType) -> str | None:
    try:
        pattern = eval(compile(ast.Expression(argument), "pattern", "eval"), vars(module))  # noqa: S307 - our own source
    except NameError:
        return "a pattern that cannot be seen; match against a constant"
    tree = parser.parse(pattern)
    if tree.getwidth()[1] > MAX_MATCH or list(_repeats(tree, within=False)):
        return f"{pattern!r} has no bound, or repeats what repeats"
    return None


REPEATS: Final = {constants.MAX_REPEAT, constants.MIN_REPEAT}


def _repeats(tree: Any, *, within: bool) -> Iterator[Any]:
    """Yield what repeats without an end, and what repeats within a repetition that nothing separates."""
    for operation, argument in tree:
        if operation in REPEATS:
            _, most, inner = argument
            if most == constants.MAXREPEAT or (within and most > 1 and argument[0] != most):
                yield argument
            separated = inner[0][0] is constants.LITERAL and len(inner) > 1
            yield from _repeats(inner, within=(within or most > 1) and not separated)
        elif operation is constants.SUBPATTERN:
            yield from _repeats(argument[-1], within=within)
        elif operation is constants.BRANCH:
            for branch in argument[1]:
                yield from _repeats(branch, within=within)
        elif operation in {constants.ASSERT, constants.ASSERT_NOT}:
            yield from _repeats(argument[1], within=within)


def path_of(module: ModuleType) -> Path:
    """Return the file of a module."""
    parts = module.__name__.split(".")[1:]
    plain = SOURCE.joinpath(*parts).with_suffix(".py")
    return plain if plain.is_file() else SOURCE.joinpath(*parts, "__init__.py")


def test_every_pattern_has_a_bound() -> None:
    """No quantifier is open, and none stands within another: a match takes time in proportion to a bounded text."""
    texts = {module: path_of(module).read_text(encoding="utf-8") for module in MODULES}
    assert [(one.__name__, found) for one, text in texts.items() for found in unbounded_patterns(text, one)] == []


@pytest.mark.parametrize(
    "line",
    [
        r're.fullmatch("[A-Z]+", text)',
        r're.compile("a*")',
        r're.search("(?:a{1,9}){1,9}", text)',
        r're.match(f"x{PART}", text)',
        r're.sub(pattern, "", text)',
        r're.match("a{1,20000}", text)',
        r'Meta(pattern=r"^\d+.\d+.\d+$")',
        "from re import fullmatch",
        "import re as regular",
    ],
)
def test_a_pattern_without_a_bound_is_found(line: str) -> None:
    """Each line is one that somebody could add."""
    module = importlib.import_module("hcert.records.text_rules")
    named = type(module)("toy")
    named.PART = "b+"  # type: ignore[attr-defined]
    assert len(unbounded_patterns(line, named)) == 1


@pytest.mark.parametrize(
    "line", [r're.fullmatch("[A-Z]{1,80}", text)', r're.compile("(?::[a-z]{1,9}){1,9}")', "re.escape(text)"]
)
def test_a_bounded_pattern_is_accepted(line: str) -> None:
    """Also one whose repetitions are kept apart by a separator."""
    assert unbounded_patterns(line, re) == []


# Specifications


def unbounded_rules(schema: str) -> list[str]:
    """Return the lines of a CDDL schema (RFC 8610) that describe text, bytes or repetition without an end."""
    found = []
    for line in schema.splitlines():
        rule = re.sub(r"\"[^\"]*\"", '""', line.partition(";")[0])
        strings = re.findall(r"(?<![\w-])(?:tstr|bstr|text|bytes|any)(?![\w-])(?!\s*\.(?:size|regexp|cbor)\b)", rule)
        endless = re.findall(r"(?:\d\s*)?\*(?!\d)|(?<![\w\"])\+", rule)
        sizes = re.findall(r"\.size\s+\(\d+\.\.(?!\d)", rule)
        patterns = [
            one for one in re.findall(r"\.regexp \"([^\"]*)\"", line) if parser.parse(one).getwidth()[1] > MAX_MATCH
        ]
        if strings or endless or sizes or patterns:
            found.append(line.strip())
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "spec").glob("*.cddl")), ids=lambda path: path.name)
def test_every_rule_of_the_specification_has_a_bound(path: Path) -> None:
    """What we refuse is not what others may write by the specification."""
    assert unbounded_rules(path.read_text(encoding="utf-8")) == []


def test_a_rule_without_a_bound_is_found() -> None:
    """Each of these could be written."""
    bad = [
        "a = tstr",
        "a = [1* b]",
        "a = [+ b]",
        "a = {* tstr .size (1..9) => int}",
        'a = tstr .regexp "[A-Z]+"',
        "b = bstr",
    ]
    good = ["a = tstr .size (1..9)", "a = [1*16 b]", 'a = tstr .regexp "[A-Z]{1,10}"  ; + any tstr', "a = bstr .cbor b"]
    assert unbounded_rules("\n".join(bad + good)) == bad


# What the walks cannot see


def test_a_birth_date_is_read_from_ten_characters_at_most() -> None:
    """Longer text is not even split."""
    for text in ("1990-01-011", "1990" + "-00" * 20_000, "1" * LONG):
        with pytest.raises(ValueError, match="expected YYYY-MM-DD"):
            hcert.eu_dcc.PartialDate.parse(text)
    assert hcert.eu_dcc.PartialDate.parse("1990-01-01") == hcert.eu_dcc.PartialDate(1990, 1, 1)


def test_confidential_content_beyond_its_bound_is_not_sealed() -> None:
    """Each member may be within its own."""
    lots = tuple((number, "Ắ" * 80) for number in range(1, 101))
    with pytest.raises(hcert.MalformedError) as caught:
        sealed._encode_confidential(Confidential(lot_numbers=lots))
    assert caught.value.code == "sealed.malformed"
