"""Which requests are let in: those of the page itself, and no other page's, whatever name that reached us by.

A page elsewhere can make a browser send requests to 127.0.0.1. It cannot choose the Host (a name of its own that leads
here is refused, against DNS rebinding), cannot make `Sec-Fetch-Site` say `same-origin`, and cannot send the header
`X-Gate` without asking first, to which nobody answers.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from email.message import Message

OWN_HEADER: Final = "X-Gate"
_NAMES: Final = ("127.0.0.1", "localhost")
_HTTP_PORT: Final = 80  # which browsers leave out
_MAX_DIGITS: Final = 12  # of a length


class RefusedRequestError(Exception):
    """A request is not let in.

    Attributes:
        status: to answer with.
    """

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status
        super().__init__(status.phrase)


def check_host(headers: Message, port: int) -> None:
    """Refuse requests that reached us under another name.

    Raises:
        RefusedRequestError: 421.
    """
    if _single(headers, "Host") not in _own_hosts(port):
        raise RefusedRequestError(HTTPStatus.MISDIRECTED_REQUEST)


def check_origin(headers: Message, port: int) -> None:
    """Refuse requests that the page did not make.

    Raises:
        RefusedRequestError: 403.
    """
    origins = headers.get_all("Origin", [])
    own = {f"http://{host}" for host in _own_hosts(port)}
    if (
        _single(headers, "Sec-Fetch-Site") != "same-origin"
        or _single(headers, OWN_HEADER) is None
        or any(origin not in own for origin in origins)
    ):
        raise RefusedRequestError(HTTPStatus.FORBIDDEN)


def read_length(headers: Message, limit: int) -> int:
    """Return the length of the body.

    Raises:
        RefusedRequestError: 411 without a length, 400 for an odd one, 413 above the limit.
    """
    lengths = headers.get_all("Content-Length", [])
    if not lengths or "Transfer-Encoding" in headers:
        raise RefusedRequestError(HTTPStatus.LENGTH_REQUIRED)
    (text, *more) = lengths
    if more or not (text.isascii() and text.isdigit()):
        raise RefusedRequestError(HTTPStatus.BAD_REQUEST)
    if len(text) > _MAX_DIGITS or int(text) > limit:
        raise RefusedRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(text)


def _own_hosts(port: int) -> set[str]:
    return {f"{name}:{port}" for name in _NAMES} | (set(_NAMES) if port == _HTTP_PORT else set())


def _single(headers: Message, name: str) -> str | None:
    """Return the value of a header that occurs once; None if it is absent or repeated."""
    values: list[str] = headers.get_all(name, [])
    return values[0] if len(values) == 1 else None
