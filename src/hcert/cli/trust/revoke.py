"""`hcert trust revoke`: a revocation list, full or as a delta to a full one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import starmap
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert import lists, uvci
from hcert.cli import options
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.inputs import MAX_IDS, read_file
from hcert.cli.key_files import load_certificate_key
from hcert.cli.outputs import write
from hcert.cli.signed_lists import Pins, apply_delta, name_errors
from hcert.cli.texts import Line, line
from hcert.cli.trust.seal import prepare_seal, report_output
from hcert.cli.values import CERTIFICATE_ID, COUNTRY_AND_UCI, ENTRY_ID, FILE, HASH, OLDEST_REVISION, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hcert.cli.options import Decorator
    from hcert.cli.values import Value


def _items_option(option: str, name: str, kind: Value, metavar: str, words: str) -> Decorator:
    return click.option(option, name, type=kind, multiple=True, metavar=metavar, help=f"{words}; repeatable.")


@click.command(cls=Command, short_help="Make a signed revocation list or a delta.")
@_items_option("--certificate", "certificates", CERTIFICATE_ID, "ID", "Certificate id of a citizen record")
@_items_option("--entry", "entries", ENTRY_ID, "ID/N", "Entry id of a citizen record")
@_items_option("--older", "older", OLDEST_REVISION, "ID=N", "Revisions of a certificate before revision N")
@_items_option(
    "--signer-key", "signer_keys", FILE, "DSC", "Certificate of a document signer whose signatures no longer count"
)
@_items_option("--uci", "ucis", TEXT, "UVCI", "Identifier of an EU DCC")
@_items_option(
    "--country-uci",
    "country_ucis",
    COUNTRY_AND_UCI,
    "CC=UVCI",
    "Identifier of an EU DCC with the country that issued it",
)
@_items_option("--uci-hash", "uci_hashes", HASH, "HEX", "EU hash of an identifier")
@_items_option("--country-uci-hash", "country_uci_hashes", HASH, "HEX", "EU hash of a country with an identifier")
@_items_option("--signature-hash", "signature_hashes", HASH, "HEX", "EU hash of a signature")
@click.option("--ids", type=FILE, metavar="FILE", help="Text file with one id, ID=N or UVCI on each line.")
@click.option(
    "--allow-malformed",
    is_flag=True,
    help="Accept identifiers that do not have the form of a UVCI, because they were issued like that.",
)
@click.option(
    "--reinstate", is_flag=True, help="Remove the named items from the list instead; they become valid again."
)
@click.option("--base", type=FILE, metavar="FULL", help="Published full list to start from.")
@click.option(
    "--after",
    type=FILE,
    metavar="DELTA",
    help="Last published delta to the base; what it revoked stays revoked.",
)
@click.option("--first-delta", is_flag=True, help="Say that no delta to the base has been published yet.")
@click.option("--delta", is_flag=True, help="Write a delta to the base instead of a full list.")
@click.option("--skip-versions", is_flag=True, help="Say that the skipped versions were never published.")
@options.anchors
@options.sealing
@options.as_json
@options.language
def revoke(**given: Any) -> None:
    """Make a signed revocation list, or a delta to one.

    Without --base it is a new full list. With --base it starts from a published list: name the last delta to it with
    --after, or say with --first-delta that there is none. With --delta only the changes are written.

    Exit status: 0 done, 1 a list is refused, 2 unusable input.
    """
    now = datetime.now(UTC)
    _check_options(given)
    inputs = [*filter(None, (given["base"], given["after"], given["ids"])), *given["anchors"], *given["signer_keys"]]
    sealed_with = prepare_seal(given, now, inputs)
    items = _load_items(given)
    if given["base"] is None:
        write(given["output"], items.seal(**sealed_with))
        report_output(
            given, sealed_with, line("{count} revoked", count=len(items)), {"named": len(items), "in_list": len(items)}
        )
        return
    pins = Pins.of(given["anchors"], given["threshold"], now)
    with name_errors(given["base"]):
        base = hcert.RevocationList.open(given["base"], anchors=pins.anchors(), at=pins.at, grace=timedelta.max)
    held = apply_delta(base, given["after"], pins) if given["after"] else base
    _check_version(given, held)
    # Merging never makes anything valid again.
    result = lists.reinstate(held, items) if given["reinstate"] else held.merge(items)
    found = len(held) - len(result)
    if given["reinstate"] and found != len(items):
        raise UnusableInputError.because(
            "--reinstate names {count} items, of which {found} are in the list; name those only",
            count=len(items),
            found=found,
        )
    if given["delta"]:
        write(given["output"], result.seal_delta(**sealed_with, base=base))
    else:
        write(given["output"], result.seal(**sealed_with))
    template = (
        "{count} reinstated, {total} in the list" if given["reinstate"] else "{count} revoked, {total} in the list"
    )
    what = line(template, count=len(items), total=len(result))
    report_output(
        given, sealed_with, what, {"named": len(items), "in_list": len(result), "reinstated": given["reinstate"]}
    )


def _check_options(given: dict[str, Any]) -> None:
    """Refuse options that would be ignored, and a list that could make revoked items valid again."""
    if given["base"] is None:
        for name in ("delta", "after", "first_delta", "reinstate", "anchors", "threshold", "skip_versions"):
            if given[name] is not None and given[name] is not False and given[name] != ():
                option = "anchor" if name == "anchors" else name.replace("_", "-")
                raise UnusableInputError.because(
                    "--{option} needs --base, the full list to which it applies", option=option
                )
    elif given["after"] is None and not given["first_delta"]:
        raise UnusableInputError.because(
            "--base alone is not enough: what a delta to it has revoked would become valid again; name the last delta "
            "with --after, or add --first-delta if none has been published"
        )
    elif given["after"] is not None and given["first_delta"]:
        raise UnusableInputError.because("--after and --first-delta contradict each other")


def _check_version(given: dict[str, Any], held: hcert.RevocationList) -> None:
    """Refuse a version that is published already, and a gap that may hide a forgotten delta."""
    assert held.envelope is not None  # noqa: S101 - an opened list has one
    published = held.envelope.state.version
    version = given["version"]
    if version <= published:
        raise UnusableInputError.because(
            "--version must be above {published}, which is published already", published=published
        )
    if version > published + 1 and not given["skip_versions"]:
        raise UnusableInputError.because(
            "--version {version} skips {following}; if that version was published, name it with --after, else add "
            "--skip-versions",
            version=version,
            following=published + 1,
        )


def _load_items(given: dict[str, Any]) -> hcert.RevocationList:
    """Return the items named on the command line and in the file of ids."""
    certificates, entries, older, ucis = _read_ids(given["ids"]) if given["ids"] else ([], [], [], [])
    identifiers = [*given["ucis"], *(identifier for _, identifier in given["country_ucis"])]
    if not given["allow_malformed"]:
        for place, identifier in enumerate(identifiers, 1):
            _check_identifier(identifier, line("identifier {number}", number=place))
        for number, identifier in ucis:
            _check_identifier(identifier, line("{path}, line {number}", path=given["ids"], number=number))
    ucis_named = [*given["ucis"], *(identifier for _, identifier in ucis)]
    return hcert.RevocationList(
        certificates=[*given["certificates"], *certificates],
        entries=[*given["entries"], *entries],
        keys=map(load_certificate_key, given["signer_keys"]),
        superseded=_find_oldest_revisions([*given["older"], *older]),
        uci_hashes=[*map(lists.uci_hash, ucis_named), *given["uci_hashes"]],
        country_uci_hashes=[*starmap(lists.country_uci_hash, given["country_ucis"]), *given["country_uci_hashes"]],
        signature_hashes=given["signature_hashes"],
    )


def _read_ids(path: Path) -> tuple[list[bytes], list[str], list[tuple[bytes, int]], list[tuple[int, str]]]:
    """Read certificate ids, entry ids, oldest revisions, and UVCIs with their line numbers from a text file.

    Raises:
        UnusableInputError: for any other line, with its number but without its content.
    """
    certificates: list[bytes] = []
    entries: list[str] = []
    older: list[tuple[bytes, int]] = []
    ucis: list[tuple[int, str]] = []
    for number, given in enumerate(read_file(path, MAX_IDS).decode("utf-8-sig", "replace").splitlines(), 1):
        text = given.strip()
        if text.upper().startswith("URN:UVCI:"):
            ucis.append((number, text))
        elif text and (name := CERTIFICATE_ID.parse(text)) is not None:
            certificates.append(name)
        elif text and (entry := ENTRY_ID.parse(text)) is not None:
            entries.append(entry)
        elif text and (oldest := OLDEST_REVISION.parse(text)) is not None:
            older.append(oldest)
        elif text:
            raise UnusableInputError.because(
                "{path}, line {number}: expected a certificate id, an entry id, ID=N or a UVCI",
                path=path,
                number=number,
            )
    return certificates, entries, older, ucis


def _check_identifier(identifier: str, place: Line) -> None:
    """Refuse an identifier that is not a UVCI: a mistyped one revokes nothing, and nobody would notice."""
    try:
        uvci.check(identifier)
    except hcert.MalformedError as error:
        reason = dict(error.findings[0].details)["reason"]
        raise UnusableInputError.because(
            "{place} is not a UVCI: {reason}; if it was issued like that, add --allow-malformed",
            place=place,
            reason=reason,
        ) from None


def _find_oldest_revisions(given: Iterable[tuple[bytes, int]]) -> dict[bytes, int]:
    """Return the oldest valid revision by certificate; the highest one wins, as in lists."""
    found: dict[bytes, int] = {}
    for certificate, least in given:
        found[certificate] = max(least, found.get(certificate, 0))
    return found
