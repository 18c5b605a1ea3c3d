/** What a person does with emptied boxes, by key or by touch: open one, type its count, compare, sign. */

import { amountText, padded, typedMinor, withKey } from "./amounts.js";
import { local } from "./local.js";
import { encashmentStage, signers, sumAlone } from "./parts/box_stage.js";
import { chosenOf } from "./parts/signature.js";

const LONGEST_COUNT = 6; // a million pieces fit into no box

export class EncashmentActs {
  /** `acts` gives {view, send(do, args), page}. */
  constructor(acts) {
    this.acts = acts;
  }

  get #now() {
    return this.acts.view.encashment;
  }

  #draw() {
    this.acts.page.draw();
  }

  // The list

  show({ kiosk, device, unit, period }) {
    void this.acts.send("encashment", { kiosk, device, unit, period });
  }

  showChosen() {
    const box = this.#now.boxes[local.panelAt - 1];
    if (box) this.show(box);
  }

  #choose(step, count) {
    local.panelAt = Math.max(1, Math.min(count, (local.panelAt || (step > 0 ? 0 : count + 1)) + step));
    this.#draw();
    document.querySelector(".encashment .menu .chosen")?.scrollIntoView({ block: "nearest" });
  }

  // The count

  /** The row that takes digits. The focus leaves the row's key, so that Enter goes on to the next one. */
  row(at) {
    local.panelAt = at;
    this.acts.page.focus("headline");
    document.querySelector(".encashment .menu .chosen")?.scrollIntoView({ block: "nearest" });
  }

  get #value() {
    return this.#now.pieces[(local.panelAt || 1) - 1]?.value_minor;
  }

  /** A digit of the pad, or its "back". */
  pressed(digit) {
    if (sumAlone(this.#now)) local.entry = padded(local.entry, digit);
    else if (digit === "back") this.#type((text) => text.slice(0, -1));
    else this.#type((text) => text + digit);
    this.#draw();
  }

  #type(change) {
    const value = this.#value;
    if (value === undefined) return;
    const text = change(local.pieces[value] ?? "").replace(/^0+(?=\d)/, "");
    if (text.length <= LONGEST_COUNT) local.pieces = { ...local.pieces, [value]: text };
  }

  switchWay() {
    Object.assign(local, { sumAlone: !local.sumAlone, entry: "", pieces: {}, panelAt: 1 });
    this.acts.page.focus("headline");
  }

  compare() {
    const { pieces } = this.#now;
    const typed = sumAlone(this.#now) ? local.entry !== "" : Object.values(local.pieces).some((text) => text !== "");
    if (!typed) return;
    const args = sumAlone(this.#now)
      ? { sum_minor: typedMinor(local.entry) }
      : { counts: pieces.map(({ value_minor: value }) => [value, Number(local.pieces[value] || "0")]) };
    void this.acts.send("encashment_count", args);
  }

  /** Back to typing: with what was compared, also where another page or an earlier life of this one typed it. */
  #again() {
    const { box, pieces } = this.#now;
    const rows = pieces.filter((row) => row.counted >= 0);
    local.sumAlone = !rows.length;
    local.entry = rows.length ? "" : amountText(box.counted_minor);
    local.pieces = Object.fromEntries(rows.map((row) => [row.value_minor, String(row.counted)]));
    local.panelAt = 1;
    void this.acts.send("encashment_again");
  }

  sign() {
    const person = chosenOf(signers(this.acts.view), this.acts.view);
    if (!person || local.pin.length < 3) {
      this.acts.page.focus("pin");
      return;
    }
    const args = { person: person.id, pin: local.pin };
    local.pin = "";
    void this.acts.send("encashment_sign", args);
  }

  back() {
    const stage = encashmentStage(this.#now);
    if (stage === "list") void this.acts.send("encashment_leave");
    else if (stage === "compared") this.#again();
    else void this.acts.send("encashment", {});
  }

  // The keyboard

  key(code) {
    const stage = encashmentStage(this.#now);
    if (code === "Escape") this.back();
    else if (stage === "list") this.#keyOfList(code);
    else if (stage === "count") this.#keyOfCount(code);
    else if (stage === "compared" && code === "Enter") this.sign();
    else if (stage === "compared" && code === "Backspace") local.pin = local.pin.slice(0, -1);
    else if (stage === "counted" && code === "Enter") this.back();
    this.#draw();
  }

  #keyOfList(code) {
    const { boxes } = this.#now;
    if (code === "Enter") this.showChosen();
    else if (code === "ArrowUp" && boxes.length) this.#choose(-1, boxes.length);
    else if (code === "ArrowDown" && boxes.length) this.#choose(1, boxes.length);
  }

  #keyOfCount(code) {
    const { pieces } = this.#now;
    const alone = sumAlone(this.#now);
    local.panelAt ||= 1;
    if (code === "Enter" && (alone || local.panelAt >= pieces.length)) this.compare();
    else if (code === "Enter") this.#choose(1, pieces.length);
    else if (code === "Backspace") this.pressed("back");
    else if (code === "Delete" && alone) local.entry = "";
    else if (code === "Delete") this.#type(() => "");
    else if (code === "ArrowUp" && !alone) this.#choose(-1, pieces.length);
    else if (code === "ArrowDown" && !alone) this.#choose(1, pieces.length);
  }

  type(typed) {
    const stage = encashmentStage(this.#now);
    if (stage === "compared" && /^\d$/.test(typed) && local.pin.length < 12) local.pin += typed;
    else if (stage === "count" && sumAlone(this.#now)) local.entry = withKey(local.entry, typed);
    else if (stage === "count" && /^\d$/.test(typed)) this.#type((text) => text + typed);
  }
}
