/** Everything a shopper or a member of staff can do at the kiosk: each ends in one command to the agent. */

import { closePanel, local } from "./local.js";

const TOUCH_MS = 5000; // the agent needs to know that somebody is there, not how often they tap
const TWICE_MS = 350; // two taps on one tile or key within this are one trembling finger
const AFTER_MS = 250; // a press has become its own command by then, if it is going to
const LONGEST = 64; // of an address; longer than any that is in use
const SCROLL_PART = 0.9; // a tenth of the old goods stays in sight, so that the eye finds its place

export class Acts {
  #seenAt = -Infinity; // the last press
  #toldAt = -Infinity; // the last command, which tells the agent the same
  #added = { barcode: "", at: -Infinity };

  /** `page` gives {view, send(do, args), draw(), shelf, clock, url, fetchJson(url), speech}. */
  constructor(page) {
    this.page = page;
  }

  get view() {
    return this.page.view;
  }

  send(act, args) {
    if (local.gone) return Promise.resolve(null);
    this.#toldAt = performance.now();
    return this.page.send(act, args);
  }

  // Somebody is there

  here() {
    this.#seenAt = performance.now();
  }

  /** Told between commands, never in the middle of a press: `touch` must not overtake what the press means. */
  keepAlive() {
    const { idle } = this.view;
    const now = performance.now();
    if (!idle || local.gone) return;
    if (this.#seenAt > this.#toldAt && now - this.#toldAt >= TOUCH_MS && now - this.#seenAt > AFTER_MS) this.touch();
  }

  touch() {
    void this.send("touch");
  }

  // Keys and scanner

  scan(code) {
    if (local.gone) return;
    const { screen } = this.view;
    if (screen === "receipt_way" && this.identifying) this.identify({ card: code });
    else void this.send("scan", { code }); // where it is not the moment the agent says why
  }

  /** A key pad or a keyboard: the space bar presses what has the focus, the rest goes where typing is meant. */
  typed(text) {
    if (text === " " && document.activeElement?.matches("button")) document.activeElement.click();
    else if (local.staff) this.pinKey(text);
    else if (local.panel && local.panel !== "categories") this.entryKey(text);
    else if (this.view.screen === "browse") this.search(local.text + text);
  }

  command(event) {
    if (event.code === "Tab" || event.code.startsWith("Arrow")) this.page.speech.start();
    if (event.code === "Backspace" && local.staff) this.pinKey("back");
    else if (event.code === "Backspace" && local.panel) this.entryKey("back");
  }

  // Goods

  start() {
    void this.send("start");
  }

  openSearch() {
    local.panel = "search";
    this.page.draw();
  }

  closeSearch() {
    closePanel();
    this.search("");
  }

  /** Closes the pad and leaves what was found in sight. */
  keepFound() {
    closePanel();
    this.page.draw();
  }

  search(text) {
    local.text = text.slice(0, LONGEST);
    if (local.text.trim()) local.category = "";
    this.page.draw();
    void this.page.shelf.load();
  }

  category(name) {
    Object.assign(local, { category: name, text: "" });
    closePanel();
    this.page.draw();
    void this.page.shelf.load();
  }

  showCategories() {
    local.panel = local.panel === "categories" ? "" : "categories";
    this.page.draw();
  }

  add(barcode) {
    const now = performance.now();
    if (this.#added.barcode === barcode && now - this.#added.at < TWICE_MS) return;
    this.#added = { barcode, at: now };
    void this.send("add", { barcode });
  }

  quantityBy(line, pieces) {
    void this.send("quantity", () => {
      const now = this.view.sale?.lines.find((one) => one.id === line);
      const wanted = (now?.quantity ?? 0) + pieces * 1000;
      return now && wanted > 0 ? { line, thousandths: wanted } : null;
    });
  }

  remove(line) {
    void this.send("remove", { line });
  }

  scroll(selector, way) {
    const area = document.querySelector(selector);
    area?.scrollBy({ top: way * area.clientHeight * SCROLL_PART });
  }

  // Pads

  open(panel, entry = "") {
    Object.assign(local, { panel, entry, layout: "" });
    this.page.draw();
  }

  close() {
    closePanel();
    this.page.draw();
  }

  layout(name) {
    local.layout = name;
    this.page.draw();
  }

  entryKey(typed) {
    if (local.panel === "search") {
      this.search(typed === "back" ? local.text.slice(0, -1) : local.text + typed);
      return;
    }
    const digitsOnly = local.panel !== "contact_email";
    if (typed === "back") local.entry = local.entry.slice(0, -1);
    else if ((!digitsOnly || /^\d+$/.test(typed)) && typed !== " ")
      local.entry = (local.entry + typed).slice(0, digitsOnly ? 20 : LONGEST);
    this.page.draw();
  }

  // Who, and how the receipt is given

  get identifying() {
    return this.view.identify && !this.view.customer && !local.withoutCard;
  }

  identify(who) {
    const consents = Object.keys(local.consents).filter((name) => local.consents[name]);
    void this.send("identify", { ...who, consents });
    closePanel();
    this.page.draw();
  }

  withoutCard() {
    local.withoutCard = true;
    closePanel();
    this.page.draw();
    document.getElementById("headline")?.focus({ preventScroll: true });
  }

  tick(consent) {
    local.consents = { ...local.consents, [consent]: !local.consents[consent] };
    this.page.draw();
  }

  receipt(way, value) {
    void this.send("receipt", value === undefined ? { way } : { way, value });
    closePanel();
    this.page.draw();
  }

  /** The slip to a phone; without a number: where the receipt goes. */
  sendSlip(phone) {
    void this.send("send_slip", phone === undefined ? {} : { phone });
    closePanel();
    this.page.draw();
  }

  // Paying

  pay(means) {
    const offered = this.view.tenders.find((tender) => tender.means === means);
    const agreed = means === "cash" && this.view.exact ? { agreed: 1 } : {};
    if (offered?.available || (means === "credit" && this.view.credit)) void this.send("pay", { means, ...agreed });
  }

  stopCard() {
    if (!this.view.stop_asked) void this.send("stop_card");
  }

  // The frame

  language() {
    void this.send("language", { language: this.view.language === "ru" ? "en" : "ru" });
  }

  lower(low) {
    local.low = low;
    this.page.draw();
  }

  // Staff

  /** The hidden corner was held: a code, and the agent knows whose it is. */
  askStaff() {
    if (local.gone || this.view.staff) return;
    local.staff = { pin: "" };
    this.page.draw();
  }

  pinKey(typed) {
    const { pin } = local.staff;
    const next = typed === "back" ? pin.slice(0, -1) : /^\d$/.test(typed) && pin.length < 12 ? pin + typed : pin;
    local.staff = { pin: next };
    this.page.draw();
  }

  async signIn() {
    const { pin } = local.staff;
    if (!pin) return;
    local.staff = { pin: "" };
    this.page.sounds.unlock();
    this.page.draw();
    await this.send("staff", { person: "", pin });
    this.page.draw();
  }

  cancelStaff() {
    local.staff = null;
    local.said = null;
    this.page.draw();
  }

  tab(name) {
    Object.assign(local, { tab: name, sure: "" });
    this.page.draw();
  }

  /** What opens a cassette, closes a shift or cancels a payment is pressed twice: the second key says what it does. `firm`:
   * it gives money. */
  sure(id, act, args, firm = false) {
    if (local.sure !== id) {
      Object.assign(local, { sure: id, sureMs: performance.now() });
      this.page.draw();
      return;
    }
    if (firm && performance.now() - local.sureMs < TWICE_MS) return; // a trembling finger is no second thought
    local.sure = "";
    void this.send(act, args);
    this.page.draw();
  }
}
