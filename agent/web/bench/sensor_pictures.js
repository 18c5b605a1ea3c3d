/** Drawn pictures of what hears and sees: the access point with its phone, the programs beside it. */

import { dot, lamp, live, path, rect } from "./shapes.js";

/** Rings of radio waves around a point, to one side. */
const waves = (x, y, cls) => [14, 26, 38].map((r) => path(`M${x - r * 0.7} ${y - r * 0.7}a${r} ${r} 0 0 1 ${r * 1.4} 0`, cls));

function phone(x, y, cls) {
  return [rect(x, y, 34, 62, 6, "body-1"), rect(x + 5, y + 8, 24, 42, 2, cls), dot(x + 17, y + 56, 2.5, "grey")];
}

export function accessPoint(state) {
  const joined = state.joined?.length > 0;
  return [
    live(state) ? waves(124, 74, joined ? "wave" : "wave calm") : null,
    rect(82, 84, 84, 26, 8, "body-1"),
    path("M94 84V56M154 84V56", "cable"),
    dot(98, 97, 4.5, lamp(state)),
    dot(112, 97, 4.5, joined ? "lamp-on" : "lamp-off"),
    joined ? phone(198, 66, "screen") : rect(198, 66, 34, 62, 6, "gap"),
  ];
}

/** The guests' page: a phone with boxes to tick, none of them ticked. */
export function guests(state) {
  const box = (y) => [rect(131, y, 11, 11, 2, "unticked"), rect(148, y + 3.5, 30, 4, 1, "grey")];
  return [
    rect(116, 12, 76, 134, 10, "body-1"),
    rect(123, 24, 62, 104, 4, live(state) ? "screen" : "slot"),
    live(state) ? [box(48), box(66), box(84), rect(134, 104, 40, 12, 3, "key-green")] : null,
    dot(154, 137, 4, lamp(state)),
  ];
}

/** A box with one aerial that only listens. */
export function radar(state) {
  return [
    live(state) ? [30, 48, 66].map((r) => path(`M${154 - r} 84a${r} ${r} 0 0 1 ${2 * r} 0`, "wave")) : null,
    rect(104, 92, 100, 40, 8, "body-1"),
    path("M154 92V60", "cable"),
    dot(154, 58, 4.5, lamp(state)),
    dot(122, 112, 4.5, lamp(state)),
  ];
}

export function video(state) {
  return [
    rect(84, 46, 112, 56, 12, "body-1"),
    path("M196 62l34-14v52l-34-14z", "body-2"),
    dot(118, 74, 17, "slot"),
    dot(118, 74, 10, live(state) ? "lamp-on" : "lamp-off"),
    path("M140 102v30m-26 0h52", "cable"),
    dot(180, 60, 4.5, lamp(state)),
  ];
}

/** A door and the line that is counted over. */
export function camera(state) {
  return [
    rect(108, 18, 92, 122, 4, "body-2"),
    rect(118, 28, 72, 112, 2, "paper-fill"),
    live(state) ? path("M118 104h72", "tick") : path("M118 104h72", "cable off"),
    live(state) ? path("M154 126V84m-11 11l11-11 11 11", "tick") : null,
    dot(194, 30, 4.5, lamp(state)),
  ];
}
