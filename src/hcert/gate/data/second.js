// The second screen: what was sealed, for the minute for which somebody opened it on the first.

import { currentLanguage, loadWords, otherLanguage, say, setLanguage } from "/words.js";

const LOOK_MS = 500;
const ANSWER_MS = 2000;
const EMPTY = { state: "empty" };

const find = (id) => document.getElementById(id);
let shownKey = "";

function show(content) {
  find("remaining").textContent = content.state === "open" ? say("remaining", { seconds: Math.ceil(content.remaining) }) : "";
  const lines = content.lines?.[currentLanguage()] ?? [];
  const key = JSON.stringify([lines, content.state, currentLanguage()]);
  if (key === shownKey) return;
  shownKey = key;
  find("content").replaceChildren(...lines.flatMap(([label, value]) => {
    const [term, description] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, description.textContent] = [label, value];
    return [term, description];
  }));
  find("title").textContent = say(content.state === "open" ? "second_open" : "second_empty");
  find("close").textContent = say("close");
  find("close").hidden = content.state !== "open";
  find("language").textContent = say("language_name", {}, otherLanguage());
  find("second").dataset.state = content.state;
}

// Whatever goes wrong, nothing stays on the screen.
async function look() {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch("/sealed", { headers: { "X-Gate": "1" }, cache: "no-store", signal });
    show(response.ok ? await response.json() : EMPTY);
  } catch {
    show(EMPTY);
  }
  setTimeout(look, LOOK_MS);
}

async function start() {
  await loadWords();
  const response = await fetch("/state", { cache: "no-store" });
  setLanguage((await response.json()).language);
  find("language").addEventListener("click", () => { setLanguage(otherLanguage()); show(EMPTY); });
  find("close").addEventListener("click", async () => {
    show(EMPTY);
    await fetch("/sealed", { method: "POST", headers: { "X-Gate": "1" }, body: "" });
  });
  show(EMPTY);
  look();
}

start();
