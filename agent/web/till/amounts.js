/** Amounts while they are typed: digits and one comma, as text until they are sent as whole minor units. */

import { sumParts } from "../kit/format.js";
import { t } from "../kit/texts.js";

/** Digits typed into an amount, as whole minor units: "7000" and "7000,50"; null when nothing is typed. */
export function typedMinor(text) {
  if (!text) return null;
  const [whole, cents = ""] = text.split(",");
  return Number(whole || "0") * 100 + Number(cents.padEnd(2, "0").slice(0, 2) || "0");
}

/** The amount after one more key: digits, "00", a comma once; at most eight digits before it, two behind. */
export function withKey(text, typed) {
  if (typed === "," || typed === ".") return text.includes(",") ? text : `${text || "0"},`;
  if (!/^\d+$/.test(typed)) return text;
  const [whole, cents] = text.split(",");
  if (cents !== undefined) return cents.length + typed.length <= 2 ? text + typed : text;
  const longer = (whole + typed).replace(/^0+(?=\d)/, "");
  return longer.length <= 8 ? longer : text;
}

/** The same for a pad's keys, of which one wipes. */
export const padded = (text, typed) => (typed === "back" ? text.slice(0, -1).replace(/,$/, "") : withKey(text, typed));

/** A quick sum as it would have been typed. */
export function amountText(minor) {
  const cents = minor % 100;
  return String(Math.trunc(minor / 100)) + (cents ? `,${String(cents).padStart(2, "0")}` : "");
}

/** Digits as they are typed, grouped: "7 000,5". */
export function shownAmount(text) {
  if (!text) return "";
  const [whole, cents] = text.split(",");
  return sumParts(Number(whole || "0") * 100).whole + (cents === undefined ? "" : t("ui.point") + cents);
}
