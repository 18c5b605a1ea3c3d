/** What is done on the screen of a shopper who agrees to be known, by key or by touch. Nothing is kept here but typing. */

import { currentLanguage } from "../kit/texts.js";
import { local } from "./local.js";
import { agreeItems, boxOf, nameOf } from "./parts/agree.js";

const LONGEST_NUMBER = 20;
const CODE_DIGITS = 6;
const LONGEST_NAME = 40;
const SCROLLS = { ArrowUp: -60, ArrowDown: 60, PageUp: -320, PageDown: 320 };

export class AgreeActs {
  /** `acts` gives {view, send(do, args), page}. */
  constructor(acts) {
    this.acts = acts;
  }

  get #now() {
    return this.acts.view.agree;
  }

  #draw() {
    this.acts.page.draw();
  }

  // Number and code

  pressed(typed) {
    if (typed === "back") local.entry = local.entry.slice(0, -1);
    else this.#type(typed);
    this.acts.page.focus("headline"); // so that Enter goes on, and does not press the digit again
  }

  #type(typed) {
    const phone = this.#now.step === "phone";
    if (!(phone ? /^[\d+() .-]+$/ : /^\d+$/).test(typed)) return;
    local.entry = (local.entry + typed).slice(0, phone ? LONGEST_NUMBER : CODE_DIGITS);
  }

  send() {
    if (local.entry) void this.acts.send("agree_phone", { number: local.entry });
  }

  /** Anew, with another number. */
  begin() {
    void this.acts.send("agree");
  }

  newCode() {
    local.entry = "";
    void this.acts.send("agree_phone", {});
    this.acts.page.focus("headline"); // so that Enter takes the code, and does not ask for another
  }

  code() {
    if (local.entry.length < CODE_DIGITS) return;
    void this.acts.send("agree_code", { code: local.entry });
    local.entry = "";
  }

  // Boxes

  /** A finger's tick leaves the focus on the headline, so that Enter goes on; a keyboard's stays where it is. */
  tick(text, touched) {
    const box = boxOf(text);
    local.ticks = local.ticks.includes(box) ? local.ticks.filter((one) => one !== box) : [...local.ticks, box];
    if (touched) this.acts.page.focus("headline");
    else this.#draw();
  }

  end(text) {
    local.ending = local.ending === text.consent ? "" : text.consent;
    this.acts.page.focus("headline");
  }

  give() {
    if (local.ticks.length) void this.acts.send("agree_give", { agreed: local.ticks, name: nameOf(this.#now) });
  }

  /** The question is answered when it is sent: from then on Escape leaves, and Enter does not withdraw twice. */
  withdraw() {
    if (!this.#asks) return;
    void this.acts.send("agree_withdraw", { consent: local.ending });
    local.ending = "";
    this.acts.page.focus("headline");
  }

  /** Whether the screen asks about a withdrawal: one that has come about elsewhere is no question any more. */
  get #asks() {
    return this.#now.standing.some((one) => one.consent === local.ending);
  }

  /** A tablet without a keyboard gets letters for the name. */
  touchName() {
    if (!matchMedia("(hover: none)").matches) return;
    local.letters = true;
    this.#draw();
  }

  typeName(text) {
    local.name = text.slice(0, LONGEST_NAME);
    this.#draw();
  }

  closeLetters() {
    local.letters = false;
    this.acts.page.focus("headline");
  }

  // The camera, and the way out

  look() {
    void this.acts.send("agree_look");
  }

  language() {
    void this.acts.send("agree_language", { language: currentLanguage() === "ru" ? "en" : "ru" });
  }

  /** One step back where there is one: a withdrawal that was only asked for. */
  leave() {
    if (local.letters) this.closeLetters();
    else if (this.#asks) {
      local.ending = "";
      this.acts.page.focus("headline");
    } else void this.acts.send("agree_leave");
  }

  // The keyboard

  key(code) {
    const { step, face } = this.#now;
    const entered = {
      phone: () => this.send(),
      code: () => this.code(),
      choose: () => (this.#asks ? this.withdraw() : this.give()),
      face: () => face !== "looking" && this.look(),
      done: () => this.leave(),
    };
    if (code === "Escape") this.leave();
    else if (code === "Enter") entered[step]?.();
    else if (code === "Backspace") local.entry = local.entry.slice(0, -1);
    else if (code === "Delete") local.entry = "";
    else if (SCROLLS[code]) document.querySelector(".agree-boxes")?.scrollBy({ top: SCROLLS[code] });
    this.#draw();
  }

  type(typed) {
    const { step } = this.#now;
    if (document.activeElement?.id === "agree-name") this.acts.page.insert("agree-name", typed);
    else if (step === "choose" && /^[1-9]$/.test(typed)) this.#pick(Number(typed) - 1);
    else if (step === "phone" || step === "code") this.#type(typed);
  }

  #pick(at) {
    const item = agreeItems(this.#now)[at];
    if (item?.consent) this.end(item);
    else if (item) this.tick(item, false);
  }
}
