"""What stops a job: errors of a slice without what they quote, when to try again, and how they travel as files."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from hcert import errors
from hcert.errors import HcertError, JobError, SignerError
from hcert.findings import finding_at
from hcert.fragments import Fragment

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.findings import Finding

Made = TypeVar("Made")
PAUSES: Final = (1.0, 4.0, 15.0, 60.0)  # seconds before a token that does not answer is asked again
MAX_DEATHS: Final = 5  # of workers over one slice, which then is what kills them
_CLASSES: Final = frozenset({"HcertError", "MalformedError", "ConfigurationError", "IssueError", "SignerError"})


def make_patiently(make: Callable[[], Made], wait: Callable[[float], bool]) -> Made | HcertError | None:
    """Make something, again if the signer may answer later.

    Args:
        make: makes it.
        wait: waits for so many seconds, or says earlier that nobody needs it any more.

    Returns:
        What was made, the error that stops the job, or None if nobody needs it any more.
    """
    for pause in (*PAUSES, None):
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is named
            fault = name_fault(error)
        if pause is None or not (isinstance(fault, SignerError) and fault.transient):
            return fault
        if wait(pause):
            return None
    raise AssertionError("the last try ends")


def name_fault(error: Exception) -> HcertError:
    """Return an error that may be seen: the message of one that nobody has foreseen may quote a row."""
    if isinstance(error, HcertError):
        return error
    last = traceback.extract_tb(error.__traceback__)[-1]
    return JobError.of("bulk.fault", type=type(error).__name__, place=f"{Path(last.filename).name}:{last.lineno}")


def pack_fault(error: HcertError) -> bytes:
    """Return an error as JSON: what stands in a folder must not be able to run anything, as a pickle could."""
    found = [[one.code, one.record, one.details] for one in error.findings]
    return msgspec.json.encode([type(error).__name__, found])


def unpack_fault(data: bytes) -> HcertError:
    """Return the error in JSON; one of a branch that is not known here is one of the job."""
    name, found = msgspec.json.decode(data)
    made: type[HcertError] = getattr(errors, name) if name in _CLASSES else JobError
    return made(*(_finding(*one) for one in found))


def _finding(code: str, record: str | None, details: list[list[Any]]) -> Finding:
    return finding_at(record, code, _details(details))


def _details(given: list[list[Any]]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, _detail(value)) for name, value in given)


def _detail(value: Any) -> Any:
    if isinstance(value, dict):  # as msgspec writes a Fragment
        return Fragment(value["code"], _details(value["details"]))
    return tuple(map(_detail, value)) if isinstance(value, list) else value
