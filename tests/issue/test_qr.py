"""QR codes: alphanumeric, at exactly the level asked for, with advice for paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import segno

import hcert
from hcert.issue.qr import QrCode

if TYPE_CHECKING:
    from pathlib import Path

    from support.signers import DocumentSigner


def draw(text: str, error: Any = "Q") -> QrCode:
    """Draw a text."""
    return QrCode.of(text, error=error)


def test_the_level_is_q_unless_said_otherwise(es256: DocumentSigner) -> None:
    """The specification recommends Q."""
    assert es256.issue().qr().error == "Q"


@pytest.mark.parametrize(("error", "capacity"), [("L", 4296), ("M", 3391), ("Q", 2420), ("H", 1852)])
def test_holds_exactly_its_capacity_at_each_level(error: str, capacity: int) -> None:
    """One character more is an error that tells the numbers, and never another level."""
    qr = draw("A" * capacity, error)
    assert (qr.version, qr.error, qr.modules) == (40, error, 177)
    with pytest.raises(hcert.IssueError) as caught:
        draw("A" * (capacity + 1), error)
    assert caught.value.code == "qr.too_large"
    assert all(str(number) in str(caught.value) for number in (capacity, capacity + 1))


@pytest.mark.parametrize("error", ["L", "M", "Q", "H"])
def test_the_level_is_never_raised_although_there_is_room(error: str) -> None:
    """The level asked for is the level drawn."""
    qr = draw("HC1:ABC", error)
    assert qr.error == error
    assert qr._symbol.error == error


def test_the_mode_is_alphanumeric() -> None:
    """Byte mode would cost five versions; segno would choose it silently for one lower-case letter."""
    assert draw("HC1:ABC")._symbol.mode == "alphanumeric"
    with pytest.raises(hcert.MalformedError):
        draw("HC1:abc")


@pytest.mark.parametrize("error", ["", "q", "X", None])
def test_other_levels_are_the_callers_mistake(error: Any) -> None:
    """There are four."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        draw("HC1:", error)
    assert caught.value.code == "qr.error_level"


@pytest.mark.parametrize(("name", "magic"), [("c.svg", b"<?xml"), ("c.PNG", b"\x89PNG"), ("c.pdf", b"%PDF")])
def test_saves_in_the_form_the_suffix_names(tmp_path: Path, name: str, magic: bytes) -> None:
    """Vectors, pixels and paper."""
    draw("HC1:ABC").save(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(magic)
    draw("HC1:ABC").save(str(tmp_path / name))


@pytest.mark.parametrize("name", ["c", "c.gif", "c.txt"])
def test_other_suffixes_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    """A file of an unexpected kind helps nobody."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        draw("HC1:ABC").save(tmp_path / name)
    assert caught.value.code == "qr.file_type"
    assert list(tmp_path.iterdir()) == []


def test_draws_on_a_terminal() -> None:
    """A code can be shown where there is nothing but text, with its quiet zone."""
    lines = draw("HC1:ABC").terminal().splitlines()
    assert len(lines) >= (21 + 2 * 4) // 2


def test_print_size_uses_whole_dots_and_stays_within_the_width() -> None:
    """Modules of unequal size are what scanners stumble over."""
    qr = draw("A" * 580)
    size = qr.print_size(dpi=300)
    assert size.dots_per_module == 5
    assert size.module_mm == pytest.approx(5 * 25.4 / 300, abs=0.001)
    assert size.width_mm == pytest.approx(qr.modules * 5 * 25.4 / 300, abs=0.05)
    assert size.width_mm <= 42
    assert qr.print_size(dpi=600).dots_per_module >= 2 * size.dots_per_module


def test_a_symbol_that_cannot_be_printed_so_small_is_an_error() -> None:
    """Less than a dot a module is no print."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        draw("A" * 2000).print_size(dpi=72, width_mm=10)
    assert caught.value.code == "qr.print_size"


def test_the_capacities_are_those_of_segno() -> None:
    """The numbers in the error are the numbers that hold."""
    for error, capacity in {"L": 4296, "M": 3391, "Q": 2420, "H": 1852}.items():
        assert segno.make_qr("A" * capacity, error=error, boost_error=False).version == 40


@pytest.mark.parametrize("text", ["hello", "HC1:x", "HC1:\ud800", "HC1:A\n"])
def test_a_text_that_was_changed_is_not_drawn(text: str) -> None:
    """The message gives a position, and nothing of the text."""
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.Certificate(text=text, cose=b"").qr()
    assert caught.value.code == "text.alphabet"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("changes", [{"width_mm": float("inf")}, {"width_mm": float("nan")}, {"width_mm": 1.0}])
def test_a_size_that_cannot_be_printed_is_refused(changes: dict[str, float], es256: DocumentSigner) -> None:
    """Not even one dot a module, or no number."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        es256.issue().qr().print_size(**changes)  # type: ignore[arg-type]
    assert caught.value.code == "qr.print_size"
