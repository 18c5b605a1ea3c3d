/** Taking cash, waiting for the card terminal, making the receipt: one number large, one next act. */

import { h } from "../../kit/dom.js";
import { elapsed, money, pieces, quickSums, roundMoney, sumParts } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { badge, display, key, pair } from "../../kit/parts.js";
import { note, plain, rich, t } from "../../kit/texts.js";
import { amountText, padded, shownAmount, typedMinor } from "../amounts.js";
import { local } from "../local.js";
import { lockedBasket } from "./basket.js";
import { pad } from "./pad.js";
import { answered, joined } from "./told.js";

function changeCard({ view, acts }, due) {
  const received = typedMinor(local.amount);
  const enough = received !== null && received >= due;
  if (enough) {
    const given = pieces(received - due);
    return h(
      "section",
      { key: "change", class: "change-card enough" },
      h("h2", { class: "label is-ok" }, t(received > due ? "ui.change" : "ui.no_change")),
      display(received - due, "change"),
      given.length
        ? h(
            "p",
            { class: "hand-out" },
            h("span", null, t("ui.hand_out")),
            " ",
            h("b", null, given.map(roundMoney).join(" + ")),
          )
        : null,
    );
  }
  const card = view.tenders.find((tender) => tender.means === "card");
  const left = due - (received ?? 0);
  return h(
    "section",
    { key: "short", class: "change-card" },
    h("h2", { class: "label quiet" }, t(received ? "ui.left" : "ui.type_received")),
    display(left, received ? "change" : "change faint"),
    received && card
      ? key({
          id: "rest-card",
          label: t("ui.rest_by_card"),
          glyph: "card",
          caps: "F2",
          press: () => acts.restByCard(),
          off: card.available ? undefined : plain(note(card.note).what),
        })
      : null,
  );
}

export function cash(context) {
  const { view, acts } = context;
  const { sale } = view;
  const due = sale.left_minor;
  const received = typedMinor(local.amount);
  const press = (typed) => {
    local.quick = -1;
    local.amount = padded(local.amount, typed);
    acts.page.draw();
  };
  const told = local.said && performance.now() < local.said.untilMs ? local.said.note : (view.trouble ?? view.said);
  const rounded = Math.abs(sale.rounding_minor);
  return [
    h(
      "section",
      { key: "left", class: "cash-left", "data-money": true },
      h(
        "div",
        { class: "card cash-due" },
        h("h2", { class: "label", tabindex: "-1", id: "headline" }, t("ui.due_cash")),
        h(
          "div",
          { class: "due-sums" },
          h("div", { class: "display sub" }, money(due)),
          rounded
            ? h(
                "p",
                { class: "quiet" },
                t(sale.rounding_minor < 0 ? "ui.rounded_shopper" : "ui.rounded", { sum_minor: rounded }),
              )
            : null,
        ),
      ),
      h(
        "div",
        { class: "cash-received" },
        h("label", { class: "label", for: "amount" }, t("ui.received")),
        h(
          "span",
          { class: "amount" },
          h("input", {
            id: "amount",
            type: "text",
            "data-own": "amount",
            inputmode: "none",
            autocomplete: "off",
            readonly: true,
            value: shownAmount(local.amount),
            "aria-label": t("ui.received"),
            size: Math.max(1, shownAmount(local.amount).length),
          }),
          h("span", { class: "caret", "aria-hidden": "true" }),
          h("span", { class: "sign" }, sumParts(0).symbol),
        ),
      ),
      changeCard(context, due),
      told
        ? h(
            "p",
            { key: "said", class: "said refusal", role: "status" },
            icon("down"),
            h("span", null, rich(joined(told))),
          )
        : null,
      key({
        id: "take-cash",
        label: t("ui.take_and_seal"),
        caps: "Enter",
        kind: "centre filled take",
        press: () => acts.takeCash(),
        "aria-disabled": received !== null && received >= due ? null : "true",
      }),
    ),
    h(
      "aside",
      { key: "right", class: "cash-right", "aria-label": t("ui.pad") },
      h(
        "div",
        { class: "quick", role: "group", "aria-label": t("hints.quick_sums") },
        quickSums(due).map((sum, at) =>
          key({
            id: `quick-${at}`,
            label: at ? roundMoney(sum) : h("span", null, h("small", null, t("ui.exact")), roundMoney(sum)),
            kind: `centre quick-key ${local.quick === at ? "chosen" : ""}`,
            press: () => {
              Object.assign(local, { quick: at, amount: amountText(sum) });
              acts.page.draw();
            },
          }),
        ),
      ),
      pad(press),
      key({
        id: "back",
        label: t("ui.back_to_basket"),
        glyph: "undo",
        caps: "Esc",
        press: () => void acts.send("back"),
      }),
    ),
  ];
}

