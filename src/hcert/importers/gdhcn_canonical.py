"""A GDHCN DID document as its signature sees it: canonical N-Quads of the documents WHO publishes, and of no others.

WHO signs RDF, not JSON: URDNA2015 of the document expanded by its JSON-LD contexts. The documents have one shape, so
their quads are written here directly; no context is ever loaded. What makes this safe is that a document is read
strictly before a line is written:

* Text for the place of an IRI matches a pattern without brackets, quotes, spaces and control characters, and literals
  are escaped, so that no value can end its line or start another. Codes and references are taken with more characters
  than published lists have, none of those among them; who reads them puts such entries aside.
* A JSON Web Key may hold anything that JSON can, but numbers that RFC 8785 would round or write in another way: of each
  value that is taken there is one text, and of each text one value.
* A member that an entry lacks has no quad. Domain, participant and keyusage may be lacking, as they stand for
  themselves; controller, type and key may not, since the type decides what the others mean.
* A member that JSON-LD could see and this writer does not cover is refused: keywords (`@id`), IRIs (any name with a
  colon) and the other terms of the contexts. All other unknown members are not signed; nothing reads them.
* Quads are a set. Entries under one identifier could trade members without changing it. Where all have one key and they
  differ in one other member at most, whatever is read of the key is said of it; the others are marked. Which they are
  follows from the quads alone, so trading marks none and unmarks none. Nor does leaving a member out: what has no quad
  counts for nothing, and what has one is signed of the identifier and so of its one key.
* Nothing read has a blank node: identifiers are mandatory and the only other values are literals and codes. So sorting
  is all of URDNA2015 that is left. A document that a JSON-LD processor expands to other quads has another signature.

Sources: JSON-LD 1.1; RDF 1.1 N-Quads with the canonical escapes of RDFC-1.0; RFC 8785 (JCS) for the JSON literal; DID
v1 and JWS-2020 contexts; the shape of the quads as measured on all published lists.
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
MAX_ID_CHARACTERS: Final = 2000  # published ones have 150
MAX_CODE_CHARACTERS: Final = 200
_MAX_INTEGER: Final = 2**53 - 1  # beyond it RFC 8785 rounds

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
    """A signed verification method: whose key it is, and where and for what it counts.

    Attributes:
        id: its DID URL, which differs between documents for one key.
        controller: the DID of the level above.
        jwk: the whole JSON Web Key, of any shape.
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
        """Why the entry cannot be taken although it is signed; None where it can."""
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
        entries: embedded entries, and references as DIDs, perhaps with a fragment.
        environment: the suffix of its value sets.
        ambiguous: ids that stand for several entries of which the quads do not tell what belongs together.
    """

    id: str
    controller: str
    entries: tuple[DidEntry | str, ...]
    environment: str
    ambiguous: frozenset[str]

    @property
    def host_prefix(self) -> str:
        """The start of all identifiers of its host."""
        return self.id[: self.id.index(":", len("did:web:")) + 1]


def environment_of(context: object) -> str | None:
    """Return the suffix of the environment whose contexts are named, None where they are not exactly the known ones."""
    known = {suffix: [*COMMON_CONTEXTS, f"{_TRUST}tng-context/v1{suffix}.jsonld"] for suffix in _ENVIRONMENTS}
    return next((suffix for suffix, contexts in known.items() if contexts == context), None)


def read_document(members: dict[str, Any], environment: str) -> Document:
    """Read the signed members of a document.

    Raises:
        ValueError: for every shape that the canonical form written here does not cover, in fixed words.
    """
    _refuse_other_terms(members, _DOCUMENT_MEMBERS)
    methods = members.get("verificationMethod")
    if not isinstance(methods, list):
        raise ValueError(fragment("gdhcn.method_list"))  # noqa: TRY004 - one type for all that is malformed
    entries = tuple(_reference(method) if isinstance(method, str) else _read_entry(method) for method in methods)
    return Document(
        id=_did(members.get("id")),
        controller=_did(members.get("controller")),
        entries=entries,
        environment=environment,
        ambiguous=_ambiguous(entries),
    )


def document_quads(document: Document) -> bytes:
    """Write the canonical form of a document without its proof.

    Raises:
        ValueError: where a string is no Unicode text.
    """
    lines = [f"<{document.id}> <{_SECURITY}controller> <{document.controller}> ."]
    for entry in document.entries:
        name = entry if isinstance(entry, str) else entry.id
        lines.append(f"<{document.id}> <{_SECURITY}verificationMethod> <{name}> .")
        if isinstance(entry, DidEntry):
            lines += _entry_quads(entry, document.environment)
    return _canonical(lines)


def proof_quads(*, created: str, nonce: str, method: str) -> bytes:
    """Write the canonical form of the options of a proof; `created` and `method` have been checked.

    Raises:
        ValueError: where the nonce is no Unicode text.
    """
    return _canonical(
        [
            f"_:c14n0 {_CREATED} {_literal(created)}^^{_DATE_TIME} .",
            f"_:c14n0 {_TYPE} <{_SECURITY}JsonWebSignature2020> .",
            f"_:c14n0 <{_SECURITY}nonce> {_literal(nonce)} .",
            f"_:c14n0 <{_SECURITY}proofPurpose> <{_SECURITY}assertionMethod> .",
            f"_:c14n0 <{_SECURITY}verificationMethod> <{method}> .",
        ]
    )


def _entry_quads(entry: DidEntry, environment: str) -> list[str]:
    coded = {"Domains": entry.domain, "Participants": entry.participant, "KeyUsage": entry.keyusage}
    value_sets = {f"{_TRUST}ValueSet-{name}{environment}.jsonld": code for name, code in coded.items() if code}
    return [
        f"<{entry.id}> {_TYPE} <{_SECURITY}JsonWebKey2020> .",
        f"<{entry.id}> <{_SECURITY}controller> <{entry.controller}> .",
        f"<{entry.id}> <{_SECURITY}publicKeyJwk> {_literal(_jcs(entry.jwk))}^^{_JSON} .",
        *(f"<{entry.id}> <{value_set}> <{value_set}#{code}> ." for value_set, code in value_sets.items()),
    ]


def _canonical(lines: list[str]) -> bytes:
    """Sort and join quads, each once; code points sort as their UTF-8 bytes do."""
    try:
        return "".join(f"{line}\n" for line in sorted(set(lines))).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        raise ValueError(fragment("json.not_unicode")) from None


def _literal(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _jcs(jwk: dict[str, Any]) -> str:
    """Write a JWK by RFC 8785; Python escapes strings and writes integers just as the RFC does.

    Raises:
        ValueError: for numbers that the RFC writes otherwise than Python.
    """
    return json.dumps(_in_order(jwk), ensure_ascii=False, separators=(",", ":"))


def _in_order(value: Any) -> Any:
    """Return a JSON value with the members of all objects sorted by UTF-16 code units."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return {name: _in_order(value[name]) for name in names}
    if isinstance(value, list):
        return [_in_order(item) for item in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > _MAX_INTEGER):
        raise ValueError(fragment("gdhcn.jwk_number"))
    return value


