/** Who buys, if they care to say, and how the receipt is given: paper, screen, e-mail or phone. */

import { h } from "../../kit/dom.js";
import { icon } from "../../kit/icons.js";
import { display, key } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { local } from "../local.js";
import { act, headline, look, told } from "./frame.js";
import { addressPad, digitPad } from "./keyboard.js";

const GLYPH = { paper: "printer", screen: "qr", email: "mail", phone: "phone" };
export const COUNTRY = { RUB: "7", KZT: "7" }; // the code is there already where every shopper has the same
export const PHONE_DIGITS = 10;
const ADDRESS = /^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/;
const CARD_DIGITS = 4;

export function receiptWay(context) {
  const { view } = context;
  if (local.panel === "phone" || local.panel === "shop_card") return entry(context, identifyPad(context));
  if (local.panel.startsWith("contact_")) return entry(context, contactPad(context));
  return view.identify && !view.customer && !local.withoutCard ? who(context) : ways(context);
}

const total = (view) =>
  h(
    "div",
    { key: "sum", class: "card due" },
    h("p", { class: "label" }, t("ui.to_pay")),
    display(view.sale?.total_minor ?? 0, "large"),
  );

function backKey(acts, press = () => void acts.send("back")) {
  return key({ id: "back", label: t("kiosk.back"), glyph: "undo", kind: "centre tall", press });
}

/** Three ways that weigh the same: the design does not push anybody to give a number away. */
function who({ view, acts }) {
  return [
    look(
      headline(t("kiosk.who_title")),
      h("p", { key: "why", class: "lead" }, t("kiosk.who_more")),
      told(view, null),
      total(view),
    ),
    act(
      h(
        "div",
        { key: "ways", class: "choices three" },
        choice("who-phone", "phone", "kiosk.who_phone", () => acts.open("phone", COUNTRY[view.currency] ?? "")),
        choice("who-card", "card", "kiosk.who_card", () => acts.open("shop_card")),
        choice("who-nobody", "right", "kiosk.who_nobody", () => acts.withoutCard()),
      ),
      h("div", { key: "keys", class: "keys" }, backKey(acts)),
    ),
  ];
}

function choice(id, glyph, label, press) {
  return key({ id, label: t(label), glyph, kind: "choice", press });
}

function ways({ view, acts }) {
  const press = {
    paper: () => acts.receipt("paper"),
    screen: () => acts.receipt("screen"),
    email: () => acts.open("contact_email"),
    phone: () => acts.open("contact_phone", COUNTRY[view.currency] ?? ""),
  };
  return [
    look(
      headline(t("kiosk.receipt_title")),
      view.customer
        ? h("p", { key: "known", class: "lead is-ok" }, icon("ok"), t(`kiosk.known_${view.customer}`))
        : h("p", { key: "why", class: "lead" }, t("kiosk.receipt_more")),
      told(view, null),
      total(view),
    ),
    act(
      h(
        "div",
        { key: "ways", class: "choices two-by-two" },
        view.receipt_ways
          .filter((way) => press[way])
          .map((way) => choice(`way-${way}`, GLYPH[way], `kiosk.way_${way}`, press[way])),
      ),
      h("div", { key: "keys", class: "keys" }, backKey(acts)),
    ),
  ];
}

/** A number as it is read aloud: "+7 926 123-45-67". */
export function shownPhone(digits) {
  if (!digits) return "+";
  const code = digits[0];
  const [a, b, c, d] = [digits.slice(1, 4), digits.slice(4, 7), digits.slice(7, 9), digits.slice(9)];
  return `+${code}${a ? ` ${a}` : ""}${b ? ` ${b}` : ""}${c ? `-${c}` : ""}${d ? `-${d}` : ""}`.replaceAll(
    " ",
    "\u00A0",
  );
}

export function entry({ view }, { title, more, shown, pad, extra }) {
  return [
    look(headline(title), more ? h("p", { key: "why", class: "lead" }, more) : null, told(view, null)),
    act(
      h(
        "output",
        { key: "entry", class: `entry ${shown ? "" : "empty"}`, "aria-label": title },
        shown || "\u00A0",
        h("span", { class: "caret", "aria-hidden": "true" }),
      ),
      extra,
      pad,
    ),
  ];
}

export const closeRow = (acts) =>
  h(
    "div",
    { key: "close", class: "keys" },
    key({ id: "close", label: t("kiosk.back"), glyph: "undo", kind: "centre", press: () => acts.close() }),
  );

function consent(acts, name) {
  const ticked = local.consents[name];
  return h(
    "button",
    {
      key: `consent-${name}`,
      type: "button",
      class: "key consent",
      role: "checkbox",
      "data-key": `consent-${name}`,
      "aria-checked": String(ticked),
      on: { click: () => acts.tick(name) },
    },
    h("span", { class: `tick ${ticked ? "on" : ""}` }, ticked ? icon("check") : null),
    h("span", { class: "word" }, t(`kiosk.consent_${name}`)),
  );
}

function identifyPad({ acts }) {
  const phone = local.panel === "phone";
  const complete = phone ? local.entry.length > PHONE_DIGITS : local.entry.length >= CARD_DIGITS;
  const done = () => acts.identify(phone ? { phone: `+${local.entry}` } : { card: local.entry });
  return {
    title: t(phone ? "kiosk.type_phone" : "kiosk.type_card"),
    more: t(phone ? "kiosk.type_phone_more" : "kiosk.type_card_more"),
    shown: phone ? shownPhone(local.entry) : local.entry.replace(/(\d{4})(?=\d)/g, "$1\u00A0"),
    extra: h(
      "div",
      { key: "consents", class: "consents", role: "group", "aria-label": t("kiosk.consents") },
      consent(acts, "data"),
      consent(acts, "advertising"),
    ),
    // Without the first consent the shop may not keep the number: the key says so by being off.
    pad: [digitPad((typed) => acts.entryKey(typed), done, complete && local.consents.data), closeRow(acts)],
  };
}

function contactPad({ acts }) {
  const phone = local.panel === "contact_phone";
  const complete = phone ? local.entry.length > PHONE_DIGITS : ADDRESS.test(local.entry);
  const done = () => acts.receipt(phone ? "phone" : "email", phone ? `+${local.entry}` : local.entry);
  return {
    title: t(phone ? "kiosk.type_phone" : "kiosk.type_email"),
    more: t("kiosk.contact_more"),
    shown: phone ? shownPhone(local.entry) : local.entry,
    extra: null,
    pad: [
      phone ? digitPad((typed) => acts.entryKey(typed), done, complete) : addressPad(acts, done, complete),
      closeRow(acts),
    ],
  };
}
