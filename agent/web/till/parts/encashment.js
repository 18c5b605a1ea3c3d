/** Emptied boxes of the kiosks: their list, or one of them. */

import { h } from "../../kit/dom.js";
import { date, money, time } from "../../kit/format.js";
import { chip, key } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { local } from "../local.js";
import { compared, counted, counting } from "./box.js";
import { encashmentStage, STATE, verdict } from "./box_stage.js";
import { answered } from "./told.js";

function stateChip(box) {
  if (box.counted_minor === null) return chip("attention", t("encashments.not_counted"));
  const kind = verdict(box.difference_minor);
  const words = t(`encashments.${kind}_sum`, { sum_minor: Math.abs(box.difference_minor) });
  return chip(STATE[kind], words);
}

function item(box, chosen, acts) {
  return h(
    "li",
    { key: `${box.kiosk} ${box.number}` },
    h(
      "button",
      {
        type: "button",
        class: `key menu-item ${chosen ? "chosen" : ""}`,
        "data-key": `box-${box.kiosk}-${box.number}`,
        on: { click: () => acts.encashment.show(box) },
      },
      h(
        "span",
        { class: "word" },
        t("encashments.line", { number: box.number, place: box.place }),
        h("span", { class: "under" }, `${date(box.to_ms)}, ${time(box.to_ms)}, ${box.by || t("encashments.nobody")}, ${box.title}`),
      ),
      h("span", { class: "ends" }, h("span", { class: "num" }, money(box.total_minor)), stateChip(box)),
    ),
  );
}

function list({ view, acts }) {
  const { boxes, waiting } = view.encashment;
  return [
    h(
      "div",
      { key: "left", class: "door-left" },
      h("h2", { id: "headline", class: "headline", tabindex: "-1" }, t("encashments.title")),
      h(
        "p",
        { key: "lead", class: "lead" },
        boxes.length ? t(waiting ? "encashments.waiting" : "encashments.all_counted", { n: waiting }) : t("encashments.none"),
      ),
      boxes.length
        ? h(
            "ul",
            { key: "boxes", class: "menu boxes", "aria-label": t("encashments.title") },
            boxes.map((box, index) => item(box, local.panelAt === index + 1, acts)),
          )
        : null,
    ),
    h(
      "div",
      { key: "right", class: "door-right" },
      h("p", { key: "how", class: "lead" }, t("encashments.how")),
      answered(view),
      boxes.length
        ? key({
            id: "box-show",
            label: t("claims.show"),
            caps: "Enter",
            kind: "centre filled",
            off: local.panelAt ? undefined : "",
            press: () => acts.encashment.showChosen(),
          })
        : null,
      key({ id: "box-leave", label: t("hints.close"), caps: "Esc", press: () => acts.encashment.back() }),
    ),
  ];
}

const STAGES = { list, count: counting, compared, counted };

export function encashment(context) {
  const stage = encashmentStage(context.view.encashment);
  return h(
    "section",
    { key: `door-${stage}`, class: `card door encashment at-${stage}`, "aria-labelledby": "headline" },
    STAGES[stage](context),
  );
}
