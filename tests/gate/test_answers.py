"""What the page is told about a code in view: a verdict, a hint, nothing, or that nothing can be checked."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import hcert
from hcert import words
from hcert.certlogic import CountryRules, RuleList
from hcert.gate import server
from hcert.gate.answers import LANGUAGES
from hcert.gate.desk import Desk, Setup
from hcert.policy import AnyOf, CompletedSeries, RecentNegativeTest
from support.country_rules import FAILS, rule
from support.gates import anchors, authority, draw, list_signers, make_setup, open_gate, reader, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from support.gates import Client

FOREIGN = (
    "00020101021138540010A00000072701240006970436011006018823980208QRIBFTTA53037045802VN6304A1B2",
    "https://example.org/menu",
    "shc:/5676290952432060346029243740446031222959532654603460292540772804336028",
    "hc1:6BF",
    "",
)
DAY = dt.timedelta(days=1)
ANY_TIME = {"ValidFrom": "2020-01-01T00:00:00Z", "ValidTo": "2099-01-01T00:00:00Z"}


def forged() -> str:
    """Return a code with one changed character near its end, inside the signature."""
    text = text_of("code")
    return text[:-12] + ("A" if text[-12] != "A" else "B") + text[-11:]


def sealed_lists(issued_at: dt.datetime, expires_at: dt.datetime) -> tuple[bytes, bytes]:
    """Return a key list and a revocation list with these times, newer than the authority's."""
    times: dict[str, Any] = {"version": 9, "issued_at": issued_at, "expires_at": expires_at}
    keys = hcert.TrustList([hcert.TrustedKey.from_certificate(authority()["dsc.pem"])])
    return keys.seal(list_signers(), **times), hcert.RevocationList().seal(list_signers(), **times)


def graced(store: hcert.TrustStore, folder: Path, grace: dt.timedelta) -> Setup:
    """Return the setup of a gate with a rule, which uses expired lists for a while."""
    tolerances = hcert.Tolerances(list_grace=grace)
    return Setup(directory=folder / "store", store=store, make_policy=CompletedSeries, tolerances=tolerances)


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        ("code", "accepted", None),
        ("citizen", "accepted", None),
        ("test", "refused", "policy.no_completed_series"),
        ("expired", "refused", "claims.expired"),
        ("revoked", "refused", "revocation.certificate"),
    ],
)
def test_a_code_gets_its_verdict_from_text_frame_and_picture_alike(
    gate: Client, text: str, state: str, reason: str | None
) -> None:
    """Whoever reads it."""
    answers = [
        gate.post("/check", text_of(text).encode()).json,
        gate.post("/frame", draw(text_of(text))).json,
        gate.post("/picture", authority()[f"{text}.png"]).json,
        gate.post("/picture", authority()[f"{text}.txt"]).json,
    ]
    assert [answer["state"] for answer in answers] == [state] * 4
    assert all(answer == answers[0] for answer in answers)
    details = " ".join(answers[0]["cards"]["en"]["details"])
    assert (reason in details) if reason else not details


def test_a_forged_code_names_nobody(gate: Client) -> None:
    """What no trusted key signed is not shown as if it were true."""
    answer = gate.post("/check", forged().encode()).json
    assert answer["state"] == "refused"
    assert {(card["name"], card["born"], card["issuer"]) for card in answer["cards"].values()} == {(None, None, None)}


def test_a_card_says_what_a_guard_needs_in_both_languages(gate: Client, tmp_path: Path) -> None:
    """Who it is, for what it was accepted, under which rule, who issued it, and how old the lists are."""
    verdict = make_setup(tmp_path).store.verifier(policy=CompletedSeries()).check(text_of("citizen"))
    cards = gate.post("/check", text_of("citizen").encode()).json["cards"]
    assert tuple(cards) == LANGUAGES
    for language, card in cards.items():
        shown = words.card(verdict, language=language)
        assert (card["name"], card["born"]) == (shown.name, shown.born)
        assert len(card["counted"]) == 1
        assert card["entries"][0] == f"✓ {card['counted'][0]}"
        assert card["rule"]
        assert "VN" in card["issuer"]
        assert len(card["lists"]) == 2


