// Shapes that several tabs share: a card with its heading, a list with nothing in it, what a person has unfolded.

import { make } from "./dom.js";

export const headed = (title, ...rest) => make("section", { class: "card" }, make("div", { class: "head" }, make("h2", { tabindex: -1 }, title)), ...rest);
export const emptyNote = (...lines) => make("div", { class: "empty" }, lines.map((line, n) => make("p", { class: n || lines.length === 1 ? null : "strong" }, line)));

// What a person has unfolded stays so when the list is drawn anew.
const unfolded = new Set();
export function unfolding(id, title, ...inside) {
  const turn = (event) => (event.currentTarget.parentNode.open ? unfolded.delete(id) : unfolded.add(id));
  return make("details", { open: unfolded.has(id) }, make("summary", { id, onclick: turn }, title), ...inside);
}
