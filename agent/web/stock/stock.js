/** The stock page of the shop's staff: documents, one document, what is kept for orders. All of it lives in the agent. */

import { draw as patch, h } from "../kit/dom.js";
import { AgentClock, setFormat } from "../kit/format.js";
import { Live } from "../kit/live.js";
import { currentLanguage, loadTexts, setLanguage, t } from "../kit/texts.js";
import { applyTheme } from "../kit/theme.js";
import { Wedge } from "../kit/wedge.js";
import { MOST_THOUSANDTHS, thousandths } from "./amounts.js";
import { document_ } from "./document.js";
import { documents } from "./documents.js";
import { frame, told } from "./frame.js";
import { Keys } from "./keys.js";
import { orders } from "./orders.js";
import { Turns } from "./turns.js";

const PLACES = { documents, document: document_, orders };
const SEARCH_MS = 120; // a search for each letter of a fast typist would only be thrown away

class Page {
  view = null;
  place = "documents";
  document = null;
  text = "";
  found = null;
  at = 0;
  sku = ""; // the chosen line
  typed = null; // {sku, text}: a quantity being typed
  wishes = [];
  fields = {};
  person = "";
  pins = {}; // of each form that is signed
  dropping = false;
  releasing = "";
  clock = new AgentClock();
  #gone = false;
  #said = null; // {note, done}
  #language = "";
  #changed = -1;
  #shown = "";
  #asked = 0;
  #turns = new Turns((note) => (this.#said = note ? { note, done: false } : null));
  #root = document.getElementById("app");
  #keys = new Keys(this);
  #wedge = new Wedge({
    scan: (code) => void this.scanned(code),
    type: (typed, code) => this.#keys.type(typed, code),
    command: (event) => this.#keys.command(event),
  });

  async open() {
    applyTheme();
    await loadTexts();
    this.#language = new URLSearchParams(location.search).get("language") ?? "";
    this.#wedge.listen();
    addEventListener("hashchange", () => this.#arrive());
    new Live("/api/stock/live", "stock", {
      state: (view) => this.#take(view),
      gone: (away) => {
        this.#gone = away;
        this.draw();
      },
    }).start();
  }

  #take(view) {
    const first = !this.view;
    this.view = view;
    this.clock.set(view.now_ms);
    setLanguage(this.#language || view.language);
    setFormat({ currency: view.currency, zone: view.zone });
    this.#wedge.timings = view.wedge;
    document.title = `${t("stock.title")} · ${view.shop}`;
    if (first) this.#arrive();
    else if (this.place === "document" && view.changed !== this.#changed) void this.#turns.take(() => this.#load());
    this.draw();
  }

  go(place) {
    if (location.hash === `#${place}`) this.#arrive();
    else location.hash = place;
  }

  #arrive() {
    const [name, id = ""] = location.hash.slice(1).split("/");
    const place = name in PLACES && (name !== "document" || id) ? name : "documents";
    if (place !== this.place || id !== this.#shown) {
      Object.assign(this, { document: null, sku: "", typed: null, fields: {}, pins: {}, dropping: false, releasing: "" });
      this.#said = null;
    }
    this.place = place;
    this.#shown = id;
    this.#clear();
    if (place === "document") void this.#load().then(() => document.getElementById("find")?.focus());
    this.draw();
    if (place === "orders") document.getElementById("find")?.focus();
    else if (place === "documents") this.#focusHome();
  }

  async #json(url) {
    const answer = await fetch(url, { cache: "no-store" }).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  async #load() {
    const id = this.#shown;
    this.#changed = this.view.changed;
    const shown = await this.#json(`/api/stock/documents/${encodeURIComponent(id)}`);
    if (id !== this.#shown) return;
    if (!shown) {
      if (!this.#gone) this.#said = { note: { code: "stock_no_document" }, done: false };
      this.draw();
      return;
    }
    this.document = shown;
    if (!shown.lines.some((line) => line.goods.sku === this.sku)) this.sku = shown.lines.at(-1)?.goods.sku ?? "";
    this.draw();
  }

  // What a person does

  /** One act at a time, with an id that is kept when it has to be sent again. Says whether it was done. */
  send(act, args) {
    return this.#turns.take(() => this.#turns.post(act, args));
  }

  async begin(kind, of = "") {
    const told = await this.send("begin", { kind, of });
    if (told.done) this.go(`document/${told.document}`);
    this.draw();
  }

  /** On the document that is shown, which is read again before the next act's turn: no older answer comes after a newer
   * one. `args` may be a function of the document as it is when the turn comes. */
  act(name, args) {
    const id = this.#shown;
    return this.#turns.take(async () => {
      const counts = typeof args === "function";
      const now = counts ? await this.#json(`/api/stock/documents/${encodeURIComponent(id)}`) : null;
      if (counts && !now) return this.#turns.away();
      const filled = counts ? args(now) : args;
      const told = await this.#turns.post(name, { document: id, ...filled });
      if (id === this.#shown) await this.#load();
      return told;
    });
  }

  async scanned(code) {
    if (!this.view) return;
    if (this.place === "document" && this.document?.row.phase === "draft") {
      this.#clear();
      const told = await this.act("scan", { code });
      if (told.done) this.sku = this.document.lines.find((line) => code.includes(line.goods.sku))?.goods.sku ?? this.sku;
      this.draw();
    } else if (this.place === "orders") {
      const told = await this.#json(`/api/stock/goods?q=${encodeURIComponent(code)}`);
      if (told?.length) this.wish(told[0]);
      else {
        if (told) this.#said = { note: { code: "unknown_barcode", params: { barcode: code } }, done: false };
        else this.#turns.away();
        this.draw();
      }
    } else {
      this.#said = { note: { code: "stock_choose_first" }, done: false };
      this.draw();
    }
  }

  /** A product of the search: one more of it, and its line is chosen. */
  async add(goods) {
    this.#clear();
    await this.change(goods.sku, goods.unit === "pcs" ? 1000 : 0);
    if (goods.unit !== "pcs") document.getElementById(`amount-${goods.sku}`)?.focus();
    else this.#focusHome();
  }

  async remove(sku) {
    await this.act("remove", { sku });
    this.#focusHome();
  }

  set(sku, value) {
    this.sku = sku;
    this.typed = null;
    const line = this.document.lines.find((one) => one.goods.sku === sku);
    if (line) line.thousandths = value; // shown at once; the agent's answer stands in any case
    return this.act("put", { sku, thousandths: value });
  }

  /** From what the line holds when the turn comes: all that was scanned and pressed before counts, a colleague's too. */
  change(sku, by) {
    this.sku = sku;
    this.typed = null;
    return this.act("put", (doc) => {
      const line = doc.lines.find((one) => one.goods.sku === sku);
      return { sku, thousandths: Math.max(0, (line?.thousandths ?? 0) + by) };
    });
  }

  step(by) {
    const line = this.document?.lines.find((one) => one.goods.sku === this.sku);
    return line ? this.change(this.sku, by) : null;
  }

  typing(sku, text) {
    this.typed = { sku, text };
    this.draw();
  }

  typedAmount() {
    const { sku, text } = this.typed ?? {};
    const value = sku ? thousandths(text) : null;
    this.typed = null;
    if (value === null || value > MOST_THOUSANDTHS) {
      if (value !== null) this.#said = { note: { code: "limit_quantity", params: { limit: MOST_THOUSANDTHS } }, done: false };
      this.draw();
    } else void this.set(sku, value);
  }

  async finish(person, pin) {
    const { reason = "", other = "", of = "" } = this.fields;
    const told = await this.act("finish", { person, pin, reason, other, of });
    if (told.done) this.#said = { note: null, done: true };
    return told.done;
  }

  async drop() {
    const told = await this.send("drop", { document: this.#shown });
    if (told.done) this.go("documents");
    this.draw();
    this.#focusHome();
  }

  async keep(person, pin) {
    const lines = this.wishes.map((one) => [one.sku, one.thousandths]);
    const hours = Number.parseInt(this.fields.hours || String(this.view.usual_hours), 10) || 0;
    const told = await this.send("keep", { order: this.fields.order ?? "", hours, lines, person, pin });
    if (told.done) {
      this.wishes = [];
      this.fields = {};
      this.#said = { note: null, done: true };
    }
    return told.done;
  }

  /** What the staff say of an order: picking, ready. */
  async say(step, order) {
    await this.send(step, { order });
    this.draw();
    this.#focusHome();
  }

  async release(order, person, pin) {
    const told = await this.send("release", { order, person, pin });
    if (told.done) this.releasing = "";
    return told.done;
  }

  wish(goods) {
    this.#clear();
    const known = this.wishes.find((one) => one.sku === goods.sku);
    if (known) known.thousandths += 1000;
    else this.wishes = [...this.wishes, { sku: goods.sku, name: goods.name, thousandths: 1000 }];
    this.draw();
    this.#focusHome();
  }

  unwish(sku) {
    this.wishes = this.wishes.filter((one) => one.sku !== sku);
    this.draw();
    this.#focusHome();
  }

  async signed(form, person, act) {
    const pin = this.pins[form];
    if (!pin) {
      document.getElementById(`pin-${form}`)?.focus();
      return;
    }
    delete this.pins[form];
    const done = await act(person, pin);
    this.draw();
    if (done) this.#focusHome(true);
    else document.getElementById(`pin-${form}`)?.focus();
  }

  signer(person) {
    this.person = person;
    this.draw();
  }

  typedPin(form, text) {
    this.pins[form] = text.replace(/\D/g, "");
    this.draw();
  }

  /** Asks before something is lost: `what` is true for the document, an order's number for what is kept, false for no. */
  ask(what) {
    this.dropping = what === true;
    this.releasing = typeof what === "string" && what !== this.releasing ? what : "";
    if (!this.releasing) delete this.pins.release;
    this.draw();
    if (what === true) document.querySelector("[data-key='keep-on']")?.focus();
    else if (this.releasing) document.getElementById("pin-release")?.focus();
    else this.#focusHome();
  }

  // Searching and choosing

  search(text) {
    this.text = text;
    const turn = ++this.#asked;
    if (!text.trim()) this.found = null;
    else
      setTimeout(async () => {
        if (turn !== this.#asked) return;
        const found = await this.#json(`/api/stock/goods?q=${encodeURIComponent(text)}`);
        if (turn !== this.#asked) return;
        this.found = found ?? [];
        this.at = 0;
        this.draw();
      }, SEARCH_MS);
    this.draw();
  }

  take() {
    const goods = this.text.trim() ? this.found?.[this.at] : null;
    if (!goods) return;
    if (this.place === "document") void this.add(goods);
    else this.wish(goods);
  }

  move(by) {
    if (this.text.trim() && this.found?.length) this.at = within(this.at + by, this.found.length);
    else if (this.document?.lines.length) {
      const all = this.document.lines.map((line) => line.goods.sku);
      this.sku = all[within(all.indexOf(this.sku) + by, all.length)];
    }
    this.draw();
  }

  /** In the list of documents: from key to key, each opens its document by Enter. */
  walk(by) {
    const all = [...document.querySelectorAll("main .rows button")];
    const at = all.indexOf(document.activeElement);
    if (all.length) all[at < 0 ? 0 : within(at + by, all.length)].focus();
  }

  choose(sku) {
    this.sku = sku;
    this.draw();
  }

  escape() {
    const field = document.activeElement;
    if (this.text) this.#clear();
    else if (this.dropping || this.releasing) this.ask(false);
    else if (field instanceof HTMLInputElement && field.id !== "find") {
      this.typed = null; // before the focus moves: what loses it is saved
      document.getElementById("find")?.focus();
    } else if (this.place === "document") this.go("documents");
    this.draw();
  }

  /** Keys that vanish take the focus with them: it goes to the search, where there is none to what was said. */
  #focusHome(always = false) {
    const held = document.activeElement;
    if (!always && held && held !== document.body) return;
    (document.getElementById("find") ?? document.querySelector(".said") ?? document.querySelector("h1"))?.focus();
  }

  #clear() {
    this.text = "";
    this.found = null;
    this.#asked += 1;
  }

  // Drawing

  told() {
    return told(this.#said);
  }

  draw() {
    if (!this.view) return;
    const around = frame(this, { gone: this.#gone, switchLanguage: () => this.#switchLanguage() });
    patch(
      this.#root,
      around,
      h("main", { key: `main-${this.place}`, class: `desk-main ${this.place}` }, PLACES[this.place](this)),
    );
  }

  #switchLanguage() {
    this.#language = currentLanguage() === "ru" ? "en" : "ru";
    setLanguage(this.#language);
    this.draw();
  }
}

const within = (at, count) => Math.max(0, Math.min(at, count - 1));

await new Page().open();
