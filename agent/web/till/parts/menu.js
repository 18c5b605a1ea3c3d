/** Lists and pads that open over the screen: more, parked sales, amounts, a receipt to refund, all keys. */

import { h } from "../../kit/dom.js";
import { money, sumParts, time } from "../../kit/format.js";
import { badge, cap, display, key } from "../../kit/parts.js";
import { currentLanguage, note, plain, rich, t } from "../../kit/texts.js";
import { padded, shownAmount, typedMinor } from "../amounts.js";
import { local } from "../local.js";
import { KEY_TABLE } from "./key_help.js";
import { pad } from "./pad.js";
import { isAsked } from "./told.js";

const MORE = [
  ["1", "refund"],
  ["2", "copy"],
  ["3", "cash_in"],
  ["4", "cash_out"],
  ["5", "x_report"],
  ["6", "close_shift"],
  ["7", "open_drawer"],
  ["8", "theme"],
  ["9", "language"],
  ["0", "lock"],
  ["", "contact"],
  ["", "collect"],
  ["", "credit"],
  ["", "claims"],
  ["", "encashments"],
  ["", "agree"],
  ["", "sell_promised"],
];
const NEEDS_SHIFT = new Set([
  "refund",
  "copy",
  "cash_in",
  "cash_out",
  "x_report",
  "close_shift",
  "open_drawer",
  "contact",
  "collect",
  "credit",
  "claims",
  "encashments",
  "agree",
]);
const OPENS = new Set(["refund", "collect", "cash_in", "cash_out", "contact"]);
const NUMBERS = new Set(["refund", "collect", "credit"]); // letters may stand in them

const LISTS = new Set(["more", "parked", "close_shift"]);

/** The items of a list panel: {digit, id, label}. Those that make no sense now are absent. */
export function menuItems(panel, view) {
  if (panel === "parked") {
    return view.parked.slice(0, 9).map((parked, at) => ({
      digit: String(at + 1),
      id: `parked-${parked.sale}`,
      parked,
      label: t("ui.parked_at", { sum_minor: parked.total_minor, at: time(parked.since_ms) }),
      more: plain(note(parked.note).what),
    }));
  }
  if (panel === "close_shift")
    return [
      { digit: "1", id: "do_close_shift", label: t("menu.do_close_shift") },
      { digit: "2", id: "stay", label: t("menu.stay") },
    ];
  if (panel !== "more") return [];
  return MORE.filter(
    ([, id]) =>
      (view.shift.open || !NEEDS_SHIFT.has(id)) &&
      (id !== "sell_promised" || isAsked(view)) &&
      (id !== "collect" || !view.sale?.lines.length) &&
      (id !== "contact" || view.sale?.lines.length) &&
      (id !== "claims" || view.claims) &&
      (id !== "encashments" || view.encashments) &&
      (id !== "agree" || view.agrees) &&
      (id !== "lock" || view.cashier),
  ).map(([digit, id]) => ({ digit, id, label: t(`menu.${id}`) }));
}

/** Carries out a chosen item, or what was typed into a pad. */
export function pressMenu(acts, item) {
  if (!item) {
    submit(acts);
    return;
  }
  const { id } = item;
  if (item.parked) acts.bringBack(item.parked);
  else if (id === "credit") acts.openCredit();
  else if (OPENS.has(id) || id === "close_shift") acts.open(id);
  else if (id === "do_close_shift") acts.other("close_shift", {});
  else if (id === "stay") acts.close();
  else if (id === "theme") {
    acts.page.theme();
    acts.close();
  } else if (id === "language") acts.other("language", { language: currentLanguage() === "ru" ? "en" : "ru" });
  else if (id === "claims") acts.other("claim", {});
  else if (id === "encashments") acts.other("encashment", {});
  else if (id === "lock") acts.other("sign_out", {});
  else acts.other(id, {});
}

function submit(acts) {
  const { panel, entry, reason } = local;
  const minor = typedMinor(entry);
  if (panel === "credit" && acts.view.account) {
    if (acts.view.account.takes_minor) acts.other("credit_pay", {});
    return;
  }
  if (!entry && panel !== "contact") return;
  if (panel === "quantity") acts.setQuantity(Math.round(Number(entry.replace(",", ".")) * 1000));
  else if (panel === "discount") acts.discount(Math.round(Number(entry.replace(",", ".")) * 1000));
  else if (panel === "cash_in") acts.other("cash_in", { sum_minor: minor });
  else if (panel === "cash_out") acts.other("cash_out", { sum_minor: minor, reason });
  else if (panel === "refund") acts.other("refund", { number: entry.trim() });
  else if (panel === "collect") acts.other("collect", { order: entry.trim() });
  else if (panel === "contact") acts.other("contact", { value: entry.trim() });
  else if (panel === "credit") acts.findCredit(entry.trim());
}

function list(items, acts) {
  return h(
    "ul",
    { class: "menu", role: "menu", "aria-labelledby": "panel-title" },
    items.map((item, at) =>
      h(
        "li",
        { key: item.id, role: "none" },
        h(
          "button",
          {
            type: "button",
            class: `key menu-item ${local.panelAt === at + 1 ? "chosen" : ""}`,
            role: "menuitem",
            "data-key": item.id,
            on: { click: () => pressMenu(acts, item) },
          },
          h("span", { class: item.digit ? "cap" : "cap blank" }, item.digit || " "),
          h("span", { class: "word" }, item.label, item.more ? h("span", { class: "under" }, item.more) : null),
        ),
      ),
    ),
  );
}

