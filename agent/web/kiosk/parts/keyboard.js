/** The pads under the shopper's fingers: letters in two alphabets, an address, digits. Each key writes one character. */

import { h } from "../../kit/dom.js";
import { key } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { local } from "../local.js";

// Eleven keys at most in a row: at 1080 px each is then as wide as a finger needs.
const ROWS = {
  ru: ["1234567890", "йцукенгшщзх", "фывапролджэ", "ячсмитьбюъё"],
  en: ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"],
};
const ADDRESS = ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm_."];
const DOMAINS = ["@mail.ru", "@yandex.ru", "@gmail.com"];

const press = (acts, letter) =>
  key({ id: `letter-${letter}`, label: letter, kind: "centre letter", press: () => acts.entryKey(letter) });

const rows = (acts, written) =>
  written.map((row, at) =>
    h(
      "div",
      { key: `row-${at}`, class: "letter-row" },
      [...row].map((letter) => press(acts, letter)),
    ),
  );

const wipe = (acts, kind = "centre letter wide") =>
  key({ id: "letter-back", glyph: "backspace", kind, "aria-label": t("ui.wipe"), press: () => acts.entryKey("back") });

/** For searching: the alphabet of the language, the other one a key away. */
export function letters(acts, language) {
  const layout = local.layout || (language === "ru" ? "ru" : "en");
  const other = layout === "ru" ? "en" : "ru";
  return h(
    "div",
    { key: "letters", class: "letters", role: "group", "aria-label": t("ui.letters") },
    rows(acts, ROWS[layout]),
    h(
      "div",
      { key: "last", class: "letter-row" },
      key({
        id: "letter-layout",
        label: t(`kiosk.letters_${other}`),
        kind: "centre letter wide",
        press: () => acts.layout(other),
      }),
      key({ id: "letter-space", label: t("ui.space"), kind: "centre letter widest", press: () => acts.entryKey(" ") }),
      wipe(acts),
      key({
        id: "letter-done",
        label: t("kiosk.show_found"),
        kind: "centre letter wide filled",
        press: () => acts.keepFound(),
      }),
    ),
  );
}

/** For an e-mail address: @ and the usual ends of addresses ready. */
export function addressPad(acts, done, complete) {
  const hasAt = local.entry.includes("@");
  return h(
    "div",
    { key: "address", class: "letters", role: "group", "aria-label": t("ui.letters") },
    h(
      "div",
      { key: "domains", class: "letter-row" },
      DOMAINS.map((domain) =>
        key({
          id: `domain-${domain}`,
          label: domain,
          kind: "centre letter wide",
          off: hasAt ? "" : null,
          press: () => acts.entryKey(domain),
        }),
      ),
    ),
    rows(acts, ADDRESS),
    h(
      "div",
      { key: "last", class: "letter-row" },
      press(acts, "@"),
      press(acts, "+"),
      wipe(acts),
      key({
        id: "entry-done",
        label: t("kiosk.ready"),
        kind: "centre letter widest filled",
        off: complete ? null : "",
        press: done,
      }),
    ),
  );
}

/** Digits: for a phone, a card of the shop, a PIN. */
export function digitPad(type, done, complete, label = "kiosk.ready") {
  const digit = (name) => key({ id: `pad-${name}`, label: name, kind: "centre digit", press: () => type(name) });
  return h(
    "div",
    { key: "pad", class: "pad", role: "group", "aria-label": t("ui.pad") },
    ["1", "2", "3"].map(digit),
    key({
      id: "pad-back",
      glyph: "backspace",
      kind: "centre digit",
      "aria-label": t("ui.wipe"),
      press: () => type("back"),
    }),
    ["4", "5", "6"].map(digit),
    h("span", { key: "room-1" }),
    ["7", "8", "9"].map(digit),
    h("span", { key: "room-2" }),
    h("span", { key: "room-3" }),
    digit("0"),
    h("span", { key: "room-4" }),
    key({
      id: "entry-done",
      label: t(label),
      kind: "centre digit pad-done filled",
      off: complete ? null : "",
      press: done,
    }),
  );
}
