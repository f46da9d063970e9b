"""`hcert demo`: a fictional health authority in a folder, with every file that the documentation uses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from hcert.cli import options
from hcert.cli.demo_authority import make_authority
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.key_outputs import PRIVATE
from hcert.cli.outputs import write
from hcert.cli.streams import show, show_json
from hcert.cli.texts import say, translate
from hcert.cli.values import FILE

if TYPE_CHECKING:
    from pathlib import Path

CONTENT: Final = {
    "csca.key, csca.pem": "the signing authority of the country",
    "dsc.key, dsc.pem, dsc.pub": "the document signer; trust/dsc.pem is the same certificate, for verifiers",
    "locked.key, password": "the key of the document signer, locked by the password in the file",
    "anchor1.key, anchor1.pub": "an anchor that signs lists",
    "anchor2.key, anchor2.pub": "the other anchor; both must sign",
    "anchor3.key, anchor3.pub": "an anchor to rotate to",
    "clinic.key, clinic.pub": "a group of readers of sealed parts",
    "other.key, other.pub": "another group of readers, for which nothing is sealed",
    "record.json, code.*": "an EU DCC with a vaccination, and its code",
    "test.json, test.*": "an EU DCC with a test, and its code",
    "recovery.json, recovery.*": "an EU DCC with a recovery, and its code",
    "icvp.json, icvp.*": "a vaccination certificate of the WHO (ICVP), and its code",
    "citizen.json, secret.json, citizen.*": "a citizen record, what only the clinic may see, and the code with both",
    "expired.*": "a code that has expired",
    "revoked.*": "a code that the delta revokes",
    "people.csv": "people to issue codes for, with examples/issuer.py",
    "value-sets.json": "codes beyond those of the package",
    "keys.cose": "the signed key list",
    "full.bin, delta.cose": "the signed revocation list, and a delta to it",
}
PINS: Final = "--anchor anchor1.pub --anchor anchor2.pub"
NEXT: Final = (
    "hcert verify --trust trust citizen.png",
    "hcert verify --trust trust --lang vi --open clinic.key citizen.png",
    f"hcert verify --trust keys.cose {PINS} --revocations full.bin --revocations delta.cose revoked.png",
    f"hcert gate --store lists --updates . {PINS} --require series",
    "hcert issue --key dsc.key --certificate dsc.pem --country VN --valid-days 365 record.json -o mine.png",
)


@click.command(cls=Command, short_help="Make a fictional authority to try everything with.")
@click.argument("directory", type=FILE)
@options.as_json
@options.language
def demo(directory: Path, *, as_json: bool) -> None:
    """Make a fictional health authority in DIRECTORY, which must be new or empty.

    It holds keys, certificates, signed lists, records and codes: everything that the documentation uses. The names are
    always the same, the keys are new each time. The private keys are not protected: never use them for real.

    Exit status: 0 done, 2 unusable input.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UnusableInputError.because("{directory}: expected a new or an empty folder", directory=directory)
    files = make_authority(datetime.now(UTC).replace(microsecond=0))
    (directory / "trust").mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write(directory / name, data, mode=PRIVATE if name.endswith(".key") else 0o666)
    if as_json:
        show_json({"directory": str(directory), "files": sorted(files)})
        return
    width = max(map(len, CONTENT))
    show(say("{directory}: a health authority that does not exist, valid from now on", directory=directory))
    show("\n".join(f"  {names:{width}}  {translate(text)}" for names, text in CONTENT.items()))
    show(say("Try, in {directory}:", directory=directory))
    show("\n".join(f"  {line}" for line in NEXT))
