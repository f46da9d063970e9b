"""What a trusted signer could sign to make a verdict costly, each as the payloads of claim -260; shared as attacks are.

Some are beyond a bound of the format and refused, others just within all of them. `fresh` gives numbers that no input
had before, so that no cache helps.
"""

from __future__ import annotations

import itertools
import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import cbor2

from hcert.records.citizen.encode import to_wire as citizen_to_wire
from support.citizen_records import citizen_record, encoded
from support.icvp_payloads import EMITTED, YELLOW_FEVER, B
from support.medication_payloads import OVERVIEW, with_line
from support.raw_messages import DCC

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERS = itertools.count(1_000, 1_700)


def fresh() -> int:
    """Return a number from which on 1 700 were never used."""
    return next(_NUMBERS)


def _record(**changes: Any) -> dict[int, Any]:
    """Return a citizen record of one dose with members replaced, `k7` for key 7."""
    members: dict[int, Any] = cbor2.loads(encoded(citizen_record(1, 0)))
    return members | {int(name[1:]): value for name, value in changes.items()}


def _doses(count: int, **changes: Any) -> list[dict[int, Any]]:
    dose = _record()[4][0] | {int(name[1:]): value for name, value in changes.items()}
    return [dose | {1: number} for number in range(1, count + 1)]


def _diseases(count: int) -> list[int]:
    first = fresh() % 60_000
    return list(range(first, first + count))


def _parts(count: int, algorithm: int, length: int) -> list[Any]:
    return [[cbor2.dumps({1: algorithm, 4: i.to_bytes(4)}), {-4: bytes(32)}, bytes(length)] for i in range(count)]


def _newer(members: dict[int, Any], count: int) -> dict[int, Any]:
    return members | {0: [1, 1]} | {1000 + number: number for number in range(count)}


def _vaccinated(**changes: Any) -> dict[int, Any]:
    return {1: {**DCC, "v": [DCC["v"][0] | changes]}}


_NO_CODES = {"k4": "no product", "k5": "no vaccine", "k6": "no manufacturer", "k8": "ZZ", "k11": "URN:UVCI:01:VN:A#B"}

_NOBODY = {"vp": YELLOW_FEVER, "dt": "2099-01-01T00:00Z", "bo": "\ufffd", "cn": None, "vls": "2029-01-01T00:00Z"}
_TREATMENT = dict.fromkeys("mdra", "\ufffd" * 200) | {
    "es": "2029-01-01T00:00Z",
    "ee": "2028-01-01T00",
    "da": "2099-01-01T00",
}
_LINK_MEMBERS = {"url": "http://a.example", "key": "A" * 43 + "=", "exp": 10**12, "label": "\u1ea1" * 80, "flag": "LP"}
_LINK = "shlink://" + urlsafe_b64encode(json.dumps(_LINK_MEMBERS).encode()).decode()

