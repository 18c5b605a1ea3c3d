/** Before and instead of selling: sign in, open the shift, the page that stops everything. */

import { h } from "../../kit/dom.js";
import { sumParts } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { badge, key } from "../../kit/parts.js";
import { note, plain, rich, t } from "../../kit/texts.js";
import { padded, shownAmount } from "../amounts.js";
import { local } from "../local.js";
import { answers } from "./case.js";
import { endDot } from "./frame.js";
import { pad } from "./pad.js";
import { joined } from "./told.js";

function refusal(view) {
  const own = local.said && performance.now() < local.said.untilMs ? local.said.note : null;
  const told = own ?? view.said;
  return h(
    "p",
    { key: "said", class: `said ${told ? "refusal" : "hollow"}`, role: "status" },
    told ? [icon("down"), h("span", null, rich(joined(told)))] : null,
  );
}

export function locked({ view, acts }) {
  const person = view.cashiers[local.cashier - 1];
  const pick = (at) => {
    Object.assign(local, { cashier: at + 1, pin: "" });
    acts.page.sounds.unlock();
    acts.page.draw();
  };
  return h(
    "section",
    { key: "door", class: "card door sign-in", "aria-labelledby": "headline" },
    h(
      "div",
      { class: "door-left" },
      h("h2", { id: "headline", class: "headline", tabindex: "-1" }, t("ui.who_is_at_the_till")),
      h(
        "ol",
        { class: "people" },
        view.cashiers.slice(0, 9).map((cashier, at) =>
          h(
            "li",
            { key: cashier.id },
            h(
              "button",
              {
                type: "button",
                class: `key person ${local.cashier === at + 1 ? "chosen" : ""}`,
                "aria-pressed": String(local.cashier === at + 1),
                on: { click: () => pick(at) },
              },
              h("kbd", { class: "cap" }, String(at + 1)),
              h(
                "span",
                { class: "word" },
                cashier.name,
                cashier.supervisor ? h("span", { class: "under" }, t("ui.is_supervisor")) : null,
              ),
            ),
          ),
        ),
      ),
      h(
        "p",
        { class: "quiet last-shift" },
        view.shift.open
          ? t("ui.shift_is_open", { n: view.shift.number, opened_ms: view.shift.opened_ms })
          : t("ui.shift_was", { n: view.shift.number }),
      ),
    ),
    h(
      "div",
      { class: "door-right" },
      h("h3", { class: "label" }, person ? t("ui.pin_of", { name: person.name }) : t("ui.choose_name")),
      h(
        "div",
        { class: "dots-pin", role: "img", "aria-label": t("ui.pin_digits", { n: local.pin.length }) },
        Array.from({ length: Math.max(4, local.pin.length) }, (_, at) =>
          h("span", { class: at < local.pin.length ? "on" : "" }),
        ),
      ),
      refusal(view),
      pad((typed) => {
        if (typed === "back") local.pin = local.pin.slice(0, -1);
        else if (person && local.pin.length < 12) local.pin += typed;
        acts.page.draw();
      }),
      key({
        id: "sign-in",
        label: t("ui.sign_in"),
        caps: "Enter",
        kind: "centre filled",
        press: () => acts.signIn(),
        "aria-disabled": person && local.pin ? null : "true",
      }),
    ),
  );
}

export function shiftClosed({ view, acts }) {
  const press = (typed) => {
    local.amount = padded(local.amount, typed);
    acts.page.draw();
  };
  const { exceptions } = view.shift;
  return h(
    "section",
    { key: "door", class: "card door", "aria-labelledby": "headline" },
    h(
      "div",
      { class: "door-left" },
      h("h2", { id: "headline", class: "headline", tabindex: "-1" }, t("ui.shift_closed")),
      h("p", { class: "lead" }, t("ui.count_the_drawer")),
      h(
        "div",
        { class: "cash-received" },
        h("label", { class: "label", for: "amount" }, t("ui.float")),
        h(
          "span",
          { class: "amount" },
          h("input", {
            id: "amount",
            type: "text",
            "data-own": "amount",
            inputmode: "none",
            readonly: true,
            autocomplete: "off",
            value: shownAmount(local.amount),
            size: Math.max(1, shownAmount(local.amount).length),
          }),
          h("span", { class: "caret", "aria-hidden": "true" }),
          h("span", { class: "sign" }, sumParts(0).symbol),
        ),
      ),
      refusal(view),
      exceptions.length
        ? h(
            "div",
            { class: "exceptions" },
            h("h3", { class: "label" }, t("ui.exceptions")),
            h(
              "ul",
              null,
              exceptions.map((told, at) =>
                h(
                  "li",
                  { key: `${told.code}-${at}` },
                  icon("attention", "is-attention"),
                  h(
                    "span",
                    null,
                    endDot(plain(note(told).what)),
                    " ",
                    h("span", { class: "quiet" }, rich(note(told).do)),
                  ),
                ),
              ),
            ),
          )
        : null,
    ),
    h(
      "div",
      { class: "door-right" },
      pad(press),
      key({
        id: "open-shift",
        label: t("ui.open_shift"),
        caps: "Enter",
        kind: "centre filled",
        press: () => acts.openShift(),
      }),
      key({ id: "more", label: t("ui.more"), caps: "Insert", press: () => acts.open("more") }),
    ),
  );
}

export function stopped({ view }) {
  const told = note(view.stop);
  return h(
    "section",
    { key: "door", class: "card case down whole", "aria-labelledby": "headline" },
    h(
      "div",
      { class: "case-head" },
      badge("down"),
      h("h2", { id: "headline", class: "headline", tabindex: "-1" }, rich(told.what)),
    ),
    h("div", { class: "case-body" }, answers(told)),
  );
}

export function gone() {
  const told = note({ code: "agent_gone" });
  return h(
    "div",
    { key: "gone", class: "veil", role: "alertdialog", "aria-labelledby": "gone-title" },
    h(
      "section",
      { class: "card case down gone-card" },
      h(
        "div",
        { class: "case-head" },
        badge("down"),
        h("h2", { id: "gone-title", class: "headline", tabindex: "-1" }, rich(told.what)),
      ),
      h("div", { class: "case-body" }, answers(told)),
    ),
  );
}
