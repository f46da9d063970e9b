"""URIs of keys in tokens (RFC 7512) and places of PINs: what is read, and what is refused without being quoted."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import words
from hcert.keys.pkcs11_location import KeyLocation, PinSource
from hcert.keys.pkcs11_uri import parse_uri

if TYPE_CHECKING:
    from collections.abc import Callable

HOW = "module-path=/usr/lib/p11.so&pin-source=file:/run/pin"
RUN_PIN = PinSource("file", "/run/pin")


def reason_of(call: Callable[[], object]) -> str:
    """Return the code of the fragment that says why a location or a PIN was refused."""
    with pytest.raises(hcert.SignerError) as caught:
        call()
    assert words.message(caught.value.findings[0], language="vi") != str(caught.value)
    return str(dict(caught.value.findings[0].details)["reason"].code)


def test_reads_every_attribute_that_finds_a_key() -> None:
    """Those that p11tool prints, percent-encoded."""
    path = (
        "model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=43186cb46fbc0f71;token=B%E1%BB%99%20Y%20t%E1%BA%BF;"
        "id=%01%ff;object=dsc%3b1;type=private"
    )
    assert parse_uri(f"pkcs11:{path}?{HOW}") == KeyLocation(
        module="/usr/lib/p11.so",
        pin=RUN_PIN,
        token="Bộ Y tế",  # noqa: S106 - a label
        serial="43186cb46fbc0f71",
        manufacturer="SoftHSM project",
        model="SoftHSM v2",
        key_id=b"\x01\xff",
        key_label="dsc;1",
    )


def test_the_scheme_is_read_in_any_case() -> None:
    """As RFC 3986 has it."""
    assert parse_uri(f"PKCS11:token=t;id=1?{HOW}").key_id == b"1"


@given(st.text(min_size=1), st.binary(min_size=1))
def test_any_label_and_id_can_be_named(label: str, key_id: bytes) -> None:
    """Percent-encoded, octet by octet."""
    encoded = "".join(f"%{octet:02x}" for octet in label.encode())
    location = parse_uri(f"pkcs11:token={encoded};object={encoded};id={''.join(f'%{o:02X}' for o in key_id)}?{HOW}")
    assert (location.token, location.key_label, location.key_id) == (label, label, key_id)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("file:/run/pin", RUN_PIN),
        ("file:///run/pin", RUN_PIN),
        ("file:pin", PinSource("file", str(Path("pin").absolute()))),
        ("file:/run/my%20pin", PinSource("file", "/run/my pin")),
        ("env:HSM_PIN", PinSource("variable", "HSM_PIN")),
    ],
)
def test_a_pin_source_is_a_file_or_a_variable(source: str, expected: PinSource) -> None:
    """A relative path is one from where the program runs now, not where a worker runs later."""
    assert parse_uri(f"pkcs11:token=t;id=1?module-path=/m.so&pin-source={source}").pin == expected


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("https://example.org", "scheme"),
        ("", "scheme"),
        (f"pkcs11:token=t;slot-id=1;id=1?{HOW}", "attribute"),
        (f"pkcs11:token=t;;id=1?{HOW}", "attribute"),
        (f"pkcs11:token=t;id=1?{HOW}&pin-sorce=file:/x", "attribute"),
        (f"pkcs11:token=t;id=1;id=2?{HOW}", "repeated"),
        (f"pkcs11:token=%F;id=1?{HOW}", "encoding"),
        (f"pkcs11:token=%FF;id=1?{HOW}", "encoding"),
        (f"pkcs11:token=t;id=1#pin-value=1234?{HOW}", "encoding"),
        (f"pkcs11:token=Bộ;id=1?{HOW}", "encoding"),
        (f"pkcs11:token=\ud800;id=1?{HOW}", "encoding"),
        (f"pkcs11:token=t;id=1;type=cert?{HOW}", "type"),
        ("pkcs11:token=t;id=1?pin-source=file:/run/pin", "no_module"),
        ("pkcs11:token=t;id=1?module-path=&pin-source=file:/run/pin", "no_module"),
        (f"pkcs11:id=1?{HOW}", "no_token"),
        (f"pkcs11:token=;id=1?{HOW}", "no_token"),
        (f"pkcs11:token=t?{HOW}", "no_key"),
        (f"pkcs11:?{HOW}", "no_token"),
        ("pkcs11:token=t;id=1?module-path=/m.so", "no_pin"),
        ("pkcs11:token=t;id=1?module-path=/m.so&pin-source=|/bin/cat", "pin_source"),
        ("pkcs11:token=t;id=1?module-path=/m.so&pin-source=/run/pin", "pin_source"),
        ("pkcs11:token=t;id=1?module-path=/m.so&pin-source=file:", "pin_source"),
        ("pkcs11:token=t;id=1?module-path=/m.so&pin-source=file://host/pin", "pin_source"),
        ("pkcs11:token=t;id=1?module-path=/m.so&pin-source=env:", "pin_source"),
        ("pkcs11:token=t;id=1?module-path=/m.so&pin-value=1234", "pin_value"),
    ],
)
def test_what_is_not_understood_is_refused(uri: str, reason: str) -> None:
    """Each with its reason."""
    assert reason_of(lambda: parse_uri(uri)) == f"pkcs11.{reason}"


@pytest.mark.parametrize("attribute", ["pin-value={}", "pin-valeu={}", "{}", "pin-source={}"])
def test_a_pin_typed_into_a_uri_is_not_repeated(attribute: str) -> None:
    """Neither in the message nor in what it was filled in with, whatever it was called."""
    uri = f"pkcs11:token=t;id=1?module-path=/m.so&{attribute.format('31415926')}"
    with pytest.raises(hcert.SignerError) as caught:
        parse_uri(uri)
    error: BaseException | None = caught.value
    while error is not None:
        assert "31415926" not in repr(error)
        error = error.__context__
    assert "31415926" not in repr(caught.value.findings[0].details)


def test_a_module_is_found_from_anywhere() -> None:
    """Workers may run in another folder; a bare name is left to the system."""
    here = KeyLocation(module="lib/p11.so", pin=RUN_PIN, token="t", key_id=b"1")  # noqa: S106 - a label
    assert here.module == str(Path("lib/p11.so").absolute())
    assert KeyLocation(module="p11.so", pin=RUN_PIN, serial="1", key_label="k").module == "p11.so"


# --------------------------------------------------------------------------------------------------------- the PIN


@pytest.mark.parametrize("content", [b"1234", b"1234\n", b"1234\r\n"])
def test_a_pin_is_read_without_its_line_end(tmp_path: Path, content: bytes) -> None:
    """Editors add one."""
    (tmp_path / "pin").write_bytes(content)
    assert PinSource.in_file(tmp_path / "pin").read() == "1234"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "pin_unreadable"),
        (b"", "pin_empty"),
        (b"\n", "pin_empty"),
        (b"1234\n5678\n", "pin_text"),
        (b"12\0", "pin_text"),
        (b"\xff", "pin_text"),
        (b"1" * 256, "pin_text"),
        (b"1" * 5000, "pin_text"),
    ],
    ids=["no file", "empty", "a line end", "two lines", "NUL", "not UTF-8", "256 bytes", "5000 bytes"],
)
def test_a_file_without_a_pin_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Before the token is asked."""
    if content is not None:
        (tmp_path / "pin").write_bytes(content)
    with pytest.raises(hcert.SignerError) as caught:
        PinSource.in_file(tmp_path / "pin").read()
    assert caught.value.code == "signer.pin_source"
    assert str(tmp_path / "pin") in str(caught.value)
    assert dict(caught.value.findings[0].details)["reason"].code == f"pkcs11.{reason}"


def test_the_longest_pin_is_read(tmp_path: Path) -> None:
    """With the longest line end."""
    (tmp_path / "pin").write_bytes(b"1" * 255 + b"\r\n")
    assert PinSource.in_file(tmp_path / "pin").read() == "1" * 255


def test_a_pin_is_read_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is set."""
    source = PinSource("variable", "HSM_PIN")
    monkeypatch.delenv("HSM_PIN", raising=False)
    assert reason_of(source.read) == "pkcs11.pin_unset"
    monkeypatch.setenv("HSM_PIN", "mật khẩu")
    assert source.read() == "mật khẩu"


def test_a_location_can_be_pickled_and_compared() -> None:
    """It names the place of the PIN, and never the PIN."""
    location = parse_uri(f"pkcs11:token=t;id=1?{HOW}")
    assert pickle.loads(pickle.dumps(location)) == location  # noqa: S301 - our own bytes
    assert hash(pickle.loads(pickle.dumps(location))) == hash(location)  # noqa: S301
