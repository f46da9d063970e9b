"""Unique vaccination certificate identifiers (UVCI), which every EU DCC carries in `ci`.

Source: eHealth Network, "Guidelines on verifiable vaccination certificates - basic interoperability elements", annex 2.
An identifier is `URN:UVCI:01:<country>:`, followed by one of these options in the characters A-Z 0-9:

1. issuing entity / vaccine / opaque string,
2. an opaque string,
3. parts of the issuer's choice, separated by `/`;

then `#` and a check character by the Luhn algorithm modulo 38, which detects every single mistyped character and every
swap of neighbours except `A` and `:`. The EU DCC schema allows 80 characters in all.

Identifiers made here always have a check character. Those of others may have none or a wrong one, as half of those in
the EU's published test certificates do; so a wrong one is a warning and never an error.

The opaque string should be random: a serial number, or one derived from an ID number, can identify the holder.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from hcert.citizen_ids import ENTRY_ID
from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.fragments import fragment

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"
_BASE: Final = len(_ALPHABET)
MAX_CHARACTERS: Final = 80
_RANDOM_BYTES: Final = 16
_FORM: Final = "URN:UVCI:01:[A-Z]{2,10}:[A-Z0-9/:]{1,66}(?:#[A-Z0-9/:])?"
# Member states have issued lower-case letters (most of them), no prefix (BE, ES), no colon (DE), or slashes (LU).
_PUBLISHED_FORM: Final = "(?:URN:UVCI:)?01[:/]?[A-Z]{2,10}[A-Z0-9/:#]{1,78}"

# What a character adds to the sum if it counts once, and if it counts twice: then quotient plus remainder.
_ONCE: Final = {character: value for value, character in enumerate(_ALPHABET)}
_TWICE: Final = {character: sum(divmod(2 * value, _BASE)) for character, value in _ONCE.items()}


def check_character(uvci: str) -> str:
    """Return the check character of an identifier.

    Args:
        uvci: with its prefix `URN:UVCI:`; `#` and what follows it are ignored.

    Raises:
        MalformedError: `uvci.malformed`, for characters outside A-Z 0-9 / and :, or more than 80 of them.
    """
    if len(uvci) > MAX_CHARACTERS:
        raise MalformedError.of("uvci.malformed", reason=fragment("size.characters", most=MAX_CHARACTERS))
    try:
        return _check_character(uvci.partition("#")[0])
    except KeyError:
        raise MalformedError.of("uvci.malformed", reason=fragment("uvci.characters")) from None


def with_check_character(uvci: str) -> str:
    """Return an identifier with `#` and its check character added.

    Raises:
        MalformedError: `uvci.malformed`, for characters outside A-Z 0-9 / and :, for a text that already has a check
            character, or that has no room for one.
    """
    if "#" in uvci:
        raise MalformedError.of("uvci.malformed", reason=fragment("uvci.has_check"))
    if len(uvci) > MAX_CHARACTERS - len("#X"):
        raise MalformedError.of("uvci.malformed", reason=fragment("uvci.would_be_longer", most=MAX_CHARACTERS))
    return f"{uvci}#{check_character(uvci)}"


def check_character_holds(uvci: str) -> bool | None:
    """Tell whether the check character of any text is right; None if there is no `#`.

    Also False for characters outside the alphabet, such as lower-case letters, and for more than 80 characters.
    """
    text, mark, check = uvci.partition("#")
    if not mark:
        return None
    if len(uvci) > MAX_CHARACTERS:
        return False
    try:
        return check == _check_character(text)
    except KeyError:
        return False


def check(uvci: str) -> None:
    """Check the form of an identifier, and its check character if it has one.

    Raises:
        MalformedError: `uvci.malformed`.
    """
    if len(uvci) > MAX_CHARACTERS:
        reason = fragment("uvci.length", length=len(uvci), most=MAX_CHARACTERS)
    elif not is_well_formed(uvci):
        reason = fragment("uvci.form")
    elif check_character_holds(uvci) is False:
        reason = fragment("uvci.check")
    else:
        return
    raise MalformedError.of("uvci.malformed", reason=reason)


def is_well_formed(text: str) -> bool:
    """Tell whether a text has the form of annex 2; its check character may be wrong."""
    return len(text) <= MAX_CHARACTERS and re.fullmatch(_FORM, text) is not None


def is_recognisable(text: str) -> bool:
    """Tell whether a text is a UVCI in any of the forms that member states have issued; case is ignored."""
    return len(text) <= MAX_CHARACTERS and re.fullmatch(_PUBLISHED_FORM, text.upper()) is not None


def country_of(uvci: str) -> str | None:
    """Return the country of an identifier, in capitals; None for text of another form."""
    found = re.match("URN:UVCI:[0-9]{2}:([A-Z]{2,10}):", uvci[:MAX_CHARACTERS].upper())
    return found and found[1]


def entry_id_of(uvci: str) -> str | None:
    """Return the entry id of the citizen record that an EU DCC was made from by `citizen.to_eu_dcc`, or None."""
    found = re.match(rf"URN:UVCI:01:[A-Z]{{2,10}}:({ENTRY_ID})(?:#|\Z)", uvci)
    return found and found[1]


def make_opaque(country: str, opaque: str | None = None) -> str:
    """Make an identifier of option 2, an opaque string. Use this one unless others must read information from it.

    Args:
        country: ISO 3166-1 alpha-2, or the up to 10 capital letters of an international body.
        opaque: of A-Z 0-9; random if None.

    Raises:
        MalformedError: `uvci.malformed`, for each part that cannot stand in an identifier.
    """
    return _make(country, random_opaque() if opaque is None else opaque)


def make_structured(country: str, *, entity: str, vaccine: str, opaque: str | None = None) -> str:
    """Make an identifier of option 1.

    Args:
        country: ISO 3166-1 alpha-2, or the up to 10 capital letters of an international body.
        entity: the issuing entity, of A-Z 0-9.
        vaccine: the product or lot, of A-Z 0-9.
        opaque: of A-Z 0-9; random if None.

    Raises:
        MalformedError: `uvci.malformed`, for each part that cannot stand in an identifier.
    """
    return _make(country, entity, vaccine, random_opaque() if opaque is None else opaque)


def make_semi_structured(country: str, *parts: str) -> str:
    """Make an identifier of option 3: one or more parts of A-Z 0-9 whose meaning only the issuer knows.

    Raises:
        MalformedError: `uvci.malformed`, for each part that cannot stand in an identifier.
    """
    return _make(country, *parts)


def random_opaque() -> str:
    """Return 128 random bits as 26 characters A-Z 2-7 (Base32 of RFC 4648, without padding).

    Two of 100 million identifiers are equal with a probability of n^2 / 2 / 2^128, about 1.5e-23, so an issuer need not
    keep a list of those in use.
    """
    import secrets  # takes 5 ms of a cold start, and verifiers never draw identifiers

    return base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode("ascii").rstrip("=")


def _make(country: str, *parts: str) -> str:
    faults: list[Finding] = []
    if not re.fullmatch("[A-Z]{2,10}", country):
        faults.append(finding("uvci.malformed", reason=fragment("uvci.country")))
    if not parts:
        faults.append(finding("uvci.malformed", reason=fragment("uvci.nothing")))
    faults += [
        finding("uvci.malformed", reason=fragment("uvci.part", number=number))
        for number, part in enumerate(parts, 1)
        if not re.fullmatch("[A-Z0-9]{1,80}", part)
    ]
    text = f"URN:UVCI:01:{country}:{'/'.join(parts)}"
    length = len(text) + len("#X")
    if length > MAX_CHARACTERS:
        reason = fragment("uvci.would_be_long", length=length, most=MAX_CHARACTERS)
        faults.append(finding("uvci.malformed", reason=reason))
    if faults:
        raise MalformedError(*faults)
    return with_check_character(text)


def _check_character(text: str) -> str:
    """Return the check character; every second character counts twice, starting with the last one.

    Raises:
        KeyError: for a character outside the alphabet.
    """
    total = sum(map(_TWICE.__getitem__, text[::-2])) + sum(map(_ONCE.__getitem__, text[-2::-2]))
    return _ALPHABET[-total % _BASE]
