"""Make a token of SoftHSM to try hcert with: a PIN, a P-256 key pair, and the URI by which hcert finds it.

usage: softhsm.py [--token LABEL] [--object LABEL] FOLDER

Needs SoftHSM (Debian: apt-get install softhsm2) and python-pkcs11 (hcert[hsm]). SoftHSM is a token in files, for tests:
whoever reads the folder has the keys.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def module_path() -> str | None:
    """Return the path of SoftHSM's PKCS #11 library, or None if it is not installed."""
    return next((path for path in MODULES if Path(path).exists()), None) if shutil.which("softhsm2-util") else None


def configure(folder: Path) -> Path:
    """Make a folder for tokens, and return the file that SOFTHSM2_CONF has to name."""
    tokens = folder.absolute() / "tokens"
    tokens.mkdir(parents=True, exist_ok=True)
    file = folder / "softhsm2.conf"
    file.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    return file


def make_token(configuration: Path, label: str, pin: str) -> None:
    """Make an empty token."""
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", secrets.token_hex(8), "--pin"]
    environment = os.environ | {"SOFTHSM2_CONF": str(configuration)}
    subprocess.run([*command, pin], check=True, capture_output=True, env=environment)  # noqa: S603 - fixed but for labels


def make_key(module: str, token: str, label: str, pin: str) -> None:
    """Make a P-256 key pair in a token."""
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    with pkcs11.lib(module).get_token(token_label=token).open(rw=True, user_pin=pin) as session:
        curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
        parameters.generate_keypair(store=True, id=b"\1", label=label)


def main() -> int:
    """Make the folder, and print what to do with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--token", default="hcert")
    parser.add_argument("--object", default="dsc")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    folder: Path = given.folder
    module = module_path()
    if module is None:
        print("softhsm.py: SoftHSM is not installed (Debian: apt-get install softhsm2)", file=sys.stderr)
        return 2
    if folder.exists():
        print(f"softhsm.py: {folder} exists; name a new folder", file=sys.stderr)
        return 2
    configuration = configure(folder)
    pin = f"{secrets.randbelow(10**8):08}"
    (folder / "pin").touch(0o600)
    (folder / "pin").write_text(pin)
    make_token(configuration, given.token, pin)
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    make_key(module, given.token, given.object, pin)
    source = (folder / "pin").absolute()
    uri = f"pkcs11:token={given.token};object={given.object}?module-path={module}&pin-source=file:{source}"
    (folder / f"{given.object}.uri").write_text(uri)
    print(f"export SOFTHSM2_CONF={configuration.absolute()}")
    print(uri)
    return 0


if __name__ == "__main__":
    sys.exit(main())
