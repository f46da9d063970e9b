"""`hcert verify`: texts, pictures, lists, verdicts for people and for programs."""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from PIL import Image

from hcert.cli.streams import printable
from hcert.records.eu_dcc.model import to_wire
from support.command import ANCHORS, assert_one_line, issue, run, text_of, verify
from support.raw_messages import Handmade, claims_of
from support.signers import DocumentSigner, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path


def test_require_names_a_policy(desk: Path) -> None:
    """Without a recent test the card says why not, and the exit status is that of a refusal."""
    text = text_of(desk, "citizen.json")
    refused = verify(desk, "--require", "test", "--lang", "vi", text)
    assert refused.status == 1
    assert "[policy.no_negative_test]" in refused.stdout
    assert verify(desk, text).status == 0


RULE = {
    "Identifier": "VR-VN-0001",
    "Type": "Acceptance",
    "Country": "VN",
    "Version": "1.0.0",
    "SchemaVersion": "1.0.0",
    "Engine": "CERTLOGIC",
    "EngineVersion": "1.0.0",
    "CertificateType": "General",
    "Description": [{"lang": "en", "desc": "Nobody may enter."}, {"lang": "vi", "desc": "Không ai được vào."}],
    "ValidFrom": "2021-01-01T00:00:00Z",
    "ValidTo": "2099-01-01T00:00:00Z",
    "Logic": False,
}


def test_refused_country_rules_show_their_own_description(desk: Path, tmp_path: Path) -> None:
    """In the language of the reader; with a rule that holds the code is accepted."""
    text, rules = text_of(desk, "record.json"), tmp_path / "rules.json"
    rules.write_text(json.dumps([RULE]))
    refused = verify(desk, "--rules", rules, "--country", "VN", "--lang", "vi", text)
    assert refused.status == 1
    assert "Không ai được vào." in refused.stdout
    rules.write_text(json.dumps([RULE | {"Logic": True}]))
    assert verify(desk, "--rules", rules, "--country", "VN", text).status == 0
    assert verify(desk, "--rules", rules, "--country", "VN", "--require", "recovery", text).status == 1


@pytest.mark.parametrize("content", ["{}", "[{}]", "["], ids=["object", "no rule", "no JSON"])
def test_rules_that_cannot_be_read_are_unusable(content: str, desk: Path, tmp_path: Path) -> None:
    """And so are rules without a country, or a country without rules."""
    text, rules = text_of(desk, "record.json"), tmp_path / "rules.json"
    rules.write_text(content)
    assert_one_line(verify(desk, "--rules", rules, "--country", "VN", text), 2, "rules.json")
    assert_one_line(verify(desk, "--rules", rules, text), 2, "--country")
    assert_one_line(verify(desk, "--country", "VN", text), 2, "--rules")


def test_sealed_notes_are_shown_line_by_line(desk: Path, tmp_path: Path) -> None:
    """What follows a line end is indented, so that it passes for no line of the card."""
    content, picture = tmp_path / "notes.json", tmp_path / "code.png"
    content.write_text(json.dumps({"notes": "Allergy: none\n✓ ACCEPTED"}))
    assert issue(desk, "citizen.json", "--seal", "clinic.pub", content, "-o", picture).status == 0
    assert verify(desk, "--open", "clinic.key", picture).stdout.endswith("  Notes: Allergy: none\n    ✓ ACCEPTED\n")


def test_open_does_not_change_the_status(desk: Path, tmp_path: Path) -> None:
    """A code that is accepted opens the gate, whoever can read what is sealed in it."""
    picture = tmp_path / "code.png"
    assert issue(desk, "citizen.json", "--seal", "clinic.pub", "secret.json", "-o", picture).status == 0
    wrong = verify(desk, "--open", "others.key", picture)
    assert_one_line(wrong, 0, "--open others.key: The sealed part holds nothing for the reader key")
    assert wrong.lines[0] == "✓ ACCEPTED"
    nothing = verify(desk, "--open", "others.key", text_of(desk))
    assert_one_line(nothing, 0, "--open: the code has no sealed part")
    assert run(desk, "verify", "--trust", "other.der", "--open", "others.key", text_of(desk)).status == 1


