/** Staff mode: what each cash unit holds, taking a cassette out, claims still owed, devices, the shift, a stuck receipt. */

import { h } from "../../kit/dom.js";
import { date, money, roundMoney, time } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { chip, display, key } from "../../kit/parts.js";
import { has, note, rich, sentence, t, wayNote } from "../../kit/texts.js";
import { local } from "../local.js";
import { isCoin, moneyColour } from "../money_look.js";
import { act, headline, look, told } from "./frame.js";

const FIRM = { firm: true };
const TABS = ["money", "claims", "devices", "shift"];
const UNIT_STATE = {
  away: "down",
  trouble: "down",
  closed: "busy",
  open: "ok",
  checking: "busy",
  escrow: "busy",
  stacking: "busy",
};
const STUCK = new Set(["paid_unsealed", "in_doubt"]);
const CHOICES = ["retry_seal", "cancel_payment", "owe_correction"];

export function staff(context) {
  const { view, acts } = context;
  const { staff: told_ } = view;
  if (!told_) return [look(), act()];
  const body = { money: moneyTab, claims: claimsTab, devices: devicesTab, shift: shiftTab }[local.tab] ?? moneyTab;
  return [
    look(
      headline(t("kiosk.staff_mode")),
      h("p", { key: "who", class: "lead" }, icon("person"), told_.person),
      told(view, null),
    ),
    act(
      stuck(context),
      h(
        "div",
        { key: "tabs", class: "staff-tabs", role: "group", "aria-label": t("kiosk.staff_mode") },
        TABS.map((name) =>
          key({
            id: `tab-${name}`,
            label: t(`kiosk.tab_${name}`, { n: told_.claims.length + (told_.questions?.length ?? 0) }),
            kind: name === local.tab ? "centre is-chosen" : "centre",
            "aria-pressed": String(name === local.tab),
            press: () => acts.tab(name),
          }),
        ),
      ),
      h(
        "div",
        {
          key: `body-${local.tab}`,
          class: "staff-body",
          tabindex: "0",
          role: "region",
          "aria-label": t(`kiosk.tab_${local.tab}`, { n: told_.claims.length + (told_.questions?.length ?? 0) }),
        },
        body(context),
      ),
      h(
        "div",
        { key: "keys", class: "keys" },
        key({
          id: "staff-leave",
          label: t("kiosk.staff_leave"),
          glyph: "lock",
          kind: "centre tall",
          press: () => void acts.send("staff_leave"),
        }),
      ),
    ),
  ];
}

/** The first press asks, the second does: the key keeps its place and says what it is about to do. */
function twice(acts, id, label, doing, args, more = {}) {
  const sure = local.sure === id;
  return key({
    id,
    label: sure ? t("kiosk.sure", { what: t(label) }) : t(label),
    kind: `centre ${sure ? "chosen" : ""} ${more.kind ?? ""}`,
    glyph: more.glyph,
    press: () => acts.sure(id, doing, args, more.firm),
  });
}

/** Money that was received and has no receipt: whoever stands here may end it. */
function stuck({ view, acts }) {
  if (!view.case || !view.sale || !STUCK.has(view.sale.phase)) return null;
  const told_ = note(view.case);
  return h(
    "section",
    { key: "stuck", class: "card stuck" },
    h("h3", null, icon("attention", "is-attention"), h("span", null, rich(told_.what))),
    display(view.sale.total_minor, "sub"),
    h(
      "div",
      { class: "stuck-keys" },
      view.sale.phase === "in_doubt"
        ? h("p", { key: "wait", class: "quiet" }, rich([told_.safe, told_.do].filter(Boolean).join(" ")))
        : CHOICES.map((choice) => {
            const id = `resolve-${choice}`;
            const words = wayNote({
              note: { code: choice, params: choice === "cancel_payment" ? { sum_minor: view.sale.paid_minor } : {} },
            });
            return key({
              id,
              label: local.sure === id ? t("kiosk.sure", { what: words.what }) : words.what,
              under: words.do,
              kind: local.sure === id ? "chosen" : "",
              press: () => acts.sure(id, "resolve", { choice }),
            });
          }),
    ),
  );
}

