// The words of the page, and the language in which they are shown. Nothing is remembered between two starts.

let words = {};
let language = "en";

export async function loadWords() {
  const response = await fetch("/words.json", { cache: "no-store" });
  words = await response.json();
}

export function currentLanguage() {
  return language;
}

export function otherLanguage() {
  return language === "vi" ? "en" : "vi";
}

export function setLanguage(chosen) {
  language = chosen === "vi" ? "vi" : "en";
  document.documentElement.lang = language;
}

// The words for a name, with {details} filled in.
export function say(name, details = {}, spoken = language) {
  const template = words[name] ? words[name][spoken] : name;
  return template.replace(/\{(\w+)\}/g, (_, detail) => details[detail]);
}

// How long something is, in the largest unit that is not zero.
export function sayDuration(seconds) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  if (minutes < 60) return say("minutes", { count: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? say("hours", { count: hours }) : say("days", { count: Math.floor(hours / 24) });
}
