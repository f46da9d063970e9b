"""One rule of a country, as the EU's gateway publishes it: what it asks, of whom, and when.

Source: dgc-gateway, `validation-rule.schema.json`. Whose rule it is, and when it holds, is read strictly, since a rule
that is never selected lets everybody in. What only speaks about the rule, such as its identifier, is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcert.certlogic.date_times import parse
from hcert.errors import MalformedError
from hcert.fragments import Fragment, Place, Translated, fragment, fragment_of
from hcert.json_bounds import is_bounded

if TYPE_CHECKING:
    from datetime import datetime

ACCEPTANCE: Final = "Acceptance"
INVALIDATION: Final = "Invalidation"
GENERAL: Final = "General"
MAX_PARTS: Final = 5000  # of the logic of one rule; published ones have 100
MAX_DEPTH: Final = 200  # arrays and objects within each other; published ones have 15
MAX_DESCRIPTIONS: Final = 50  # languages
MAX_DESCRIPTION: Final = 1000  # characters; published ones have 258

_FORMS: Final = {
    "Identifier": re.compile("[A-Za-z0-9_-]{1,50}"),
    "Type": re.compile("[A-Za-z]{1,30}"),
    "Country": re.compile("[A-Z]{2}"),
    "Version": re.compile("[!-~]{1,30}"),
    "SchemaVersion": re.compile("[!-~]{1,30}"),
    "Engine": re.compile("[!-~]{1,30}"),
    "EngineVersion": re.compile("[!-~]{1,30}"),
    "CertificateType": re.compile("General|Vaccination|Test|Recovery"),
    "Region": re.compile("[A-Za-z0-9 -]{0,30}"),
}
_LANGUAGE: Final = "[A-Za-z]{2}(?:-[A-Za-z]{2})?"
_VERSION: Final = r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})"


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose rule it is, as far as a rule that is faulty elsewhere can be read.

    Attributes:
        identifier, rule_type, country, description: as of a `Rule`; None where they cannot be read.
    """

    identifier: str | None = None
    rule_type: str | None = None
    country: str | None = None
    description: Translated | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        identifier: such as `VR-DE-0001`; new versions of a rule have the same.
        rule_type: `Acceptance` or `Invalidation`; other types serve other ends and are never selected.
        country: that made it, ISO 3166-1 alpha-2 or `EU`.
        region: of the country; empty for a rule of the whole.
        version, schema_version, engine_version: as they are written.
        engine: `CERTLOGIC` for those that can be judged here.
        certificate_type: `General`, `Vaccination`, `Test` or `Recovery`.
        description: what it asks, in the languages it was written in.
        valid_from, valid_to: when it holds, both ends included.
        logic: an expression of CertLogic.
    """

    identifier: str
    rule_type: str
    country: str
    region: str
    version: str
    schema_version: str
    engine: str
    engine_version: str
    certificate_type: str
    description: Translated
    valid_from: datetime
    valid_to: datetime
    logic: Any

    @classmethod
    def from_dict(cls, members: Any, *, position: int) -> Rule:
        """Read a rule in its JSON form.

        Args:
            members: as a JSON parser gives them. Those that are not known here have no effect.
            position: among the rules of a set, to name it by.

        Raises:
            MalformedError: `rule.malformed`.
        """
        if not isinstance(members, dict):
            raise malformed_rule(position, "-", fragment("json.not_object"))
        texts = {name: _text(members, name, form, position) for name, form in _FORMS.items()}
        if not is_bounded(members.get("Logic"), parts=MAX_PARTS, depth=MAX_DEPTH):
            raise malformed_rule(position, "Logic", fragment("size.parts", most=MAX_PARTS))
        return cls(
            identifier=texts["Identifier"],
            rule_type=texts["Type"],
            country=texts["Country"],
            region=texts["Region"].strip(),
            version=texts["Version"],
            schema_version=texts["SchemaVersion"],
            engine=texts["Engine"],
            engine_version=texts["EngineVersion"],
            certificate_type=texts["CertificateType"],
            description=_description(members.get("Description"), position),
            valid_from=_moment(members, "ValidFrom", position),
            valid_to=_moment(members, "ValidTo", position),
            logic=members.get("Logic"),
        )

    @property
    def order(self) -> tuple[int, ...]:
        """The version, to be compared with that of the same rule; one that cannot be read is the lowest."""
        return version_parts(self.version) or ()


def read_reach(members: Any) -> Reach:
    """Read of a faulty rule whose it is."""
    if not isinstance(members, dict):
        return Reach()
    names = ("Identifier", "Type", "Country")
    identifier, rule_type, country = (
        value if isinstance(value := members.get(name), str) and _FORMS[name].fullmatch(value) else None
        for name in names
    )
    try:
        return Reach(identifier, rule_type, country, _description(members.get("Description"), 0))
    except MalformedError:
        return Reach(identifier, rule_type, country)


def is_region(value: object) -> bool:
    """Tell whether a value is written as the regions of rules are; the empty text is the whole country."""
    return isinstance(value, str) and _FORMS["Region"].fullmatch(value) is not None


def version_parts(version: str) -> tuple[int, int, int] | None:
    """Return the three numbers of a version; None for another form."""
    match = re.fullmatch(_VERSION, version)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]))


def _text(members: dict[Any, Any], name: str, form: re.Pattern[str], position: int) -> str:
    value = members.get(name)
    if value is None and name == "Region":
        return ""
    if not isinstance(value, str) or not form.fullmatch(value):
        raise malformed_rule(position, name, fragment("rule.text"))
    return value


def _moment(members: dict[Any, Any], name: str, position: int) -> datetime:
    value = members.get(name)
    try:
        return parse(value if isinstance(value, str) else "")
    except ValueError as error:
        reason = fragment_of(error)
    raise malformed_rule(position, name, reason)


def _description(value: Any, position: int) -> Translated:
    texts: dict[str, str] = {}
    for one in value if isinstance(value, list) and len(value) <= MAX_DESCRIPTIONS else ():
        language, text = (one.get("lang"), one.get("desc")) if isinstance(one, dict) else (None, None)
        if isinstance(language, str) and re.fullmatch(_LANGUAGE, language) and isinstance(text, str):
            texts[language.lower()] = "".join(filter(str.isprintable, text))[:MAX_DESCRIPTION]
    if not any(texts.values()):
        raise malformed_rule(position, "Description", fragment("rule.description"))
    return Translated(tuple((language, text) for language, text in texts.items() if text))


def malformed_rule(position: int, path: Place, problem: Fragment) -> MalformedError:
    """Return the error for a rule of a set; `-` is the path of the whole rule."""
    return MalformedError.of("rule.malformed", position=position, path=path, problem=problem)
