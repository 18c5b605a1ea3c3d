/** The till page: draws the agent's view, sends what the person does, and keeps nothing of the sale itself. */

import { Commands } from "../kit/commands.js";
import { draw as patch, h } from "../kit/dom.js";
import { AgentClock, setFormat } from "../kit/format.js";
import { Live } from "../kit/live.js";
import { Sounds } from "../kit/sounds.js";
import { Speaker } from "../kit/speaker.js";
import { loadTexts, setLanguage } from "../kit/texts.js";
import { applyTheme, switchTheme } from "../kit/theme.js";
import { Wedge } from "../kit/wedge.js";
import { Acts } from "./acts.js";
import { Herald } from "./herald.js";
import { Keys } from "./keys.js";
import { leaveScreen, local } from "./local.js";
import { agree } from "./parts/agree.js";
import { trouble } from "./parts/case.js";
import { claim } from "./parts/claim.js";
import { gone, locked, shiftClosed, stopped } from "./parts/doors.js";
import { encashment } from "./parts/encashment.js";
import { banner, footer, stripe, topbar } from "./parts/frame.js";
import { letters } from "./parts/letters.js";
import { panel } from "./parts/menu.js";
import { card, cash, working } from "./parts/paying.js";
import { receipt } from "./parts/receipt.js";
import { restore } from "./parts/restore.js";
import { selling } from "./parts/selling.js";

// A refund is the selling screen with ticks instead of quantities; its keys are those of selling.
const SCREENS = {
  locked,
  shift_closed: shiftClosed,
  selling,
  cash,
  card,
  working,
  case: trouble,
  receipt,
  claim,
  encashment,
  agree,
  restore,
  stopped,
};
const TICK_MS = 250; // clocks show seconds; a quarter keeps them honest and costs nothing
const SOON_MS = 1000;

