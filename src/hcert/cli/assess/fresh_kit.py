"""Fresh vectors, which nobody can have tuned a program to: keys, people and order come from a seed.

The expected results are written by hand beside each vector, from the rule. All vectors share one list of keys, one
revocation list and one time, so that an app on a phone can be shown all of them as it is.
"""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hcert import Algorithm, lists
from hcert.cli.assess.fictional_keys import ES256, PS256, USAGE_TEST, FictionalAuthority, derive
from hcert.cli.assess.fictional_people import FictionalPeople
from hcert.cli.assess.raw_codes import ALGORITHM, KID, PREFIX, Message, Pairs, encode, sign, write_text

if TYPE_CHECKING:
    from hcert.cli.assess.fictional_keys import FictionalKey

_DAY: Final = 86_400
_YEAR: Final = 365 * _DAY
_BOMB: Final = 1_000_000  # bytes
# Rule and source by group, or by vector where the group has another, as in the kit of docs/conformance.
_RULES: Final = {
    "honest": ("An honest code is accepted.", "HCERT specification 1.1.1"),
    "text": (
        "A code is HC1: followed by Base45, exactly as scanned, and no longer than a QR code can be.",
        "HCERT specification 1.1.1, section 'Text encoding'; ISO/IEC 18004",
    ),
    "base45": (
        "Groups of three letters mean two bytes, the last two letters one; nothing else is Base45.",
        "RFC 9285, sections 4 and 6",
    ),
    "zlib": (
        "One whole zlib stream, its checksum right, nothing after it, and no larger than a certificate can be.",
        "RFC 1950, RFC 1951; HCERT specification, section 'Compression'",
    ),
    "cbor": (
        "CBOR is closed: no duplicate keys, no unknown tags, no bignums for integers, bounded depth, nothing left over.",
        "RFC 8949, sections 3, 5.3 and 5.6",
    ),
    "cose": (
        "A message is a COSE_Sign1 array of four: protected header, map, payload, signature, all of the right type.",
        "RFC 9052, section 4.2; HCERT specification, section 'Signature'",
    ),
    "headers": (
        "Algorithm and kid are looked for in the protected header, then in the unprotected one; the protected counts.",
        "RFC 9052, section 3; HCERT specification, section 'COSE headers'",
    ),
    "algorithms": (
        "ES256 on P-256 and PS256 with RSA of 2048 bits or more and a salt of 32 bytes; the key decides which.",
        "RFC 9053, sections 2.1 and 8.1; HCERT specification, section 'Signature algorithm'",
    ),
    "kid": (
        "A kid is an opaque byte string of 1 to 64 bytes; every trusted key under it is tried.",
        "RFC 9052, section 3.1; HCERT specification, section 'Key identifier'",
    ),
    "claims": (
        "Times are seconds since 1970; a code counts from its issue to its expiry, both included.",
        "RFC 8392, sections 2 and 3.1; HCERT specification, section 'Claims'",
    ),
    "claims/key-expired": (
        "At the time of the check the key has to be valid.",
        "HCERT specification, section 'Validity'; RFC 5280, section 6.1.3",
    ),
    "usage": (
        "A certificate with usages of the EU signs those events alone; both families of identifiers count.",
        "HCERT specification, section 'Extended key usage'",
    ),
    "eu-dcc": (
        "The payload follows the schema; exactly one event; codes outside the value sets are no reason to refuse.",
        "EU DCC schema 1.3",
    ),
    "revocation": ("What was revoked is refused, and nothing else.", "EU DCC gateway, revocation lists"),
}

GROUPS: Final = frozenset(name for name in _RULES if "/" not in name)


def make_vectors(seed: int, at: datetime) -> list[dict[str, Any]]:
    """Make a fresh kit, in an order that tells nothing.

    Args:
        seed: the same seed and time give the same vectors; another seed gives other keys, people and order.
        at: the time of the check, aware.
    """
    kit = _Kit(seed, at.astimezone(UTC).replace(microsecond=0))
    kit.add_honest()
    kit.add_forged()
    kit.add_limited()
    kit.add_revoked()
    kit.add_broken_text()
    kit.add_broken_content()
    return sorted(kit.finish(), key=lambda vector: derive(f"{seed} order of {vector['id']}"))


