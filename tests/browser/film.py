"""Films of people who hold codes before a camera: Motion JPEG for Chromium's fake camera, the same bytes for a seed.

Squares in the upper left corner say what is in view, for whoever measures: the first is white while a code is, the
others are the number of the view in binary, which counts views with a code.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import segno
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FRAMES_PER_SECOND: Final = 30  # of Chromium's fake camera, whatever the file says
SMALL: Final = (640, 480)
LARGE: Final = (1280, 720)
SQUARES: Final = 8
_SQUARES_PER_HEIGHT: Final = 30
_BLURS: Final = (12, 6, 3)  # of the first frames, in pixels at 480 lines: a hand that comes to rest
_HEIGHT: Final = 0.6  # of the frame, that a code fills
_TURN: Final = 12  # degrees at most
_TREMOR: Final = 0.4  # degrees, of a hand at rest
_QUIET: Final = 4  # modules
_MODULE: Final = 8  # pixels, as drawn at first
_QUALITY: Final = 80  # of the JPEG


@dataclass(frozen=True, slots=True)
class View:
    """What one person holds up: one code, or several side by side; none for an empty hand.

    Attributes:
        texts: of the codes.
        shown: frames in which they are in view.
        pause: frames before the next view, with nobody there.
    """

    texts: tuple[str, ...]
    shown: int = 24
    pause: int = 10


NOBODY: Final = View((), shown=60, pause=0)  # for a camera and a page that are still starting


def make_film(path: Path, views: Sequence[View], *, size: tuple[int, int], seed: int) -> Path:
    """Write a film of views, which the fake camera repeats for ever, and return its path.

    Args:
        path: of the film; Chromium wants the ending `.mjpeg`.
        views: at most 128.
        size: width and height in pixels.
        seed: of poses and backgrounds.
    """
    with path.open("wb") as file:
        for frame in frames(views, size=size, seed=seed):
            file.write(frame)
    return path


def frames(views: Sequence[View], *, size: tuple[int, int], seed: int) -> Iterable[bytes]:
    """Yield the frames of a film, each a JPEG."""
    chance = random.Random(seed)  # noqa: S311 - the same film for the same seed
    room = _draw_room(size, chance)
    empty = _encode(room)
    number = -1
    for view in views:
        number += bool(view.texts)
        pose = _Pose(chance.uniform(-_TURN, _TURN), chance.uniform(-0.04, 0.04), chance.uniform(-0.04, 0.04))
        scene = room.copy()
        _draw_squares(scene, number if view.texts else None)
        sheets = [_draw_sheet(text, len(view.texts), size[1]) for text in view.texts]
        moving = [_encode(_draw_view(scene, sheets, pose, blur)) for blur in _BLURS]
        trembling = _Pose(pose.turn + _TREMOR, pose.right, pose.down)
        resting = [_encode(_draw_view(scene, sheets, one, 0)) for one in (pose, trembling)]
        for frame in range(view.shown):
            yield moving[frame] if frame < len(moving) else resting[frame // 3 % len(resting)]
        for _ in range(view.pause):
            yield empty


@dataclass(frozen=True, slots=True)
class _Pose:
    """How a sheet is held: turned by degrees, and off the middle by parts of the frame."""

    turn: float
    right: float
    down: float


def _draw_room(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Draw what is behind the person: blurred shapes in grey, and squares that say that nobody is there."""
    coarse = Image.frombytes("L", (16, 9), bytes(chance.randrange(70, 170) for _ in range(16 * 9)))
    room = coarse.resize(size, Image.Resampling.BICUBIC)
    _draw_squares(room, None)
    return room


def _draw_squares(frame: Image.Image, number: int | None) -> None:
    """Draw which view is before the camera."""
    side = frame.height // _SQUARES_PER_HEIGHT
    draw = ImageDraw.Draw(frame)
    for square, bit in enumerate("0" * SQUARES if number is None else f"1{number:0{SQUARES - 1}b}"):
        draw.rectangle((square * side, 0, (square + 1) * side - 1, side - 1), fill=255 * int(bit))


def _draw_view(scene: Image.Image, sheets: Sequence[Image.Image], pose: _Pose, blur: int) -> Image.Image:
    """Draw one frame of a view."""
    frame = scene.copy()
    columns = len(sheets)
    for column, sheet in enumerate(sheets):
        narrow = max(1, sheet.width * 480 // (blur * frame.height)) if blur else sheet.width
        held = sheet.resize((narrow, sheet.height), Image.Resampling.BOX).resize(sheet.size)
        turned = held.convert("LA").rotate(pose.turn, Image.Resampling.BICUBIC, expand=True)
        left = round(frame.width * ((column + 0.5) / columns + pose.right)) - turned.width // 2
        top = round(frame.height * (0.53 + pose.down)) - turned.height // 2
        frame.paste(turned.getchannel("L"), (left, top), turned.getchannel("A"))
    return frame


def draw_code(text: str) -> bytes:
    """Draw a code as a picture that somebody sends: a PNG."""
    data = io.BytesIO()
    _draw_modules(text).save(data, "PNG")
    return data.getvalue()


def _draw_sheet(text: str, beside: int, height: int) -> Image.Image:
    """Draw a code on white paper, as large as it is held up: smaller if there are others beside it."""
    large = _draw_modules(text)
    code = round(_HEIGHT * height * (1 if beside == 1 else 0.8))
    side = round(code / (1 - 2 * _QUIET * _MODULE / large.height))
    return large.resize((side, side), Image.Resampling.LANCZOS)


def _draw_modules(text: str) -> Image.Image:
    rows = list(segno.make(text, error="q", boost_error=False, micro=False).matrix_iter(border=_QUIET))
    modules = Image.new("L", (len(rows), len(rows)))
    modules.putdata([0 if dark else 255 for row in rows for dark in row])
    return modules.resize((len(rows) * _MODULE, len(rows) * _MODULE), Image.Resampling.NEAREST)


def _encode(frame: Image.Image) -> bytes:
    data = io.BytesIO()
    frame.save(data, "JPEG", quality=_QUALITY)
    return data.getvalue()
