"""Text, Base45, zlib, CBOR and COSE structure: one text has one meaning, and everything else is refused."""

from __future__ import annotations

import zlib
from itertools import pairwise

import cbor2

from kit.compose import ALPHABET, DOSE, NAMES, base45, claims, dcc, message, stored, text
from kit.vector import Group, Vector

HONEST = text(message())
MESSAGE = message()
REPETITIVE = message(
    claims(
        dcc(
            "v",
            {**DOSE, "is": "Ministry of Health, Department of Health, Office of Health"},
            nam={**NAMES, "fn": "Nguyễn " * 9 + "Nguyễn"},
        )
    )
)


def vectors() -> list[Vector]:
    """Return all vectors of this module."""
    return [*texts(), *letters(), *streams(), *cbor(), *structures()]


def texts() -> list[Vector]:
    """What stands around the Base45."""
    group = Group(
        "text", source="HCERT specification 1.1.1, section 'Text encoding'; ISO/IEC 18004",
        rule="A code is HC1: followed by Base45, exactly as scanned, and no longer than a QR code can be.",
    )  # fmt: skip
    group.accept("honest", HONEST, "An honest code.")
    for slug, given, shows in [
        ("empty", "", "Nothing was scanned."),
        ("prefix-alone", "HC1", "The prefix was cut."),
        ("other-version", "HC2:" + HONEST[4:], "A version of the container that does not exist."),
        ("light-certificate", "CH1:" + HONEST[4:], "The Swiss light certificate, another profile."),
        ("domestic-norway", "NO1:" + HONEST[4:], "A domestic profile of Norway."),
        ("health-link", "shlink:/eyJ1cmwiOiJodHRwczovL2EifQ", "A SMART Health Link without container."),
        ("no-prefix", HONEST[4:], "The prefix is missing."),
        ("lower-case-prefix", "hc1:" + HONEST[4:], "Lower case is no spelling of the prefix."),
        ("prefix-twice-lower", "hC1:" + HONEST[4:], "Mixed case is none either."),
        ("no-colon", "HC1" + HONEST[4:], "The colon is missing."),
        ("byte-order-mark", "\ufeff" + HONEST, "A byte order mark was put before the code."),
        ("url", "https://example.org/HC1:" + HONEST[4:], "A web address that holds a code is no code."),
        ("wide-letters", "ＨＣ１：" + HONEST[4:], "Full-width letters look like the prefix."),
    ]:
        group.refuse(slug, given, shows, "text.prefix")
    for slug, given, shows, code in [
        ("blank-before", " " + HONEST, "A blank was put before the code.", "text.prefix"),
        ("line-end-before", "\n" + HONEST, "A line end was put before the code.", "text.prefix"),
        ("line-end-after", HONEST + "\n", "A line end was added.", "text.alphabet"),
        ("carriage-return-after", HONEST + "\r\n", "A DOS line end was added.", "text.alphabet"),
        ("tab-after", HONEST + "\t", "A tab was added.", "text.alphabet"),
    ]:
        group.either(slug, given, shows,
            "Verifiers may strip whitespace before they decode; hcert reads the text exactly as it was scanned.", code)  # fmt: skip
    for slug, given, shows in [
        ("lower-case", "HC1:" + HONEST[4:].lower(), "Base45 has no lower case."),
        ("null-inside", HONEST[:40] + "\0" + HONEST[40:], "A null character was slipped in."),
        ("no-break-space", HONEST[:40] + "\u00a0" + HONEST[41:], "A no-break space is no blank of the alphabet."),
        ("arabic-digit", HONEST[:40] + "\u0665" + HONEST[41:], "A digit of another script is none of the alphabet."),
        ("emoji", HONEST[:40] + "\U0001f9a0" + HONEST[41:], "A character beyond the basic plane."),
        ("prefix-again", "HC1:hc1:" + HONEST[4:], "A second prefix in lower case."),
    ]:
        group.refuse(slug, given, shows, "text.alphabet")
    group.refuse("too-long", "HC1:" + "0" * 4293, "4 297 characters: more than any QR code holds.", "text.too_long")
    group.refuse("much-too-long", "HC1:" + "0" * 20_000, "A text that came from no QR code.", "text.too_long")
    return group.vectors


