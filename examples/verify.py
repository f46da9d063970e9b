#!/usr/bin/env python3
"""Check a health certificate offline, and show it as a card in English or Vietnamese.

CODE, the last word, is the text of a code (HC1:...), a picture with one QR code, a text file that holds the text, or -
for the text on standard input. Trust comes from document signer certificates: files, or directories of .pem, .crt, .cer
and .der files; or, with --anchor, from a signed key list, beside which a signed withdrawal list and a delta to it may
stand.
With the private key of a group of readers, --open shows what was sealed for it.
Exit status: 0 accepted, 1 refused, 2 unusable input. Pictures need hcert[scan].
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hcert
from command_line import UnusableInputError, printable, show
from hcert import citizen, policy, words
from key_files import anchor_key, certificate_key, naming

ACCEPTED, REFUSED, UNUSABLE = 0, 1, 2
PREFIX = "HC1:"
CERTIFICATE_FILES = {".pem", ".crt", ".cer", ".der"}
HERE = datetime.now().astimezone().tzinfo or UTC
POLICIES: dict[str, policy.Policy] = {
    "series": policy.CompletedSeries(zone=HERE),
    "test": policy.RecentNegativeTest(),
    "recovery": policy.Recovered(zone=HERE),
}
LONGEST_INPUT = 20_000_000  # bytes of a picture; a phone's camera makes a quarter of that


def trusted_keys(paths: list[Path]) -> hcert.TrustList:
    """Load the certificates in files and directories."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(file for file in path.iterdir() if file.suffix.lower() in CERTIFICATE_FILES)
        else:
            files.append(path)
    if not files:
        raise UnusableInputError(f"no certificate in {', '.join(map(str, paths))}")
    return hcert.TrustList(map(certificate_key, files))


def lists(options: argparse.Namespace) -> tuple[hcert.TrustList, hcert.RevocationList | None]:
    """Open the lists to check with; the verdict says how old they are."""
    if not options.anchor:
        if options.revocations:
            raise UnusableInputError("a withdrawal list is signed: name the pinned keys with --anchor")
        if options.threshold is not None:
            raise UnusableInputError("--threshold needs --anchor, the pinned keys of which so many must have signed")
        return trusted_keys([Path(path) for path in options.trust]), None
    pins: dict[str, Any] = {
        "anchors": [anchor_key(Path(path)) for path in options.anchor],
        "threshold": options.threshold,
        "at": datetime.now(UTC),
        "grace": timedelta.max,
    }
    if len(options.trust) > 1:
        raise UnusableInputError("with --anchor, --trust is one signed key list")
    trust = hcert.TrustList.open(Path(options.trust[0]).read_bytes(), **pins)
    if not options.revocations:
        return trust, None
    full, *deltas = map(Path, options.revocations)
    revocations = hcert.RevocationList.open(full, **pins)
    for delta in deltas:
        revocations = revocations.updated(delta.read_bytes(), **pins)
    return trust, revocations


def code_text(argument: str) -> str:
    """Return the text of the code that an argument gives or leads to."""
    if argument == "-":
        if sys.stdin is None:
            raise UnusableInputError("standard input: it is closed")
        return line_of(sys.stdin.buffer.read(LONGEST_INPUT), "standard input")
    if argument.startswith(PREFIX):
        return argument
    path = Path(argument)
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_INPUT)
    except OSError as error:
        if argument.strip().upper().startswith(PREFIX):
            raise UnusableInputError(f"CODE is no file that can be read, and a code begins with {PREFIX}") from None
        raise UnusableInputError(f"{argument[:60]}: {error.strerror}") from None
    if not data:
        raise UnusableInputError(f"{argument}: the file is empty")
    if is_text(data):
        return line_of(data, argument)
    try:
        return hcert.read_picture(data)
    except hcert.MalformedError as error:
        reason = str(error)
        if error.code == "picture.unreadable":
            reason = f"this is neither a text that begins with {PREFIX} nor a picture (PNG, JPEG, ...)"
        raise UnusableInputError(f"{argument}: {reason}") from None


def is_text(data: bytes) -> bool:
    """Tell a text, of which the verdict says what is wrong, from a picture: those are no UTF-8 or hold zeros."""
    if data.startswith(PREFIX.encode()):
        return True
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


def line_of(data: bytes, source: str) -> str:
    """Return the one line of a text, without the line end that editors and shells add."""
    text = data.decode("utf-8", "replace").rstrip("\r\n")
    if not text:
        raise UnusableInputError(f"{source}: there is no text")
    return text


def as_json(verdict: hcert.Verdict) -> dict[str, Any]:
    """Return a verdict in JSON form; the payload is in it once the signature holds."""
    certificate = verdict.certificate
    return {
        "accepted": verdict.accepted,
        "checked_at": verdict.checked_at.isoformat(),
        "findings": [
            {"code": found.code, "severity": found.severity, "message": found.message, "record": found.record}
            for found in verdict.findings
        ],
        "certificate": certificate
        and {
            "issuer": certificate.claims.issuer,
            "issued_at": certificate.claims.issued_at and certificate.claims.issued_at.isoformat(),
            "expires_at": certificate.claims.expires_at and certificate.claims.expires_at.isoformat(),
            "kid": certificate.key.kid.hex(),
            "payload": shown_payload(certificate),
        },
    }


