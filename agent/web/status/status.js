/** The status page: does the shop sell, what needs a person, what leaves the shop, and the course of each operation. */

import { Commands } from "../kit/commands.js";
import { draw as patch, h } from "../kit/dom.js";
import { AgentClock, setFormat } from "../kit/format.js";
import { icon } from "../kit/icons.js";
import { Live } from "../kit/live.js";
import { key } from "../kit/parts.js";
import { currentLanguage, loadTexts, note, plain, setLanguage, t } from "../kit/texts.js";
import { applyTheme } from "../kit/theme.js";
import { diagnosis, now, operations } from "./sections.js";
import { visitors } from "./visitors.js";

const TABS = { now, operations, visitors, diagnosis };
const VISITORS_EACH_MS = 30_000; // windows of the sensors are minutes long: oftener tells nothing new

class Page {
  view = null;
  gone = false;
  clock = new AgentClock();
  tab = location.hash.slice(1) in TABS ? location.hash.slice(1) : "now";
  picked = null; // {sale, choice, person, pin}: the answer that is being signed
  people = {};
  told = null;
  list = [];
  shown = null;
  visitors = null;
  stale = false; // the figures on the page could not be asked for anew
  tables = new Set(); // plots whose table is opened
  widths = {}; // of the plots, in pixels
  #language = "";
  #root = document.getElementById("app");

  async open() {
    applyTheme();
    await loadTexts();
    this.#language = new URLSearchParams(location.search).get("language") ?? "";
    new Live("/api/status/live", "status", {
      state: (view) => this.take(view),
      gone: (away) => {
        this.gone = away;
        this.draw();
      },
    }).start();
    setInterval(() => this.draw(), 1000);
    setInterval(() => this.tab === "visitors" && void this.loadVisitors(), VISITORS_EACH_MS);
    addEventListener("hashchange", () => this.go(location.hash.slice(1) || "now"));
    this.load();
  }

  load() {
    if (this.tab === "operations") void this.loadOperations();
    if (this.tab === "visitors") void this.loadVisitors();
  }

  take(view) {
    this.view = view;
    this.clock.set(view.now_ms);
    setLanguage(this.#language || view.language);
    setFormat({ currency: view.currency, zone: view.zone });
    document.title = `${plain(note(view.headline).what)} · ${view.shop}`;
    this.draw();
  }

  go(tab) {
    this.tab = tab in TABS ? tab : "now";
    this.load();
    this.draw();
  }

  async json(url) {
    const answer = await fetch(url, { cache: "no-store" }).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  async loadOperations() {
    this.list = (await this.json("/api/operations?limit=50")) ?? [];
    this.draw();
  }

  async loadVisitors() {
    const told = await this.json("/api/visitors");
    this.visitors = told ?? this.visitors;
    this.stale = !told;
    this.draw();
  }

  toggleTable(id) {
    if (!this.tables.delete(id)) this.tables.add(id);
    this.draw();
  }

  measured(id, width) {
    if (!width || Math.round(this.widths[id] ?? 0) === Math.round(width)) return; // 0: the tab was left
    this.widths[id] = width;
    this.draw();
  }

  async showOperation(sale) {
    this.shown = (await this.json(`/api/operations/${encodeURIComponent(sale)}`)) ?? this.shown;
    this.draw();
  }

  /** Signing needs the names of the till's supervisors and its revision: both come from its view. */
  async pick(open, way) {
    const view = await this.json(`/api/tills/${encodeURIComponent(open.till)}`);
    if (!view) return;
    this.people[open.till] = view.cashiers.filter((person) => person.supervisor);
    this.picked = { open, way, person: this.people[open.till][0]?.id ?? "", pin: "", revision: view.revision };
    this.told = null;
    this.draw();
    document.getElementById("pin")?.focus();
  }

  async answer() {
    const { open, way, person, pin, revision } = this.picked;
    if (!pin) {
      document.getElementById("pin")?.focus();
      return;
    }
    const commands = new Commands(`/api/tills/${encodeURIComponent(open.till)}/commands`, {
      revision: () => revision,
      answer: (told) => {
        this.told = told.done ? null : told.note;
      },
    });
    this.picked.pin = "";
    const told = await commands.send("choose", { choice: way.choice, person, pin, sale: open.sale });
    if (told?.done) this.picked = null;
    this.draw();
  }

  switchLanguage() {
    this.#language = currentLanguage() === "ru" ? "en" : "ru";
    setLanguage(this.#language);
    this.draw();
  }

  draw() {
    const { view } = this;
    if (!view) return;
    const tabs = Object.keys(TABS).filter((name) => name !== "visitors" || view.visitors);
    const shown = tabs.includes(this.tab) ? this.tab : "now";
    patch(
      this.#root,
      view.training
        ? h(
            "div",
            { key: "stripe", class: "stripe" },
            h("strong", null, note({ code: "training" }).what),
            " ",
            note({ code: "training" }).do,
          )
        : null,
      h(
        "header",
        { key: "top", class: "desk-top" },
        h("span", { class: "brand", "aria-hidden": "true" }, "T"),
        h(
          "nav",
          { class: "tabs", "aria-label": t("status.title") },
          tabs.map((name) =>
            h(
              "a",
              { key: name, class: "tab", href: `#${name}`, "aria-current": shown === name ? "page" : null },
              t(`status.${name}`),
            ),
          ),
        ),
        h(
          "div",
          { class: "desk-right" },
          h("span", { class: "quiet" }, view.shop),
          h("a", { class: "key small", href: "/stock" }, t("status.open_stock")),
          h("a", { class: "key small", href: "/till" }, t("status.open_till")),
          key({ id: "language", label: t("status.language"), kind: "small", press: () => this.switchLanguage() }),
        ),
      ),
      this.gone
        ? h(
            "div",
            { key: "gone", class: "gone-line", role: "alert" },
            icon("down"),
            plain(note({ code: "agent_gone" }).what),
          )
        : null,
      h("main", { key: `main-${shown}`, class: `desk-main ${shown}` }, TABS[shown](this)),
    );
  }
}

await new Page().open();
