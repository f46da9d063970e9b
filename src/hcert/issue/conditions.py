"""What must hold before anything is signed, and whom a fault stops: the record that has it, or every record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hcert.checks.freshness import revocation_list_findings
from hcert.checks.revocation import revocation_findings
from hcert.errors import ConfigurationError, IssueError, JobError
from hcert.findings import Finding, finding
from hcert.fragments import fragment
from hcert.keys.hpke import sealing_algorithm
from hcert.keys.trusted_key import Status, TrustedKey
from hcert.records.citizen.person import Confidential
from hcert.times import format_utc
from hcert.tolerances import Tolerances

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.records.kind import Content
    from hcert.trust.revocation_list import RevocationList

TOLERANCES: Final = Tolerances()
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OF_RECORD: Final = (  # beginnings of the codes that are about one record; any other fault stops all of them
    "record.",
    "entry.",
    "usage.",
    "revocation.certificate",
    "revocation.entry",
    "revocation.superseded",
)


def refuse(faults: Iterable[Finding]) -> None:
    """Raise if there is a fault.

    Raises:
        JobError: with the faults that keep every record from being issued, if there is one.
        IssueError: with all faults, if they are about the record.
    """
    found = list(faults)
    if of_job := [fault for fault in found if not fault.code.startswith(_OF_RECORD)]:
        raise JobError(*of_job)
    if found:
        raise IssueError(*found)


def list_records(records: Any) -> list[Any]:
    """Return the records to issue as a list.

    Raises:
        ConfigurationError: `issue.argument`.
    """
    if not isinstance(records, Iterable):
        raise ConfigurationError.of("issue.argument", name="records", expected=fragment("argument.records"))
    return list(records)


def list_contents(contents: Any, *, count: int) -> list[Any]:
    """Return what to seal into each of `count` records; None for nothing.

    Raises:
        ConfigurationError: `issue.argument`.
    """
    if contents is None:
        return [None] * count
    listed = list(contents) if isinstance(contents, Iterable) else []
    if len(listed) != count or not isinstance(contents, Iterable):
        expected = fragment("argument.contents_each", count=count)
        raise ConfigurationError.of("issue.argument", name="confidential", expected=expected)
    return listed


def readers_of(contents: Iterable[Any]) -> list[TrustedKey]:
    """Return the readers for whom these contents are to be sealed, each of them once.

    Raises:
        ConfigurationError: `issue.argument` for anything but mappings from `TrustedKey` to `Confidential`, and None;
            `sealed.reader_key` for a key that cannot be sealed for.
    """
    readers: dict[TrustedKey, None] = {}
    for content in contents:
        if content is not None:
            readers.update(dict.fromkeys(_checked(content)))
    for reader in readers:
        sealing_algorithm(reader)
    return [*readers]


def _checked(content: Any) -> Content:
    if not (
        isinstance(content, Mapping)
        and all(isinstance(reader, TrustedKey) for reader in content)
        and all(isinstance(sealed, Confidential) for sealed in content.values())
    ):
        raise ConfigurationError.of("issue.argument", name="confidential", expected=fragment("argument.contents"))
    return content


def whole_second(moment: datetime, *, name: str) -> datetime:
    """Cut a time to the second, in UTC.

    Raises:
        JobError: `issue.time_range` for a time outside the years 1970 to 9999.
    """
    try:
        cut = moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise JobError.of("issue.time_range", name=name) from None
    if cut < _EARLIEST:
        raise JobError.of("issue.time_range", name=name)
    return cut


def time_findings(issued_at: datetime, expires_at: datetime, key: TrustedKey) -> Iterator[Finding]:
    """Yield an error where the certificate would not expire after its issue, or is not valid within its key's times."""
    if expires_at <= issued_at:
        yield finding("issue.expiry_before_issue", expires_at=format_utc(expires_at), issued_at=format_utc(issued_at))
    if key.not_before is not None and issued_at < key.not_before:
        not_before = format_utc(key.not_before)
        yield finding("issue.predates_key", issued_at=format_utc(issued_at), not_before=not_before)
    if key.not_after is not None and expires_at > key.not_after:
        not_after = format_utc(key.not_after)
        yield finding("issue.outlives_key", expires_at=format_utc(expires_at), not_after=not_after)


def reader_findings(reader: TrustedKey, at: datetime) -> Iterator[Finding]:
    """Yield an error for a reader key that is revoked or expired."""
    if reader.status is Status.REVOKED:
        yield finding("sealed.reader_revoked", kid=reader.kid.hex())
    if reader.not_after is not None and at > reader.not_after:
        yield finding("sealed.reader_expired", kid=reader.kid.hex(), not_after=format_utc(reader.not_after))


def list_findings(revocations: RevocationList, key: TrustedKey, at: datetime) -> Iterator[Finding]:
    """Yield an error where a revocation list is missing or too old to issue by, was damaged, or revokes the key."""
    if revocations.is_missing:
        yield finding("revocation.list_missing")
    for found in revocation_list_findings(revocations.envelopes, at, TOLERANCES):
        if found.severity == "error":
            yield found
    yield from revocation_findings(revocations, names=(), key=key, signature=None)