class _Kit:
    """The vectors of one seed."""

    def __init__(self, seed: int, at: datetime) -> None:
        self._at, self._now = at, int(at.timestamp())
        self._people = FictionalPeople(seed, at)
        authority = FictionalAuthority(seed, at)
        self._first, self._second, self._stranger = map(authority.certify, ("signer 1", "signer 2", "stranger"))
        self._rsa = authority.certify("signer 3", by_rsa=True)
        self._tests = authority.certify("laboratory", usage=USAGE_TEST)
        self._ended = authority.certify("former signer", ended=True)
        self._revocations: dict[str, list[str]] = {"uci_hashes": [], "signature_hashes": []}
        self._vectors: list[dict[str, Any]] = []

    def finish(self) -> list[dict[str, Any]]:
        """Return all vectors, with the lists that they share."""
        listed = (self._first, self._second, self._rsa, self._tests, self._ended)
        keys = [{"kid": _to_base64(key.kid), "certificate": _to_base64(key.certificate)} for key in listed]
        shared = {"trust": {"keys": keys}, "revocations": self._revocations, "clock": f"{self._at:%Y-%m-%dT%H:%M:%SZ}"}
        return [vector | shared for vector in self._vectors]

    def add_honest(self) -> None:
        """What must be accepted: a program that refuses everything is of no use."""
        people, first = self._people, self._first
        self._accept("honest/vaccination", self._sign(people.vaccination("A")).text, "A vaccination.")
        self._accept("honest/test", self._sign(people.test("B")).text, "A test.")
        self._accept("honest/recovery", self._sign(people.recovery("C")).text, "A recovery.")
        self._accept("honest/second-key", self._sign(people.vaccination("D"), self._second).text, "Signed by another key of the list.")  # fmt: skip
        self._accept("honest/ps256", self._sign(people.vaccination("E"), self._rsa).text, "Signed by PS256 with an RSA key.")  # fmt: skip
        self._accept("honest/booster", self._sign(people.vaccination("F", dn=3, sd=2)).text, "The third dose of two: a booster.")  # fmt: skip
        outside = sign(self._claim(people.vaccination("G")), first, protected={ALGORITHM: ES256}, unprotected={KID: first.kid})  # fmt: skip
        self._accept("headers/kid-unprotected", outside.text, "The kid stands in the unprotected header, as many issuers have it.")  # fmt: skip
        self._accept("usage/test-signs-test", self._sign(people.test("H"), self._tests).text, "A key signs what it is for.")  # fmt: skip
        self._accept("eu-dcc/unknown-code", self._sign(people.vaccination("I", mp="EU/1/99/9999")).text,
            "A product that is not in the value sets yet.", "record.unknown_code")  # fmt: skip

    def add_forged(self) -> None:
        """Signatures that no key of the list made."""
        people, first = self._people, self._first
        strange = self._sign(people.vaccination("J"), self._stranger)
        self._refuse("kid/unknown", strange.text, "A signer who is not trusted.", "trust.unknown_key", grave=True)
        named = sign(self._claim(people.vaccination("K")), self._stranger, protected={ALGORITHM: ES256, KID: first.kid})
        self._refuse("algorithms/foreign-key", named.text, "Signed by somebody else under the kid of the authority.", "signature.invalid", grave=True)  # fmt: skip
        honest = self._sign(people.vaccination("L"))
        other = self._claim(people.vaccination("M"))
        self._refuse("cose/other-content", Message(honest.protected, other, honest.signature).text,
            "The content was exchanged after it had been signed.", "signature.invalid", grave=True)  # fmt: skip
        bent = honest.signature[:40] + bytes([honest.signature[40] ^ 4]) + honest.signature[41:]
        self._refuse("cose/signature-bit", Message(honest.protected, honest.content, bent).text,
            "One bit of the signature was changed.", "signature.invalid", grave=True)  # fmt: skip
        self._refuse("cose/no-signature", Message(honest.protected, honest.content, b"").text,
            "A signature of no bytes.", "signature.invalid", grave=True)  # fmt: skip
        self._refuse("algorithms/both-zero", Message(honest.protected, honest.content, bytes(64)).text,
            "R and S are 0: accepted by a famous fault.", "signature.invalid", grave=True)  # fmt: skip
        renamed = sign(self._claim(people.vaccination("N")), first, protected={ALGORITHM: PS256, KID: first.kid})
        self._refuse("algorithms/header-ps256", renamed.text, "The header names PS256, the key is P-256.", "cose.algorithm_mismatch", grave=True)  # fmt: skip
        der = first.sign_der(encode(("Signature1", honest.protected, b"", honest.content)))
        self._refuse("algorithms/der", Message(honest.protected, honest.content, der).text,
            "The signature in DER, as in X.509 and not in COSE.", "signature.invalid", grave=True)  # fmt: skip
        self._refuse("headers/no-algorithm", sign(self._claim(people.test("O")), first, protected={KID: first.kid}).text,
            "No algorithm anywhere.", "cose.no_algorithm")  # fmt: skip

    def add_limited(self) -> None:
        """Codes and keys outside their time, and keys outside their purpose."""
        people = self._people
        self._refuse("usage/test-signs-vaccination", self._sign(people.vaccination("P"), self._tests).text,
            "A key for tests alone signs a vaccination.", "usage.not_allowed", grave=True)  # fmt: skip
        self._refuse("claims/key-expired", self._sign(people.vaccination("Q"), self._ended).text,
            "Signed by a key whose certificate has ended.", "trust.key_expired", "claims.outlives_key", grave=True)  # fmt: skip
        expired = self._sign(people.vaccination("R"), issued=self._now - 200 * _DAY, expires=self._now - _DAY)
        self._refuse("claims/expired", expired.text, "Expired yesterday.", "claims.expired", grave=True)
        ahead = self._sign(people.recovery("S"), issued=self._now + 60 * _DAY)
        self._refuse("claims/future", ahead.text, "Issued in the future.", "claims.not_yet_valid")
        endless = self._sign(people.recovery("T"), expires=None)
        self._add(
            "claims/no-expiry", endless.text, "No expiry.", ("claims.no_expiry",), expect="either", severity="minor"
        )
        self._vectors[-1]["reason"] = "The EU requires an expiry; some issuers of the WHO's network write none."
        later = f"{datetime.fromtimestamp(self._now + 60 * _DAY, UTC):%F}"
        self._refuse("eu-dcc/dose-of-the-future", self._sign(people.vaccination("U", dt=later)).text,
            "A dose dated in the future.", "entry.in_future", "record.nothing_counts", grave=True)  # fmt: skip

    def add_revoked(self) -> None:
        """What the revocation list names, and its neighbour."""
        people = self._people
        self._revocations["uci_hashes"].append(lists.uci_hash(people.identifier("V")).hex())
        self._refuse("revocation/identifier", self._sign(people.vaccination("V")).text,
            "Revoked by the hash of its identifier.", "revocation.certificate", grave=True)  # fmt: skip
        near = people.identifier("V")[:-1] + ("0" if people.identifier("V")[-1] != "0" else "1")
        self._accept("revocation/neighbour", self._sign(people.vaccination("W", ci=near)).text,
            "Its identifier differs from a revoked one in the last letter.")  # fmt: skip
        signed = self._sign(people.test("X"))
        self._revocations["signature_hashes"].append(lists.signature_hash(signed.signature, Algorithm.ES256).hex())
        self._refuse("revocation/signature", signed.text, "Revoked by the hash of its signature.", "revocation.certificate", grave=True)  # fmt: skip

    def add_broken_text(self) -> None:
        """What stands around the message: anybody can write it."""
        honest = self._sign(self._people.vaccination("Y"))
        letters = honest.text.removeprefix(PREFIX)
        stream = zlib.compress(honest.cose, 9)
        bomb = bytes(_BOMB) + honest.signature  # which makes it another text with each seed
        even = write_text(stream if len(stream) % 2 == 0 else stream + b"\0")
        for name, text, shows, code in (
            ("text/other-version", f"HC2:{letters}", "A version of the container that does not exist.", "text.prefix"),
            ("text/no-prefix", letters, "The prefix is missing.", "text.prefix"),
            ("text/address", f"HTTPS://EXAMPLE.ORG/{honest.text}", "A web address that holds a code is no code.", "text.prefix"),
            ("base45/lower-case", PREFIX + letters[:50] + letters[50:].lower(), "Base45 has no lower case.", "text.alphabet"),
            ("base45/overflow", f"{even}GGW", "The value 65 536 does not fit two bytes; a reader that wraps around reads 0.", "text.overflow"),
            ("base45/left-over", f"{even}0", "One letter is left over.", "text.length"),
            ("zlib/checksum", write_text(stream[:-1] + bytes([stream[-1] ^ 1])), "The checksum is wrong.", "inflate.damaged"),
            ("zlib/cut", write_text(stream[: len(stream) // 2]), "The stream is cut.", "inflate.truncated"),
            ("zlib/trailing-byte", write_text(stream + b"\0"), "A byte after the stream.", "inflate.trailing_bytes"),
            ("zlib/second-stream", write_text(stream * 2), "A second stream: some readers join both.", "inflate.trailing_bytes"),
            ("zlib/none", write_text(honest.cose), "A message that was not compressed at all.", "inflate.damaged"),
            ("zlib/bomb", write_text(zlib.compress(bomb, 9)), "A kilobyte that inflates to a megabyte.", "inflate.too_large"),
        ):  # fmt: skip
            self._refuse(name, text, shows, code)

    def add_broken_content(self) -> None:
        """What is signed, but has two readings or none."""
        people, first = self._people, self._first
        honest = self._sign(people.vaccination("Z"))
        claims = self._claims(people.vaccination("AA"))
        twice = Pairs(((4, self._now - _DAY), *claims.items()))
        whole = encode(claims)
        short = b"\xd2" + encode((honest.protected, {}, honest.content))
        payload = people.vaccination("AB")
        nameless = {name: member for name, member in payload.items() if name != "nam"}
        both = people.vaccination("AC") | {"t": people.test("AC")["t"]}
        for name, text, shows, code in (
            ("cbor/duplicate-expiry", sign(encode(twice), first).text, "The expiry twice: one reader takes the first, another the last.", "claims.malformed"),
            ("cbor/trailing-byte", sign(whole + b"\0", first).text, "A byte after the claims.", "claims.malformed"),
            ("cbor/cut", sign(whole[:-1], first).text, "The claims are cut.", "claims.malformed"),
            ("cose/three-elements", write_text(zlib.compress(short, 9)), "The signature is missing.", "cose.malformed"),
            ("cose/second-message", write_text(zlib.compress(honest.cose * 2, 9)), "A second message after the first.", "cose.malformed"),
            ("eu-dcc/without-name", self._sign(nameless).text, "A required member is missing.", "record.schema"),
            ("eu-dcc/dose-and-test", self._sign(both).text, "A dose and a test in one code.", "record.multiple_events"),
        ):  # fmt: skip
            self._refuse(name, text, shows, code)

    def _sign(self, payload: dict[str, Any], key: FictionalKey | None = None, **times: int | None) -> Message:
        return sign(self._claim(payload, **times), key or self._first)

    def _claim(self, payload: dict[str, Any], **times: int | None) -> bytes:
        return encode(self._claims(payload, **times))

    def _claims(self, payload: dict[str, Any], **times: int | None) -> dict[int, Any]:
        """Return the claims of a certificate (RFC 8392): issuer, expiry, issue time, and the payload."""
        given = {"issued": self._now - _DAY, "expires": self._now + _YEAR} | times
        claims = {1: "VN", 4: given["expires"], 6: given["issued"], -260: {1: payload}}
        return {claim: value for claim, value in claims.items() if value is not None}

    def _accept(self, name: str, text: str, shows: str, *codes: str) -> None:
        self._add(name, text, shows, codes, expect="accept", severity="major")

    def _refuse(self, name: str, text: str, shows: str, *codes: str, grave: bool = False) -> None:
        self._add(name, text, shows, codes, expect="refuse", severity="critical" if grave else "major")

    def _add(self, name: str, text: str, shows: str, codes: tuple[str, ...], *, expect: str, severity: str) -> None:
        group = name.partition("/")[0]
        rule, source = _RULES.get(name) or _RULES[group]
        self._vectors.append(
            {"id": name, "group": group, "text": text, "expect": expect, "codes": list(codes), "severity": severity,
             "rule": rule, "source": source, "shows": shows}
        )  # fmt: skip


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
