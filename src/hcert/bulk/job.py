"""A job: many rows for one plan, cut into slices that are committed one by one.

The folder of a job holds `job.json`, what the job is; `ledger.jsonl`, a line for each committed slice; `slices`, the
outputs; and `excluded`, the rows that must not be signed. No file holds a secret. Nothing may leave the folder before
its slice has a line: until then the slice may be made again, with other signatures.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from hcert.bulk.exclusions import write_exclusions
from hcert.bulk.inputs import InputFile, describe_input, list_inputs, read_schema
from hcert.bulk.issued import issued
from hcert.bulk.job_folder import FOLDER_MODE, FileDigest, JobFolder, naming_write_faults
from hcert.bulk.job_status import JobStatus
from hcert.bulk.ledger import Ledger
from hcert.bulk.work import probe, work_of
from hcert.errors import ConfigurationError
from hcert.frozen import Frozen
from hcert.times import aware_or_now, format_utc

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from hcert.bulk.plans import IssuePlan, VerifyPlan

SLICE_ROWS: Final = 50_000
_FORMAT: Final = 1


class JobDescription(Frozen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of `job.json`.

    Attributes:
        format: of this file.
        kind: what is done with each row.
        plan: digest of the plan, hexadecimal; a job runs under this plan only.
        request: what its maker wants to find again in order to make the plan again, such as paths; no secret.
        inputs: files and rows, in the order in which rows are counted.
        slice_rows: rows of each slice but the last.
        committed: folders of jobs whose rows are not issued again.
        excluded: the files that say which rows must not be signed.
        created_at: ISO 8601, UTC.
        version: of hcert.
    """

    format: int
    kind: Literal["issue", "verify"]
    plan: str
    request: dict[str, Any]
    inputs: tuple[InputFile, ...]
    slice_rows: int
    committed: tuple[str, ...]
    excluded: tuple[FileDigest, ...]
    created_at: str
    version: str


