/** How far the count of an emptied box is, who may sign for it, and what is said of its difference. */

import { t } from "../../kit/texts.js";
import { local } from "../local.js";

/** What of a box is on the screen: list, count (being typed), compared, counted. */
export function encashmentStage({ box, typed }) {
  if (!box) return "list";
  if (typed) return "compared";
  return box.counted_minor === null ? "count" : "counted";
}

/** Is the sum alone typed, because the person wants to or because nothing says what kinds there are? */
export const sumAlone = (encashment) => local.sumAlone || !encashment.pieces.length;

export const signers = (view) => view.cashiers.filter((person) => person.supervisor);

/** The state of each verdict, as its colour and shape. */
export const STATE = { fits: "ok", surplus: "attention", shortage: "down" };

export const verdict = (difference) => (difference > 0 ? "surplus" : difference < 0 ? "shortage" : "fits");

/** What is said aloud when a count was compared or recorded; "" when nothing of that happened. */
export function spokenEncashment(before, now) {
  const was = before?.encashment?.box;
  const is = now.encashment?.box;
  if (!was || !is || is.counted_minor === null || was.number !== is.number || was.kiosk !== is.kiosk) return "";
  const stage = encashmentStage(now.encashment);
  if (stage === encashmentStage(before.encashment)) return "";
  const sum = t(`encashments.spoken_${verdict(is.difference_minor)}`, { sum_minor: Math.abs(is.difference_minor) });
  return `${stage === "counted" ? t("encashments.recorded") : ""} ${sum}`.trim();
}
