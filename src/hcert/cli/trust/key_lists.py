"""`hcert trust seal` and `sign`: make key lists, and add signatures to lists of any kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert import lists
from hcert.cli import options
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.inputs import list_files, read_files, read_list
from hcert.cli.key_files import check_different, load_reader_public_key
from hcert.cli.outputs import check_output, write
from hcert.cli.signed_lists import Pins, describe_signers, find_signed, name_errors
from hcert.cli.streams import show, show_json
from hcert.cli.texts import say
from hcert.cli.trust.seal import check_own_keys, load_signers, prepare_seal, publish_keys
from hcert.cli.values import COUNTRY_CODE, FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcert.cli.token_uri import KeyPlace


@click.command(cls=Command, short_help="Make a signed key list.")
@click.argument("files", type=FILE, nargs=-1, required=True)
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
@options.sealing
@options.rotation
@options.as_json
@options.language
def seal(files: Sequence[Path], **given: Any) -> None:
    """Make a signed key list of the certificates in FILES, or in folders of them.

    Exit status: 0 done, 2 unusable input.
    """
    now = datetime.now(UTC)
    contents = read_files(files)
    sealed_with = prepare_seal(given, now, [*list_files(files), *given["readers"], *given["next_anchor_files"]])
    result = lists.import_certificates(contents)
    if result.quarantined:
        raise UnusableInputError(*((one.record or "", one) for one in result.quarantined))
    check_own_keys(result.trust, allowed=given["allowed"], countries=given["countries"], now=now)
    readers = check_different(given["readers"], map(load_reader_public_key, given["readers"]), option="--reader")
    trust = hcert.TrustList([*result.trust, *readers])
    publish_keys(trust, given, sealed_with, report={"readers": len(readers)})


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
