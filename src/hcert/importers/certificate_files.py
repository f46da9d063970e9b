"""Importing certificates from files: PEM (RFC 7468) or DER, as countries send them.

The files in the repositories of GDHCN participants (github.com/WorldHealthOrganization/tng-participants-prod) have
several certificates, text before them, CRLF line ends, or just a note; and the same certificate occurs in several
files. Nobody signs such a folder, so the caller vouches for it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError
from hcert.fragments import fragment
from hcert.importers.bounded_json import MAX_BYTES, MAX_ITEMS
from hcert.importers.collector import ImportCollector, check_filters, malformed_list
from hcert.keys.certificate import MAX_CERTIFICATE_BYTES, read_certificate
from hcert.keys.der import OBJECT_IDENTIFIER, SEQUENCE, read_elements, read_sequence
from hcert.keys.pem import decode_certificate
from hcert.keys.trusted_key import TrustedKey
from hcert.times import format_utc, require_aware

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from hcert.importers.report import ImportReport

_BEGIN: Final = b"-----BEGIN "
_DASHES: Final = b"-----"
MAX_NAME_CHARACTERS: Final = 150  # of a file, in the origin of a key; a signed key list holds 200 in all
_COUNTRY_LETTERS: Final = 2
_INTEGER: Final = 0x02
_MAX_ELEMENTS: Final = 4  # of a DER file, to tell what it is
_NO_CERTIFICATE: Final = fragment("bundle.no_certificate")
_PRIVATE: Final = fragment("bundle.private_key")
_PKCS7: Final = fragment("bundle.pkcs7")


def import_certificates(
    files: Mapping[str, bytes], *, countries: Collection[str] | None = None, at: datetime | None = None
) -> ImportReport:
    """Import the document signer certificates of a folder or a bundle.

    Every certificate is taken for one that signs health certificates. Do not pass issuer, TLS and upload certificates:
    they look the same.

    Args:
        files: by name the content of each file: one DER certificate, or PEM with any number of certificates and public
            keys. Names appear in the report and in the origin of a key.
        countries: alpha-2 codes of the countries to take, as in the certificates; None for all.
        at: a time, aware; certificates that have expired by then get a warning. None for no such warnings.

    Returns:
        The keys; `record` names the file, and behind `#` the number of the PEM block where it has several. Keys that
        should not sign get a warning: `import.ca_certificate`, and with `at` `import.expired`.

    Raises:
        MalformedError: `import.malformed` for more than 100 000 files.
        ConfigurationError: `import.filter` for a single text in the place of `countries`, or `time.naive`.
    """
    check_filters(countries=countries)
    if at is not None:
        require_aware(at, name="at")
    if len(files) > MAX_ITEMS:
        raise malformed_list(fragment("thing.bundle"), fragment("size.files", most=MAX_ITEMS))
    collector = ImportCollector()
    for name, data in files.items():
        count = data.count(_BEGIN)
        if len(data) > MAX_BYTES or count > MAX_ITEMS:
            collector.quarantine(name, fragment("size.bytes_or_blocks", bytes=MAX_BYTES, blocks=MAX_ITEMS))
        elif not count:
            _Block(collector, countries, at, name, name).add_der(data)
        else:
            for number, block in enumerate(_split_blocks(data), 1):
                record = f"{name}#{number}" if count > 1 else name
                _Block(collector, countries, at, name, record).add_pem(block)
    return collector.make_report(check_chains=False)


def _split_blocks(data: bytes) -> Iterator[bytes]:
    """Yield the text after each `-----BEGIN `, up to the next one."""
    at = data.find(_BEGIN)
    while at >= 0:
        following = data.find(_BEGIN, at + 1)
        yield data[at + len(_BEGIN) : following if following >= 0 else len(data)]
        at = following


class _Block:
    """One PEM block, or one DER file: a certificate, a key or something else."""

    def __init__(
        self, collector: ImportCollector, countries: Collection[str] | None, at: datetime | None, name: str, record: str
    ) -> None:
        self.collector = collector
        self.countries = countries
        self.at = at
        self.record = record
        self.origin = "file:" + "".join(filter(str.isprintable, name[:MAX_NAME_CHARACTERS]))

    def add_pem(self, block: bytes) -> None:
        """Add the content of a PEM block, given from its label on."""
        label = block.partition(_DASHES)[0]
        if label == b"CERTIFICATE":
            try:
                der = decode_certificate(_BEGIN + block)
            except ValueError:
                self.collector.quarantine(self.record, fragment("bundle.certificate_form"))
            else:
                self._add_certificate(der)
        elif label == b"PUBLIC KEY":
            self._add_public_key(_BEGIN + block)
        elif label.endswith(b"PRIVATE KEY"):
            self.collector.quarantine(self.record, _PRIVATE)
        elif label in {b"PKCS7", b"CMS"}:
            self.collector.quarantine(self.record, _PKCS7)
        else:
            self.collector.quarantine(self.record, fragment("bundle.neither"))

    def add_der(self, data: bytes) -> None:
        """Add the content of a file without PEM, which may be anything."""
        try:
            first, *rest = islice(read_elements(read_sequence(data)), _MAX_ELEMENTS)
        except ValueError:
            self.collector.quarantine(self.record, _NO_CERTIFICATE)
            return
        if first.tag == _INTEGER and len(first.content) == 1:  # a version: PKCS #1, #8 or #12, or SEC 1
            self.collector.quarantine(self.record, _PRIVATE)
        elif first.tag == OBJECT_IDENTIFIER:
            self.collector.quarantine(self.record, _PKCS7)
        elif len(data) > MAX_CERTIFICATE_BYTES:
            self.collector.quarantine(self.record, _NO_CERTIFICATE)
        elif len(rest) == 1 and first.tag == SEQUENCE:
            self._add_public_key(data)
        else:
            self._add_certificate(data)

    def _add_certificate(self, der: bytes) -> None:
        try:
            read = read_certificate(der)
        except ValueError:
            self.collector.quarantine(self.record, fragment("entry.certificate"))
            return
        if self._is_wanted(read.country) and self.collector.add_certificate(self.record, der, origin=self.origin):
            if read.is_ca:
                self.collector.warn("import.ca_certificate", self.record)
            if self.at is not None and read.not_after < self.at:
                self.collector.warn("import.expired", self.record, not_after=format_utc(read.not_after))

    def _add_public_key(self, data: bytes) -> None:
        try:
            key = TrustedKey.from_public_key(data)
        except ConfigurationError:
            self.collector.quarantine(self.record, fragment("entry.public_key"))
            return
        if self._is_wanted(None):
            self.collector.add(self.record, replace(key, origin=self.origin))

    def _is_wanted(self, country: str | None) -> bool:
        """Apply the filter by country, and report what it excludes."""
        if self.countries is None or country in self.countries:
            return True
        known = country is not None and len(country) == _COUNTRY_LETTERS and country.isalpha()
        self.collector.skip(self.record, "country", country if known and country else "unknown")
        return False
