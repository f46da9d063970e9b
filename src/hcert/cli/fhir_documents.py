"""What `--fhir` prints: the record of an accepted code as a FHIR document, and beside it what the document lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hcert
from hcert import fhir
from hcert.cli.exits import DONE, REFUSED, UnusableInputError
from hcert.cli.program import describe_finding
from hcert.cli.streams import note, show_json
from hcert.cli.texts import say

if TYPE_CHECKING:
    from hcert import citizen, words


def check_options(given: dict[str, Any]) -> None:
    """Refuse two forms of output at once.

    Raises:
        UnusableInputError: for both `--fhir` and `--json`.
    """
    if given["as_fhir"] and given["as_json"]:
        raise UnusableInputError.because("--fhir and --json contradict each other: each decides what is printed")


def show_document(verdict: hcert.Verdict, content: citizen.Confidential | None, language: words.Language) -> int:
    """Print the record of an accepted code as a FHIR document, and every finding on standard error.

    Nothing is printed of a code that is refused: whoever takes the document would take it for true.

    Args:
        verdict: of the code.
        content: of the sealed part, where it was opened; what FHIR has a place for is written too.
        language: of findings.

    Returns:
        The exit status.

    Raises:
        UnusableInputError: for a kind of record that has no form in FHIR.
    """
    for found in (*verdict.errors, *verdict.warnings):
        note(describe_finding(found, language))
    certificate = verdict.certificate
    if certificate is None or not verdict.accepted:
        return REFUSED
    record: Any = certificate.record
    try:
        document = fhir.to_bundle(record, confidential=content, at=verdict.checked_at)
    except hcert.IssueError as error:
        raise UnusableInputError(*(("--fhir", found) for found in error.findings)) from None
    if content is not None and content.notes is not None:
        note(say("--fhir: the notes in the sealed part are not in the document"))
    if content is None and certificate.sealed is not None:
        note(say("--fhir: the sealed part is not in the document; --open adds what a reader may see"))
    show_json(document)
    return DONE
