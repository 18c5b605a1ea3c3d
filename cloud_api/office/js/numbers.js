// Money, percents, times and ages as the shop writes them; sums come in whole minor units.

import { lang, say } from "./words.js";

const NNBSP = "\u202f", NBSP = "\u00a0", MINUS = "\u2212";
const SIGNS = { RUB: "₽", KZT: "₸", BYN: "Br", EUR: "€", USD: "$" };
let zone = "UTC", currency = "RUB";

export function useShop(figures) {
  zone = figures.zone;
  currency = figures.currency;
}
export const sign = () => SIGNS[currency] ?? currency;
const comma = () => (lang() === "ru" ? "," : ".");
export function whole(n) {
  const digits = String(Math.abs(n)).replace(/\B(?=(\d{3})+$)/g, lang() === "ru" ? NNBSP : ",");
  return (n < 0 ? MINUS : "") + digits;
}
export function moneyParts(minor) {
  const units = Math.trunc(Math.abs(minor) / 100), cents = String(Math.abs(minor) % 100).padStart(2, "0");
  return [(minor < 0 ? MINUS : "") + whole(units), comma() + cents];
}
export const amount = (minor) => moneyParts(minor).join("");
export const money = (minor) => amount(minor) + NBSP + sign();
export function moneyAloud(minor) {
  const style = { style: "currency", currency, currencyDisplay: "name", useGrouping: false };
  return new Intl.NumberFormat(lang(), style).format(minor / 100);
}
export function percent(part, all, { signed = false } = {}) {
  const value = all ? Math.round((100 * part) / all) : 0;
  const plus = signed && value > 0 ? "+" : "";
  return `${value < 0 ? MINUS : plus}${Math.abs(value)}${NBSP}%`;
}
export function quantity(thousandths) {
  const rest = String(thousandths % 1000).padStart(3, "0").replace(/0+$/, "");
  return whole(Math.trunc(thousandths / 1000)) + (rest ? comma() + rest : "");
}
const format = (ms, options) => new Intl.DateTimeFormat(lang(), { timeZone: zone, ...options }).format(new Date(ms));
export const time = (ms) => format(ms, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const moment = (ms) =>
  format(ms, { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayOf = (ms) => format(ms, { year: "numeric", month: "2-digit", day: "2-digit" });
export const short = (ms, now) =>
  dayOf(ms) === dayOf(now) ? time(ms) : format(ms, { day: "numeric", month: "short" }) + " " + time(ms);
export const nowLine = (ms) =>
  format(ms, { weekday: "long", day: "numeric", month: "long" }) + ", " + time(ms) +
  (zone === "Europe/Moscow" && lang() === "ru" ? " МСК" : "");
export function age(ms) {
  const minutes = Math.floor(ms / 60000);
  if (minutes < 2) return say("now");
  if (minutes < 60) return say("minutes", { n: minutes }).replace(" ", NBSP);
  return say("hours", { h: whole(Math.floor(minutes / 60)), m: minutes % 60 }).replaceAll(" ", NBSP);
}
export const dayName = (iso) => // a day has no hour, so no zone moves it
  new Intl.DateTimeFormat(lang(), { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" }).format(new Date(`${iso}T00:00:00Z`));
export const tenths = (n) => (n >= 10 ? whole(Math.round(n)) : n.toFixed(1).replace(".", comma()));
export function span(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return say("minutes", { n: minutes }).replace(" ", NBSP);
  return say("hours", { h: whole(Math.floor(minutes / 60)), m: minutes % 60 }).replaceAll(" ", NBSP);
}

// «прошлая суббота», «прошлой субботе»: Russian weekdays bend, and not all alike.
const LAST = ["прошлое воскресенье", "прошлый понедельник", "прошлый вторник", "прошлая среда", "прошлый четверг", "прошлая пятница", "прошлая суббота"];
const TO_LAST = ["прошлому воскресенью", "прошлому понедельнику", "прошлому вторнику", "прошлой среде", "прошлому четвергу", "прошлой пятнице", "прошлой субботе"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const weekday = (ms) => DAYS.indexOf(new Intl.DateTimeFormat("en", { timeZone: zone, weekday: "short" }).format(new Date(ms)));
const lastEnglish = (ms) => `last ${new Intl.DateTimeFormat("en", { timeZone: zone, weekday: "long" }).format(new Date(ms))}`;
export const lastWeekday = (ms) => (lang() === "ru" ? LAST[weekday(ms)] : lastEnglish(ms));
export const toLastWeekday = (ms) => (lang() === "ru" ? TO_LAST[weekday(ms)] : lastEnglish(ms));
