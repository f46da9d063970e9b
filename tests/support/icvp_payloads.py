"""ICVP payloads of the three generations, and a way to change one member."""

from __future__ import annotations

from typing import Any

from hcert import icvp

YELLOW_FEVER = "YellowFeverProductd8a09f80301dc05e124f99ffe7711fc0"
C: dict[str, Any] = {
    "n": "Nguyễn Thị Ánh",
    "dob": "1990-05-17",
    "s": "female",
    "nt": "VNM",
    "id": "C0000001",
    "dt": "PPN",
    "vx": {"vp": YELLOW_FEVER, "dv": "2026-05-07", "cn": "Bs. Trần", "is": "VNM", "bo": "LOT-1"},
    "v": "1.0.0",
    "d": "2026-05-08",
}
B: dict[str, Any] = {
    "n": "Nguyễn Thị Ánh",
    "dob": "1990-05-17",
    "s": "female",
    "ntl": "VNM",
    "nid": "C0000001",
    "ndt": "PPN",
    "gn": "Nguyễn Văn Bình",
    "v": [
        {"vp": YELLOW_FEVER, "dt": "2025-05-07", "bo": "LOT-1", "cn": "Bs. Trần", "vls": "2025-05-17"},
        {"vp": "PolioVaccine", "dt": "2025-06-07", "bo": "LOT-2", "is": "VNM", "vle": "2035-06-07"},
    ],
}
A: dict[str, Any] = {
    "n": "Nguyễn Thị Ánh",
    "dob": "1990-05-17",
    "s": "F",
    "ntl": "VNM",
    "nid": "C0000001",
    "v": {"dn": "Primary", "tg": "1D47", "vp": "XM0N24", "mp": "1", "ma": "HIPRA", "dt": "2024-05-07", "bo": "LOT-1"},
}
# What a participant of the WHO's network signed in 2026, with other values.
EMITTED: dict[str, Any] = {
    "n": "Mar\ufffda Pérez",
    "dob": "1971-02-03",
    "s": "female",
    "nid": "11111111-1",
    "ndt": "NI",
    "v": {"vp": YELLOW_FEVER, "dt": "2026-01-15", "bo": "LOT42", "vls": "2026-01-25"},
}


def changed(payload: dict[str, Any], path: str, value: Any = ...) -> dict[str, Any]:
    """Return a payload with one member put, or left out."""
    first, _, rest = path.partition(".")
    copy = dict(payload)
    if rest:
        inner = copy[first]
        copy[first] = (
            [changed(inner[0], rest, value), *inner[1:]] if isinstance(inner, list) else changed(inner, rest, value)
        )
    elif value is ...:
        del copy[first]
    else:
        copy[first] = value
    return copy


RECORD = icvp.from_payload(C)
