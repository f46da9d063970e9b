"""Which requests a gate lets in: those of its own page, bounded; whatever else reaches 127.0.0.1 is refused."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from hcert.gate import server
from support.gates import draw, text_of

if TYPE_CHECKING:
    from support.gates import Client

PATHS = ("/", "/gate.js", "/state", "/check", "/nowhere")
POSTS = ("/frame", "/check", "/picture", "/lists", "/updates", "/sealed")
LIMITS = {"/frame": server.MAX_FRAME, "/check": server.MAX_TEXT, "/picture": server.MAX_PICTURE, "/updates": 0}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:{port}", "[::1]:{port}", "", None]
)
def test_another_host_is_refused(gate: Client, method: str, path: str, host: str | None) -> None:
    """A name that somebody else's name server leads to 127.0.0.1, or an older protocol without names."""
    named = host if host is None else host.format(port=gate.server.server_port)
    response = gate.request(method, path, b"" if method == "POST" else None, Host=named)
    assert (response.status, response.body) == (421, b"")


def test_localhost_is_the_same_page(gate: Client) -> None:
    """People type it."""
    port = gate.server.server_port
    assert gate.get("/", Host=f"localhost:{port}").status == 200
    asked = gate.post("/check", text_of("code").encode(), Host=f"localhost:{port}", Origin=f"http://localhost:{port}")
    assert asked.json["state"] == "accepted"


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": None},
        {"X_Gate": None},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
    ids=str,
)
def test_a_post_of_another_page_is_refused(gate: Client, path: str, headers: dict[str, str | None]) -> None:
    """Browsers say who asks; a page elsewhere cannot send the header of ours."""
    assert gate.post(path, b"x", **headers).status == 403


def test_what_was_sealed_is_for_the_page_alone(gate: Client) -> None:
    """It is the one GET that gives personal data."""
    assert gate.get("/sealed").status == 200
    assert gate.get("/sealed", X_Gate=None).status == 403
    assert gate.get("/sealed", Sec_Fetch_Site="cross-site").status == 403


@pytest.mark.parametrize("path", LIMITS)
def test_a_body_above_its_limit_is_refused_before_it_is_read(gate: Client, path: str) -> None:
    """The length is announced; the body never comes."""
    assert gate.request("POST", path, Content_Length=str(LIMITS[path] + 1)).status == 413
    assert gate.request("POST", path, Content_Length="9" * 4000).status == 413


def test_a_long_body_that_comes_is_refused(gate: Client) -> None:
    """The answer is read though the sender is still at work."""
    assert gate.post("/check", b"x" * 100_000).status == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Length": None}, 411),
        ({"Transfer_Encoding": "chunked"}, 411),
        ({"Content_Length": "-1"}, 400),
        ({"Content_Length": "1e3"}, 400),
        ({"Content_Length": "٣"}, 400),
    ],
    ids=str,
)
def test_a_body_needs_a_plain_length(gate: Client, headers: dict[str, str | None], status: int) -> None:
    """Anything else could hide a second request."""
    sent = {name: value and value.encode().decode("latin-1") for name, value in headers.items()}
    assert gate.request("POST", "/check", b"" if "Transfer_Encoding" in headers else None, **sent).status == status


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/frame", "POST"),
        ("POST", "/", "GET"),
        ("POST", "/state", "GET"),
        ("PUT", "/sealed", "GET, POST"),
        ("DELETE", "/gate.css", "GET"),
        ("OPTIONS", "/check", "POST"),
        ("HEAD", "/", "GET"),
    ],
)
def test_a_wrong_method_names_the_right_ones(gate: Client, method: str, path: str, allowed: str) -> None:
    """OPTIONS above all: without an answer to it no other page may send our header."""
    response = gate.request(method, path, b"" if method in {"POST", "PUT"} else None)
    assert (response.status, response.headers["Allow"], response.body) == (405, allowed, b"")
    assert not any(name.lower().startswith("access-control") for name in response.headers)


@pytest.mark.parametrize("path", ["/nowhere", "/../desk.py", "/gate.html", "/data/words.json", "/?x", "http://evil/"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_there_is_nothing_else(gate: Client, method: str, path: str) -> None:
    """No path leads to files."""
    assert gate.request(method, path, b"").status == 404


@pytest.mark.parametrize("path", ["/", "/state", "/nowhere", "/favicon.ico", "/sealed"])
def test_every_answer_is_closed_to_others(gate: Client, path: str) -> None:
    """Pages elsewhere can neither load nor frame it, and nothing of it is kept."""
    headers = gate.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {source for sources in policy.values() for source in sources.split()} <= {"'none'", "'self'", "blob:"}
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_many_requests_share_a_connection(gate: Client) -> None:
    """Each would wait 40 ms for an acknowledgement if the server wrote as the library does."""
    with socket.create_connection(("127.0.0.1", gate.server.server_port), timeout=5) as connection:
        file = connection.makefile("rb")
        for _ in range(3):
            body = draw(text_of("code"))
            head = (
                f"POST /frame HTTP/1.1\r\nHost: {gate.host}\r\nX-Gate: 1\r\nSec-Fetch-Site: same-origin\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            assert file.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = dict(line.decode().strip().split(": ", 1) for line in iter(file.readline, b"\r\n"))
            assert b'"accepted"' in file.read(int(headers["Content-Length"]))
        file.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\r\n\r\n", b""),
        (b"GET\r\n\r\n", b""),
        (b"GET / HTTP/9.9\r\n\r\n", b""),
        (b"\xff\xfe /\r\n\r\n", b""),
        (b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * 70_000), b"414"),
        (b"GET / HTTP/1.1\r\n%s\r\n" % (b"a: b\r\n" * 200), b"431"),
    ],
    ids=["empty", "one word", "version", "no text", "long line", "many headers"],
)
def test_what_is_not_http_ends_the_connection(gate: Client, sent: bytes, status: bytes) -> None:
    """Without a word of the library's own, and the gate goes on."""
    with socket.create_connection(("127.0.0.1", gate.server.server_port), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as file:
            answer = file.read()
    assert answer.split(b" ", 2)[1:2] == ([status] if status else [])
    assert answer.partition(b"\r\n\r\n")[2] == b""
    assert gate.get("/").status == 200


def test_it_listens_on_this_device_alone(gate: Client) -> None:
    """Not on the addresses that others reach."""
    assert gate.server.server_address[0] == "127.0.0.1"
