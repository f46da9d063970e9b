"""A gate as tests use it: lists of a fictional authority in a store, a server on a free port, requests of its page."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection
from io import BytesIO
from threading import Thread
from typing import TYPE_CHECKING, Any

import segno
from PIL import Image

import hcert
from hcert.cli.demo_authority import make_authority
from hcert.gate.desk import Desk, Setup
from hcert.gate.server import GateServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hcert.policy import Policy

OWN = {"X-Gate": "1", "Sec-Fetch-Site": "same-origin"}
LISTS = ("keys.cose", "full.bin", "delta.cose")


@cache
def authority() -> dict[str, bytes]:
    """Return the files of `hcert demo`, current now."""
    return make_authority(dt.datetime.now(dt.UTC).replace(microsecond=0))


def text_of(name: str) -> str:
    """Return the text of a code of the authority."""
    return authority()[f"{name}.txt"].decode()


def anchors() -> list[hcert.TrustedKey]:
    """Return the pinned keys of the authority."""
    return [hcert.TrustedKey.from_public_key(authority()[f"anchor{number}.pub"]) for number in (1, 2)]


def list_signers() -> list[hcert.LocalSigner]:
    """Return the signers of its lists."""
    files = authority()
    return [
        hcert.LocalSigner.from_pem(files[f"anchor{number}.key"], certificate=anchor)
        for number, anchor in enumerate(anchors(), 1)
    ]


def reader(name: str = "clinic") -> hcert.ReaderKey:
    """Return the key of a group of readers."""
    return hcert.ReaderKey.from_pem(authority()[f"{name}.key"])


def make_setup(folder: Path, *lists: str, policy: Policy | None = None, **more: Any) -> Setup:
    """Return the setup of a gate whose store holds lists of the authority; all where none is named."""
    store = hcert.TrustStore(folder / "store", anchors=anchors())
    for name in lists or LISTS:
        store.update(authority()[name])
    return Setup(directory=folder / "store", store=store, make_policy=lambda: policy, **more)


def draw(*texts: str, form: str = "JPEG") -> bytes:
    """Draw codes side by side, as a camera might see them."""
    frame = Image.new("L", (1280, 720), 120)
    for number, text in enumerate(texts):
        symbol = BytesIO()
        segno.make(text, error="m", micro=False).save(symbol, kind="png", scale=4, border=4)
        picture = Image.open(symbol).convert("L")
        frame.paste(picture.resize((560, 560)), (40 + 620 * number, 80))
    data = BytesIO()
    frame.save(data, form)
    return data.getvalue()


@dataclass(frozen=True)
class Response:
    """An answer of the server."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Makes requests to a gate."""

    server: GateServer

    @property
    def host(self) -> str:
        """Its name and port."""
        return f"127.0.0.1:{self.server.server_port}"

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> Response:
        """Make a request of the page itself, but for some headers; None leaves one out, `_` in a name means `-`."""
        connection = HTTPConnection(self.host, timeout=5)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Host": self.host, **OWN, **given}
        if body is not None:
            sent.setdefault("Content-Length", str(len(body)))
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Response(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str | None) -> Response:
        """Get something."""
        return self.request("GET", path, None, **headers)

    def post(self, path: str, body: bytes = b"", **headers: str | None) -> Response:
        """Post something as the page does."""
        return self.request("POST", path, body, **headers)


@contextmanager
def open_gate(setup: Setup) -> Iterator[Client]:
    """Run a gate on a free port."""
    server = GateServer(Desk(setup), port=0)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Client(server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
