"""`trust.py withdraw`: a withdrawal list, full or as a delta to a full one."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING

import hcert
from command_line import UnusableInputError, show
from hcert import lists
from key_files import certificate_key
from publishing.inputs import pins, sealing, write

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
    show(f"{len(news)} withdrawn")


def refuse_unused(options: argparse.Namespace) -> None:
    """Refuse what needs the full list where none is named: what it stands for would be dropped."""
    if options.base is None:
        for option in ("delta", "after", "anchor", "threshold"):
            if getattr(options, option) is not None:
                raise UnusableInputError(f"--{option} needs --base, the full list to which it applies")


def withdrawn(options: argparse.Namespace) -> hcert.RevocationList:
    """Return what is named on the command line."""
    return hcert.RevocationList(
        certificates=options.certificate,
        entries=options.entry,
        keys=map(certificate_key, options.signer_key),
        superseded=oldest_revisions(options.older),
        uci_hashes=[*map(lists.uci_hash, options.uci), *options.uci_hash],
        country_uci_hashes=[*starmap(lists.country_uci_hash, options.country_uci), *options.country_uci_hash],
        signature_hashes=options.signature_hash,
    )


def oldest_revisions(given: Iterable[tuple[bytes, int]]) -> dict[bytes, int]:
    """Return the oldest revision that counts by certificate; of several for one the highest, as in lists."""
    found: dict[bytes, int] = {}
    for certificate, least in given:
        found[certificate] = max(least, found.get(certificate, 0))
    return found
