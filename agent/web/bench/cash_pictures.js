/** The kiosk's cash devices: where each note and coin is now, as the simulator tells it. */

import { h } from "../kit/dom.js";
import { money, roundMoney } from "../kit/format.js";
import { has, t } from "../kit/texts.js";
import { dot, lamp, live, path, rect, text } from "./shapes.js";

const FULL = 200; // coins that a drawn hopper has room for
const word = (told) => (has(`bench.cash.${told}`) ? t(`bench.cash.${told}`) : told);

/** How much is inside: pieces, and their worth below. */
function count(x, y, pieces, sum) {
  return [
    text(x, y, t("bench.pieces", { n: pieces }), "t on-dark large bold"),
    text(x, y + 20, money(sum), "t on-dark"),
  ];
}

function note(x, y, value) {
  return h("g", null, rect(x, y, 78, 34, 3, "note"), text(x + 39, y + 23, value ? roundMoney(value) : "?", "t large bold on-note"));
}

/** Mouth and escrow at left, the way in, the cassette at right. */
export function validator(state) {
  const { moving } = state;
  const inside = moving?.place === "past_return";
  return [
    rect(34, 12, 132, 116, 12, "body-1"),
    rect(52, 40, 96, 9, 4, "slot"),
    dot(150, 26, 5.5, state.mouth_open && live(state) ? "lamp-on" : live(state) ? "lamp-wait" : lamp(state)),
    moving && !inside ? note(61, moving.place === "escrow" ? 66 : 46, moving.value_minor) : null,
    rect(166, 76, 74, 16, 0, "slot"),
    moving && inside ? note(164, 67, moving.value_minor) : null,
    state.cassette_in_place === false
      ? [h("rect", { x: 240, y: 24, width: 166, height: 104, rx: 10, class: "gap" }), text(323, 80, t("bench.box_gone"), "t warn")]
      : [
          rect(240, 24, 166, 104, 10, "body-2"),
          text(323, 48, t("bench.cassette"), "t on-dark small"),
          count(323, 82, state.cassette_count ?? 0, state.cassette_sum_minor ?? 0),
        ],
    text(100, 148, live(state) ? word(String(state.word ?? "").replaceAll(" ", "_")) : "", "t"),
  ];
}

/** The acceptor with its box at left, the hopper that gives change at right. */
export function coins(state) {
  const box = state.coins ?? {};
  const hopper = state.hopper ?? {};
  const left = state.hopper_count ?? 0;
  const worth = Object.entries(hopper.levels ?? {}).reduce((sum, [value, pieces]) => sum + value * pieces, 0);
  const level = Math.round(48 * Math.min(1, left / FULL));
  return [
    rect(34, 12, 150, 116, 12, "body-1"),
    rect(60, 28, 9, 36, 4, "slot"),
    box.state === "validating" ? dot(64, 74, 10, "coin") : null,
    dot(168, 26, 5.5, lamp(state)),
    text(122, 50, t("bench.coin_box"), "t on-dark small"),
    count(122, 84, box.pieces ?? 0, box.sum_minor ?? 0),
    path("M236 20h160v72l-44 36h-72l-44-36z", "body-2"),
    count(316, 46, left, worth),
    level ? rect(276, 122 - level, 80, level, 3, "coin-heap") : null,
    hopper.remaining ? dot(316, 138, 9, "coin") : null,
    text(109, 148, live(state) ? word(`coins_${box.state}`) : "", "t"),
    text(hopper.remaining ? 378 : 316, 148, live(state) ? word(`hopper_${hopper.state}`) : "", "t"),
  ];
}
