// The first page: five figures, two plots, the stores and the live feed.

import { fill, make, state } from "../dom.js";
import { drawEntered, enteredTable } from "../entered_plot.js";
import { saleRow } from "../feed.js";
import { age, amount, lastWeekday, moneyAloud, money, moneyParts, percent, short, sign, toLastWeekday, whole } from "../numbers.js";
import { barsTable, drawBars, drawLines, linesTable, meansSeries, unitWord } from "../plots.js";
import { meansWord } from "../receipt.js";
import { tabOf } from "../tab.js";
import { waitingCount } from "../waiting.js";
import { say, sayMany } from "../words.js";

const NBSP = "\u00a0";
const asTable = { bars: false, lines: false };
const FEED_ROWS = 8;
const BAD = new Set(["devices", "disk"]);

const join = (...parts) => parts.filter(Boolean).join(", ");
const waitingWords = (w) => join(
  w.unresolved ? say("n_unresolved", { n: w.unresolved }) : "",
  w.debts ? say("n_debts", { n: w.debts }) : "",
  w.quarantine ? say("n_quarantine", { n: w.quarantine }) : "");

function bigMoney(minor) {
  const [units, cents] = moneyParts(minor);
  return [make("span", { "aria-hidden": "true" }, units, make("small", {}, `${cents}${NBSP}${sign()}`)),
    make("span", { class: "sr" }, moneyAloud(minor))];
}
const figure = (title, value, under, more = null, waits = false) =>
  make("section", { class: waits ? "card figure waits" : "card figure" },
    make("h2", {}, title), make("p", { class: "value" }, value), make("p", { class: "under" }, under), more);

function figures(f) {
  const change = f.week_ago_sum > 0
    ? say("more_than", { day: toLastWeekday(f.now_ms), percent: percent(f.sum - f.week_ago_sum, f.week_ago_sum, { signed: true }) })
    : say("nothing_before");
  const waits = waitingCount(f.waiting);
  const openKey = waits ? make("a", { class: "key", id: "open-cases", href: f.waiting.debts + f.waiting.unresolved ? "#cases" : "#quarantine" }, say("open")) : null;
  return [
    figure(say("revenue"), bigMoney(f.sum), change),
    figure(say("receipts"), whole(f.receipts), f.entered && f.receipts ? say("average_of", { sum: money(f.average) }) : say("receipts_before", { n: whole(f.week_ago_receipts) })),
    ...(f.entered ? peopleFigures(f.entered) : [
      figure(say("average"), f.receipts ? bigMoney(f.average) : "—", mostPaid(f)),
      figure(say("refunds"), whole(f.refunds), f.refunds ? say("refunds_of", { sum: money(f.refunds_sum) }) : say("refunds_none")),
    ]),
    figure(say("cases"), whole(waits), waits ? waitingWords(f.waiting) : say("nobody_waits"), openKey, waits > 0),
  ];
}
function mostPaid(f) {
  const paid = f.means.filter((m) => m.sum > 0), all = paid.reduce((sum, m) => sum + m.sum, 0);
  return paid.length ? say("share", { means: meansWord(paid[0].means), percent: percent(paid[0].sum, all) }) : say("no_payments");
}
function peopleFigures(e) {
  const band = (value, around) => [value, around && make("small", {}, ` ${around}`)];
  const share = e.conversion === null ? "—" : band(percent(e.conversion, 1000), `${Math.round(e.conversion_low / 10)}–${Math.round(e.conversion_high / 10)}`);
  return [
    figure(say("entered_shops"), band(whole(e.entered), e.error ? `±${NBSP}${whole(e.error)}` : ""), say("entered_how")),
    figure(say("buy_of_entered"), share, e.conversion === null ? say("conversion_more") : sayMany("by_stores", e.stores)),
  ];
}

function plotCard(name, title, aside) {
  const box = make("div", { class: "plot" });
  const toggle = make("button", { class: "key small", type: "button", id: `table-${name}`, "aria-pressed": "false" }, say("as_table"));
  const hint = make("span", {}, aside);
  const card = make("section", { class: "card" },
    make("div", { class: "head" }, make("h2", {}, title), make("div", { class: "aside" }, hint, toggle)), box);
  return { card, box, toggle, heading: card.querySelector("h2"), hint };
}

