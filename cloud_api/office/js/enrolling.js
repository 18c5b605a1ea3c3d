// Devices to enrol and to revoke: a form that gets a code for a till, and a button that asks twice.

import { fill, make, state } from "./dom.js";
import { post, Refused } from "./hq.js";
import { time } from "./numbers.js";
import { say } from "./words.js";

// The form stays the same node while the page is drawn anew, so that what is typed stays.
export function enrolCard() {
  const store = make("input", { id: "enrol-store", maxlength: 100, required: true, autocomplete: "off" });
  const till = make("input", { id: "enrol-till", maxlength: 100, required: true, autocomplete: "off" });
  const title = make("h2", {}), hint = make("p", { class: "muted" }), told = make("div", { role: "status" });
  const storeName = make("label", { for: "enrol-store" }), tillName = make("label", { for: "enrol-till" });
  const send = make("button", { class: "key filled", type: "submit", id: "enrol-make" });
  let made = null, wrong = "", replaces = false;
  function words() {
    title.textContent = say("enrol");
    hint.textContent = say("enrol_why");
    storeName.textContent = say("store");
    tillName.textContent = say("till");
    send.textContent = say("enrol_make");
    fill(told,
      wrong && make("p", { class: "bad" }, say(wrong)),
      made && make("p", {}, make("output", { class: "code", id: "enrol-code" }, made.code)),
      made && make("p", {}, say(replaces ? "replace_until" : "enrol_until", { time: time(made.until_ms), device: made.device })),
      made && make("pre", {}, replaces
        ? `tillkeeper restore ${location.origin} ${made.code} --backup ${say("config_file")} --config ${say("config_file")}`
        : `tillkeeper enroll ${location.origin} ${made.code} --config ${say("config_file")}`));
  }
  // A new machine in a dead one's place: the same device, by a code that ends the key of the machine before.
  async function replace(device) {
    made = null;
    wrong = "";
    replaces = true;
    try { made = await post(`/v1/devices/${encodeURIComponent(device)}/replace`, {}); } catch { wrong = "enrol_failed"; }
    words();
    told.scrollIntoView({ block: "nearest" });
  }
  async function ask(event) {
    event.preventDefault();
    made = null;
    wrong = "";
    replaces = false;
    const wanted = { store: store.value.trim(), till: till.value.trim() };
    if (!wanted.store || !wanted.till) wrong = "enrol_blank";
    else try { made = await post("/v1/devices/code", wanted); } catch { wrong = "enrol_failed"; }
    words();
    if (wrong === "enrol_blank") (wanted.store ? till : store).focus();
  }
  const form = make("form", { class: "enrol", novalidate: true, onsubmit: ask }, make("div", {}, storeName, store), make("div", {}, tillName, till), send);
  return { node: make("section", { class: "card" }, make("div", { class: "head" }, title), hint, form, told), words, replace };
}

export function replaceButton(device, onReplace) {
  const label = say("replace_of", { till: device.till });
  return make("button", { class: "key small", type: "button", id: `replace-${device.device}`, onclick: onReplace, "aria-label": label }, say("replace"));
}

// The first press asks; then one key ends the device's access and the other, or Esc, lets it be.
export function revokeButton(device, sure, { onAsk, onKeep, onDone }) {
  if (device.revoked) return state("bad", say("s_revoked"));
  const id = `revoke-${device.device}`;
  if (!sure) return make("button", { class: "key small", type: "button", id, onclick: onAsk }, say("revoke"));
  const end = async () => {
    try {
      await post(`/v1/devices/${encodeURIComponent(device.device)}/revoke`, {});
      onDone("");
    } catch (trouble) {
      onDone(trouble instanceof Refused ? trouble.code : "away");
    }
  };
  return make("span", { class: "sure" },
    make("button", { class: "key small danger", type: "button", id, onclick: end, "aria-label": say("revoke_of", { till: device.till }) }, say("revoke_sure")),
    make("button", { class: "key small", type: "button", id: `keep-${device.device}`, onclick: onKeep }, say("revoke_keep")));
}
