// Scanners that type. Keys are read by their place on the keyboard (event.code) against the US table, since that is
// what a scanner presses: the letters that the computer makes of it depend on its layout, Caps Lock and input method.
// Nothing is trimmed: Base45 has a space. Times are those of the key events, because a busy page handles them late.

const GAP_MS = 1000; // a longer pause begins a new text
const UNENDED_MS = 1500; // after which a code without Enter is reported
const MAX_LENGTH = 20000;

const PLAIN = {
  Space: " ", Minus: "-", Equal: "=", BracketLeft: "[", BracketRight: "]", Backslash: "\\", Semicolon: ";", Quote: "'",
  Backquote: "`", Comma: ",", Period: ".", Slash: "/", NumpadMultiply: "*", NumpadAdd: "+", NumpadSubtract: "-",
  NumpadDecimal: ".", NumpadDivide: "/",
};
const SHIFTED = {
  Digit1: "!", Digit2: "@", Digit3: "#", Digit4: "$", Digit5: "%", Digit6: "^", Digit7: "&", Digit8: "*", Digit9: "(",
  Digit0: ")", Space: " ", Minus: "_", Equal: "+", BracketLeft: "{", BracketRight: "}", Backslash: "|", Semicolon: ":",
  Quote: '"', Backquote: "~", Comma: "<", Period: ">", Slash: "?",
};
const SILENT = /^(Shift|Control|Alt|Meta|OS|CapsLock|NumLock|ScrollLock|Tab|Escape|Arrow|Page|Home|End|Insert|F\d|Fn|Context|Lang|Convert|NonConvert|Kana)/;

// The character that a key types on a US keyboard; null if it types none, undefined if that cannot be known.
export function characterOf(event) {
  const code = event.code;
  if (/^Key[A-Z]$/.test(code)) return code[3]; // capitals whatever Caps Lock says: Base45 has no others
  if (/^(Digit|Numpad)\d$/.test(code)) {
    if (event.altKey) return undefined; // Alt and a number: the scanner types characters that the layout lacks
    return event.shiftKey && SHIFTED[code] ? SHIFTED[code] : code.at(-1);
  }
  if (event.shiftKey && SHIFTED[code]) return SHIFTED[code];
  if (PLAIN[code]) return PLAIN[code];
  if (SILENT.test(code)) return null;
  return undefined; // no key at all, as an input method sends it, or Backspace, with which it takes letters back
}

// Calls `onText` with each text that Enter ends, `onUnreadable` if an input method came between, and `onUnended` if
// a code stops without Enter.
export function watchTyping({ onText, onUnreadable, onUnended }) {
  let typed = "";
  let readable = true;
  let last = -Infinity;
  let timer = 0;

  function start() {
    typed = "";
    readable = true;
  }

  function end(event) {
    clearTimeout(timer);
    const text = typed;
    const wasReadable = readable;
    start();
    event.preventDefault();
    if (wasReadable) onText(text);
    else onUnreadable();
  }

  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey && !event.altKey || event.metaKey) return; // a shortcut of the browser
    if (event.timeStamp - last >= GAP_MS) start();
    if (event.code === "Enter" || event.code === "NumpadEnter") {
      if (typed || !readable) end(event);
      return;
    }
    if (event.repeat) return;
    const character = characterOf(event);
    if (character === null) return;
    if (character === undefined && !typed && readable && event.key.length > 1 && event.key !== "Process") return;
    if (character === " " && !typed) return; // no code begins with it, and it presses buttons
    last = event.timeStamp;
    if (character === undefined) readable = false;
    else if (typed.length < MAX_LENGTH) typed += character;
    event.preventDefault();
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!readable) onUnreadable();
      else if (/^[HV]C1:/.test(typed)) onUnended();
      start();
    }, UNENDED_MS);
  }, { capture: true });

  // A button in focus is pressed when the space key goes up.
  window.addEventListener("keyup", (event) => {
    if (event.code === "Space" && typed) event.preventDefault();
  }, { capture: true });
}
