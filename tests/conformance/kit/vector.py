"""What a vector is, and how its members are written."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from kit.compose import CLOCK
from kit.keys import dsc

if TYPE_CHECKING:
    import datetime as dt

    from kit.keys import Signer

Expect = Literal["accept", "refuse", "either"]
Severity = Literal["critical", "major", "minor"]


def b64(data: bytes) -> str:
    """Write bytes in Base64."""
    return base64.b64encode(data).decode()


def pins(*signers: Signer, kid: bytes | None = None) -> dict[str, Any]:
    """Return a trust list of local pins: certificates, under their own kid or the one given."""
    return {"keys": [{"kid": b64(kid or one.kid), "certificate": b64(one.certificate)} for one in signers]}


def bare(signer: Signer, kid: bytes) -> dict[str, Any]:
    """Return a trust list with a public key without certificate."""
    return {"keys": [{"kid": b64(kid), "public_key": b64(signer.spki)}]}


@dataclass(frozen=True)
class Vector:
    """One case: what is shown to a program, and what it must say.

    `codes` are those of hcert, in order; `critical` means that a failure lets in what must stay out. Where `optional`, a
    program may say that it does not know the format.
    """

    id: str
    text: str
    expect: Expect
    rule: str
    source: str
    shows: str
    codes: tuple[str, ...] = ()
    severity: Severity | None = None
    optional: bool = False
    clock: dt.datetime = CLOCK
    trust: dict[str, Any] = field(default_factory=lambda: pins(dsc()))
    revocations: dict[str, Any] | None = None
    reader_key: str | None = None
    opened: Any = None
    reason: str | None = None

    def written(self) -> dict[str, Any]:
        """Return the vector as JSON has it."""
        usual: Severity = "minor" if self.expect == "either" else "major"
        members: dict[str, Any] = {
            "id": self.id,
            "group": self.id.split("/")[0],
            "text": self.text,
            "clock": self.clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "trust": self.trust,
            "revocations": self.revocations,
            "reader_key": self.reader_key,
            "expect": self.expect,
            "reason": self.reason,
            "codes": list(self.codes),
            "opened": self.opened,
            "severity": self.severity or usual,
            "optional": self.optional or None,
            "rule": self.rule,
            "source": self.source,
            "shows": self.shows,
        }
        return {name: value for name, value in members.items() if value is not None}


class Group:
    """Gathers the vectors of a group, which share a source and a rule unless they say otherwise."""

    def __init__(
        self, name: str, *, source: str, rule: str, severity: Severity = "major", optional: bool = False
    ) -> None:
        self.vectors: list[Vector] = []
        self._name = name
        self._settings: dict[str, Any] = {"source": source, "rule": rule, "severity": severity, "optional": optional}

    def accept(self, slug: str, text: str, shows: str, *codes: str, **more: Any) -> None:
        """Add a code that must be accepted; `codes` are warnings."""
        self._add(slug, text, "accept", shows, codes, more)

    def refuse(self, slug: str, text: str, shows: str, *codes: str, **more: Any) -> None:
        """Add a code that must be refused."""
        self._add(slug, text, "refuse", shows, codes, more)

    def either(self, slug: str, text: str, shows: str, reason: str, *codes: str, **more: Any) -> None:
        """Add a code on which programs may differ, with the reason."""
        self._add(slug, text, "either", shows, codes, more | {"reason": reason})

    def _add(
        self, slug: str, text: str, expect: Expect, shows: str, codes: tuple[str, ...], more: dict[str, Any]
    ) -> None:
        settings = self._settings | more
        if expect == "either":
            settings["severity"] = "minor"
        self.vectors.append(
            Vector(id=f"{self._name}/{slug}", text=text, expect=expect, shows=shows, codes=codes, **settings)
        )
