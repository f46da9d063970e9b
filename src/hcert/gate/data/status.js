// The bar below the card: how old the lists are, the rule in force, counts and the clock of the device.

import { currentLanguage, say, sayDuration } from "/words.js";

const find = (id) => document.getElementById(id);
const VERDICTS = ["accepted", "authentic", "refused"];

function listItem(list) {
  const item = document.createElement("li");
  item.dataset.list = list.kind;
  item.dataset.state = list.state;
  item.textContent = say(`list_${list.state}`, {
    list: say(`list_${list.kind}`), version: list.version,
    age: sayDuration(list.age_seconds ?? 0), rest: sayDuration(list.remaining_seconds ?? 0),
  });
  return item;
}

// Shows the state of the server; null if it does not answer.
export function showState(state) {
  if (state === null) {
    const item = document.createElement("li");
    item.dataset.state = "unknown";
    item.textContent = say("no_server");
    find("lists").replaceChildren(item);
    return;
  }
  find("lists").replaceChildren(...state.lists.map(listItem));
  find("rule-in-force").textContent = state.rule ? say("rule_is", { rule: state.rule[currentLanguage()] }) : say("rule_none");
  find("clock").textContent = state.now.slice(11, 16);
  find("clock").dateTime = state.now;
  find("counter").hidden = state.counts === null;
  find("counter").textContent = VERDICTS.filter((verdict) => state.counts?.[verdict])
    .map((verdict) => `${say(verdict)}: ${state.counts[verdict]}`).join(" · ");
}
