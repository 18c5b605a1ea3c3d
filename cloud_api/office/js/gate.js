// What a stranger sees: a form for the key, or why this address shows nothing.

import { make } from "./dom.js";
import { signIn } from "./hq.js";
import { say } from "./words.js";

export function gate(main, code, start) {
  const asksKey = code === "needs_key" || code === "wrong_key";
  const input = make("input", { type: "password", id: "gate-key", autocomplete: "current-password", required: true });
  const said = make("p", { class: "bad", role: "alert" });
  const enter = async (event) => {
    event.preventDefault();
    try { await signIn(input.value); await start(); } catch { said.textContent = say("gate_wrong"); input.select(); }
  };
  main.replaceChildren(make("section", { class: "card gate" }, make("h2", {}, say("gate")), make("p", { class: "muted" }, say(asksKey ? "gate_why" : "gate_host")),
    asksKey && make("form", { onsubmit: enter }, make("label", { for: "gate-key" }, say("gate_key")), input,
      make("button", { class: "key filled", type: "submit" }, say("gate_enter"))), said));
}