def shown_payload(certificate: hcert.VerifiedCertificate) -> Any:
    """Return a payload as JSON can have it: a citizen record, whose wire form is all numbers, by its members' names."""
    record = certificate.record
    return plain(citizen.to_members(record) if isinstance(record, hcert.CitizenRecord) else certificate.payload)


def plain(value: Any) -> Any:
    """Return content as JSON can have it: bytes as hexadecimal text, null for a float that is no finite number."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_card(verdict: hcert.Verdict, language: words.Language) -> str:
    """Return a verdict for a person at a gate; the colour says nothing that the text does not."""
    card = words.card(verdict, language=language, zone=HERE)
    if sys.stdout is None or not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return str(card)
    colour = "32" if card.accepted else "31"
    return f"\x1b[1;{colour}m{card.lines[0]}\x1b[0m" + "".join(f"\n{line}" for line in card.lines[1:])


def opening_key(path: Path) -> hcert.ReaderKey:
    """Load the private key of a group of readers."""
    with naming(path):
        return hcert.ReaderKey.from_pem(path.read_bytes())


def opened(verdict: hcert.Verdict, key: hcert.ReaderKey, language: words.Language) -> str:
    """Return what the sealed part holds for a reader."""
    certificate = verdict.certificate
    record = certificate and certificate.record
    if not isinstance(record, hcert.CitizenRecord) or record.sealed is None:
        raise UnusableInputError("there is no sealed part that could be opened")
    try:
        content = record.sealed.open(key)
    except hcert.HcertError as error:
        raise UnusableInputError(words.message(error.findings[0], language=language)) from None
    lines: list[str] = []
    for name in ("id_number", "former_id_number", "insurance_number", "phone", "lot_numbers", "notes"):
        value = getattr(content, name)
        if value:
            shown = ", ".join(f"{number}: {lot}" for number, lot in value) if name == "lot_numbers" else value
            lines += f"  {words.label(name, language=language)}: {shown}".replace("\n", "\n    ").split("\n")
    return "\n".join(map(printable, lines))


class SeveralValues(argparse.Action):
    """Take values, and remember which option was the last to do so: argparse gives it the CODE that stands behind."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _option: str | None = None
    ) -> None:
        """Take the values of one option."""
        setattr(namespace, self.dest, values)
        namespace.last = values


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog=__doc__.split("\n", 2)[2])
    parser.add_argument(
        "--trust", nargs="+", action=SeveralValues, required=True, metavar="PATH", help="trusted certificates"
    )
    parser.add_argument(
        "--anchor", nargs="+", action=SeveralValues, metavar="KEY", help="pinned keys: --trust is a signed list"
    )
    parser.add_argument("--threshold", type=int, metavar="N", help="how many of them must have signed (default: all)")
    parser.add_argument(
        "--revocations",
        nargs="+",
        action=SeveralValues,
        metavar="LIST",
        help="signed withdrawal list, and a delta to it",
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument("--lang", choices=["en", "vi"], default="en", help="language of the card (default: en)")
    parser.add_argument(
        "--require",
        action="append",
        choices=sorted(POLICIES),
        help="what must be certified: a complete series (14 to 270 days), a negative test (72 hours), a recovery; "
        "repeated, any of them suffices",
    )
    parser.add_argument("--open", type=Path, metavar="KEY", help="private key of a group of readers, PEM")
    parser.add_argument("code", nargs="?", metavar="CODE", help="text, picture, text file, or -")
    options = parser.parse_args()
    if options.code is None and len(options.last) > 1:
        options.code = options.last.pop()
    if options.code is None:
        parser.error("there is no CODE to check")
    return options


def main() -> int:
    """Check one code and print the verdict."""
    options = arguments()
    try:
        trust, revocations = lists(options)
        text = code_text(options.code)
        key = options.open and opening_key(options.open)
    except (UnusableInputError, hcert.HcertError, ImportError) as error:
        print(f"verify.py: {error}", file=sys.stderr)
        return UNUSABLE
    except OSError as error:
        print(f"verify.py: {error.filename or 'an input'}: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter still shows the verdict
    required = policy.AnyOf(*(POLICIES[name] for name in options.require)) if options.require else None
    verdict = hcert.Verifier(trust, revocations=revocations, policy=required).check(text)
    shown = json.dumps(as_json(verdict), ensure_ascii=False) if options.json else as_card(verdict, options.lang)
    try:
        show(shown)
        if key is not None:
            show(opened(verdict, key, options.lang))
    except UnusableInputError as error:
        print(f"verify.py: {error}", file=sys.stderr)
        return UNUSABLE
    return ACCEPTED if verdict.accepted else REFUSED


if __name__ == "__main__":
    sys.exit(main())
