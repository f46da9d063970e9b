"""Certificate ids for registers that have none yet."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

from hcert.citizen_ids import CERTIFICATE_ID_BYTES
from hcert.errors import ConfigurationError

_MIN_SECRET: Final = 32  # bytes
_PURPOSE: Final = b"hcert certificate id\0"
_MAX_GENERATION: Final = 2**32 - 1


def derive_ids(secret: bytes, register_ids: Iterable[str], *, generation: int = 0) -> list[bytes]:
    """Derive a certificate id for each person of a register: HMAC-SHA-256 of the register's id, cut to 16 bytes.

    The same arguments give the same ids, so nothing has to be stored before issuing. A bare hash must never be used in
    its place: certificate ids are public, ID numbers have few digits, and whoever tries them all has every person's
    number within minutes. So the secret is worth as much as the register: keep it where the signing key is, never
    beside the data. If it is lost, the ids that were issued can be read from the codes only.

    Args:
        secret: 32 random bytes or more.
        register_ids: the key of each person in the register, not empty.
        generation: another number gives other ids, for a person whose certificate id must change.

    Raises:
        ConfigurationError: `bulk.secret`, `bulk.register_id` with its position, or `bulk.generation`.
    """
    if type(secret) is not bytes or len(secret) < _MIN_SECRET:
        raise ConfigurationError.of("bulk.secret", least=_MIN_SECRET)
    if type(generation) is not int or not 0 <= generation <= _MAX_GENERATION:
        raise ConfigurationError.of("bulk.generation", most=_MAX_GENERATION)
    if isinstance(register_ids, str) or not isinstance(register_ids, Iterable):  # the digits of one id are no register
        raise ConfigurationError.of("bulk.register_id", position=1)
    keyed = hmac.new(secret, _PURPOSE + generation.to_bytes(4), "sha256")
    derived: list[bytes] = []
    for position, register_id in enumerate(register_ids, 1):
        one = keyed.copy()
        one.update(_encode(register_id, position))
        derived.append(one.digest()[:CERTIFICATE_ID_BYTES])
    return derived


def _encode(register_id: object, position: int) -> bytes:
    if isinstance(register_id, str) and register_id:
        try:
            return register_id.encode()
        except UnicodeEncodeError:  # its message quotes the id
            pass
    raise ConfigurationError.of("bulk.register_id", position=position)
