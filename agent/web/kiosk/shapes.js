/** What the drawings of goods are made of: the palette, the grounds behind them, a few shapes. */

import { h } from "../kit/dom.js";

export const C = {
  red: "#DA482B",
  dark: "#B43A22",
  amber: "#F2B134",
  blue: "#2666C8",
  teal: "#2E9B83",
  green: "#3E9B57",
  violet: "#5F35A8",
  pink: "#C8367F",
  brown: "#A1683D",
  tan: "#E3B687",
  skin: "#F7D3B4",
  ink: "#14201D",
  grey: "#8C9693",
  pale: "#E9EBEA",
  white: "#FFFFFF",
  cream: "#FBE7C2",
};
// Grounds behind the drawings: light in both themes, as the drawings are made for light.
export const GROUND = {
  sand: "#FEF1DB",
  sky: "#E5EEF9",
  clay: "#F6E8DA",
  mint: "#E0F1E9",
  rose: "#FAE4EF",
  lilac: "#EBE6F7",
  leaf: "#E8F3E3",
  ice: "#E7F1F0",
};

export const box = (x, y, width, height, fill, rx = 0) => h("rect", { x, y, width, height, rx, fill });
export const dot = (cx, cy, r, fill) => h("circle", { cx, cy, r, fill });
export const oval = (cx, cy, rx, ry, fill) => h("ellipse", { cx, cy, rx, ry, fill });
export const path = (d, fill) => h("path", { d, fill });
export const stroke = (d, colour, width = 2.5, more = {}) =>
  h("path", { d, fill: "none", stroke: colour, "stroke-width": width, "stroke-linecap": "round", ...more });
export const letter = (x, y, text, size, fill = C.white) =>
  h("text", { x, y, fill, "font-size": size, "font-weight": 750, "text-anchor": "middle" }, text);

export const pick = (from, seed) => from[seed % from.length];
export function wheel(x, y, size = 11) {
  return [dot(x, y, size, "#2B3133"), dot(x, y, size * 0.42, C.pale)];
}