BEYOND: dict[str, Callable[[], dict[Any, Any]]] = {
    "one dose against 1 300 diseases": lambda: {-1405: _record(k4=_doses(1, k7=_diseases(1300)))},
    "one dose against 2 800 diseases": lambda: {-1405: _record(k4=_doses(1, k7=_diseases(2800)))},
    "480 sealed parts": lambda: {-1405: _record(k7=_parts(480, 41, 80))},
    "490 sealed parts of an unknown suite": lambda: {-1405: _record(k7=_parts(490, 99, 80))},
    "1 400 members of a newer version": lambda: {-1405: _newer(_record(), 1400)},
    "a member of a newer version of 60 000 parts": lambda: {-1405: _record(k0=[1, 1], k99=[0] * 60_000)},
    "a name of 60 000 characters": lambda: {-1405: _record(k3={0: "x" * 60_000})},
    "a birth date of 60 000 characters": lambda: {1: {**DCC, "dob": "1990" + "-00" * 20_000}},
    "a birth date of 60 000 characters, tagged": lambda: {1: {**DCC, "dob": cbor2.CBORTag(0, "1990" + "-00" * 20_000)}},
    "a version of 800 digits": lambda: {1: {**DCC, "ver": "1" * 800 + "x"}},
    "a version of 60 000 digits": lambda: {1: {**DCC, "ver": "1" * 60_000 + "x"}},
    "a code of 60 000 characters": lambda: _vaccinated(tg="x" * 60_000),
    "a country of 60 000 characters": lambda: _vaccinated(co="A" * 60_000),
    "a day of 60 000 characters": lambda: _vaccinated(dt="2026-02-18T00:00:00." + "0" * 60_000),
    "1 400 payloads numbered by text": lambda: {str(number): 0 for number in range(1400)},
    "a health link of 60 000 characters": lambda: {5: [{"u": "shlink://" + "A" * 60_000}]},
    "an ICVP with a dose of 60 000 characters": lambda: {-6: {**EMITTED, "v": {**EMITTED["v"], "bo": "x" * 60_000}}},
    "a medication overview of 3 000 lines": lambda: {-7: {**OVERVIEW, "m": [{}] * 3000}},
    "a dosage of 60 000 characters": lambda: {-7: with_line(d="x" * 60_000)},
    "a country that is none": lambda: _vaccinated(co="<b>Vietnam! trust me"),
}
WITHIN: dict[str, Callable[[], dict[Any, Any]]] = {
    "64 unknown payloads numbered by text": lambda: {str(number): 0 for number in range(-2000, -2064, -1)},
    "ICVP as participants of the WHO's network sign it": lambda: {-6: EMITTED},
    "ICVP of 16 doses, each with every deviation": lambda: {
        -6: {**B, "n": "\ufffd" * 200, "ntl": None, "gn": "\ufffd", "dob": "2030-01-01T00:00Z", "v": [_NOBODY] * 16}
    },
    "medication overview of 3 lines, each with every deviation": lambda: {
        -7: {**OVERVIEW, "n": "\ufffd" * 200, "nt": "ZZ", "dob": "2030-01-01T00:00Z", "m": [_TREATMENT] * 3}
    },
    "health link with every deviation": lambda: {"5": [{"u": _LINK}]},
    "health link of 4 096 characters": lambda: {5: [{"u": ("shlink://" + "eyJh" * 1024)[:4096]}]},
    "100 doses of unknown codes, wrong UVCI, in the future": lambda: {
        -1405: _record(k4=_doses(100, k0=40_000, k7=[1], **_NO_CODES))
    },
    "100 doses against 16 unregistered diseases each": lambda: {
        -1405: _record(k4=[dose | {7: _diseases(16)} for dose in _doses(100)])
    },
    "70 doses against 16 unregistered diseases each": lambda: {  # as many as fit into the 3 000 parts of a message
        -1405: _record(k4=[dose | {7: _diseases(16)} for dose in _doses(70)])
    },
    "65 doses: all of it at once": lambda: {
        -1405: _record(k4=[dose | {7: _diseases(16)} for dose in _doses(65, k0=40_000, **_NO_CODES)])
    },
    "16 sealed parts": lambda: {-1405: _record(k7=_parts(16, 41, 80))},
    "64 members of a newer version": lambda: {-1405: _newer(_record(), 64)},
    "a member of a newer version in 64 of 100 doses": lambda: {
        -1405: _record(k0=[1, 1], k4=[dose | ({99: 0} if dose[1] <= 64 else {}) for dose in _doses(100)])
    },
    "citizen record of 100 entries": lambda: {-1405: citizen_to_wire(citizen_record(50, 50))},
    "16 doses of unknown codes in an EU DCC": lambda: {
        1: {
            **DCC,
            "v": [DCC["v"][0] | dict.fromkeys(("vp", "mp", "ma", "tg"), "x") | {"co": "ZZ", "dt": "2099-01-01"}] * 16,
        }
    },
}