def test_reasons_come_gravest_first_and_short(tmp_path: Path) -> None:
    """At most three, each of at most 28 characters, as the catalog orders them."""
    with open_gate(make_setup(tmp_path, policy=RecentNegativeTest())) as gate:
        answer = gate.post("/check", text_of("expired").encode()).json
    reasons = answer["cards"]["en"]["reasons"]
    verdict = hcert.Verifier(
        hcert.TrustList([hcert.TrustedKey.from_certificate(authority()["dsc.pem"])]), policy=RecentNegativeTest()
    ).check(text_of("expired"))
    assert reasons == [words.short(found, language="en") for found in verdict.errors][:3]
    assert max(map(len, reasons)) <= 28


def test_without_a_rule_nothing_is_accepted(tmp_path: Path) -> None:
    """A fresh positive test is authentic too: the gate says so, in another state, and refuses what is not."""
    with open_gate(make_setup(tmp_path)) as gate:
        answers = {name: gate.post("/check", text_of(name).encode()).json for name in ("code", "test", "expired")}
        assert gate.get("/state").json["rule"] is None
    assert {name: answer["state"] for name, answer in answers.items()} == {
        "code": "authentic",
        "test": "authentic",
        "expired": "refused",
    }
    assert answers["code"]["cards"]["en"]["newest"][0].startswith("Vaccination ")
    assert answers["code"]["cards"]["en"]["rule"] is None
    assert answers["code"]["cards"]["en"]["counted"] == []


def test_the_rule_in_force_is_named(tmp_path: Path) -> None:
    """In both languages, as on the card."""
    rule = AnyOf(CompletedSeries(), RecentNegativeTest())
    with open_gate(make_setup(tmp_path, policy=rule)) as gate:
        state = gate.get("/state").json
        card = gate.post("/check", text_of("test").encode()).json
    assert card["state"] == "accepted"
    for language in LANGUAGES:
        assert card["cards"][language]["rule"].endswith(state["rule"][language])


@pytest.mark.parametrize("text", FOREIGN)
def test_a_code_of_another_kind_is_a_hint(gate: Client, text: str) -> None:
    """Somebody showed the wrong code; that is no verdict about the person."""
    answer = gate.post("/check", text.encode()).json
    assert (answer["state"], answer["hint"], answer["cards"]) == ("hint", "foreign", None)
    if text:
        assert gate.post("/frame", draw(text)).json == answer


def test_two_codes_in_view_give_no_verdict(gate: Client) -> None:
    """Whose would it be?"""
    answer = gate.post("/frame", draw(text_of("code"), text_of("revoked"))).json
    assert (answer["state"], answer["hint"], answer["view"], answer["cards"]) == ("hint", "several", None, None)
    assert gate.post("/frame", draw(FOREIGN[0], FOREIGN[1])).json["hint"] == "several"


def test_a_poster_beside_the_code_does_not_matter(gate: Client) -> None:
    """A health code is meant where there is one; the same code twice is one."""
    assert gate.post("/frame", draw(text_of("code"), FOREIGN[0])).json["state"] == "accepted"
    assert gate.post("/frame", draw(text_of("code"), text_of("code"))).json["state"] == "accepted"


def test_an_unreadable_frame_is_silence(gate: Client) -> None:
    """Most frames hold nothing; no word is lost about them."""
    answer = gate.post("/frame", draw()).json
    assert {name: value for name, value in answer.items() if value} == {"state": "nothing"}


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff\xd8\xff",
        draw(text_of("code"))[:3000],
        draw(text_of("code"), form="PNG"),
        b"HC1:6BF",
        b"\xff\xd8\xff\xe0" + bytes(1000),
    ],
    ids=["empty", "beginning", "cut off", "PNG", "text", "zeros"],
)
def test_a_broken_frame_is_a_bad_request(gate: Client, frame: bytes) -> None:
    """Never an error of the server, and never an old verdict."""
    response = gate.post("/frame", frame)
    assert (response.status, response.body) == (400, b"")


def test_a_frame_of_too_many_pixels_is_a_bad_request(gate: Client) -> None:
    """A few kilobytes can claim to be of any size."""
    data = BytesIO()
    Image.new("L", (5000, 5000)).save(data, "JPEG")
    assert len(data.getvalue()) < server.MAX_FRAME
    assert gate.post("/frame", data.getvalue()).status == 400


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", draw()], ids=["empty", "PDF", "no code"])
def test_a_picture_without_a_code_is_a_hint_with_its_reason(gate: Client, data: bytes) -> None:
    """Somebody chose this file and waits for an answer."""
    answer = gate.post("/picture", data).json
    assert answer["state"] == "hint"
    assert all(answer["reason"][language] for language in LANGUAGES)


