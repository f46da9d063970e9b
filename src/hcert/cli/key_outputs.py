"""Writing new keys, certificates and requests: under names that do not exist, private keys for their owner alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hcert.cli import certificates
from hcert.cli.exits import UnusableInputError
from hcert.cli.key_files import read_password
from hcert.cli.outputs import check_output, write
from hcert.cli.streams import show, show_json
from hcert.cli.texts import say

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

PRIVATE: Final = 0o600  # permissions of a file with a private key
_OPEN: Final = "{path}: written; the private key is not locked by a password (--password-file), so keep it from others"


def write_keys(name: Path, given: dict[str, Any], key: PrivateKeyTypes | None, public: dict[str, bytes]) -> None:
    """Write new files and report them; none of them may exist.

    Args:
        name: of the files, without a suffix.
        given: the options of the command; `password_file` locks the private key.
        key: the private key, if there is a new one.
        public: what is public, by suffix.

    Raises:
        UnusableInputError: naming the file that exists.
    """
    password = read_password(given["password_file"]) if given.get("password_file") else None
    private = {} if key is None else {".key": certificates.encode_private_key(key, password)}
    paths = {suffix: Path(f"{name}{suffix}") for suffix in (*private, *public)}
    for path in paths.values():
        if path.exists():
            raise UnusableInputError.because(
                "{path}: the file exists; keys and certificates are never overwritten", path=path
            )
        check_output(path, inputs=(), force=False)
    for suffix, data in {**private, **public}.items():
        write(paths[suffix], data, mode=PRIVATE if suffix in private else 0o666)
    written = list(map(str, paths.values()))
    if given["as_json"]:
        show_json({"written": written, "locked": bool(private and password)})
        return
    for file in written:
        lies_open = file.endswith(".key") and not password
        show(say(_OPEN if lies_open else "{path}: written", path=file))
