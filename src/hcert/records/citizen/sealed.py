"""The sealed part of a citizen record: what only authorised readers may see, in the same code as all the rest.

For each group of readers there is one COSE_Encrypt0 (RFC 9052 section 5.2) under HPKE base mode. Its Enc_structure goes
into HPKE as `info`, and its external data are certificate id, issuer and kid of the certificate: moved to another
certificate, a part does not open. The plaintext is padded to a multiple of 64 bytes, so that its length tells little.
The specification is `docs/spec/citizen-record.md`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from msgspec import Meta

from hcert.codec import cbor
from hcert.codec.limits import (
    MAX_ENCAPSULATED_KEY_BYTES,
    MAX_INTEGER,
    MAX_KID_BYTES,
    MAX_SEALED_BYTES,
    MAX_SEALED_PARTS,
    MIN_KID_BYTES,
    is_kid,
)
from hcert.errors import MalformedError
from hcert.fragments import fragment, fragment_of
from hcert.keys.hpke import (
    ENCAPSULATED_KEY_BYTES,
    TAG_BYTES,
    Recipient,
    SealedBytes,
    SealingAlgorithm,
    sealing_algorithm,
)
from hcert.records.citizen import schema
from hcert.records.citizen.giveaways import lots_of
from hcert.records.citizen.person import Confidential
from hcert.records.text_rules import text_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hcert.findings import Finding
    from hcert.keys.hpke import ReaderKey
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.record_struct import Origin

_ALGORITHM: Final = 1
_KID: Final = 4
_ENCAPSULATED_KEY: Final = -4
_DEPTH: Final = 16
STEP_BYTES: Final = 64  # a plaintext has a multiple of this
_PADDING_MARK: Final = b"\x80"  # ISO/IEC 7816-4: this byte, then zeros; so the end of the content is always known
MAX_BINDING: Final = 512  # bytes of certificate id, issuer and kid
_MAX_HEADER: Final = 128  # bytes of a protected header: an algorithm, and a kid of 64 bytes

CONFIDENTIAL: Final = schema.Form(
    Confidential,
    schema.Field(0, "id_number", schema.TEXT),
    schema.Field(1, "former_id_number", schema.TEXT),
    schema.Field(2, "insurance_number", schema.TEXT),
    schema.Field(3, "phone", schema.TEXT),
    schema.Field(4, "lot_numbers", schema.LOTS),
    schema.Field(5, "notes", schema.LONG_TEXT),
)


@dataclass(frozen=True, slots=True)
class SealedPart:
    """What is sealed for one group of readers.

    Attributes:
        kid: of the group's public key.
        algorithm: COSE number of the HPKE suite.
        content: encapsulated key and ciphertext.
    """

    kid: Annotated[bytes, Meta(min_length=MIN_KID_BYTES, max_length=MAX_KID_BYTES)]
    algorithm: Annotated[int, Meta(ge=-MAX_INTEGER - 1, le=MAX_INTEGER)]
    content: SealedBytes = field(repr=False)

    @property
    def protected(self) -> bytes:
        """The protected header, encoded; there is one way to write it."""
        return cbor.encode({_ALGORITHM: self.algorithm, _KID: self.kid})


@dataclass(frozen=True, slots=True)
class Sealed:
    """The sealed part of a record.

    Attributes:
        parts: one for each group of readers.
    """

    parts: Annotated[tuple[SealedPart, ...], Meta(min_length=1, max_length=MAX_SEALED_PARTS)]
    _binding: Annotated[bytes, Meta(max_length=MAX_BINDING)] | None = field(default=None, repr=False, compare=False)

    def open(self, reader: ReaderKey) -> Confidential:
        """Open what was sealed for a group of readers; first verify the certificate.

        Raises:
            MalformedError: `sealed.unverified` for a record that came from no verified certificate, `sealed.no_group`,
                `sealed.damaged` or `sealed.malformed`.
        """
        if self._binding is None:
            raise MalformedError.of("sealed.unverified")
        part = next((part for part in self.parts if part.kid == reader.key.kid), None)
        if part is None:
            raise MalformedError.of("sealed.no_group", kid=reader.key.kid.hex())
        same_suite = part.algorithm == sealing_algorithm(reader.key)
        plaintext = reader.open(part.content, info=_info(part.protected, self._binding)) if same_suite else None
        if plaintext is None:
            raise MalformedError.of("sealed.damaged", kid=part.kid.hex())
        return _read_confidential(_without_padding(plaintext))

    def bound_to(self, certificate_id: bytes, origin: Origin) -> Sealed:
        """Return the same parts as those of a certificate, so that they can be opened if they were made for it."""
        return Sealed(self.parts, _binding_of(certificate_id, origin))

    def belongs_to(self, certificate_id: bytes, origin: Origin) -> bool:
        """Tell whether the parts came from a certificate of the same id, issuer and kid."""
        return self._binding == _binding_of(certificate_id, origin)


def seal_for(
    readers: Mapping[TrustedKey, Confidential],
    *,
    certificate_id: bytes,
    origin: Origin,
) -> Sealed:
    """Seal for each group of readers what it may see.

    Raises:
        ConfigurationError: `sealed.reader_key`.
        MalformedError: `sealed.too_many`, `sealed.same_reader` for two keys with one kid, `sealed.nothing`,
            `sealed.malformed` for members that the format cannot hold, or `record.*` for text that may not be signed.
    """
    binding = _binding_of(certificate_id, origin)
    parts: list[SealedPart] = []
    plaintexts: dict[int, bytes] = {}
    if len(readers) > MAX_SEALED_PARTS:
        raise MalformedError.of("sealed.too_many", count=len(readers), limit=MAX_SEALED_PARTS)
    for reader, confidential in readers.items():
        if any(part.kid == reader.kid for part in parts):
            raise MalformedError.of("sealed.same_reader", kid=reader.kid.hex())
        recipient = Recipient(reader)
        plaintext = plaintexts.get(id(confidential)) or _padded(_encoded(confidential))
        plaintexts[id(confidential)] = plaintext  # which many readers may share
        empty = SealedPart(reader.kid, recipient.algorithm, SealedBytes(b"", b""))
        content = recipient.seal(plaintext, info=_info(empty.protected, binding))
        parts.append(SealedPart(empty.kid, empty.algorithm, content))
    return Sealed(tuple(parts), binding)


def read(value: Any) -> Sealed:
    """Read the parts as they stand in a record.

    Raises:
        ValueError: in words for a finding.
    """
    if type(value) is not list or not 1 <= len(value) <= MAX_SEALED_PARTS:
        raise ValueError(fragment("sealed.parts", most=MAX_SEALED_PARTS))
    parts = tuple(map(_read_part, value))
    if len({part.kid for part in parts}) != len(parts):
        raise ValueError(fragment("sealed.same_reader"))
    return Sealed(parts)


def write(sealed: Sealed) -> list[Any]:
    """Write the parts as they stand in a record."""
    return [
        [part.protected, {_ENCAPSULATED_KEY: part.content.encapsulated_key}, part.content.ciphertext]
        for part in sealed.parts
    ]


def _read_part(value: Any) -> SealedPart:
    if type(value) is not list or list(map(type, value)) != [bytes, dict, bytes]:
        raise ValueError(fragment("sealed.encrypt0"))
    protected, unprotected, ciphertext = value
    if len(protected) > _MAX_HEADER or len(ciphertext) > MAX_SEALED_BYTES + TAG_BYTES:
        raise ValueError(fragment("sealed.too_large"))
    try:
        headers = cbor.decode(protected, depth=_DEPTH)
    except cbor.CborError as error:
        raise ValueError(fragment("sealed.header", reason=error)) from None
    if type(headers) is not dict or headers.keys() != {_ALGORITHM, _KID}:
        raise ValueError(fragment("sealed.header_members"))
    algorithm, kid = headers[_ALGORITHM], headers[_KID]
    encapsulated_key = unprotected.get(_ENCAPSULATED_KEY)
    if type(algorithm) is not int or type(kid) is not bytes or type(encapsulated_key) is not bytes:
        raise ValueError(fragment("sealed.header_type"))
    if not (is_kid(kid) and len(encapsulated_key) <= MAX_ENCAPSULATED_KEY_BYTES):
        raise ValueError(fragment("sealed.header_length"))
    part = SealedPart(kid, algorithm, SealedBytes(encapsulated_key, ciphertext))
    if part.protected != protected or len(unprotected) != 1:
        raise ValueError(fragment("sealed.form"))
    if algorithm in ENCAPSULATED_KEY_BYTES and (
        len(encapsulated_key) != ENCAPSULATED_KEY_BYTES[SealingAlgorithm(algorithm)]
        or len(ciphertext) <= TAG_BYTES
        or (len(ciphertext) - TAG_BYTES) % STEP_BYTES
    ):
        raise ValueError(fragment("sealed.length"))
    return part


def _padded(content: bytes) -> bytes:
    """Pad to the next multiple of 64 bytes, by one byte at least (ISO/IEC 7816-4)."""
    return content + _PADDING_MARK + bytes(-(len(content) + 1) % STEP_BYTES)


def _without_padding(plaintext: bytes) -> bytes:
    """Take the padding off.

    Raises:
        MalformedError: `sealed.malformed` for any but the one padding that the content has.
    """
    content, mark, zeros = plaintext.rpartition(_PADDING_MARK)
    if not mark or any(zeros) or _padded(content) != plaintext:
        raise MalformedError.of("sealed.malformed", path="the whole", problem=fragment("sealed.padding"))
    return content


def _read_confidential(content: bytes) -> Confidential:
    try:
        wire = cbor.decode(content, depth=_DEPTH)
    except cbor.CborError as error:
        raise MalformedError.of("sealed.malformed", path="the whole", problem=fragment_of(error)) from None
    problems: list[schema.Problem] = []
    confidential: Confidential | None = CONFIDENTIAL.read(wire, "", problems)
    if confidential == Confidential():
        problems.append(("", fragment("sealed.empty")))
    if confidential is None or problems:
        path, problem = problems[0]
        raise MalformedError.of("sealed.malformed", path=path or "the whole", problem=problem)
    return confidential


def _encoded(confidential: Confidential) -> bytes:
    """Encode what is to be sealed, and make sure that it reads back equal."""
    faults = list(_text_faults(confidential))
    if faults:
        raise MalformedError(*faults)
    if confidential == Confidential():
        raise MalformedError.of("sealed.nothing")
    with suppress(TypeError, ValueError):  # whose words may quote a value
        content = cbor.encode(CONFIDENTIAL.write(confidential))
        if len(content) < MAX_SEALED_BYTES and _read_confidential(content) == confidential:
            return content
    raise MalformedError.of("sealed.malformed", path="the members", problem=fragment("schema.types"))


def _text_faults(confidential: Confidential) -> Iterator[Finding]:
    for lot in lots_of(confidential).values():
        if type(lot) is str:
            yield from text_findings(lot, field="lot_numbers")
    for name in confidential.__struct_fields__:
        value = getattr(confidential, name)
        if type(value) is str:  # notes may have lines
            yield from text_findings(value.replace("\n", " ") if name == "notes" else value, field=name)


def _binding_of(certificate_id: bytes, origin: Origin) -> bytes:
    return cbor.encode([certificate_id, origin.issuer, origin.kid])


def _info(protected: bytes, binding: bytes) -> bytes:
    """Return the Enc_structure, RFC 9052 section 5.3."""
    return cbor.encode(["Encrypt0", protected, binding])
