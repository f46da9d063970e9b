"""The sealed part of a citizen record: data in the same code that only authorised readers can open.

Each group of readers gets one COSE_Encrypt0 (RFC 9052 section 5.2) under HPKE base mode. Its Enc_structure is the HPKE
`info`, with certificate id, issuer and kid of the certificate as external data, so a part that was moved to another
certificate does not open. The plaintext is padded to a multiple of 64 bytes, so that its length reveals little.
Specification: `docs/spec/citizen-record.md`.
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
from hcert.records.citizen.person import Confidential
from hcert.records.citizen.seal_rules import lots_of
from hcert.records.places import SEALED_PART, TO_SEAL
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
STEP_BYTES: Final = 64  # a plaintext is a multiple of this
_PADDING_MARK: Final = b"\x80"  # ISO/IEC 7816-4: this byte, then zeros
MAX_BINDING: Final = 512  # bytes of certificate id, issuer and kid
_MAX_HEADER: Final = 128  # bytes of a protected header: an algorithm, and a kid of 64 bytes

CONFIDENTIAL: Final = schema.MapSchema(
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
    """The part for one group of readers.

    Attributes:
        kid: kid of the group's public key.
        algorithm: COSE number of the HPKE suite.
        content: encapsulated key and ciphertext.
    """

    kid: Annotated[bytes, Meta(min_length=MIN_KID_BYTES, max_length=MAX_KID_BYTES)]
    algorithm: Annotated[int, Meta(ge=-MAX_INTEGER - 1, le=MAX_INTEGER)]
    content: SealedBytes = field(repr=False)

    @property
    def protected(self) -> bytes:
        """The encoded protected header; it has only one valid encoding."""
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
        """Open the part for a group of readers. Verify the certificate first.

        Raises:
            MalformedError: `sealed.unverified` for a record that was not decoded from a certificate, `sealed.no_group`,
                `sealed.damaged` or `sealed.malformed`.
        """
        if self._binding is None:
            raise MalformedError.of("sealed.unverified")
        part = next((part for part in self.parts if part.kid == reader.key.kid), None)
        if part is None:
            raise MalformedError.of("sealed.no_group", kid=reader.key.kid.hex())
        same_suite = part.algorithm == sealing_algorithm(reader.key)
        plaintext = reader.open(part.content, info=_encode_info(part.protected, self._binding)) if same_suite else None
        if plaintext is None:
            raise MalformedError.of("sealed.damaged", kid=part.kid.hex())
        return _decode_confidential(_strip_padding(plaintext))

    def bind_to(self, certificate_id: bytes, origin: Origin) -> Sealed:
        """Return the same parts bound to a certificate; they open only if they were sealed for it."""
        return Sealed(self.parts, _encode_binding(certificate_id, origin))

    def belongs_to(self, certificate_id: bytes, origin: Origin) -> bool:
        """Tell whether the parts are bound to a certificate with this id, issuer and kid."""
        return self._binding == _encode_binding(certificate_id, origin)


def seal_for(
    readers: Mapping[TrustedKey, Confidential],
    *,
    certificate_id: bytes,
    origin: Origin,
) -> Sealed:
    """Seal the content of each group of readers.

    Raises:
        ConfigurationError: `sealed.reader_key`.
        MalformedError: `sealed.too_many`, `sealed.same_reader` for two keys with one kid, `sealed.nothing`,
            `sealed.malformed` for members that the format cannot represent, or `record.*` for text that must not be
            signed.
    """
    binding = _encode_binding(certificate_id, origin)
    parts: list[SealedPart] = []
    plaintexts: dict[int, bytes] = {}
    if len(readers) > MAX_SEALED_PARTS:
        raise MalformedError.of("sealed.too_many", count=len(readers), limit=MAX_SEALED_PARTS)
    for reader, confidential in readers.items():
        if any(part.kid == reader.kid for part in parts):
            raise MalformedError.of("sealed.same_reader", kid=reader.kid.hex())
        recipient = Recipient(reader)
        plaintext = plaintexts.get(id(confidential)) or _pad(_encode_confidential(confidential))
        plaintexts[id(confidential)] = plaintext  # many readers may share one content
        empty = SealedPart(reader.kid, recipient.algorithm, SealedBytes(b"", b""))
        content = recipient.seal(plaintext, info=_encode_info(empty.protected, binding))
        parts.append(SealedPart(empty.kid, empty.algorithm, content))
    return Sealed(tuple(parts), binding)


def from_wire(value: Any) -> Sealed:
    """Decode the parts of a record.

    Raises:
        ValueError: with a fragment.
    """
    if type(value) is not list or not 1 <= len(value) <= MAX_SEALED_PARTS:
        raise ValueError(fragment("sealed.parts", most=MAX_SEALED_PARTS))
    parts = tuple(map(_part_from_wire, value))
    if len({part.kid for part in parts}) != len(parts):
        raise ValueError(fragment("sealed.same_reader"))
    return Sealed(parts)


def to_wire(sealed: Sealed) -> list[Any]:
    """Encode the parts of a record."""
    return [
        [part.protected, {_ENCAPSULATED_KEY: part.content.encapsulated_key}, part.content.ciphertext]
        for part in sealed.parts
    ]


def _part_from_wire(value: Any) -> SealedPart:
    if type(value) is not list or list(map(type, value)) != [bytes, dict, bytes]:
        raise ValueError(fragment("sealed.encrypt0"))
    protected, unprotected, ciphertext = value
    if len(protected) > _MAX_HEADER or len(ciphertext) > MAX_SEALED_BYTES + TAG_BYTES:
        raise ValueError(fragment("sealed.too_large"))
    try:
        headers = cbor.decode(protected, depth=_DEPTH)
    except cbor.CborError as error:
        raise ValueError(fragment("sealed.header", reason=fragment_of(error))) from None
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


def _pad(content: bytes) -> bytes:
    """Pad to the next multiple of 64 bytes, by at least one byte (ISO/IEC 7816-4)."""
    return content + _PADDING_MARK + bytes(-(len(content) + 1) % STEP_BYTES)


def _strip_padding(plaintext: bytes) -> bytes:
    """Remove the padding.

    Raises:
        MalformedError: `sealed.malformed` for any padding other than that of `_pad`.
    """
    content, mark, zeros = plaintext.rpartition(_PADDING_MARK)
    if not mark or any(zeros) or _pad(content) != plaintext:
        raise MalformedError.of("sealed.malformed", path=SEALED_PART, problem=fragment("sealed.padding"))
    return content


def _decode_confidential(content: bytes) -> Confidential:
    try:
        wire = cbor.decode(content, depth=_DEPTH)
    except cbor.CborError as error:
        raise MalformedError.of("sealed.malformed", path=SEALED_PART, problem=fragment_of(error)) from None
    problems: list[schema.Problem] = []
    confidential: Confidential | None = CONFIDENTIAL.from_wire(wire, "", problems)
    if confidential == Confidential():
        problems.append(("", fragment("sealed.empty")))
    if confidential is None or problems:
        path, problem = problems[0]
        raise MalformedError.of("sealed.malformed", path=path or SEALED_PART, problem=problem)
    return confidential


def _encode_confidential(confidential: Confidential) -> bytes:
    """Encode the content to seal, and check that it decodes to the same content."""
    faults = list(_text_findings(confidential))
    if faults:
        raise MalformedError(*faults)
    if confidential == Confidential():
        raise MalformedError.of("sealed.nothing")
    with suppress(TypeError, ValueError):  # their messages may quote a value
        content = cbor.encode(CONFIDENTIAL.to_wire(confidential))
        if len(content) < MAX_SEALED_BYTES and _decode_confidential(content) == confidential:
            return content
    raise MalformedError.of("sealed.malformed", path=TO_SEAL, problem=fragment("schema.types"))


def _text_findings(confidential: Confidential) -> Iterator[Finding]:
    for lot in lots_of(confidential).values():
        if type(lot) is str:
            yield from text_findings(lot, field="lot_numbers")
    for name in confidential.__struct_fields__:
        value = getattr(confidential, name)
        if type(value) is str:  # notes may have several lines
            yield from text_findings(value.replace("\n", " ") if name == "notes" else value, field=name)


def _encode_binding(certificate_id: bytes, origin: Origin) -> bytes:
    return cbor.encode([certificate_id, origin.issuer, origin.kid])


def _encode_info(protected: bytes, binding: bytes) -> bytes:
    """Return the Enc_structure, RFC 9052 section 5.3."""
    return cbor.encode(["Encrypt0", protected, binding])
