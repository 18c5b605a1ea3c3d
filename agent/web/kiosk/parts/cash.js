/** The live counter: due, inserted, left, and each note or coin as it is taken; only what is durable counts. */

import { h } from "../../kit/dom.js";
import { bare, roundMoney, sumParts } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { display, key } from "../../kit/parts.js";
import { note, rich, speak, t } from "../../kit/texts.js";
import { local } from "../local.js";
import { isCoin, moneyColour } from "../money_look.js";
import { act, dotted, headline, look, told } from "./frame.js";

const SHOWN = 9; // three rows of three; low, two
const SHOWN_LOW = 6;
const MOVING = new Set(["checking", "escrow", "stacking"]);
const MARK = { credited: "check", checking: "busy", escrow: "busy", stacking: "busy", doubt: "unknown" };

export function cash(context) {
  const { view } = context;
  const { cash: counter } = view;
  const pieces = piecesCard(counter, view.currency);
  return [
    look(headline(title(counter)), told(view, null), counterCard(counter), local.low ? null : pieces),
    act(local.low ? pieces : null, local.low ? null : hints(counter, view.currency), keys(context)),
  ];
}

function title(counter) {
  if (!counter.takes_minor.length && !counter.pieces.some((piece) => MOVING.has(piece.state)))
    return t(counter.left_minor > 0 ? "kiosk.cash_closed" : "kiosk.cash_enough");
  return t("kiosk.cash_title");
}

function counterCard(counter) {
  const part = Math.min(100, Math.round((counter.inserted_minor * 100) / Math.max(1, counter.due_minor)));
  return h(
    "div",
    { key: "counter", class: "card counter" },
    h(
      "div",
      { class: "counter-ends" },
      h("div", null, h("p", { class: "label" }, t("ui.to_pay")), display(counter.due_minor, "sub")),
      h(
        "div",
        { class: "at-right", "data-inserted": counter.inserted_minor },
        h("p", { class: "label" }, t("kiosk.inserted")),
        display(counter.inserted_minor, "sub"),
      ),
    ),
    h(
      "div",
      { class: "track", "aria-hidden": "true" },
      h("div", { class: "filled-part", style: { width: `${part}%` } }),
    ),
    h("p", { class: "label big" }, t("kiosk.left_to_insert")),
    h("div", { "data-left": counter.left_minor }, display(counter.left_minor, "huge")),
  );
}

function counted(pieces, currency) {
  const taken = pieces.filter((piece) => piece.state === "credited");
  const coins = taken.filter((piece) => isCoin(piece.value_minor, currency)).length;
  const notes = taken.length - coins;
  return [notes && t("kiosk.notes_taken", { n: notes }), coins && t("kiosk.coins_taken", { n: coins })]
    .filter(Boolean)
    .join(", ");
}

function piecesCard(counter, currency) {
  const most = local.low ? SHOWN_LOW : SHOWN;
  const all = counter.pieces;
  const hidden = all.length > most ? all.length - (most - 1) : 0;
  const shown = hidden ? all.slice(hidden) : all;
  const told_ = counter.note ? note(counter.note) : null;
  return h(
    "div",
    { key: "pieces", class: "card pieces-card" },
    h(
      "div",
      { class: "pieces-head" },
      h("b", null, t("kiosk.taken")),
      h("span", { class: "quiet" }, counted(all, currency)),
    ),
    all.length
      ? h(
          "ul",
          { key: "pieces", class: "pieces" },
          hidden ? h("li", { key: "earlier", class: "piece earlier" }, t("kiosk.earlier", { n: hidden })) : null,
          shown.map((piece, at) => pieceItem(piece, currency, hidden + at)),
        )
      : h("p", { key: "none", class: "pieces-none" }, icon("cash"), t("kiosk.none_yet")),
    told_
      ? h(
          "div",
          {
            key: "note",
            class: `cash-note ${counter.note.code === "note_in_doubt" ? "doubtful" : ""}`,
            "data-note": counter.note.code,
          },
          icon({ note_checking: "busy", note_in_doubt: "unknown" }[counter.note.code] ?? "attention"),
          h("p", null, h("b", null, dotted(told_.what)), " ", rich([told_.safe, told_.do].filter(Boolean).join(" "))),
        )
      : null,
  );
}

