"""The canonical N-Quads that WHO signs for a GDHCN DID document; no other documents are supported.

WHO signs RDF, not JSON: the document is expanded by its JSON-LD contexts and canonicalized by URDNA2015. All published
documents have one shape, so their quads are written here directly, and no context is ever loaded. This is safe because
a document is read strictly before its quads are written:

* Values that become IRIs match patterns without brackets, quotes, spaces and control characters, and literals are
  escaped. So no value can end its line or start another. The patterns for codes and references allow more characters
  than published lists use; the importer quarantines such entries.
* A JSON Web Key may hold any JSON except numbers that RFC 8785 rounds or writes differently from Python. So each
  accepted value has exactly one text, and each text exactly one value.
* A missing member has no quad. Domain, participant and keyusage may be missing, since no other member depends on them.
  Controller, type and key may not, since the type decides what the others mean.
* A member that JSON-LD would process but this module does not write is refused: keywords (`@id`), IRIs (any name with a
  colon) and the other terms of the contexts. All other unknown members are unsigned, and never read.
* Quads are a set, so entries with the same identifier could swap members without changing the signature. Such entries
  are safe if they share one key and differ in at most one other member: then every reading is true of that key. The
  others are ambiguous. The quads alone decide which, so neither swapping nor omitting members changes the result.
* There are no blank nodes: identifiers are mandatory, and all other values are literals or codes. So URDNA2015 reduces
  to sorting. If a JSON-LD processor would expand a document to other quads, its signature does not verify here.

Sources: JSON-LD 1.1; RDF 1.1 N-Quads with the canonical escapes of RDFC-1.0; RFC 8785 (JCS) for JSON literals; the
contexts DID v1 and JWS-2020; and all published lists, with which the quads were compared.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from hcert.fragments import Fragment, fragment

COMMON_CONTEXTS: Final = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]
_TRUST: Final = "https://smart.who.int/trust/"
_ENVIRONMENTS: Final = ("", "-UAT", "-DEV")  # production has no suffix

_SECURITY: Final = "https://w3id.org/security#"
_TYPE: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_JSON: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>"
_CREATED: Final = "<http://purl.org/dc/terms/created>"
_DATE_TIME: Final = "<http://www.w3.org/2001/XMLSchema#dateTime>"

_DID: Final = re.compile(r"did:web:[A-Za-z0-9.%_-]{1,253}(?::[A-Za-z0-9.%_~-]{1,128}){1,16}")
_METHOD_ID: Final = re.compile(_DID.pattern + r"#[A-Za-z0-9.%_~:/+=-]{1,512}")
_REFERENCE: Final = re.compile(
    r"did:web:[A-Za-z0-9.%_-]{1,253}(?::[A-Za-z0-9.%_~-]{1,128}){0,16}(?:#[A-Za-z0-9.%_~:/+=-]{0,512})?"
)
_CODE: Final = re.compile(r"#([A-Za-z0-9._~!$&'()*+,;=/?%\u00a1-\U000efffd-]{1,2048})")
_PLAIN_CODE: Final = re.compile(r"[A-Za-z0-9._~-]{1,64}")
MAX_ID_CHARACTERS: Final = 2000  # published ids have 150
MAX_CODE_CHARACTERS: Final = 200
_MAX_INTEGER: Final = 2**53 - 1  # RFC 8785 rounds larger ones

_DOCUMENT_MEMBERS: Final = frozenset({"@context", "id", "controller", "verificationMethod", "proof"})
_ENTRY_MEMBERS: Final = frozenset({"id", "type", "controller", "publicKeyJwk", "domain", "participant", "keyusage"})
_TERMS: Final = _DOCUMENT_MEMBERS | _ENTRY_MEMBERS | {
    "alsoKnownAs", "assertionMethod", "authentication", "capabilityDelegation", "capabilityInvocation", "code",
    "keyAgreement", "privateKeyJwk", "service", "JsonWebKey2020", "JsonWebSignature2020",
}  # fmt: skip

_ESCAPES: Final = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)} | {
    ord(character): escape
    for character, escape in zip('\b\t\n\f\r"\\', ("\\b", "\\t", "\\n", "\\f", "\\r", '\\"', "\\\\"), strict=True)
}


@dataclass(frozen=True, slots=True)
class DidEntry:
    """A signed verification method: a key, and its domain, participant and usage.

    Attributes:
        id: its DID URL; one key has different ones in different documents.
        controller: the DID of the level above.
        jwk: the whole JSON Web Key, unchecked.
        domain, participant, keyusage: codes without `#`; None where the entry lacks them.
    """

    id: str
    controller: str
    jwk: dict[str, Any]
    domain: str | None
    participant: str | None
    keyusage: str | None

    @property
    def flaw(self) -> Fragment | None:
        """Why the entry is quarantined although it is signed; None if it is not."""
        codes = (self.domain, self.participant, self.keyusage)
        if None in codes:
            return fragment("gdhcn.lacks_code")
        if not all(_PLAIN_CODE.fullmatch(code or "") for code in codes):
            return fragment("gdhcn.code")
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """A DID document: embedded entries, references to other documents, or both, in the order of the list.

    Attributes:
        id: its DID.
        controller: the DID of the level above.
        entries: embedded entries, and references as DIDs, possibly with a fragment.
        environment: the suffix of its value sets.
        ambiguous: ids of entries whose members could be swapped without changing the signature.
    """

    id: str
    controller: str
    entries: tuple[DidEntry | str, ...]
    environment: str
    ambiguous: frozenset[str]

    @property
    def host_prefix(self) -> str:
        """The prefix of all identifiers of its host."""
        return self.id[: self.id.index(":", len("did:web:")) + 1]


def find_environment(context: object) -> str | None:
    """Return the suffix of the environment with exactly these contexts; None for other contexts."""
    known = {suffix: [*COMMON_CONTEXTS, f"{_TRUST}tng-context/v1{suffix}.jsonld"] for suffix in _ENVIRONMENTS}
    return next((suffix for suffix, contexts in known.items() if contexts == context), None)


def read_document(members: dict[str, Any], environment: str) -> Document:
    """Read the signed members of a document.

    Raises:
        ValueError: with a fragment that says why, for every document that this module cannot write as quads.
    """
    _refuse_other_terms(members, _DOCUMENT_MEMBERS)
    methods = members.get("verificationMethod")
    if not isinstance(methods, list):
        raise ValueError(fragment("gdhcn.method_list"))  # noqa: TRY004 - one type for everything malformed
    entries = tuple(_read_reference(method) if isinstance(method, str) else _read_entry(method) for method in methods)
    return Document(
        id=_read_did(members.get("id")),
        controller=_read_did(members.get("controller")),
        entries=entries,
        environment=environment,
        ambiguous=_find_ambiguous_ids(entries),
    )


def write_document_quads(document: Document) -> bytes:
    """Write the canonical quads of a document without its proof.

    Raises:
        ValueError: if a string is not valid Unicode.
    """
    lines = [f"<{document.id}> <{_SECURITY}controller> <{document.controller}> ."]
    for entry in document.entries:
        name = entry if isinstance(entry, str) else entry.id
        lines.append(f"<{document.id}> <{_SECURITY}verificationMethod> <{name}> .")
        if isinstance(entry, DidEntry):
            lines += _write_entry_quads(entry, document.environment)
    return _join_quads(lines)


def write_proof_quads(*, created: str, nonce: str, method: str) -> bytes:
    """Write the canonical quads of the options of a proof; the caller has checked `created` and `method`.

    Raises:
        ValueError: if the nonce is not valid Unicode.
    """
    return _join_quads(
        [
            f"_:c14n0 {_CREATED} {_write_literal(created)}^^{_DATE_TIME} .",
            f"_:c14n0 {_TYPE} <{_SECURITY}JsonWebSignature2020> .",
            f"_:c14n0 <{_SECURITY}nonce> {_write_literal(nonce)} .",
            f"_:c14n0 <{_SECURITY}proofPurpose> <{_SECURITY}assertionMethod> .",
            f"_:c14n0 <{_SECURITY}verificationMethod> <{method}> .",
        ]
    )


def _write_entry_quads(entry: DidEntry, environment: str) -> list[str]:
    coded = {"Domains": entry.domain, "Participants": entry.participant, "KeyUsage": entry.keyusage}
    value_sets = {f"{_TRUST}ValueSet-{name}{environment}.jsonld": code for name, code in coded.items() if code}
    return [
        f"<{entry.id}> {_TYPE} <{_SECURITY}JsonWebKey2020> .",
        f"<{entry.id}> <{_SECURITY}controller> <{entry.controller}> .",
        f"<{entry.id}> <{_SECURITY}publicKeyJwk> {_write_literal(_canonicalize_json(entry.jwk))}^^{_JSON} .",
        *(f"<{entry.id}> <{value_set}> <{value_set}#{code}> ." for value_set, code in value_sets.items()),
    ]


def _join_quads(lines: list[str]) -> bytes:
    """Sort and join quads, each once. Sorting by code points is sorting by UTF-8 bytes."""
    try:
        return "".join(f"{line}\n" for line in sorted(set(lines))).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape
        raise ValueError(fragment("json.not_unicode")) from None


def _write_literal(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _canonicalize_json(jwk: dict[str, Any]) -> str:
    """Write a JWK by RFC 8785. Python escapes strings and writes integers just like the RFC.

    Raises:
        ValueError: for numbers that the RFC writes differently from Python.
    """
    return json.dumps(_sort_members(jwk), ensure_ascii=False, separators=(",", ":"))


def _sort_members(value: Any) -> Any:
    """Return a JSON value with the members of all objects in the order of their UTF-16 code units."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return {name: _sort_members(value[name]) for name in names}
    if isinstance(value, list):
        return [_sort_members(item) for item in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > _MAX_INTEGER):
        raise ValueError(fragment("gdhcn.jwk_number"))
    return value


