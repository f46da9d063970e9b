"""`hcert verify`: check a code offline and show the verdict as a card or as JSON."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import click

import hcert
from hcert import certlogic, citizen, policy, words
from hcert.cli import options
from hcert.cli.codes import read_code
from hcert.cli.exits import DONE, REFUSED, UnusableInputError
from hcert.cli.fhir_documents import check_options, show_document
from hcert.cli.help import Command
from hcert.cli.inputs import is_document, is_full_list
from hcert.cli.json_files import eu_codes, read_rules, read_value_sets
from hcert.cli.key_files import load_certificate_key, load_reader_key
from hcert.cli.signed_lists import Pins, name_errors, open_keys, open_revocations, open_rules
from hcert.cli.streams import note, printable, show, show_json
from hcert.cli.texts import say
from hcert.cli.values import COUNTRY_CODE, FILE, TEXT, Choice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcert.cli.texts import Settings

CERTIFICATE_FILES: Final = {".pem", ".crt", ".cer", ".der"}
SEALED: Final = ("id_number", "former_id_number", "insurance_number", "phone", "lot_numbers", "notes")


def make_policies() -> dict[str, policy.Policy]:
    """Return the policies by their names on the command line. Days are those of the device's time zone."""
    here = datetime.now().astimezone().tzinfo or UTC
    return {
        "series": policy.CompletedSeries(zone=here),
        "test": policy.RecentNegativeTest(),
        "recovery": policy.Recovered(zone=here),
    }


judging = options.combine(
    click.option(
        "--require",
        type=Choice(["series", "test", "recovery"]),
        multiple=True,
        help="What the code must certify: a complete series (14 to 270 days ago), a negative test (72 hours) or a "
        "recovery. Repeat it to accept any of several.",
    ),
    click.option(
        "--rules",
        type=FILE,
        metavar="FILE",
        help="Signed rule list, or JSON list of rules in CertLogic; an EU DCC must meet those of --country.",
    ),
    click.option(
        "--country",
        type=COUNTRY_CODE,
        metavar="CC",
        help="Country that is entered, whose rules hold, such as VN. A store has its own rules.",
    ),
    click.option(
        "--open",
        "open_key",
        type=FILE,
        metavar="KEY",
        help="Private key of a group of readers; shows what is sealed for them.",
    ),
    options.passwords,
    options.value_sets,
)
checking = options.combine(
    judging,
    click.option(
        "--fhir",
        "as_fhir",
        is_flag=True,
        help="Print the record of an accepted code as a FHIR R4 document; findings go to standard error.",
    ),
    options.as_json,
    options.language,
)


trusting = options.combine(
    click.option(
        "--trust",
        type=FILE,
        multiple=True,
        required=True,
        metavar="PATH",
        help="Trusted certificate or folder of certificates, repeatable; with --anchor one signed key list.",
    ),
    options.anchors,
    click.option(
        "--revocations",
        type=FILE,
        multiple=True,
        metavar="LIST",
        help="Signed revocation list; repeat it for the newest delta to the list.",
    ),
    click.option(
        "--no-revocations", is_flag=True, help="Accept that revocation is not checked under a signed key list."
    ),
)


@click.command(cls=Command, short_help="Check a code.")
@click.argument("code", type=TEXT)
@trusting
@checking
@click.pass_obj
def verify(settings: Settings, /, code: str, **given: Any) -> int:
    """Check CODE offline: the text of a code (HC1:...), a picture, a text file, or - for standard input.

    Exit status: 0 accepted, 1 refused, 2 unusable input. What --open finds does not change it.
    """
    trust, revocations = open_lists(given)
    return check_and_show(trust, revocations, code, given, settings.language)


Revocations: TypeAlias = hcert.RevocationList | Literal["unchecked"] | None


def check_and_show(
    trust: hcert.TrustList,
    revocations: Revocations,
    code: str,
    given: dict[str, Any],
    language: words.Language,
    *,
    tolerances: hcert.Tolerances | None = None,
    rules: certlogic.RuleList | None = None,
) -> int:
    """Check a code, show the verdict and the sealed content, and return the exit status.

    `rules` are those of a store; without them the command line may name a file.
    """
    check_options(given)
    text = read_code(code)
    key = given["open_key"] and load_reader_key(given["open_key"], given["password_files"])
    known = read_value_sets(given["value_sets"])
    required = choose_policy(given, known, rules, tolerances)
    verifier = hcert.Verifier(trust, revocations=revocations, policy=required, tolerances=tolerances, value_sets=known)
    verdict = verifier.check(text)
    content = None if key is None else _open_sealed(verdict, key, given["open_key"])
    if given["as_fhir"]:
        return show_document(verdict, content, language)
    if given["as_json"]:
        show_json(_to_json(verdict, content))
    else:
        show(_format_card(verdict, language, known))
        if content is not None:
            show("\n".join(_format_content(content, language)))
    return DONE if verdict.accepted else REFUSED


