"""One rule as an entry of a signed rule list: its JSON members, encoded as a CBOR map.

Specification: `docs/spec/signed-documents.md`, section "Rule lists". A rule that cannot be read may say anything, so it
is never left out: `UnreadableRule` says of whom it may speak, and there nobody is let in by rules alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcert.certlogic.rule import ACCEPTANCE, INVALIDATION, Reach, Rule, malformed_rule, read_reach
from hcert.codec import cbor
from hcert.codec.limits import MAX_INTEGER
from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, Place, fragment, fragment_of
from hcert.json_bounds import is_bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RULE_BYTES: Final = 65_536  # of an entry; published rules have up to 1 900
MAX_DEPTH: Final = 208  # of an entry: the logic of a rule and what is around it
MAX_PARTS: Final = 20_000  # of an entry


@dataclass(frozen=True, slots=True)
class UnreadableRule:
    """A rule of a signed list that cannot be read.

    Attributes:
        position: in the list, from 1.
        path: of the member that is faulty; `-` for the whole entry.
        problem: what is wrong with it.
        reach: whose rule it is, as far as that can be read.
    """

    position: int
    path: Place
    problem: Fragment
    reach: Reach

    def may_apply(self, country: str, issuer: str | None) -> bool:
        """Tell whether it may be an acceptance rule of `country` or an invalidation rule of `issuer`."""
        made_by, rule_type = self.reach.country, self.reach.rule_type
        return (rule_type in {None, ACCEPTANCE} and made_by in {None, country}) or (
            rule_type in {None, INVALIDATION} and (made_by is None or made_by == issuer)
        )

    def to_finding(self) -> Finding:
        """Return the finding for the publisher."""
        return finding(
            "rule.quarantined",
            record=f"#{self.position}",
            position=self.position,
            path=self.path,
            problem=self.problem,
        )


def encode(members: Any, *, position: int) -> bytes:
    """Encode a rule that a list may hold: what is read back means the same.

    Raises:
        MalformedError: `rule.malformed`.
    """
    Rule.from_dict(members, position=position)
    if not is_bounded(members, parts=MAX_PARTS, depth=MAX_DEPTH):
        raise malformed_rule(position, "-", fragment("size.parts", most=MAX_PARTS))
    try:
        data = cbor.encode(_deterministic(members))
    except UnicodeEncodeError:
        raise malformed_rule(position, "-", fragment("json.not_unicode")) from None
    except ValueError as error:
        raise malformed_rule(position, "-", fragment_of(error)) from None
    if len(data) > MAX_RULE_BYTES:
        raise malformed_rule(position, "-", fragment("size.bytes", most=MAX_RULE_BYTES))
    return data


def decode(data: Any, *, position: int) -> Rule | UnreadableRule:
    """Decode an entry."""
    members: Any = None
    try:
        if type(data) is not bytes or len(data) > MAX_RULE_BYTES:
            raise ValueError(fragment("rule.entry", most=MAX_RULE_BYTES))  # noqa: TRY301 - one way out
        members = cbor.decode(data, depth=MAX_DEPTH, trusted=True)
        if not all(map(_is_json, _parts(members))):
            raise ValueError(fragment("rule.not_json"))  # noqa: TRY301 - as above
        return Rule.from_dict(members, position=position)
    except MalformedError as error:
        details = dict(error.findings[0].details)
        return UnreadableRule(position, details["path"], details["problem"], read_reach(members))
    except ValueError as error:
        return UnreadableRule(position, "-", fragment_of(error), read_reach(members))


def _deterministic(value: Any) -> Any:
    """Return JSON as it is encoded: members in the order of their encoded names, whole numbers as integers."""
    if isinstance(value, dict):
        if not all(type(name) is str for name in value):
            raise ValueError(fragment("rule.not_json"))
        return {name: _deterministic(value[name]) for name in sorted(value, key=cbor.encode)}
    if isinstance(value, list):
        return [_deterministic(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not _is_json(value):
        raise ValueError(fragment("rule.not_json"))
    return value


def _is_json(value: Any) -> bool:
    """Tell whether a value stands for one of JSON: text, an integer of 64 bits, a boolean or null, or has members."""
    if isinstance(value, dict):
        return all(type(name) is str for name in value)
    if type(value) is int:
        return abs(value) <= MAX_INTEGER
    return value is None or type(value) in {str, bool, list}


def _parts(value: Any) -> Iterator[Any]:
    """Yield a value and everything in it."""
    left = [value]
    while left:
        one = left.pop()
        yield one
        if isinstance(one, dict):
            left += one.values()
        elif isinstance(one, list):
            left += one
