/** The day's three plots: people with their bands, visits and receipts, passers-by; each with the same in a table. */

import { h } from "../kit/dom.js";
import { key } from "../kit/parts.js";
import { t } from "../kit/texts.js";
import { band, bars, line, plot } from "./plots.js";
import { bandOf, briefly, exact, known, saidOf, valueOf, WRITTEN } from "./visitor_figures.js";

const TALL = 216;
const FIRST_WIDTH = 560; // until the card has been measured
const QUIET_HOURS = 3; // what is shown of a day on which nobody has come yet
const LEAST_HOURS = 12; // a morning is not stretched over the whole width

const labelOf = (hour) => String(hour).padStart(2, "0");
const clockOf = (row) => `${labelOf(row.hour)}:00`;

const busy = (row) => row.visits || row.receipts || row.entered;

/** The store's day begins at midnight, the plots an hour before its first visit: a night tells nothing. */
function opened(hours) {
  const first = hours.findIndex(busy);
  return hours.slice(Math.max(0, first < 0 ? hours.length - QUIET_HOURS : first - 1));
}

/** The hours that were told, and as many empty ones behind them as make a day's width. */
function columns(hours) {
  const last = hours[hours.length - 1].hour;
  const later = Math.max(0, Math.min(LEAST_HOURS - hours.length, 23 - last));
  return [...hours.map((row) => labelOf(row.hour)), ...Array.from({ length: later }, (_, at) => labelOf(last + 1 + at))];
}

const figures = (hours, name, bound) => hours.map((row) => (known(row[name]) ? (row[name][bound] ?? 0) : null));
const most = (...lists) => Math.max(0, ...lists.flat().filter((value) => value !== null));

function legend(entries) {
  return h(
    "ul",
    { class: "legend", "aria-hidden": "true" },
    entries.map(([kind, word]) => h("li", { key: kind }, h("span", { class: `swatch ${kind}` }), word)),
  );
}

function table(id, shown, head, rows) {
  return h(
    "div",
    {
      key: "table",
      id: `table-${id}`,
      class: shown ? "plot-table scroll-x" : "plot-table unseen",
      tabindex: shown ? "0" : null,
      role: "region",
      "aria-label": t(`visitors.plot.${id}`),
    },
    h(
      "table",
      null,
      h("thead", null, h("tr", null, head.map((word) => h("th", { key: word, scope: "col" }, word)))),
      h(
        "tbody",
        null,
        rows.map(([hour, ...cells], at) =>
          h(
            "tr",
            { key: String(at) }, // clocks set back have an hour twice
            h("th", { scope: "row" }, hour),
            cells.map((cell) => h("td", null, cell)),
          ),
        ),
      ),
    ),
  );
}

/** Measured once it is on the page and whenever its card changes its width. */
const measured = (page, id) => (node) =>
  new ResizeObserver(([entry]) => page.measured(id, entry.contentRect.width)).observe(node);

function card(page, id, { legend: entries, picture, head, rows, remark }) {
  const shown = page.tables.has(id);
  return h(
    "section",
    { key: `plot-${id}`, class: `card desk-card plot-card ${id}`, "aria-labelledby": `plot-${id}` },
    h(
      "div",
      { class: "plot-head" },
      h("h2", { id: `plot-${id}` }, t(`visitors.plot.${id}`)),
      rows.length
        ? key({
            id: `table-${id}`,
            label: shown ? t("visitors.hide_table") : t("visitors.table"),
            kind: "small",
            "aria-expanded": String(shown),
            "aria-controls": `table-${id}`,
            press: () => page.toggleTable(id),
          })
        : null,
    ),
    rows.length
      ? [
          h("div", { key: "plot", class: "plot", ref: measured(page, id) }, picture),
          legend(entries),
          remark ? h("p", { class: "quiet" }, remark) : null,
          table(id, shown, head, rows),
        ]
      : h("p", { class: "quiet" }, t("visitors.no_hours")),
  );
}

