// Functions that look at a page as an eye would: what is cut off, and what is too pale to be read.
"use strict";

const screens = {};
window.screens = screens;

function isVisible(element) {
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return style.visibility !== "hidden" && style.display !== "none" && box.width > 1 && box.height > 1
    && element.checkVisibility({ checkOpacity: true });
}

function hasOwnText(element) {
  return [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
}

screens.texts = () => [...document.body.querySelectorAll("*")].filter((one) => hasOwnText(one) && isVisible(one));

function nameOf(element) {
  const id = element.closest("[id]")?.id ?? "";
  return `${element.tagName.toLowerCase()} in #${id}: ${element.textContent.trim().slice(0, 40)}`;
}

// Text that lies outside the window, or is wider or higher than what it stands in.
screens.cutOff = () => screens.texts().filter((element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const box = range.getBoundingClientRect();
  const outside = (frame) => box.left < frame.left - 1 || box.right > frame.right + 1
    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
  if (outside({ left: 0, top: 0, right: innerWidth, bottom: innerHeight })) return true;
  for (let around = element; around; around = around.parentElement) {
    const style = getComputedStyle(around);
    if (style.overflowX !== "visible" && outside(around.getBoundingClientRect())) return true;
  }
  return false;
}).map(nameOf);

// Pairs of texts that lie over one another.
screens.overlaps = () => {
  const found = screens.texts().map((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return { element, boxes: [...range.getClientRects()] };
  });
  // The box of a line is higher than its letters: up to half may be shared.
  const meet = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2
    && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > Math.min(one.height, other.height) / 2;
  const pairs = [];
  for (const [index, one] of found.entries()) {
    for (const other of found.slice(index + 1)) {
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      if (one.boxes.some((box) => other.boxes.some((second) => meet(box, second)))) {
        pairs.push(`${nameOf(one.element)} | ${nameOf(other.element)}`);
      }
    }
  }
  return pairs;
};

function parse(colour) {
  const numbers = colour.match(/[\d.]+/g).map(Number);
  return { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
}

function over(top, below) {
  return top.rgb.map((value, index) => value * top.alpha + below[index] * (1 - top.alpha));
}

// Every colour that can lie behind an element: its background and those around it, each stop of a gradient included.
function backgrounds(element) {
  if (!element) return [[255, 255, 255]];
  const style = getComputedStyle(element);
  const flat = parse(style.backgroundColor);
  let behind = flat.alpha === 1 ? [flat.rgb] : backgrounds(element.parentElement).map((below) => over(flat, below));
  const stops = style.backgroundImage.match(/rgba?\([^)]*\)/g) ?? [];
  if (stops.length) behind = behind.concat(stops.flatMap((stop) => behind.map((below) => over(parse(stop), below))));
  return behind;
}

function luminance(rgb) {
  const [red, green, blue] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// The lowest contrast of each text (WCAG 2.2, 1.4.3), the palest first.
screens.contrasts = () => screens.texts().map((element) => {
  const colour = parse(getComputedStyle(element).color);
  const ratios = backgrounds(element).map((below) => {
    const [dark, light] = [luminance(over(colour, below)), luminance(below)].sort((one, other) => one - other);
    return (light + 0.05) / (dark + 0.05);
  });
  return { name: nameOf(element), ratio: Math.min(...ratios) };
}).sort((one, other) => one.ratio - other.ratio);
