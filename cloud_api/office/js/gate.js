// What a stranger sees: a form for login and password, or for the office key, or why this address shows nothing.

import { make } from "./dom.js";
import { Refused, signIn } from "./hq.js";
import { say } from "./words.js";

const field = (id, type, complete) => make("input", { type, id, autocomplete: complete, required: true, maxlength: 200, autocapitalize: "none", spellcheck: "false" });

export function gate(main, code, start) {
  const person = code === "sign_in", asksKey = code === "needs_key" || code === "wrong_key" || code === "unknown_key";
  const login = field("gate-login", "text", "username"), secret = person ? field("gate-password", "password", "current-password") : field("gate-key", "password", "current-password");
  const said = make("p", { class: "bad", role: "alert" });
  const enter = async (event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      await signIn(person ? { login: login.value, password: secret.value } : { key: secret.value });
      await start();
    } catch (trouble) {
      const wait = trouble instanceof Refused && trouble.status === 429;
      said.textContent = say(!(trouble instanceof Refused) ? "gate_away" : wait ? "gate_wait" : person ? "gate_wrong_person" : "gate_wrong");
      secret.select();
    }
  };
  const form = person
    ? make("form", { class: "person", onsubmit: enter }, make("label", { for: "gate-login" }, say("gate_login")), login,
      make("label", { for: "gate-password" }, say("gate_password")), secret, make("button", { class: "key filled", type: "submit" }, say("gate_enter")))
    : asksKey && make("form", { onsubmit: enter }, make("label", { for: "gate-key" }, say("gate_key")), secret, make("button", { class: "key filled", type: "submit" }, say("gate_enter")));
  main.replaceChildren(make("section", { class: "card gate" }, make("h2", {}, say(person ? "gate_sign_in" : "gate")),
    make("p", { class: "muted" }, say(person ? "gate_sign_in_why" : asksKey ? "gate_why" : "gate_host")), form, said));
  if (person) login.focus();
}