def letters() -> list[Vector]:
    """Base45 itself."""
    group = Group(
        "base45", source="RFC 9285, sections 4 and 6",
        rule="Groups of three letters mean two bytes, the last two letters one; nothing else is Base45.",
    )  # fmt: skip
    for code in range(0x21, 0x7F):
        letter = chr(code)
        if letter not in ALPHABET:
            where = 10 + code % 300
            group.refuse(
                f"letter-{code:02x}", HONEST[:where] + letter + HONEST[where + 1 :],
                "A character outside the alphabet in place of a letter.", "text.alphabet",
            )  # fmt: skip
    for slug, tail, shows in [
        ("group-just-above", "GGW", "The value 65 536 does not fit two bytes; a reader that wraps around reads 0."),
        ("group-largest", ":::", "The largest value three letters can have."),
        ("pair-just-above", "V5", "The value 256 does not fit one byte."),
        ("pair-largest", "::", "The largest value two letters can have."),
    ]:
        even = HONEST if len(HONEST[4:]) % 3 == 0 else "HC1:" + base45(stored(MESSAGE) + b"\0")
        group.refuse(slug, even + tail, shows, "text.overflow")
    whole = even
    group.refuse("left-over", whole + "0", "One letter is left over.", "text.length")
    group.refuse("one-letter", "HC1:0", "One letter means nothing.", "text.length")
    group.refuse("group-inside", "HC1:" + "GGW" + HONEST[7:], "An overflow at the start.", "text.overflow")
    for length in (6, 9, 30, 150):
        cut = HONEST[: 4 + length]
        group.refuse(f"cut-at-{length}", cut, "The code was cut at a group.", "inflate.truncated", severity="major")
    group.refuse("nothing-after-prefix", "HC1:", "No Base45 at all.", "inflate.truncated")
    return group.vectors


