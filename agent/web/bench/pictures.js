/** Drawn pictures of the simulated devices, from the state that each simulator tells of itself. */

import { h } from "../kit/dom.js";
import { money } from "../kit/format.js";
import { currentLanguage, t } from "../kit/texts.js";
import { coins, validator } from "./cash_pictures.js";
import { accessPoint, camera, guests, radar, video } from "./sensor_pictures.js";
import { dot, lamp, live, path, rect, text } from "./shapes.js";

function register(state) {
  const paper = state.paper !== false;
  const open = state.cover === "open" || state.cover === true || state.cover_open === true;
  return [
    paper
      ? h(
          "g",
          { class: open ? "lifted" : "" },
          rect(112, 14, 84, 80, 2, "paper"),
          rect(122, 24, 62, 5, 1, "grey"),
          rect(122, 35, 42, 3, 1, "grey"),
          rect(172, 35, 12, 3, 1, "grey"),
          rect(122, 43, 42, 3, 1, "grey"),
          rect(172, 43, 12, 3, 1, "grey"),
          rect(122, 54, 30, 6, 1, "ink"),
          rect(160, 54, 24, 6, 1, "ink"),
          rect(143, 66, 20, 20, 1, "ink"),
          rect(147, 70, 5, 5, 0, "paper-fill"),
          rect(155, 77, 5, 5, 0, "paper-fill"),
        )
      : text(154, 70, t("bench.paper_gone"), "t warn"),
    path("M84 90h140l14 26v26a6 6 0 0 1-6 6H76a6 6 0 0 1-6-6v-26z", "body-2"),
    open ? path("M96 88l10-34h96l10 34z", "body-1") : null,
    rect(102, 86, 104, 8, 3, "slot"),
    rect(84, 120, 62, 13, 4, "slot"),
    dot(216, 127, 5.5, lamp(state)),
    state.document ? text(180, 131, `№ ${state.document}`, "t on-dark small") : null,
  ];
}

/** Words on the terminal's small screen: all but the last word above, the last one below. */
function onTwoLines(words, y) {
  const at = words.lastIndexOf(" ");
  if (at < 0 || words.length < 10) return text(154, y + 4, words, "t on-screen tiny");
  return [text(154, y, words.slice(0, at), "t on-screen tiny"), text(154, y + 10, words.slice(at + 1), "t on-screen tiny")];
}

function terminal(state) {
  const waits = state.waiting_card ?? state.waiting;
  const keys = [0, 1, 2].flatMap((rowAt) =>
    [0, 1, 2].map((at) => rect(123 + at * 24, 80 + rowAt * 14, 18, 9, 3, "button")),
  );
  return [
    rect(112, 12, 84, 134, 10, "body-1"),
    rect(121, 22, 66, 46, 4, live(state) ? "screen" : "slot"),
    live(state)
      ? waits
        ? [
            onTwoLines(t("bench.present_card"), 34),
            text(154, 62, state.amount_minor ? money(state.amount_minor) : "", "t on-screen small bold"),
          ]
        : onTwoLines(state.display?.[currentLanguage()] || t("bench.screen_ready"), 44)
      : null,
    keys,
    rect(123, 124, 18, 10, 3, "key-red"),
    rect(147, 124, 18, 10, 3, "key-amber"),
    rect(171, 124, 18, 10, 3, "key-green"),
    state.card ? h("g", null, rect(206, 42, 56, 36, 5, "card"), rect(206, 50, 56, 7, 0, "slot")) : null,
  ];
}

function scanner(state) {
  return [
    live(state) ? path("M196 62l62-26v56z", "beam") : null,
    live(state) ? path("M196 64h62", "ray") : null,
    path("M122 80h34l14 56a8 8 0 0 1-8 10h-14a8 8 0 0 1-8-6z", "body-1"),
    rect(92, 40, 106, 46, 14, "body-1"),
    dot(110, 63, 4.5, lamp(state)),
  ];
}

function goodsCheck(state) {
  const good = state.answer ? state.answer === "ok" : true;
  return [
    rect(96, 26, 116, 108, 12, "body-1"),
    path("M154 44l34 12v24c0 20-14 34-34 42-20-8-34-22-34-42V56z", live(state) ? "screen" : "slot"),
    live(state) ? (good ? path("M138 82l12 12 22-24", "tick") : path("M142 70l24 24M166 70l-24 24", "cross")) : null,
    dot(200, 122, 4.5, lamp(state)),
  ];
}

function agent(state) {
  const cable = state.cable !== false && state.cable !== "out";
  return [
    rect(58, 54, 96, 58, 8, "body-1"),
    text(106, 80, t("bench.agent"), "t on-dark bold"),
    dot(98, 97, 4.5, lamp(state)),
    dot(113, 97, 4.5, lamp(state)),
    cable ? path("M154 83h44", "cable") : [path("M154 83h14", "cable"), path("M186 83h12", "cable off")],
    path("M212 106a17 17 0 0 1-3-33.500 24 24 0 0 1 46-7 21 21 0 0 1 5 40.500z", cable ? "cloud" : "cloud off"),
    text(234, 94, t("bench.office"), "t small bold cloud-word"),
  ];
}

/** What of the drawing board each device takes: from x, so wide. The rest would only make it smaller. */
const BOARD = {
  register: [46, 216],
  terminal: [46, 216],
  scanner: [68, 214],
  goods_check: [46, 216],
  agent: [42, 252],
  validator: [0, 440],
  coins: [0, 440],
  access_point: [46, 216],
  association: [46, 216],
  radar: [46, 216],
  video: [46, 216],
  camera: [46, 216],
};

const DRAWN = {
  register,
  terminal,
  scanner,
  goods_check: goodsCheck,
  validator,
  coins,
  agent,
  office: agent,
  access_point: accessPoint,
  association: guests,
  radar,
  video,
  camera,
};

/** One picture; a pulled cable and an armed fault are to be seen on it. */
export function picture(device, name) {
  const { state } = device;
  const shapes = (DRAWN[device.kind] ?? scanner)(state);
  const armed = state.armed ?? [];
  const [left, width] = BOARD[device.kind] ?? [0, 308];
  const pin = left + width - 22;
  return h(
    "svg",
    { class: `picture ${live(state) ? "" : "dead"}`, viewBox: `${left} 0 ${width} 158`, role: "img", "aria-label": name },
    shapes,
    state.plugged === false
      ? h("g", { class: "pulled" }, path(`M${left + 6} 146h24m0 -8v16m7 -12h8m-8 8h8`, "cable off"))
      : null,
    armed.length
      ? h(
          "g",
          null,
          path(`M${pin} 42l-7-12h14z`, "pin-shape"),
          dot(pin, 22, 12, "pin-shape"),
          text(pin, 26, String(armed.length), "t small bold on-amber"),
        )
      : null,
  );
}
