// The card: what the guard reads. It is rebuilt only if something on it changed.

import { currentLanguage, otherLanguage, say } from "/words.js";

const SIGNS = { idle: "", checking: "…", accepted: "✓", refused: "✗", authentic: "≡", unchecked: "?", hint: "!" };
const WORDS = ["accepted", "refused", "authentic", "unchecked"];
const MIN_FIT = 0.5;
const EMPTY = { reasons: [], counted: [], newest: [], entries: [], lists: [], warnings: [], details: [] };

const find = (id) => document.getElementById(id);
const card = find("card");
let shown = { state: "idle" };
let shownKey = "";

export function shownAnswer() {
  return shown;
}

function fill(id, text) {
  const element = find(id);
  element.textContent = text ?? "";
  element.hidden = !text;
}

function fillList(id, texts) {
  const list = find(id);
  list.replaceChildren(...texts.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  list.hidden = texts.length === 0;
}

function hintOf(answer) {
  if (answer.state === "idle") return say(document.body.dataset.camera === "on" ? "show_code" : "scan_code");
  if (answer.reason) return answer.reason[currentLanguage()];
  if (answer.hint) return say(`hint_${answer.hint}`);
  return answer.state === "unchecked" ? say("no_answer") : "";
}

// Shows an answer of the server, or a state of the page itself (`idle`, `checking`, a hint).
export function show(answer) {
  const key = JSON.stringify([answer, currentLanguage(), document.body.dataset.camera]);
  if (key === shownKey) return;
  shownKey = key;
  const isNew = answer.state !== shown.state || answer.view !== shown.view || answer.hint !== shown.hint;
  shown = answer;

  const parts = answer.cards?.[currentLanguage()] ?? EMPTY;
  const word = WORDS.includes(answer.state) ? answer.state : answer.state === "hint" ? "not_checked_yet" : "";
  if (isNew) find("more").open = false;
  fill("sign", SIGNS[answer.state]);
  fill("verdict", word && say(word));
  fill("verdict-other", word && say(word, {}, otherLanguage()));
  find("verdict-other").lang = otherLanguage();
  fillList("reasons", parts.reasons);
  fill("name", parts.name);
  fill("born", parts.born);
  // Without a rule nothing counts, and the guard has to judge what is newest.
  fillList("counted", answer.state === "authentic" ? parts.newest : parts.counted);
  fill("hint", hintOf(answer));
  fill("compare", parts.name && answer.state !== "refused" ? say("compare") : "");
  fill("rule", answer.cards ? parts.rule ?? say("rule_none") : "");
  fill("issuer", parts.issuer);
  find("more").hidden = !answer.cards;
  fill("more-label", say("more"));
  fillList("entries", parts.entries);
  fillList("list-times", parts.lists);
  fillList("warnings", parts.warnings.map((text) => `! ${text}`));
  fillList("details", parts.details);
  fill("open-sealed", answer.sealed ? say("open_sealed") : "");
  if (isNew) fill("sealed-note", "");

  // The styles follow these: set last, so that no state is ever seen over the content of another.
  card.dataset.view = answer.view ?? "";
  card.dataset.source = answer.source ?? "";
  card.dataset.state = answer.state;
  fit();
  if (isNew) {
    find("announcer").textContent = [word && say(word), ...parts.reasons, parts.name, parts.born, find("hint").textContent]
      .filter(Boolean).join(". ");
    const { state, view, source } = answer;
    window.dispatchEvent(new CustomEvent("gate-card", { detail: { state, view, source } }));
  }
}

// Long names get smaller letters, and whatever is still too long for the screen makes the whole card smaller: nothing is
// cut off. Details that somebody opened may be scrolled.
function fit() {
  const length = find("name").textContent.length;
  card.dataset.size = length > 90 ? "small" : length > 45 ? "medium" : "large";
  if (find("more").open) return;
  for (let size = 1; size >= MIN_FIT; size -= 0.05) {
    card.style.setProperty("--fit", size);
    if (card.scrollHeight <= card.clientHeight) return;
  }
}

new ResizeObserver(fit).observe(card);

export function markInView(isInView) {
  card.dataset.inView = String(isInView);
}
