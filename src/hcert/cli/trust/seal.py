"""Sealing lists: which keys sign, which keys may be in a list, and the report."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hcert.cli.exits import UnusableInputError
from hcert.cli.key_files import check_different, load_signer
from hcert.cli.outputs import check_output, write
from hcert.cli.signed_lists import load_anchors
from hcert.cli.streams import show, show_json
from hcert.cli.texts import Line, line, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    import hcert
    from hcert import lists
    from hcert.cli.token_uri import KeyPlace


def load_signers(keys: Sequence[KeyPlace], password_files: Sequence[Path]) -> list[hcert.Signer]:
    """Load the private keys that sign; each must be a different key."""
    loaded = [load_signer(path, password_files) for path in keys]
    check_different(keys, (signer.key for signer in loaded), option="--key")
    return loaded


def prepare_seal(given: dict[str, Any], now: datetime, inputs: Iterable[Path]) -> dict[str, Any]:
    """Return the arguments for sealing, after checking that the output destroys nothing."""
    check_output(given["output"], inputs=[*given["keys"], *given["password_files"], *inputs], force=given["force"])
    return {
        "signers": load_signers(given["keys"], given["password_files"]),
        "version": given["version"],
        "issued_at": now,
        "expires_at": now + timedelta(days=given["valid_days"]),
    }


def next_anchors(files: Sequence[Path], threshold: int | None) -> lists.Anchors | None:
    """Return the anchors that sign from the next list on; None if they do not change.

    Raises:
        UnusableInputError: for a threshold without keys, or above their number.
    """
    if not files:
        if threshold is not None:
            raise UnusableInputError.because("--next-threshold needs --next-anchor")
        return None
    return load_anchors(files, threshold, keys_option="--next-anchor", threshold_option="--next-threshold")


def find_faults(key: hcert.TrustedKey, now: datetime) -> dict[str, Line]:
    """Return why a key hardly belongs in one's own list, by the value of `--allow` that accepts it."""
    found: dict[str, Line] = {}
    if key.not_after is not None and key.not_after < now:
        found["expired"] = line("the certificate expired on {day}", day=f"{key.not_after:%F}")
    if key.is_ca:
        found["ca"] = line("the certificate is that of an authority (CA), which signs no health certificates")
    if not key.usages:
        found["useless"] = line("the certificate is for another use than health certificates")
    return found


def check_own_keys(
    keys: Iterable[hcert.TrustedKey], *, allowed: Iterable[str], countries: Sequence[str], now: datetime
) -> None:
    """Refuse keys that hardly anybody means to publish: expired ones, authorities, other countries.

    Raises:
        UnusableInputError: with a line for each key, naming its file and the option that allows it.
    """
    listed = list(keys)
    present = {key.country for key in listed if key.country is not None}
    wanted = set(countries) or (present if len(present) == 1 else set())
    lines: list[Line] = []
    for key in listed:
        name = (key.origin or key.kid.hex()).removeprefix("file:")
        lines += [
            line("{name}: {fault}; if it belongs in the list, add --allow {word}", name=name, fault=fault, word=word)
            for word, fault in find_faults(key, now).items()
            if word not in allowed
        ]
        if key.country is not None and key.country not in wanted:
            lines.append(
                line(
                    "{name}: the certificate is one of {country}; if it belongs in the list, name all its "
                    "countries: {options}",
                    name=name,
                    country=key.country,
                    options=" ".join(f"--country {one}" for one in sorted({*countries, *present})),
                )
            )
    if lines:
        raise UnusableInputError(*lines)


def publish_keys(
    trust: hcert.TrustList, given: dict[str, Any], sealed_with: dict[str, Any], *, report: dict[str, Any]
) -> None:
    """Seal a key list, write it and report it.

    Raises:
        UnusableInputError: for a list without keys, under which no code is accepted.
    """
    if not len(trust):
        raise UnusableInputError.because(
            "no key is left for the list, so nothing is written: under it nothing is accepted"
        )
    coming = next_anchors(given["next_anchor_files"], given["next_threshold"])
    write(given["output"], trust.seal(**sealed_with, next_anchors=coming))
    report_output(given, sealed_with, count_noun(len(trust), "key"), {**report, "keys": len(trust)})


def report_output(given: dict[str, Any], sealed_with: dict[str, Any], what: Line, report: dict[str, Any]) -> None:
    """Report the output with its version, expiry and signers."""
    names = ", ".join(map(str, given["keys"]))
    count = count_noun(len(given["keys"]), "anchor")
    expires_at = sealed_with["expires_at"]
    if given["as_json"]:
        show_json(
            report
            | {
                "output": str(given["output"]),
                "version": given["version"],
                "expires_at": expires_at.isoformat(timespec="seconds"),
                "signed_by": [str(path) for path in given["keys"]],
            }
        )
    else:
        show(
            say(
                "{output}: {what}, version {version}, valid until {expiry} UTC, signed by {count}: {names}",
                output=given["output"],
                what=what,
                version=given["version"],
                expiry=f"{expires_at:%F %R}",
                count=count,
                names=names,
            )
        )


def count_noun(number: int, noun: str) -> Line:
    """Return a number with its noun, `key`, `anchor` or `rule`."""
    return line(f"{{number}} {noun}" if number == 1 else f"{{number}} {noun}s", number=number)