function entryPanel(acts) {
  const { panel } = local;
  const sum = panel === "cash_in" || panel === "cash_out";
  const words = NUMBERS.has(panel) || panel === "contact";
  const press = (typed) => {
    local.entry =
      NUMBERS.has(panel)
        ? typed === "back"
          ? local.entry.slice(0, -1)
          : local.entry + typed
        : padded(local.entry, typed);
    acts.page.draw();
  };
  const unit = sum
    ? sumParts(0).symbol
    : panel === "discount"
      ? "%"
      : panel === "quantity" && acts.line
        ? t(`units.${acts.line.unit}`)
        : "";
  return h(
    "div",
    { class: "entry-panel" },
    h("p", { class: "lead" }, t(`panel.${panel}_do`)),
    h(
      "label",
      { class: "entry" },
      h("span", { class: "unseen" }, t(`panel.${panel}`)),
      h("input", {
        id: "entry",
        type: "text",
        "data-own": panel === "contact" ? null : "entry",
        autocomplete: "off",
        inputmode: panel === "contact" ? "email" : "none",
        readonly: panel === "contact" ? null : true,
        value: words ? local.entry : shownAmount(local.entry),
        "aria-label": t(`panel.${panel}`),
        on: { input: (event) => (local.entry = event.target.value) },
      }),
      unit ? h("span", { class: "sign" }, unit) : null,
    ),
    panel === "cash_out"
      ? h("input", {
          id: "reason",
          class: "field",
          type: "text",
          value: local.reason,
          placeholder: t("panel.reason"),
          "aria-label": t("panel.reason"),
          on: { input: (event) => (local.reason = event.target.value) },
        })
      : null,
    panel === "contact" ? null : pad(press, !NUMBERS.has(panel)),
    h(
      "div",
      { class: "two" },
      key({ id: "panel-close", label: t("hints.close"), caps: "Esc", press: () => acts.close() }),
      key({
        id: "panel-done",
        label: t(`panel.${panel}_done`),
        caps: "Enter",
        kind: "filled",
        press: () => submit(acts),
      }),
    ),
  );
}

/** Whose store credit it is and what of it this purchase would take. */
function accountPanel({ account }, acts) {
  const { how, tail, balance_minor: balance, takes_minor: takes } = account;
  return h(
    "div",
    { key: "account", class: "entry-panel" },
    h("p", { class: "lead" }, t(`panel.credit_${how}`, { tail })),
    h("p", { class: "label" }, t("panel.credit_there")),
    display(balance),
    h("p", { class: "lead" }, takes ? t("panel.credit_takes", { sum: money(takes) }) : t("panel.credit_no_sale")),
    h(
      "div",
      { class: "two" },
      key({ id: "panel-close", label: t("hints.close"), caps: "Esc", press: () => acts.close() }),
      takes
        ? key({
            id: "panel-done",
            label: t("panel.credit_pay", { sum: money(takes) }),
            caps: "Enter",
            kind: "filled",
            press: () => submit(acts),
          })
        : null,
    ),
  );
}

/** `guests`: is somebody shown? Without guests their key does nothing and is not named. */
function keyHelp(state, guests) {
  return h(
    "table",
    { class: "key-help" },
    h(
      "tbody",
      null,
      (KEY_TABLE[state] ?? KEY_TABLE.selling)
        .filter(([, text]) => guests || text !== "guest_wrong")
        .map(([caps, text]) =>
          h(
            "tr",
            { key: text },
            h(
              "th",
              { scope: "row" },
              caps.map((name) => cap(name)),
            ),
            h("td", null, t(`key_help.${text}`)),
          ),
        ),
    ),
  );
}

function inside(name, { view, acts, under }) {
  if (name === "keys") return keyHelp(under, view.guests?.length);
  if (LISTS.has(name)) return list(menuItems(name, view), acts);
  return name === "credit" && view.account ? accountPanel(view, acts) : entryPanel(acts);
}

export function panel({ view, acts, under }) {
  const { panel: name } = local;
  if (!name) return null;
  return h(
    "div",
    { key: "panel", class: "veil", on: { click: (event) => event.target === event.currentTarget && acts.close() } },
    h(
      "section",
      {
        key: `panel-${name}`,
        class: `card panel panel-${name}`,
        role: "dialog",
        "aria-modal": "true",
        "aria-labelledby": "panel-title",
      },
      h(
        "div",
        { class: "panel-head" },
        h("h2", { id: "panel-title", class: "headline", tabindex: "-1" }, t(`panel.${name}`)),
        key({
          id: "panel-x",
          glyph: "close",
          kind: "plain centre",
          "aria-label": t("hints.close"),
          press: () => acts.close(),
        }),
      ),
      name === "close_shift"
        ? h("div", { class: "look" }, badge("attention"), h("p", { class: "lead" }, rich(t("panel.close_shift_do"))))
        : null,
      inside(name, { view, acts, under }),
    ),
  );
}
