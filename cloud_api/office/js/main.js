// Starts the page: language and theme, tabs, the model that figures and feed share, and what to say when HQ is away.

import { fill, glyph, make } from "./dom.js";
import { ask, listen, Refused, signIn } from "./hq.js";
import { casesPage, devicesPage, salesPage } from "./lists.js";
import { nowLine, time, useShop } from "./numbers.js";
import { overview, waitingCount } from "./overview.js";
import { closeOnBackdrop } from "./receipt.js";
import { visitorsPage } from "./visitors.js";
import { lang, say, speak } from "./words.js";

const ASKED = 50; // sales asked for at first
const KEPT = 1000; // sales a page left open all day holds
const REFRESH_MS = 15_000; // ages and silent stores move without any sale
const SETTLE_MS = 600; // after a sale the figures are asked once for a burst
const FRESH_MS = 3_000; // how long a new row stays tinted
const PAGES = { overview, sales: salesPage, visitors: visitorsPage, cases: casesPage, devices: devicesPage };

const model = { figures: null, sales: [], fresh: new Set(), away: false };
const main = document.getElementById("page");
const banner = make("p", { class: "banner", role: "status", hidden: true });
let shown = null, name = "", source = null, due = 0, untint = 0;

const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode: forget */ } };
const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function switches() {
  const word = document.getElementById("switches");
  const other = lang() === "ru" ? "en" : "ru";
  const speech = make("button", { class: "key", id: "language", type: "button", lang: other, onclick: () => { keep("tillkeeper.lang", other); speak(other); redraw(); } }, say("language"));
  const theme = make("button", { class: "key", id: "theme", type: "button", onclick: () => {
    const next = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    keep("tillkeeper.theme", next);
    switches();
  } }, say(dark() ? "toLight" : "toDark"));
  fill(word, speech, theme);
}
// Where no store has sensors nothing of visitors is shown.
const shownHere = (page) => page !== "visitors" || model.figures?.ever_seen === true;
function bar() {
  const count = model.figures ? waitingCount(model.figures.waiting) : 0;
  const tabs = document.getElementById("tabs");
  tabs.setAttribute("aria-label", say("sections"));
  fill(tabs, Object.keys(PAGES).filter(shownHere).map((page) => make("a", { href: `#${page}`, id: `tab-${page}`, "aria-current": page === name ? "page" : null }, say(page),
    page === "cases" && count > 0 && make("span", { class: "count" }, count))));
  document.getElementById("clock").textContent = model.figures ? nowLine(model.figures.now_ms) : "";
  const skip = document.getElementById("skip");
  skip.textContent = say("skip");
  skip.onclick = (event) => { event.preventDefault(); main.focus(); };
  const title = document.getElementById("title");
  if (title && shown) title.textContent = say(name);
  document.title = `${say(name)} · Tillkeeper`;
}
function tell() {
  banner.hidden = !model.away || !model.figures;
  if (!banner.hidden) fill(banner, glyph("att"), say("away", { time: time(model.figures.now_ms) }));
}
async function redraw() {
  switches();
  bar();
  tell();
  if (model.figures && shown) await guarded(() => shown.show(model));
}
function route() {
  const asked = location.hash.slice(1);
  name = asked in PAGES && shownHere(asked) ? asked : "overview";
  shown = PAGES[name]();
  const title = make("h1", { class: "sr", id: "title" }, say(name));
  main.replaceChildren(title, banner, ...shown.nodes);
  return redraw();
}

async function guarded(work) {
  try {
    await work();
    return true;
  } catch (trouble) {
    if (trouble instanceof Refused && (trouble.status === 401 || trouble.status === 403)) gate(trouble.code);
    else { model.away = true; tell(); }
    return false;
  }
}
function gate(code) {
  source?.close();
  source = null;
  const asksKey = code === "needs_key" || code === "wrong_key";
  const input = make("input", { type: "password", id: "gate-key", autocomplete: "current-password", required: true });
  const said = make("p", { class: "bad", role: "alert" });
  const enter = async (event) => {
    event.preventDefault();
    try { await signIn(input.value); await start(); } catch { said.textContent = say("gate_wrong"); input.select(); }
  };
  main.replaceChildren(make("section", { class: "card gate" }, make("h2", {}, say("gate")), make("p", { class: "muted" }, say(asksKey ? "gate_why" : "gate_host")),
    asksKey && make("form", { onsubmit: enter }, make("label", { for: "gate-key" }, say("gate_key")), input,
      make("button", { class: "key filled", type: "submit" }, say("gate_enter"))), said));
  shown = null;
}

async function figuresNow() {
  clearTimeout(due);
  due = 0;
  await guarded(async () => {
    model.figures = await ask("/v1/figures");
    useShop(model.figures);
    if (source?.readyState === EventSource.OPEN) model.away = false;
    if (source?.readyState === EventSource.CLOSED) follow();
    await redraw();
  });
}
const soon = () => { due ||= setTimeout(figuresNow, SETTLE_MS); };

// By the moment of sale: what a shop sends late takes its place in the day, not the top.
const latest = (a, b) => b.closed_ms - a.closed_ms || b.received_ms - a.received_ms || b.number.localeCompare(a.number);
function take(sale) {
  if (model.sales.some((one) => one.arrival === sale.arrival)) return;
  model.fresh.add(sale.arrival);
  model.sales = [sale, ...model.sales].sort(latest).slice(0, KEPT);
  clearTimeout(untint);
  untint = setTimeout(() => { model.fresh.clear(); redraw(); }, FRESH_MS);
  if (name === "overview" || name === "sales") redraw();
  soon();
}
async function newest() {
  model.sales = (await ask(`/v1/sales?limit=${ASKED}`)).sales.sort(latest);
}
function follow() {
  source?.close();
  const last = model.sales.reduce((a, b) => (a && a.received_ms >= b.received_ms ? a : b), null);
  source = listen(last ? last.arrival : "0", {
    onSale: take,
    onMany: () => guarded(async () => { await newest(); soon(); }),
    onLink: (up) => { model.away = !up; tell(); if (up) soon(); },
  });
}
async function start() {
  const ok = await guarded(async () => {
    model.figures = await ask("/v1/figures");
    useShop(model.figures);
    await newest();
  });
  if (!ok) { bar(); switches(); return; }
  await route();
  follow();
}

const asked = new URLSearchParams(location.search).get("lang");
speak(asked ?? kept("tillkeeper.lang") ?? (navigator.language.startsWith("ru") ? "ru" : "en"));
const theme = kept("tillkeeper.theme");
if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
name = "overview";
switches();
bar();
closeOnBackdrop();
addEventListener("hashchange", () => { if (model.figures && (location.hash.slice(1) || "overview") !== name) route(); });
setInterval(() => { if (model.figures && shown) figuresNow(); else if (!model.figures && !main.querySelector(".gate")) start(); }, REFRESH_MS);
await start();
