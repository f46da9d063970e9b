"""`hcert trust import`: take the keys of a list that others publish into a list of one's own."""

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
from hcert.cli.inputs import MAX_JSON, list_files, read_file, read_files
from hcert.cli.key_files import load_anchor_key
from hcert.cli.signed_lists import name_errors
from hcert.cli.streams import printable, show
from hcert.cli.texts import say
from hcert.cli.trust.seal import check_own_keys, find_faults, prepare_seal, publish_keys
from hcert.cli.values import COUNTRY_CODE, DAYS, FILE, MOMENT, Choice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMS: Final = ("gdhcn", "gateway", "german", "certificates", "jwks")
MAY_SIGN: Final = tuple(sorted(one.value for one in hcert.Usage if one is not hcert.Usage.OPEN))
MAX_AGE_DAYS: Final = 7.0
# The forms of list that an option is for; with any other it is refused.
_FORMS_OF: Final = {
    "signer": {"gdhcn", "german"},
    "max_age_days": {"gdhcn"},
    "newer_than": {"gdhcn"},
    "domains": {"gdhcn"},
    "participants": {"gdhcn"},
    "usages": {"gdhcn", "jwks"},
    "owner": {"jwks"},
    "countries": {"gateway", "german", "certificates"},
    "allowed": {"certificates"},
}


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
    help="Usage to import (gdhcn; without it DSC, and keys of other usages verify nothing), or what the keys may sign "
    "(jwks), such as vaccination; repeatable.",
)
@click.option("--owner", metavar="NAME", help="Who answers for the keys (jwks): a country such as FR, or a name.")
@click.option(
    "--country",
    "countries",
    type=COUNTRY_CODE,
    multiple=True,
    metavar="CC",
    help="Country to import (gateway, german, certificates); repeatable.",
)
@options.allow
@options.sealing
@options.rotation
@options.as_json
@options.language
def import_list(form: str, files: Sequence[Path], **given: Any) -> None:
    """Import a list of the form FORM that others publish, and seal it as your own.

    FORM is gdhcn (WHO), gateway (EU), german, certificates, or jwks (the European Vaccination Card and others). FILES
    is the list, followed by the documents to which a gdhcn list refers; or certificates and folders of them.

    Exit status: 0 done, 1 the list is refused, 2 unusable input.
    """
    now = datetime.now(UTC)
    _refuse_unused(form, files, given)
    inputs = [*list_files(files), *given["next_anchor_files"], *([given["signer"]] if given["signer"] else [])]
    sealed_with = prepare_seal(given, now, inputs)
    with name_errors(files[0]):
        result = _import(form, files, given, now)
    if form == "certificates":
        check_own_keys(result.trust, allowed=given["allowed"], countries=_find_countries(result.trust), now=now)
    report = {
        "quarantined": [{"entry": one.record, "message": one.message} for one in result.quarantined],
        "warnings": [{"entry": one.record, "message": one.message} for one in result.warnings],
        "skipped": len(result.skipped),
        "created_at": result.created_at and result.created_at.isoformat(),
    }
    if not given["as_json"]:
        _show_report(form, result, now)
    publish_keys(result.trust, given, sealed_with, report=report)


def _refuse_unused(form: str, files: Sequence[Path], given: dict[str, Any]) -> None:
    """Refuse options that this form of list ignores: whoever passes one believes that it counts."""
    for param in click.get_current_context().command.params:
        name = param.name or ""
        if form not in _FORMS_OF.get(name, {form}) and given[name] not in (None, ()):
            raise UnusableInputError.because(
                "{option} is not for lists of the form {form}", option=param.opts[0], form=form
            )
    if form in {"gateway", "german", "jwks"} and len(files) > 1:
        raise UnusableInputError.because("a list of the form {form} is one file", form=form)
    if form in {"gdhcn", "german"} and given["signer"] is None:
        raise UnusableInputError.because(
            "a list of the form {form} is signed: name the pinned key with --signer", form=form
        )
    if form == "jwks" and (given["owner"] is None or not given["usages"] or not set(given["usages"]) <= set(MAY_SIGN)):
        raise UnusableInputError.because(
            "a list of the form {form} names neither owner nor usages: add --owner, and --usage with {values}",
            form=form,
            values=", ".join(MAY_SIGN),
        )


def _import(form: str, files: Sequence[Path], given: dict[str, Any], now: datetime) -> lists.ImportReport:
    countries = given["countries"] or None
    if form == "certificates":
        return lists.import_certificates(read_files(files), countries=countries)
    data = read_file(files[0], MAX_JSON)
    if form == "gateway":
        return lists.import_gateway(data, countries=countries)
    if form == "jwks":
        return lists.import_jwks(data, owner=given["owner"], usages=list(map(hcert.Usage, given["usages"])), at=now)
    signer = load_anchor_key(given["signer"])
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
        children=dict(map(_read_child, files[1:])),
    )


def _read_child(path: Path) -> tuple[str, bytes]:
    """Return a document that a list refers to under its DID; the importer checks it."""
    data = read_file(path, MAX_JSON)
    try:
        name = json.loads(data)["id"]
    except (ValueError, TypeError, LookupError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise UnusableInputError.because("{path}: this is not a DID document", path=path)
    return name, data


def _find_countries(trust: hcert.TrustList) -> list[str]:
    return sorted({key.country for key in trust if key.country is not None})


def _show_report(form: str, result: lists.ImportReport, now: datetime) -> None:
    """Print what became of the entries. In lists that others publish, an expired key is a warning, not a mistake."""
    titles = {"quarantined: {entry}: {message}": result.quarantined, "warning: {entry}: {message}": result.warnings}
    for title, found in titles.items():
        for one in found:
            show(printable(say(title, entry=one.record, message=one)))
    for key in result.trust:
        for fault in find_faults(key, now).values():
            entry = f"{key.kid.hex()} {key.origin or ''}"
            show(printable(say("warning: {entry}: {message}", entry=entry, message=fault)))
    if result.created_at is not None:
        told = "taken as fetched at {time}" if form == "jwks" else "created at {time}"
        show(say(told, time=result.created_at.isoformat()))
    taken, quarantined, skipped = len(result.trust), len(result.quarantined), len(result.skipped)
    template = "{taken} taken, {quarantined} quarantined, {skipped} skipped"
    show(say(template, taken=taken, quarantined=quarantined, skipped=skipped))