def test_a_reader_key_may_be_locked(desk: Path, tmp_path: Path) -> None:
    """Its password comes from a file, too."""
    private_key = load_pem_private_key((desk / "clinic.key").read_bytes(), None)
    from support.signers import pem_of

    (tmp_path / "locked.key").write_bytes(pem_of(private_key, b"secret"))
    picture = tmp_path / "code.png"
    assert issue(desk, "citizen.json", "--seal", "clinic.pub", "secret.json", "-o", picture).status == 0
    shown = verify(desk, "--open", tmp_path / "locked.key", "--password-file", "password", picture)
    assert "001190000123" in shown.stdout


def test_trust_may_be_repeated(desk: Path) -> None:
    """Files and folders may be mixed."""
    assert run(desk, "verify", "--trust", "other.der", "--trust", "trust", text_of(desk)).status == 0


def test_arguments_may_be_in_any_order(office: Path) -> None:
    """Before the options or behind them; a delta before its full list too."""
    lists = ("--trust", "keys.cose", *ANCHORS, "--no-revocations")
    assert run(office, "verify", *lists, "dcc.txt").status == 0
    assert run(office, "verify", "dcc.txt", *lists).status == 0
    for order in (("full.bin", "empty.cose"), ("empty.cose", "full.bin")):
        revocations = [word for name in order for word in ("--revocations", name)]
        done = run(office, "verify", *lists[:-1], *revocations, "dcc.txt")
        assert done.status == 0, done.stderr


@pytest.mark.parametrize("change", ["\ufeff{}", "\n{}", "hc1:{}", "see {}"])
def test_a_damaged_text_is_refused_with_its_reason(desk: Path, tmp_path: Path, change: str) -> None:
    """A file with a text is no broken picture: a byte order mark, a blank line or another case is for the finding."""
    file = tmp_path / "code.txt"
    file.write_text(change.format(text_of(desk)), encoding="utf-8")
    done = verify(desk, "--json", file)
    assert done.status == 1, done.stderr
    assert [found["code"] for found in done.json["findings"]] == ["text.prefix"]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif", "bmp", "tiff"])
def test_no_picture_is_taken_for_a_text(desk: Path, tmp_path: Path, kind: str) -> None:
    """Of all kinds that are read, even the smallest; one that is cut off is called damaged."""
    picture = tmp_path / f"dot.{kind}"
    Image.new("1", (1, 1), 1).save(picture)
    assert_one_line(verify(desk, picture), 2, "no readable QR code")
    picture.write_bytes(picture.read_bytes()[:20])
    done = verify(desk, picture)
    assert done.status == 2
    assert "damaged" in done.stderr or "no readable" in done.stderr


def test_a_picture_is_read_from_standard_input(office: Path) -> None:
    """As from a file, since that is what a pipe carries."""
    assert verify(office, "-", given=(office / "dcc.png").read_bytes()).status == 0
    assert_one_line(
        verify(office, "-", given=(office / "blank.png").read_bytes()), 2, "standard input: picture.no_code"
    )
    assert_one_line(verify(office, "-", given=(office / "cut.png").read_bytes()), 2, "a damaged PNG picture")


def _sheet(*texts: str) -> bytes:
    """Draw QR codes side by side."""
    drawn = []
    for text in texts:
        data = io.BytesIO()
        segno.make_qr(text, error="M").save(data, kind="png", scale=4)
        drawn.append(Image.open(data).convert("L"))
    sheet = Image.new("L", (sum(one.width for one in drawn), max(one.height for one in drawn)), 255)
    left = 0
    for one in drawn:
        sheet.paste(one, (left, 0))
        left += one.width
    png = io.BytesIO()
    sheet.save(png, "PNG")
    return png.getvalue()


def test_the_health_code_is_found_among_other_codes(desk: Path) -> None:
    """A link on the same sheet, or the same code twice, is in nobody's way; two different health codes are."""
    text = text_of(desk)
    assert verify(desk, "-", given=_sheet(text, "https://example.org/app")).status == 0
    assert verify(desk, "-", given=_sheet(text, text)).status == 0
    assert_one_line(verify(desk, "-", given=_sheet(text, text_of(desk, "citizen.json"))), 2, "picture.several_codes")
    assert_one_line(verify(desk, "-", given=_sheet("https://a.example", "https://b.example")), 2, "several_codes")


def test_a_code_in_lower_case_is_not_a_file_name(desk: Path) -> None:
    """So that nothing of it is shown."""
    done = verify(desk, text_of(desk).lower())
    assert done.stderr == "hcert: CODE is not a file that can be read, and a code begins with HC1: or VC1:\n"
    assert done.status == 2


