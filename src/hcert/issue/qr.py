"""The QR code of a certificate: drawn by segno, in alphanumeric mode, at exactly the error level asked for."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

import segno

from hcert.codec.base45 import ALPHABET
from hcert.errors import ConfigurationError, IssueError, MalformedError

ErrorLevel = Literal["L", "M", "Q", "H"]

# Alphanumeric capacity of version 40, ISO/IEC 18004 table 7.
CAPACITY: Final = {"L": 4296, "M": 3391, "Q": 2420, "H": 1852}
_ALPHABET: Final = frozenset(ALPHABET.decode())  # of alphanumeric mode, and of Base45 therefore
_QUIET_ZONE: Final = 4  # modules around the symbol, ISO/IEC 18004 section 6.3.8
_MODULES_FIRST: Final = 17  # a symbol of version v has 17 + 4 v modules
_MODULES_STEP: Final = 4
_MM_PER_INCH: Final = 25.4
_SCREEN_SCALE: Final = 8  # pixels a module in PNG: 3 or more survive a screenshot being shrunk by half


def check_level(error: ErrorLevel) -> None:
    """Refuse what is no error correction level.

    Raises:
        ConfigurationError: `qr.error_level`.
    """
    if error not in get_args(ErrorLevel):
        raise ConfigurationError.of("qr.error_level")


def version_for(length: int, *, error: ErrorLevel) -> int:
    """Return the version of the smallest symbol that holds a text of `length` characters, which must fit one."""
    symbol = segno.make_qr("0" * length, error=error, mode="alphanumeric", boost_error=False, mask=0)
    return int(symbol.version)


@dataclass(frozen=True, slots=True)
class PrintSize:
    """How large to print a symbol, quiet zone not counted.

    Attributes:
        dots_per_module: printer dots that one module takes, a whole number so that all modules are alike.
        module_mm: edge of one module in millimetres. Below 0.33 mm phone cameras begin to fail on plain paper.
        width_mm: edge of the symbol in millimetres.
    """

    dots_per_module: int
    module_mm: float
    width_mm: float


@dataclass(frozen=True, slots=True)
class QrCode:
    """A drawn QR code.

    Attributes:
        version: 1 to 40.
        error: its error correction level.
        modules: modules along one edge, without the quiet zone.
    """

    version: int
    error: ErrorLevel
    modules: int
    _symbol: Any = field(repr=False, compare=False)

    @classmethod
    def of(cls, text: str, *, error: ErrorLevel) -> QrCode:
        """Draw `text`; see `Certificate.qr`."""
        check_level(error)
        foreign = next((at for at, letter in enumerate(text, 1) if letter not in _ALPHABET), None)
        if foreign is not None:
            raise MalformedError.of("text.alphabet", position=foreign)
        try:
            symbol = segno.make_qr(text, error=error, mode="alphanumeric", boost_error=False)
        except segno.DataOverflowError:
            raise IssueError.of(
                "qr.too_large",
                length=len(text),
                error=error,
                capacity=CAPACITY[error],
            ) from None
        version = int(symbol.version)
        return cls(version, error, _MODULES_FIRST + _MODULES_STEP * version, symbol)

    def save(self, path: str | Path) -> None:
        """Write the code to a file: `.svg` (one module a unit), `.png` or `.pdf`, by its suffix.

        Raises:
            ConfigurationError: `qr.file_type`.
            OSError: from the file system.
        """
        target = Path(path)
        kind = target.suffix.lower().removeprefix(".")
        if kind not in {"svg", "png", "pdf"}:
            raise ConfigurationError.of("qr.file_type", suffix=target.suffix or "a file without suffix")
        scale = 1 if kind == "svg" else _SCREEN_SCALE
        drawn = io.BytesIO()
        self._symbol.save(drawn, kind=kind, scale=scale, border=_QUIET_ZONE)
        target.write_bytes(drawn.getvalue())

    def terminal(self) -> str:
        """Return the code as text for a terminal, two modules a character."""
        drawn = io.StringIO()
        self._symbol.terminal(drawn, border=_QUIET_ZONE, compact=True)
        return drawn.getvalue()

    def print_size(self, *, dpi: int = 300, width_mm: float = 42.0) -> PrintSize:
        """Return how to print the code with modules of whole printer dots.

        Args:
            dpi: resolution of the printer, dots an inch.
            width_mm: largest edge of the symbol in millimetres. The HCERT specification recommends a diagonal of
                35 to 60 mm; 42 mm is the edge for 60.

        Raises:
            ConfigurationError: `qr.print_size` if not even one dot a module fits.
        """
        wanted = width_mm / _MM_PER_INCH * dpi / self.modules
        dots = int(wanted) if math.isfinite(wanted) else 0
        if dots < 1:
            raise ConfigurationError.of("qr.print_size", modules=self.modules, width_mm=width_mm, dpi=dpi)
        module_mm = dots * _MM_PER_INCH / dpi
        return PrintSize(dots, round(module_mm, 3), round(module_mm * self.modules, 1))
