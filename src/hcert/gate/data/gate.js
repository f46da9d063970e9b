// The page of the gate. Its one rule: a card is seen only while the server has just confirmed it. So a request that is
// slow, fails or comes too late leads to the grey "not checked", and never leaves the card of the person before.

import { grabFrame, keepCamera, nextFrame } from "/camera.js";
import { markInView, show, shownAnswer } from "/card.js";
import { droppedFiles, isPicture } from "/dropped.js";
import { play, setSound } from "/sound.js";
import { canUseSerial, chooseScanner, openKnownScanners } from "/serial.js";
import { showState } from "/status.js";
import { watchTyping } from "/typing.js";
import { currentLanguage, loadWords, otherLanguage, say, setLanguage } from "/words.js";

const ANSWER_MS = 2000; // without an answer nothing was checked
const PICTURE_MS = 5000; // the same, for a picture of many megapixels
const SLOW_MS = 500; // an answer about a frame that takes longer hides the card
const HOLD_MS = { camera: 5000, typed: 15000, picture: 15000 }; // how long a card stays after the code was seen
const HINT_MS = 1500;
const STATE_MS = 5000;
const NOTE_MS = 30000; // how long the result of an update stays

const find = (id) => document.getElementById(id);
const VERDICTS = ["accepted", "refused", "authentic"];
const OTHERS = ["nothing", "hint", "unchecked"];
const IDLE = { state: "idle" };
const CHECKING = { state: "checking" };

let newest = 0; // number of the latest request; answers to earlier ones are dropped
let busy = false; // with a typed text or a picture, while the camera waits
let seenAt = 0; // when the code of the card was last seen
let dismissed = null; // the code whose card the guard has put away while it was still in view
let running = new AbortController();
let lastState = null;
let noteTimer = 0;
let waiting = []; // pictures that were dropped together, to be checked one after the other

// Asks the server about one text or frame: an answer that makes sense, `unchecked`, or null if something newer was asked.
async function ask(path, body, limit) {
  const mine = ++newest;
  running.abort();
  running = new AbortController();
  const timer = setTimeout(() => running.abort(), limit);
  const { signal } = running;
  try {
    const response = await fetch(path, {
      method: "POST", headers: { "X-Gate": "1" }, body, signal, cache: "no-store", redirect: "error",
    });
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    if (!isAnswer(answer)) throw new TypeError(path);
    return mine === newest ? answer : null;
  } catch {
    return mine === newest ? { state: "unchecked" } : null;
  } finally {
    clearTimeout(timer);
  }
}

function isAnswer(answer) {
  const hasCard = VERDICTS.includes(answer?.state);
  if (!hasCard && !OTHERS.includes(answer?.state)) return false;
  return hasCard ? Boolean(answer.view && answer.cards?.en && answer.cards?.vi) : !answer.cards;
}

function showAnswer(answer, source) {
  seenAt = performance.now();
  const before = shownAnswer();
  const shown = { ...answer, source };
  const isNew = before.state !== shown.state || before.view !== shown.view;
  show(shown);
  if (isNew) play(shown.state);
}

// A text that was typed, or a picture that was dropped: the card before is gone before anything is asked.
async function checkOnce(path, body, source) {
  busy = true;
  dismissed = null;
  markInView(false);
  show(CHECKING);
  const answer = await ask(path, body, source === "picture" ? PICTURE_MS : ANSWER_MS);
  if (answer === null) return; // something newer is being checked
  busy = false;
  showAnswer(answer, source);
}

const checkTyped = (text) => checkOnce("/check", text, "typed");

async function watchCamera(video) {
  for (;;) {
    const isNew = await nextFrame();
    expire();
    if (!isNew || busy || document.hidden) continue;
    const frame = await grabFrame(video);
    if (frame === null || busy) continue;
    const slow = setTimeout(() => { if (isVerdictOfCamera() && !busy) show(CHECKING); }, SLOW_MS);
    const answer = await ask("/frame", frame, ANSWER_MS);
    clearTimeout(slow);
    if (answer !== null) takeFrame(answer);
  }
}

function isVerdictOfCamera() {
  const { source, cards } = shownAnswer();
  return source === "camera" && Boolean(cards);
}

function takeFrame(answer) {
  if (answer.state === "nothing") {
    markInView(false);
    if (shownAnswer().state === "checking" || isUnanswered()) show(IDLE);
    if (performance.now() - seenAt > HINT_MS) dismissed = null;
    return;
  }
  if (answer.view && answer.view === dismissed) {
    seenAt = performance.now();
    return;
  }
  dismissed = null;
  markInView(answer.state !== "unchecked");
  showAnswer(answer, "camera");
}

// Whether the server did not answer about a frame; that stays until it answers again.
function isUnanswered() {
  const { state, source, reason } = shownAnswer();
  return state === "unchecked" && source === "camera" && !reason;
}

// Puts the card away once its code has not been seen for some time.
function expire() {
  const { state, source } = shownAnswer();
  if (state === "idle" || state === "checking" || isUnanswered()) return;
  const hold = state === "hint" && source === "camera" ? HINT_MS : HOLD_MS[source];
  if (performance.now() - seenAt > hold) show(IDLE);
}

function putAway() {
  const { source, view } = shownAnswer();
  dismissed = source === "camera" ? view : null;
  markInView(false);
  show(IDLE);
}