def _refuse_other_terms(members: dict[str, Any], covered: frozenset[str]) -> None:
    for name in members.keys() - covered:
        if name.startswith("@") or ":" in name or name in _TERMS:
            raise ValueError(fragment("gdhcn.unknown_member"))


def _ambiguous(entries: tuple[DidEntry | str, ...]) -> frozenset[str]:
    """Return the ids that have several keys, or whose entries differ in more than one other member."""
    values: dict[str, list[set[str]]] = {}
    for entry in entries:
        if isinstance(entry, DidEntry):
            signed = (_jcs(entry.jwk), entry.controller, entry.domain, entry.participant, entry.keyusage)
            for seen, value in zip(values.setdefault(entry.id, [set() for _ in signed]), signed, strict=True):
                if value is not None:
                    seen.add(value)
    return frozenset(
        name for name, (keys, *others) in values.items() if len(keys) > 1 or sum(len(seen) > 1 for seen in others) > 1
    )


def _read_entry(members: object) -> DidEntry:
    if not isinstance(members, dict):
        raise ValueError(fragment("gdhcn.entry_object"))  # noqa: TRY004 - one type for all that is malformed
    _refuse_other_terms(members, _ENTRY_MEMBERS)
    name = members.get("id")
    if not isinstance(name, str) or len(name) > MAX_ID_CHARACTERS or not _METHOD_ID.fullmatch(name):
        raise ValueError(fragment("gdhcn.entry_id"))
    if members.get("type") != "JsonWebKey2020":
        raise ValueError(fragment("gdhcn.entry_type"))
    return DidEntry(
        id=name,
        controller=_did(members.get("controller")),
        jwk=_read_jwk(members.get("publicKeyJwk")),
        domain=_code(members["domain"]) if "domain" in members else None,
        participant=_code(members["participant"]) if "participant" in members else None,
        keyusage=_code(members["keyusage"]) if "keyusage" in members else None,
    )


def _read_jwk(jwk: object) -> dict[str, Any]:
    if not isinstance(jwk, dict):
        raise ValueError(fragment("gdhcn.jwk"))  # noqa: TRY004 - one type for all that is malformed
    return jwk


def _did(value: object) -> str:
    """Return a did:web identifier without a fragment, of characters that are safe in a quad."""
    if not isinstance(value, str) or len(value) > MAX_ID_CHARACTERS or not _DID.fullmatch(value):
        raise ValueError(fragment("gdhcn.did"))
    return value


def _reference(value: str) -> str:
    """Return a did:web identifier, with a fragment or not, that stands in the place of an entry."""
    if len(value) > MAX_ID_CHARACTERS or not _REFERENCE.fullmatch(value):
        raise ValueError(fragment("gdhcn.reference"))
    return value


def _code(value: object) -> str:
    """Return a code without `#`; colons and a second `#` are not taken, of which JSON-LD makes other identifiers."""
    code = value.get("code") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(code, str) or len(code) > MAX_CODE_CHARACTERS or not code.isprintable():
        code = ""
    found = _CODE.fullmatch(code)
    if found is None:
        raise ValueError(fragment("gdhcn.code_object"))
    return found[1]
