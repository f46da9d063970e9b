"""`hcert assess sheets` and `hcert assess form`: apps on phones, assessed by people with paper, a screen and a form."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import runpy
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import resvg_py
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

import hcert
from conftest import ROOT
from hcert.cli.assess.fictional_keys import FictionalAuthority
from hcert.cli.assess.filled_form import SEEN
from hcert.cli.assess.fresh_kit import make_vectors
from hcert.cli.assess.one_setup import find_setup
from hcert.cli.assess.raw_codes import encode, write_base45
from hcert.cli.texts import line
from support import pages
from support.command import Done, assert_one_line, run
from support.signers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hcert.words import Language

KIT = ROOT / "docs" / "conformance" / "vectors.json"
SCHEMA = KIT.with_name("vectors.schema.json")
ADAPTER = runpy.run_path(str(ROOT / "examples" / "adapters" / "hcert_adapter.py"))
MONTH = timedelta(days=30)
TIME = ("--at", NOW.isoformat())
SEED = ("--seed", "20261129")
APP = ("--app", "Sổ Sức Khỏe", "--app-version", "9.1", "--assessor", "Lê Thu Hà", "--date", "2026-11-29")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with fresh sheets."""
    folder = tmp_path_factory.mktemp("assessment")
    done = run(folder, "assess", "sheets", *SEED, *TIME, "-o", "kit")
    assert done.status == 0, done.stderr
    return folder / "kit"


@cache
def fresh(seed: int) -> list[dict[str, Any]]:
    """Make fresh vectors once for all tests, which leave them as they are."""
    return make_vectors(seed, NOW)


def vectors_of(kit: Path) -> list[dict[str, Any]]:
    """Return the vectors of a folder."""
    found: list[dict[str, Any]] = json.loads((kit / "vectors.json").read_text(encoding="utf-8"))["vectors"]
    return found


def perfect(vector: dict[str, Any]) -> str:
    """Return what an app without faults shows."""
    return "accepted" if vector["expect"] == "accept" else "refused"


def fill_in(
    kit: Path, folder: Path, see: Callable[[dict[str, Any]], str], *, remark: str = "", language: Language = "en"
) -> Path:
    """Fill in the form of a folder as an assessor would; return the new file."""
    rows = list(csv.reader((kit / "form.csv").read_text(encoding="utf-8-sig").splitlines()))
    for row, vector in zip(rows[1:], vectors_of(kit), strict=True):
        row[1:] = [line(see(vector)).in_language(language), remark]
    filled = folder / "filled.csv"
    with filled.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return filled


def report(kit: Path, filled: Path, *options: object) -> Done:
    """Make the report on a filled form."""
    return run(filled.parent, "assess", "form", filled.name, "--vectors", kit / "vectors.json", *APP, *options)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_fresh_vectors_are_as_the_verifier_sees_them(seed: int) -> None:
    """The expected results were written by hand; hcert, with which they share nothing, agrees."""
    wrong = []
    for vector in fresh(seed):
        answer = ADAPTER["verdict_on"](vector)
        agreed = vector["expect"] == "either" or answer["accepted"] == (vector["expect"] == "accept")
        if not agreed or answer["codes"] != vector["codes"]:
            wrong.append((vector["id"], answer))
    assert wrong == []


def test_fresh_vectors_follow_the_schema_and_the_rules_of_the_kit() -> None:
    """So that every assessor of the kit can run them, and the words of the rules exist in every language."""
    vectors = fresh(1)
    jsonschema.validate({"version": 1, "vectors": vectors}, json.loads(SCHEMA.read_text(encoding="utf-8")))
    rules = {vector["rule"] for vector in json.loads(KIT.read_text(encoding="utf-8"))["vectors"]}
    assert {vector["rule"] for vector in vectors} <= rules
    assert {vector["expect"] for vector in vectors} == {"accept", "refuse", "either"}
    assert len(vectors) >= 40
    assert len({vector["id"] for vector in vectors}) == len(vectors)


@pytest.mark.slow
def test_one_seed_gives_the_same_vectors_and_another_shares_nothing_with_them() -> None:
    """No key, no person and no place in the order; so nobody can tune an app to them."""
    first, again, other = fresh(1), make_vectors(1, NOW), fresh(2)
    assert first == again
    assert [vector["id"] for vector in first] != [vector["id"] for vector in other]
    assert not {key["kid"] for key in first[0]["trust"]["keys"]} & {key["kid"] for key in other[0]["trust"]["keys"]}
    bodies = [{vector["text"][60:] for vector in vectors} for vectors in (first, other)]
    assert not bodies[0] & bodies[1]


