"""The files of the page: complete in both languages, with nothing from elsewhere or that the policy forbids."""

from __future__ import annotations

import json
import re
import string
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING, get_args

import pytest

from conftest import ROOT
from hcert import words
from hcert.gate.answers import LANGUAGES, Hint, State
from hcert.gate.assets import read_asset
from hcert.gate.list_states import ListAge, ListName
from hcert.store.store_update import ListKind

if TYPE_CHECKING:
    from support.gates import Client

DATA = ROOT / "src" / "hcert" / "gate" / "data"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in DATA.iterdir()}
WORDS = json.loads(read_asset("/words.json")[0])
SCRIPTS = {name: text for name, text in SOURCES.items() if name.endswith(".js")}
PAGES = {name: text for name, text in SOURCES.items() if name.endswith(".html")}


class Elements(HTMLParser):
    """Collects ids, references and handlers of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.odd: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes of an element."""
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in {"src", "href"}:
                self.references.append(str(value))
            if name.startswith("on") or name == "style" or tag == "style":
                self.odd.append(f"{tag} {name}")


def said_words() -> set[str]:
    """Return the words that scripts ask for by name."""
    text = "\n".join(SCRIPTS.values())
    asked = set(re.findall(r"""\bsay\("([^"]+)\"""", text))
    asked |= {word for pair in re.findall(r"""\bsay\(\w[^()?]* \? "(\w+)" : "(\w+)"\)""", text) for word in pair}
    asked |= (
        {f"list_{age}" for age in get_args(ListAge)}
        | {f"list_{name}" for name in get_args(ListName)}
        | set(get_args(ListKind))
    )
    asked |= {f"camera_{state}" for state in ("starting", "refused", "absent", "busy")}
    asked |= {f"hint_{hint}" for hint in (*get_args(Hint), "unreadable", "unended")}
    asked |= {f"update_{problem}" for problem in ("folder", "empty", "store")} | {"taken_new", "taken_same"}
    return asked | {"accepted", "refused", "authentic", "unchecked", "not_checked_yet"}


def test_every_word_is_there_and_none_is_dead() -> None:
    """A name without words would be seen by a guard."""
    assert said_words() == set(WORDS)


@pytest.mark.parametrize("name", WORDS)
def test_a_word_says_the_same_in_both_languages(name: str) -> None:
    """With the same details, in Unicode form NFC."""
    row = WORDS[name]
    assert tuple(row) == LANGUAGES
    details = [sorted(part for _, part, _, _ in string.Formatter().parse(text) if part) for text in row.values()]
    assert details[0] == details[1]
    assert all(unicodedata.is_normalized("NFC", text) and text.strip() == text != "" for text in row.values())


def test_verdicts_have_the_words_of_cards(gate: Client) -> None:
    """What a terminal calls accepted is called the same at a gate."""
    served = gate.get("/words.json").json
    for name in ("accepted", "refused", "authentic"):
        assert served[name] == {language: words.label(name, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_refers_to_files_that_the_gate_serves(gate: Client, name: str) -> None:
    """By paths of its own, without handlers and styles in the text, which the policy forbids."""
    found = Elements(PAGES[name])
    assert found.odd == []
    assert len(found.ids) == len(set(found.ids))
    assert found.references
    for path in found.references:
        assert gate.get(path).status == 200


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_imports_files_that_the_gate_serves(gate: Client, name: str) -> None:
    """And keeps nothing, sends nothing elsewhere, makes no code of text."""
    script = SCRIPTS[name]
    for path in re.findall(r"""from "([^"]+)\"""", script):
        assert gate.get(path).headers["Content-Type"].startswith("text/javascript")
    for word in ("localStorage", "sessionStorage", "indexedDB", "cookie", "innerHTML", "eval(", "://", "console."):
        assert word not in script


def test_every_file_is_served_and_every_script_used(gate: Client) -> None:
    """Nothing is forgotten or left over."""
    text = "\n".join(SOURCES.values())
    for name in SOURCES:
        if name.endswith((".js", ".css")):
            assert gate.get(f"/{name}").body == (DATA / name).read_bytes()
            assert f'"/{name}"' in text


def test_scripts_ask_for_elements_that_exist() -> None:
    """By id; a wrong one would stop the page."""
    ids = {one for page in PAGES.values() for one in Elements(page).ids}
    asked = {one for script in SCRIPTS.values() for one in re.findall(r"""\bfi(?:nd|ll|llList)\("([\w-]+)\"""", script)}
    assert asked
    assert asked <= ids


def test_every_state_has_its_sign_and_its_colour() -> None:
    """Never colour alone."""
    states = set(get_args(State)) - {"nothing"}
    signs = re.search(r"const SIGNS = \{(.*?)\}", SCRIPTS["card.js"])
    assert signs is not None
    shown = dict(re.findall(r'(\w+): "(.*?)"', signs[1]))
    assert states <= shown.keys()
    assert len({shown[state] for state in states}) == len(states)
    for state in states:
        assert f'#card[data-state="{state}"] {{' in SOURCES["gate.css"]
