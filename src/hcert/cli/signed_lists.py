"""Opening signed lists with pinned keys; errors name the file at fault."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import hcert
from hcert import certlogic, lists
from hcert.cli.exits import EndError, RefusedError, UnusableInputError
from hcert.cli.inputs import is_full_list, read_list
from hcert.cli.key_files import check_different, load_anchor_key
from hcert.cli.texts import Line, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from hcert.cli.token_uri import KeyPlace


@dataclass(frozen=True)
class Pins:
    """The pinned keys with their files, and how many of them must have signed.

    Attributes:
        by_file: file and key, in the order given.
        threshold: from 1 to the number of keys.
        at: the time of this run. Lists of any age are opened; the commands say how old they are.
    """

    by_file: tuple[tuple[Path, hcert.TrustedKey], ...]
    threshold: int
    at: datetime

    @classmethod
    def of(cls, paths: Sequence[Path], threshold: int | None, at: datetime) -> Pins:
        """Load pinned keys.

        Raises:
            UnusableInputError: if there is none, one is named twice, or the threshold is above their number.
        """
        if not paths:
            raise UnusableInputError.because("--anchor is needed: the public keys that must have signed the list")
        pinned = load_anchors(paths, threshold, keys_option="--anchor", threshold_option="--threshold")
        return cls(tuple(zip(paths, pinned.keys, strict=True)), pinned.threshold, at)

    @property
    def keys(self) -> tuple[hcert.TrustedKey, ...]:
        """The keys alone."""
        return tuple(key for _, key in self.by_file)

    def anchors(self, threshold: int | None = None) -> lists.Anchors:
        """Return the keys as anchors, with their own threshold or another one."""
        return lists.Anchors(self.keys, self.threshold if threshold is None else threshold)


def load_anchors(
    paths: Sequence[Path], threshold: int | None, *, keys_option: str, threshold_option: str
) -> lists.Anchors:
    """Load anchors, of which all must sign if no threshold is given.

    Raises:
        UnusableInputError: if one is named twice, or the threshold is above their number.
    """
    keys = check_different(paths, map(load_anchor_key, paths), option=keys_option)
    wanted = len(keys) if threshold is None else threshold
    if not 1 <= wanted <= len(keys):
        raise UnusableInputError.because(
            "{option} {wanted}: expected 1 to {count}, the number of {keys_option} keys",
            option=threshold_option,
            wanted=wanted,
            count=len(keys),
            keys_option=keys_option,
        )
    return lists.Anchors(tuple(keys), wanted)


@contextmanager
def name_errors(path: Path, refusal: type[EndError] = RefusedError) -> Iterator[None]:
    """Add the name of the file to errors about the list in it."""
    try:
        yield
    except hcert.MalformedError as error:
        raise refusal(*((str(path), finding) for finding in error.findings)) from None
    except hcert.ConfigurationError as error:
        raise UnusableInputError(*((str(path), finding) for finding in error.findings)) from None


def open_keys(path: Path, pins: Pins, refusal: type[EndError] = RefusedError) -> hcert.TrustList:
    """Open a signed key list."""
    data = read_list(path)
    with name_errors(path, refusal):
        return hcert.TrustList.open(data, anchors=pins.anchors(), at=pins.at, grace=timedelta.max)


def open_rules(path: Path, pins: Pins, refusal: type[EndError] = RefusedError) -> certlogic.RuleList:
    """Open a signed rule list."""
    data = read_list(path)
    with name_errors(path, refusal):
        return certlogic.RuleList.open(data, anchors=pins.anchors(), at=pins.at, grace=timedelta.max)


def open_revocations(paths: Iterable[Path], pins: Pins, refusal: type[EndError] = RefusedError) -> hcert.RevocationList:
    """Open a full revocation list and apply deltas to it; the files may be in any order."""
    given = list(paths)
    full = [path for path in given if is_full_list(path)]
    if len(full) != 1:
        names = ", ".join(map(str, given))
        problem = line("none is a full revocation list" if not full else "more than one is a full revocation list")
        raise UnusableInputError.because(
            "{names}: {problem}; give one full list, and the newest delta to it", names=names, problem=problem
        )
    with name_errors(full[0], refusal):
        revocations = hcert.RevocationList.open(full[0], anchors=pins.anchors(), at=pins.at, grace=timedelta.max)
    for path in given:
        if path != full[0]:
            revocations = apply_delta(revocations, path, pins, refusal)
    return revocations


def apply_delta(
    base: hcert.RevocationList, path: Path, pins: Pins, refusal: type[EndError] = RefusedError
) -> hcert.RevocationList:
    """Apply a delta to a list."""
    data = read_list(path)
    with name_errors(path, refusal):
        return base.apply_delta(data, anchors=pins.anchors(), at=pins.at, grace=timedelta.max)


def find_signed(data: bytes, pins: Pins) -> tuple[list[Path], list[Path]]:
    """Return the files of the pinned keys that signed a list, and of those that have not signed it yet."""
    signed = {key.spki for key in lists.find_signers(data, pins.keys)}
    done = [path for path, key in pins.by_file if key.spki in signed]
    return done, [path for path, key in pins.by_file if key.spki not in signed]


def describe_signers(done: Sequence[KeyPlace], missing: Sequence[KeyPlace], threshold: int) -> Line:
    """Return who has signed and who is missing, in one line."""
    details: dict[str, Any] = {
        "count": len(done),
        "total": len(done) + len(missing),
        "threshold": threshold,
        "done": ", ".join(map(str, done)),
        "missing": ", ".join(map(str, missing)),
    }
    if not missing:
        return Line("signed by {count} of {total}, {threshold} must sign; signed: {done}", details)
    if not done:
        return Line("signed by {count} of {total}, {threshold} must sign; missing: {missing}", details)
    return Line("signed by {count} of {total}, {threshold} must sign; signed: {done}; missing: {missing}", details)
