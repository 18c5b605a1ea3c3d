/** The kiosk page: draws the agent's view of one kiosk, sends what the shopper does, and keeps nothing of the purchase. */

import { Commands } from "../kit/commands.js";
import { draw as patch, h } from "../kit/dom.js";
import { AgentClock, setFormat } from "../kit/format.js";
import { Live } from "../kit/live.js";
import { Sounds } from "../kit/sounds.js";
import { Speaker } from "../kit/speaker.js";
import { loadTexts, setLanguage } from "../kit/texts.js";
import { Wedge } from "../kit/wedge.js";
import { Acts } from "./acts.js";
import { Herald } from "./herald.js";
import { leaveScreen, leaveSession, local } from "./local.js";
import { basket } from "./parts/basket.js";
import { browse } from "./parts/browse.js";
import { cash } from "./parts/cash.js";
import { claim } from "./parts/claim.js";
import { attract, gone, idle, idleIsAsked, outOfService } from "./parts/doors.js";
import { footer, stripe, topbar } from "./parts/frame.js";
import { card, change, checking, making, pay } from "./parts/paying.js";
import { done } from "./parts/receipt.js";
import { receiptWay } from "./parts/shopper.js";
import { signIn } from "./parts/sign_in.js";
import { staff } from "./parts/staff.js";
import { Shelf } from "./shelf.js";
import { Speech } from "./speech.js";

const SCREENS = {
  attract,
  browse,
  basket,
  receipt_way: receiptWay,
  pay,
  cash,
  card,
  checking,
  making,
  change,
  claim,
  done,
  staff,
  out_of_service: outOfService,
};
// Each of these moves money or ends something: it holds for what the person saw, and once while it is under way.
const BOUND = new Set([
  "start",
  "leave",
  "checkout",
  "back",
  "identify",
  "receipt",
  "pay",
  "stop_card",
  "give_back",
  "take_slip",
  "send_slip",
  "finish",
  "help",
  "staff",
  "staff_leave",
  "open_shift",
  "close_shift",
  "x_report",
  "reset_device",
  "encash_open",
  "encash_close",
  "encash_cancel",
  "resolve",
]);
const TICK_MS = 250; // clocks show seconds; a quarter keeps them honest and costs nothing
const SOON_MS = 1000;
const SAID_MS = 6000; // long enough to read two short sentences standing
const TIGHTER = ["", "1", "2"]; // as frame.css knows them
const WIDTH = 1080;
const HEIGHT = 1920;