def _refuse_other_terms(members: dict[str, Any], covered: frozenset[str]) -> None:
    for name in members.keys() - covered:
        if name.startswith("@") or ":" in name or name in _TERMS:
            raise ValueError(fragment("gdhcn.unknown_member"))


def _find_ambiguous_ids(entries: tuple[DidEntry | str, ...]) -> frozenset[str]:
    """Return the ids of entries that differ in their key, or in more than one other member."""
    values: dict[str, list[set[str]]] = {}
    for entry in entries:
        if isinstance(entry, DidEntry):
            signed = (_canonicalize_json(entry.jwk), entry.controller, entry.domain, entry.participant, entry.keyusage)
            for seen, value in zip(values.setdefault(entry.id, [set() for _ in signed]), signed, strict=True):
                if value is not None:
                    seen.add(value)
    return frozenset(
        name for name, (keys, *others) in values.items() if len(keys) > 1 or sum(len(seen) > 1 for seen in others) > 1
    )


def _read_entry(members: object) -> DidEntry:
    if not isinstance(members, dict):
        raise ValueError(fragment("gdhcn.entry_object"))  # noqa: TRY004 - one type for everything malformed
    _refuse_other_terms(members, _ENTRY_MEMBERS)
    name = members.get("id")
    if not isinstance(name, str) or len(name) > MAX_ID_CHARACTERS or not _METHOD_ID.fullmatch(name):
        raise ValueError(fragment("gdhcn.entry_id"))
    if members.get("type") != "JsonWebKey2020":
        raise ValueError(fragment("gdhcn.entry_type"))
    return DidEntry(
        id=name,
        controller=_read_did(members.get("controller")),
        jwk=_read_jwk(members.get("publicKeyJwk")),
        domain=_read_code(members["domain"]) if "domain" in members else None,
        participant=_read_code(members["participant"]) if "participant" in members else None,
        keyusage=_read_code(members["keyusage"]) if "keyusage" in members else None,
    )


def _read_jwk(jwk: object) -> dict[str, Any]:
    if not isinstance(jwk, dict):
        raise ValueError(fragment("gdhcn.jwk"))  # noqa: TRY004 - one type for everything malformed
    return jwk


def _read_did(value: object) -> str:
    """Read a did:web identifier without a fragment, of characters that are safe in a quad."""
    if not isinstance(value, str) or len(value) > MAX_ID_CHARACTERS or not _DID.fullmatch(value):
        raise ValueError(fragment("gdhcn.did"))
    return value


def _read_reference(value: str) -> str:
    """Read a did:web identifier, with or without a fragment, that stands for an entry."""
    if len(value) > MAX_ID_CHARACTERS or not _REFERENCE.fullmatch(value):
        raise ValueError(fragment("gdhcn.reference"))
    return value


def _read_code(value: object) -> str:
    """Read a code without its `#`. Colons and a second `#` are refused: JSON-LD makes other identifiers of them."""
    code = value.get("code") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(code, str) or len(code) > MAX_CODE_CHARACTERS or not code.isprintable():
        code = ""
    found = _CODE.fullmatch(code)
    if found is None:
        raise ValueError(fragment("gdhcn.code_object"))
    return found[1]
