"""Evaluating an expression of CertLogic: a closed set of operations, precise about types, bounded in depth and steps.

Source: CertLogic specification 1.3.3 (ehn-dcc-development/eu-dcc-business-rules). Expressions and data come from
others, so each evaluation is bounded to a fraction of a second.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.certlogic.date_times import UNITS, birth_date, plus_time
from hcert.certlogic.values import MAX_INTEGER, MAX_PATH, follow, is_among, is_integer, same, truth
from hcert.errors import MalformedError
from hcert.fragments import fragment, fragment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TypeAlias

    from hcert.fragments import Fragment

    Comparison: TypeAlias = Callable[[Any, Any], bool]

MAX_DEPTH: Final = 64  # of an expression, and of what it builds; published rules have 8
MAX_STEPS: Final = 10_000  # of one evaluation; published rules take fewer than 100
_ITEMS_A_STEP: Final = 16  # that are compared in the time of one step
_CHARACTERS_A_STEP: Final = 64  # that are split in the time of one step

_INTEGERS: Final[dict[str, Comparison]] = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
_DATE_TIMES: Final[dict[str, Comparison]] = {
    "after": operator.gt,
    "before": operator.lt,
    "not-before": operator.ge,
    "not-after": operator.le,
}
_UVCI_PREFIX: Final = "URN:UVCI:"


def evaluate(expression: Any, data: Any) -> Any:
    """Evaluate an expression on data.

    Args:
        expression: of CertLogic, as a JSON parser gives it.
        data: of any shape, as a JSON parser gives it.

    Returns:
        A value of JSON, or a date-time: an aware `datetime` in UTC.

    Raises:
        MalformedError: `certlogic.malformed` for what is not CertLogic, `certlogic.operand` for an operation that
            cannot be done on its operands, `certlogic.too_large` for more than 64 levels or 10 000 steps.
    """
    return evaluate_within(Steps(), expression, data)


@dataclass(slots=True)
class Steps:
    """What evaluations may still cost together.

    Attributes:
        left: steps that they may still take; below 0 after one was stopped for taking more.
    """

    left: int = MAX_STEPS


def evaluate_within(steps: Steps, expression: Any, data: Any) -> Any:
    """Evaluate an expression as `evaluate` does, with the steps that others have left."""
    return _Evaluation(steps).value(expression, data, MAX_DEPTH)


class _Size(NamedTuple):
    """How large a value is that an evaluation built: all parts, and levels."""

    parts: int
    depth: int


class _Evaluation:
    """One evaluation: what it may still cost, and the containers it built."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        # By identity, with the containers themselves, so that no identity is given twice.
        self._built: dict[int, tuple[_Size, Any]] = {}

    def value(self, expression: Any, data: Any, depth: int) -> Any:
        """Return the value of an expression on data, with so many levels left."""
        self.spend(1)
        if isinstance(expression, (str, bool)) or is_integer(expression):
            return expression
        if not depth:
            raise _too_large(fragment("certlogic.levels", most=MAX_DEPTH))
        if isinstance(expression, list):
            return self.build([self.value(item, data, depth - 1) for item in expression])
        if not isinstance(expression, dict):
            raise _malformed(fragment("certlogic.literal"))
        if len(expression) != 1:
            raise _malformed(fragment("certlogic.one_member"))
        ((name, operands),) = expression.items()
        return _variable(operands, data) if name == "var" else self.operation(name, operands, data, depth - 1)

    def operation(self, name: str, operands: Any, data: Any, depth: int) -> Any:
        """Return the value of an operation; its outer form is checked before its operands."""
        if not isinstance(operands, list) or not operands:
            raise _malformed(fragment("certlogic.operands"))
        operation = _OPERATIONS.get(name)
        if operation is None:
            raise _malformed(fragment("certlogic.operator"))
        if len(operands) < operation.least:
            raise _malformed(fragment("certlogic.too_few", name=name, least=operation.least))
        if operation.most is not None and len(operands) > operation.most:
            raise _malformed(fragment("certlogic.too_many", name=name, most=operation.most))
        return operation.run(self, name, operands, data, depth)

    def values(self, expressions: list[Any], data: Any, depth: int) -> list[Any]:
        """Return the values of all operands."""
        return [self.value(one, data, depth) for one in expressions]

    def spend(self, steps: int) -> None:
        """Count steps, and stop where there are too many."""
        self._steps.left -= steps
        if self._steps.left < 0:
            raise _too_large(fragment("certlogic.steps", most=MAX_STEPS))

    def build(self, container: Any) -> Any:
        """Keep the size of an array or object that holds what was evaluated: each could hold the one before twice."""
        items = container.values() if isinstance(container, dict) else container
        sizes = [self._built[id(item)][0] for item in items if id(item) in self._built]
        size = _Size(
            len(container) + 1 + sum(one.parts for one in sizes), 1 + max((one.depth for one in sizes), default=0)
        )
        if size.depth > MAX_DEPTH:
            raise _too_large(fragment("certlogic.levels", most=MAX_DEPTH))
        if size.parts > MAX_STEPS:
            raise _too_large(fragment("certlogic.steps", most=MAX_STEPS))
        self._built[id(container)] = (size, container)
        return container

    # The operations, each with its own name, the operands as they stand, the data and the levels that are left.

    def if_(self, name: str, operands: list[Any], data: Any, depth: int) -> Any:
        guard, then, otherwise = operands
        return self.value(then if _truth(name, self.value(guard, data, depth)) else otherwise, data, depth)

    def and_(self, name: str, operands: list[Any], data: Any, depth: int) -> Any:
        value: Any = True
        for operand in operands:
            value = self.value(operand, data, depth)
            if not _truth(name, value):
                break
        return value

    def not_(self, name: str, operands: list[Any], data: Any, depth: int) -> bool:
        return not _truth(name, self.value(operands[0], data, depth))

    def same(self, _name: str, operands: list[Any], data: Any, depth: int) -> bool:
        return same(*self.values(operands, data, depth))

    def in_(self, name: str, operands: list[Any], data: Any, depth: int) -> bool:
        value, items = self.values(operands, data, depth)
        if not isinstance(items, list):
            raise _operand(fragment("certlogic.array", name=name))
        self.spend(len(items) // _ITEMS_A_STEP)
        return is_among(value, items)

    def plus(self, name: str, operands: list[Any], data: Any, depth: int) -> int:
        total = sum(_integer(name, value) for value in self.values(operands, data, depth))
        if abs(total) > MAX_INTEGER:
            raise _operand(fragment("certlogic.integer_range"))
        return total

    def compare_integers(self, name: str, operands: list[Any], data: Any, depth: int) -> bool:
        values = [_integer(name, value) for value in self.values(operands, data, depth)]
        return all(_INTEGERS[name](one, other) for one, other in pairwise(values))

    def compare_date_times(self, name: str, operands: list[Any], data: Any, depth: int) -> bool:
        values = self.values(operands, data, depth)
        if any(truth(value) is not None for value in values):
            raise _operand(fragment("certlogic.date_times", name=name))
        return all(_DATE_TIMES[name](one, other) for one, other in pairwise(values))

    def plus_time(self, name: str, operands: list[Any], data: Any, depth: int) -> datetime:
        operand, amount, unit = operands
        if not is_integer(amount) or unit not in UNITS:
            raise _malformed(fragment("certlogic.amount", name=name))
        text = self._text(name, operand, data, depth)
        try:
            return plus_time(text, int(amount), unit)
        except ValueError as error:
            reason = fragment_of(error)
        raise _operand(reason)  # out here, so that no error that quotes a value hangs on to this one

    def birth_date(self, name: str, operands: list[Any], data: Any, depth: int) -> datetime:
        text = self._text(name, operands[0], data, depth)
        try:
            return birth_date(text)
        except ValueError as error:
            reason = fragment_of(error)
        raise _operand(reason)

    def reduce(self, name: str, operands: list[Any], data: Any, depth: int) -> Any:
        operand, step, initial = operands
        items = self.value(operand, data, depth)
        if items is not None and not isinstance(items, list):
            raise _operand(fragment("certlogic.array", name=name))
        value = self.value(initial, data, depth)
        for item in items or ():
            value = self.value(step, self.build({"accumulator": value, "current": item}), depth)
        return value

    def extract(self, name: str, operands: list[Any], data: Any, depth: int) -> str | None:
        operand, index = operands
        if not is_integer(index):
            raise _malformed(fragment("certlogic.index", name=name))
        text = self.value(operand, data, depth)
        if text is None:
            return None
        if not isinstance(text, str):
            raise _operand(fragment("certlogic.text", name=name))
        self.spend(len(text) // _CHARACTERS_A_STEP)
        parts = re.split("[/#:]", text.removeprefix(_UVCI_PREFIX))
        return parts[int(index)] if 0 <= index < len(parts) else None

    def _text(self, name: str, operand: Any, data: Any, depth: int) -> str:
        text = self.value(operand, data, depth)
        if not isinstance(text, str):
            raise _operand(fragment("certlogic.text", name=name))
        return text


class _Operation(NamedTuple):
    """An operation, and how many operands it takes; any number where `most` is None."""

    least: int
    most: int | None
    run: Callable[[_Evaluation, str, list[Any], Any, int], Any]


_OPERATIONS: Final = {
    "if": _Operation(3, 3, _Evaluation.if_),
    "and": _Operation(2, None, _Evaluation.and_),
    "!": _Operation(1, None, _Evaluation.not_),  # the specification ignores further operands
    "===": _Operation(2, 2, _Evaluation.same),
    "in": _Operation(2, 2, _Evaluation.in_),
    "+": _Operation(2, 2, _Evaluation.plus),
    **dict.fromkeys(_INTEGERS, _Operation(2, 3, _Evaluation.compare_integers)),
    **dict.fromkeys(_DATE_TIMES, _Operation(2, 3, _Evaluation.compare_date_times)),
    "plusTime": _Operation(3, 3, _Evaluation.plus_time),
    "dccDateOfBirth": _Operation(1, 1, _Evaluation.birth_date),
    "reduce": _Operation(3, 3, _Evaluation.reduce),
    "extractFromUVCI": _Operation(2, 2, _Evaluation.extract),
}


def _variable(path: Any, data: Any) -> Any:
    if not isinstance(path, str) or len(path) > MAX_PATH:
        raise _malformed(fragment("certlogic.path", most=MAX_PATH))
    return follow(path, data)


def _truth(name: str, value: Any) -> bool:
    found = truth(value)
    if found is None:
        raise _operand(fragment("certlogic.truth", name=name))
    return found


def _integer(name: str, value: Any) -> int:
    if not is_integer(value):
        raise _operand(fragment("certlogic.integers", name=name))
    return int(value)


def _malformed(reason: Fragment) -> MalformedError:
    return MalformedError.of("certlogic.malformed", reason=reason)


def _operand(reason: Fragment) -> MalformedError:
    return MalformedError.of("certlogic.operand", reason=reason)


def _too_large(reason: Fragment) -> MalformedError:
    return MalformedError.of("certlogic.too_large", reason=reason)
