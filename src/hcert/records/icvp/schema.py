"""The schema of the ICVP: the members of each of the three generations, with their short names in the payload.

Beware: `v` and `dt` mean different things in different generations. `v` is the dose, the list of doses, or the version
of the template; `dt` is the date of a dose or the type of a document.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from hcert.records.icvp.model import Generation
from hcert.records.who_payload import MemberSchema


class GenerationSchema(NamedTuple):
    """One generation: the members of the certificate, the member that holds the doses, the members of a dose."""

    certificate: tuple[MemberSchema, ...]
    doses: str
    dose: tuple[MemberSchema, ...]


_NAME: Final = MemberSchema("n", "name", required=True)
_BIRTH_DATE: Final = MemberSchema("dob", "birth_date", "birth date", required=True)
_GUARDIAN: Final = MemberSchema("gn", "guardian")
_BATCH: Final = MemberSchema("bo", "batch", required=True)
_CLINICIAN: Final = MemberSchema("cn", "clinician")
_ISSUER: Final = MemberSchema("is", "issuer")
_PRODUCT: Final = MemberSchema("vp", "product", required=True)
_DATE: Final = MemberSchema("dt", "date", "date", required=True)
_VALID_FROM: Final = MemberSchema("vls", "valid_from", "date")
_VALID_UNTIL: Final = MemberSchema("vle", "valid_until", "date")

SCHEMAS: Final = {
    Generation.A: GenerationSchema(
        (
            _NAME,
            MemberSchema("dob", "birth_date", "birth date"),
            MemberSchema("s", "sex", "sex"),
            MemberSchema("ntl", "nationality"),
            MemberSchema("nid", "document_number"),
            _GUARDIAN,
        ),
        "v",
        (
            MemberSchema("dn", "label", required=True),
            MemberSchema("tg", "disease"),
            _PRODUCT,
            MemberSchema("mp", "brand"),
            MemberSchema("ma", "manufacturer"),
            MemberSchema("mid", "manufacturer_id"),
            _DATE,
            _BATCH,
            _VALID_FROM,
            _VALID_UNTIL,
            _CLINICIAN,
            _ISSUER,
        ),
    ),
    Generation.B: GenerationSchema(
        (
            _NAME,
            _BIRTH_DATE,
            MemberSchema("s", "sex", "sex"),
            MemberSchema("ntl", "nationality"),
            MemberSchema("nid", "document_number"),
            MemberSchema("ndt", "document_type"),
            _GUARDIAN,
        ),
        "v",
        (_PRODUCT, _DATE, _BATCH, _CLINICIAN, _ISSUER, _VALID_FROM, _VALID_UNTIL),
    ),
    Generation.C: GenerationSchema(
        (
            _NAME,
            _BIRTH_DATE,
            MemberSchema("s", "sex", "sex", required=True),
            MemberSchema("nt", "nationality", required=True),
            MemberSchema("id", "document_number"),
            MemberSchema("dt", "document_type"),
            _GUARDIAN,
            MemberSchema("v", "template_version", required=True),
            MemberSchema("d", "issued_on", "date"),
        ),
        "vx",
        (_PRODUCT, MemberSchema("dv", "date", "date", required=True), _CLINICIAN, _ISSUER, _BATCH),
    ),
}


def _names(members: tuple[MemberSchema, ...]) -> frozenset[str]:
    return frozenset(member.wire for member in members)


# Members of any generation, to tell those of another generation from unknown ones.
ALL_CERTIFICATE_MEMBERS: Final = frozenset(
    name for schema in SCHEMAS.values() for name in (*_names(schema.certificate), schema.doses)
)
ALL_DOSE_MEMBERS: Final = frozenset(name for schema in SCHEMAS.values() for name in _names(schema.dose))
DOSE_MEMBERS_OF_A_ONLY: Final = _names(SCHEMAS[Generation.A].dose) - _names(SCHEMAS[Generation.B].dose)
CERTIFICATE_MEMBERS_OF_B_ONLY: Final = _names(SCHEMAS[Generation.B].certificate) - _names(
    SCHEMAS[Generation.A].certificate
)


def certificate_members(generation: Generation) -> frozenset[str]:
    """Return the members that a certificate of a generation may have."""
    return _names(SCHEMAS[generation].certificate) | {SCHEMAS[generation].doses}


def dose_members(generation: Generation) -> frozenset[str]:
    """Return the members that a dose of a generation may have."""
    return _names(SCHEMAS[generation].dose)
