"""`trust.py import`: take over a list that others publish, and seal it as one of our own."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from command_line import UnusableInputError, printable, show
from hcert import lists
from publishing.inputs import NOW, files_of, public_key, write_keys

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

FORMS = ("gdhcn", "gateway", "german", "certificates")
MAX_AGE_DAYS = 7.0
# Which forms of list an option is for; for the others it would be passed over in silence.
FORMS_OF = {
    "signer": {"gdhcn", "german"},
    "max_age_days": {"gdhcn"},
    "newer_than": {"gdhcn"},
    "domains": {"gdhcn"},
    "participants": {"gdhcn"},
    "usages": {"gdhcn"},
    "countries": {"gateway", "german", "certificates"},
}


def run_import(options: argparse.Namespace) -> None:
    """Import, report, and seal as a list of our own."""
    refuse_unused(options)
    result = imported(options)
    for title, found in (("quarantined", result.quarantined), ("remark", result.remarks)):
        for one in found:
            show(printable(f"{title}: {one.record}: {one.message}"))
    if result.created_at is not None:
        show(f"created at {result.created_at.isoformat()}")
    show(f"{len(result.trust)} taken, {len(result.quarantined)} quarantined, {len(result.ignored)} ignored")
    write_keys(options, result.trust)


def refuse_unused(options: argparse.Namespace) -> None:
    """Refuse what this form of list has no use for: who gives it believes that it counts."""
    for name, forms in FORMS_OF.items():
        if getattr(options, name) is not None and options.form not in forms:
            option = f"--{name.replace('_', '-')}"
            raise UnusableInputError(f"{option} is not for lists of the form {options.form}")
    if options.form in {"gateway", "german"} and len(options.files) > 1:
        raise UnusableInputError(f"a list of the form {options.form} is one file")


def imported(options: argparse.Namespace) -> lists.Imported:
    """Import a list that others publish."""
    if options.form == "certificates":
        return lists.import_certificates(files_of(options.files), countries=options.countries)
    data = options.files[0].read_bytes()
    if options.form == "gateway":
        return lists.import_gateway(data, countries=options.countries)
    if options.signer is None:
        raise UnusableInputError(f"a list of the form {options.form} is signed: name the pinned key with --signer")
    if options.form == "german":
        return lists.import_german(data, signer=public_key(options.signer), countries=options.countries)
    return lists.import_gdhcn(
        data,
        signer=public_key(options.signer),
        at=NOW,
        max_age=timedelta(days=MAX_AGE_DAYS if options.max_age_days is None else options.max_age_days),
        newer_than=options.newer_than,
        domains=options.domains,
        participants=options.participants,
        usages=("DSC",) if options.usages is None else options.usages,
        children=dict(map(child, options.files[1:])),
    )


def child(path: Path) -> tuple[str, bytes]:
    """Return the DID of a document that others refer to, and the document, which the importer checks."""
    data = path.read_bytes()
    try:
        name = json.loads(data)["id"]
    except (ValueError, TypeError, LookupError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise UnusableInputError(f"{path}: this is no DID document")
    return name, data
