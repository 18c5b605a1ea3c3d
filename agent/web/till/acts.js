/** Everything a person can do at the till, whether by key, by touch or by scanner: each ends in one command to the agent. */

import { AgreeActs } from "./agree_acts.js";
import { typedMinor } from "./amounts.js";
import { EncashmentActs } from "./encashment_acts.js";
import { GuestActs } from "./guest_acts.js";
import { closePanel, local } from "./local.js";
import { claimMode, mayAnswer } from "./parts/claim.js";
import { mayAsk } from "./parts/claim_elsewhere.js";
import { oldOwedMinor, oldReady, supervisors } from "./parts/claim_old.js";
import { chosenOf } from "./parts/signature.js";

export const UNKNOWN_KINDS = new Set([
  "card_unknown",
  "refund_unknown",
  "reversal_unknown",
  "card_person",
  "register_unknown",
  "register_person",
  "power_cut",
]);
const SELLING = new Set(["selling", "receipt", "claim", "encashment", "agree"]);

export class Acts {
  /** `page` gives {view, send(do, args), draw(), speak, clock, till, theme()}. */
  constructor(page) {
    this.page = page;
    this.encashment = new EncashmentActs(this);
    this.guest = new GuestActs(this);
    this.agree = new AgreeActs(this);
  }

  get view() {
    return this.page.view;
  }

  get line() {
    const { sale } = this.view;
    return sale?.lines.find((line) => line.id === sale.selected) ?? null;
  }

  say(code, params = {}) {
    local.said = { note: { code, params }, untilMs: performance.now() + 6000 };
    this.page.draw();
  }

  send(act, args) {
    local.said = null;
    return this.page.send(act, args);
  }

  // Scanning and searching

  scan(code) {
    const { screen, case: trouble } = this.view;
    if (local.gone) return;
    if (local.panel === "refund") {
      closePanel();
      void this.send("refund", { qr: code });
      return;
    }
    if (local.panel === "collect") {
      closePanel();
      void this.send("collect", { order: code });
      return;
    }
    const way = trouble?.kind === "unsealed" && trouble.ways.find((offered) => offered.choice === "rescan_mark");
    if (way) void this.send("choose", { choice: "rescan_mark", line: trouble.line, code });
    else if (SELLING.has(screen)) {
      if (local.panel) closePanel();
      void this.send("scan", { code });
    } else {
      this.page.sounds.play("refused");
      this.say(
        ["locked", "shift_closed", "restore", "stopped"].includes(screen) ? "scan_not_now" : "paying_no_scan",
      );
    }
  }

  typeSearch(text) {
    local.text = text;
    local.result = 0;
    if (!text.trim()) {
      local.results = [];
      local.searchedFor = "";
      this.page.draw();
      return;
    }
    this.page.draw();
    void this.search(text);
  }

  async search(text) {
    const found = await this.page.fetchJson(
      `/api/tills/${encodeURIComponent(this.page.till)}/search?q=${encodeURIComponent(text.trim())}`,
    );
    if (local.text !== text) return; // typed on meanwhile
    local.results = found ?? [];
    local.searchedFor = text;
    this.page.searched(local.results.length);
    if (local.takeWhenReady) this.takeResult();
    this.page.draw();
  }

  takeResult(at = local.result) {
    const text = local.text.trim();
    if (!text) return;
    if (local.searchedFor !== local.text) {
      local.takeWhenReady = true;
      return;
    }
    local.takeWhenReady = false;
    const chosen = local.results[at];
    if (chosen) void this.send("add", { barcode: chosen.barcode });
    else if (/^\d{8,14}$/.test(text)) void this.send("add", { barcode: text });
    else {
      this.say("nothing_found", { text });
      return;
    }
    this.clearSearch();
  }

  clearSearch() {
    Object.assign(local, { text: "", results: [], result: 0, searchedFor: "", takeWhenReady: false, letters: false });
    this.page.draw();
    this.page.focusHome();
  }

  moveResult(by) {
    local.result = Math.max(0, Math.min(local.results.length - 1, local.result + by));
    this.page.draw();
  }

  // The basket

  select(id) {
    if (id && id !== this.view.sale?.selected) void this.send("select", { line: id });
    this.page.focusHome();
  }