def test_views_tell_codes_apart_and_nothing_else(gate: Client, tmp_path: Path) -> None:
    """The same code has the same view while this gate is open; in another gate it has another one."""
    code, test = (text_of(name).encode() for name in ("code", "test"))
    first, again, other = (gate.post("/check", text).json["view"] for text in (code, code, test))
    assert first == again != other
    with open_gate(make_setup(tmp_path)) as second:
        assert second.post("/check", code).json["view"] != first


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(), st.text().map("HC1:".__add__)))
def test_any_text_gets_an_answer(gate: Client, text: str) -> None:
    """Typed by whatever was set up in whatever way."""
    with suppress(UnicodeEncodeError):
        data = text.encode()[: server.MAX_TEXT]
        assert gate.post("/check", data).json["state"] in {"hint", "refused"}


def test_a_gate_without_lists_checks_nothing(tmp_path: Path) -> None:
    """It says what is missing, and takes the list as soon as it is there."""
    store = hcert.TrustStore(tmp_path / "store", anchors=anchors())
    setup = make_setup(tmp_path, policy=CompletedSeries())
    for file in (tmp_path / "store").iterdir():
        file.unlink()
    with open_gate(setup) as gate:
        answer = gate.post("/check", text_of("code").encode()).json
        assert (answer["state"], answer["cards"]) == ("unchecked", None)
        assert answer["reason"]["vi"]
        assert [one["state"] for one in gate.get("/state").json["lists"]] == ["missing", "missing"]
        store.update(authority()["keys.cose"])
        answer = gate.post("/check", text_of("code").encode()).json
        assert answer["state"] == "refused"
        assert "revocation.list_missing" in " ".join(answer["cards"]["en"]["details"])
        store.update(authority()["full.bin"])
        assert gate.post("/check", text_of("code").encode()).json["state"] == "accepted"


def test_a_damaged_store_checks_nothing(tmp_path: Path) -> None:
    """What was held before counts no longer: nobody knows why the file changed."""
    with open_gate(make_setup(tmp_path, policy=CompletedSeries())) as gate:
        assert gate.post("/check", text_of("code").encode()).json["state"] == "accepted"
        (tmp_path / "store" / "keys.cose").write_bytes(b"damaged")
        assert gate.post("/check", text_of("code").encode()).json["state"] == "unchecked"
        assert next(one["state"] for one in gate.get("/state").json["lists"]) == "damaged"


def test_a_store_that_is_gone_checks_nothing(tmp_path: Path) -> None:
    """As when a stick was pulled out."""
    with open_gate(make_setup(tmp_path, policy=CompletedSeries())) as gate:
        (tmp_path / "store").rename(tmp_path / "moved")
        assert gate.post("/check", text_of("code").encode()).json["state"] == "unchecked"
        assert [one["state"] for one in gate.get("/state").json["lists"]] == ["damaged", "damaged"]


def test_a_revocation_counts_from_the_update_on(tmp_path: Path) -> None:
    """Also one that another program, such as a nightly job, put into the store."""
    with open_gate(make_setup(tmp_path, "keys.cose", "full.bin", policy=CompletedSeries())) as gate:
        assert gate.post("/check", text_of("revoked").encode()).json["state"] == "accepted"
        hcert.TrustStore(tmp_path / "store", anchors=anchors()).update(authority()["delta.cose"])
        assert gate.post("/check", text_of("revoked").encode()).json["state"] == "refused"


