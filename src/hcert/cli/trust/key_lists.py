"""`hcert trust seal`, `import` and `sign`: make key lists, and add signatures to lists of any kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

import hcert
from hcert import lists
from hcert.cli import options
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.inputs import MAX_JSON, read_file, read_list
from hcert.cli.key_files import anchor_key, check_different, reader_key
from hcert.cli.outputs import check_output, write
from hcert.cli.signed_lists import Pins, list_signers, naming, who_signed
from hcert.cli.streams import printable, progress, show, show_json
from hcert.cli.texts import say
from hcert.cli.trust.seal import ALLOWED, check_own_keys, load_signers, publish_keys, sealing, unfit
from hcert.cli.values import COUNT, COUNTRY_CODE, DAYS, FILE, MOMENT, Choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FORMS: Final = ("gdhcn", "gateway", "german", "certificates")
MAX_AGE_DAYS: Final = 7.0
# The forms of list that an option is for; with any other it is refused.
_FORMS_OF: Final = {
    "signer": {"gdhcn", "german"},
    "max_age_days": {"gdhcn"},
    "newer_than": {"gdhcn"},
    "domains": {"gdhcn"},
    "participants": {"gdhcn"},
    "usages": {"gdhcn"},
    "countries": {"gateway", "german", "certificates"},
    "allowed": {"certificates"},
}

rotation = options.combine(
    click.option(
        "--next-anchor",
        "next_anchor_files",
        type=FILE,
        multiple=True,
        metavar="KEY",
        help="Public key of an anchor that signs from the next list on; repeatable.",
    ),
    click.option(
        "--next-threshold", type=COUNT, metavar="N", help="How many of the next anchors must sign; without it all."
    ),
)
allow = click.option(
    "--allow",
    "allowed",
    type=Choice(ALLOWED),
    multiple=True,
    help="Accept keys that are expired, belong to an authority (ca) or have another purpose (useless); repeatable.",
)


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
@allow
@options.sealing
@rotation
@options.as_json
@options.language
def seal(files: Sequence[Path], **given: Any) -> None:
    """Make a signed key list of the certificates in FILES, or in folders of them.

    Exit status: 0 done, 2 unusable input.
    """
    now = datetime.now(UTC)
    contents = files_of(files)
    sealed_with = sealing(given, now, [*files_in(files), *given["readers"], *given["next_anchor_files"]])
    result = lists.import_certificates(contents)
    if result.quarantined:
        raise UnusableInputError(*((one.record or "", one) for one in result.quarantined))
    check_own_keys(result.trust, allowed=given["allowed"], countries=given["countries"], now=now)
    readers = check_different(given["readers"], map(reader_key, given["readers"]), option="--reader")
    trust = hcert.TrustList([*result.trust, *readers])
    publish_keys(trust, given, sealed_with, report={"readers": len(readers)})


@click.command("import", cls=Command, short_help="Import a list that others publish.")
@click.argument("form", type=Choice(FORMS), metavar="FORM")
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--signer", type=FILE, metavar="KEY", help="Pinned key that signed the list (gdhcn, german).")
@click.option(
    "--max-age-days",
    type=DAYS,
    metavar="DAYS",
    help="Refuse a list older than this (gdhcn); without it 7 days.",
)
@click.option(
    "--newer-than", type=MOMENT, metavar="TIME", help="Creation time of the list you have; refuse an older one (gdhcn)."
)
@click.option("--domain", "domains", multiple=True, help="Trust domain to import (gdhcn), such as DCC; repeatable.")
@click.option(
    "--participant", "participants", multiple=True, help="Participant to import (gdhcn), such as OMN; repeatable."
)
@click.option(
    "--usage",
    "usages",
    multiple=True,
    help="Usage to import (gdhcn); repeatable. Without it DSC; keys of other usages verify nothing.",
)
@click.option(
    "--country",
    "countries",
    type=COUNTRY_CODE,
    multiple=True,
    metavar="CC",
    help="Country to import (all forms but gdhcn); repeatable.",
)
@allow
@options.sealing
@rotation
@options.as_json
@options.language
def import_list(form: str, files: Sequence[Path], **given: Any) -> None:
    """Import a list of the form FORM that others publish, and seal it as your own.

    FORM is gdhcn (WHO), gateway (EU), german, or certificates. FILES is the list, followed by the documents to which a
    gdhcn list refers; or certificates and folders of them.

    Exit status: 0 done, 1 the list is refused, 2 unusable input.
    """
    now = datetime.now(UTC)
    _refuse_unused(form, files, given)
    inputs = [*files_in(files), *given["next_anchor_files"], *([given["signer"]] if given["signer"] else [])]
    sealed_with = sealing(given, now, inputs)
    with naming(files[0]):
        result = _imported(form, files, given, now)
    if form == "certificates":
        check_own_keys(result.trust, allowed=given["allowed"], countries=_countries(result.trust), now=now)
    report = {
        "quarantined": [{"entry": one.record, "message": one.message} for one in result.quarantined],
        "warnings": [{"entry": one.record, "message": one.message} for one in result.warnings],
        "skipped": len(result.skipped),
        "created_at": result.created_at and result.created_at.isoformat(),
    }
    if not given["as_json"]:
        _show(result, now)
    publish_keys(result.trust, given, sealed_with, report=report)


@click.command(cls=Command, short_help="Add a signature to a list.")
@click.argument("file", type=FILE)
@click.option(
    "--key",
    "keys",
    type=FILE,
    multiple=True,
    required=True,
    metavar="KEY",
    help="Private key of an anchor (PEM); repeatable.",
)
@options.passwords
@options.anchors
@options.output(required=True)
@options.force
@options.as_json
@options.language
def sign(file: Path, keys: Sequence[Path], **given: Any) -> None:
    """Add signatures to the list in FILE. Look at it with `hcert trust show` first.

    With --anchor it says which of the pinned keys have signed and which are missing.

    Exit status: 0 done, 1 the list is refused, 2 unusable input.
    """
    check_output(
        given["output"], inputs=[file, *keys, *given["password_files"], *given["anchors"]], force=given["force"]
    )
    data = read_list(file)
    for path, signer in zip(keys, load_signers(keys, given["password_files"]), strict=True):
        with naming(file):
            if lists.find_signers(data, [signer.key]):
                raise UnusableInputError.saying("{path}: this key has signed {file} already", path=path, file=file)
            data = lists.add_signature(data, signer)
    pins = Pins.of(given["anchors"], given["threshold"], datetime.now(UTC)) if given["anchors"] else None
    write(given["output"], data)
    done, missing = who_signed(data, pins) if pins else (list(keys), [])
    if given["as_json"]:
        show_json(
            {"output": str(given["output"]), "signed_by": list(map(str, done)), "missing": list(map(str, missing))}
        )
    elif pins:
        show(
            say(
                "{output}: {signatures}", output=given["output"], signatures=list_signers(done, missing, pins.threshold)
            )
        )
    else:
        names = ", ".join(map(str, keys))
        show(say("{output}: signature added by {names}", output=given["output"], names=names))


def files_in(paths: Iterable[Path]) -> list[Path]:
    """Return files, and all files of folders."""
    found: list[Path] = []
    for path in paths:
        found += sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return found


def files_of(paths: Iterable[Path]) -> dict[str, bytes]:
    """Read files, and all files of folders."""
    files = files_in(paths)
    return {str(file): read_file(file, MAX_JSON) for file in progress(files, "files", total=len(files))}


def _refuse_unused(form: str, files: Sequence[Path], given: dict[str, Any]) -> None:
    """Refuse options that this form of list ignores: whoever passes one believes that it counts."""
    for param in click.get_current_context().command.params:
        name = param.name or ""
        if form not in _FORMS_OF.get(name, {form}) and given[name] not in (None, ()):
            raise UnusableInputError.saying(
                "{option} is not for lists of the form {form}", option=param.opts[0], form=form
            )
    if form in {"gateway", "german"} and len(files) > 1:
        raise UnusableInputError.saying("a list of the form {form} is one file", form=form)
    if form in {"gdhcn", "german"} and given["signer"] is None:
        raise UnusableInputError.saying(
            "a list of the form {form} is signed: name the pinned key with --signer", form=form
        )


def _imported(form: str, files: Sequence[Path], given: dict[str, Any], now: datetime) -> lists.ImportReport:
    countries = given["countries"] or None
    if form == "certificates":
        return lists.import_certificates(files_of(files), countries=countries)
    data = read_file(files[0], MAX_JSON)
    if form == "gateway":
        return lists.import_gateway(data, countries=countries)
    signer = anchor_key(given["signer"])
    if form == "german":
        return lists.import_german(data, signer=signer, countries=countries)
    return lists.import_gdhcn(
        data,
        signer=signer,
        at=now,
        max_age=timedelta(days=given["max_age_days"] or MAX_AGE_DAYS),
        newer_than=given["newer_than"],
        domains=given["domains"] or None,
        participants=given["participants"] or None,
        usages=given["usages"] or ("DSC",),
        children=dict(map(_child, files[1:])),
    )


def _child(path: Path) -> tuple[str, bytes]:
    """Return a document that a list refers to under its DID; the importer checks it."""
    data = read_file(path, MAX_JSON)
    try:
        name = json.loads(data)["id"]
    except (ValueError, TypeError, LookupError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise UnusableInputError.saying("{path}: this is not a DID document", path=path)
    return name, data


def _countries(trust: hcert.TrustList) -> list[str]:
    return sorted({key.country for key in trust if key.country is not None})


def _show(result: lists.ImportReport, now: datetime) -> None:
    """Print what became of the entries. In lists that others publish, an expired key is a warning, not a mistake."""
    titles = {"quarantined: {entry}: {message}": result.quarantined, "warning: {entry}: {message}": result.warnings}
    for title, found in titles.items():
        for one in found:
            show(printable(say(title, entry=one.record, message=one)))
    for key in result.trust:
        for fault in unfit(key, now).values():
            entry = f"{key.kid.hex()} {key.origin or ''}"
            show(printable(say("warning: {entry}: {message}", entry=entry, message=fault)))
    if result.created_at is not None:
        show(say("created at {time}", time=result.created_at.isoformat()))
    taken, quarantined, skipped = len(result.trust), len(result.quarantined), len(result.skipped)
    template = "{taken} taken, {quarantined} quarantined, {skipped} skipped"
    show(say(template, taken=taken, quarantined=quarantined, skipped=skipped))
