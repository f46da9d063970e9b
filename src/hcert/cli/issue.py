"""`hcert issue`: sign a record, and write it as a picture or as the text of its code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

import hcert
from hcert.cli import options
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.json_files import read_value_sets
from hcert.cli.key_files import load_signer
from hcert.cli.outputs import check_output, write, write_with
from hcert.cli.program import describe_finding
from hcert.cli.record_files import load_confidential, load_record, refuse, seal_bundle
from hcert.cli.streams import note, print_code, show_json
from hcert.cli.texts import say
from hcert.cli.values import COUNTRY_CODE, DAYS, FILE, Choice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hcert import Finding, words
    from hcert.cli.texts import Settings

USUAL_EDGE: Final = 42  # mm, which makes the diagonal of 60 that the specification recommends at most
FINE_MODULE: Final = (
    0.34  # mm a module: four dots at 300 dpi, of 0.339 mm; under 0.33 mm cameras begin to fail on paper
)
FILE_TYPES: Final = {".svg", ".png", ".pdf", ".txt"}
WARN_BEFORE: Final = timedelta(days=30)


@click.command(cls=Command, short_help="Sign a record and draw its code.")
@click.argument("record", type=FILE)
@options.signing_key
@options.passwords
@click.option("--certificate", type=FILE, required=True, metavar="DSC", help="Its certificate (PEM or DER).")
@click.option("--country", type=COUNTRY_CODE, required=True, metavar="CC", help="Issuing country, such as VN.")
@click.option("--valid-days", type=DAYS, required=True, metavar="DAYS", help="Days until the code expires.")
@click.option(
    "--error",
    type=Choice(["L", "M", "Q", "H"]),
    default="Q",
    show_default=True,
    help="Error correction level of the QR code; not used for text.",
)
@click.option(
    "--algorithm",
    type=Choice(["ES256", "ESP256", "PS256"]),
    help="Algorithm that the code names; without it that of the key. ESP256 is for P-256 keys.",
)
@click.option(
    "--seal",
    "seals",
    type=(FILE, FILE),
    multiple=True,
    metavar="READER CONTENT",
    help="Seal the JSON file CONTENT (id_number, phone, lot_numbers, ...) for the public key READER; repeatable.",
)
@click.option(
    "--reader",
    "readers",
    type=FILE,
    multiple=True,
    metavar="READER",
    help="Seal the numbers and lots in a FHIR bundle for this public key; repeatable.",
)
@options.output(
    required=False, text="File to write: .svg, .png, .pdf or .txt. Without it the text of the code is printed."
)
@options.force
@options.value_sets
@options.as_json
@options.language
@click.pass_obj
def issue(settings: Settings, /, record: Path, **given: Any) -> None:
    """Sign the record in the JSON file RECORD and write it as a QR code.

    A citizen record has the members person, vaccinations, tests and recoveries. An EU DCC and an ICVP have the members
    of their payloads: {"ver": "1.3.3", "nam": {...}, "dob": "...", "v": [{...}]} and {"n": "...", ...}.

    A FHIR R4 bundle (resourceType Bundle) becomes a citizen record. What is not carried over is said on standard error.

    Exit status: 0 issued, 1 the record cannot be issued, 2 unusable input.
    """
    output: Path | None = given["output"]
    seals: tuple[tuple[Path, Path], ...] = given["seals"]
    known = read_value_sets(given["value_sets"])
    inputs = [
        record,
        *([given["value_sets"]] if given["value_sets"] else []),
        given["key"],
        given["certificate"],
        *given["password_files"],
        *(path for one in seals for path in one),
        *given["readers"],
    ]
    if output is not None:
        if output.suffix.lower() not in FILE_TYPES:
            raise UnusableInputError.because(
                "{output}: expected a name that ends in .svg, .png, .pdf or .txt", output=output
            )
        check_output(output, inputs=inputs, force=given["force"])
    now = datetime.now(UTC)
    signer = load_signer(given["key"], given["password_files"], certificate=given["certificate"])
    check_signer(signer.key, given["certificate"], now)
    drawn = output is not None and output.suffix.lower() != ".txt"
    algorithm = None if given["algorithm"] is None else hcert.Algorithm[given["algorithm"]]
    loaded = load_record(record, known, country=given["country"])
    confidential = load_confidential(seals)
    lost = seal_bundle(record, loaded, given["readers"], confidential)
    findings = [*(loaded.bundle.findings if loaded.bundle else ()), *lost]
    _note_findings(record, findings, settings.language)
    try:
        issuer = hcert.Issuer(signer, country=given["country"], algorithm=algorithm, value_sets=known)
        code = issuer.issue(
            loaded.record,
            expires_at=now + timedelta(days=given["valid_days"]),
            confidential=confidential or None,
            error=given["error"] if drawn else "L",
        )
    except hcert.IssueError as error:
        raise refuse(record, error.findings) from None
    report: dict[str, Any] = {
        "certificate_id": code.identifier,
        "characters": len(code.text),
        "output": output and str(output),
        "text": code.text if output is None else None,
        "findings": [
            {"code": found.code, "message": describe_finding(found, settings.language)}
            for found in (*findings, *code.findings)
        ],
    }
    if output is not None and drawn:
        report["qr"] = _draw(code, output, given["error"])
    elif output is not None:
        write(output, code.text.encode("ascii"))
    if given["as_json"]:
        show_json(report)
    elif output is None:
        print_code(code.text)
    _note_findings(record, code.findings, settings.language)
    if code.identifier is not None:
        note(
            say(
                "certificate id {certificate_id}: keep it in the register of persons; nothing is revoked without it",
                certificate_id=code.identifier,
            )
        )


def check_signer(key: hcert.TrustedKey, path: Path, now: datetime) -> None:
    """Refuse a certificate that cannot sign now, and say when one is about to expire.

    Raises:
        UnusableInputError: naming the file.
    """
    if key.is_ca:
        raise UnusableInputError.because(
            "{path}: this is the certificate of an authority (CA); certificates are signed by a DSC", path=path
        )
    if key.not_after is None:
        return
    if key.not_after < now:
        raise UnusableInputError.because(
            "{path}: this certificate expired on {day}; sign with a current one", path=path, day=f"{key.not_after:%F}"
        )
    if key.not_after - now < WARN_BEFORE:
        note(
            say(
                "{path}: warning: this certificate expires on {day}; have the next one made",
                path=path,
                day=f"{key.not_after:%F}",
            )
        )


def _note_findings(record: Path, findings: Iterable[Finding], language: words.Language) -> None:
    for found in findings:
        note(f"{record}: {describe_finding(found, language)}")


def _draw(code: hcert.Certificate, output: Path, error: Any) -> dict[str, Any]:
    """Write the code as a picture and say how wide to print it."""
    qr = code.qr(error=error)
    write_with(output, qr.save)
    size = qr.print_size(dpi=300, width_mm=max(USUAL_EDGE, FINE_MODULE * qr.modules))
    note(
        say(
            "{output}: QR version {version}-{error}, {length} characters; print it {width} mm wide "
            "(modules of {module} mm at 300 dpi)",
            output=output,
            version=qr.version,
            error=qr.error,
            length=len(code.text),
            width=size.width_mm,
            module=size.module_mm,
        )
    )
    return {"version": qr.version, "error": qr.error, "width_mm": size.width_mm, "module_mm": size.module_mm}
