"""The QR code of a certificate, at exactly the error level asked for, as a picture with its physical size."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hcert.codec.base45 import ALPHABET
from hcert.errors import ConfigurationError, IssueError, MalformedError
from hcert.fragments import fragment
from hcert.issue import drawing
from hcert.issue.drawing import MM_PER_INCH
from hcert.issue.symbol import CAPACITY, ErrorLevel, check_level, encode_symbol
from hcert.paths import to_path

if TYPE_CHECKING:
    from pathlib import Path

    from hcert.issue.symbol import Symbol

_ALPHABET: Final = frozenset(ALPHABET.decode())  # of alphanumeric mode, and of Base45 therefore
_WIDTH_MM: Final = 42.0  # the HCERT specification recommends a diagonal of 35 to 60 mm; 42 mm is the edge for 60
_SCALE: Final = 8  # pixels a module: 3 or more survive a screenshot being shrunk by half
_MAX_SCALE: Final = 100
_MAX_WIDTH_MM: Final = 1000
_RELIABLE_MM: Final = 0.33  # below it phone cameras begin to fail on plain paper


@dataclass(frozen=True, slots=True)
class PrintSize:
    """The largest size with modules of whole printer dots within a width, quiet zone not counted.

    Attributes:
        dots_per_module: printer dots that one module takes, a whole number so that all modules are alike.
        module_mm: edge of one module in millimetres.
        width_mm: edge of the symbol in millimetres.
    """

    dots_per_module: int
    module_mm: float
    width_mm: float

    @property
    def is_reliable(self) -> bool:
        """Whether phone cameras read it from plain paper: modules of 0.33 mm or more."""
        return self.module_mm >= _RELIABLE_MM


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code, ready to be drawn.

    Attributes:
        version: 1 to 40.
        error: its error correction level.
        modules: modules along one edge, without the quiet zone.
    """

    version: int
    error: ErrorLevel
    modules: int
    _symbol: Symbol = field(repr=False, compare=False)

    @classmethod
    def of(cls, text: str, *, error: ErrorLevel) -> QrCode:
        """Encode `text`; see `Certificate.qr`."""
        check_level(error)
        foreign = next((at for at, letter in enumerate(text, 1) if letter not in _ALPHABET), None)
        if foreign is not None:
            raise MalformedError.of("text.alphabet", position=foreign)
        symbol = encode_symbol(text, error=error)
        if symbol is None:
            raise IssueError.of("qr.too_large", length=len(text), error=error, capacity=CAPACITY[error])
        return cls(symbol.version, error, len(symbol.rows), symbol)

    def svg(self, *, width_mm: float = _WIDTH_MM) -> str:
        """Return the code as SVG, one path on white.

        Args:
            width_mm: edge of the symbol in millimetres; the quiet zone adds 4 modules on each side.

        Raises:
            ConfigurationError: `qr.width`.
        """
        return drawing.to_svg(self._symbol.rows, self._module_mm(width_mm))

    def png(self, *, width_mm: float = _WIDTH_MM, scale: int = _SCALE) -> bytes:
        """Return the code as PNG of one bit, whose resolution gives it the width asked for.

        Args:
            width_mm: as for `svg`.
            scale: pixels along the edge of a module, 1 to 100.

        Raises:
            ConfigurationError: `qr.width` or `qr.scale`.
        """
        if type(scale) is not int or not 1 <= scale <= _MAX_SCALE:
            raise ConfigurationError.of("qr.scale", most=_MAX_SCALE)
        return drawing.to_png(self._symbol.rows, self._module_mm(width_mm), scale=scale)

    def pdf(self, *, width_mm: float = _WIDTH_MM) -> bytes:
        """Return the code as PDF, on a page of its own size.

        Args:
            width_mm: as for `svg`.

        Raises:
            ConfigurationError: `qr.width`.
        """
        return drawing.to_pdf(self._symbol.rows, self._module_mm(width_mm))

    def save(self, path: str | Path, *, width_mm: float = _WIDTH_MM) -> None:
        """Write the code to a file: SVG, PNG or PDF, by its suffix.

        Args:
            path: ends in `.svg`, `.png` or `.pdf`.
            width_mm: as for `svg`.

        Raises:
            ConfigurationError: `qr.file_type`, `qr.width` or `file.path`.
            OSError: from the file system.
        """
        target = to_path(path)
        match target.suffix.lower():
            case ".svg":
                data = self.svg(width_mm=width_mm).encode()
            case ".png":
                data = self.png(width_mm=width_mm)
            case ".pdf":
                data = self.pdf(width_mm=width_mm)
            case _:
                raise ConfigurationError.of("qr.file_type", suffix=target.suffix or fragment("file.no_suffix"))
        target.write_bytes(data)

    def terminal(self) -> str:
        """Return the code as text for a terminal with ANSI colours, two modules a character."""
        return drawing.to_terminal(self._symbol.rows)

    def print_size(self, *, dpi: int = 300, width_mm: float = _WIDTH_MM) -> PrintSize:
        """Return the largest size with modules of whole printer dots.

        Args:
            dpi: resolution of the printer, dots an inch.
            width_mm: largest edge of the symbol in millimetres.

        Raises:
            ConfigurationError: `qr.print_size` if not even one dot a module fits.
        """
        wanted = width_mm / MM_PER_INCH * dpi / self.modules
        dots = int(wanted) if math.isfinite(wanted) else 0
        if dots < 1:
            raise ConfigurationError.of("qr.print_size", modules=self.modules, width_mm=width_mm, dpi=dpi)
        module_mm = dots * MM_PER_INCH / dpi
        return PrintSize(dots, round(module_mm, 3), round(module_mm * self.modules, 1))

    def _module_mm(self, width_mm: float) -> float:
        if type(width_mm) not in {int, float} or not 1 <= width_mm <= _MAX_WIDTH_MM:
            raise ConfigurationError.of("qr.width", most=_MAX_WIDTH_MM)
        return width_mm / self.modules
