"""Typesetting by typst: data in, PDF or PNG out, without a network, a clock, or the fonts of the computer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from hcert.errors import ConfigurationError
from hcert.package_data import read_data_file

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHARED: Final = "parts.typ"


def typeset(template: str, data: Mapping[str, Any], *, form: Literal["pdf", "png"] = "pdf") -> bytes:
    """Return a document: a tagged PDF by the rules of PDF/UA-1, or a PNG of 1 pixel a point.

    Args:
        template: name of the file in the folder `data`.
        data: what it shows; it reaches the template as JSON, so no text of it is ever markup.
        form: of the document. The PDF holds its fonts. The same data give the same bytes.

    Raises:
        ConfigurationError: `extra.missing` or `paper.typesetter`.
    """
    typst = require_packages()
    files = {"main.typ": read_data_file(__package__, template), _SHARED: read_data_file(__package__, _SHARED)}
    options: dict[str, Any] = {"pdf_standards": ["ua-1"]} if form == "pdf" else {"ppi": 72}
    try:
        made = typst.compile(
            files, format=form, ignore_system_fonts=True, sys_inputs={"data": json.dumps(data)}, **options
        )
    except typst.TypstError:  # whose message may quote the page
        raise ConfigurationError.of("paper.typesetter", version=typst.__version__) from None
    return bytes(made)


def require_packages() -> Any:
    """Import segno and typst, and return typst.

    Raises:
        ConfigurationError: `extra.missing`.
    """
    try:
        import segno  # noqa: F401 - hcert.issue draws symbols by it
        import typst
    except ImportError:
        raise ConfigurationError.of("extra.missing", extra="paper") from None
    return typst
