"""Hostile inputs, each with the code of the finding that refuses it; shared by tests and benchmarks."""

from __future__ import annotations

import zlib

import cbor2
from base45 import b45encode

from support.raw_messages import Handmade, claims_of, text_of
from support.signers import document_signer, p256

SIGNER = document_signer(p256())
VERIFIER = SIGNER.verifier
HONEST = Handmade(SIGNER).text


def zip_bomb(size: int) -> str:
    """Return a text that inflates to `size` zero bytes."""
    return text_of(bytes(size))


def sign_claims(claims: bytes) -> str:
    """Return the text of a code with arbitrary bytes as its claims, signed by a trusted key."""
    return Handmade(SIGNER, payload=claims).text


# 64-bit integers whose low bits, which Python's dictionaries use first, are all the same.
COLLISIONS = {index << 44: 0 for index in range(1, 2**16)}

ATTACKS: dict[str, tuple[str | bytes, str]] = {
    "zip bomb": (zip_bomb(2_900_000), "inflate.too_large"),
    "zip bomb just within the text": (zip_bomb(65_537), "inflate.too_large"),
    "largest content allowed": (zip_bomb(65_536), "cose.malformed"),
    "100 000 deep": (text_of(b"\x81" * 100_000), "inflate.too_large"),
    "60 000 deep": (text_of(b"\xd2" + b"\x81" * 60_000), "cose.malformed"),
    "60 000 indefinite arrays": (text_of(b"\xd2" + b"\x9f" * 60_000), "cose.malformed"),
    "60 000 tags": (text_of(b"\xc6" * 60_000), "cose.malformed"),
    "array of 2^32": (text_of(b"\xd2\x9a\xff\xff\xff\xff"), "cose.malformed"),
    "array of 2^64": (text_of(b"\xd2\x9b" + b"\xff" * 8), "cose.malformed"),
    "map of 2^64": (text_of(b"\xd2\xbb" + b"\xff" * 8), "cose.malformed"),
    "string of 2^64": (text_of(b"\xd2\x84\x5b" + b"\xff" * 8), "cose.malformed"),
    "bignum": (sign_claims(b"\xa1\x04\xc2\x59\xf0\x00" + b"\xff" * 0xF000), "claims.malformed"),
    "duplicate keys": (sign_claims(b"\xa2\x01\x61A\x01\x61B"), "claims.malformed"),
    "1 000 keys": (sign_claims(cbor2.dumps(dict.fromkeys(range(1000), 0))), "claims.malformed"),
    "trailing byte after the message": (text_of(Handmade(SIGNER).message + b"\0"), "cose.malformed"),
    "trailing byte after the claims": (sign_claims(cbor2.dumps(claims_of()) + b"\0"), "claims.malformed"),
    "a key as integer and as text": (sign_claims(cbor2.dumps(claims_of() | {"4": 2**40})), "claims.duplicate_key"),
    "1 400 keys as text": (sign_claims(cbor2.dumps({str(key): 0 for key in range(1400)})), "claims.malformed"),
    "1 400 keys as integers and as text": (
        sign_claims(cbor2.dumps({form(key): 0 for key in range(700) for form in (int, str)})),
        "claims.malformed",
    ),
    "64 keys as integers and as text": (
        sign_claims(cbor2.dumps({form(key): 0 for key in range(32) for form in (int, str)})),
        "claims.duplicate_key",
    ),
    "a key of 60 000 digits": (sign_claims(cbor2.dumps({"-" + "9" * 60_000: 0})), "claims.malformed"),
    "a kid of 60 000 characters": (
        Handmade(SIGNER, protected={1: -7, 4: "A" * 60_000}).text,
        "cose.malformed",
    ),
    "second zlib stream": (
        "HC1:" + b45encode(zlib.compress(Handmade(SIGNER).message) * 2).decode(),
        "inflate.trailing_bytes",
    ),
    "lower case": (HONEST.lower(), "text.prefix"),
    "lower case after the prefix": ("HC1:" + HONEST[4:].lower(), "text.alphabet"),
    "blank before": (" " + HONEST, "text.prefix"),
    "line end after": (HONEST + "\n", "text.alphabet"),
    "10 MB of text": ("HC1:" + "0" * 10_000_000, "text.too_long"),
    "wide characters": ("HC1:" + "\U0001f9a0" * 4000, "text.alphabet"),
    "longest text": ("HC1:" + "Z" * 4291, "text.length"),
}


def colliding_pairs(count: int) -> list[list[int]]:
    """Return pairs of integers whose tuples all have the same hash, by inverting the xxHash that tuples use."""
    prime_1, prime_2, prime_5 = 11400714785074694791, 14029467366897019727, 2870177450012600261
    inverse, pairs = pow(prime_2, -1, 2**64), []
    for first in range(1, 20 * count):
        lane = (prime_5 + first * prime_2) % 2**64
        lane = (lane << 31 | lane >> 33) % 2**64 * prime_1 % 2**64
        second = (0x123456789ABCDEF - lane) * inverse % 2**64
        second -= 2**64 if second >= 2**63 else 0
        if abs(second) < 2**61 - 1 and second != -1:
            pairs.append([first, second])
    return pairs[:count]


def unsigned_message(keys: bytes) -> bytes:
    """Return an unsigned message with this encoded map as its unprotected header."""
    return b"\xd2\x84\x46\xa2\x01\x26\x04\x41k" + keys + b"\x40\x40"
