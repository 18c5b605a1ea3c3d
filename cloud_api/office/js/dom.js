// Makes elements, draws the state glyphs, and swaps content without taking the focus away.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}
export const make = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
export const draw = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

const SHAPES = {
  ok: ["M4 12.5 9.5 18 20 6.5"],
  att: ["M12 3.5 22 20.5H2Z", "M12 10v4.5M12 17.4v.1"],
  bad: ["M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8Z", "M12 7.5v5.5M12 16.4v.1"],
  unk: ["M12 2.5a9.5 9.5 0 1 1 0 19 9.5 9.5 0 0 1 0-19Z", "M9.3 9.4a2.8 2.8 0 1 1 4 2.6c-.9.4-1.3 1-1.3 1.9M12 17v.1"],
  person: ["M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM4.5 20.5c.8-3.6 3.6-5.5 7.5-5.5s6.7 1.9 7.5 5.5"],
  leave: ["M10 4H5v16h5M15 8l4 4-4 4M19 12H9"],
  busy: ["M12 2.5a9.5 9.5 0 1 1 0 19 9.5 9.5 0 0 1 0-19Z", "M12 7v5.2l3.2 2"],
};
export const glyph = (name) =>
  draw("svg", { viewBox: "0 0 24 24", class: "glyph", "aria-hidden": "true" }, SHAPES[name].map((d) => draw("path", { d })));
export const state = (name, word) => make("span", { class: `state ${name}` }, glyph(name), word);

// Put `nodes` into `box`; nothing is touched when nothing changed, and a focused element with an id keeps its focus.
export function fill(box, ...nodes) {
  const next = make(box.tagName, {}, ...nodes);
  const same = next.childNodes.length === box.childNodes.length &&
    [...next.childNodes].every((node, n) => node.isEqualNode(box.childNodes[n]));
  if (same) return false;
  const held = box.contains(document.activeElement) ? document.activeElement.id : "";
  box.replaceChildren(...next.childNodes);
  if (held) document.getElementById(held)?.focus();
  return true;
}
