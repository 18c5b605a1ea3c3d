/** Money that a restored kiosk has by its backup: what became of it a supervisor says, nothing is given by itself. */

import { h } from "../../kit/dom.js";
import { date, time } from "../../kit/format.js";
import { display, key, pair } from "../../kit/parts.js";
import { rich, t } from "../../kit/texts.js";
import { amountText, typedMinor } from "../amounts.js";
import { local } from "../local.js";
import { chosenOf, signature } from "./signature.js";
import { answered } from "./told.js";

const MODES = ["settled", "owed"];

/** What the person chose to say; "" before that. */
export const oldMode = () => (MODES.includes(local.mode) ? local.mode : "");

/** How much is owed by that word. A booking is made whole or not at all. */
export function oldOwedMinor(question) {
  if (oldMode() !== "owed") return 0;
  return question.kind === "booking" ? question.sum_minor : (typedMinor(local.amount) ?? 0);
}

/** May it be signed? A sum of nothing is the other answer, one above what was asked about is none. */
export function oldReady(question) {
  const owed = oldOwedMinor(question);
  return oldMode() === "settled" || (oldMode() === "owed" && owed > 0 && owed <= question.sum_minor);
}

export const supervisors = (view) => view.cashiers.filter((person) => person.supervisor);

export function chooseOld(mode, question, page) {
  Object.assign(local, { mode, pin: "", person: "", amount: amountText(question.sum_minor) });
  page.focus("pin");
}

function facts(question) {
  return h(
    "div",
    { key: "facts", class: "facts-list" },
    pair(t("claims.from"), question.kiosk),
    question.number ? pair(t("claims.old_purchase"), question.number) : null,
    question.at_ms ? pair(t("claims.old_begun"), `${date(question.at_ms)}, ${time(question.at_ms)}`) : null,
    question.receipts.length ? pair(t("claims.old_receipts"), question.receipts.join(", ")) : null,
  );
}

function owedSum(question, page) {
  if (oldMode() !== "owed" || question.kind === "booking") return null;
  return h(
    "label",
    { key: "owed", class: "pin-part old-owed" },
    h("span", { class: "quiet" }, t("claims.old_how_much")),
    h("input", {
      id: "owed",
      type: "text",
      "data-own": "owed",
      inputmode: "decimal",
      autocomplete: "off",
      maxlength: "11",
      value: local.amount,
      "aria-label": t("claims.old_how_much"),
      on: {
        input: (event) => {
          local.amount = event.target.value.replace(".", ",").replace(/[^\d,]/g, "");
          page.draw();
        },
      },
    }),
  );
}

function signing({ view, acts }, question) {
  const mode = oldMode();
  const people = supervisors(view);
  const words = question.kind === "booking" ? `claims.old_do_booking_${mode}` : `claims.old_do_${mode}`;
  return h(
    "div",
    { key: `sign-${mode}`, class: "claim-sign" },
    owedSum(question, acts.page),
    signature({ view, acts }, people, chosenOf(people, view), t("ui.supervisor")),
    key({
      id: "claim-old-do",
      label: t(words, { sum_minor: oldOwedMinor(question) }),
      caps: "Enter",
      kind: "centre filled",
      off: oldReady(question) && local.pin.length >= 3 ? undefined : "",
      press: () => acts.doOld(),
    }),
  );
}

export function question(context) {
  const { view, acts } = context;
  const { question: asked } = view.claim;
  const mode = oldMode();
  const word = (name) => (asked.kind === "booking" ? `claims.old_mode_booking_${name}` : `claims.old_mode_${name}`);
  return [
    h(
      "div",
      { key: "left", class: "door-left" },
      h(
        "h2",
        { id: "headline", class: "headline", tabindex: "-1", "data-state": `old-${asked.kind}` },
        t(`claims.old_head_${asked.kind}`),
      ),
      display(asked.sum_minor, "short"),
      h("p", { key: "lead", class: "lead" }, rich(t(`claims.old_lead_${asked.kind}`))),
      h("p", { key: "safe", class: "quiet" }, t("claims.old_safe")),
      facts(asked),
    ),
    h(
      "div",
      { key: "right", class: "door-right" },
      answered(view),
      mode ? signing(context, asked) : h("p", { key: "choose", class: "lead" }, t("claims.old_choose")),
      MODES.filter((name) => name !== mode).map((name) =>
        key({ id: `claim-old-${name}`, label: t(word(name)), press: () => chooseOld(name, asked, acts.page) }),
      ),
      key({ id: "claim-leave", label: t("claims.back"), caps: "Esc", press: () => acts.leaveClaim() }),
    ),
  ];
}
