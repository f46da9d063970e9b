"""What an importer has made of a list so far: the common part of all importers.

Each of them reads entries of its own shape and hands over certificates; what is a duplicate, a wrong kid or a
certificate that nobody else vouches for is the same everywhere.
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError
from hcert.findings import Finding, finding
from hcert.keys.trusted_key import TrustedKey
from hcert.trust.chains import Signer, unchained
from hcert.trust.imported import Imported
from hcert.trust.trust_list import TrustList

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

KID_BYTES: Final = 8  # of a kid as everyone computes it


@dataclass(slots=True)
class Gathering:
    """The keys taken, and what became of all other entries."""

    _keys: dict[tuple[bytes, bytes, bool], TrustedKey] = field(default_factory=dict)
    _signers: list[Signer] = field(default_factory=list)
    _quarantined: list[Finding] = field(default_factory=list)
    _ignored: list[Finding] = field(default_factory=list)
    _remarks: list[Finding] = field(default_factory=list)

    def take(
        self,
        record: str,
        certificate: bytes,
        *,
        kid: bytes | None = None,
        country: str | None = None,
        origin: str,
        signs: bool = True,
        issuers: Collection[bytes] = (),
        brought: Collection[bytes] = (),
    ) -> None:
        """Take the key of a certificate, or put the entry aside.

        Args:
            record: the place of the entry.
            certificate: DER.
            kid: as published; None where the list publishes none.
            country: as published; None where the certificate is to say it.
            origin: which list it came from.
            signs: False for the key of an issuer or a reader. It is kept to be looked at and verifies nothing.
            issuers: certificates that the list names as those that may have signed this one. The collection may still
                grow while the list is read.
            brought: certificates that stand in the same entry as this one.
        """
        try:
            key = TrustedKey.from_certificate(certificate, kid=kid, country=country, origin=origin)
        except ConfigurationError:
            self.quarantine(record, "its certificate cannot be read")
            return
        if key.certificate != certificate:  # PEM within Base64: no list does so, and digests would be of something else
            self.quarantine(record, "its certificate is not DER")
        elif self.add(record, key, signs=signs):
            if kid is not None and kid != kid_of(certificate):
                self._remarks.append(finding("import.kid_mismatch", record=record))
            if signs:
                self._signers.append(Signer(record, certificate, issuers, brought))

    def add(self, record: str, key: TrustedKey, *, signs: bool = True) -> bool:
        """Add a key and tell whether it is new; a certificate may be listed once as signer and once as another."""
        name = (key.kid, key.certificate or key.spki, signs)
        if name in self._keys:
            self.repeated(record)
            return False
        self._keys[name] = key if signs else replace(key, algorithm=None)
        return True

    def quarantine(self, record: str, reason: str) -> None:
        """Note an entry that could not be taken."""
        self._quarantined.append(finding("import.entry", record=record, reason=reason))

    def leave_out(self, record: str, member: str, value: str) -> None:
        """Note an entry that was not asked for."""
        self._ignored.append(finding("import.filtered", record=record, member=member, value=value))

    def repeated(self, record: str) -> None:
        """Note an entry that was there before."""
        self._ignored.append(finding("import.duplicate", record=record))

    def result(self, *, chains: bool, created: Mapping[str, datetime] | None = None) -> Imported:
        """Return all of it; with `chains`, remark each signer that only the list vouches for."""
        alone = unchained(self._signers) if chains else ()
        codes = ("import.no_chain", "import.own_chain")
        times = dict(created or {})
        return Imported(
            trust=TrustList(self._keys.values()),
            quarantined=tuple(self._quarantined),
            ignored=tuple(self._ignored),
            remarks=(*self._remarks, *(finding(codes[own], record=record) for record, own in alone)),
            created_at=min(times.values(), default=None),
            created=times,
        )


def check_filters(**filters: Collection[str] | None) -> None:
    """Refuse a text as filter: its characters are no codes, and `in` would find parts of a code in it.

    Raises:
        ConfigurationError: `import.filter`.
    """
    for name, codes in filters.items():
        if isinstance(codes, str):
            raise ConfigurationError.of("import.filter", name=name)


def kid_of(certificate: bytes) -> bytes:
    """Return the kid that a certificate has by convention (hcert.md, section 1.4)."""
    return hashlib.sha256(certificate).digest()[:KID_BYTES]


def base64(text: object) -> bytes | None:
    """Return the bytes of standard Base64; None for none of them, and for what is no such text."""
    try:
        return binascii.a2b_base64(text, strict_mode=True) or None if isinstance(text, str) else None
    except ValueError:
        return None
