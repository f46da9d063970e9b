"""The common part of all importers: it collects keys and findings while a list is read.

Each importer reads entries of its own form and passes their certificates on. Duplicates, unusual kids and certificates
without a known issuer are handled here, alike for all. The result does not depend on the order of the entries, because
nobody signs that order. Of thousands of findings of a kind the first are kept and the rest counted.
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError, MalformedError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.importers.issuer_chains import ListedCertificate, find_unchained
from hcert.importers.report import ImportReport
from hcert.keys.certificate import MAX_CERTIFICATE_BYTES
from hcert.keys.trusted_key import TrustedKey
from hcert.trust.key_entry import MAX_TEXT_CHARACTERS
from hcert.trust.trust_list import TrustList

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

KID_BYTES: Final = 8  # of a kid by convention
MAX_FINDINGS: Final = 1000  # of a kind; nobody reads more
MAX_BASE64: Final = -(-MAX_CERTIFICATE_BYTES // 3) * 4


@dataclass(slots=True)
class Findings:
    """The first findings of a kind, and the number of the others."""

    _kept: list[Finding] = field(default_factory=list)
    _more: int = 0

    def add(self, code: str, record: str, **details: str | Fragment) -> None:
        """Add a finding."""
        if len(self._kept) < MAX_FINDINGS:
            self._kept.append(finding(code, record=record, **details))
        else:
            self._more += 1

    def to_tuple(self) -> tuple[Finding, ...]:
        """Return the first findings, followed by `import.more_entries` with the number of the others."""
        return (*self._kept, finding("import.more_entries", count=self._more)) if self._more else tuple(self._kept)


@dataclass(slots=True)
class _CollectedKey:
    """A key with the origins and countries of all its entries."""

    key: TrustedKey
    origins: set[str]
    countries: set[str]

    def combine(self) -> TrustedKey:
        """Return the key with the alphabetically first country, and as many origins as a signed list holds."""
        origin = ""
        for one in sorted(self.origins):
            if len(origin) + len(one) + 1 <= MAX_TEXT_CHARACTERS:
                origin += f" {one}" if origin else one
        return replace(self.key, origin=origin or None, country=min(self.countries, default=None))


@dataclass(slots=True)
class ImportCollector:
    """Collects the keys of a list, and what became of its other entries."""

    _keys: dict[tuple[bytes, bytes, bool], _CollectedKey] = field(default_factory=dict)
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
        """Add the key of a certificate, or quarantine the entry; return whether a new key was added.

        Args:
            record: the place of the entry.
            certificate: DER.
            kid: as published; None if the list publishes none.
            country: as published; None to read it from the certificate.
            origin: the list it came from.
            signs: False for the key of an issuer or reader, which is kept for inspection and verifies nothing.
            issuers: certificates of the list that may have signed this one; it may grow while the list is read.
            bundled: certificates from the same entry.
        """
        try:
            key = TrustedKey.from_certificate(certificate, kid=kid, country=country, origin=origin)
        except ConfigurationError:
            self.quarantine(record, fragment("entry.certificate"))
            return False
        if key.certificate != certificate:  # PEM within Base64: no list has it, and digests would not match
            self.quarantine(record, fragment("entry.not_der"))
        elif self.add(record, key, signs=signs):
            if kid is not None and kid != compute_kid(certificate):
                self._warnings.add("import.kid_mismatch", record)
            if signs:
                self._signers.append(ListedCertificate(record, certificate, issuers, bundled))
            return True
        return False

    def add(self, record: str, key: TrustedKey, *, signs: bool = True) -> bool:
        """Add a key and return whether it is new. A certificate may be listed both as a signer and otherwise.

        A key that is not new appears again in another domain, country or file; these are recorded too.
        """
        name = (key.kid, key.certificate or key.spki, signs)
        known = self._keys.get(name)
        collected = known or _CollectedKey(key if signs else replace(key, algorithm=None), set(), set())
        collected.origins.update(filter(None, [key.origin]))
        collected.countries.update(filter(None, [key.country]))
        if known is not None:
            self.skip_duplicate(record)
            return False
        self._keys[name] = collected
        return True

    def warn(self, code: str, record: str, **details: str) -> None:
        """Note what is odd about an entry that was taken."""
        self._warnings.add(code, record, **details)

    def quarantine(self, record: str, reason: Fragment) -> None:
        """Report an entry that could not be read."""
        self._quarantined.add("import.entry", record, reason=reason)

    def refuse(self, code: str, record: str) -> None:
        """Report an entry that could be read and must not be taken."""
        self._quarantined.add(code, record)

    def skip(self, record: str, member: str, value: str) -> None:
        """Report an entry that the caller did not ask for."""
        self._skipped.add("import.filtered", record, member=member, value=value)

    def skip_duplicate(self, record: str) -> None:
        """Report an entry that repeats an earlier one."""
        self._skipped.add("import.duplicate", record)

    def make_report(self, *, check_chains: bool, created: Mapping[str, datetime] | None = None) -> ImportReport:
        """Return the report; with `check_chains`, warn of each signer whose certificate no listed issuer signed."""
        for record, is_bundled in find_unchained(self._signers) if check_chains else ():
            self._warnings.add("import.own_chain" if is_bundled else "import.no_chain", record)
        return ImportReport(
            trust=TrustList(collected.combine() for collected in self._keys.values()),
            quarantined=self._quarantined.to_tuple(),
            skipped=self._skipped.to_tuple(),
            warnings=self._warnings.to_tuple(),
            created=dict(created or {}),
        )


def check_filters(**filters: Collection[str] | None) -> None:
    """Refuse a single text as a filter: `in` would find parts of codes in it.

    Raises:
        ConfigurationError: `import.filter`.
    """
    for name, codes in filters.items():
        if isinstance(codes, str):
            raise ConfigurationError.of("import.filter", name=name)


def compute_kid(certificate: bytes) -> bytes:
    """Return the conventional kid of a certificate ("Key Identifier" in the EU specification hcert-spec)."""
    return hashlib.sha256(certificate).digest()[:KID_BYTES]


def decode_base64(text: object) -> bytes | None:
    """Decode standard Base64 (RFC 4648, section 4); None if it is invalid, empty or too long for a certificate."""
    if not isinstance(text, str) or len(text) > MAX_BASE64:
        return None
    try:
        return binascii.a2b_base64(text, strict_mode=True) or None
    except ValueError:
        return None


def malformed_list(kind: Fragment, reason: Fragment) -> MalformedError:
    """Return the error for a list that cannot be imported at all."""
    return MalformedError.of("import.malformed", kind=kind, reason=reason)
