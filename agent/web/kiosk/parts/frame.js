/** What surrounds every screen of the kiosk: training stripe, the shop's name and two keys, the seller and the reach key. */

import { h } from "../../kit/dom.js";
import { elapsed } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { key } from "../../kit/parts.js";
import { note, plain, rich, t } from "../../kit/texts.js";
import { local } from "../local.js";

const HELD_MS = 3000; // nobody rests a finger on the shop's sign that long by chance
const CLOSING = new Set(["claim", "done"]);

export function stripe(view) {
  if (!view.training) return null;
  const { what, do: more } = note({ code: "training" });
  return h("div", { key: "stripe", class: "stripe" }, h("strong", null, what), " ", more);
}

/** "«Мишкин дом», Казань" is «Мишкин дом» on the sign. */
export const shopName = (view) => /«([^»]+)»/.exec(view.shop)?.[1] ?? view.shop;

let held = 0;

/** The hidden corner: no control of a shopper's, so it has no looks and no place in the order of focus. */
function corner(acts) {
  const begin = () => {
    clearTimeout(held);
    held = setTimeout(() => acts.askStaff(), HELD_MS);
  };
  const end = () => clearTimeout(held);
  return { pointerdown: begin, pointerup: end, pointerleave: end, pointercancel: end };
}

function helpKey({ view, acts }) {
  if (view.screen === "staff") return null;
  return key({
    id: "help",
    label: t(view.help ? "kiosk.help_comes" : "kiosk.help"),
    glyph: view.help ? "bell" : "headset",
    kind: view.help ? "head-key ringing" : "head-key",
    "aria-pressed": String(view.help),
    press: () => !view.help && void acts.send("help"),
  });
}

function languageKey({ view, acts }) {
  return key({
    id: "language",
    label: t("kiosk.other_language"),
    kind: "head-key centre",
    lang: view.language === "ru" ? "en" : "ru",
    press: () => acts.language(),
  });
}

export function topbar(context) {
  const { view, acts } = context;
  const name = shopName(view);
  return h(
    "header",
    { key: "top", class: "top" },
    h(
      "div",
      { key: "sign", class: "sign", "data-corner": "", on: corner(acts) },
      h("span", { class: "brand", "aria-hidden": "true" }, name[0]),
      h("h1", { class: "shop" }, name),
    ),
    local.low
      ? saidBox(context) // where the keys were, what stood in the foot
      : h("div", { key: "keys", class: "head-keys" }, helpKey(context), languageKey(context)),
  );
}

/** Where the till is, as far as the shop says; "" otherwise. */
function wayToTill(view) {
  const { till, where } = view.elsewhere?.params ?? {};
  return where ? t("kiosk.help_till", { till, where }) : "";
}

/** What the footer says at the left: the seller; where money is about, that there is no hurry; when the screen closes. */
function said({ view, clock }) {
  const { seller, idle } = view;
  if (view.help) return [t("kiosk.help_footer"), wayToTill(view)];
  if (CLOSING.has(view.screen) && idle) {
    const left = elapsed(Math.max(0, idle.end_ms - clock.now()));
    return [t("kiosk.closes_in", { left }), t(view.screen === "claim" ? "kiosk.claim_stays" : "kiosk.receipt_stays")];
  }
  if (view.screen === "cash") return [t("kiosk.no_hurry")];
  const about = [seller.name, seller.inn && t("kiosk.inn", { inn: seller.inn }), seller.address].filter(Boolean);
  const terms = [seller.refund_terms, seller.phone && t("kiosk.phone_short", { phone: seller.phone })].filter(Boolean);
  return [about.join(", "), terms.join(" · ")];
}

const saidBox = (context) =>
  h(
    "div",
    { key: "said", class: `foot-said ${context.view.help ? "loud" : ""}` },
    said(context).map((line) => h("p", null, rich(line))),
  );

export function footer(context) {
  const { acts } = context;
  const { low } = local;
  return h(
    "footer",
    { key: "foot", class: "foot" },
    low
      ? [
          h("div", { key: "corner", class: "corner", "data-corner": "", on: corner(acts) }),
          helpKey(context),
          languageKey(context),
        ]
      : saidBox(context),
    key({
      id: "reach",
      label: t(low ? "kiosk.raise" : "kiosk.lower"),
      glyph: low ? "raise" : "lower",
      kind: "head-key",
      "aria-pressed": String(low),
      press: () => acts.lower(!low),
    }),
  );
}

/** The two halves of a screen: what is looked at, and what is touched. Low, the first ends where the reach begins. */
export const look = (...parts) => h("section", { key: "look", class: "look" }, parts);
export const act = (...parts) => h("section", { key: "act", class: "act" }, parts);

export function headline(text, glyph = null) {
  return h(
    "div",
    { key: "head", class: "screen-head" },
    glyph,
    h("h2", { id: "headline", class: "headline", tabindex: "-1" }, rich(text)),
  );
}

export const dotted = (text) => plain(text) + (/[.?…]$/.test(text ?? ".") ? "" : ".");

/** Why something does not work. What staff could do about it is no business of a shopper's, unless it is meant for them. */
export function whyInWords(told_) {
  const { what, do: more } = note(told_);
  return /^(cash|kiosk)_/.test(told_.code) && more ? `${dotted(what)} ${plain(more)}` : dotted(what);
}

/** The answer to the last press, in the place of the hint: nothing moves when it comes and goes. */
export function told(view, otherwise = null) {
  const own = local.said && performance.now() < local.said.untilMs ? local.said.note : null;
  const found = own ?? view.said;
  return found ? answer(found, view.elsewhere?.params) : otherwise;
}

/** `place` is the till, for what is done there. */
export function answer(told_, place = {}) {
  const { what, safe, do: more } = note({ ...told_, params: { ...place, ...told_.params } });
  return h(
    "div",
    { key: "told", class: "hint told", "data-note": told_.code },
    icon("attention"),
    h(
      "div",
      null,
      h("p", { class: "hint-title" }, rich(what)),
      h("p", { class: "hint-more" }, rich([safe, more].filter(Boolean).join(" "))),
    ),
  );
}