function showHint(hint) {
  running.abort();
  newest += 1;
  busy = false;
  seenAt = performance.now();
  show({ state: "hint", hint, source: "typed" });
}

async function post(path, body) {
  try {
    const response = await fetch(path, { method: "POST", headers: { "X-Gate": "1" }, body, cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function reportUpdate(report) {
  const note = find("update-note");
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => { note.textContent = ""; }, NOTE_MS);
  if (report === null) note.textContent = say("update_failed");
  else if (report.problem) note.textContent = say(`update_${report.problem}`);
  else {
    const taken = report.taken.map((one) => say(`taken_${one.changed ? "new" : "same"}`, {
      list: say(one.kind), version: one.version,
    }));
    const refused = report.refused.map((one) => `${one.file ? `${one.file}: ` : ""}${one.message[currentLanguage()]}`);
    note.textContent = [...taken, ...refused].join(" · ");
  }
  refreshState();
}

async function takeLists(files) {
  find("tools").open = false;
  find("update-note").textContent = say("update_running");
  const reports = [];
  for (const file of files) reports.push(await post("/lists", file));
  if (reports.includes(null)) reportUpdate(null);
  else reportUpdate({ taken: reports.flatMap((one) => one.taken), refused: reports.flatMap((one) => one.refused),
    problem: reports.find((one) => one.problem)?.problem });
}

async function takeFolder() {
  find("tools").open = false;
  find("update-note").textContent = say("update_running");
  reportUpdate(await post("/updates", ""));
}

async function openSealed() {
  const opened = await post("/sealed", shownAnswer().view ?? "");
  const note = find("sealed-note");
  note.hidden = false;
  note.textContent = opened?.opened ? say("sealed_open") : opened?.reason?.[currentLanguage()] ?? say("sealed_gone");
}

async function refreshState() {
  try {
    const response = await fetch("/state", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(String(response.status));
    lastState = await response.json();
    showState(lastState);
  } catch {
    showState(null);
  }
}

function showLanguage() {
  showNext();
  find("language").textContent = say("language_name", {}, otherLanguage());
  find("language").lang = otherLanguage();
  find("tools-label").textContent = say("tools");
  find("update").textContent = say("update");
  find("choose-lists-label").textContent = say("choose_lists");
  find("choose-picture-label").textContent = say("choose_picture");
  find("choose-serial").textContent = say("choose_serial");
  find("camera").setAttribute("aria-label", say("camera_label"));
  showSound();
  showCamera();
  show(shownAnswer());
  if (lastState !== null) showState(lastState);
}

function showSound() {
  const isOn = find("sound").getAttribute("aria-pressed") === "true";
  find("sound").textContent = say(isOn ? "sound_on" : "sound_off");
}

function showCamera() {
  const state = document.body.dataset.camera;
  find("camera-note").textContent = state === "on" ? "" : say(`camera_${state}`);
  if (shownAnswer().state === "idle") show(IDLE);
}

// Pictures and lists may be dropped anywhere on the page. The first picture is checked now, "Next" goes on to the others.
function takeFiles(files) {
  waiting = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file));
  if (waiting.length) checkNextPicture();
  if (others.length) takeLists(others);
}

function checkNextPicture() {
  find("tools").open = false;
  checkOnce("/picture", waiting.shift(), "picture");
  showNext();
}

function showNext() {
  find("next").textContent = waiting.length ? say("next_of", { count: waiting.length }) : say("next");
}

async function takeDrop(event) {
  event.preventDefault();
  try {
    takeFiles(await droppedFiles(event.dataTransfer));
  } catch {
    find("update-note").textContent = say("drop_failed");
  }
}

function goOn() {
  if (waiting.length) checkNextPicture();
  else putAway();
}

async function start() {
  await loadWords();
  const response = await fetch("/state", { cache: "no-store" });
  lastState = await response.json();
  setLanguage(lastState.language);
  find("update").hidden = !lastState.updates;
  find("choose-serial").hidden = !canUseSerial;
  showState(lastState);
  showLanguage();
  show(IDLE);

  find("next").addEventListener("click", goOn);
  find("language").addEventListener("click", () => { setLanguage(otherLanguage()); showLanguage(); });
  find("sound").addEventListener("click", () => {
    const isOn = find("sound").getAttribute("aria-pressed") !== "true";
    find("sound").setAttribute("aria-pressed", String(isOn));
    setSound(isOn);
    showSound();
  });
  find("update").addEventListener("click", takeFolder);
  find("choose-serial").addEventListener("click", () => {
    find("tools").open = false;
    chooseScanner(checkTyped);
  });
  find("open-sealed").addEventListener("click", openSealed);
  for (const [id, take] of [["choose-lists", takeLists], ["choose-picture", takeFiles]]) {
    find(id).addEventListener("change", (event) => { take([...event.target.files]); event.target.value = ""; });
  }
  window.addEventListener("keydown", (event) => { if (event.code === "Escape") goOn(); });
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", takeDrop);
  watchTyping({
    onText: checkTyped,
    onUnreadable: () => showHint("unreadable"),
    onUnended: () => showHint("unended"),
  });
  openKnownScanners(checkTyped);
  setInterval(refreshState, STATE_MS);
  setInterval(expire, 250);
  keepCamera(find("camera"), showCamera);
  watchCamera(find("camera"));
}

start();