/** Right side of everything that waits: the sum in question and the locked basket. */
export function waitingSide(context, { label, minor, facts, title, bottom, glyph }) {
  return h(
    "aside",
    { key: "right", class: "side-right narrow", "aria-label": label },
    h(
      "section",
      { key: "sum", class: "card total-card" },
      h("h2", { class: "label" }, glyph ? icon(glyph, "is-ok") : null, h("span", null, label)),
      display(minor, "total short"),
      h(
        "div",
        { class: "facts-list quiet" },
        facts.filter(Boolean).map(([name, value]) => pair(name, value)),
      ),
    ),
    lockedBasket(context, title),
    h("div", { key: "room", class: "room" }),
    answered(context.view, context.view.trouble),
    bottom,
  );
}

export function card(context) {
  const { view, acts, clock } = context;
  const running = view.sale?.payments.find((made) => made.state === "running");
  const refund = view.sale?.act === "refund";
  const minor = running?.sum_minor ?? view.sale?.left_minor ?? 0;
  const waited = view.card_since_ms ? clock.now() - view.card_since_ms : 0;
  const told = note({ code: view.stop_asked ? "stop_asked" : refund ? "refund_running" : "card_running" });
  const progress = note(view.card_progress).what || view.card_progress?.params?.text;
  return [
    h(
      "section",
      { key: "left", class: "card case busy", "aria-labelledby": "headline" },
      h(
        "div",
        { class: "case-head" },
        badge("busy"),
        h("h2", { id: "headline", class: "headline", tabindex: "-1" }, rich(told.what)),
      ),
      h(
        "div",
        { class: "case-body running" },
        display(minor, "change"),
        h("p", { class: "lead" }, rich(told.do)),
        waited >= 1000 ? h("p", { class: "quiet" }, t("ui.so_far", { waited: elapsed(waited) })) : null,
        progress
          ? h(
              "div",
              { class: "terminal-says" },
              icon("card"),
              h("span", null, h("span", { class: "caption line" }, t("ui.terminal_says")), progress),
            )
          : null,
        h("div", { class: "room" }),
        key({
          id: "stop-card",
          label: t(view.stop_asked ? "ui.stop_was_asked" : "ui.stop"),
          glyph: "close",
          caps: "Esc",
          off: view.stop_asked ? "" : undefined,
          kind: "fit",
          press: () => acts.stopCard(),
        }),
      ),
    ),
    waitingSide(context, {
      label: t(refund ? "ui.refund_to_card" : "ui.card_payment"),
      minor,
      title: t("ui.locked"),
      facts: [],
      bottom: null,
    }),
  ];
}

export function working(context) {
  const { view } = context;
  const told = note({ code: "paid_making_receipt" });
  const paid = view.sale?.payments.find((made) => made.means === "card" && made.state === "approved");
  return [
    h(
      "section",
      { key: "left", class: "card case busy", "aria-labelledby": "headline" },
      h(
        "div",
        { class: "case-head" },
        badge("busy"),
        h("h2", { id: "headline", class: "headline", tabindex: "-1" }, rich(paid ? told.what : t("ui.making_receipt"))),
      ),
      h(
        "div",
        { class: "case-body running" },
        display(view.sale?.total_minor ?? 0, "change"),
        h("p", { class: "lead" }, t("ui.sealing_wait")),
      ),
    ),
    waitingSide(context, {
      label: t(paid ? "paid_by.card" : "ui.total"),
      minor: view.sale?.total_minor ?? 0,
      facts: [],
      title: t("ui.locked"),
      bottom: null,
    }),
  ];
}
