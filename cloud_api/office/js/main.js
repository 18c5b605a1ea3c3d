// Starts the page: the bar and its tabs, the model that figures and feed share, and what to say when HQ is away.

import { beginAsKept, switches, tabs as bar, watchBar } from "./bar.js";
import { fill, glyph, make } from "./dom.js";
import { gate } from "./gate.js";
import { ask, listen, post, Refused, signOut } from "./hq.js";
import { nowLine, time, useShop } from "./numbers.js";
import { closeOnBackdrop } from "./receipt.js";
import { loadTabs } from "./tabs.js";
import { say } from "./words.js";

const ASKED = 50; // sales asked for at first
const KEPT = 1000; // sales a page left open all day holds
const REFRESH_MS = 15_000; // ages and silent stores move without any sale
const SETTLE_MS = 600; // after a sale the figures are asked once for a burst
const FRESH_MS = 3_000; // how long a new row stays tinted

const model = { me: null, figures: null, sales: [], fresh: new Set(), away: false };
const main = document.getElementById("page");
const banner = make("p", { class: "banner", role: "status", hidden: true });
let all = [], shown = null, name = "overview", source = null, due = 0, untint = 0;

const may = (scope) => model.me?.scopes.includes(scope) ?? false;
const allowed = (tab) => tab.scopes.every(may) && (tab.shown?.(model) ?? true);
const count = (tab) => (model.figures && tab.count ? tab.count(model) : 0);

function account() {
  const leave = async () => { await guarded(signOut); shut("sign_in"); drawBar(); };
  return [make("span", { class: "who", id: "account", title: model.me.login }, glyph("person"), make("span", {}, model.me.name)),
    make("button", { class: "key", id: "sign-out", type: "button", onclick: leave, "aria-label": say("sign_out") }, glyph("leave"))];
}
function drawBar() {
  switches(redraw, model.me?.kind === "user" && account());
  bar({ tabs: model.figures ? all.filter(allowed) : [], name, count });
  document.getElementById("clock").textContent = model.figures ? nowLine(model.figures.now_ms) : "";
  const skip = document.getElementById("skip");
  skip.textContent = say("skip");
  skip.onclick = (event) => { event.preventDefault(); main.focus(); };
  const title = document.getElementById("title");
  const named = shown ? say(name) : say("office");
  if (title) title.textContent = named;
  document.title = `${named} · Tillkeeper`;
}
function tell() {
  banner.hidden = !model.away || !model.figures;
  if (!banner.hidden) fill(banner, glyph("att"), say("away", { time: time(model.figures.now_ms) }));
}
async function redraw() {
  drawBar();
  tell();
  if (model.figures && shown?.show) await guarded(() => shown.show(model));
}
async function route() {
  const [asked, ...path] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const tab = all.find((one) => one.id === asked && allowed(one)) ?? all.find(allowed);
  if (!tab) { fill(main, make("section", { class: "card" }, make("p", {}, say("no_right")))); return; }
  shown?.close?.();
  shown = tab;
  name = tab.id;
  const root = make("div", { class: "tab", id: `page-${name}` });
  main.replaceChildren(make("h1", { class: "sr", id: "title" }, say(name)), banner, root);
  drawBar();
  tell();
  const hq = { ask, post, model, path, may, go: (hash) => { location.hash = hash; } };
  await guarded(() => tab.open(root, hq));
}

async function guarded(work) {
  try {
    await work();
    return true;
  } catch (trouble) {
    if (trouble instanceof Refused && ["no_scope", "all_stores", "other_store"].includes(trouble.code)) { model.away = false; fill(banner, glyph("att"), say("no_right")); banner.hidden = false; }
    else if (trouble instanceof Refused && (trouble.status === 401 || trouble.status === 403)) shut(trouble.code);
    else if (trouble instanceof Refused || trouble instanceof TypeError) { model.away = true; tell(); }
    else throw trouble;
    return false;
  }
}
function shut(code) {
  source?.close();
  source = null;
  shown?.close?.();
  shown = null;
  model.figures = model.me = null;
  gate(main, code, start);
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
    model.me = await ask("/v1/me");
    if (!all.length) all = await loadTabs();
    model.figures = await ask("/v1/figures");
    useShop(model.figures);
    await newest();
  });
  if (!ok) { drawBar(); return; }
  await route();
  follow();
}

beginAsKept();
watchBar();
drawBar();
closeOnBackdrop();
addEventListener("hashchange", () => { if (model.figures && all.length) route(); });
setInterval(() => { if (model.figures && shown) figuresNow(); else if (!model.figures && !main.querySelector(".gate")) start(); }, REFRESH_MS);
await start();