def test_json_holds_the_whole_verdict(desk: Path) -> None:
    """Programs get the verdict as JSON, whatever it is."""
    text = text_of(desk)
    verdict = verify(desk, "--json", text).json
    assert verdict["accepted"] is True
    assert verdict["certificate"]["payload"]["nam"]["fnt"] == "NGUYEN"
    refused = verify(desk, "--json", text[:-3])
    assert refused.status == 1
    assert refused.json["findings"][0]["code"].startswith(("text.", "inflate."))


def test_json_has_a_form_for_bytes_and_infinity(desk: Path) -> None:
    """Bytes are hexadecimal text, and what is not a finite number is null; the verdict stays what it is."""
    private_key = load_pem_private_key((desk / "k.pem").read_bytes(), None)
    assert isinstance(private_key, ec.EllipticCurvePrivateKey)
    signer = DocumentSigner(private_key, (desk / "trust" / "dsc.der").read_bytes())
    payload = to_wire(vaccination_record()) | {"new": [b"\x01\xff", float("nan"), float("-inf"), {"2": 1.5}]}
    now = int(time.time())
    done = verify(desk, "--json", Handmade(signer, claims_of(payload, c4=now + 900, c6=now)).text)
    assert done.status == 0, done.stderr
    assert done.json["certificate"]["payload"]["new"] == ["01ff", None, None, {"2": 1.5}]


def test_value_sets_from_a_file_are_used(desk: Path, tmp_path: Path) -> None:
    """So that a new product needs no new hcert; without the file it is not issued, and read with a warning."""
    row = {"name": "A new one", "vaccines": ["1119349007"], "manufacturers": ["ORG-100030215"]}
    table = {"name": "vaccines-covid-19-names", "version": "1", "date": "2026-11-28", "source": "test"}
    file, record = tmp_path / "sets.json", tmp_path / "record.json"
    file.write_text(json.dumps({"format": 1, "added": [table | {"codes": {"NEW": row}}]}))
    payload = json.loads((desk / "record.json").read_text("utf-8"))
    payload["v"][0]["mp"] = "NEW"
    record.write_text(json.dumps(payload), encoding="utf-8")
    assert "record.unknown_code" in issue(desk, record).stderr
    issued = issue(desk, record, "--value-sets", file)
    assert issued.status == 0, issued.stderr
    assert "A new one" in verify(desk, issued.stdout, "--value-sets", file).stdout
    assert "record.unknown_code" in verify(desk, issued.stdout).stdout
    assert_one_line(verify(desk, issued.stdout, "--value-sets", "list.json"), 2, "list.json: value_sets.malformed")


def test_json_says_whether_revocation_was_checked(office: Path) -> None:
    """Under a published list none is an error, unless its lack is a decision."""
    lists = ("verify", "--json", "--trust", "keys.cose", *ANCHORS, "dcc.txt")
    missing = run(office, *lists)
    assert (missing.status, [one["code"] for one in missing.json["findings"]]) == (1, ["revocation.list_missing"])
    unchecked, checked = run(office, *lists, "--no-revocations"), run(office, *lists, "--revocations", "full.bin")
    assert (unchecked.status, unchecked.json["revocation_checked"]) == (0, False)
    assert (checked.status, checked.json["revocation_checked"]) == (0, True)


def test_a_refusal_has_its_own_status(desk: Path) -> None:
    """An untrusted signer is a verdict, not a mistake at the command line."""
    done = run(desk, "verify", "--trust", "other.der", text_of(desk))
    assert done.status == 1
    assert done.stdout.startswith("✗ REFUSED\n  ✗ Issuer unknown here\n")