function moneyTab({ view, acts }) {
  const { units, last_encashment: last } = view.staff;
  return [
    units.map((unit) => unitCard(unit, view, acts)),
    units.length ? null : h("p", { key: "none", class: "nothing" }, t("kiosk.no_units")),
    last ? h("p", { key: "last", class: "quiet" }, sentence(last)) : null,
  ];
}

function pieceRows(rows, currency, words) {
  return h(
    "table",
    { key: words, class: "counts" },
    h("caption", { class: "label small" }, t(words)),
    h(
      "tbody",
      null,
      rows.map(([value, count]) =>
        h(
          "tr",
          { key: String(value) },
          h(
            "th",
            { scope: "row" },
            h(
              "span",
              {
                class: `swatch ${isCoin(value, currency) ? "round" : ""}`,
                style: { background: moneyColour(value, currency) },
              },
              roundMoney(value),
            ),
          ),
          h("td", { class: "num" }, `× ${count}`),
          h("td", { class: "num" }, money(value * count)),
        ),
      ),
    ),
  );
}

function unitCard(unit, { currency }, acts) {
  const id = `${unit.device}-${unit.unit}`;
  const where = { device: unit.device, unit: unit.unit };
  const stateWord = has(`kiosk.unit_${unit.state}`) ? t(`kiosk.unit_${unit.state}`) : unit.state;
  return h(
    "section",
    { key: `unit-${id}`, class: "card unit", "data-unit": id },
    h(
      "div",
      { class: "unit-head" },
      h("div", null, h("h3", null, unit.title), h("p", { class: "quiet" }, t("kiosk.serial", { serial: unit.serial }))),
      chip(UNIT_STATE[unit.state] ?? "unknown", stateWord),
    ),
    unit.note
      ? h(
          "p",
          { key: "note", class: "unit-note" },
          icon("attention", "is-attention"),
          h("span", null, sentence(unit.note)),
        )
      : null,
    h(
      "div",
      { class: "unit-tables" },
      unit.counts.length
        ? pieceRows(unit.counts, currency, "kiosk.since_encashment")
        : h("p", { key: "empty", class: "quiet" }, t("kiosk.unit_empty")),
      unit.levels.length ? pieceRows(unit.levels, currency, "kiosk.can_give") : null,
    ),
    h(
      "div",
      { class: "unit-sum" },
      h("span", { class: "label" }, t("kiosk.counted")),
      display(unit.counted_minor, "sub"),
      unit.doubts
        ? h(
            "p",
            { key: "doubt", class: "doubt-line is-unknown" },
            icon("unknown"),
            t("kiosk.doubts", { n: unit.doubts, sum: money(unit.doubted_minor) }),
          )
        : null,
    ),
    cassetteKeys(unit, where, id, acts),
  );
}

/** An encashment: opening it is an authorisation, and until it is closed or cancelled the unit takes nothing. */
function cassetteKeys(unit, where, id, acts) {
  if (!unit.may_encash) return null;
  if (unit.cassette === "open")
    return h(
      "div",
      { key: "cassette", class: "unit-keys" },
      h("p", { class: "quiet" }, t("kiosk.encash_doing")),
      twice(acts, `encash-close-${id}`, "kiosk.encash_close", "encash_close", where, { glyph: "check" }),
      key({
        id: `encash-cancel-${id}`,
        label: t("kiosk.encash_cancel"),
        kind: "centre",
        press: () => void acts.send("encash_cancel", where),
      }),
    );
  const out = unit.cassette === "out";
  return h(
    "div",
    { key: "cassette", class: "unit-keys" },
    out ? h("p", { class: "is-down unit-note" }, icon("down"), t("kiosk.cassette_out")) : null,
    twice(acts, `encash-open-${id}`, out ? "kiosk.encash_open_late" : "kiosk.encash_open", "encash_open", where, {
      glyph: "cassette",
    }),
  );
}