/** A note is a rectangle in its own colour, a coin is round; what does not count yet is dashed and has a clock. */
function pieceItem(piece, currency, at) {
  const coin = isCoin(piece.value_minor, currency);
  const value = piece.value_minor ? roundMoney(piece.value_minor) : "…";
  return h(
    "li",
    { key: `piece-${at}`, class: `piece ${coin ? "coin" : "banknote"} ${piece.state}` },
    h(
      "span",
      { class: "piece-face", style: { background: moneyColour(piece.value_minor, currency) }, "aria-hidden": "true" },
      h("span", { class: "piece-value" }, value),
      coin
        ? null
        : h(
            "svg",
            { class: "seal", viewBox: "0 0 40 40" },
            h("circle", { cx: 20, cy: 20, r: 17 }),
            h("path", { d: "M9 25a11 11 0 0 1 22 0" }),
          ),
    ),
    h("span", { class: "piece-mark" }, icon(MARK[piece.state] ?? "busy")),
    h(
      "span",
      { class: "unseen" },
      `${piece.value_minor ? speak(piece.value_minor) : ""} ${t(`kiosk.piece_${piece.state}`)}`,
    ),
  );
}

/** "Принимаем купюры от 50 до 5 000 ₽ и монеты 1, 2, 5 и 10 ₽", from what the devices take now. */
function takes(counter, currency) {
  const sorted = [...counter.takes_minor].sort((a, b) => a - b);
  const { symbol } = sumParts(0);
  const notes = sorted.filter((value) => !isCoin(value, currency)).map(roundMoney);
  const coins = sorted.filter((value) => isCoin(value, currency)).map(roundMoney);
  const and = (list) =>
    list.length > 1 ? `${list.slice(0, -1).join(", ")} ${t("kiosk.and")} ${list[list.length - 1]}` : list[0];
  const first =
    notes.length > 1 ? t("kiosk.takes_notes", { from: notes[0], to: `${notes[notes.length - 1]}\u00A0${symbol}` }) : "";
  const one = notes.length === 1 ? t("kiosk.takes_note", { value: `${notes[0]}\u00A0${symbol}` }) : "";
  const second = coins.length ? t("kiosk.takes_coins", { list: `${and(coins)}\u00A0${symbol}` }) : "";
  const all = [first || one, second].filter(Boolean);
  return all.length ? t("kiosk.takes", { what: all.join(` ${t("kiosk.and")} `) }) : t("kiosk.takes_nothing");
}

function hints(counter, currency) {
  const { what, do: more } = note(counter.change);
  return h(
    "div",
    { key: "hints", class: "cash-hints" },
    counter.left_minor > 0 ? h("p", { key: "takes" }, icon("cash"), h("span", null, takes(counter, currency))) : null,
    h(
      "p",
      { key: "change", "data-change": counter.change.code },
      icon(currency === "RUB" ? "rouble" : "coins"),
      h("span", null, rich([dotted(what), more].filter(Boolean).join(" ").replace(/\.$/, ""))),
    ),
  );
}

function keys({ view, acts }) {
  const { cash: counter } = view;
  const empty = !counter.pieces.length && !counter.inserted_minor;
  const cards = view.tenders.find((tender) => tender.means === "card");
  return h(
    "div",
    { key: "keys", class: "keys two" },
    counter.may_card && cards?.available !== false
      ? key({
          id: "pay-card",
          label: t(empty ? "kiosk.by_card" : "kiosk.rest_by_card"),
          glyph: "card",
          kind: "centre tall huge-key",
          press: () => acts.pay("card"),
        })
      : null,
    empty
      ? key({
          id: "back",
          label: t("kiosk.back"),
          glyph: "undo",
          kind: "centre tall huge-key",
          press: () => void acts.send("back"),
        })
      : counter.may_give_back
        ? key({
            id: "give-back",
            label: t("kiosk.give_back"),
            glyph: "undo",
            kind: "centre tall huge-key",
            "aria-label": `${t("kiosk.give_back")}, ${bare(counter.inserted_minor)}`,
            press: () => void acts.send("give_back"),
          })
        : null,
  );
}
