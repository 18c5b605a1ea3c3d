/** One emptied box: its count while it is typed, compared with the journal before anybody signs, and recorded. */

import { h } from "../../kit/dom.js";
import { date, money, roundMoney, sumParts, time } from "../../kit/format.js";
import { display, key, pair } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { shownAmount } from "../amounts.js";
import { local } from "../local.js";
import { encashmentStage, signers, STATE, sumAlone, verdict } from "./box_stage.js";
import { pad } from "./pad.js";
import { chosenOf, signature } from "./signature.js";
import { answered } from "./told.js";

const at = (ms) => `${date(ms)}, ${time(ms)}`;

/** A kind of note or coin and how many of it there were; one of them takes the digits. */
function typedRow({ value_minor: value }, index, acts) {
  const active = (local.panelAt || 1) === index + 1;
  const typed = local.pieces[value] ?? "";
  return h(
    "li",
    { key: String(value) },
    h(
      "button",
      {
        type: "button",
        class: `key menu-item ${active ? "chosen" : ""}`,
        "data-key": `pieces-${value}`,
        "aria-pressed": active ? "true" : "false",
        on: { click: () => acts.encashment.row(index + 1) },
      },
      h("span", { class: "word" }, roundMoney(value)),
      h("span", { class: "num" }, `× ${typed || "0"}`),
    ),
  );
}

function countedRow({ value_minor: value, expected, counted }) {
  const off = expected >= 0 && expected !== counted;
  return h(
    "li",
    { key: String(value), class: `counted-row ${off ? "is-down" : ""}` },
    h("span", null, roundMoney(value)),
    h("span", { class: "num" }, `× ${counted}`),
    h("span", { class: "quiet num" }, expected < 0 ? "" : t("encashments.by_journal_pieces", { n: expected })),
  );
}

function sumField() {
  return h(
    "label",
    { key: "sum", class: "entry" },
    h("input", {
      id: "entry",
      type: "text",
      "data-own": "entry",
      autocomplete: "off",
      inputmode: "none",
      readonly: true,
      value: shownAmount(local.entry),
      "aria-label": t("encashments.sum"),
    }),
    h("span", { class: "sign" }, sumParts(0).symbol),
  );
}

function head(box, more) {
  return [
    h(
      "h2",
      { key: "head", id: "headline", class: "headline", tabindex: "-1" },
      t("encashments.head", { number: box.number, place: box.place }),
    ),
    h(
      "p",
      { key: "when", class: "quiet" },
      `${at(box.from_ms)} – ${at(box.to_ms)}, ${box.by || t("encashments.nobody")}, ${box.title}`,
    ),
    h(
      "div",
      { key: "facts", class: "facts-list" },
      pair(t("encashments.by_journal"), money(box.total_minor)),
      box.doubts ? pair(t("encashments.doubts"), String(box.doubts)) : null,
      more,
    ),
  ];
}

export function counting({ view, acts }) {
  const { box, pieces } = view.encashment;
  const alone = sumAlone(view.encashment);
  const typed = alone ? local.entry !== "" : Object.values(local.pieces).some((text) => text !== "");
  return [
    h(
      "div",
      { key: "left", class: "door-left" },
      head(box, null),
      alone
        ? sumField()
        : h(
            "ul",
            { key: "pieces", class: "menu pieces", "aria-label": t("encashments.pieces") },
            pieces.map((row, index) => typedRow(row, index, acts)),
          ),
    ),
    h(
      "div",
      { key: "right", class: "door-right" },
      answered(view) ?? h("p", { key: "how", class: "lead" }, t(alone ? "encashments.type_sum" : "encashments.type_pieces")),
      pad((digit) => acts.encashment.pressed(digit), alone),
      key({
        id: "box-compare",
        label: t("encashments.compare"),
        caps: "Enter",
        kind: "centre filled",
        off: typed ? undefined : "",
        press: () => acts.encashment.compare(),
      }),
      pieces.length
        ? key({
            id: "box-alone",
            label: t(alone ? "encashments.by_pieces" : "encashments.sum_alone"),
            press: () => acts.encashment.switchWay(),
          })
        : null,
      key({ id: "box-back", label: t("claims.back"), caps: "Esc", press: () => acts.encashment.back() }),
    ),
  ];
}

function found(view) {
  const { box, pieces } = view.encashment;
  const recorded = encashmentStage(view.encashment) === "counted";
  const kind = verdict(box.difference_minor);
  const rows = pieces.filter((row) => row.counted >= 0 && (row.counted || row.expected > 0));
  return [
    head(box, [
      pair(t("encashments.counted"), money(box.counted_minor)),
      recorded ? pair(t("encashments.counted_by"), box.counted_by) : null,
      recorded ? pair(t("encashments.counted_at"), at(box.counted_ms)) : null,
    ]),
    h(
      "div",
      { key: "difference", class: `difference is-${STATE[kind]}`, "data-verdict": kind },
      h("span", { class: "label" }, t(`encashments.${kind}`)),
      kind === "fits" ? null : display(Math.abs(box.difference_minor), "sub"),
    ),
    rows.length
      ? h(
          "ul",
          { key: "rows", class: "menu counted-rows", "aria-label": t("encashments.pieces"), tabindex: "0" },
          rows.map(countedRow),
        )
      : null,
  ];
}

export function compared({ view, acts }) {
  const people = signers(view);
  return [
    h("div", { key: "left", class: "door-left" }, found(view)),
    h(
      "div",
      { key: "right", class: "door-right" },
      answered(view) ?? h("p", { key: "how", class: "lead" }, t("encashments.sign_how")),
      signature({ view, acts }, people, chosenOf(people, view)),
      key({
        id: "box-sign",
        label: t("encashments.sign"),
        caps: "Enter",
        kind: "centre filled",
        off: local.pin.length >= 3 ? undefined : "",
        press: () => acts.encashment.sign(),
      }),
      key({ id: "box-again", label: t("encashments.again"), caps: "Esc", press: () => acts.encashment.back() }),
    ),
  ];
}

export function counted({ view, acts }) {
  return [
    h("div", { key: "left", class: "door-left" }, found(view)),
    h(
      "div",
      { key: "right", class: "door-right" },
      answered(view) ?? h("p", { key: "how", class: "lead" }, t("encashments.recorded")),
      key({ id: "box-print", label: t("encashments.print"), press: () => void acts.send("encashment_print") }),
      key({
        id: "box-back",
        label: t("claims.back"),
        caps: "Esc",
        kind: "centre filled",
        press: () => acts.encashment.back(),
      }),
    ),
  ];
}
