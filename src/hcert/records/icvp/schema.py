"""What stands where on the wire, in each of the three generations: the one place with the payload's short names.

Trap: `v` and `dt` mean different things in different generations. `v` is the dose, the list of doses, or the version of
the template; `dt` the date of a dose or the type of a document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from hcert.records.icvp.model import Generation
from hcert.records.life import Group, Life
from hcert.records.partial_date import PartialDate

if TYPE_CHECKING:
    from hcert.records.icvp.model import Icvp

Kind = Literal["text", "date", "birth date", "sex"]


class Member(NamedTuple):
    """A member of a map: its name on the wire, its attribute, what it is, and whether it must be there."""

    wire: str
    attribute: str
    kind: Kind = "text"
    required: bool = False


class Form(NamedTuple):
    """A generation: the members of the certificate, the member that holds the doses, and the members of a dose."""

    certificate: tuple[Member, ...]
    doses: str
    dose: tuple[Member, ...]


_NAME: Final = Member("n", "name", required=True)
_BIRTH_DATE: Final = Member("dob", "birth_date", "birth date", required=True)
_GUARDIAN: Final = Member("gn", "guardian")
_BATCH: Final = Member("bo", "batch", required=True)
_CLINICIAN: Final = Member("cn", "clinician")
_ISSUER: Final = Member("is", "issuer")
_PRODUCT: Final = Member("vp", "product", required=True)
_DATE: Final = Member("dt", "date", "date", required=True)
_VALID_FROM: Final = Member("vls", "valid_from", "date")
_VALID_UNTIL: Final = Member("vle", "valid_until", "date")

FORMS: Final = {
    Generation.A: Form(
        (
            _NAME,
            Member("dob", "birth_date", "birth date"),
            Member("s", "sex", "sex"),
            Member("ntl", "nationality"),
            Member("nid", "document_number"),
            _GUARDIAN,
        ),
        "v",
        (
            Member("dn", "label", required=True),
            Member("tg", "disease"),
            _PRODUCT,
            Member("mp", "brand"),
            Member("ma", "manufacturer"),
            Member("mid", "manufacturer_id"),
            _DATE,
            _BATCH,
            _VALID_FROM,
            _VALID_UNTIL,
            _CLINICIAN,
            _ISSUER,
        ),
    ),
    Generation.B: Form(
        (
            _NAME,
            _BIRTH_DATE,
            Member("s", "sex", "sex"),
            Member("ntl", "nationality"),
            Member("nid", "document_number"),
            Member("ndt", "document_type"),
            _GUARDIAN,
        ),
        "v",
        (_PRODUCT, _DATE, _BATCH, _CLINICIAN, _ISSUER, _VALID_FROM, _VALID_UNTIL),
    ),
    Generation.C: Form(
        (
            _NAME,
            _BIRTH_DATE,
            Member("s", "sex", "sex", required=True),
            Member("nt", "nationality", required=True),
            Member("id", "document_number"),
            Member("dt", "document_type"),
            _GUARDIAN,
            Member("v", "template_version", required=True),
            Member("d", "issued_on", "date"),
        ),
        "vx",
        (_PRODUCT, Member("dv", "date", "date", required=True), _CLINICIAN, _ISSUER, _BATCH),
    ),
}


def _names(members: tuple[Member, ...]) -> frozenset[str]:
    return frozenset(member.wire for member in members)


# Members that any generation knows, by which those of a foreign one are told from those that nobody knows.
ALL_OF_CERTIFICATE: Final = frozenset(
    name for form in FORMS.values() for name in (*_names(form.certificate), form.doses)
)
ALL_OF_DOSE: Final = frozenset(name for form in FORMS.values() for name in _names(form.dose))
ONLY_A_DOSE: Final = _names(FORMS[Generation.A].dose) - _names(FORMS[Generation.B].dose)


def own_of_certificate(generation: Generation) -> frozenset[str]:
    """Return the members a certificate of a generation may have."""
    return _names(FORMS[generation].certificate) | {FORMS[generation].doses}


def own_of_dose(generation: Generation) -> frozenset[str]:
    """Return the members a dose of a generation may have."""
    return _names(FORMS[generation].dose)


def life_of(record: Icvp) -> Life:
    """Return the record as the rules of dates, order and repetition see it."""
    form = FORMS[record.generation]
    path = f"{form.doses}[{{}}]" if record.generation is Generation.B else form.doses
    shown = {member.attribute: member.wire for member in form.dose}
    doses = Group("doses", path, "date", order=("valid_from", "valid_until"), shown=shown)
    return Life(record.birth_date or PartialDate(), "dob", ((doses, record.doses),), record.issued_on, "d")
