/** The keyboard of the till: which key does what in which state. Nothing here is a printable key; those come as typing. */

import { UNKNOWN_KINDS } from "./acts.js";
import { amountText, padded, withKey } from "./amounts.js";
import { local } from "./local.js";
import { menuItems, pressMenu } from "./parts/menu.js";
import { restoreAct } from "./parts/restore.js";
import { quickSums } from "../kit/format.js";

const OURS = new Set([
  "F2",
  "F9", // not F8: scanners spell the group separator with it
  "End",
  "Home",
  "Insert",
  "Delete",
  "Enter",
  "NumpadEnter",
  "Escape",
  "ArrowUp",
  "ArrowDown",
  "PageUp",
  "PageDown",
  "Backspace",
]);
const EDITS = new Set(["Home", "End", "Delete", "Backspace", "ArrowLeft", "ArrowRight"]);
const ENTRY = new Set(["quantity", "discount", "cash_in", "cash_out", "refund", "collect", "contact", "credit"]);

export class Keys {
  constructor(acts, page) {
    this.acts = acts;
    this.page = page;
  }

  /** Which table of keys applies now. */
  get state() {
    const { view } = this.page;
    if (local.panel) return "panel";
    if (view.screen !== "case") return view.screen;
    if (view.case?.ways.length) return "choice";
    return "unknown";
  }

  command(event) {
    const { view } = this.page;
    if (!view || event.ctrlKey || event.altKey || event.metaKey || !OURS.has(event.code)) return;
    if (event.code === "F9" && !view.guests?.length) return; // nobody is here: the key is the browser's
    const field = document.activeElement;
    const typing = field instanceof HTMLInputElement && field.value !== "" && !field.dataset.own;
    if (typing && EDITS.has(event.code)) return; // the field is edited
    if (field instanceof HTMLSelectElement && event.code.startsWith("Arrow")) return;
    event.preventDefault();
    if (event.repeat && event.code !== "Backspace" && !event.code.startsWith("Arrow")) return;
    if (event.repeat && event.code === "Backspace" && !typing && !local.amount && !local.entry && !local.pin) return;
    if (local.gone) return;
    const code = event.code === "NumpadEnter" ? "Enter" : event.code;
    if (
      code === "Enter" &&
      field instanceof HTMLButtonElement &&
      field.getAttribute("role") !== "checkbox" && // Space ticks; Enter confirms, as the footer says
      !field.closest("[data-money]") &&
      this.state !== "choice" &&
      !(this.state === "selling" && local.text)
    ) {
      field.click();
      return;
    }
    this[`in_${this.state}`]?.(code);
  }

  /** Printable keys that turned out to be typing. */
  type(typed, code) {
    const { view } = this.page;
    if (!view || local.gone) return;
    if (typed === " " && document.activeElement instanceof HTMLButtonElement) {
      document.activeElement.click();
      return;
    }
    if (typed === "?" && !local.text && !local.entry) {
      this.acts.open(local.panel === "keys" ? "" : "keys");
      return;
    }
    if (local.panel) this.#typeInPanel(typed);
    else this[`type_${this.state}`]?.(typed, code);
    this.page.draw();
  }

  // Selling and receipt

  in_selling(code) {
    const { acts } = this;
    const searching = local.text !== "";
    const act = {
      F2: () => (this.page.view.sale?.act === "refund" ? acts.refundPay() : acts.tender("card")),
      End: () => !searching && this.page.view.sale?.act !== "refund" && acts.tender("cash"),
      Enter: () => searching && acts.takeResult(),
      Escape: () => searching && acts.clearSearch(),
      ArrowUp: () => (searching ? acts.moveResult(-1) : acts.selectBy(-1)),
      ArrowDown: () => (searching ? acts.moveResult(1) : acts.selectBy(1)),
      PageUp: () => (searching ? acts.moveResult(-5) : acts.selectBy(-8)),
      PageDown: () => (searching ? acts.moveResult(5) : acts.selectBy(8)),
      Delete: () => !searching && acts.remove(),
      Backspace: () => !searching && acts.undo(),
      Home: () => !searching && acts.park(),
      Insert: () => acts.open("more"),
      F9: () => acts.guest.wrong(),
    }[code];
    act?.();
  }

