"""Headers, algorithms and keys, kids: the key decides, the header must agree, and a kid is a label."""

from __future__ import annotations

from functools import partial
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kit.compose import DOSE, claims, dcc, message, text, to_be_signed
from kit.keys import ORDER, dsc, dsc_rsa, ecdsa, elliptic, pkcs1, pss, rivest, signer
from kit.vector import Group, Vector, bare, pins


def vectors() -> list[Vector]:
    """Return all vectors of this module."""
    return [*headers(), *algorithms(), *kids()]


def headers() -> list[Vector]:
    """Where algorithm and kid stand."""
    group = Group(
        "headers", source="RFC 9052, section 3; HCERT specification, section 'COSE headers'",
        rule="Algorithm and kid are looked for in the protected header, then in the unprotected one; the protected counts.",
    )  # fmt: skip
    kid = dsc().kid
    group.accept("both-protected", text(message(claims(dcc("r")))), "As the specification has it.")
    group.accept("other-order", text(message(protected={4: kid, 1: -7})), "The labels in another order.")
    group.accept(
        "kid-unprotected",
        text(message(protected={1: -7}, unprotected={4: kid})),
        "The kid outside, as many emitters have it.",
    )
    group.either(
        "algorithm-unprotected", text(message(protected={4: kid}, unprotected={1: -7})),
        "The algorithm outside, where it is not signed.",
        "The specification has it protected; the key decides it anyway, so hcert reads it with a warning.",
        "cose.unprotected_algorithm",
    )  # fmt: skip
    group.either(
        "both-unprotected", text(message(protected=b"", unprotected={1: -7, 4: kid})), "No protected header at all.",
        "As before: nothing hangs on what is unprotected.", "cose.unprotected_algorithm",
    )  # fmt: skip
    outside, content = {1: -7, 4: kid}, cbor2.dumps(claims())
    of_empty = {
        "source": "RFC 9052, sections 3 and 4.4",
        "rule": "An empty protected header is signed as a zero-length string, however it was sent.",
    }
    group.either(
        "empty-map-signed-as-nothing",
        text(message(content, protected=b"\xa0", unprotected=outside, signature=dsc().sign(to_be_signed(b"", content)))),
        "An empty map as protected header, signed as a zero-length string.",
        "As before: the specification wants algorithm and kid protected.", "cose.unprotected_algorithm", **of_empty,
    )  # fmt: skip
    group.refuse(
        "empty-map-signed-as-sent",
        text(message(content, protected=b"\xa0", unprotected=outside)),
        "An empty map as protected header, signed as it was sent.",
        "cose.unprotected_algorithm", "signature.invalid", **of_empty,
    )  # fmt: skip
    group.accept(
        "kid-in-both",
        text(message(unprotected={4: b"elsewhr!"})),
        "The kid in both, the protected one right.",
    )
    group.accept(
        "algorithm-in-both", text(message(unprotected={1: -37})), "Another algorithm outside, which counts for nothing."
    )
    group.refuse(
        "kid-in-both-wrong-inside", text(message(protected={1: -7, 4: b"elsewhr!"}, unprotected={4: kid})),
        "The right kid outside, another inside: the protected one counts.", "trust.unknown_key", severity="critical",
    )  # fmt: skip
    group.accept(
        "content-type",
        text(message(protected={1: -7, 4: kid, 3: "application/cwt"})),
        "A content type, as in test data.",
    )
    group.accept("unknown-label", text(message(protected={1: -7, 4: kid, 99: "x"})), "A label nobody knows.")
    group.accept("text-label", text(message(protected={1: -7, 4: kid, "x": 1})), "A label of text.")
    group.refuse(
        "critical", text(message(protected={1: -7, 4: kid, 2: [99], 99: 1})),
        "A label marked as critical that the reader does not know.", "cose.critical_header",
    )  # fmt: skip
    group.refuse("no-algorithm", text(message(protected={4: kid})), "No algorithm anywhere.", "cose.no_algorithm")
    group.refuse("no-kid", text(message(protected={1: -7})), "No kid anywhere.", "cose.no_kid")
    group.refuse("empty", text(message(protected=b"")), "Neither.", "cose.no_algorithm")
    group.refuse(
        "algorithm-text", text(message(protected={1: "ES256", 4: kid})), "The algorithm as text.", "cose.malformed"
    )
    group.refuse(
        "algorithm-float", text(message(protected={1: -7.0, 4: kid})), "The algorithm as a float.", "cose.malformed"
    )
    group.refuse(
        "algorithm-null", text(message(protected={1: None, 4: kid})), "The algorithm is null.", "cose.no_algorithm"
    )
    group.refuse(
        "algorithm-list", text(message(protected={1: [-7], 4: kid})), "A list of algorithms.", "cose.malformed"
    )
    group.refuse(
        "header-array",
        text(message(protected=cbor2.dumps([1, -7]))),
        "The protected header is an array.",
        "cose.malformed",
    )
    group.refuse(
        "header-trailing",
        text(message(protected=cbor2.dumps({1: -7, 4: kid}) + b"\0")),
        "A byte after the header.",
        "cose.malformed",
    )
    group.refuse(
        "header-rubbish", text(message(protected=b"\xff\xff")), "The protected header is no CBOR.", "cose.malformed"
    )
    group.refuse(
        "header-duplicate", text(message(protected=b"\xa3\x01\x26\x04\x48" + kid + b"\x01\x38\x24")),
        "Two algorithms in one header.", "cose.malformed", severity="critical",
    )  # fmt: skip
    long_form = b"\xa2\x01\x26\x04\x58\x08" + kid
    group.accept(
        "header-long-form",
        text(message(protected=long_form)),
        "A header not in its shortest form: it is signed as it stands.",
    )
    return group.vectors


