"""`hcert keys`: make the keys and certificates of a trust network, and warn before one expires."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

import hcert
from hcert.cli import certificates, options
from hcert.cli.contents import CERTIFICATE
from hcert.cli.exits import DONE, REFUSED, UnusableInputError
from hcert.cli.help import Group
from hcert.cli.inputs import MAX_KEY, read_file
from hcert.cli.key_files import load_certificate_key, load_private_key, load_signer, unexpected_file
from hcert.cli.key_outputs import write_keys
from hcert.cli.streams import show, show_json
from hcert.cli.texts import line, say
from hcert.cli.trust.show import subject_of
from hcert.cli.values import COUNTRY, DAYS, FILE, TEXT, Choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


VALID_DAYS: Final = "Days until the certificate expires."

algorithm = click.option(
    "--algorithm",
    type=Choice(["ES256", "PS256"]),
    default="ES256",
    show_default=True,
    help="Signature algorithm of the key.",
)
country = click.option("--country", type=COUNTRY, required=True, metavar="CC", help="Country of the owner, such as VN.")
common_name = click.option("--name", "common_name", type=TEXT, required=True, help="Name of the owner (CN).")
lock = click.option(
    "--password-file", type=FILE, metavar="FILE", help="File with a password that locks the new private key."
)


@click.group(cls=Group, no_args_is_help=False, short_help="Make keys and certificates.")
@options.language
def keys() -> None:
    """Make keys and certificates. A private key goes to NAME.key, which only you can read; nothing is overwritten."""


@keys.command(short_help="Make a country's signing authority.")
@click.argument("name", type=FILE)
@country
@common_name
@click.option(
    "--valid-days", type=DAYS, default=certificates.CSCA_DAYS, show_default=True, metavar="DAYS", help=VALID_DAYS
)
@algorithm
@lock
@options.as_json
@options.language
def csca(name: Path, **given: Any) -> None:
    """Make a signing authority (CSCA): NAME.key and the certificate NAME.pem, which certifies document signers.

    Exit status: 0 done, 2 unusable input.
    """
    key = certificates.make_signing_key(given["algorithm"])
    subject = certificates.make_subject(given["country"], given["common_name"])
    made = certificates.make_csca_certificate(key, subject, now=datetime.now(UTC), days=given["valid_days"])
    write_keys(name, given, key, {".pem": made.public_bytes(Encoding.PEM)})


@keys.command(short_help="Make a document signer, or certify a key from elsewhere.")
@click.argument("name", type=FILE)
@click.option("--ca", type=FILE, metavar="CSCA", help="Certificate of the authority (PEM or DER).")
@click.option("--ca-key", type=FILE, metavar="KEY", help="Private key of the authority (PEM).")
@click.option("--ca-password-file", type=FILE, metavar="FILE", help="File with the password of --ca-key.")
@click.option("--request", type=FILE, metavar="CSR", help="Certify the key in this certificate request.")
@click.option(
    "--public-key", type=FILE, metavar="KEY", help="Certify this public key, for instance of a key in an HSM."
)
@click.option(
    "--make-request",
    is_flag=True,
    help="Make the certificate request NAME.csr for an authority elsewhere, instead of a certificate.",
)
@country
@common_name
@click.option(
    "--use",
    "usages",
    type=Choice(sorted(certificates.USAGES)),
    multiple=True,
    help="What the key may sign; repeatable. Without it everything.",
)
@click.option(
    "--valid-days", type=DAYS, default=certificates.DSC_DAYS, show_default=True, metavar="DAYS", help=VALID_DAYS
)
@algorithm
@lock
@options.as_json
@options.language
def dsc(name: Path, **given: Any) -> None:
    """Make a document signer (DSC): NAME.key and the certificate NAME.pem, signed by an authority.

    If the key is elsewhere, for instance in an HSM, its owner makes a certificate request and the authority certifies
    it with --request, or certifies the bare --public-key. If the authority is elsewhere, --make-request makes the
    request for it.

    Exit status: 0 done, 2 unusable input.
    """
    subject = certificates.make_subject(given["country"], given["common_name"])
    given_elsewhere = [option for option in ("request", "public_key") if given[option] is not None]
    if given["make_request"]:
        unused = [option for option in ("ca", "ca_key", "request", "public_key") if given[option] is not None]
        if unused or given["usages"]:
            raise UnusableInputError.because("--make-request needs no authority, key or use: the authority names these")
        key = certificates.make_signing_key(given["algorithm"])
        made = certificates.make_request(key, subject)
        write_keys(name, given, key, {".csr": made.public_bytes(Encoding.PEM)})
        return
    if given["ca"] is None or given["ca_key"] is None:
        raise UnusableInputError.because("--ca and --ca-key are needed: the authority that certifies the key")
    if len(given_elsewhere) > 1:
        raise UnusableInputError.because("--request and --public-key contradict each other")
    authority, authority_key = _load_authority(given)
    if given["country"] not in {
        one.value for one in authority.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    }:
        raise UnusableInputError.because(
            "--country {country}: {ca} is an authority of another country", country=given["country"], ca=given["ca"]
        )
    own = None if given_elsewhere else certificates.make_signing_key(given["algorithm"])
    public = _load_public_key(given) if own is None else own.public_key()
    try:
        made_certificate = certificates.make_dsc_certificate(
            public,
            subject,
            authority=authority,
            authority_key=authority_key,
            usages=given["usages"],
            now=datetime.now(UTC),
            days=given["valid_days"],
        )
    except certificates.OutlivesAuthorityError:
        raise UnusableInputError.because(
            "{ca}: the authority is valid until {day} only; give fewer --valid-days",
            ca=given["ca"],
            day=f"{authority.not_valid_after_utc:%F}",
        ) from None
    write_keys(name, given, own, {".pem": made_certificate.public_bytes(Encoding.PEM)})


@keys.command(short_help="Make a certificate request for a key that exists.")
@click.argument("name", type=FILE)
@options.signing_key
@options.passwords
@country
@common_name
@options.as_json
@options.language
def request(name: Path, **given: Any) -> None:
    """Make the certificate request NAME.csr for a key that exists, for instance in an HSM.

    The key signs the request; the authority certifies it with `hcert keys dsc --request`.

    Exit status: 0 done, 2 unusable input.
    """
    signer = load_signer(given["key"], given["password_files"])
    made = hcert.request_certificate(signer, certificates.make_subject(given["country"], given["common_name"]))
    write_keys(name, given, None, {".csr": x509.load_der_x509_csr(made).public_bytes(Encoding.PEM)})


@keys.command(short_help="Make an anchor, which signs lists.")
@click.argument("name", type=FILE)
@algorithm
@lock
@options.as_json
@options.language
def anchor(name: Path, **given: Any) -> None:
    """Make an anchor, which signs lists: NAME.key, and the public key NAME.pub that devices pin.

    Exit status: 0 done, 2 unusable input.
    """
    key = certificates.make_signing_key(given["algorithm"])
    write_keys(name, given, key, {".pub": certificates.encode_public_key(key.public_key())})


@keys.command(short_help="Make the key of a group of readers of sealed parts.")
@click.argument("name", type=FILE)
@lock
@options.as_json
@options.language
def reader(name: Path, **given: Any) -> None:
    """Make the key of a group of readers of sealed parts: NAME.key, and NAME.pub for issuers.

    Exit status: 0 done, 2 unusable input.
    """
    key = certificates.make_reader_key()
    write_keys(name, given, key, {".pub": certificates.encode_public_key(key.public_key())})


@keys.command(short_help="Say when certificates expire.")
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option(
    "--within-days",
    type=DAYS,
    default=30,
    show_default=True,
    metavar="DAYS",
    help="Warn this many days before the expiry.",
)
@options.as_json
@options.language
def check(files: Sequence[Path], **given: Any) -> int:
    """Say when certificates expire, and warn before one does.

    Exit status: 0 none expires soon, 1 one has expired or expires soon, 2 unusable input.
    """
    now = datetime.now(UTC)
    states: list[dict[str, Any]] = []
    for path in files:
        key = load_certificate_key(path)
        left = None if key.not_after is None else (key.not_after - now).days
        state = "valid" if left is None or left >= given["within_days"] else "expires soon" if left >= 0 else "EXPIRED"
        states.append(
            {
                "file": str(path),
                "subject": subject_of(key),
                "expires_at": key.not_after and key.not_after.isoformat(),
                "days_left": left,
                "state": state,
            }
        )
    if given["as_json"]:
        show_json(states)
    else:
        for one in states:
            show(say("{file}: {state}, {days_left} days left, {subject}", **one | {"state": line(one["state"])}))
    return DONE if all(one["state"] == "valid" for one in states) else REFUSED


def _load_authority(given: dict[str, Any]) -> tuple[x509.Certificate, certificates.SigningKey]:
    """Load an authority; check that key and certificate belong together and that it may certify."""
    path = given["ca"]
    data = read_file(path, MAX_KEY)
    try:
        authority = (
            x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
        )
    except ValueError:
        raise unexpected_file(CERTIFICATE, path, data) from None
    certifies = False
    with suppress(x509.ExtensionNotFound):
        certifies = authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    if not certifies:
        raise UnusableInputError.because("{path}: this certificate is not that of an authority (CA)", path=path)
    files: Iterable[Path] = [given["ca_password_file"]] if given["ca_password_file"] else []
    key = load_private_key(given["ca_key"], files, option="--ca-password-file")
    if (
        not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        or key.public_key() != authority.public_key()
    ):
        raise UnusableInputError.because(
            "{ca_key}: this is not the private key of {path}", ca_key=given["ca_key"], path=path
        )
    return authority, key


def _load_public_key(given: dict[str, Any]) -> certificates.SigningPublicKey:
    """Load a public key from elsewhere. The signature of a request proves that its sender has the private key."""
    path: Path = given["request"] or given["public_key"]
    data = read_file(path, MAX_KEY)
    public: object = None
    with suppress(ValueError):
        if given["request"]:
            request = x509.load_pem_x509_csr(data) if b"-----BEGIN" in data else x509.load_der_x509_csr(data)
            if not request.is_signature_valid:
                raise UnusableInputError.because("{path}: the request is not signed by the key in it", path=path)
            public = request.public_key()
        else:
            public = certificates.load_public_key(data)
    expected = "a certificate request" if given["request"] else "a public key"
    if not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise unexpected_file(expected, path, data)
    if hcert.TrustedKey.from_public_key(certificates.encode_public_key(public)).algorithm is None:
        raise UnusableInputError.because(
            "{path}: this key is neither P-256 (ES256) nor RSA of at least 2048 bits (PS256)", path=path
        )
    return public