def test_a_signed_name_cannot_steer_the_terminal() -> None:
    """Control characters that some issuer signed are shown as question marks."""
    assert printable("\x1b[2JNguyễn\u202e") == "?[2JNguyễn?"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("nowhere.png",), "nowhere.png: No such file", id="missing file"),
        pytest.param(("",), "the argument is empty", id="empty argument"),
        pytest.param(("empty",), "empty: it is empty", id="empty file"),
        pytest.param(("blank.png",), "blank.png: picture.no_code", id="no code"),
        pytest.param(("cut.png",), "cut.png: this is a damaged PNG picture", id="truncated PNG"),
        pytest.param(("paper.pdf",), "paper.pdf: this is a PDF, which is not read", id="PDF"),
        pytest.param(("drawing.svg",), "drawing.svg: this is a drawing (SVG), which is not read", id="SVG"),
        pytest.param(
            ("trust/dsc.der",), "this is a certificate, neither a text that begins with HC1:", id="certificate"
        ),
        pytest.param(("trust",), "trust: Is a directory", id="folder"),
        pytest.param(("-",), "standard input: it is empty", id="empty standard input"),
        pytest.param(
            ("--trust", "record.json", "HC1:"), "record.json: expected a certificate, this is JSON", id="JSON"
        ),
        pytest.param(("--trust", "k.pem", "HC1:"), "k.pem: expected a certificate, this is a private key", id="key"),
        pytest.param(("--trust", "missing.pem", "HC1:"), "missing.pem: No such file", id="missing certificate"),
        pytest.param(
            ("--trust", "empty folder", "HC1:"),
            "empty folder: there is no certificate",
            id="folder without certificates",
        ),
        pytest.param(("--open", "missing.key", "HC1:"), "missing.key: No such file", id="missing reader"),
        pytest.param(("--open", "/proc/self/mem", "HC1:"), "an input: ", id="unreadable device"),
        pytest.param(
            ("--open", "clinic.pub", "HC1:"),
            "clinic.pub: expected a private key, this is a public key",
            id="public reader",
        ),
        pytest.param(("--lang", "fr", "HC1:"), "'--lang': expected en or vi.", id="French"),
        pytest.param((), "Missing argument 'CODE'", id="no code at all"),
    ],
)
def test_wrong_inputs_are_one_line(office: Path, arguments: tuple[str, ...], words: str) -> None:
    """Wrong file, empty file, no code in the picture, no certificate: status 2, one line, no traceback."""
    assert_one_line(run(office, "verify", "--trust", "trust/dsc.der", *arguments), 2, words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--trust", "trust", "--revocations", "full.bin"), "a revocation list is signed", id="no anchor"),
        pytest.param(("--trust", "trust", "--threshold", 1), "--threshold needs --anchor", id="threshold alone"),
        pytest.param(("--trust", "keys.cose"), "keys.cose: this is a signed list; name the keys", id="signed list"),
        pytest.param(("--trust", "full.bin"), "full.bin: this is a signed list; name the keys", id="signed full list"),
        pytest.param(
            ("--trust", "keys.cose", "--anchor", "record.json"),
            "record.json: this is not a key document",
            id="JSON anchor",
        ),
        pytest.param(
            ("--trust", "keys.cose", "--anchor", "k.pem"),
            "k.pem: expected a public key or a certificate, this is a private key",
            id="private anchor",
        ),
        pytest.param(
            ("--trust", "keys.cose", "--anchor", "clinic.pub"), "clinic.pub: this key is neither P-256", id="X25519"
        ),
        pytest.param(
            ("--trust", "draft.cose", "--anchor", "anchor1.pub", "--anchor", "anchor1.pub"),
            "--anchor: anchor1.pub and anchor1.pub are the same key",
            id="the same anchor twice",
        ),
        pytest.param(
            ("--trust", "keys.cose", "--trust", "other.der", *ANCHORS), "with --anchor, --trust is one", id="two lists"
        ),
        pytest.param(("--trust", "record.json", *ANCHORS), "record.json: document.malformed", id="no list"),
        pytest.param(
            ("--trust", "keys.cose", "--anchor", "other.der"),
            "keys.cose: document.too_few_signatures",
            id="other anchor",
        ),
        pytest.param(
            ("--trust", "empty.cose", *ANCHORS, "--no-revocations"), "empty.cose: document.kind", id="a delta for keys"
        ),
        pytest.param(
            ("--trust", "keys.cose", *ANCHORS, "--revocations", "empty.cose"),
            "empty.cose: none is a full revocation list",
            id="a delta alone",
        ),
        pytest.param(
            ("--trust", "keys.cose", *ANCHORS, "--revocations", "full.bin", "--revocations", "keys.cose"),
            "keys.cose: document.kind",
            id="keys for a delta",
        ),
        pytest.param(
            ("--trust", "keys.cose", *ANCHORS, "--revocations", "full.bin", "--no-revocations"),
            "contradict each other",
            id="both",
        ),
    ],
)
def test_wrong_lists_are_one_line_that_names_the_file(office: Path, arguments: tuple[object, ...], words: str) -> None:
    """As with any other unusable input."""
    assert_one_line(run(office, "verify", *arguments, "dcc.txt"), 2, words)
