/** Words by code in the language of the till: texts with parameters, optional parts, plurals and strong words. */

import { h } from "./dom.js";
import {
  age,
  bytes,
  date,
  day,
  elapsed,
  money,
  percent,
  plural,
  quantity,
  roundMoney,
  setFormat,
  spokenMoney,
  sumParts,
  time,
} from "./format.js";

const books = { ru: null, en: null };
let refusals = {};
let language = "ru";

async function book(url, fallback) {
  const answer = await fetch(url, { cache: "no-cache" }).catch(() => null);
  return answer?.ok ? answer.json() : fallback;
}

/** Loads both languages, so that changing it needs no network. */
export async function loadTexts() {
  [books.ru, books.en, refusals] = await Promise.all([
    book("/web/kit/texts/ru.json", {}),
    book("/web/kit/texts/en.json", {}),
    book("/web/kit/refusals.json", {}),
  ]);
}

export function setLanguage(name) {
  language = name in books ? name : "ru";
  document.documentElement.lang = language;
  setFormat({ language });
}

export const currentLanguage = () => language;

function find(path) {
  let place = books[language];
  for (const step of path.split(".")) place = place?.[step];
  return place;
}

const FORMATS = {
  money: (value) => money(value),
  round: (value) => `${roundMoney(value)}\u00A0${sumParts(value).symbol}`, // of a note or coin: "500 ₽"
  quantity: (value) => quantity(value),
  percent: (value) => percent(value),
  time: (value) => (typeof value === "number" ? time(value) : value),
  date: (value) => date(value),
  day: (value) => day(value),
  age: (value) => age(value > 1e11 ? Date.now() - value : value), // an instant or a length of time
  elapsed: (value) => elapsed(value),
  bytes: (value) => bytes(value),
  spoken: (value) => speak(value),
  ordinal: (value) => find(`ordinals.${value}`) ?? `${value}`,
  note: (value) => lookUp(value)?.what?.replace(/\.$/, "") ?? null,
  unit: (value) => find(`units.${value}`) ?? value,
  means: (value) => find(`means.${value}`) ?? value,
  last4: (value) => String(value).slice(-4),
  lower: (value) => lower(value),
};

/** In the middle of a sentence: the first letter small, unless the word is an abbreviation. */
function lower(value) {
  const text = FORMATS.note(value);
  return text && /^\p{Lu}\p{Ll}/u.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

// The agent names a product where the texts say a name.
const OTHER_NAMES = {
  name: "product",
  code: "barcode",
  cash_minor: "drawer_minor",
  left_minor: "missing_minor",
  sum_minor: "amount_minor",
  amount_minor: "sum_minor",
};

/** `{name}`, `{sum_minor:money}`, `{n#чек/чека/чеков}` (number and word), `{n~чек/чека/чеков}` (word). A part in
 * [[…]] is left out when one of its values is missing. */
export function fill(text, params = {}) {
  const value = (whole, name, kind, rest) => {
    const given = params[name] ?? params[OTHER_NAMES[name]];
    if (given === undefined || given === null || given === "") return null;
    if (kind === "#") return `${given}\u00A0${plural(given, rest)}`;
    if (kind === "~") return plural(given, rest);
    if (kind === ":") return FORMATS[rest] ? FORMATS[rest](given) : String(given);
    return String(given);
  };
  const HOLE = /\{(\w+)(?:([:#~])([^}]+))?\}/g;
  let kept = text;
  for (let inner = null; inner !== kept;) {
    // optional parts may stand in one another: the innermost first
    inner = kept;
    kept = inner.replace(/\[\[((?:(?!\[\[|\]\]).)*)\]\]/gs, (_, part) => {
      let whole = true;
      const said = part.replace(HOLE, (...found) => value(...found) ?? ((whole = false), ""));
      return whole ? said : "";
    });
  }
  return kept.replace(HOLE, (...found) => value(...found) ?? "…");
}

/** One text of the interface. */
export function t(path, params) {
  const text = find(path);
  return typeof text === "string" ? fill(text, params) : path;
}

export const has = (path) => find(path) !== undefined;

function lookUp(code) {
  return books[language]?.notes?.[code] ?? refusals[code]?.[language] ?? null;
}

/** All parts of a note: {what, why, money, safe, do, say, chip}; a code nobody knows is shown rather than hidden. */
export function note(told) {
  if (!told) return {};
  const parts = lookUp(told.code) ?? { what: `${find("ui.unknown_code") ?? ""} ${told.code}`.trim() };
  const filled = {};
  for (const [name, text] of Object.entries(parts)) filled[name] = fill(text, told.params);
  return filled;
}

/** A way's words: some codes name both a case and the way into it, then `way_<code>` is the way. */
export function wayNote(way) {
  const code = `way_${way.note.code}`;
  return note(lookUp(code) ? { code, params: way.note.params } : way.note);
}

/** Short form for one line: what happened and what to do. */
export function sentence(told) {
  const { what = "", do: act = "" } = note(told);
  return [what.replaceAll("\n", " "), act.replaceAll("**", "")]
    .filter(Boolean)
    .map((part) => (/[.!?…»]$/.test(part) ? part : `${part}.`))
    .join(" ");
}

export const plain = (text) => (text ?? "").replaceAll("**", "").replaceAll("\n", " ");

/** **strong** words and line breaks as elements. */
export function rich(text) {
  const strong = (line) => line.split("**").map((part, at) => (at % 2 ? h("strong", null, part) : part));
  const lines = (text ?? "").split("\n");
  return lines.length === 1
    ? strong(lines[0])
    : lines.flatMap((line, at) => [h("span", { class: "line" }, strong(line)), at < lines.length - 1 ? " " : null]);
}

export function speak(minor) {
  const words = find("spoken") ?? {};
  return spokenMoney(minor, { whole: words.whole ?? "", cents: words.cents ?? "", minus: words.minus ?? "−" });
}