class Page {
  view = null;
  kiosk = "";
  clock = new AgentClock();
  sounds = new Sounds();
  speech = new Speech((on) => this.view && this.send("speech", { on: on ? 1 : 0 }));
  #root = document.getElementById("app");
  #herald = new Herald(new Speaker(), this.sounds);
  #commands = null;
  #acts = new Acts(this);
  #shelf = new Shelf(this);
  #wedge = new Wedge({
    scan: (code) => this.view && this.#acts.scan(code),
    type: (typed) => this.view && this.#acts.typed(typed),
    command: (event) => this.view && this.#acts.command(event),
    takeBack: (typed) => local.text.endsWith(typed) && this.#acts.search(local.text.slice(0, -typed.length)),
  });

  async open() {
    this.#fit();
    addEventListener("resize", () => this.#fit());
    await loadTexts();
    this.kiosk = decodeURIComponent(location.pathname.split("/")[2] ?? "") || (await this.#firstKiosk());
    this.#commands = new Commands(`${this.url}/commands`, {
      revision: () => this.view.revision,
      answer: (told, command) => this.#answered(told, command),
      bound: BOUND,
    });
    this.#wedge.listen();
    this.speech.listen();
    new Live(`${this.url}/live`, "kiosk", {
      state: (view, fresh) => this.take(view, fresh),
      gone: (away) => this.#gone(away),
    }).start();
    setInterval(() => this.#tick(), TICK_MS);
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => this.#acts.here(), { capture: true });
    addEventListener("pointerdown", () => this.sounds.unlock(), { once: true, capture: true });
    addEventListener("contextmenu", (event) => event.preventDefault()); // a long press is no menu
  }

  get url() {
    return `/api/kiosks/${encodeURIComponent(this.kiosk)}`;
  }

  get shelf() {
    return this.#shelf;
  }

  async #firstKiosk() {
    for (;;) {
      const kiosks = await this.fetchJson("/api/kiosks");
      if (kiosks?.length) return kiosks[0].id;
      await new Promise((resume) => setTimeout(resume, SOON_MS));
    }
  }

  async fetchJson(url) {
    const answer = await fetch(url, { cache: "no-store" }).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  /** The page is drawn for 1080 × 1920; a window of another size shows it smaller or larger, never cut. */
  #fit() {
    const zoom = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    this.#root.style.zoom = Math.abs(zoom - 1) < 0.002 ? "" : String(zoom);
  }

  send(act, args) {
    if (act !== "touch") local.said = null;
    return this.#commands.send(act, args);
  }

  #answered(told, command) {
    const drawn = told.view && this.take(told.view, false);
    if (told.note && !told.done) {
      local.said = { note: told.note, untilMs: performance.now() + SAID_MS };
      this.#herald.refuse(told.note);
    }
    if (told.done && (command.do === "scan" || command.do === "add")) this.sounds.play("scan");
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
    this.view = view;
    this.clock.set(view.now_ms);
    setLanguage(view.language);
    setFormat({ currency: view.currency, zone: view.zone });
    this.#wedge.timings = view.wedge ?? {};
    const moved = before?.screen !== view.screen;
    if (moved) leaveScreen();
    if (moved && (view.screen === "attract" || view.screen === "out_of_service")) this.#leave();
    if (view.staff) local.staff = null;
    document.title = `${view.kiosk_name} · ${view.shop}`;
    this.#shelf.follow(before, view);
    this.draw();
    this.#fitHeadlines();
    this.#herald.tell(before, view);
    if (moved && before) this.focusHeadline();
    return true;
  }

  /** The next shopper finds the keys where they are for everybody, and nothing of the last one. */
  #leave() {
    leaveSession();
    this.speech.stop();
    this.#shelf.empty();
  }

  #gone(away) {
    local.gone = away;
    if (this.view) this.draw();
  }

  #tick() {
    if (!this.view) return;
    this.#acts.keepAlive();
    this.draw();
  }

  draw() {
    const { view } = this;
    if (!view) return;
    const context = { view, acts: this.#acts, clock: this.clock, shelf: this.#shelf };
    const asked = idleIsAsked(view, this.clock);
    const covered = asked || local.gone || local.staff !== null;
    const screen = SCREENS[view.screen] ?? outOfService;
    patch(
      this.#root,
      h(
        "div",
        {
          key: "page",
          "data-revision": view.revision,
          "data-screen": view.screen,
          class: `page screen-${view.screen}${local.low ? " low" : ""}${view.training ? " training" : ""}`,
          inert: covered ? true : null,
        },
        stripe(view),
        topbar(context),
        h("main", { key: `main-${view.screen}`, class: `main main-${view.screen}` }, screen(context)),
        footer(context),
      ),
      asked && !local.gone ? idle(context) : null,
      local.staff && !local.gone ? signIn(context) : null,
      local.gone ? gone() : null,
    );
    if (!asked) return;
    this.#herald.idle(view.idle, this.clock.now());
    if (!document.activeElement?.closest(".veil"))
      document.querySelector("[data-key='here']")?.focus({ preventScroll: true });
  }

  /** A headline has two lines at most: where a wide font or a long word needs more, its letters become smaller. */
  #fitHeadlines() {
    for (const node of document.querySelectorAll(".headline"))
      for (const size of TIGHTER) {
        node.dataset.tight = size;
        if (node.offsetHeight <= parseFloat(getComputedStyle(node).lineHeight) * 2.5) break;
      }
  }

  focusHeadline() {
    document.getElementById("headline")?.focus({ preventScroll: true });
  }

  found(count) {
    this.#herald.found(count);
  }
}

await new Page().open();
