"""The files of the page, and the headers under which they are sent: nothing comes from elsewhere or goes there."""

from __future__ import annotations

import json
from functools import cache
from typing import Final

from hcert.gate.answers import LANGUAGES
from hcert.package_data import read_data_file
from hcert.phrases import label

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json; charset=utf-8"
_CSS: Final = "text/css; charset=utf-8"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_WORDS: Final = "/words.json"
_FILES: Final = {
    "/": ("gate.html", HTML),
    "/second": ("second.html", HTML),
    "/gate.css": ("gate.css", _CSS),
    "/gate.js": ("gate.js", _SCRIPT),
    "/camera.js": ("camera.js", _SCRIPT),
    "/card.js": ("card.js", _SCRIPT),
    "/dropped.js": ("dropped.js", _SCRIPT),
    "/typing.js": ("typing.js", _SCRIPT),
    "/words.js": ("words.js", _SCRIPT),
    "/serial.js": ("serial.js", _SCRIPT),
    "/sound.js": ("sound.js", _SCRIPT),
    "/status.js": ("status.js", _SCRIPT),
    "/second.js": ("second.js", _SCRIPT),
    _WORDS: ("words.json", JSON),
}
_FROM_CARDS: Final = ("accepted", "refused", "authentic")  # words that cards have too

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), serial=(self), microphone=(), geolocation=(), display-capture=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def is_asset(path: str) -> bool:
    """Tell whether there is a file of the page at a path."""
    return path in _FILES


@cache
def read_asset(path: str) -> tuple[bytes, str]:
    """Return a file of the page and its media type."""
    name, media_type = _FILES[path]
    data = read_data_file(__package__, name)
    if path == _WORDS:
        words = json.loads(data)
        words |= {word: {language: label(word, language=language) for language in LANGUAGES} for word in _FROM_CARDS}
        data = json.dumps(words, ensure_ascii=False).encode()
    return data, media_type