def streams() -> list[Vector]:
    """Zlib."""
    group = Group(
        "zlib", source="RFC 1950, RFC 1951; HCERT specification, section 'Compression'",
        rule="One whole zlib stream, its checksum right, nothing after it, and no larger than a certificate can be.",
    )  # fmt: skip
    sound = stored(MESSAGE)
    for level in (1, 6, 9):
        packed = FROZEN[level]
        assert zlib.decompress(packed) == REPETITIVE, "run generate.py --freeze"
        assert packed[2] & 0b110, "a stored block shows no compression"
        group.accept(f"level-{level}", "HC1:" + base45(packed), f"Really compressed, at level {level} of zlib.")
    empty = b"\x78\x01" + b"\x00\x00\x00\xff\xff" * 3 + sound[2:]
    group.accept("empty-blocks", "HC1:" + base45(empty), "Empty blocks before the content are part of the format.")
    for slug, data, shows, code in [
        ("checksum", sound[:-1] + bytes([sound[-1] ^ 1]), "The checksum is wrong.", "inflate.damaged"),
        ("no-checksum", sound[:-4], "The checksum is missing.", "inflate.truncated"),
        ("half-checksum", sound[:-2], "The checksum is cut.", "inflate.truncated"),
        ("cut", sound[: len(sound) // 2], "The stream is cut.", "inflate.truncated"),
        ("header-alone", sound[:2], "There is nothing but the header.", "inflate.truncated"),
        ("header-check", b"\x78\x02" + sound[2:], "The check bits of the header are wrong.", "inflate.damaged"),
        ("method", b"\x77\x01" + sound[2:], "A method that is not deflate.", "inflate.damaged"),
        ("window", b"\x88\x1c" + sound[2:], "A window larger than zlib knows.", "inflate.damaged"),
        ("dictionary", b"\x78\x20" + bytes(4) + sound[2:], "A preset dictionary nobody has.", "inflate.damaged"),
        ("gzip", b"\x1f\x8b\x08\x00" + bytes(6) + sound[2:-4], "gzip is another format.", "inflate.damaged"),
        ("raw-deflate", sound[2:-4], "Deflate without the zlib frame.", "inflate.damaged"),
        ("not-compressed", MESSAGE, "A message that was not compressed at all.", "inflate.damaged"),
        ("block-type", b"\x78\x01\x07" + sound[3:], "A reserved type of block.", "inflate.damaged"),
        (
            "block-length",
            sound[:5] + b"\0\0" + sound[7:],
            "The length of a block and its complement disagree.",
            "inflate.damaged",
        ),
        ("trailing-byte", sound + b"\0", "A byte after the stream.", "inflate.trailing_bytes"),
        ("trailing-message", sound + MESSAGE, "A second message after the stream.", "inflate.trailing_bytes"),
        ("second-stream", sound * 2, "A second stream: some readers join both.", "inflate.trailing_bytes"),
        ("bomb", BOMB, "3 kB that inflate to 3 MB.", "inflate.too_large"),
        ("bomb-just-above", stored_zeros(65_537), "65 537 bytes, one more than hcert takes.", "inflate.too_large"),
    ]:
        group.refuse(slug, "HC1:" + base45(data), shows, code)
    group.refuse(
        "largest", "HC1:" + base45(stored_zeros(65_536)), "65 536 bytes that are no message.", "cose.malformed"
    )
    group.refuse("of-nothing", "HC1:" + base45(stored(b"")), "An empty content.", "cose.malformed")
    return group.vectors


def stored_zeros(count: int) -> bytes:
    """Return so many zero bytes, compressed with fixed Huffman codes by hand: one literal, then repeats of 258 and 3."""
    bits: list[int] = []

    def put(value: int, width: int, *, reverse: bool = False) -> None:
        order = range(width - 1, -1, -1) if reverse else range(width)
        bits.extend(value >> at & 1 for at in order)

    put(1, 1)
    put(1, 2)
    put(0x30, 8, reverse=True)  # the literal 0
    left = count - 1
    while left >= 258:
        put(0b11000101, 8, reverse=True)  # length 258
        put(0, 5)  # distance 1
        left -= 258
    for _ in range(left):
        put(0x30, 8, reverse=True)
    put(0, 7)
    octets = bytes(sum(bit << at for at, bit in enumerate(bits[start : start + 8])) for start in range(0, len(bits), 8))
    return b"\x78\x01" + octets + zlib.adler32(bytes(count)).to_bytes(4)


BOMB = stored_zeros(400_000)


def nested(depth: int) -> bytes:
    """Return so many arrays in one another."""
    return b"\x81" * depth + b"\x00"


def cbor() -> list[Vector]:
    """CBOR: in the signed claims, where only a signer can put it, and in headers, where anybody can."""
    group = Group(
        "cbor", source="RFC 8949, sections 3, 5.3 and 5.6; hcert docs/reference/limits.md",
        rule="CBOR is closed: no duplicate keys, no unknown tags, no bignums for integers, bounded depth, nothing left over.",
    )  # fmt: skip
    sound = cbor2.dumps(claims())
    body = sound[1:]
    for slug, content, shows in [
        (
            "duplicate-claim",
            b"\xa5" + body + b"\x01\x62LA",
            "The issuer twice: one reader takes the first, another the last.",
        ),
        ("duplicate-expiry", b"\xa5" + body + b"\x04\x1a\x7f\xff\xff\xff", "The expiry twice."),
        ("trailing-byte", sound + b"\0", "A byte after the claims."),
        ("second-item", sound + sound, "A second claim set after the first."),
        ("cut", sound[:-1], "The claims are cut."),
        ("break-alone", b"\xff", "A break with nothing to end."),
        ("reserved-length", b"\xbc" + body, "A reserved length."),
        ("huge-map", b"\xbb" + b"\xff" * 8 + body, "A map that says it has 2^64 - 1 members."),
        ("huge-text", b"\xa1\x01\x7b" + b"\xff" * 8, "A text that says it has 2^64 - 1 bytes."),
        ("bytes-as-key", b"\xa5" + body + b"\x41k\x00", "A byte string as a key."),
        ("true-as-key", b"\xa5" + body + b"\xf5\x00", "true as a key, which some languages take for 1."),
        ("float-as-key", b"\xa5" + body + b"\xf9\x3c\x00\x00", "1.0 as a key, which some languages take for 1."),
        ("array-as-key", b"\xa5" + body + b"\x80\x00", "An array as a key."),
        ("invalid-utf8", b"\xa5" + body + b"\x18\x2a\x62\xc3\x28", "A text that is no UTF-8."),
        ("much-too-deep", nested(2_000), "Nested 2 000 levels deep, to overflow a stack."),
        ("no-map", b"\x80", "An array in place of the claims."),
        ("text-as-claims", b"\x63abc", "A text in place of the claims."),
        ("empty", b"", "No claims at all."),
    ]:
        group.refuse(slug, text(message(content)), shows, "claims.malformed")
    unread = "It is well-formed, in a claim that nobody has to read; hcert takes no such item anywhere."
    for slug, item, shows in [
        ("undefined", b"\xf7", "The value undefined."),
        ("simple-value", b"\xe0", "An unassigned simple value."),
        ("set-tag", b"\xd9\x01\x02\x80", "A tag that makes a set."),
        ("regular-expression", b"\xd8\x23\x61a", "A tag that makes a regular expression."),
        ("shared-value", b"\xd8\x1c\x81\xd8\x1d\x00", "Tags that make a list that holds itself."),
        ("bignum", b"\xc2\x49" + b"\xff" * 9, "A bignum."),
        ("too-deep", nested(16), "Nested deeper than the 16 levels that hcert takes."),
    ]:
        group.either(slug, text(message(b"\xa5" + body + b"\x18\x2a" + item)), shows, unread, "claims.malformed")
    group.either("deepest", text(message(b"\xa5" + body + b"\x18\x2a" + nested(14))), "As deep as hcert takes.",
        "Readers may bound the depth, and the specification names no bound.")  # fmt: skip
    for slug, content, shows in [
        ("indefinite-map", b"\xbf" + body + b"\xff", "A map of indefinite length, as real emitters write."),
        ("indefinite-text", b"\xa4\x01\x7f\x61V\x61N\xff" + cbor2.dumps({key: value for key, value in claims().items() if key != 1})[1:],
            "A text in two chunks."),
        ("long-length", b"\xb8\x04" + body, "A head longer than it need be."),
        ("longest-length", b"\xbb" + (4).to_bytes(8) + body, "A head as long as can be."),
        ("keys-in-other-order", b"\xa4" + cbor2.dumps(dict(reversed(claims().items())))[1:], "Keys in another order."),
        ("unknown-claim", b"\xa5" + body + b"\x18\x2a\x18\x2a", "A claim that nobody knows."),
    ]:  # fmt: skip
        group.accept(slug, text(message(content)), shows)
    for slug, header, shows in [
        ("header-duplicate", b"\xa2\x04\x41a\x04\x41b", "A label twice in the unprotected header."),
        ("header-cut-length", b"\xa1\x18\x2a\x5b" + b"\x7f" * 8, "A header longer than the message."),
    ]:
        group.refuse(slug, text(message(unprotected=header)), shows, "cose.malformed")
    group.either("header-array-as-key", text(message(unprotected=b"\xa1\x80\x00")), "An array as a label, which anybody can send.",
        "RFC 9052 calls it an error, and lets applications process such messages; hcert does not.", "cose.malformed")  # fmt: skip
    for slug, item, shows in [
        ("header-tag", b"\xc2\x41\x01", "A tag in a header."),
        ("header-deep", nested(40), "A deep header."),
    ]:
        group.either(slug, text(message(unprotected=b"\xa1\x18\x2a" + item)), shows,
            "It is well-formed, under a label that nobody has to read; hcert takes no such item anywhere.", "cose.malformed")  # fmt: skip
    return group.vectors


def structures() -> list[Vector]:
    """COSE_Sign1: four elements, a tag or none."""
    group = Group(
        "cose", source="RFC 9052, section 4.2; HCERT specification, section 'Signature'",
        rule="A message is a COSE_Sign1 array of four: protected header, map, payload, signature, all of the right type.",
    )  # fmt: skip
    bare = MESSAGE[1:]
    header, unprotected, payload, signature = cbor2.loads(bare)
    group.accept("tag-18", text(message(claims(dcc("t")))), "The tag that is due.")
    group.either("no-tag", text(bare), "Without a tag, as in test data.",
        "The specification has tag 18; some emitters leave it out, and hcert reads that with a warning.", "cose.untagged")  # fmt: skip
    group.either("tag-61-over-18", text(b"\xd8\x3d" + MESSAGE), "Wrapped once more as a CWT.",
        "RFC 8392 allows the tag, the specification does not mention it, and hcert reads it with a warning.", "cose.cwt_tag")  # fmt: skip
    group.either("long-tag", text(b"\xd8\x12" + bare), "Tag 18 in a longer head than needed.",
        "CBOR allows longer heads; hcert reads the tag in its shortest form alone.", "cose.malformed")  # fmt: skip
    group.accept("indefinite-array", text(b"\xd2\x9f" + bare[1:] + b"\xff"), "An array of indefinite length.")
    for slug, data, shows in [
        ("tag-61-alone", b"\xd8\x3d" + bare, "A CWT without the tag of the signature."),
        ("tag-18-twice", b"\xd2" + MESSAGE, "Tag 18 around tag 18."),
        ("tag-61-twice", b"\xd8\x3d\xd8\x3d" + MESSAGE, "Tag 61 twice."),
        ("tag-17", b"\xd1" + bare, "A COSE_Mac0 message."),
        ("tag-16", b"\xd0" + bare, "A COSE_Encrypt0 message."),
        ("tag-98", b"\xd8\x62" + bare, "A COSE_Sign message with several signatures."),
        ("tag-55799", b"\xd9\xd9\xf7" + MESSAGE, "The tag that says this is CBOR."),
        ("three-elements", b"\xd2" + cbor2.dumps([header, unprotected, payload]), "The signature is missing."),
        ("five-elements", b"\xd2" + cbor2.dumps([header, unprotected, payload, signature, b""]), "An element too many."),
        ("no-elements", b"\xd2\x80", "An empty array."),
        ("map", b"\xd2" + cbor2.dumps(dict(enumerate([header, unprotected, payload, signature]))), "A map of four."),
        ("protected-map", b"\xd2" + cbor2.dumps([cbor2.loads(header), unprotected, payload, signature]),
            "The protected header is not wrapped in bytes, so it is not signed."),
        ("protected-text", b"\xd2" + cbor2.dumps([header.hex(), unprotected, payload, signature]), "A text as protected header."),
        ("unprotected-bytes", b"\xd2" + cbor2.dumps([header, b"", payload, signature]), "The unprotected header is no map."),
        ("unprotected-null", b"\xd2" + cbor2.dumps([header, None, payload, signature]), "The unprotected header is null."),
        ("detached-payload", b"\xd2" + cbor2.dumps([header, unprotected, None, signature]), "The payload is elsewhere."),
        ("payload-map", b"\xd2" + cbor2.dumps([header, unprotected, cbor2.loads(payload), signature]), "The payload is not wrapped in bytes."),
        ("signature-null", b"\xd2" + cbor2.dumps([header, unprotected, payload, None]), "The signature is null."),
        ("signature-text", b"\xd2" + cbor2.dumps([header, unprotected, payload, signature.hex()]), "A text as signature."),
        ("trailing-byte", MESSAGE + b"\0", "A byte after the message."),
        ("second-message", MESSAGE + MESSAGE, "A second message after the first."),
        ("cut", MESSAGE[:-1], "The message is cut."),
        ("bytes", b"\xd2" + cbor2.dumps(MESSAGE), "A byte string that holds a message."),
        ("claims-alone", payload, "The claims without a signature around them: nobody signed that."),
        ("duplicate-free-rubbish", bytes(range(256)), "Bytes that are no CBOR."),
    ]:  # fmt: skip
        group.refuse(slug, text(data), shows, "cose.malformed", severity="critical" if "claims" in slug else "major")
    group.refuse(
        "empty-signature",
        text(message(signature=b"")),
        "A signature of no bytes.",
        "signature.invalid",
        severity="critical",
    )
    for first, second in pairwise((0, 1, 31, 32, 63)):
        flipped = bytearray(signature)
        flipped[second] ^= 1 << first % 8
        group.refuse(
            f"signature-bit-{second}", text(message(signature=bytes(flipped))), "One bit of the signature was changed.",
            "signature.invalid", severity="critical",
        )  # fmt: skip
    for where in (4, 20, len(payload) // 2, len(payload) - 3):
        changed = bytearray(payload)
        changed[where] ^= 1
        data = b"\xd2" + cbor2.dumps([header, unprotected, bytes(changed), signature])
        group.refuse(
            f"payload-bit-{where}",
            text(data),
            "One bit of the content was changed.",
            "signature.invalid",
            severity="critical",
        )
    return group.vectors


FROZEN: dict[int, bytes] = {}
