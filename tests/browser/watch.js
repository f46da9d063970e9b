// Runs before the page's own program. Notes what the card shows and which view of the film is before the camera.
"use strict";

const watch = { shown: [], sightings: [] };
window.watch = watch;

function textOf(selector) {
  return document.querySelector(`#card ${selector}`)?.innerText.trim() ?? "";
}

function note() {
  const card = document.getElementById("card");
  const now = {
    state: card.dataset.state ?? "",
    verdict: textOf("#verdict"),
    name: textOf("#name"),
    born: textOf("#born"),
    reasons: [...card.querySelectorAll("#reasons > li")].map((one) => one.innerText.trim()),
    text: card.innerText.trim(),
  };
  const last = watch.shown.at(-1);
  if (last && Object.keys(now).every((key) => String(now[key]) === String(last[key]))) return;
  const shown = { time: performance.now(), painted: null, ...now };
  watch.shown.push(shown);
  requestAnimationFrame(() => { shown.painted = performance.now(); });
}

// The squares of the film, see film.py: the first is white while a code is in view, the others number the view.
const SQUARES = 8;
const SQUARES_PER_HEIGHT = 30;

function readSquares(video, context) {
  const side = video.videoHeight / SQUARES_PER_HEIGHT;
  context.drawImage(video, 0, 0, SQUARES * side, side, 0, 0, SQUARES, 1);
  const pixels = context.getImageData(0, 0, SQUARES, 1).data;
  const bits = [...Array(SQUARES).keys()].map((square) => Number(pixels[4 * square] > 127));
  return bits[0] ? Number.parseInt(bits.slice(1).join(""), 2) : null;
}

function watchCamera(video) {
  const canvas = new OffscreenCanvas(SQUARES, 1);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const look = () => {
    const now = performance.now();
    const number = readSquares(video, context);
    const last = watch.sightings.at(-1);
    if (last && last.end === null && last.number !== number) last.end = now;
    if (number !== null && (!last || last.end !== null)) watch.sightings.push({ number, begin: now, end: null });
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}

document.addEventListener("DOMContentLoaded", () => {
  const everything = { attributes: true, childList: true, characterData: true, subtree: true };
  new MutationObserver(note).observe(document.getElementById("card"), everything);
  note();
  watchCamera(document.getElementById("camera"));
});
