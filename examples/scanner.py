#!/usr/bin/env python3
"""Check the codes in a folder of pictures, or in front of a webcam, with the lists of a store: a small gate.

    scanner.py device --anchor anchor1.pub --anchor anchor2.pub --lists keys.cose full.bin delta.cose --pictures .
    scanner.py device --anchor anchor1.pub --anchor anchor2.pub --webcam

The lists are needed once, and again when there are newer ones. The webcam needs OpenCV (pip install opencv-python).
Exit status: 0 all were accepted, 1 one was refused, 2 unusable input. Needs hcert[scan].
"""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcert
from hcert import words

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = {".png", ".jpg", ".jpeg", ".webp"}


def texts_in_folder(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the names of pictures and the texts of their codes; say which pictures have none."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICTURES:
            try:
                yield path.name, hcert.read_picture(path.read_bytes())
            except hcert.MalformedError as error:
                print(f"{path.name}: {error}")


def texts_from_webcam() -> Iterator[tuple[str, str]]:
    """Yield the text of each code in front of the first camera; the same text once in a row."""
    cv2: Any = import_module("cv2")  # OpenCV
    camera, last = cv2.VideoCapture(0), ""
    while True:
        has_frame, frame = camera.read()
        if not has_frame:
            raise OSError(None, "there is no picture", "webcam")
        try:
            text = hcert.read_picture(cv2.imencode(".bmp", frame)[1].tobytes())
        except hcert.MalformedError:
            continue
        if text != last:
            last = text
            yield "webcam", text


def main() -> int:
    """Put the lists into the store, then check code after code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("store", type=Path, help="folder of the store")
    parser.add_argument("--anchor", type=Path, action="append", required=True, help="pinned public key; repeatable")
    parser.add_argument("--lists", type=Path, nargs="+", default=[], help="newer lists: keys, revocations, deltas")
    parser.add_argument("--pictures", type=Path, help="folder of pictures")
    parser.add_argument("--webcam", action="store_true", help="read from the first camera instead")
    parser.add_argument("--lang", choices=["en", "vi"], default="en", help="language of the cards (default: en)")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace", line_buffering=True)  # a terminal may lack letters
    refused = False
    try:
        anchors = [hcert.TrustedKey.from_public_key(path.read_bytes()) for path in options.anchor]
        store = hcert.TrustStore(options.store, anchors=anchors)
        for path in options.lists:
            print(f"{path}: {store.update(path.read_bytes()).kind}")
        verifier = store.verifier()
        codes = texts_from_webcam() if options.webcam else texts_in_folder(options.pictures or Path())
        for name, text in codes:
            verdict = verifier.check(text)
            card = words.card(verdict, language=options.lang, zone=datetime.now().astimezone().tzinfo or UTC)
            print(f"\n{name}\n{card}")
            refused |= not verdict.accepted
    except (hcert.HcertError, OSError, ImportError) as error:
        print(f"scanner.py: {error}", file=sys.stderr)
        return 2
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