/** An estimate over the day: both bands, the line, hatched hours where there is none. */
function estimated(page, hours, id, name, word) {
  const size = { width: Math.round(page.widths[id] ?? FIRST_WIDTH), height: TALL };
  const bounds = Object.fromEntries(
    ["value", "low80", "high80", "low95", "high95"].map((bound) => [bound, figures(hours, name, bound)]),
  );
  const missing = hours.map((row) => !known(row[name]));
  const rough = hours.find((row) => row[name].said === "not_calibrated");
  return {
    picture: hours.length
      ? plot({
          id,
          size,
          labels: columns(hours),
          most: most(bounds.high95),
          layers: [
            band(bounds.low95, bounds.high95, "band-95"),
            band(bounds.low80, bounds.high80, "band-80"),
            line(bounds.value, "estimate"),
          ],
          missing,
          spoken: t("visitors.plot_spoken", { title: t(`visitors.plot.${id}`) }),
          hints: hours.map((row) => `${clockOf(row)}  ${briefly(name, row[name])}`),
        })
      : null,
    legend: [
      ["estimate", word],
      ["band-80", t("visitors.band_80")],
      ["band-95", t("visitors.band_95")],
      ...(missing.includes(true) ? [["gap", t("visitors.gap")]] : []),
    ],
    head: [t("visitors.hour"), word, t("visitors.band_80"), t("visitors.band_95"), t("visitors.remark")],
    rows: hours.map((row) => {
      const figure = row[name];
      const bound = (level) => (exact(figure) ? "" : bandOf(name, figure, level).replace(/^.*: /, ""));
      return known(figure)
        ? [clockOf(row), WRITTEN[name].value(figure.value), bound(80), bound(95), saidOf(figure)]
        : [clockOf(row), "—", "", "", saidOf(figure)];
    }),
    remark: rough ? saidOf(rough[name]) : null,
  };
}

/** Who came in, by hours: over the door where a camera counts, else visits of devices. null: nobody watched, and a 0
 * of that hour is no count. */
function arrivals(hours) {
  const watched = hours.some((row) => row.entered !== null);
  const came = hours.map((row) => {
    if (watched) return row.entered;
    return row.visits || known(row.people) ? row.visits : null;
  });
  return { came, word: watched ? t("visitors.came_in") : t("visitors.visits_short") };
}

const told = (value) => (value === null ? "—" : String(value));

function trade(page, hours) {
  const { came, word } = arrivals(hours);
  const receipts = hours.map((row) => row.receipts);
  const missing = came.map((value) => value === null);
  return {
    picture: hours.length
      ? plot({
          id: "trade",
          size: { width: Math.round(page.widths.trade ?? FIRST_WIDTH), height: TALL },
          labels: columns(hours),
          most: most(came, receipts),
          layers: [
            bars([
              { values: came, kind: "bar-visits" },
              { values: receipts, kind: "bar-receipts" },
            ]),
          ],
          missing,
          spoken: t("visitors.plot_spoken", { title: t("visitors.plot.trade") }),
          hints: hours.map(
            (row, at) => `${clockOf(row)}  ${word} ${told(came[at])}, ${t("visitors.receipts")} ${row.receipts}`,
          ),
        })
      : null,
    legend: [
      ["bar-visits", word],
      ["bar-receipts", t("visitors.receipts")],
      ...(missing.includes(true) ? [["gap", t("visitors.gap")]] : []),
    ],
    head: ["hour", "came_in", "left", "receipts", "device_visits", "returned"].map((name) => t(`visitors.${name}`)),
    rows: hours.map((row, at) => [
      clockOf(row),
      ...[row.entered, row.left, row.receipts, row.visits || !missing[at] ? row.visits : null, row.returning].map(told),
    ]),
  };
}

export function dayPlots(page, view) {
  const { capture } = view;
  const hours = opened(view.hours);
  const passers = estimated(page, hours, "passers", "passers", t("visitors.passers"));
  const entered = known(capture)
    ? t("visitors.capture_line", { value: valueOf("capture", capture), band: bandOf("capture", capture, 80) })
    : null;
  return [
    card(page, "people", estimated(page, hours, "people", "people", t("visitors.people"))),
    h(
      "div",
      { key: "pair", class: "plot-pair" },
      card(page, "trade", trade(page, hours)),
      card(page, "passers", { ...passers, remark: [entered, passers.remark].filter(Boolean).join(" ") }),
    ),
  ];
}
