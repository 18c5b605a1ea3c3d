// The visitors of each store: a day in figures, and two plots whose bands say how sure they are.

import { draw, fill, glyph, make } from "../dom.js";
import { ask } from "../hq.js";
import { dayName, percent, short, span, tenths, whole } from "../numbers.js";
import { frame, hoursShown, table } from "../plots.js";
import { tabOf } from "../tab.js";
import { known, lang, say, sayMany } from "../words.js";

const LEAST_TOP = 4; // an axis of people up to 0.3 would promise more than a radar knows
const RIGHT = 96; // room for the name and the number at a line's end
const NBSP = "\u00a0";
const PLOTS = [["people", "card"], ["passers", "other"]];
const tables = new Set(); // stores shown as a table

const valued = (band) => band !== null && band.value !== null;
const around = (band) => say("band", { low: tenths(band.low80), high: tenths(band.high80) });
const share = (thousandths) => percent(thousandths, 1000);
const reasonWord = (said) => (known(`said_${said}`) ? say(`said_${said}`) : said);

function fact(title, value, under) {
  return make("div", { class: "fact" }, make("dt", {}, title), make("dd", {}, make("span", { class: "big" }, value), make("span", { class: "under" }, under)));
}
function facts(store) {
  const sure = store.conversion !== null;
  return make("dl", { class: "facts" },
    fact(say("visits"), whole(store.visits), say("visits_of", { n: whole(store.receipts) })),
    fact(say("conversion"), sure ? share(store.conversion) : "—", !sure ? say(store.visits ? "conversion_more" : "visits_none")
      : say("conversion_band", { low: Math.round(store.conversion_low / 10), high: share(store.conversion_high) })),
    fact(say("returning"), store.known ? share(Math.round((1000 * store.returning) / store.known)) : "—",
      store.known ? say("returning_of", { n: whole(store.returning), all: whole(store.known) }) : say("returning_none")),
    fact(say("dwell"), store.dwell_s === null ? "—" : span(store.dwell_s), say(store.dwell_s === null ? "dwell_none" : "dwell_middle")));
}

// Runs of neighbouring hours that have a figure: nothing is drawn where there is none.
function runs(hours, name) {
  const found = [];
  for (const hour of hours) {
    if (!valued(hour[name])) continue;
    const last = found.at(-1);
    if (last && hour.start_ms - last.at(-1).start_ms === 3_600_000) last.push(hour); else found.push([hour]);
  }
  return found;
}
function drawBand(box, store, [name, style], nowMs) {
  const told = store.hours.filter((hour) => valued(hour[name]));
  const top = Math.max(LEAST_TOP, ...told.map((hour) => hour[name].high80));
  const shown = hoursShown(store.hours);
  const crowded = shown.length - shown.indexOf(told.at(-1).hour) <= 4; // the last line's words stand right of the axis
  const { svg, x, y } = frame(box, shown, top, crowded ? RIGHT : 8, 1);
  for (const run of runs(store.hours, name)) {
    const edge = run.length > 1 ? 0 : 5; // a single hour has a band too
    const at = (hour, bound, side) => `${x(hour.hour) + side * edge},${y(hour[name][bound])}`;
    const above = run.flatMap((hour) => (edge ? [at(hour, "high80", -1), at(hour, "high80", 1)] : [at(hour, "high80", 0)]));
    const below = [...run].reverse().flatMap((hour) => (edge ? [at(hour, "low80", 1), at(hour, "low80", -1)] : [at(hour, "low80", 0)]));
    svg.append(draw("polygon", { class: `sureness b-${style}`, points: [...above, ...below].join(" ") }));
    const points = (some) => some.map((hour) => `${x(hour.hour)},${y(hour[name].value)}`).join(" ");
    const running = nowMs < run.at(-1).start_ms + 3_600_000;
    const past = running ? run.slice(0, -1) : run;
    if (past.length > 1) svg.append(draw("polyline", { class: `series s-${style}`, points: points(past) }));
    if (running && run.length > 1) svg.append(draw("polyline", { class: `series part s-${style}`, points: points(run.slice(-2)) }));
    if (run.length === 1) svg.append(draw("circle", { class: `f-${style}`, cx: x(run[0].hour), cy: y(run[0][name].value), r: 3 }));
  }
  const end = told.at(-1);
  const right = x(end.hour) + 14, height = y(end[name].value);
  svg.append(draw("circle", { class: `f-${style}`, cx: x(end.hour), cy: height, r: 4.5 }),
    draw("text", { class: `name f-${style}`, x: right, y: Math.max(14, height) }, tenths(end[name].value)),
    draw("text", { x: right, y: Math.max(14, height) + 17 }, around(end[name])));
  svg.setAttribute("aria-label", told.map((hour) => `${hour.hour}:00 ${tenths(hour[name].value)}, ${around(hour[name])}`).join("; "));
  fill(box, svg);
}
function hoursTable(store) {
  const cell = (band) => (valued(band) ? `${tenths(band.value)} (${around(band)})` : "—");
  const number = (n) => (n === null ? "—" : whole(n));
  const heads = ["hour", "visits", "receipts", "came_again", "entered", "went_out", "people", "passers"].map((key) => say(key));
  return table(store.store, heads, store.hours.map((hour) => [`${hour.hour}:00`, whole(hour.visits), whole(hour.receipts), whole(hour.returning),
    number(hour.entered), number(hour.left), cell(hour.people), cell(hour.passers)]));
}

