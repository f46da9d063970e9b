// Serial scanners (USB-CDC), read as bytes without any keyboard between: Web Serial, which Chromium has.

const SETTINGS = { baudRate: 115200 }; // over USB it does not matter
const SILENCE_MS = 500; // ends a text where the scanner sends no line end
const MAX_LENGTH = 20000;

export const canUseSerial = "serial" in navigator;

// Lets the person choose a scanner, and calls `onText` with each text that it sends.
export async function chooseScanner(onText) {
  try {
    await listen(await navigator.serial.requestPort(), onText);
  } catch {
    // none was chosen
  }
}

// Opens the scanners that were chosen before or that a policy allows, also those that are plugged in later.
export async function openKnownScanners(onText) {
  if (!canUseSerial) return;
  navigator.serial.addEventListener("connect", (event) => listen(event.target, onText));
  for (const port of await navigator.serial.getPorts()) listen(port, onText);
}

async function listen(port, onText) {
  const decoder = new TextDecoder();
  let text = "";
  let timer = 0;

  function end() {
    const whole = text;
    text = "";
    if (whole) onText(whole);
  }

  try {
    await port.open(SETTINGS);
    const reader = port.readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      const lines = (text + decoder.decode(value, { stream: true })).split(/[\r\n]+/);
      text = lines.pop().slice(0, MAX_LENGTH);
      lines.filter(Boolean).forEach((line) => onText(line));
      timer = setTimeout(end, SILENCE_MS);
    }
  } catch {
    // in use by another program, or unplugged: "connect" opens it again
  }
}
