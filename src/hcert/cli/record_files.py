"""Records to be issued, in files: JSON of our own or a FHIR bundle, and what only readers may see of either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import hcert
from hcert import citizen, eu_dcc, fhir, icvp
from hcert.cli.exits import RefusedError, UnusableInputError
from hcert.cli.json_files import read_json
from hcert.cli.key_files import load_reader_public_key
from hcert.cli.record_faults import explain
from hcert.cli.streams import note
from hcert.cli.texts import Line, line, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hcert import Finding

Sealed: TypeAlias = dict[hcert.TrustedKey, citizen.Confidential]


class Given(NamedTuple):
    """A record that was read from a file.

    Attributes:
        record: to be issued.
        bundle: the FHIR bundle it was read from, with findings and confidential content; None for JSON of our own.
    """

    record: hcert.CitizenRecord | hcert.EuDcc | hcert.Icvp
    bundle: fhir.Imported | None = None


def load_record(path: Path, known: hcert.ValueSets, *, country: str) -> Given:
    """Read a record. In a FHIR bundle, events that name no country took place in `country`, and findings say so.

    Raises:
        RefusedError: for what cannot be issued, naming file and member.
        UnusableInputError: for what is not JSON.
    """
    members = read_json(path)
    try:
        if isinstance(members, dict) and "resourceType" in members:
            bundle = fhir.from_bundle(members, country=country)
            return Given(bundle.record, bundle)
        if isinstance(members, dict) and not {"ver", "nam", "dob"} & members.keys():
            return Given(citizen.from_dict(members))
        if isinstance(members, dict) and {"n", "vx"} & members.keys():
            return Given(icvp.from_payload(members))
        return Given(eu_dcc.from_payload(members, value_sets=known))
    except (hcert.IssueError, hcert.MalformedError) as error:
        raise refuse(path, error.findings) from None


def load_confidential(seals: Iterable[tuple[Path, Path]]) -> Sealed:
    """Read what is to be sealed: files with the keys of those who may read them.

    Raises:
        UnusableInputError: for what is not a key or not JSON, and for a reader who is named twice.
        RefusedError: for content that cannot be sealed.
    """
    sealed: Sealed = {}
    for path, content in seals:
        reader = _add_reader(path, sealed)
        try:
            sealed[reader] = citizen.confidential_from_dict(read_json(content))
        except hcert.IssueError as error:
            raise refuse(content, error.findings) from None
    return sealed


def seal_bundle(path: Path, given: Given, readers: Sequence[Path], sealed: Sealed) -> tuple[Finding, ...]:
    """Add to what is sealed the numbers and lots of a bundle, for each reader.

    Returns:
        What is lost, since there is nobody to seal it for.

    Raises:
        UnusableInputError: for a record that is not a bundle, what is not a key, and a reader who is named twice.
    """
    if given.bundle is None:
        if readers:
            raise UnusableInputError.because(
                "{path}: --reader seals what a FHIR bundle holds, and this is none; use --seal", path=path
            )
        return ()
    if not readers:
        return given.bundle.unsealed()
    content = given.bundle.confidential
    if content == citizen.Confidential():
        note(say("{path}: the bundle holds no number and no lot; nothing is sealed for --reader", path=path))
        return ()
    for reader in readers:
        sealed[_add_reader(reader, sealed)] = content
    return ()


def refuse(path: Path, findings: Iterable[Finding]) -> RefusedError:
    """Return the error for a record that cannot be issued."""
    return RefusedError(*(_describe_fault(path, found) for found in findings))


def _add_reader(path: Path, sealed: Sealed) -> hcert.TrustedKey:
    reader = load_reader_public_key(path)
    if reader in sealed:
        raise UnusableInputError.because(
            "{path}: this reader is named already; seal all that it may see at once", path=path
        )
    return reader


def _describe_fault(path: Path, found: Finding) -> Line | tuple[str, Any]:
    fault = explain(found)
    if fault is None:
        return str(path), found
    return line("{path}: {code}: {fault}", path=path, code=found.code, fault=fault)
