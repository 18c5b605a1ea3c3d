/** Quantities as people write them: "1,25" is 1250 thousandths; what is no quantity is null. It may be too much. */

import { quantity } from "../kit/format.js";
import { t } from "../kit/texts.js";

/** No line of any document holds more: the agent takes no larger number. */
export const MOST_THOUSANDTHS = 9_999_999_999;

export function thousandths(text) {
  const found = /^(\d{0,12})(?:[.,](\d{1,3}))?$/.exec(text.replace(/[\s\u00A0\u202F]/g, ""));
  if (!found || (!found[1] && !found[2])) return null;
  return Number(found[1] || 0) * 1000 + Number((found[2] ?? "").padEnd(3, "0"));
}

export const withUnit = (value, unit) => `${quantity(value)}\u00A0${t(`units.${unit}`)}`;

export const signed = (value) => (value > 0 ? `+${quantity(value)}` : quantity(value));