// What matters most of a store, in one word: a decision about money, then what does not work, then silence.
function storeState(store) {
  if (store.waiting.debts + store.waiting.unresolved) return state("unk", say("s_waits"));
  if (store.seen_ms === null) return state("busy", say("s_never"));
  if (store.silent) return state("att", say("s_silent"));
  const [worst] = store.alarms;
  if (worst) return state(BAD.has(worst) ? "bad" : "att", say(`alarm_${worst}`));
  return state("ok", say("s_works"));
}
function storesCard(f) {
  const heads = [[say("store")], [say("state")], [say("sum_in", { sign: sign() }), 1], [say("receipts"), 1], [say("conv"), 1], [say("heard"), 1], [say("in_queue"), 1]];
  const cell = (text, extra = "") => make("td", { class: `num ${extra}` }, text);
  const heard = (one) => (one.seen_ms === null ? "—" : age(f.now_ms - one.seen_ms));
  const rows = f.stores.flatMap((store) => [
    make("tr", {}, make("th", { scope: "row" }, store.store),
      make("td", {}, storeState(store)), cell(amount(store.sum), "strong"), cell(whole(store.receipts)),
      cell(store.conversion === null ? "—" : percent(store.conversion, 1000)), cell(heard(store)), cell(store.queue === null ? "—" : whole(store.queue))),
    ...(store.tills.length > 1 ? store.tills.map((till) => make("tr", { class: "till" }, make("td", { colspan: 2 }, till.till),
      cell(amount(till.sum)), cell(whole(till.receipts)), cell(""), cell(heard(till)), cell(""))) : []),
  ]);
  const touch = f.stores.filter((store) => store.seen_ms !== null && !store.silent).length;
  const silent = f.stores.filter((store) => store.silent);
  return [
    make("div", { class: "head" }, make("h2", {}, say("stores")),
      make("span", { class: "aside" }, f.stores.length ? say("in_touch", { n: touch, all: f.stores.length }) : "")),
    f.stores.length
      ? make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("stores"), id: "stores-scroll" },
        make("table", {}, make("caption", { class: "sr" }, say("stores")),
          make("thead", {}, make("tr", {}, heads.map(([text, num]) => make("th", { scope: "col", class: num ? "num" : null }, text)))),
          make("tbody", {}, rows)))
      : make("div", { class: "empty" }, make("p", { class: "strong" }, say("empty_devices")), make("p", {}, say("empty_devices_why"))),
    ...silent.map((store) => make("p", { class: "note" }, say("silent_note", { store: store.store, time: short(store.seen_ms, f.now_ms) }))),
  ];
}

function overview() {
  const five = make("div", { class: "figures" });
  const bars = plotCard("bars", "", ""), lines = plotCard("lines", "", "");
  const stores = make("section", { class: "card" });
  const list = make("ol", { class: "feed" });
  const feedCard = make("section", { class: "card" });
  let last = null;

  function drawPlots(f) {
    const nowHour = f.hours.find((h) => f.now_ms >= h.start_ms && f.now_ms < h.start_ms + 3_600_000)?.hour ?? null;
    const top = Math.max(0, ...f.hours.map((h) => h.sum), ...f.week_ago.map((h) => h.sum));
    const topMeans = Math.max(0, ...meansSeries(f.hours).flatMap((s) => s.points.map((p) => p.sum)));
    const people = f.entered !== null;
    const titles = [say("by_hour", { unit: unitWord(top) }), people ? say("entered_by_hour") : say("paid_by_hour", { unit: unitWord(topMeans) })];
    const empty = [f.hours.length + f.week_ago.length === 0, !people && f.hours.length === 0];
    [bars, lines].forEach((plot, n) => {
      const name = n ? "lines" : "bars", data = { hours: n && people ? f.entered.hours : f.hours, past: f.week_ago, nowHour, past_name: lastWeekday(f.now_ms) };
      const asked = n && people ? "band_is_error" : nowHour === null ? "" : n ? "part_dotted" : "part_hour";
      fill(plot.heading, titles[n]);
      fill(plot.toggle, say("as_table"));
      fill(plot.hint, asTable[name] || empty[n] || !asked ? "" : say(asked));
      plot.toggle.hidden = empty[n];
      plot.toggle.setAttribute("aria-pressed", String(asTable[name]));
      plot.box.className = asTable[name] ? "twin" : "plot";
      if (asTable[name] && !empty[n]) plot.box.tabIndex = 0; else plot.box.removeAttribute("tabindex");
      if (empty[n]) fill(plot.box, make("p", { class: "empty" }, say("empty_day")));
      else if (asTable[name]) fill(plot.box, (n ? people ? enteredTable : linesTable : barsTable)(titles[n], data));
      else (n ? people ? drawEntered : drawLines : drawBars)(plot.box, data);
    });
  }
  for (const [name, plot] of [["bars", bars], ["lines", lines]]) {
    plot.toggle.addEventListener("click", () => { asTable[name] = !asTable[name]; drawPlots(last.figures); });
  }
  new ResizeObserver(() => last && bars.box.isConnected && drawPlots(last.figures)).observe(bars.box);

  return {
    nodes: [five, make("div", { class: "plots" }, bars.card, lines.card), make("div", { class: "lower" }, stores, feedCard)],
    show(model) {
      last = model;
      fill(five, figures(model.figures));
      drawPlots(model.figures);
      fill(stores, storesCard(model.figures));
      const rows = model.sales.slice(0, FEED_ROWS).map((sale) => saleRow(sale, { now: model.figures.now_ms, fresh: model.fresh }));
      fill(list, rows);
      const none = make("div", { class: "empty" }, make("p", { class: "strong" }, say("empty_sales")), make("p", {}, say("empty_sales_why")));
      const head = make("div", { class: "head" }, make("h2", {}, say("feed")));
      if (feedCard.dataset.lang !== document.documentElement.lang || feedCard.dataset.some !== String(rows.length > 0)) {
        feedCard.replaceChildren(head, rows.length ? list : none);
        Object.assign(feedCard.dataset, { lang: document.documentElement.lang, some: String(rows.length > 0) });
      }
    },
  };
}

export const tab = tabOf({ id: "overview", scopes: ["sales.read"], page: overview });
