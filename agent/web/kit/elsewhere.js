/** One line on where else in the chain a product is: what can be relied on first, then what to ask about by telephone. */

import { day, time } from "./format.js";
import { t } from "./texts.js";

const LONG_AGO_MS = 20 * 3_600_000; // from then on an hour alone could be taken for today's

const named = (places) =>
  places.map(({ store, pieces, many }) => `${store} ${many ? t("ui.elsewhere_many") : pieces}`).join(", ");

function moment(places) {
  const ms = Math.min(...places.map((place) => place.as_of_ms));
  return Date.now() - ms > LONG_AGO_MS ? `${day(ms)} ${time(ms)}` : time(ms);
}

/** "" where there is nothing to say. */
export function elsewhere(places) {
  const fresh = places.filter((place) => !place.call);
  const dated = places.filter((place) => place.call && place.as_of_ms);
  const undated = places.filter((place) => place.call && !place.as_of_ms);
  return [
    fresh.length ? t("ui.elsewhere", { places: named(fresh), time: moment(fresh) }) : "",
    dated.length ? t("ui.elsewhere_call", { places: named(dated), time: moment(dated) }) : "",
    undated.length ? t("ui.elsewhere_undated", { places: named(undated) }) : "",
  ]
    .filter(Boolean)
    .join(" ");
}