def test_results_stay_right_for_a_month() -> None:
    """As the sheets say: a phone's clock need not be set back to the second."""
    for vector in fresh(1):
        if vector["expect"] != "either":
            later = {**vector, "clock": (NOW.replace(microsecond=0) + MONTH).isoformat()}
            assert ADAPTER["verdict_on"](later)["accepted"] == (vector["expect"] == "accept"), vector["id"]


def test_derived_rsa_keys_are_sound() -> None:
    """OpenSSL checks the primes when it loads the key, and verifies what it signs."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = FictionalAuthority(5, NOW).certify("signer", by_rsa=True)
    assert isinstance(key.private, rsa.RSAPrivateKey)
    assert key.private.key_size == 2048
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    key.private.public_key().verify(key.sign(b"content"), b"content", pss, hashes.SHA256())


cbor_values = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=300) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.integers(-(2**63), 2**63 - 1) | st.text(), inner),
    max_leaves=20,
)


@given(cbor_values)
def test_the_writer_of_raw_codes_writes_what_others_read(value: Any) -> None:
    """CBOR, by another library."""
    import cbor2

    assert cbor2.loads(encode(value)) == value


@given(st.binary(max_size=200))
def test_the_writer_of_raw_codes_writes_base45(data: bytes) -> None:
    """By another library."""
    import base45

    assert base45.b45decode(write_base45(data)) == data


def test_every_code_of_the_sheets_is_read_back(kit: Path) -> None:
    """In the order of the numbers, six a page after the page that says what to do; by print and by fax."""
    data = (kit / "sheets.pdf").read_bytes()
    texts = [vector["text"] for vector in vectors_of(kit)]
    with pages.open_pdf(data) as document:
        assert len(document) == 1 + -(-len(texts) // 6)
    for page in range(len(texts) // 6 + 1):
        assert sorted(pages.read(pages.render(data, dpi=150, page=1 + page))) == sorted(texts[6 * page : 6 * page + 6])


def test_every_code_stands_above_its_number(kit: Path) -> None:
    """The number right below a code is the one under which the form asks for it."""
    data = (kit / "sheets.pdf").read_bytes()
    texts = [vector["text"] for vector in vectors_of(kit)]
    page = pages.render(data, dpi=150, page=1)
    dots = 150 / 25.4
    for number in range(6):
        left, top = 14 + 91 * (number % 2), 12 + 89 * (number // 2)
        cell = page.crop(tuple(round(dots * edge) for edge in (left, top, left + 91, top + 89)))  # type: ignore[arg-type]
        assert pages.read(cell) == [texts[number]]
        letters = [
            letter
            for letter, box in pages.letters_of(data, page=1)
            if left < box.left < left + 91 and top < box.top < top + 89
        ]
        assert "".join(letters) == str(number + 1)


def test_sheets_and_form_have_their_fonts_inside_and_say_what_pictures_show(kit: Path) -> None:
    """Tagged, as everything on paper."""
    for name in ("sheets.pdf", "form.pdf"):
        data = (kit / name).read_bytes()
        assert set(pages.fonts_of(data).values()) == {True}
        assert pages.overlaps_of(data) == []
    figures = [
        tag.alternative for tag in pages.tags_of((kit / "sheets.pdf").read_bytes(), page=1) if tag.kind == "Figure"
    ]
    assert figures == [f"Code {number}" for number in range(1, 7)]


def test_the_screen_page_shows_the_same_codes_and_needs_nothing_else(kit: Path) -> None:
    """No script, no address; each code is one screen with its number."""
    page = (kit / "screen.html").read_text(encoding="utf-8")
    for word in ("<script", "https:", "src=", "url(", "@import", "<link", "<img"):
        assert word not in page
    drawings = re.findall(r'<section id="n(\d+)">(<svg .*?</svg>)', page, re.DOTALL)
    texts = [vector["text"] for vector in vectors_of(kit)]
    assert [int(number) for number, _ in drawings] == list(range(1, len(texts) + 1))
    for number in (1, 2, len(texts)):
        drawn = resvg_py.svg_to_bytes(svg_string=drawings[number - 1][1], width=900, dpi=96)
        assert pages.read(pages.open_png(bytes(drawn))) == [texts[number - 1]]


def test_the_lists_are_the_same_in_every_form(kit: Path) -> None:
    """Certificates, JSON, DID document and the signed lists of hcert hold one set of keys under the same kids."""
    plain = json.loads((kit / "keys.json").read_text(encoding="utf-8"))
    keys = {base64.b64decode(key["kid"]): base64.b64decode(key["certificate"]) for key in plain["keys"]}
    pem = x509.load_pem_x509_certificates((kit / "keys.pem").read_bytes())
    assert [hashlib.sha256(one.public_bytes(Encoding.DER)).digest()[:8] for one in pem] == list(keys)
    document = json.loads((kit / "keys.did.json").read_text(encoding="utf-8"))
    jwks = {base64.b64decode(one["publicKeyJwk"]["kid"]): one["publicKeyJwk"] for one in document["verificationMethod"]}
    assert {kid: base64.b64decode(jwk["x5c"][0]) for kid, jwk in jwks.items()} == keys
    anchors = [hcert.TrustedKey.from_public_key((kit / "anchor.pub").read_bytes())]
    trust = hcert.TrustList.open((kit / "keys.cose").read_bytes(), anchors=anchors, at=NOW)
    assert {key.kid for key in trust} == keys.keys()
    revoked = hcert.RevocationList.open((kit / "revocations.bin").read_bytes(), anchors=anchors, at=NOW)
    for vector in vectors_of(kit):
        if vector["expect"] != "either":
            verdict = hcert.Verifier(trust, revocations=revoked).check(vector["text"], at=NOW)
            assert verdict.accepted == (vector["expect"] == "accept"), vector["id"]


def test_a_document_holds_keys_of_both_families(kit: Path) -> None:
    """Their numbers are those of the certificates (RFC 7518 section 6)."""
    document = json.loads((kit / "keys.did.json").read_text(encoding="utf-8"))
    for method in document["verificationMethod"]:
        jwk = method["publicKeyJwk"]
        number = int.from_bytes(base64.urlsafe_b64decode(jwk.get("x", jwk.get("n")) + "=="))
        public: Any = x509.load_der_x509_certificate(base64.b64decode(jwk["x5c"][0])).public_key()
        assert number == (public.public_numbers().x if jwk["kty"] == "EC" else public.public_numbers().n)
    assert {method["publicKeyJwk"]["kty"] for method in document["verificationMethod"]} == {"EC", "RSA"}


@pytest.mark.slow
def test_the_vectors_of_the_kit_that_share_their_lists_come_on_sheets(tmp_path: Path) -> None:
    """The others need lists of their own; how many is said."""
    done = run(tmp_path, "assess", "sheets", "--vectors", KIT, "--group", "text", "-o", "kit", "--json")
    assert done.status == 0, done.stderr
    assert done.json["codes"] + done.json["left_out"] == 27
    chosen = vectors_of(tmp_path / "kit")
    assert len({json.dumps([one["clock"], one["trust"]]) for one in chosen}) == 1
    lengths = {one["id"]: len(one["text"]) for one in chosen}
    assert "text/empty" not in lengths
    assert "text/much-too-long" not in lengths
    shown = [
        text
        for page in range(1, 6)
        for text in pages.read(pages.render((tmp_path / "kit" / "sheets.pdf").read_bytes(), dpi=200, page=page))
    ]
    assert sorted(shown) == sorted(one["text"] for one in chosen)


@pytest.mark.slow
def test_sheets_are_in_the_language_asked_for(tmp_path: Path) -> None:
    """Sheets, screen page, form and what the command says."""
    done = run(tmp_path, "assess", "sheets", *SEED, *TIME, "--group", "text", "-o", "kit", "--lang", "vi")
    assert "mã để đưa cho ứng dụng đọc" in done.stdout
    assert "Che các mã bên cạnh" in pages.text_of((tmp_path / "kit" / "sheets.pdf").read_bytes())
    assert "Phiếu đánh giá ứng dụng" in pages.text_of((tmp_path / "kit" / "form.pdf").read_bytes())
    assert '<html lang="vi">' in (tmp_path / "kit" / "screen.html").read_text(encoding="utf-8")
    assert (tmp_path / "kit" / "form.csv").read_text(encoding="utf-8-sig").startswith("số,kết quả,ghi chú")


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_form_without_faults_gives_a_report_that_says_so(kit: Path, tmp_path: Path, language: Language) -> None:
    """The app's name, version, assessor and day are in it; the results may be in either language."""
    done = report(kit, fill_in(kit, tmp_path, perfect, language=language), "--html", "report.html")
    assert done.status == 0, done
    assert done.lines[0] == f"The program conforms: it passed {len(vectors_of(kit))} of {len(vectors_of(kit))} vectors."
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for shown in (done.stdout, page):
        for fact in ("Sổ Sức Khỏe", "9.1", "Lê Thu Hà", "2026-11-29"):
            assert fact in shown


