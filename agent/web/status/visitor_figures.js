/** A figure of the visitors in words: the value with its bands, or why there is none. Never a number without its error. */

import { age, date, percent, quantity } from "../kit/format.js";
import { t } from "../kit/texts.js";

const FINE = 0.1; // shares below ten percent keep a digit behind the comma

const count = (value) => quantity(Math.round(value) * 1000);
const share = (value) => {
  const percents = value * 100;
  return percent(value < FINE ? Math.round(percents * 10) * 100 : Math.round(percents) * 1000);
};
/** The sign stands once, behind the upper bound. */
const bareShare = (value) => share(value).replace(/\s*%$/, "");
const minutes = (seconds) => age(seconds * 1000);

export const WRITTEN = {
  inside: { value: count, low: count },
  visits: { value: count, low: count },
  conversion: { value: share, low: bareShare },
  dwell_s: { value: minutes, low: minutes },
  returning: { value: share, low: bareShare },
  capture: { value: share, low: bareShare },
  people: { value: count, low: count },
  passers: { value: count, low: count },
};

export const known = (figure) => figure.value !== undefined && figure.value !== null;

/** Without a band: what was counted is the number itself. */
export const exact = (figure) => (figure.low95 ?? 0) === (figure.high95 ?? 0);

/** Nobody stood at the door, so that some came in unseen. */
const fewest = (figure) => known(figure) && figure.said === "no_door";

/** What was counted stands as it is; what was estimated, or misses some, says so before its number. */
export function valueOf(name, figure) {
  const value = WRITTEN[name].value(figure.value);
  if (fewest(figure)) return t("visitors.at_least", { value });
  return figure.said === "counted" ? value : t("visitors.about", { value });
}

export function bandOf(name, figure, level) {
  const { value, low } = WRITTEN[name];
  return t("visitors.band", {
    level,
    low: low(figure[`low${level}`] ?? 0),
    high: value(figure[`high${level}`] ?? 0),
  });
}

/** What it rests on, or why it is missing; the day of a calibration where it is known. */
export function saidOf(figure) {
  const on = figure.calibrated_on;
  if (figure.said === "calibrated" && on) return t("visitors.calibrated_on", { on: date(Date.parse(`${on}T12:00:00Z`)) });
  if (figure.said === "counted" && !exact(figure)) return t("visitors.said.chance");
  return fewest(figure) ? t("visitors.said.devices_only") : t(`visitors.said.${figure.said}`);
}

// Stays are of devices, returns of those who agreed: there may be none of either on a day that many came.
const NONE_OF = { dwell_s: "no_stays", returning: "nobody_known" };

/** Why a figure of the day is missing. */
export function missingOf(view, name) {
  const figure = view[name];
  const some = known(view.visits) && view.visits.value > 0;
  return figure.said === "no_visits" && some && NONE_OF[name] ? t(`visitors.said.${NONE_OF[name]}`) : saidOf(figure);
}

/** For one cell or one hint: "≈ 14 (80 %: 11–17)", "18", or the reason. */
export function briefly(name, figure) {
  if (!known(figure)) return saidOf(figure);
  return exact(figure) ? valueOf(name, figure) : `${valueOf(name, figure)} (${bandOf(name, figure, 80)})`;
}
