/** What the drawn devices are made of. */

import { h } from "../kit/dom.js";

export const rect = (x, y, width, height, rx, cls) => h("rect", { x, y, width, height, rx, class: cls });
export const path = (d, cls) => h("path", { d, class: cls });
export const dot = (cx, cy, r, cls) => h("circle", { cx, cy, r, class: cls });
export const text = (x, y, words, cls = "t") => h("text", { x, y, class: cls, "text-anchor": "middle" }, words);

export const live = (state) => state.power !== false && state.plugged !== false;
export const lamp = (state) => (state.power === false ? "lamp-off" : state.plugged === false ? "lamp-wait" : "lamp-on");