// How sure: what the bands rest on, and which hours have no figure and why.
function sureness(store, name) {
  const by = new Map();
  for (const hour of store.hours) {
    if (hour[name] === null) continue;
    by.set(hour[name].said, [...(by.get(hour[name].said) ?? []), hour.hour]);
  }
  const rests = ([said]) => store.hours.some((hour) => hour[name]?.said === said && valued(hour[name]));
  const rested = [...by].filter(rests), lacking = [...by].filter((one) => !rests(one));
  return [
    ...rested.map(([said]) => reasonWord(said)),
    ...lacking.map(([said, hours]) => say("no_figure", { hours: hours.map((hour) => `${hour}:00`).join(", "), why: reasonWord(said) })),
  ].join(" ");
}
function droppedNotes(store, nowMs) {
  const when = (one) => [...new Set([short(one.from_ms, nowMs), short(one.until_ms, nowMs)])].join(" — ");
  return store.dropped.map((one) => make("p", { class: "note warn" }, glyph("att"),
    make("span", {}, sayMany("dropped", one.items, { when: when(one) }))));
}

function visitorsPage() {
  const head = make("div", { class: "days" }), box = make("div", { class: "set-of-cards" });
  let day = "", told = null, drawn = "";

  const move = (by) => {
    const next = new Date(`${told.day}T00:00:00Z`);
    next.setUTCDate(next.getUTCDate() + by);
    day = next.toISOString().slice(0, 10);
    if (day === told.today) day = "";
    load().catch(() => {}); // HQ is away: the page says so at its next look, and asks for this day then
  };
  async function load() {
    told = await ask(`/v1/visitors${day ? `?day=${day}` : ""}`);
    show();
  }
  function days() {
    const before = make("button", { class: "key small", type: "button", id: "day-before", disabled: told.first_day === null || told.day <= told.first_day, onclick: () => move(-1) }, say("day_before"));
    const after = make("button", { class: "key small", type: "button", id: "day-after", disabled: told.day >= told.today, onclick: () => move(1) }, say("day_after"));
    fill(head, make("h2", { id: "day", "aria-live": "polite" }, dayName(told.day)), make("div", { class: "aside" }, before, after));
  }
  function card(store, n) {
    const asTable = tables.has(store.store);
    const turn = () => { if (asTable) tables.delete(store.store); else tables.add(store.store); show(); };
    const some = PLOTS.filter(([name]) => store.hours.some((hour) => valued(hour[name])));
    const plot = ([name]) => make("section", { class: "half" },
      make("h3", {}, say(`${name}_by_hour`)), make("div", { class: "plot", "data-plot": name, "data-store": store.store }),
      make("p", { class: "note" }, sureness(store, name)));
    const silent = PLOTS.filter((one) => !some.includes(one) && store.hours.some((hour) => hour[one[0]] !== null));
    return make("section", { class: "card" },
      make("div", { class: "head" }, make("h2", {}, store.store), make("div", { class: "aside" }, some.length && !asTable ? make("span", {}, say("band_means")) : null,
        make("button", { class: "key small", type: "button", id: `table-visitors-${n}`, "aria-pressed": String(asTable), hidden: !store.hours.length, onclick: turn }, say("as_table")))),
      facts(store),
      asTable ? make("div", { class: "twin wide", tabindex: 0, role: "region", "aria-label": store.store }, hoursTable(store))
        : some.length ? make("div", { class: "halves" }, some.map(plot)) : null,
      silent.map(([name]) => make("p", { class: "note" }, make("strong", {}, say(name)), NBSP, sureness(store, name))),
      droppedNotes(store, told.now_ms));
  }
  // Plots are drawn anew only when something has changed: the page asks each 15 s.
  function show() {
    days();
    const next = JSON.stringify([told.stores, told.day, Math.floor(told.now_ms / 3_600_000), lang(), box.clientWidth, [...tables]]);
    if (next === drawn) return;
    drawn = next;
    fill(box, told.stores.length ? told.stores.map(card)
      : make("section", { class: "card" }, make("div", { class: "empty" }, make("p", { class: "strong" }, say("empty_visitors")), make("p", {}, say("empty_visitors_why")))));
    for (const plot of box.querySelectorAll("[data-plot]")) {
      const store = told.stores.find((one) => one.store === plot.dataset.store);
      drawBand(plot, store, PLOTS.find(([name]) => name === plot.dataset.plot), told.now_ms);
    }
  }
  new ResizeObserver(() => told && box.isConnected && show()).observe(box);

  return { nodes: [head, box], show: load };
}

// Where no store has sensors nothing of visitors is shown.
export const tab = tabOf({ id: "visitors", scopes: ["visits.read"], page: visitorsPage, shown: (model) => model.figures?.ever_seen === true });
