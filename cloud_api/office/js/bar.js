// The bar of the page: tabs as links, those that find no room behind «Ещё», and the switches of language and theme.

import { draw, fill, make } from "./dom.js";
import { lang, say, speak } from "./words.js";

const MORE_WIDE = 150; // room kept for «Ещё», which also takes the name of a tab that is behind it
const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode: forget */ } };
const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

const nav = document.getElementById("tabs");
const widths = new Map();
let open = false, told = { tabs: [], name: "" };

// A tab's width is measured once for each text, out of sight.
function widthOf(tab, count) {
  const key = `${say(tab.id)}|${count}|${innerWidth > 520}`;
  if (!widths.has(key)) {
    const link = linkOf(tab, count, "");
    link.id = "";
    link.className = "measured";
    nav.append(link);
    widths.set(key, Math.ceil(link.getBoundingClientRect().width));
    link.remove();
  }
  return widths.get(key);
}
const linkOf = (tab, count, name) => make("a", { href: `#${tab.id}`, id: `tab-${tab.id}`, "aria-current": tab.id === name ? "page" : null, onclick: shut },
  say(tab.id), count > 0 && make("span", { class: "count" }, count));

function shut() {
  if (open) { open = false; tabs(told); }
}
export function tabs(next) {
  told = next;
  const { tabs: all, name, count } = told;
  nav.setAttribute("aria-label", say("sections"));
  const wide = all.map((tab) => widthOf(tab, count(tab)));
  const room = nav.clientWidth, sum = wide.reduce((a, b) => a + b, 0);
  let left = sum > room ? room - MORE_WIDE : room;
  const here = all.filter((_, n) => { left -= wide[n]; return left >= 0; });
  const behind = all.filter((tab) => !here.includes(tab)), hidden = behind.find((tab) => tab.id === name);
  const waiting = behind.reduce((all_, tab) => all_ + count(tab), 0);
  const turn = () => { open = !open; tabs(told); if (open) nav.querySelector("#more-tabs a")?.focus(); };
  fill(nav, here.map((tab) => linkOf(tab, count(tab), name)), behind.length > 0 && make("div", { class: "more-tabs" },
    make("button", { type: "button", id: "tabs-more", "aria-expanded": String(open), "aria-controls": "more-tabs", class: hidden ? "current" : null, onclick: turn },
      hidden ? say(hidden.id) : say("more_tabs"), waiting > 0 && !open && make("span", { class: "count" }, waiting),
      draw("svg", { viewBox: "0 0 12 8", class: "fold", "aria-hidden": "true" }, draw("path", { d: "M1 1.5 6 6.5 11 1.5" }))),
    make("div", { id: "more-tabs", hidden: !open }, behind.map((tab) => linkOf(tab, count(tab), name)))));
}
export function watchBar() {
  new ResizeObserver(() => told.tabs.length && tabs(told)).observe(nav);
  nav.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !open) return;
    shut();
    document.getElementById("tabs-more")?.focus();
  });
  document.addEventListener("click", (event) => { if (!event.composedPath().includes(nav)) shut(); });
  nav.addEventListener("focusout", (event) => { if (event.relatedTarget && !nav.contains(event.relatedTarget)) shut(); });
}

const SUN = "M12 7.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8";
const MOON = "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z";
export function switches(redraw, ...more) {
  const other = lang() === "ru" ? "en" : "ru";
  const speech = make("button", { class: "key", id: "language", type: "button", lang: other, "aria-label": `${other.toUpperCase()}, ${say("language")}`,
    onclick: () => { keep("tillkeeper.lang", other); speak(other); redraw(); } }, other.toUpperCase());
  const theme = make("button", { class: "key", id: "theme", type: "button", "aria-label": say(dark() ? "toLight" : "toDark"), onclick: () => {
    const next = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    keep("tillkeeper.theme", next);
    switches(redraw, ...more);
  } }, draw("svg", { viewBox: "0 0 24 24", class: "glyph small", "aria-hidden": "true" }, draw("path", { d: dark() ? SUN : MOON })));
  fill(document.getElementById("switches"), speech, theme, more);
}
export function beginAsKept() {
  const asked = new URLSearchParams(location.search).get("lang");
  speak(asked ?? kept("tillkeeper.lang") ?? (navigator.language.startsWith("ru") ? "ru" : "en"));
  const theme = kept("tillkeeper.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
}