@pytest.mark.parametrize(
    ("overdue", "grace", "state", "age"),
    [
        (-DAY, 0 * DAY, "accepted", "fresh"),
        (DAY, 2 * DAY, "accepted", "stale"),
        (3 * DAY, 2 * DAY, "refused", "expired"),
    ],
    ids=["fresh", "stale", "expired"],
)
def test_old_lists_warn_and_then_refuse(
    tmp_path: Path, overdue: dt.timedelta, grace: dt.timedelta, state: str, age: str
) -> None:
    """As the verifier says; the page shows it all the time."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    lists = sealed_lists(now - 10 * DAY, now - overdue)
    store = hcert.TrustStore(tmp_path / "store", anchors=anchors())
    for data in lists:
        store.update(data, at=now - 10 * DAY)
    with open_gate(graced(store, tmp_path, grace)) as gate:
        assert gate.post("/check", text_of("code").encode()).json["state"] == state
        shown = gate.get("/state").json["lists"]
    assert [(one["kind"], one["state"], one["version"]) for one in shown] == [("keys", age, 9), ("revocations", age, 9)]
    assert shown[0]["age_seconds"] == pytest.approx(10 * 86400, abs=60)
    assert shown[0]["remaining_seconds"] == pytest.approx(-overdue.total_seconds(), abs=60)


def test_the_rules_of_a_country_come_with_the_store(tmp_path: Path) -> None:
    """Without them nothing is checked, their age is in view, and an update to them counts at the next code."""
    setup = make_setup(tmp_path)
    store = setup.store
    ruled = Setup(
        directory=setup.directory,
        store=store,
        make_policy=lambda: CountryRules(store.rules(), country="VN"),
        uses_rules=True,
    )
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    times: dict[str, Any] = {"issued_at": now - DAY, "expires_at": now + DAY}
    with open_gate(ruled) as gate:
        assert gate.post("/check", text_of("code").encode()).json["state"] == "unchecked"
        assert gate.get("/state").json["rule"]["vi"]
        assert [one["state"] for one in gate.get("/state").json["lists"]] == ["fresh", "fresh", "missing"]
        gate.post("/lists", RuleList([rule(**ANY_TIME)]).seal(list_signers(), version=1, **times))
        assert gate.post("/check", text_of("code").encode()).json["state"] == "accepted"
        assert [(one["kind"], one["state"]) for one in gate.get("/state").json["lists"]][2] == ("rules", "fresh")
        gate.post("/lists", RuleList([rule(logic=FAILS, **ANY_TIME)]).seal(list_signers(), version=2, **times))
        assert gate.post("/check", text_of("code").encode()).json["state"] == "refused"
        assert "VN" in gate.get("/state").json["rule"]["en"]


def test_a_clock_before_the_lists_is_told(tmp_path: Path) -> None:
    """A computer whose battery is empty lives in the past."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    store = hcert.TrustStore(tmp_path / "store", anchors=anchors())
    for data in sealed_lists(now + DAY, now + 2 * DAY):
        store.update(data, at=now + DAY)
    with open_gate(graced(store, tmp_path, 0 * DAY)) as gate:
        assert gate.post("/check", text_of("code").encode()).json["state"] == "refused"
        assert [one["state"] for one in gate.get("/state").json["lists"]] == ["future", "future"]


def test_counts_name_nobody_and_count_a_code_in_view_once(tmp_path: Path) -> None:
    """Twenty frames a second of one code are one code."""
    with open_gate(make_setup(tmp_path, policy=CompletedSeries(), counting=True)) as gate:
        for name in ("code", "code", "test", "code", "code"):
            gate.post("/check", text_of(name).encode())
        gate.post("/check", FOREIGN[0].encode())
        assert gate.get("/state").json["counts"] == {"accepted": 2, "refused": 1}


def test_nothing_is_counted_unless_asked(gate: Client) -> None:
    """The default keeps nothing."""
    gate.post("/check", text_of("code").encode())
    assert gate.get("/state").json["counts"] is None


def test_a_gate_remembers_no_person(tmp_path: Path) -> None:
    """After a check nothing that the desk holds has the name or the text, and the store has no new file."""
    setup = make_setup(tmp_path, policy=CompletedSeries(), counting=True, readers=[reader()])
    desk = Desk(setup)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    assert desk.check_text(text_of("citizen")).state == "accepted"
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    held = repr({name: value for name, value in vars(desk).items() if name != "_setup"}) + repr(
        vars(desk.second_screen)
    )
    for secret in (text_of("citizen"), "Nguyễn", "1990", "001190000123"):
        assert secret not in held


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_starts_in_the_language_of_the_command(tmp_path: Path, language: words.Language) -> None:
    """And has both."""
    with open_gate(make_setup(tmp_path, language=language)) as gate:
        assert gate.get("/state").json["language"] == language


def test_an_unforeseen_error_tells_nothing_of_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The page hears 500 and shows that nothing was checked; the log has the place in the program alone."""

    def fail(_: Desk, text: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(Desk, "check_text", fail)
    with open_gate(make_setup(tmp_path)) as gate:
        response = gate.post("/check", text_of("code").encode())
    assert (response.status, response.body) == (500, b"")
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith("hcert: RuntimeError: test_answers.py:")
    assert "HC1" not in said.err


def test_an_honest_day_is_logged_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither requests nor errors."""
    with open_gate(make_setup(tmp_path)) as gate:
        gate.get("/")
        gate.post("/check", text_of("code").encode())
        gate.post("/frame", b"broken")
        gate.get("/", Host="evil")
    assert tuple(capfd.readouterr()) == ("", "")
