"""The modules of a QR code: from zxing-cpp where it is installed, else from segno, which takes twenty times as long.

Both keep the error level asked for and give the smallest version that holds the text. They may choose another mask, and
zxing-cpp writes runs of digits in numeric mode; every reader takes either (`docs/decisions/0051`).
"""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple, get_args

import segno

from hcert.errors import ConfigurationError

try:
    import zxingcpp
except ImportError:  # pragma: no cover - the extra `scan` is not installed
    _HAS_ZXING = False
else:
    _HAS_ZXING = True

ErrorLevel = Literal["L", "M", "Q", "H"]

# Alphanumeric capacity of version 40, ISO/IEC 18004 table 7.
CAPACITY: Final = {"L": 4296, "M": 3391, "Q": 2420, "H": 1852}
MODULES_FIRST: Final = 17  # a symbol of version v has 17 + 4 v modules
MODULES_STEP: Final = 4
_DARK_IS_ONE: Final = bytes([1]) + bytes(255)  # zxing-cpp draws dark modules as 0 and light ones as 255


class Symbol(NamedTuple):
    """The modules of a QR code.

    Attributes:
        version: 1 to 40.
        rows: from top to bottom, a byte a module: 1 dark, 0 light; without the quiet zone.
    """

    version: int
    rows: tuple[bytes, ...]


def check_level(error: ErrorLevel) -> None:
    """Refuse anything but an error correction level.

    Raises:
        ConfigurationError: `qr.error_level`.
    """
    if error not in get_args(ErrorLevel):
        raise ConfigurationError.of("qr.error_level")


def version_for(length: int, *, error: ErrorLevel) -> int:
    """Return the version of the smallest symbol that holds an alphanumeric text of `length` characters."""
    symbol = segno.make_qr("0" * length, error=error, mode="alphanumeric", boost_error=False, mask=0)
    return int(symbol.version)


def encode_symbol(text: str, *, error: ErrorLevel) -> Symbol | None:
    """Encode an alphanumeric text (ISO/IEC 18004) at exactly one error level; None where it does not fit."""
    return _by_zxing(text, error) if _HAS_ZXING else _by_segno(text, error)


def _by_zxing(text: str, error: ErrorLevel) -> Symbol | None:
    try:
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=error)
    except ValueError:  # its one complaint about a text of the alphabet is the length
        return None
    pixels = bytes(memoryview(code.to_image(scale=1, add_quiet_zones=False)))  # type: ignore[arg-type] # a buffer
    edge = math.isqrt(len(pixels))
    modules = pixels.translate(_DARK_IS_ONE)
    rows = tuple(modules[start : start + edge] for start in range(0, edge * edge, edge))
    return Symbol((edge - MODULES_FIRST) // MODULES_STEP, rows)


def _by_segno(text: str, error: ErrorLevel) -> Symbol | None:
    try:
        code = segno.make_qr(text, error=error, mode="alphanumeric", boost_error=False)
    except segno.DataOverflowError:
        return None
    return Symbol(int(code.version), tuple(map(bytes, code.matrix)))
