"""The server behind the page, on 127.0.0.1: the standard library's, with every request bounded and none logged."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from hcert.errors import HcertError
from hcert.gate.admission import RefusedRequestError, check_host, check_origin, read_length
from hcert.gate.assets import HEADERS, JSON, is_asset, read_asset
from hcert.gate.list_states import MAX_LIST

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.gate.desk import Desk

ADDRESS: Final = "127.0.0.1"
MAX_FRAME: Final = 4_000_000  # bytes; a JPEG of 1280 x 720 has a twentieth of that
MAX_TEXT: Final = 20_000  # of a code, which has at most 4 296 characters
MAX_PICTURE: Final = 20_000_000  # a phone's camera makes a quarter of that
MAX_VIEW: Final = 64
_SECONDS: Final = 10.0  # for a request to arrive
_FAVICON: Final = "/favicon.ico"


class Action(NamedTuple):
    """What a POST does: the most bytes it takes, and the answer to them."""

    limit: int
    answer: Callable[[Desk, bytes], Any]


def _open_sealed(desk: Desk, data: bytes) -> Any:
    view = data.decode("ascii", "replace")
    if not view:
        desk.second_screen.close()
        return {"opened": False}
    opened = desk.second_screen.open(view)
    if opened is None:
        raise RefusedRequestError(HTTPStatus.CONFLICT)
    return opened


_READ: Final[dict[str, Callable[[Desk], Any]]] = {
    "/state": lambda desk: desk.state(),
    "/sealed": lambda desk: desk.second_screen.look(),
}
_ACTIONS: Final = {
    "/frame": Action(MAX_FRAME, lambda desk, data: desk.check_frame(data)),
    "/check": Action(MAX_TEXT, lambda desk, data: desk.check_text(data.decode("utf-8", "replace"))),
    "/picture": Action(MAX_PICTURE, lambda desk, data: desk.check_picture(data)),
    "/lists": Action(MAX_LIST, lambda desk, data: desk.take_lists(data)),
    "/updates": Action(0, lambda desk, _: desk.take_folder()),
    "/sealed": Action(MAX_VIEW, _open_sealed),
}
_ONLY_PAGE: Final = frozenset({"/sealed"})  # personal data that a GET gives


class GateServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and nowhere else.

    Args:
        desk: that answers.
        port: of the page; 0 for any that is free.

    Raises:
        OSError: if the port is in use or may not be used.
    """

    daemon_threads = True
    allow_reuse_port = False

    def __init__(self, desk: Desk, *, port: int) -> None:
        self.desk = desk
        super().__init__((ADDRESS, port), _Handler)

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{ADDRESS}:{self.server_port}/"

    def server_bind(self) -> None:
        """Bind without looking up the name of the address, which would ask a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library passes them
        """Say where something unforeseen went wrong, and nothing of the request, which may hold a person's data."""
        error = sys.exception()
        if error is None or isinstance(error, ConnectionError | TimeoutError) or sys.stderr is None:
            return
        place = traceback.extract_tb(error.__traceback__)[-1]
        sys.stderr.write(f"hcert: {type(error).__name__}: {Path(place.filename).name}:{place.lineno}\n")


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: GateServer
    protocol_version = "HTTP/1.1"
    server_version = "hcert"
    sys_version = ""
    timeout = _SECONDS
    # Without these two, each answer waits 40 ms for an acknowledgement (Nagle's algorithm and delayed ACK).
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Send the page, its files or its state."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Check something, or take a list."""
        self._answer(self._post)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer a request that the library cannot read, or with a method that is neither GET nor POST."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._answer(self._other)
        else:
            self._end(HTTPStatus(code))

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
        """Log nothing."""

    def _answer(self, respond: Callable[[], tuple[bytes, str] | None]) -> None:
        """Send a response, or the status of an error; after an error the connection ends, since a body may follow."""
        try:
            check_host(self.headers, self.server.server_port)
            response = respond()
        except RefusedRequestError as error:
            self._end(error.status)
        except HcertError:
            self._end(HTTPStatus.BAD_REQUEST)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:  # noqa: BLE001 - a fault of the program; the page shows that nothing was checked
            self.server.handle_error(self.request, self.client_address)
            self._end(HTTPStatus.INTERNAL_SERVER_ERROR)
        else:
            self._send(HTTPStatus.NO_CONTENT if response is None else HTTPStatus.OK, *(response or (b"", None)))

    def _get(self) -> tuple[bytes, str] | None:
        if self.path == _FAVICON:
            return None
        if is_asset(self.path):
            return read_asset(self.path)
        if self.path not in _READ:
            return self._other()
        if self.path in _ONLY_PAGE:
            check_origin(self.headers, self.server.server_port)
        return msgspec.json.encode(_READ[self.path](self.server.desk)), JSON

    def _post(self) -> tuple[bytes, str]:
        if self.path not in _ACTIONS:
            return self._other()
        check_origin(self.headers, self.server.server_port)
        action = _ACTIONS[self.path]
        length = read_length(self.headers, action.limit)
        data = self.rfile.read(length)
        if len(data) < length:
            raise ConnectionResetError
        return msgspec.json.encode(action.answer(self.server.desk, data)), JSON

    def _other(self) -> tuple[bytes, str]:
        """Refuse a method that a path does not have, or a path that there is not."""
        raise RefusedRequestError(HTTPStatus.METHOD_NOT_ALLOWED if self._methods() else HTTPStatus.NOT_FOUND)

    def _methods(self) -> str:
        """Return the methods of the path."""
        reads = self.path == _FAVICON or is_asset(self.path) or self.path in _READ
        return ", ".join(["GET"] * reads + ["POST"] * (self.path in _ACTIONS))

    def _end(self, status: HTTPStatus) -> None:
        """Answer with a status alone, and take what is still arriving, so that the answer is read."""
        self.close_connection = True
        self._send(status, b"", None)
        with suppress(OSError):
            self.wfile.flush()
            self.connection.settimeout(0.2)
            self.rfile.read(MAX_FRAME)

    def _send(self, status: HTTPStatus, body: bytes, media_type: str | None) -> None:
        self.send_response_only(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", self._methods())
        if media_type is not None:
            self.send_header("Content-Type", media_type)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def serve(server: GateServer) -> None:
    """Answer until interrupted (Ctrl-C)."""
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return
    finally:
        server.server_close()
