"""Writing the modules of a QR code as SVG, PNG, PDF or text, each with its physical size and a white background.

A file without a size is printed at whatever size a program likes, and one without a background cannot be seen on a
dark page. Each holds the quiet zone of 4 modules (ISO/IEC 18004 section 6.3.8), and the same code gives the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

QUIET_ZONE: Final = 4
MM_PER_INCH: Final = 25.4
_POINTS_PER_INCH: Final = 72
_BLACK_ON_WHITE: Final = ("\x1b[30;107m", "\x1b[0m")  # whatever the colours of the terminal are


def to_svg(rows: Sequence[bytes], module_mm: float) -> str:
    """Return an SVG (1.1) with all dark modules as one path.

    Args:
        rows: from top to bottom, a byte a module, 1 dark.
        module_mm: edge of a module in millimetres.
    """
    edge = len(rows) + 2 * QUIET_ZONE
    size = f"{edge * module_mm:.4g}mm"
    runs = "".join(f"M{x} {y}h{length}v1h-{length}z" for y, x, length in _runs(rows))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {edge} {edge}" '
        'shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{edge}v{edge}h-{edge}z"/><path d="{runs}"/></svg>\n'
    )


def to_png(rows: Sequence[bytes], module_mm: float, *, scale: int) -> bytes:
    """Return a PNG of one bit a pixel, which says its resolution.

    Args:
        rows: as for `to_svg`.
        module_mm: likewise.
        scale: pixels along the edge of a module.
    """
    side = b"1" * (QUIET_ZONE * scale)
    edge = (len(rows) + 2 * QUIET_ZONE) * scale
    spare = b"0" * (-edge % 8)  # the last byte of a line is filled up
    light, dark = b"1" * scale, b"0" * scale  # 1 is white in a grey PNG
    blank = b"\0" + _pack(b"1" * edge + spare)
    lines = [blank * (QUIET_ZONE * scale)]
    for row in rows:
        bits = b"".join([dark if module else light for module in row])
        lines.append((b"\0" + _pack(side + bits + side + spare)) * scale)
    lines.append(lines[0])
    per_metre = round(1000 * scale / module_mm)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            _chunk(b"IHDR", struct.pack(">IIBBBBB", edge, edge, 1, 0, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            _chunk(b"IDAT", zlib.compress(b"".join(lines))),
            _chunk(b"IEND", b""),
        ]
    )


def to_pdf(rows: Sequence[bytes], module_mm: float) -> bytes:
    """Return a PDF (1.4) whose one page is the symbol and its quiet zone.

    Args:
        rows: as for `to_svg`.
        module_mm: likewise.
    """
    edge = len(rows) + 2 * QUIET_ZONE
    points = module_mm / MM_PER_INCH * _POINTS_PER_INCH
    modules = "".join(f"{x} {edge - y - 1} {length} 1 re\n" for y, x, length in _runs(rows))
    drawing = zlib.compress(
        f"{points:.6f} 0 0 {points:.6f} 0 0 cm\n1 g\n0 0 {edge} {edge} re f\n0 g\n{modules}f\n".encode(), 9
    )
    size = f"{edge * points:.4f}"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size} {size}]/Resources<<>>/Contents 4 0 R>>".encode(),
        b"<</Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (len(drawing), drawing),
    )
    data = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return data + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        count,
        table,
        count,
        len(data),
    )


def to_terminal(rows: Sequence[bytes]) -> str:
    """Return lines of block characters, two modules each, in black on white by ANSI colours."""
    edge = len(rows) + 2 * QUIET_ZONE
    side, blank = bytes(QUIET_ZONE), bytes(edge)
    padded = [blank] * QUIET_ZONE + [side + row + side for row in rows] + [blank] * (QUIET_ZONE + 1)
    start, end = _BLACK_ON_WHITE
    return "".join(
        start + "".join(" ▀▄█"[above + 2 * below] for above, below in zip(*pair, strict=True)) + end + "\n"
        for pair in zip(padded[:edge:2], padded[1::2], strict=False)
    )


def _runs(rows: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """Yield row, column and length of each run of dark modules, the quiet zone counted."""
    for y, row in enumerate(rows, QUIET_ZONE):
        start = row.find(1)
        while start >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            yield y, start + QUIET_ZONE, end - start
            start = row.find(1, end)


def _pack(bits: bytes) -> bytes:
    """Return a text of 0 and 1, a multiple of eight, as bytes."""
    return int(bits, 2).to_bytes(len(bits) // 8)


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG (ISO/IEC 15948 section 5.3)."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
