"""Sealing lists: whose keys sign, what may stand in a list, and what is said of the result."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import hcert
from hcert import lists
from hcert.cli.exits import UnusableInputError
from hcert.cli.key_files import anchor_key, anchor_signer, different
from hcert.cli.outputs import check_output, write
from hcert.cli.streams import show, show_json
from hcert.cli.texts import Line, line, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

ALLOWED: Final = ("ca", "expired", "useless")


def signers(keys: Sequence[Path], password_files: Sequence[Path]) -> list[hcert.LocalSigner]:
    """Load the private keys that sign, each once."""
    loaded = [anchor_signer(path, password_files) for path in keys]
    different(keys, (signer.key for signer in loaded), option="--key")
    return loaded


def sealing(given: dict[str, Any], now: datetime, inputs: Iterable[Path]) -> dict[str, Any]:
    """Return what sealing needs, after a look at the output that it must not destroy."""
    check_output(given["output"], inputs=[*given["keys"], *given["password_files"], *inputs], force=given["force"])
    return {
        "signers": signers(given["keys"], given["password_files"]),
        "version": given["version"],
        "issued_at": now,
        "expires_at": now + timedelta(days=given["valid_days"]),
    }


def next_anchors(files: Sequence[Path], threshold: int | None) -> lists.Anchors | None:
    """Return the anchors that sign from now on, where they change.

    Raises:
        UnusableInputError: for a threshold without keys, or out of their reach.
    """
    if not files:
        if threshold is not None:
            raise UnusableInputError.saying("--next-threshold needs --next-anchor")
        return None
    keys = different(files, map(anchor_key, files), option="--next-anchor")
    wanted = len(keys) if threshold is None else threshold
    if not 1 <= wanted <= len(keys):
        raise UnusableInputError.saying(
            "--next-threshold {wanted}: expected 1 to {count}, the number of --next-anchor keys",
            wanted=wanted,
            count=len(keys),
        )
    return lists.Anchors(tuple(keys), wanted)


def unfit(key: hcert.TrustedKey, now: datetime) -> dict[str, Line]:
    """Return what makes a key a slip in a list of one's own, by the word that allows it."""
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
    """Refuse what hardly anybody means to publish: expired keys, authorities, keys of other countries.

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
            for word, fault in unfit(key, now).items()
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
    """Seal a key list, write it, and say what was written.

    Raises:
        UnusableInputError: for a list without keys, under which nothing is accepted.
    """
    if not len(trust):
        raise UnusableInputError.saying(
            "no key is left for the list, so nothing is written: under it nothing is accepted"
        )
    coming = next_anchors(given["next_anchor_files"], given["next_threshold"])
    write(given["output"], trust.seal(**sealed_with, next_anchors=coming))
    report_written(given, sealed_with, counted(len(trust), "key"), {**report, "keys": len(trust)})


def report_written(given: dict[str, Any], sealed_with: dict[str, Any], what: Line, told: dict[str, Any]) -> None:
    """Say what was written, under which version, until when, and by whom it is signed."""
    names = ", ".join(map(str, given["keys"]))
    count = counted(len(given["keys"]), "anchor")
    expires_at = sealed_with["expires_at"]
    if given["as_json"]:
        show_json(
            told
            | {
                "output": str(given["output"]),
                "version": given["version"],
                "expires_at": expires_at.isoformat(timespec="seconds"),
                "find_signers": [str(path) for path in given["keys"]],
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


def counted(number: int, noun: str) -> Line:
    """Return a number with its noun, `key` or `anchor`."""
    return line(f"{{number}} {noun}" if number == 1 else f"{{number}} {noun}s", number=number)
