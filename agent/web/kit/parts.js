/** The small parts that every page draws alike: sums, keys, key caps, chips, badges. */

import { h } from "./dom.js";
import { icon, stateIcon } from "./icons.js";
import { sumParts } from "./format.js";
import { speak } from "./texts.js";

/** A sum alone on its line: kopecks and sign smaller, read aloud as plain words. */
export function display(minor, more = "total") {
  const { sign, whole, cents, symbol } = sumParts(minor);
  const fit = whole.length > 8 ? "fit-2" : whole.length > 5 ? "fit-1" : ""; // a long sum is smaller rather than cut
  return h(
    "div",
    { class: `display ${more} ${fit}` },
    h("span", { "aria-hidden": "true" }, sign + whole, h("span", { class: "tail" }, `${cents}\u00A0${symbol}`)),
    h("span", { class: "unseen" }, speak(minor)),
  );
}

export function cap(name) {
  const drawn = { "↑": "up", "↓": "downward" }[name];
  return h("kbd", { class: "cap" }, drawn ? icon(drawn) : name);
}

/** A key: `id` names it for good, `press` acts, `off` is the reason why it does not (said under the label). */
export function key({ id, label, glyph, caps, press, off, under, kind = "", described, ...more }) {
  const reason = off || under;
  const dead = off !== undefined && off !== null; // "" = dead without a reason
  return h(
    "button",
    {
      key: `key-${id}`,
      type: "button",
      class: `key ${kind}`.trim(),
      "data-key": id,
      "aria-disabled": dead ? "true" : null,
      "aria-describedby": described ?? null,
      ...more,
      on: { click: () => !dead && press?.() },
    },
    glyph ? icon(glyph) : null,
    label || reason ? h("span", { class: "word" }, label, reason ? h("span", { class: "under" }, reason) : null) : null,
    caps ? cap(caps) : null,
  );
}

export function chip(state, text, more = {}) {
  return h("span", { class: `chip ${state}`, ...more }, stateIcon(state), h("span", null, text));
}

export function badge(state) {
  const glyph = { unknown: "?", attention: "!", down: "!", busy: null, ok: null }[state];
  return h(
    "span",
    { class: `badge ${state}`, "aria-hidden": "true" },
    glyph ?? icon(state === "ok" ? "check" : "busy"),
  );
}

export const pair = (label, value, more = "") =>
  h("div", { class: `pair ${more}` }, h("span", null, label), h("span", { class: "num" }, value));