def test_failures_are_grouped_by_rule_the_gravest_first(kit: Path, tmp_path: Path) -> None:
    """In both languages, with the remark of the assessor."""
    filled = fill_in(kit, tmp_path, lambda _: "accepted", remark="green screen")
    shown = report(kit, filled)
    assert shown.status == 1
    refused = [one for one in vectors_of(kit) if one["expect"] == "refuse"]
    assert shown.stdout.count("got: accepted (green screen).") == len(refused)
    rules = list(dict.fromkeys(f"{one['rule']} ({one['source']})" for one in refused))
    at = {rule: shown.lines.index(rule) for rule in rules}  # each once
    assert "critical" in shown.lines[min(at.values()) + 1]
    vi = report(kit, filled, "--lang", "vi", "--html", "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for one in refused:
        for text in (one["rule"], one["shows"]):
            assert text not in vi.stdout
            assert text not in page
    tables = report(kit, filled, "--json").json["tables"]
    assert set(tables) == {"group", "rule", "severity"}
    assert sum(row.get("failed", 0) for row in tables["rule"].values()) == len(refused)


def test_an_app_that_crashes_or_knows_no_such_code_fails(kit: Path, tmp_path: Path) -> None:
    """Every reader has to know the fresh codes; a crash is no refusal."""
    for seen, words in (
        ("crashed", "it crashed or stopped responding"),
        ("unsupported", "every reader must support it"),
    ):
        done = report(kit, fill_in(kit, tmp_path, lambda _, seen=seen: seen))  # type: ignore[misc]
        assert done.status == 1
        assert done.stdout.count(words) == len(vectors_of(kit))


@pytest.mark.parametrize(
    ("separator", "encoding"),
    [(";", "utf-8-sig"), ("\t", "utf-16"), (",", "utf-8")],
    ids=["semicolons", "tabs", "commas"],
)
def test_a_form_is_read_as_spreadsheets_save_it(kit: Path, tmp_path: Path, separator: str, encoding: str) -> None:
    """Rows in any order, capitals, spaces, empty rows at the end."""
    numbered = list(enumerate(vectors_of(kit), 1))
    rows = [f"{number}{separator} {perfect(one).upper()} {separator}" for number, one in reversed(numbered)]
    text = "\r\n".join([separator.join(("number", "seen", "remark")), *rows, separator * 2, ""])
    (tmp_path / "filled.csv").write_bytes(text.encode(encoding))
    assert report(kit, tmp_path / "filled.csv").status == 0


def write(folder: Path, *rows: str) -> Path:
    """Write a form."""
    (folder / "filled.csv").write_text("number,seen,remark\n" + "\n".join(rows), encoding="utf-8")
    return folder / "filled.csv"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(["1,accepted,", "2,,"], "numbers have no result: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …", id="missing"),
        pytest.param(["1,green,"], "line 2: expected accepted, refused, unsupported or crashed, not green", id="word"),
        pytest.param(["1,accepted,", "1,refused,"], "line 3: number 1 occurs twice", id="twice"),
        pytest.param(["0,accepted,"], "line 2: expected a number from 1 to", id="zero"),
        pytest.param(["999,accepted,"], "line 2: expected a number from 1 to", id="beyond"),
        pytest.param(["٣,accepted,"], "line 2: expected a number from 1 to", id="other digits"),
        pytest.param(["one,accepted,"], "line 2: expected a number from 1 to", id="no number"),
        pytest.param(["9" * 5000 + ",accepted,"], "line 2: expected a number from 1 to", id="huge number"),
        pytest.param(["1," + "x" * 200_000], "save the form as CSV in UTF-8", id="endless cell"),
    ],
)
def test_a_wrong_form_is_one_line(kit: Path, tmp_path: Path, rows: list[str], words: str) -> None:
    """With the line at fault; no report is made of half a form."""
    assert_one_line(report(kit, write(tmp_path, *rows)), 2, words)