class Page {
  view = null;
  till = "";
  clock = new AgentClock();
  sounds = new Sounds();
  #root = document.getElementById("app");
  #speaker = new Speaker();
  #herald = new Herald(this.#speaker, this.sounds);
  #commands = null;
  #acts = new Acts(this);
  #keys = new Keys(this.#acts, this);
  #wedge = new Wedge({
    scan: (code) => this.view && this.#acts.scan(code),
    type: (typed, code) => this.#keys.type(typed, code),
    command: (event) => this.#keys.command(event),
    takeBack: (typed) => local.text.endsWith(typed) && this.#acts.typeSearch(local.text.slice(0, -typed.length)),
  });

  async open() {
    applyTheme();
    await loadTexts();
    this.till = decodeURIComponent(location.pathname.split("/")[2] ?? "") || (await this.#firstTill());
    const url = `/api/tills/${encodeURIComponent(this.till)}`;
    this.#commands = new Commands(`${url}/commands`, {
      revision: () => this.view.revision,
      answer: (told, command) => this.#answered(told, command),
    });
    this.#wedge.listen();
    new Live(`${url}/live`, "view", {
      state: (view, fresh) => this.take(view, fresh),
      gone: (away) => this.#gone(away),
    }).start();
    setInterval(() => this.view && this.draw(), TICK_MS);
    matchMedia("(hover: none)").addEventListener("change", () => this.view && this.draw());
    addEventListener("pointerdown", () => this.sounds.unlock(), { once: true, capture: true });
  }

  async #firstTill() {
    for (;;) {
      const tills = await this.fetchJson("/api/tills");
      if (tills?.length) return tills[0].id;
      await new Promise((resume) => setTimeout(resume, SOON_MS));
    }
  }

  async fetchJson(url) {
    const answer = await fetch(url, { cache: "no-store" }).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  send(act, args) {
    return this.#commands.send(act, args);
  }

  #answered(told, command) {
    const drawn = told.view && this.take(told.view, false);
    if (told.note && !told.done) {
      local.said = { note: told.note, untilMs: performance.now() + 8000 };
      this.sounds.play("refused");
      this.#speaker.polite(this.#herald.words(told.note));
    }
    if (told.done && command.do === "scan") this.sounds.play("scan");
    if (!drawn || told.note) this.draw();
  }

  /** A view from the feed or from an answer; an older one never replaces a newer one. Says whether it was drawn. */
  take(view, fresh) {
    const before = this.view;
    if (
      before &&
      !fresh &&
      (view.revision < before.revision || (view.revision === before.revision && view.now_ms < before.now_ms))
    )
      return false;
    if (view.screen === "refund") view.screen = "selling";
    this.view = view;
    this.clock.set(view.now_ms);
    setLanguage(view.language);
    setFormat({ currency: view.currency, zone: view.zone });
    this.#wedge.timings = view.wedge ?? {};
    const place = (one) => {
      const box = one?.encashment?.box;
      const boxed = box ? `${box.kiosk} ${box.number} ${box.counted_ms}` : "";
      const slip = one?.claim?.slip ?? one?.claim?.elsewhere ?? one?.claim?.question;
      const asked = one?.agree ? `${one.agree.step} ${one.agree.face} ${one.language}` : "";
      return [one?.screen, one?.case?.kind, slip?.number, slip?.key, slip?.state, boxed, asked].join(" ");
    };
    const moved = place(before) !== place(view);
    // Whoever confirms a receipt and types on means the next sale: nothing of that is dropped when it opens.
    if (moved && !(before?.screen === "receipt" && view.screen === "selling")) leaveScreen();
    if (view.sale?.undo && JSON.stringify(view.sale.undo) !== JSON.stringify(before?.sale?.undo))
      local.undoUntil = performance.now() + 6000;
    document.title = `${view.till_name} · ${view.shop}`;
    this.draw();
    this.#herald.tell(before, view);
    if (moved) this.#arrive();
    if (
      view.sale &&
      (view.sale.selected !== before?.sale?.selected || view.sale.lines.length !== before?.sale?.lines.length)
    )
      this.#showSelected();
    return true;
  }

  #gone(away) {
    local.gone = away;
    if (this.view) this.draw();
  }

  draw() {
    const { view } = this;
    if (!view) return;
    const searching = local.text !== "";
    const state = this.#keys.state;
    const context = { view, acts: this.#acts, clock: this.clock };
    const screen = SCREENS[view.screen] ?? stopped;
    const covered = Boolean(local.panel) || local.gone;
    const kind = view.screen === "case" ? "case" : view.screen;
    patch(
      this.#root,
      h(
        "div",
        {
          key: "page",
          "data-revision": view.revision,
          "data-screen": view.screen,
          "data-case": view.case?.kind ?? null,
          class: `page screen-${kind}${local.gone ? " is-gone" : ""}`,
          inert: covered ? true : null,
        },
        stripe(view),
        topbar(context),
        banner(view),
        h("main", { key: `main-${kind}`, class: `main main-${kind}` }, screen(context)),
        footer({ ...context, state, searching }),
        letters(this.#acts, view.language),
      ),
      panel({ ...context, under: this.#under() }),
      local.gone ? gone() : null,
    );
  }

  #under() {
    const { view } = this;
    return view.screen === "case" ? (view.case?.ways.length ? "choice" : "unknown") : view.screen;
  }

  // Focus: home is where typing goes; a case puts it on its headline; nothing takes it away while somebody types

  focus(id) {
    this.draw();
    document.getElementById(id)?.focus({ preventScroll: true });
  }

  focusHome() {
    if (matchMedia("(hover: none)").matches || local.panel) return;
    const home =
      { selling: "search", receipt: "search", cash: "amount", shift_closed: "amount" }[this.view?.screen] ?? "headline";
    document.getElementById(home)?.focus({ preventScroll: true });
  }

  focusPanel() {
    (document.getElementById("entry") ?? document.getElementById("panel-title"))?.focus({ preventScroll: true });
  }

  #arrive() {
    const { screen } = this.view;
    if (screen === "selling" || screen === "receipt" || screen === "cash" || screen === "shift_closed")
      this.focusHome();
    else document.getElementById("headline")?.focus({ preventScroll: true });
  }

  /** One typed character into a field, at the caret. */
  insert(id, typed) {
    const field = document.getElementById(id ?? "search");
    if (!(field instanceof HTMLInputElement)) return;
    if (document.activeElement !== field) {
      field.focus({ preventScroll: true });
      field.setSelectionRange(field.value.length, field.value.length);
    }
    field.setRangeText(
      typed,
      field.selectionStart ?? field.value.length,
      field.selectionEnd ?? field.value.length,
      "end",
    );
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  touchSearch() {
    if (!matchMedia("(hover: none)").matches) return;
    local.letters = true;
    this.draw();
  }

  searched(count) {
    this.#herald.found(count);
  }

  scrollReceipt(by) {
    document.querySelector(".papers")?.scrollBy({ top: by });
    document.querySelector(".paper")?.scrollBy({ top: by });
  }

  #showSelected() {
    document.querySelector(".row.selected")?.scrollIntoView({ block: "nearest" });
  }

  theme() {
    switchTheme();
  }
}

await new Page().open();
