"""What a job does with every row: the same in every process, and again if the job is run again.

A plan can be pickled and holds no secret. It fixes the times, so that a row that is issued twice differs in its
signature, and in the ciphertext of its sealed part, alone.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, fields
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from hcert.bulk import canonical
from hcert.bulk.key_sources import SignerSource, absolute_path, plan_fault
from hcert.codec.limits import is_kid
from hcert.errors import ConfigurationError, JobError
from hcert.fragments import fragment
from hcert.keys.algorithms import Algorithm
from hcert.keys.trusted_key import TrustedKey
from hcert.store.trust_store import TrustStore
from hcert.times import require_aware, to_zone
from hcert.trust.anchors import Anchors
from hcert.trust.trust_list import TrustList
from hcert.verify.verifier import Verifier

if TYPE_CHECKING:
    import os
    from datetime import datetime

    from hcert.issue.issuer import Issuer
    from hcert.policy.base import Policy

_PICTURES: Final = (None, "svg", "png")
_LEVELS: Final = ("L", "M", "Q", "H")
_COUNTRY_LETTERS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePlan:
    """How the rows of a job are issued.

    Attributes:
        signer: where each process opens the signing key.
        kid: of that key; a process that opens another one stops the job.
        country: issuer claim, ISO 3166-1 alpha-2.
        issued_at: aware, cut to the second.
        expires_at: aware, cut to the second.
        error: QR error correction level at which each code must fit one QR code.
        picture: whether to draw each code, as `svg` or `png`; None for the text alone.
        readers: for whom the column `confidential` is sealed, in this order.
        algorithm: what the header of each code names, as for `Issuer`; None for the algorithm of the key.

    Raises:
        ConfigurationError: `bulk.plan`, `qr.error_level` or `time.naive`.
    """

    signer: SignerSource
    kid: bytes
    country: str
    issued_at: datetime
    expires_at: datetime
    error: Literal["L", "M", "Q", "H"] = "Q"
    picture: Literal["svg", "png"] | None = None
    readers: tuple[TrustedKey, ...] = ()
    algorithm: Algorithm | None = None

    def __post_init__(self) -> None:
        if not (hasattr(self.signer, "open") and _is_hashable(self.signer)):
            raise plan_fault("signer", fragment("plan.signer"))
        if type(self.kid) is not bytes or not is_kid(self.kid):
            raise plan_fault("kid", fragment("plan.kid"))
        if type(self.country) is not str or len(self.country) != _COUNTRY_LETTERS:
            raise plan_fault("country", fragment("plan.country"))
        if self.error not in _LEVELS:
            raise ConfigurationError.of("qr.error_level")
        if self.picture not in _PICTURES:
            raise plan_fault("picture", fragment("plan.picture"))
        if type(self.readers) is not tuple or not all(isinstance(reader, TrustedKey) for reader in self.readers):
            raise plan_fault("readers", fragment("plan.readers"))
        if len(set(self.readers)) < len(self.readers):
            raise plan_fault("readers", fragment("plan.readers"))
        if self.algorithm is not None and type(self.algorithm) is not Algorithm:
            raise plan_fault("algorithm", fragment("plan.algorithm"))
        for name in ("issued_at", "expires_at"):
            object.__setattr__(self, name, _whole_second(getattr(self, name), name=name))

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal over all that decides what a row becomes: all but the place where the key is."""
        told = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "signer"}
        return canonical.digest(["hcert.bulk.IssuePlan", told])

    def open(self) -> Issuer:
        """Open the key, and return the issuer of the plan.

        Raises:
            JobError: `bulk.kid` if it is another key, or `signer.*` as `SignerError`.
            ConfigurationError: `extra.missing`, and as the source of the key and as `Issuer`.
        """
        try:
            from hcert.issue.issuer import Issuer  # needs the extra `issue`, and verifying does not
        except ModuleNotFoundError:
            raise ConfigurationError.of("extra.missing", extra="issue") from None
        signer = self.signer.open()
        if signer.key.kid != self.kid:
            raise JobError.of("bulk.kid", kid=signer.key.kid.hex(), expected=self.kid.hex())
        return Issuer(signer, country=self.country, algorithm=self.algorithm)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLocation:
    """Where the lists of verifiers are: a directory that a `TrustStore` keeps up to date on every machine.

    Attributes:
        directory: its path.
        anchors: the pinned keys that may sign lists, with their threshold.

    Raises:
        ConfigurationError: `bulk.plan`.
    """

    directory: str | os.PathLike[str]
    anchors: Anchors

    def __post_init__(self) -> None:
        object.__setattr__(self, "directory", absolute_path(self.directory, name="directory"))
        if not isinstance(self.anchors, Anchors):
            raise plan_fault("anchors", fragment("plan.anchors"))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPlan:
    """How the rows of a job are checked.

    Attributes:
        trust: the keys that may have signed; or where the lists are, revocations too. A list that was published needs
            its revocation list, so pass a `StoreLocation` for it.
        at: the time of the check, aware.
        policy: what a record must certify to be accepted.

    Raises:
        ConfigurationError: `bulk.plan` or `time.naive`.
    """

    trust: TrustList | StoreLocation
    at: datetime
    policy: Policy | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.trust, TrustList | StoreLocation):
            raise plan_fault("trust", fragment("plan.trust"))
        object.__setattr__(self, "at", to_zone(require_aware(self.at, name="at"), UTC))
        if self.policy is not None and not (hasattr(self.policy, "judge") and _can_travel(self.policy)):
            raise plan_fault("policy", fragment("plan.policy"))

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal over everything in the plan; of lists in a store over their place and anchors."""
        return canonical.digest(["hcert.bulk.VerifyPlan", self.trust, self.at, self.policy])

    def open(self) -> Verifier:
        """Return the verifier of the plan, with the lists that the store holds now.

        Raises:
            ConfigurationError: `store.empty`, or `bulk.file` if the directory cannot be used.
            MalformedError: `store.damaged`.
        """
        if isinstance(self.trust, TrustList):
            return Verifier(self.trust, policy=self.policy)
        where = Path(self.trust.directory)
        if not where.is_dir():  # a store would make it, and nothing would be trusted
            raise ConfigurationError.of("bulk.file", path=str(where))
        return TrustStore(where, anchors=self.trust.anchors).verifier(policy=self.policy)


def _whole_second(moment: datetime, *, name: str) -> datetime:
    return to_zone(require_aware(moment, name=name), UTC).replace(microsecond=0)


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _can_travel(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - anything may be raised by what cannot be pickled
        return False
    return True