/** Money of before this kiosk was restored: a supervisor says what became of it, here or at a till. */
function asks(asked, acts) {
  const owed = { key: asked.key, sum_minor: asked.sum_minor, owed_minor: asked.sum_minor };
  const word = asked.kind === "booking" ? "claims.old_mode_booking" : "claims.old_mode";
  return h(
    "section",
    { key: asked.key, class: "card stuck", "data-asked": asked.key },
    h("h3", null, icon("attention", "is-attention"), h("span", null, t(`claims.old_head_${asked.kind}`))),
    display(asked.sum_minor, "sub"),
    h("p", { class: "quiet" }, rich(t(`claims.old_lead_${asked.kind}`)), " ", t("claims.old_safe")),
    h(
      "p",
      { class: "quiet" },
      [
        asked.number ? `${t("claims.old_purchase")} ${asked.number}` : "",
        asked.at_ms ? `${date(asked.at_ms)}, ${time(asked.at_ms)}` : "",
        asked.receipts.length ? `${t("claims.old_receipts")} ${asked.receipts.join(", ")}` : "",
      ]
        .filter(Boolean)
        .join(" · "),
    ),
    h(
      "div",
      { class: "unit-keys" },
      twice(acts, `old-settled-${asked.key}`, `${word}_settled`, "old_money", { ...owed, owed_minor: 0 }, FIRM),
      twice(acts, `old-owed-${asked.key}`, `${word}_owed`, "old_money", owed, FIRM),
    ),
  );
}

function claimsTab({ view, acts }) {
  const { claims, questions = [] } = view.staff;
  return [questions.map((asked) => asks(asked, acts)), claimRows(claims)];
}

function claimRows(claims) {
  if (!claims.length) return h("p", { key: "none", class: "nothing" }, t("kiosk.no_claims"));
  return h(
    "ul",
    { key: "claims", class: "claims" },
    claims.map((claim) =>
      h(
        "li",
        { key: claim.number, class: "card claim-row", "data-claim": claim.number },
        h(
          "div",
          null,
          h("b", { class: "claim-number" }, claim.number),
          h("p", { class: "quiet" }, rich(note(claim.reason).what)),
        ),
        h(
          "div",
          { class: "at-right" },
          claim.amount_minor ? display(claim.amount_minor, "row-display") : h("b", null, t("kiosk.no_sum")),
          h(
            "p",
            { class: "quiet" },
            t("kiosk.claim_when", { at: `${date(claim.at_ms)}, ${time(claim.at_ms)}`, until: date(claim.expires_ms) }),
          ),
        ),
      ),
    ),
  );
}

function devicesTab({ view, acts }) {
  return h(
    "ul",
    { key: "devices", class: "claims" },
    view.devices.map((device) =>
      h(
        "li",
        { key: device.id, class: "card device-row" },
        h(
          "div",
          null,
          h("b", null, device.name || note(device.title).what),
          h("p", { class: "quiet" }, [device.model, device.note && sentence(device.note)].filter(Boolean).join(" · ")),
        ),
        chip(device.state, t(`states.${device.state}`)),
        device.kind !== "cash"
          ? null // only cash devices are started anew from here
          : twice(acts, `reset-${device.id}`, "kiosk.reset", "reset_device", { device: device.id }, { glyph: "power" }),
      ),
    ),
  );
}

function shiftTab({ view, acts }) {
  const { shift_open: open, shift_number: number } = view.staff;
  return h(
    "section",
    { key: "shift", class: "card unit" },
    h(
      "div",
      { class: "unit-head" },
      h("h3", null, t(open ? "kiosk.shift_open" : "kiosk.shift_closed", { n: number })),
      chip(open ? "ok" : "busy", t(open ? "kiosk.open" : "kiosk.closed")),
    ),
    h(
      "div",
      { class: "unit-keys" },
      open
        ? [
            key({
              id: "x-report",
              label: t("menu.x_report"),
              glyph: "receipt",
              kind: "centre",
              press: () => void acts.send("x_report"),
            }),
            twice(acts, "close-shift", "menu.close_shift", "close_shift", {}, { glyph: "lock" }),
          ]
        : key({
            id: "open-shift",
            label: t("ui.open_shift"),
            glyph: "check",
            kind: "centre filled",
            press: () => void acts.send("open_shift"),
          }),
    ),
  );
}