def algorithms() -> list[Vector]:
    """ES256 and PS256, and everything that is neither."""
    group = Group(
        "algorithms", source="RFC 9053, sections 2.1 and 2.2; HCERT specification, section 'Signature algorithms'",
        rule="ES256 on P-256 and PS256 with RSA of 2048 bits or more and a salt of 32 bytes; the key decides which.",
        severity="critical",
    )  # fmt: skip
    payload = cbor2.dumps(claims())
    small, large = signer("rsa1024", rivest(1024)), signer("rsa3072", rivest(3072))
    honest = text(message(claims(dcc("v", {**DOSE, "dn": 1}))))
    group.accept("es256", honest, "An honest ES256 signature.", severity="major")
    group.accept(
        "ps256",
        text(message(by=dsc_rsa())),
        "An honest PS256 signature, RSA of 2048 bits.",
        trust=pins(dsc_rsa()),
        severity="major",
    )
    group.accept("ps256-3072", text(message(by=large)), "RSA of 3072 bits.", trust=pins(large), severity="major")
    group.refuse(
        "rsa-1024",
        text(message(by=small)),
        "RSA of 1024 bits can be broken.",
        "trust.unsupported_key",
        trust=pins(small),
    )

    sound = dsc().sign(to_be_signed(cbor2.dumps({1: -7, 4: dsc().kid}), payload))
    r, s = int.from_bytes(sound[:32]), int.from_bytes(sound[32:])
    size = (32).__index__()
    group.accept("s-mirrored", text(message(payload, signature=sound[:32] + (ORDER - s).to_bytes(32))),
        "S mirrored at the order: valid by the standard, which is why revocations hash R alone.", severity="minor")  # fmt: skip
    raw = {
        "r-zero": (0, s, "R is 0."), "s-zero": (r, 0, "S is 0."), "both-zero": (0, 0, "R and S are 0: accepted by a famous fault."),
        "r-order": (ORDER, s, "R is the order of the curve."), "s-order": (r, ORDER, "S is the order of the curve."),
        "r-one": (1, s, "R is 1."), "s-one": (r, 1, "S is 1."), "both-one": (1, 1, "R and S are 1."),
        "swapped": (s, r, "R and S are exchanged."), "r-largest": (2**256 - 1, s, "R is as large as 32 bytes can be."),
        "s-largest": (r, 2**256 - 1, "S is as large as 32 bytes can be."), "r-equals-s": (r, r, "S repeats R."),
    }  # fmt: skip
    for slug, (one, other, shows) in raw.items():
        signature = one.to_bytes(size) + other.to_bytes(size)
        group.refuse(slug, text(message(payload, signature=signature)), shows, "signature.invalid")
    for slug, signature, shows in [
        ("der", encode_dss_signature(r, s), "The signature in DER, as in X.509 and not in COSE."),
        ("63-bytes", sound[:-1], "A byte is missing."),
        ("65-bytes", sound + b"\0", "A byte too many."),
        ("65-bytes-front", b"\0" + sound, "A zero byte before R."),
        ("128-bytes", sound * 2, "The signature twice."),
        ("96-bytes", sound[:32] + bytes(16) + sound[32:] + bytes(16), "As long as one of P-384."),
        ("all-bits", b"\xff" * 64, "512 bits that are all set."),
    ]:
        group.refuse(slug, text(message(payload, signature=signature)), shows, "signature.invalid")
    group.refuse("foreign-key", text(message(payload, by=signer("other"), protected={1: -7, 4: dsc().kid})),
        "Signed by somebody else under the kid of the authority.", "signature.invalid")  # fmt: skip
    group.refuse("signature-of-another-code", text(message(claims(c1="LA"), signature=sound)),
        "A signature cut from another code.", "signature.invalid")  # fmt: skip
    context = ecdsa(dsc().private, cbor2.dumps(["Signature", cbor2.dumps({1: -7, 4: dsc().kid}), b"", payload]))
    group.refuse(
        "other-context",
        text(message(payload, signature=context)),
        "Signed under the context of another structure.",
        "signature.invalid",
    )
    outside = ecdsa(dsc().private, cbor2.dumps(["Signature1", cbor2.dumps({1: -7, 4: dsc().kid}), b"x", payload]))
    group.refuse(
        "external-data",
        text(message(payload, signature=outside)),
        "Signed with external data that nobody has.",
        "signature.invalid",
    )
    plain = ecdsa(dsc().private, payload)
    group.refuse(
        "payload-alone",
        text(message(payload, signature=plain)),
        "Signed is the payload without the structure around it.",
        "signature.invalid",
    )

    rsa_header = cbor2.dumps({1: -37, 4: dsc_rsa().kid})
    signed = to_be_signed(rsa_header, payload)
    key = rivest(2048)
    for salt in (0, 20, 31, 33, 64, 222):
        signature = pss(key, signed, salt=bytes(salt))
        group.refuse(
            f"salt-{salt}", text(message(payload, by=dsc_rsa(), signature=signature)), f"A salt of {salt} bytes.",
            "signature.invalid", trust=pins(dsc_rsa()), severity="major",
        )  # fmt: skip
    sound_rsa = dsc_rsa().sign(signed)
    for slug, signature, shows in [
        ("pkcs1", pkcs1(key, signed), "RSASSA-PKCS1-v1_5 in place of PSS."),
        ("pss-sha384", pss(key, signed, salt=bytes(48), digest="sha384"), "PSS with SHA-384."),
        ("pss-255-bytes", sound_rsa[:-1], "A byte is missing."),
        ("pss-257-bytes", b"\0" + sound_rsa, "A zero byte before the signature."),
        ("pss-plus-modulus", (int.from_bytes(sound_rsa) + key.private_numbers().public_numbers.n).to_bytes(257),
            "The signature plus the modulus: the same number to careless readers."),
        ("pss-zero", bytes(256), "256 zero bytes."),
        ("pss-one", (1).to_bytes(256), "The number one."),
    ]:  # fmt: skip
        group.refuse(
            slug,
            text(message(payload, by=dsc_rsa(), signature=signature)),
            shows,
            "signature.invalid",
            trust=pins(dsc_rsa()),
        )

    numbered = partial(message, payload)
    foreign: list[tuple[str, int, str]] = [
        ("es384", -35, "ES384"), ("es512", -36, "ES512"), ("eddsa", -8, "EdDSA"), ("ps384", -38, "PS384"),
        ("ps512", -39, "PS512"), ("rs256", -257, "RS256"), ("es256k", -47, "ES256K"), ("hs256", 5, "HMAC 256/256"),
        ("none", 0, "the reserved number 0"), ("unassigned", -99_999, "a number nobody assigned"),
    ]  # fmt: skip
    for slug, number, name in foreign:
        group.refuse(
            f"header-{slug}", text(numbered(protected={1: number, 4: dsc().kid})), f"The header names {name} over an ES256 signature.",
            "cose.unsupported_algorithm",
        )  # fmt: skip
    group.refuse("header-ps256-key-es256", text(numbered(protected={1: -37, 4: dsc().kid})),
        "The header names PS256, the key is P-256.", "cose.algorithm_mismatch")  # fmt: skip
    group.refuse("header-es256-key-rsa", text(message(payload, by=dsc_rsa(), protected={1: -7, 4: dsc_rsa().kid})),
        "The header names ES256, the key is RSA.", "cose.algorithm_mismatch", trust=pins(dsc_rsa()))  # fmt: skip
    esp256 = {"source": "RFC 9864, section 2.1", "rule": "ESP256 (-9) is ES256 on P-256, and on no other curve."}
    group.either(
        "esp256", text(message(claims(dcc("v", {**DOSE, "dn": 1})), protected={1: -9, 4: dsc().kid})),
        "ESP256, the newer number of ES256 on P-256.", "The HCERT specification is older than the number.", **esp256,
    )  # fmt: skip
    group.refuse("header-esp256-over-es256", text(message(payload, protected={1: -9, 4: dsc().kid}, signature=sound)),
        "An ES256 signature whose number was exchanged.", "signature.invalid", **esp256)  # fmt: skip
    group.refuse("header-esp256-key-rsa", text(message(payload, by=dsc_rsa(), protected={1: -9, 4: dsc_rsa().kid})),
        "The header names ESP256, the key is RSA.", "cose.algorithm_mismatch", trust=pins(dsc_rsa()), **esp256)  # fmt: skip
    for curve in ("P-384", "P-521"):
        key384 = signer(f"dsc-{curve}", elliptic(f"dsc-{curve}", curve))
        group.refuse(
            f"esp256-{curve.lower()}", text(message(payload, by=key384, protected={1: -9, 4: key384.kid})),
            f"A key on {curve} under the number of ESP256.", "trust.unsupported_key", trust=pins(key384), **esp256,
        )  # fmt: skip
    for curve in ("P-384", "P-521"):
        key384 = signer(f"dsc-{curve}", elliptic(f"dsc-{curve}", curve))
        group.refuse(
            f"curve-{curve.lower()}", text(message(payload, by=key384)), f"A key on {curve} under the number of ES256.",
            "trust.unsupported_key", trust=pins(key384), severity="major",
        )  # fmt: skip
    return group.vectors


