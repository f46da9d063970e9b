"""Every limit on hostile input, with its reason.

In about 900 published certificates of 70 countries the longest text has 1 093 characters, the largest message 870
bytes, and the deepest nesting 5 levels. The defaults are far above that and far below what does harm.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, TypeGuard

from hcert.errors import ConfigurationError

_MAX_VALUE: Final = 2**31 - 1  # libraries take a limit as a C integer
_MAX_DEPTH: Final = 100  # each level is a nested call, and Python allows about a thousand of them


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits a verifier applies; the defaults suit every certificate known.

    Attributes:
        text_characters: longest text. The largest QR code (version 40, level L) holds 4 296 alphanumeric characters
            (ISO/IEC 18004); a longer text cannot come from one code.
        message_bytes: largest COSE message, after inflating or given directly. A text of 4 296 characters could inflate
            to 2.9 MB; 64 KiB is 75 times the largest real message.
        cbor_depth: deepest nesting of arrays, maps and tags. An EU DCC has 5 levels.

    Raises:
        ConfigurationError: `limits.value`: a limit is not an integer from 0 to 2^31 - 1, or to 100 for the depth.
    """

    text_characters: int = 4296
    message_bytes: int = 65536
    cbor_depth: int = 16

    def __post_init__(self) -> None:
        """Refuse values that the decoders could not compare with."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            maximum = _MAX_DEPTH if name == "cbor_depth" else _MAX_VALUE
            if type(value) is not int or not 0 <= value <= maximum:
                raise ConfigurationError.of("limits.value", name=name, most=maximum)


# The largest integer in a record. Larger ones overflow the integer types of other apps, and have crashed them.
MAX_INTEGER: Final = 2**63 - 1

# How often the parts of a record may repeat, and how long its texts may be. Each limit is far above what certificates
# need, and keeps the cost of a verdict small even if a trusted key signed hostile content.
MAX_TEXT: Final = 80  # characters of a text, code or identifier; the EU DCC schema has the same bound
MAX_LONG_TEXT: Final = 2000  # characters of sealed notes
MAX_COUNTRY: Final = 10  # capital letters: ISO 3166-1 has 2, the EU DCC schema 1.3 allows organisations up to 10
MAX_EVENTS: Final = 16  # in a group of an EU DCC: the law allows one; a few more are read, to report them precisely
MAX_ENTRIES: Final = 100  # of a citizen record, in all groups together; more than a lifetime of vaccinations
MAX_DISEASES: Final = 16  # of one dose; the largest combined vaccine protects from six
MAX_SEALED_PARTS: Final = 16  # groups of readers
MAX_LOTS: Final = MAX_ENTRIES
MAX_SEALED_BYTES: Final = 16_384  # of one sealed plaintext, padding included; a QR code holds 2 953 bytes in all
MAX_ENCAPSULATED_KEY_BYTES: Final = 2048  # 32 and 65 today; post-quantum suites need about 1 200
MAX_UNRECOGNISED: Final = 64  # members of newer versions, in a whole record
MAX_UNRECOGNISED_BYTES: Final = 1024  # of one of them, encoded
MAX_TEXT_KEYS: Final = 64  # of claims, and of payloads, if they are numbered by text; a certificate has four and one
MAX_DATE_TIME: Final = 40  # characters of a date-time; RFC 3339 with nanoseconds and an offset has 35

# Revocation lists store a revision in this many bytes, so a greater revision could never be superseded.
REVISION_BYTES: Final = 4
MAX_REVISION: Final = 2 ** (8 * REVISION_BYTES) - 1

# NumericDate (RFC 8392 section 2), limited to what a Python datetime can express: 1970 to the end of 9999.
MIN_SECONDS: Final = 0
MAX_SECONDS: Final = 253402300799
# From here on a time counts milliseconds: 10^12 seconds are the year 33658, 10^12 milliseconds are 2001.
MIN_MILLISECONDS: Final = 10**12

# A kid is an opaque label: usually 8 bytes, in published codes 2 to 8; a whole SHA-256 digest would have 32.
MIN_KID_BYTES: Final = 1
MAX_KID_BYTES: Final = 64


def is_kid(value: Any) -> TypeGuard[bytes]:
    """Tell whether a decoded value can be a kid."""
    return type(value) is bytes and MIN_KID_BYTES <= len(value) <= MAX_KID_BYTES