@pytest.mark.parametrize("data", [b"\xff\xff\x00", b"\x80abc", b"\xff\xfea"], ids=["bytes", "latin", "half a letter"])
def test_a_form_in_another_encoding_is_one_line(kit: Path, tmp_path: Path, data: bytes) -> None:
    """With what to do."""
    (tmp_path / "filled.csv").write_bytes(data)
    assert_one_line(report(kit, tmp_path / "filled.csv"), 2, "save the form as CSV in UTF-8")


@given(st.sampled_from(SEEN), st.text(max_size=60))
def test_a_remark_is_text_in_every_report(tmp_path_factory: pytest.TempPathFactory, seen: str, remark: str) -> None:
    """Whatever an assessor types, the page and the table hold it as text."""
    folder = tmp_path_factory.mktemp("form")
    vector = {**fresh(1)[0], "expect": "accept", "severity": "major"}
    (folder / "vectors.json").write_text(json.dumps({"version": 1, "vectors": [vector]}), encoding="utf-8")
    with (folder / "filled.csv").open("w", encoding="utf-8", newline="", errors="replace") as file:
        csv.writer(file).writerows([["number", "seen", "remark"], ["1", seen, f"<script>{remark}"]])
    done = run(folder, "assess", "form", "filled.csv", "--vectors", "vectors.json", *APP, "--html", "report.html")
    assert done.status in {0, 1}, done.stderr
    assert "<script" not in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(("-o", "new"), "name either --vectors or --seed", id="neither"),
        pytest.param((*SEED, "--vectors", "kit.json", "-o", "new"), "name either --vectors or --seed", id="both"),
        pytest.param(("--vectors", "kit.json", *TIME, "-o", "new"), "--at goes with --seed", id="time of a file"),
        pytest.param((*SEED, "-o", "."), "expected a new or an empty folder", id="folder in use"),
        pytest.param((*SEED, "-o", "kit.json"), "expected a new or an empty folder", id="file"),
        pytest.param((*SEED, "--group", "nonsense", "-o", "new"), "no vector is of the group nonsense", id="group"),
        pytest.param(("--seed", "0", "-o", "new"), "expected a whole number of 1 or more", id="seed"),
        pytest.param(("--vectors", "kit.json", "-o", "new"), "no vector has a list of certificates", id="no lists"),
        pytest.param(
            ("--vectors", "bad.json", "-o", "new"), "the lists of the vectors cannot be read", id="broken lists"
        ),
        pytest.param(("--vectors", "empty.json", "-o", "new"), "no vector fits a QR code", id="nothing to draw"),
    ],
)
def test_wrong_inputs_of_sheets_are_one_line(tmp_path: Path, options: tuple[object, ...], words: str) -> None:
    """And nothing is written."""
    vector = fresh(1)[0]
    others = {
        "kit": {**vector, "trust": {"keys": []}},
        "bad": {**vector, "trust": {"keys": [{"kid": "AAAA", "certificate": "AAAA"}]}},
        "empty": {**vector, "text": ""},
    }
    for name, one in others.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"version": 1, "vectors": [one]}), encoding="utf-8")
    assert_one_line(run(tmp_path, "assess", "sheets", *options), 2, words)
    assert not (tmp_path / "new").exists()


def test_the_commonest_setup_is_chosen() -> None:
    """Of vectors that an app can load at all."""
    one, two, *_ = fresh(1)
    listed = [{**one, "trust": {"list": "AAAA"}}] * 5
    elsewhere = [{**one, "clock": "2027-01-01T00:00:00Z"}]
    assert find_setup([*listed, *elsewhere, one, two]).vectors == [one, two]


def test_a_program_is_assessed_with_and_without_the_word_program(tmp_path: Path) -> None:
    """Other words at its place are programs."""
    for words in (("program",), ()):
        done = run(tmp_path, "assess", *words, "--lang", "vi", "--vectors", KIT, "--", "./not-there")
        assert_one_line(done, 2, "./not-there: không có chương trình này")
    assert "Commands:" in run(tmp_path, "assess", "--help").stdout
    assert "Lệnh:" in run(tmp_path, "assess", "--lang", "vi", "--help").stdout