def kids() -> list[Vector]:
    """The kid: a label that leads to candidates, of which each is tried."""
    group = Group(
        "kid", source="RFC 9052, section 3.1; WHO GDHCN, key identifiers",
        rule="A kid is an opaque byte string of 1 to 64 bytes; every trusted key under it is tried.",
    )  # fmt: skip
    other = signer("other")

    def named(kid: Any, **more: Any) -> str:
        return text(message(protected={1: -7, 4: kid}, **more))

    for slug, kid, shows in [
        ("one-byte", b"\x31", "A kid of one byte."), ("two-bytes", b"11", "A kid of two bytes, as in DDCC samples."),
        ("six-bytes", b"sixby!", "A kid of six bytes, as in a Dutch list."), ("16-bytes", bytes(range(16)), "A kid of 16 bytes."),
        ("32-bytes", bytes(range(32)), "A whole digest as kid."), ("64-bytes", bytes(64), "As long as hcert takes."),
        ("literal", b"ABCDEFGH", "A kid that is no hash, as on a WHO list."),
    ]:  # fmt: skip
        group.accept(slug, named(kid), shows, trust=pins(dsc(), kid=kid))
    group.accept(
        "bare-key",
        named(b"barekey!"),
        "A list of bare keys without certificates.",
        trust=bare(dsc(), b"barekey!"),
        optional=True,
    )
    both = {"keys": [*pins(other, kid=b"shared!!")["keys"], *pins(dsc(), kid=b"shared!!")["keys"]]}
    group.accept("collision", named(b"shared!!"), "Two keys under one kid, the second is right.", trust=both)
    reverse = {"keys": both["keys"][::-1]}
    group.accept("collision-first", named(b"shared!!"), "Two keys under one kid, the first is right.", trust=reverse)
    mixed = {"keys": [*pins(dsc_rsa(), kid=b"shared!!")["keys"], *pins(dsc(), kid=b"shared!!")["keys"]]}
    group.accept("collision-of-kinds", named(b"shared!!"), "An RSA key and a P-256 key under one kid.", trust=mixed)
    group.refuse("collision-none", named(b"shared!!", by=signer("third")), "Two keys under one kid, neither of them signed.",
        "signature.invalid", trust=both, severity="critical")  # fmt: skip
    group.refuse(
        "unknown", text(message(by=other)), "A signer who is not trusted.", "trust.unknown_key", severity="critical"
    )
    group.refuse(
        "nobody-trusted",
        text(message()),
        "An empty list trusts nobody.",
        "trust.unknown_key",
        trust={"keys": []},
        severity="critical",
    )
    group.refuse("prefix", named(dsc().kid[:4]), "The first half of a known kid.", "trust.unknown_key")
    group.refuse("longer", named(dsc().kid + b"\0"), "A known kid with a byte more.", "trust.unknown_key")
    group.refuse("other-case", named(dsc().kid.hex().encode()), "A known kid in hexadecimal.", "trust.unknown_key")
    no_kids: list[tuple[str, Any, str]] = [
        ("empty", b"", "A kid of no bytes."), ("65-bytes", bytes(65), "A kid longer than hcert takes."),
        ("text", "kid", "A kid of text."), ("number", 7, "A number as kid."),
        ("list", [dsc().kid], "A list of kids."),
    ]  # fmt: skip
    for slug, no_kid, shows in no_kids:
        group.refuse(slug, named(no_kid), shows, "cose.malformed")
    group.refuse("null", named(None), "null as kid.", "cose.no_kid")
    return group.vectors
