"""`trust.py withdraw`: a withdrawal list, full or as a delta to a full one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hcert
from hcert import lists
from publishing.inputs import UnusableInputError, pins, sealing, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable


def run_withdraw(options: argparse.Namespace) -> None:
    """Write a withdrawal list, full or as a delta to a full one."""
    refuse_unused(options)
    news = withdrawn(options)
    if options.base is None:
        write(options.output, news.seal(**sealing(options)))
    else:
        base = hcert.RevocationList.open(options.base, **pins(options))
        held = base.updated(options.after.read_bytes(), **pins(options)) if options.after else base
        assert held.envelope is not None  # noqa: S101 - an opened list has one
        published = held.envelope.state.version
        if options.version <= published:
            raise UnusableInputError(f"--version must be above {published}, which is published already")
        merged = held.merged(news)
        data = merged.seal_delta(**sealing(options), base=base) if options.delta else merged.seal(**sealing(options))
        write(options.output, data)
    print(f"{len(news)} withdrawn")


def refuse_unused(options: argparse.Namespace) -> None:
    """Refuse what needs the full list where none is named: what it stands for would be dropped."""
    if options.base is None:
        for option in ("delta", "after", "anchor", "threshold"):
            if getattr(options, option) is not None:
                raise UnusableInputError(f"--{option} needs --base, the full list to which it applies")


def withdrawn(options: argparse.Namespace) -> hcert.RevocationList:
    """Return what is named on the command line."""
    return hcert.RevocationList(
        certificates=map(bytes.fromhex, options.certificate),
        entries=options.entry,
        keys=[hcert.TrustedKey.from_certificate(path.read_bytes()) for path in options.signer_key],
        superseded=oldest_revisions(options.older),
        uci_hashes=[*map(lists.uci_hash, options.uci), *map(bytes.fromhex, options.uci_hash)],
        country_uci_hashes=[
            *map(country_uci_hash, options.country_uci),
            *map(bytes.fromhex, options.country_uci_hash),
        ],
        signature_hashes=map(bytes.fromhex, options.signature_hash),
    )


def oldest_revisions(given: Iterable[str]) -> dict[bytes, int]:
    """Read HEX=N; of several for one certificate the highest counts, as in lists."""
    found: dict[bytes, int] = {}
    for one in given:
        name, _, least = one.partition("=")
        certificate = bytes.fromhex(name)
        found[certificate] = max(int(least), found.get(certificate, 0))
    return found


def country_uci_hash(given: str) -> bytes:
    """Hash CC=UCI."""
    country, _, uci = given.partition("=")
    if not country or not uci:
        raise UnusableInputError("--country-uci takes a country and an identifier, as in VN=URN:UVCI:...")
    return lists.country_uci_hash(country, uci)
