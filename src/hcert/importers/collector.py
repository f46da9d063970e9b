"""What an importer has made of a list so far: the common part of all importers.

Each of them reads entries of its own shape and hands over certificates; what is a duplicate, a wrong kid or a
certificate that nobody else vouches for is the same everywhere. What the entries say of a key does not depend on their
order, which nobody signs; and of thousands of equal complaints the first are kept and the rest counted.
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.importers.issuer_chains import ListedCertificate, without_known_issuer
from hcert.importers.report import ImportReport
from hcert.keys.certificate import MAX_CERTIFICATE_BYTES
from hcert.keys.trusted_key import TrustedKey
from hcert.trust.key_entry import MAX_TEXT_CHARACTERS
from hcert.trust.trust_list import TrustList

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

KID_BYTES: Final = 8  # of a kid as everyone computes it
MAX_FINDINGS: Final = 1000  # of a kind; more than an operator reads
MAX_BASE64: Final = -(-MAX_CERTIFICATE_BYTES // 3) * 4


@dataclass(slots=True)
class Findings:
    """The first findings of a kind, and how many more there are."""

    _kept: list[Finding] = field(default_factory=list)
    _more: int = 0

    def add(self, code: str, record: str, **details: str | Fragment) -> None:
        """Note a finding."""
        if len(self._kept) < MAX_FINDINGS:
            self._kept.append(finding(code, record=record, **details))
        else:
            self._more += 1

    def all(self) -> tuple[Finding, ...]:
        """Return those kept, and behind them `import.more_entries` with the number of the others."""
        return (*self._kept, finding("import.more_entries", count=self._more)) if self._more else tuple(self._kept)


@dataclass(slots=True)
class _Taken:
    """A key and what all its entries say of it."""

    key: TrustedKey
    origins: set[str]
    countries: set[str]

    def settled(self) -> TrustedKey:
        """Return the key with the first country by the alphabet, and as many origins as a signed list takes."""
        origin = ""
        for one in sorted(self.origins):
            if len(origin) + len(one) + 1 <= MAX_TEXT_CHARACTERS:
                origin += f" {one}" if origin else one
        return replace(self.key, origin=origin or None, country=min(self.countries, default=None))


@dataclass(slots=True)
class ImportCollector:
    """The keys taken, and what became of all other entries."""

    _keys: dict[tuple[bytes, bytes, bool], _Taken] = field(default_factory=dict)
    _signers: list[ListedCertificate] = field(default_factory=list)
    _quarantined: Findings = field(default_factory=Findings)
    _skipped: Findings = field(default_factory=Findings)
    _warnings: Findings = field(default_factory=Findings)

    def add_certificate(
        self,
        record: str,
        certificate: bytes,
        *,
        kid: bytes | None = None,
        country: str | None = None,
        origin: str,
        signs: bool = True,
        issuers: Collection[bytes] = (),
        bundled: Collection[bytes] = (),
    ) -> bool:
        """Take the key of a certificate, or put the entry aside; return whether a key was taken that is new.

        Args:
            record: the place of the entry.
            certificate: DER.
            kid: as published; None where the list publishes none.
            country: as published; None where the certificate is to say it.
            origin: which list it came from.
            signs: False for the key of an issuer or a reader. It is kept to be looked at and verifies nothing.
            issuers: certificates that the list names as those that may have signed this one. The collection may still
                grow while the list is read.
            bundled: certificates that stand in the same entry as this one.
        """
        try:
            key = TrustedKey.from_certificate(certificate, kid=kid, country=country, origin=origin)
        except ConfigurationError:
            self.quarantine(record, fragment("entry.certificate"))
            return False
        if key.certificate != certificate:  # PEM within Base64: no list does so, and digests would be of something else
            self.quarantine(record, fragment("entry.not_der"))
        elif self.add(record, key, signs=signs):
            if kid is not None and kid != kid_of(certificate):
                self._warnings.add("import.kid_mismatch", record)
            if signs:
                self._signers.append(ListedCertificate(record, certificate, issuers, bundled))
            return True
        return False

    def add(self, record: str, key: TrustedKey, *, signs: bool = True) -> bool:
        """Add a key and tell whether it is new; a certificate may be listed once as signer and once as another.

        One that is not new is the same key in another domain, country or file; then all of them are named.
        """
        name = (key.kid, key.certificate or key.spki, signs)
        known = self._keys.get(name)
        taken = known or _Taken(key if signs else replace(key, algorithm=None), set(), set())
        taken.origins.update(filter(None, [key.origin]))
        taken.countries.update(filter(None, [key.country]))
        if known is not None:
            self.skip_duplicate(record)
            return False
        self._keys[name] = taken
        return True

    def warn(self, code: str, record: str, **details: str) -> None:
        """Note what is odd about an entry that was taken."""
        self._warnings.add(code, record, **details)

    def quarantine(self, record: str, reason: Fragment) -> None:
        """Note an entry that could not be taken."""
        self._quarantined.add("import.entry", record, reason=reason)

    def skip(self, record: str, member: str, value: str) -> None:
        """Note an entry that was not asked for."""
        self._skipped.add("import.filtered", record, member=member, value=value)

    def skip_duplicate(self, record: str) -> None:
        """Note an entry that was there before."""
        self._skipped.add("import.duplicate", record)

    def result(self, *, chains: bool, created: Mapping[str, datetime] | None = None) -> ImportReport:
        """Return all of it; with `chains`, warn of each signer that only the list vouches for."""
        codes = ("import.no_chain", "import.own_chain")
        for record, own in without_known_issuer(self._signers) if chains else ():
            self._warnings.add(codes[own], record)
        times = dict(created or {})
        return ImportReport(
            trust=TrustList(taken.settled() for taken in self._keys.values()),
            quarantined=self._quarantined.all(),
            skipped=self._skipped.all(),
            warnings=self._warnings.all(),
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
    """Return the bytes of standard Base64; None for none of them, and for what is no such text or too long a one."""
    if not isinstance(text, str) or len(text) > MAX_BASE64:
        return None
    try:
        return binascii.a2b_base64(text, strict_mode=True) or None
    except ValueError:
        return None