def choose_policy(
    given: dict[str, Any],
    known: hcert.ValueSets,
    rules: certlogic.RuleList | None,
    tolerances: hcert.Tolerances | None,
) -> policy.Policy | None:
    """Return what a code must certify: one of what is required, and the rules of a country; None if none is given."""
    conditions: list[policy.Policy] = []
    if given["require"]:
        required = [make_policies()[name] for name in dict.fromkeys(given["require"])]
        conditions.append(required[0] if len(required) == 1 else policy.AnyOf(*required))
    if rules is None and (given["rules"] is None) != (given["country"] is None):
        raise UnusableInputError.because(
            "--rules and --country need each other: the rules, and the country that is entered"
        )
    if given["rules"] is not None:
        rules = _load_rules(given)
    if rules is not None:
        codes = eu_codes(known) if rules.value_sets is None else None  # None: those of the list
        conditions.append(
            certlogic.CountryRules(rules, country=given["country"], value_sets=codes, tolerances=tolerances)
        )
    if len(conditions) > 1:
        return policy.AllOf(*conditions)
    return conditions[0] if conditions else None


def _load_rules(given: dict[str, Any]) -> certlogic.RuleList:
    """Load the rules in a file: a signed list, or JSON that nobody signed."""
    path: Path = given["rules"]
    if is_document(path):
        return open_rules(path, Pins.of(given["anchors"], given["threshold"], datetime.now(UTC)), UnusableInputError)
    with name_errors(path, UnusableInputError):
        return certlogic.RuleList(read_rules(path))


def open_lists(given: dict[str, Any]) -> tuple[hcert.TrustList, Revocations]:
    """Open the lists to check with, by the options `trusting`. The verdict says how old they are.

    Raises:
        UnusableInputError: for options that contradict each other, and for files that cannot be used.
    """
    trust: Sequence[Path] = given["trust"]
    if not given["anchors"]:
        if given["revocations"]:
            raise UnusableInputError.because("a revocation list is signed: name the pinned keys with --anchor")
        if given["threshold"] is not None:
            raise UnusableInputError.because(
                "--threshold needs --anchor, the pinned keys of which so many must have signed"
            )
        return load_certificates(trust), None
    if len(trust) > 1:
        raise UnusableInputError.because("with --anchor, --trust is one signed key list")
    if given["revocations"] and given["no_revocations"]:
        raise UnusableInputError.because("--no-revocations and --revocations contradict each other")
    pins = Pins.of(given["anchors"], given["threshold"], datetime.now(UTC))
    keys = open_keys(trust[0], pins, UnusableInputError)
    if not given["revocations"]:
        return keys, "unchecked" if given["no_revocations"] else None
    return keys, open_revocations(given["revocations"], pins, UnusableInputError)


def load_certificates(paths: Sequence[Path]) -> hcert.TrustList:
    """Load the certificates in files and folders."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.suffix.lower() in CERTIFICATE_FILES)
            if not found:
                raise UnusableInputError.because(
                    "{path}: there is no certificate in this folder (.pem, .crt, .cer, .der)", path=path
                )
            files += found
        else:
            files.append(path)
            if is_document(path) or is_full_list(path):
                raise UnusableInputError.because(
                    "{path}: this is a signed list; name the keys that must have signed it: --anchor", path=path
                )
    return hcert.TrustList(map(load_certificate_key, files))


def _to_json(verdict: hcert.Verdict, content: citizen.Confidential | None) -> dict[str, Any]:
    """Return a verdict in JSON form, with the sealed content if it was opened."""
    opened = content and {name: value for name in SEALED if (value := getattr(content, name))}
    return verdict.as_dict() | ({} if opened is None else {"opened": opened})


def _format_card(verdict: hcert.Verdict, language: words.Language, known: hcert.ValueSets) -> str:
    """Return a verdict as a card. Colour adds nothing to the text."""
    card = words.card(verdict, language=language, zone=datetime.now().astimezone().tzinfo or UTC, value_sets=known)
    if sys.stdout is None or not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return str(card)
    colour = "green" if card.accepted else "red"
    return "\n".join([click.style(card.lines[0], fg=colour, bold=True), *card.lines[1:]])


def _open_sealed(verdict: hcert.Verdict, key: hcert.ReaderKey, path: Path) -> citizen.Confidential | None:
    """Return the content sealed for a reader. If there is none, say so; the verdict stays the same."""
    sealed = None if verdict.certificate is None else verdict.certificate.sealed
    if sealed is None:
        note(say("--open: the code has no sealed part"))
        return None
    try:
        return sealed.open(key)
    except hcert.HcertError as error:
        note(say("--open {path}: {message}", path=path, message=error.findings[0]))
        return None


def _format_content(content: citizen.Confidential, language: words.Language) -> list[str]:
    """Return the sealed content. Later lines of a value are indented, so that none passes for a line of the card."""
    lines: list[str] = []
    for name in SEALED:
        value = getattr(content, name)
        if value:
            shown = ", ".join(f"{number}: {lot}" for number, lot in value) if name == "lot_numbers" else value
            lines += f"  {words.label(name, language=language)}: {shown}".replace("\n", "\n    ").split("\n")
    return list(map(printable, lines))
