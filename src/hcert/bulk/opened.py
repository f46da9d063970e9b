"""Issuers and verifiers that this process has opened: opening a key takes as long as many rows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hcert.bulk.plans import IssuePlan
    from hcert.issue.issuer import Issuer

_MAX_OPENED: Final = 4  # a worker has one plan, a driver perhaps two


class OpenedPlans:
    """The few plans that were opened last, by the digest of the plan and the place of its key.

    A forked child opens its own: sessions with a token, and sockets, are not to be shared with its parent.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._issuers: dict[tuple[Any, str], Issuer] = {}

    def issuer(self, plan: IssuePlan) -> Issuer:
        """Return the issuer of a plan, opened the first time; raises as `IssuePlan.open`."""
        if self._process != os.getpid():
            self._process, self._issuers = os.getpid(), {}
        key = (plan.signer, plan.digest)
        if key not in self._issuers:
            issuer = plan.open()
            while len(self._issuers) >= _MAX_OPENED:
                del self._issuers[next(iter(self._issuers))]
            self._issuers[key] = issuer
        return self._issuers[key]

    def forget(self, plan: IssuePlan) -> None:
        """Open the plan anew the next time, after a fault of its key."""
        self._issuers.pop((plan.signer, plan.digest), None)


OPENED: Final = OpenedPlans()