class Job:
    """A job in a folder. Make one with `Job.create`, or go on with one with `Job.open`.

    Attributes:
        folder: where it is.
        description: the content of `job.json`.
    """

    def __init__(self, folder: JobFolder, description: JobDescription) -> None:
        self.folder = folder
        self.description = description

    @property
    def path(self) -> Path:
        """The folder as it was named."""
        return self.folder.path

    @property
    def kind(self) -> Literal["issue", "verify"]:
        """What is done with each row."""
        return self.description.kind

    @property
    def request(self) -> dict[str, Any]:
        """What `create` was told to keep."""
        return self.description.request

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        plan: IssuePlan | VerifyPlan,
        inputs: Iterable[str | os.PathLike[str]],
        *,
        slice_rows: int = SLICE_ROWS,
        committed: Iterable[str | os.PathLike[str]] = (),
        request: Mapping[str, Any] | None = None,
    ) -> Job:
        """Make a job: check plan and inputs, find the rows that must not be signed, and write the folder.

        Args:
            folder: new or empty.
            plan: what to do with each row.
            inputs: Parquet or Arrow IPC files, or folders of them.
            slice_rows: rows of a slice. What a crash costs is at most a slice for each worker.
            committed: folders of complete jobs; what they issued is skipped, and lower revisions are refused.
            request: kept in `job.json` for whoever makes the plan again; JSON values, no secret.

        Raises:
            ConfigurationError: `bulk.folder_in_use`, `bulk.busy`, `bulk.slice_rows`, `bulk.input`, `bulk.no_input`,
                `bulk.schema`, `bulk.not_a_job` or `bulk.unfinished`.
            JobError: for a key that cannot be used, or `bulk.disk_full` or `bulk.output`.
        """
        if type(slice_rows) is not int or slice_rows < 1:
            raise ConfigurationError.of("bulk.slice_rows")
        made, earlier = JobFolder(Path(folder)), [cls.open(one) for one in committed]
        files = list_inputs(map(Path, inputs))
        work = work_of(plan)
        if earlier and work.kind != "issue":
            raise ConfigurationError.of("bulk.nothing_to_skip")
        for one in earlier:
            if one.kind != "issue" or not one.status().complete:
                raise ConfigurationError.of("bulk.unfinished", path=str(one.path))
        probe(work, map(read_schema, files))
        _check_new(made)
        with naming_write_faults(made.path):
            made.path.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        with made.lock():
            _check_new(made)
            made.remove_leftovers()
            described = tuple(map(describe_input, files))
            description = JobDescription(
                format=_FORMAT,
                kind=work.kind,
                plan=plan.digest,
                request=dict(request or {}),
                inputs=described,
                slice_rows=slice_rows,
                committed=tuple(str(one.path.absolute()) for one in earlier),
                excluded=_exclude(made, described, earlier) if work.kind == "issue" else (),
                created_at=format_utc(aware_or_now(None, name="created_at")),
                version=version("hcert"),
            )
            made.write_whole(made.job_file, msgspec.json.format(msgspec.json.encode(description), indent=1))
        return cls(made, description)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Job:
        """Open the folder of a job.

        Raises:
            ConfigurationError: `bulk.not_a_job`.
        """
        made = JobFolder(Path(folder))
        try:
            description = msgspec.json.decode(made.job_file.read_bytes(), type=JobDescription)
        except (OSError, ValueError, msgspec.DecodeError):
            raise ConfigurationError.of("bulk.not_a_job", path=str(folder)) from None
        if description.format != _FORMAT or description.slice_rows < 1:
            raise ConfigurationError.of("bulk.not_a_job", path=str(folder))
        return cls(made, description)

    @property
    def rows(self) -> int:
        """How many rows the inputs have."""
        return sum(one.rows for one in self.description.inputs)

    @property
    def slices(self) -> int:
        """How many slices there are."""
        return -(-self.rows // self.description.slice_rows)

    def bounds(self, number: int) -> tuple[int, int]:
        """Return the number of the first row of a slice, and the number after its last one."""
        start = number * self.description.slice_rows
        return start, min(start + self.description.slice_rows, self.rows)

    def ledger(self) -> Ledger:
        """Read the ledger.

        Raises:
            ConfigurationError: `bulk.ledger`.
        """
        return Ledger(self.folder.ledger_file, plan=self.description.plan, slices=self.slices)

    def status(self) -> JobStatus:
        """Return how far the job is. Anybody may ask, also while it runs.

        Raises:
            ConfigurationError: `bulk.ledger`.
        """
        return JobStatus.of(self.ledger(), rows=self.rows, slices=self.slices)

    def outputs(self) -> Iterator[Path]:
        """Yield the files of the committed slices in order: all that may leave the folder.

        Raises:
            ConfigurationError: `bulk.ledger`.
        """
        for number, made in sorted(self.ledger().slices.items()):
            for output in made.outputs:
                yield self.folder.slice_folder(number) / output.name


def _check_new(folder: JobFolder) -> None:
    try:
        if folder.path.exists() and not folder.is_unused():
            raise ConfigurationError.of("bulk.folder_in_use", path=str(folder.path))
    except (OSError, ValueError):  # a NUL in the name, a file, no permission
        raise ConfigurationError.of("bulk.folder_in_use", path=str(folder.path)) from None


def _exclude(folder: JobFolder, inputs: Sequence[InputFile], earlier: Sequence[Job]) -> tuple[FileDigest, ...]:
    folder.remove_exclusions()  # of an attempt that ended before there was a job
    new = folder.new_folder()
    expected = sum(one.rows for one in inputs) + sum(one.rows for one in earlier)
    found = write_exclusions(new, inputs, _issued_by(earlier), expected=expected)
    folder.put_in_place(new, folder.excluded)
    return found


def _issued_by(jobs: Sequence[Job]) -> Iterator[pa.RecordBatch]:
    for job in jobs:
        yield from issued(job)
