/** The house's own drawings, 24 by 24, strokes of one weight; state glyphs differ in shape before they differ in colour. */

import { h } from "./dom.js";

const p = (d) => ["path", { d }];
const c = (cx, cy, r, extra = {}) => ["circle", { cx, cy, r, ...extra }];
const r = (x, y, width, height, rx) => ["rect", { x, y, width, height, rx }];
const dot = (cx, cy, radius = 1.3) => c(cx, cy, radius, { class: "solid" });

const DRAWINGS = {
  check: [p("M5 12.6l4.6 4.6L19.4 7.2")],
  ok: [c(12, 12, 9), p("M8 12.3l2.8 2.8 5.4-5.8")],
  attention: [p("M12 4.2L2.9 19.6h18.2z"), p("M12 10v4.4"), dot(12, 17)],
  down: [p("M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3z"), p("M12 7.6v5"), dot(12, 16)],
  unknown: [c(12, 12, 9), p("M9.6 9.6a2.5 2.5 0 1 1 3.7 2.2c-.9.5-1.3 1-1.3 2"), dot(12, 16.8, 1.1)],
  busy: [c(12, 12, 9), p("M12 7v5.2l3.2 1.9")],
  scan: [
    p("M3.5 8V5.5a2 2 0 0 1 2-2H8M16 3.5h2.5a2 2 0 0 1 2 2V8M20.5 16v2.5a2 2 0 0 1-2 2H16M8 20.5H5.5a2 2 0 0 1-2-2V16"),
    p("M7.5 8.5v7M10.5 8.5v7M13.5 8.5v7M16.5 8.5v7"),
  ],
  card: [r(2.8, 5, 18.4, 14, 2.6), p("M2.8 10h18.4M6.6 14.8h3.2")],
  cash: [r(2.6, 6, 18.8, 12, 2.2), c(12, 12, 2.6), p("M6.4 9.7v4.6M17.6 9.7v4.6")],
  person: [c(12, 8, 3.8), p("M5 20.4a7 7 0 0 1 14 0")],
  lock: [r(5.2, 10.4, 13.6, 9.6, 2), p("M8.2 10.4V7.6a3.8 3.8 0 0 1 7.6 0v2.8")],
  bell: [p("M6 16.8V11a6 6 0 0 1 12 0v5.8l1.6 1.7H4.4z"), p("M10.2 21h3.6")],
  undo: [p("M8.5 5L4 9.4l4.5 4.4"), p("M4.4 9.4h9.8a5 5 0 0 1 0 10H9")],
  backspace: [
    p("M8.2 5.5h10.9a1.9 1.9 0 0 1 1.9 1.9v9.2a1.9 1.9 0 0 1-1.9 1.9H8.2L2.6 12z"),
    p("M11.4 9.4l5.2 5.2M16.6 9.4l-5.2 5.2"),
  ],
  minus: [p("M5 12h14")],
  plus: [p("M5 12h14M12 5v14")],
  up: [p("M12 19V5.5M6.5 11L12 5.4l5.5 5.6")],
  downward: [p("M12 5v13.5M6.5 13l5.5 5.6 5.5-5.6")],
  right: [p("M5 12h13.5M13 6.5l5.6 5.5-5.6 5.5")],
  close: [p("M6 6l12 12M18 6L6 18")],
  search: [c(10.6, 10.6, 6.6), p("M15.6 15.6l5 5")],
  printer: [
    p("M7 8.4V3.6h10v4.8"),
    p(
      "M7 16.8H4.8a1.8 1.8 0 0 1-1.8-1.8v-4.8a1.8 1.8 0 0 1 1.8-1.8h14.4a1.8 1.8 0 0 1 1.8 1.8V15a1.8 1.8 0 0 1-1.8 1.8H17",
    ),
    r(7, 13.6, 10, 6.8, 0.6),
  ],
  drawer: [r(2.8, 6, 18.4, 12, 2), p("M2.8 13h18.4M10 15.5h4")],
  receipt: [p("M5.5 3.2v17.6l2.2-1.4 2.2 1.4 2.1-1.4 2.1 1.4 2.2-1.4 2.2 1.4V3.2z"), p("M9 8h6M9 12h6")],
  shield: [p("M12 3.2l7.2 2.6v5.4c0 4.4-2.9 7.8-7.2 9.6-4.3-1.8-7.2-5.2-7.2-9.6V5.8z"), p("M8.8 12l2.3 2.3 4.2-4.5")],
  cloud: [p("M7 18.6a4.3 4.3 0 0 1-.5-8.6 5.9 5.9 0 0 1 11.3 1.4 3.7 3.7 0 0 1-.5 7.2z")],
  plug: [p("M9 3.5v4M15 3.5v4M6.8 7.5h10.4v3.2a5.2 5.2 0 0 1-10.4 0zM12 16v4.6")],
  power: [p("M12 3.2v8"), p("M6.8 6.8a7.6 7.6 0 1 0 10.4 0")],
  keyboard: [r(2.6, 6, 18.8, 12, 2), p("M6.4 10h.1M10 10h.1M13.8 10h.1M17.4 10h.1M8 14.2h8")],
  box: [p("M12 3.2l8 4.2v9.2l-8 4.2-8-4.2V7.4z"), p("M4.2 7.5L12 11.6l7.8-4.1M12 11.6v9")],
  disk: [
    p("M4 6.4c0-1.7 3.6-3 8-3s8 1.3 8 3v11.2c0 1.7-3.6 3-8 3s-8-1.3-8-3z"),
    p("M4 6.4c0 1.7 3.6 3 8 3s8-1.3 8-3M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"),
  ],
  bolt: [p("M13 3.2L5.6 13.4h5.6L11 20.8l7.4-10.2h-5.6z")],
  headset: [
    p("M4.6 14.5v-2.6a7.4 7.4 0 0 1 14.8 0v2.6"),
    r(3.4, 13.6, 3.6, 5.6, 1.6),
    r(17, 13.6, 3.6, 5.6, 1.6),
    p("M19.4 19.2c0 1.4-1.6 2.2-4.6 2.2"),
  ],
  lower: [p("M12 4v11.4M7 10.6l5 5 5-5M4.6 20h14.8")],
  raise: [p("M12 20V8.6M7 13.4l5-5 5 5M4.6 4h14.8")],
  phone: [r(6.8, 2.8, 10.4, 18.4, 2.4), p("M10.8 18h2.4")],
  mail: [r(2.8, 5, 18.4, 14, 2.4), p("M3.6 7l8.4 6.2L20.4 7")],
  screen: [r(4, 3, 16, 13, 2), p("M12 16v4.6M8 20.6h8")],
  qr: [
    r(3.6, 3.6, 6.4, 6.4, 1),
    r(14, 3.6, 6.4, 6.4, 1),
    r(3.6, 14, 6.4, 6.4, 1),
    p("M14 14h2.6v2.6M20.4 14v.1M14 20.4h.1M20.4 17.6v2.8h-2.8"),
  ],
  rouble: [c(12, 12, 9), p("M10 17.4V6.8h3.2a2.7 2.7 0 0 1 0 5.4H8.4M8.4 14.8h4.8")],
  coins: [c(9, 14.4, 5.8), p("M11.4 5.6a5.8 5.8 0 1 1 6 9.4"), p("M9 12v4.8")],
  bag: [p("M5.4 8h13.2l1 12.4H4.4zM8.6 8V6.8a3.4 3.4 0 0 1 6.8 0V8")],
  bin: [p("M4.6 6.8h14.8M9.4 6.8V4.4h5.2v2.4M6.6 6.8l.9 13.4h9l.9-13.4M10.2 10.6v6M13.8 10.6v6")],
  cassette: [r(4, 4.6, 16, 14.8, 2), p("M8 9h8M8 12h8M8 15h5")],
  pin: [p("M12 21v-6.4"), c(12, 8.8, 5.6, { class: "solid" })],
};

export const ICONS = Object.keys(DRAWINGS);

/** An icon beside its word, hidden from screen readers. */
export function icon(name, more = "") {
  const shapes = DRAWINGS[name] ?? DRAWINGS.unknown;
  return h(
    "svg",
    { class: `icon ${more}`.trim(), viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    shapes.map(([tag, attributes]) => h(tag, attributes)),
  );
}

const KIND = {
  register: "printer",
  terminal: "card",
  scanner: "scan",
  goods_check: "shield",
  drawer: "drawer",
  office: "cloud",
  ofd: "cloud",
  agent: "box",
  disk: "disk",
};
export const deviceIcon = (kind) => icon(KIND[kind] ?? "box");

const STATE = {
  ok: "check",
  done: "check",
  busy: "busy",
  asking: "unknown",
  waiting: "busy",
  attention: "attention",
  down: "down",
  failed: "down",
  unknown: "unknown",
};
export const stateIcon = (state) => icon(STATE[state] ?? "unknown");