  type_selling(typed, code) {
    const { acts } = this;
    const numpad = code.startsWith("Numpad");
    const empty = local.text === "";
    if (typed === "+" && (empty || numpad)) acts.quantityBy(1);
    else if ((typed === "-" || typed === "−") && (empty || numpad)) acts.quantityBy(-1);
    else if (typed === "*" && /^\d+([.,]\d{1,3})?$/.test(local.text)) {
      acts.setQuantity(Math.round(Number(local.text.replace(",", ".")) * 1000));
      acts.clearSearch();
    } else if (typed === "*" && empty) acts.open("quantity");
    else if ((typed === "%" && empty) || code === "NumpadDivide") acts.open("discount");
    else if (typed === " " && empty && this.page.view.sale?.act === "refund") {
      if (acts.line) acts.toggleReturn(acts.line);
    } else this.page.insert("search", typed, acts);
  }

  in_receipt(code) {
    const searching = local.text !== "";
    if (code === "Insert") this.acts.open("more");
    else if (searching && code !== "F2") this.in_selling(code);
    else if (code === "Enter" || code === "Escape") this.acts.newSale();
    else if (code === "ArrowUp" || code === "PageUp") this.page.scrollReceipt(code === "PageUp" ? -320 : -60);
    else if (code === "ArrowDown" || code === "PageDown") this.page.scrollReceipt(code === "PageDown" ? 320 : 60);
  }

  type_receipt(typed, code) {
    if (!code.startsWith("Numpad") || /\d/.test(typed)) this.page.insert("search", typed, this.acts);
  }

  // Paying

  in_cash(code) {
    const { acts } = this;
    if (code === "Enter") acts.takeCash();
    else if (code === "F2") acts.restByCard();
    else if (code === "Escape") void acts.send("back");
    else if (code === "Delete") local.amount = "";
    else if (code === "Backspace") local.amount = local.amount.slice(0, -1).replace(/,$/, "");
    else if (code.startsWith("Arrow") || code.startsWith("Page"))
      this.#quick(code === "ArrowUp" || code === "PageUp" ? -1 : 1);
    this.page.draw();
  }

