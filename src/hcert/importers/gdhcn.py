"""Importing the trust list of the WHO GDHCN, version 2: DID documents signed by WHO.

Sources: the trust list documents in the WHO SMART Trust implementation guide (https://smart.who.int/trust/), W3C
Decentralized Identifiers 1.0, JSON Web Signature 2020 (W3C CCG), RFC 7797, and the lists published at tng-cdn.who.int.

* The proof is a `JsonWebSignature2020` under a pinned P-256 key. Everything in it is fixed except time and nonce, even
  the DID at which the key is published. The signature is DER, although JOSE asks for 64 bytes; both are accepted.
  `hcert.importers.gdhcn_canonical` writes what is signed; only signed members are read.
* Version 1 is refused, because the key that signs it is not published.
* A document says when it was created but not when it expires. So the caller limits its age, and passes the times of the
  documents already held.
* Published entries have errors: coordinates of 31 or 33 bytes, unknown names of curves, kids that are not a digest. So
  keys are read from certificates, and kids are taken as published.
* A reference document names others, which the caller passes in; each is checked in full and merged. References to other
  hosts are not followed: the production tree refers to the development host.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from hcert.codec.limits import MAX_KID_BYTES, MIN_KID_BYTES, is_kid
from hcert.errors import MalformedError
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.importers.bounded_json import parse
from hcert.importers.collector import KID_BYTES, ImportCollector, check_filters, decode_base64, malformed_list
from hcert.importers.gdhcn_canonical import (
    COMMON_CONTEXTS,
    DidEntry,
    Document,
    find_environment,
    read_document,
    write_document_quads,
    write_proof_quads,
)
from hcert.keys.algorithms import raw_from_der
from hcert.times import format_utc, require_aware

if TYPE_CHECKING:
    from collections.abc import Collection

    from hcert.importers.report import ImportReport
    from hcert.keys.trusted_key import TrustedKey

_KIND: Final = fragment("thing.gdhcn_list")
MAX_REFERENCE_DEPTH: Final = 5  # root, domain, participant, usage, leaf
MAX_AHEAD: Final = timedelta(hours=1)  # for clocks that are behind
MAX_CHILDREN: Final = 10_000  # the tree has 400 documents
MAX_CHAIN: Final = 10  # certificates in one entry; published entries have two
MAX_NONCE_CHARACTERS: Final = 200
MAX_JWS_CHARACTERS: Final = 300
MAX_KID_CHARACTERS: Final = 4 * MAX_KID_BYTES  # in Base64, percent-encoded

_METHODS: Final = {
    suffix: f"did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-{name}:main:WHO:signing:DID"
    for suffix, name in (("", "prod"), ("-UAT", "uat"), ("-DEV", "dev"))
}
_PROOF_MEMBERS: Final = frozenset({"type", "created", "nonce", "proofPurpose", "verificationMethod", "jws"})
_HEADER: Final = urlsafe_b64encode(b'{"b64":false,"crit":["b64"],"alg":"ES256"}').decode()
_JWS: Final = re.compile(re.escape(_HEADER) + r"\.\.([A-Za-z0-9_-]{1,256})")
_RAW_BYTES: Final = 64
_DATE_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
_ESCAPED: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


def import_gdhcn(
    data: bytes,
    *,
    signer: TrustedKey,
    at: datetime,
    max_age: timedelta | None = timedelta(days=7),
    newer_than: datetime | Mapping[str, datetime] | None = None,
    domains: Collection[str] | None = None,
    participants: Collection[str] | None = None,
    usages: Collection[str] = ("DSC",),
    children: Mapping[str, bytes] | None = None,
    method: str | None = None,
) -> ImportReport:
    """Import a GDHCN trust list.

    Args:
        data: the DID document as downloaded.
        signer: the pinned key of WHO for the environment the list is from.
        at: the present time.
        max_age: how old a document may be; None for any age.
        newer_than: `created` of the report on the list already held, so that no document may be older than before; or a
            single time, `created_at`, for all documents. Only the former prevents the rollback of a single child, since
            some children change much less often than others. If not all children are passed every time, accumulate the
            times: `{**held, **report.created}`.
        domains: codes of the trust domains to take, such as `DCC`; None for all.
        participants: codes of the participants to take, such as `OMN`; None for all.
        usages: codes of the key usages to take. Only `DSC` keys sign certificates; keys of other usages are for
            inspection, verify nothing, and do not belong in a published list.
        children: the documents that reference documents name, as downloaded, by DID.
        method: the DID under which the pinned key is published; None for that of WHO in the environment that the
            contexts of the document name.

    Returns:
        The keys. In `record`, the place of an entry of a child follows that of its reference: `#2.1`. A signer
        that no listed issuer (`CSCA`) of its participant has signed gets a warning.

    Raises:
        MalformedError: `import.malformed`, `import.proof`, `import.signature`, `import.older`, `import.too_old` or
            `import.from_future`, for the document or one of its children; `import.malformed` for more than 10 000
            children.
        ConfigurationError: `time.naive`, or `import.filter` for a single text in the place of a collection.
    """
    check_filters(domains=domains, participants=participants, usages=usages)
    for moment in newer_than.values() if isinstance(newer_than, Mapping) else filter(None, [newer_than]):
        require_aware(moment, name="newer_than")
    checks = _Checks(signer, method, require_aware(at, name="at"), max_age, newer_than)
    if children is not None and len(children) > MAX_CHILDREN:
        raise _malformed_list(fragment("gdhcn.too_many_documents", most=MAX_CHILDREN))
    wanted = {"keyusage": usages, "domain": domains, "participant": participants}
    tree = _DocumentTree(checks, wanted, children or {})
    tree.read(data)
    return tree.collector.make_report(check_chains=True, created=tree.created)


@dataclass(frozen=True, slots=True)
class _Checks:
    """What a document must pass before any of its entries is read."""

    signer: TrustedKey
    method: str | None
    at: datetime
    max_age: timedelta | None
    newer_than: datetime | Mapping[str, datetime] | None

    def open(self, data: bytes) -> tuple[Document, datetime]:
        """Open a document that is signed and fresh; return it and its time."""
        try:
            members = parse(data)
        except ValueError as error:
            raise _malformed_list(fragment_of(error)) from None
        if not isinstance(members, dict):
            raise _malformed_list(fragment("json.not_json_object"))
        contexts = members.get("@context")
        environment = find_environment(contexts)
        if contexts == COMMON_CONTEXTS:
            raise _proof_error(fragment("gdhcn.version_1"))
        if environment is None:
            raise _proof_error(fragment("gdhcn.contexts"))
        created, signature, options = _read_proof(members.get("proof"), self.method or _METHODS[environment])
        try:
            document = read_document(members, environment)
            quads = write_document_quads(document)
        except ValueError as error:
            raise _malformed_list(fragment_of(error)) from None
        signed = f"{_HEADER}.".encode() + hashlib.sha256(options).digest() + hashlib.sha256(quads).digest()
        if not self.signer.verifies(signature, signed):
            raise MalformedError.of("import.signature", kind=_KIND)
        self._check_time(created, document.id)
        return document, created

    def _check_time(self, created: datetime, name: str) -> None:
        moment = format_utc(created)
        held = self.newer_than.get(name) if isinstance(self.newer_than, Mapping) else self.newer_than
        if created - self.at > MAX_AHEAD:
            raise MalformedError.of("import.from_future", created_at=moment)
        if held is not None and created < held:
            raise MalformedError.of("import.older", created_at=moment, held=format_utc(held))
        if self.max_age is not None and self.at - created > self.max_age:
            limit = f"{self.max_age / timedelta(days=1):g}"
            raise MalformedError.of("import.too_old", created_at=moment, limit=limit)


@dataclass(slots=True)
class _DocumentTree:
    """Reads a document and its children into one list."""

    checks: _Checks
    wanted: dict[str, Collection[str] | None]
    children: Mapping[str, bytes]
    collector: ImportCollector = field(default_factory=ImportCollector)
    created: dict[str, datetime] = field(default_factory=dict)  # by DID, of the documents read so far
    issuers: dict[str | None, list[bytes]] = field(default_factory=dict)  # certificates by participant

    def read(self, data: bytes, *, place: str = "", path: tuple[str, ...] = ()) -> None:
        """Read a document; `path` has the references that lead to it."""
        document, created = self.checks.open(data)
        if path and document.id != path[-1]:
            raise _malformed_list(fragment("gdhcn.other_id"))
        self.created[document.id] = created
        path = path or (document.id,)
        for number, entry in enumerate(document.entries, 1):
            if not isinstance(entry, DidEntry):
                self._follow_reference(entry, document.host_prefix, f"{place}{number}", path)
            elif entry.id in document.ambiguous:
                self.collector.quarantine(f"#{place}{number}", fragment("gdhcn.ambiguous_id"))
            elif entry.flaw is not None:
                self.collector.quarantine(f"#{place}{number}", entry.flaw)
            else:
                self._add_entry(entry, f"#{place}{number}")

    def _follow_reference(self, reference: str, host_prefix: str, place: str, path: tuple[str, ...]) -> None:
        record = f"#{place}"
        if "#" in reference:
            self.collector.quarantine(record, fragment("gdhcn.refers_to_entry"))
        elif not reference.startswith(host_prefix):
            self.collector.quarantine(record, fragment("gdhcn.other_host"))
        elif reference in path:
            raise _malformed_list(fragment("gdhcn.circle"))
        elif reference in self.created:
            self.collector.skip_duplicate(record)
        elif reference not in self.children:
            self.collector.quarantine(record, fragment("gdhcn.missing_document"))
        elif len(path) > MAX_REFERENCE_DEPTH:
            raise _malformed_list(fragment("gdhcn.too_deep", most=MAX_REFERENCE_DEPTH))
        else:
            self.read(self.children[reference], place=f"{place}.", path=(*path, reference))

    def _add_entry(self, entry: DidEntry, record: str) -> None:
        x5c = entry.jwk.get("x5c")
        chain = [decode_base64(text) for text in x5c[: MAX_CHAIN + 1]] if isinstance(x5c, list) else []
        issuers = self.issuers.setdefault(entry.participant, [])
        if len(chain) > MAX_CHAIN:
            self.collector.quarantine(record, fragment("size.chain", most=MAX_CHAIN))
            return
        if entry.keyusage == "CSCA":
            issuers += filter(None, chain[:1])
        for member, codes in self.wanted.items():
            code = getattr(entry, member)
            if codes is not None and code not in codes:
                self.collector.skip(record, member, code)
                return
        kid = _read_kid(entry.jwk.get("kid"))
        if kid is None:
            self.collector.quarantine(record, fragment("entry.kid_length", least=MIN_KID_BYTES, most=MAX_KID_BYTES))
        elif not chain or chain[0] is None:
            self.collector.quarantine(record, fragment("entry.no_base64_certificate"))
        else:
            self.collector.add_certificate(
                record,
                chain[0],
                kid=kid,
                origin=f"gdhcn:{entry.domain}:{entry.participant}",
                signs=entry.keyusage == "DSC",
                issuers=issuers,
                bundled=[*filter(None, chain[1:])],
            )


def _read_proof(proof: object, method: str) -> tuple[datetime, bytes, bytes]:
    """Return the time of a proof, its signature in COSE form, and the canonical form of its options."""
    if not isinstance(proof, dict) or proof.keys() != _PROOF_MEMBERS:
        raise _proof_error(fragment("gdhcn.proof_members"))
    if proof["type"] != "JsonWebSignature2020" or proof["proofPurpose"] != "assertionMethod":
        raise _proof_error(fragment("gdhcn.proof_type"))
    if proof["verificationMethod"] != method:
        raise _proof_error(fragment("gdhcn.proof_method"))
    created, nonce, jws = (proof[name] for name in ("created", "nonce", "jws"))
    if not isinstance(nonce, str) or len(nonce) > MAX_NONCE_CHARACTERS:
        raise _proof_error(fragment("gdhcn.proof_nonce"))
    if not isinstance(created, str) or not _DATE_TIME.fullmatch(created):
        raise _proof_error(fragment("gdhcn.proof_time"))
    try:
        moment = datetime.fromisoformat(created)
        options = write_proof_quads(created=created, nonce=nonce, method=method)
    except ValueError:
        raise _proof_error(fragment("gdhcn.proof_text")) from None
    detached = _JWS.fullmatch(jws) if isinstance(jws, str) and len(jws) <= MAX_JWS_CHARACTERS else None
    if detached is None:
        raise _proof_error(fragment("gdhcn.proof_jws"))
    return moment, _read_signature(detached[1]), options


def _read_signature(text: str) -> bytes:
    """Return a P-256 signature in COSE form, from unpadded Base64url of DER or of the 64 bytes of JOSE."""
    try:
        signature = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if urlsafe_b64encode(signature).decode().rstrip("=") != text:
            raise ValueError  # noqa: TRY301 - not canonical Base64; one way out for everything malformed
        return signature if len(signature) == _RAW_BYTES else raw_from_der(signature)
    except ValueError:
        raise _proof_error(fragment("gdhcn.proof_jws")) from None


def _read_kid(kid: object) -> bytes | None:
    """Read a kid: Base64 of 8 bytes, percent-encoded in older lists; other texts are taken literally."""
    if not isinstance(kid, str) or len(kid) > MAX_KID_CHARACTERS:
        return None
    plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), kid.encode())
    decoded = decode_base64(plain.decode("latin-1"))
    opaque = decoded if decoded is not None and len(decoded) == KID_BYTES else plain
    return opaque if is_kid(opaque) else None


def _malformed_list(reason: Fragment) -> MalformedError:
    return malformed_list(_KIND, reason)


def _proof_error(reason: Fragment) -> MalformedError:
    return MalformedError.of("import.proof", reason=reason)
