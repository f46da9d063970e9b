"""A last look at a code before it leaves, by the code that verifies.

An HSM that signs with another key than its certificate names, or a library that one day lays out bytes differently,
stops the issuing and not the holder at a gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.codec import code_text, cose_sign1, cwt
from hcert.codec.limits import Limits
from hcert.errors import JobError, MalformedError
from hcert.fragments import fragment

if TYPE_CHECKING:
    from hcert.keys.algorithms import Algorithm
    from hcert.keys.trusted_key import TrustedKey

_LIMITS: Final = Limits()


def check(text: str, key: TrustedKey, *, algorithm: Algorithm, expected: cwt.ClaimSet) -> None:
    """Read a code back and compare it with what was to be signed, and its header with `algorithm`.

    Raises:
        JobError: `issue.self_check`.
    """
    try:
        message, container = code_text.decode(text, limits=_LIMITS)
        parts = cose_sign1.decode(message, limits=_LIMITS, container=container)
        if parts.kid != key.kid or parts.algorithm != algorithm:
            raise JobError.of("issue.self_check", reason=fragment("self_check.differs"))
        if not key.verifies(parts.signature, parts.signed_bytes):
            raise JobError.of("issue.self_check", reason=fragment("self_check.signature"))
        same = cwt.decode(parts.payload, limits=_LIMITS, container=container) == expected
    except MalformedError as error:
        raise JobError.of("issue.self_check", reason=error.code) from error
    if not same or parts.leniencies:
        raise JobError.of("issue.self_check", reason=fragment("self_check.differs"))