  #quick(step) {
    const sums = quickSums(this.page.view.sale.left_minor);
    local.quick = Math.max(0, Math.min(sums.length - 1, local.quick + step));
    local.amount = amountText(sums[local.quick]);
  }

  type_cash(typed) {
    local.quick = -1;
    local.amount = withKey(local.amount, typed);
  }

  in_card(code) {
    if (code === "Escape") this.acts.stopCard();
    else if (code === "Insert") void this.acts.send("call_supervisor");
  }

  // Cases

  in_unknown(code) {
    if (code === "Insert") void this.acts.send("call_supervisor");
    else if (code === "Home") this.acts.nextShopper();
  }

  in_choice(code) {
    const { acts } = this;
    const { ways, kind } = this.page.view.case;
    if (code === "Enter") acts.confirmChoice();
    else if (code === "Escape") Object.assign(local, { choice: 0, pin: "", asksPin: false });
    else if (code === "ArrowUp" || code === "PageUp") acts.choose(Math.max(0, local.choice - 2));
    else if (code === "ArrowDown" || code === "PageDown") acts.choose(Math.min(ways.length - 1, local.choice));
    else if (code === "Home" && (UNKNOWN_KINDS.has(kind) || this.page.view.case.next_shopper_ms)) acts.nextShopper();
    else if (code === "Insert") void acts.send("call_supervisor");
    else if (code === "Backspace") local.pin = local.pin.slice(0, -1);
    this.page.draw();
    if (code === "Escape") this.page.focusHome();
  }

  type_choice(typed) {
    if (document.activeElement?.id === "pin") {
      if (/^\d$/.test(typed) && local.pin.length < 12) local.pin += typed;
    } else if (/^[1-9]$/.test(typed)) this.acts.choose(Number(typed) - 1);
  }

  // Claim slips: a list where a number is typed, or one slip that somebody signs for

  in_claim(code) {
    const { acts } = this;
    const { claim } = this.page.view;
    if (!claim) return;
    const items = [...(claim.questions ?? []), ...claim.owed];
    if (code === "Escape" && local.mode) Object.assign(local, { mode: "", pin: "", reason: "" });
    else if (code === "Escape") acts.leaveClaim();
    else if (claim.question && code === "Enter") acts.doOld();
    else if (claim.question && code === "Backspace" && document.activeElement?.id === "owed")
      local.amount = padded(local.amount, "back");
    else if (claim.question && code === "Backspace") local.pin = local.pin.slice(0, -1);
    else if (claim.question) return;
    else if (claim.elsewhere && code === "Enter") acts.askClaim();
    else if (claim.elsewhere) return;
    else if (claim.slip && code === "Enter") acts.doClaim();
    else if (claim.slip && code === "Backspace") local.pin = local.pin.slice(0, -1);
    else if (claim.slip) return;
    else if (code === "Enter" && !local.entry && items[local.panelAt - 1]?.key) acts.showOld(items[local.panelAt - 1].key);
    else if (code === "Enter") acts.showClaim(local.entry || (items[local.panelAt - 1]?.number ?? ""));
    else if (code === "Backspace") local.entry = local.entry.slice(0, -1);
    else if (code === "Delete") local.entry = "";
    else if (code === "ArrowUp") local.panelAt = Math.max(1, local.panelAt - 1);
    else if (code === "ArrowDown") local.panelAt = Math.min(items.length, local.panelAt + 1);
    this.page.draw();
  }

  type_claim(typed) {
    const { claim } = this.page.view;
    if (document.activeElement?.id === "why") this.page.insert("why", typed);
    else if (claim?.elsewhere) return;
    else if (claim?.question && !local.mode) return;
    else if (document.activeElement?.id === "owed") local.amount = withKey(local.amount, typed);
    else if (!claim?.slip && !claim?.question) local.entry = (local.entry + typed).slice(0, 40);
    else if (/^\d$/.test(typed) && local.pin.length < 12) local.pin += typed;
  }

  // Emptied boxes

  in_encashment(code) {
    this.acts.encashment.key(code);
  }

  type_encashment(typed) {
    this.acts.encashment.type(typed);
  }

  // Somebody who agrees to be known

  in_agree(code) {
    this.acts.agree.key(code);
  }

  type_agree(typed) {
    this.acts.agree.type(typed);
  }

  // Before selling

  in_locked(code) {
    const people = this.page.view.cashiers.length;
    if (code === "Enter") this.acts.signIn();
    else if (code === "Escape") Object.assign(local, { cashier: 0, pin: "" });
    else if (code === "Backspace" || code === "Delete") local.pin = code === "Delete" ? "" : local.pin.slice(0, -1);
    else if (code === "ArrowUp") Object.assign(local, { cashier: Math.max(1, local.cashier - 1), pin: "" });
    else if (code === "ArrowDown") Object.assign(local, { cashier: Math.min(people, local.cashier + 1), pin: "" });
    this.page.draw();
  }

  type_locked(typed) {
    if (!/^\d$/.test(typed)) return;
    if (!local.cashier && this.page.view.cashiers[Number(typed) - 1]) local.cashier = Number(typed);
    else if (local.cashier && local.pin.length < 12) local.pin += typed;
  }

  in_shift_closed(code) {
    if (code === "Enter") this.acts.openShift();
    else if (code === "Insert") this.acts.open("more");
    else if (code === "Delete") local.amount = "";
    else if (code === "Backspace") local.amount = local.amount.slice(0, -1).replace(/,$/, "");
    this.page.draw();
  }

  type_shift_closed(typed) {
    local.amount = withKey(local.amount, typed);
  }

  in_restore(code) {
    const act = restoreAct(this.page.view);
    if (code === "Enter" && act) void this.acts.send(act);
    else if (code === "Insert") this.acts.open("more");
  }

  in_stopped(code) {
    if (code === "Insert") this.acts.open("more");
  }

  // Panels: lists choose by digit and confirm by Enter; pads take digits

  in_panel(code) {
    const { acts } = this;
    const items = menuItems(local.panel, this.page.view);
    if (code === "Escape" || (code === "Insert" && local.panel === "more")) acts.close();
    else if (code === "ArrowUp") local.panelAt = Math.max(1, local.panelAt - 1);
    else if (code === "ArrowDown") local.panelAt = Math.min(items.length, local.panelAt + 1);
    else if (code === "Enter" && (local.panelAt || ENTRY.has(local.panel))) pressMenu(acts, items[local.panelAt - 1]);
    else if (code === "Backspace" && ENTRY.has(local.panel)) local.entry = local.entry.slice(0, -1);
    else if (code === "Delete") local.entry = "";
    this.page.draw();
  }

  #typeInPanel(typed) {
    if (local.panel === "contact" || document.activeElement?.id === "reason")
      this.page.insert(document.activeElement?.id, typed);
    else if (["refund", "collect", "credit"].includes(local.panel)) local.entry = (local.entry + typed).slice(0, 40);
    else if (ENTRY.has(local.panel)) local.entry = withKey(local.entry, typed);
    else {
      const items = menuItems(local.panel, this.page.view);
      const at = items.findIndex((item) => item.digit === typed);
      if (at >= 0) local.panelAt = at + 1;
    }
  }
}
