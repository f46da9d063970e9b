"""`hcert trust seal` and `sign`: make key lists and rule lists, and add signatures to lists of any kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert import certlogic, lists
from hcert.cli import options
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.inputs import list_files, read_files, read_list
from hcert.cli.json_files import eu_codes, read_rules, read_value_sets
from hcert.cli.key_files import check_different, load_reader_public_key
from hcert.cli.outputs import check_output, write
from hcert.cli.signed_lists import Pins, describe_signers, find_signed, name_errors
from hcert.cli.streams import show, show_json
from hcert.cli.texts import say
from hcert.cli.trust.seal import (
    check_own_keys,
    count_noun,
    load_signers,
    prepare_seal,
    publish_keys,
    report_output,
)
from hcert.cli.values import COUNTRY_CODE, FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcert.cli.token_uri import KeyPlace


@click.command(cls=Command, short_help="Make a signed key list or rule list.")
@click.argument("files", type=FILE, nargs=-1)
@click.option(
    "--reader",
    "readers",
    type=FILE,
    multiple=True,
    metavar="KEY",
    help="Public key of a group of readers of sealed parts; repeatable.",
)
@click.option(
    "--country",
    "countries",
    type=COUNTRY_CODE,
    multiple=True,
    metavar="CC",
    help="Country whose keys belong in the list; repeatable.",
)
@options.allow
@click.option(
    "--rules",
    type=FILE,
    metavar="FILE",
    help="JSON list of rules in CertLogic: makes a list of rules instead of keys, and --value-sets go with them.",
)
@options.value_sets
@options.sealing
@options.rotation
@options.as_json
@options.language
def seal(files: Sequence[Path], **given: Any) -> None:
    """Make a signed key list of the certificates in FILES, or in folders of them; or with --rules a rule list.

    Exit status: 0 done, 2 unusable input.
    """
    now = datetime.now(UTC)
    if given["rules"] is not None:
        _seal_rules(files, given, now)
        return
    if not files:
        raise UnusableInputError.because("name the certificates of the list, or rules with --rules")
    if given["value_sets"] is not None:
        raise UnusableInputError.because("--value-sets go with --rules; a key list has none")
    contents = read_files(files)
    sealed_with = prepare_seal(given, now, [*list_files(files), *given["readers"], *given["next_anchor_files"]])
    result = lists.import_certificates(contents)
    if result.quarantined:
        raise UnusableInputError(*((one.record or "", one) for one in result.quarantined))
    check_own_keys(result.trust, allowed=given["allowed"], countries=given["countries"], now=now)
    readers = check_different(given["readers"], map(load_reader_public_key, given["readers"]), option="--reader")
    trust = hcert.TrustList([*result.trust, *readers])
    publish_keys(trust, given, sealed_with, report={"readers": len(readers)})


def _seal_rules(files: Sequence[Path], given: dict[str, Any], now: datetime) -> None:
    """Seal, write and report a rule list.

    Raises:
        UnusableInputError: for options of key lists, and for rules that cannot be read.
    """
    of_keys = {
        "FILES": files,
        "--reader": given["readers"],
        "--country": given["countries"],
        "--allow": given["allowed"],
        "--next-anchor": given["next_anchor_files"],
        "--next-threshold": given["next_threshold"],
    }
    for option, value in of_keys.items():
        if value:
            raise UnusableInputError.because("{option} is for key lists and does not go with --rules", option=option)
    inputs = [path for path in (given["rules"], given["value_sets"]) if path is not None]
    sealed_with = prepare_seal(given, now, inputs)
    known = None if given["value_sets"] is None else eu_codes(read_value_sets(given["value_sets"]))
    with name_errors(given["rules"], UnusableInputError):
        rules = certlogic.RuleList(read_rules(given["rules"]), value_sets=known)
        if not len(rules):
            raise UnusableInputError.because("{path}: there is no rule in it", path=given["rules"])
        data = rules.seal(**sealed_with)
    write(given["output"], data)
    report_output(given, sealed_with, count_noun(len(rules), "rule"), {"rules": len(rules)})


@click.command(cls=Command, short_help="Add a signature to a list.")
@click.argument("file", type=FILE)
@options.anchor_keys
@options.passwords
@options.anchors
@options.output(required=True)
@options.force
@options.as_json
@options.language
def sign(file: Path, keys: Sequence[KeyPlace], **given: Any) -> None:
    """Add signatures to the list in FILE. Look at it with `hcert trust show` first.

    With --anchor it says which of the pinned keys have signed and which are missing.

    Exit status: 0 done, 1 the list is refused, 2 unusable input.
    """
    check_output(
        given["output"], inputs=[file, *keys, *given["password_files"], *given["anchors"]], force=given["force"]
    )
    data = read_list(file)
    for path, signer in zip(keys, load_signers(keys, given["password_files"]), strict=True):
        with name_errors(file):
            if lists.find_signers(data, [signer.key]):
                raise UnusableInputError.because("{path}: this key has signed {file} already", path=path, file=file)
            data = lists.add_signature(data, signer)
    pins = Pins.of(given["anchors"], given["threshold"], datetime.now(UTC)) if given["anchors"] else None
    write(given["output"], data)
    done: Sequence[KeyPlace]
    missing: Sequence[KeyPlace]
    done, missing = find_signed(data, pins) if pins else (keys, ())
    if given["as_json"]:
        show_json(
            {"output": str(given["output"]), "signed_by": list(map(str, done)), "missing": list(map(str, missing))}
        )
    elif pins:
        show(
            say(
                "{output}: {signatures}",
                output=given["output"],
                signatures=describe_signers(done, missing, pins.threshold),
            )
        )
    else:
        names = ", ".join(map(str, keys))
        show(say("{output}: signature added by {names}", output=given["output"], names=names))