  selectBy(step) {
    const { sale } = this.view;
    if (!sale?.lines.length) return;
    const at = sale.lines.findIndex((line) => line.id === sale.selected);
    const next = Math.max(0, Math.min(sale.lines.length - 1, (at < 0 ? sale.lines.length : at) + step));
    this.select(sale.lines[next].id);
  }

  quantityBy(pieces) {
    void this.send(this.#quantityAct(), () => {
      const { line } = this;
      if (!line) return null;
      const now = this.view.sale.act === "refund" ? line.quantity * (line.chosen ? 1 : 0) : line.quantity;
      const wanted = now + pieces * 1000;
      if (this.view.sale.act === "refund")
        return { line: line.id, thousandths: Math.max(0, Math.min(line.returnable, wanted)) };
      return wanted > 0 ? { line: line.id, thousandths: wanted } : null;
    });
    this.page.focusHome();
  }

  setQuantity(thousandths) {
    const { line } = this;
    if (line && thousandths > 0) void this.send(this.#quantityAct(), { line: line.id, thousandths });
    closePanel();
    this.page.focusHome();
  }

  #quantityAct() {
    return this.view.sale?.act === "refund" ? "refund_line" : "quantity";
  }

  toggleReturn(line) {
    void this.send("refund_line", { line: line.id, thousandths: line.chosen ? 0 : line.returnable });
    this.page.focusHome();
  }

  remove() {
    const { line } = this;
    if (!line) return;
    if (this.view.sale.act === "refund") void this.send("refund_line", { line: line.id, thousandths: 0 });
    else void this.send("remove", { line: line.id });
    this.page.focusHome();
  }

  undo() {
    if (this.view.sale?.undo) void this.send("undo");
    this.page.focusHome();
  }

  discount(thousandths) {
    const { line } = this;
    if (line) void this.send("discount", { line: line.id, percent_thousandths: thousandths });
    closePanel();
    this.page.focusHome();
  }

  // Paying

  tender(means) {
    const offered = this.view.tenders.find((tender) => tender.means === means);
    if (!offered || this.view.screen !== "selling" || !this.view.sale?.lines.length) return;
    if (local.text) {
      this.say("first_enter_or_esc");
      return;
    }
    if (!offered.available) {
      this.page.sounds.play("refused");
      if (offered.note) this.say(offered.note.code, offered.note.params);
      return;
    }
    if (this.view.sale.act === "refund") void this.send("refund_pay");
    else void this.send("pay", { means });
  }

  refundPay() {
    if (this.view.sale?.act === "refund" && this.view.sale.total_minor > 0) void this.send("refund_pay");
  }

  takeCash() {
    const due = this.view.sale.left_minor;
    const received = typedMinor(local.amount);
    if (received === null) this.say("amount_first");
    else if (received < due) this.say("not_enough_cash", { left_minor: due - received });
    else void this.send("take_cash", { received_minor: received });
  }

  restByCard() {
    const { sale } = this.view;
    const rest = sale.total_minor - sale.paid_minor - (typedMinor(local.amount) ?? 0);
    if (rest > 0 && this.view.tenders.some((tender) => tender.means === "card" && tender.available)) {
      void this.send("pay", { means: "card", sum_minor: rest });
    } else {
      const note = this.view.tenders.find((tender) => tender.means === "card")?.note;
      if (note) this.say(note.code, note.params);
    }
  }

  stopCard() {
    if (!this.view.stop_asked) void this.send("stop_card");
  }

  // Cases

  choose(at) {
    const ways = this.view.case?.ways ?? [];
    if (at < 0 || at >= ways.length) return;
    local.choice = at + 1;
    local.asksPin = ways[at].supervisor;
    this.page.draw();
  }

  /** Enter: the chosen way; one that a supervisor answers for first asks for name and PIN. */
  confirmChoice() {
    const trouble = this.view.case;
    const way = trouble?.ways[local.choice - 1];
    if (!way) return;
    if (way.choice === "rescan_mark") {
      this.say("scan_the_mark");
      return;
    }
    const args = { choice: way.choice };
    if (trouble.line) args.line = trouble.line;
    if (way.supervisor) {
      const person = local.person || this.supervisors[0]?.id;
      if (!person || !local.pin) {
        this.page.focus(person ? "pin" : "person");
        return;
      }
      Object.assign(args, { person, pin: local.pin });
      local.pin = "";
    }
    void this.send("choose", args);
  }

  get supervisors() {
    return this.view.cashiers.filter((person) => person.supervisor);
  }

  nextShopper() {
    const trouble = this.view.case;
    if (trouble?.next_shopper_ms && this.page.clock.now() >= trouble.next_shopper_ms) void this.send("next_shopper");
  }

  // Claim slips

  showClaim(text) {
    if (!text.trim()) return;
    local.entry = "";
    void this.send("claim", { code: text.trim() });
  }

  leaveClaim() {
    if (!this.view.claim?.asking) void this.send("claim_leave");
  }

  /** Ask the shop that owes the slip to give it over. */
  askClaim() {
    const { elsewhere } = this.view.claim;
    if (mayAsk(elsewhere)) void this.send("claim_ask", { number: elsewhere.number });
  }

  /** Enter: what the chosen mode does, once somebody has signed for it. */
  doClaim() {
    const { claim } = this.view;
    const mode = claimMode(claim);
    if (!mode) {
      this.leaveClaim();
      return;
    }
    const people = mayAnswer(this.view, mode);
    const person = chosenOf(people, this.view);
    if (mode === "cancel" && !local.reason.trim()) {
      this.page.focus("why");
      return;
    }
    if (!person || local.pin.length < 3) {
      this.page.focus("pin");
      return;
    }
    const args = { number: claim.slip.number, person: person.id, pin: local.pin };
    local.pin = "";
    if (mode === "pay") void this.send("claim_pay", args);
    else if (mode === "cancel") void this.send("claim_cancel", { ...args, why: local.reason.trim() });
    else void this.send("claim_said", { ...args, choice: mode });
  }

  /** A question of a restored kiosk. */
  showOld(key) {
    void this.send("claim_old", { key });
  }

  /** Enter: what was chosen to be said, once a supervisor has signed for it. */
  doOld() {
    const { question } = this.view.claim;
    const person = chosenOf(supervisors(this.view), this.view);
    if (!oldReady(question)) return;
    if (!person || local.pin.length < 3) {
      this.page.focus("pin");
      return;
    }
    const { key, sum_minor } = question;
    const args = { key, sum_minor, owed_minor: oldOwedMinor(question), person: person.id, pin: local.pin };
    local.pin = "";
    void this.send("claim_old_said", args);
  }

  // People, shift, the rest

  signIn() {
    const person = this.view.cashiers[local.cashier - 1];
    if (!person || !local.pin) return;
    this.page.sounds.unlock();
    void this.send("sign_in", { cashier: person.id, pin: local.pin });
    local.pin = "";
  }

  openShift() {
    void this.send("open_shift", { float_minor: typedMinor(local.amount) ?? 0 });
  }

  park() {
    const { sale, parked } = this.view;
    if (sale?.lines.length) void this.send("park");
    else if (parked.length === 1) this.bringBack(parked[0]);
    else if (parked.length) this.open("parked");
    this.page.focusHome();
  }

  bringBack(parked) {
    closePanel();
    void this.send("bring_back", { sale: parked.sale });
  }

  open(panel) {
    closePanel();
    Object.assign(local, { panel, panelAt: 0 });
    this.page.draw();
    this.page.focusPanel();
  }

  /** The account of whoever stood here before is forgotten. */
  openCredit() {
    if (this.view.account) void this.send("credit_leave");
    this.open("credit");
  }

  /** Whose store credit: the panel opens again with the account, or the refusal stands where all refusals do. */
  async findCredit(number) {
    closePanel();
    await this.send("credit", { number });
    if (this.view.account) this.open("credit");
    else this.page.focusHome();
  }

  close() {
    if (local.panel === "credit" && this.view.account) void this.send("credit_leave");
    closePanel();
    this.page.draw();
    this.page.focusHome();
  }

  newSale() {
    void this.send("new_sale");
  }

  other(act, args) {
    closePanel();
    void this.send(act, args);
    this.page.focusHome();
  }
}
