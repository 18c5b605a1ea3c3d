/** What surrounds every screen: training stripe, top bar with chips, the one banner, footer with the keys that work. */

import { h } from "../../kit/dom.js";
import { age, time } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { cap, chip } from "../../kit/parts.js";
import { has, note, rich, t } from "../../kit/texts.js";

export function stripe(view) {
  if (!view.training) return null;
  const { what, do: more } = note({ code: "training" });
  return h("div", { key: "stripe", class: "stripe" }, h("strong", null, what), " ", more);
}

/** The word beside a device's glyph: its note's short form, else kind and state. */
export function deviceWord(device) {
  const own = note(device.note).chip;
  if (own) return own;
  const path = `chips.${device.kind}.${device.state}`;
  return has(path) ? t(path) : `${device.name}: ${t(`states.${device.state}`)}`;
}

function chips(view) {
  const troubled = view.devices.filter(
    (device) => device.state !== "ok" && device.state !== "busy" && device.kind !== "office",
  );
  if (!troubled.length) return [chip("ok", t("ui.all_well"), { key: "chip-ok" })];
  const rank = { unknown: 0, down: 1, attention: 2 };
  troubled.sort((a, b) => rank[a.state] - rank[b.state]);
  const shown = troubled
    .slice(0, 2)
    .map((device, at) => chip(device.state, deviceWord(device), { key: `chip-${device.id}`, "data-rank": at }));
  if (troubled.length > 2) shown.push(h("span", { key: "chip-more", class: "chip busy" }, `+${troubled.length - 2}`));
  return shown;
}

export function topbar({ view, clock }) {
  return h(
    "header",
    { key: "top", class: "top" },
    h("span", { class: "brand", "aria-hidden": "true" }, "T"),
    h("h1", { class: "till-name" }, view.till_name),
    h("span", { class: "shop-name quiet" }, view.shop),
    h("div", { class: "chips" }, chips(view)),
    view.cashier ? h("span", { class: "cashier" }, icon("person"), h("span", null, view.cashier.name)) : null,
    h("time", { class: "clock" }, time(clock.now())),
  );
}

export function banner(view) {
  if (!view.banner || view.screen === "locked") return null;
  const told = note(view.banner);
  const calm = view.banner.code === "hq_away";
  return h(
    "div",
    { key: "banner", class: "banner", role: "status" },
    icon(calm ? "busy" : "attention"),
    h("span", null, h("strong", null, endDot(told.what)), " ", rich([told.safe, told.do].filter(Boolean).join(" "))),
  );
}

export const endDot = (text) => (text && !/[.?…]$/.test(text) ? `${text}.` : (text ?? ""));

/** The keys that work now, at most three, as the footer's left half. */
const HINTS = {
  selling: [
    ["↑", "↓", "pick_line"],
    ["Esc", "step_back"],
    ["?", "all_keys"],
  ],
  searching: [
    ["↑", "↓", "pick_result"],
    ["Enter", "take_result"],
    ["Esc", "clear"],
  ],
  cash: [
    ["↑", "↓", "quick_sums"],
    ["Delete", "clear"],
    ["?", "all_keys"],
  ],
  card: [
    ["Esc", "stop"],
    ["?", "all_keys"],
  ],
  choice: [
    ["1", "…", "n", "choose"],
    ["Enter", "confirm"],
    ["?", "all_keys"],
  ],
  claim: [
    ["Enter", "confirm"],
    ["Esc", "close_panel"],
    ["?", "all_keys"],
  ],
  encashment: [
    ["↑", "↓", "choose"],
    ["Enter", "confirm"],
    ["Esc", "step_back"],
  ],
  agree: [
    ["Enter", "confirm"],
    ["Esc", "close_panel"],
    ["?", "all_keys"],
  ],
  locked: [
    ["1", "…", "9", "choose"],
    ["Enter", "confirm"],
  ],
  shift_closed: [
    ["Enter", "open_shift"],
    ["Insert", "more"],
  ],
  restore: [
    ["Enter", "confirm"],
    ["Insert", "more"],
  ],
  panel: [
    ["↑", "↓", "choose"],
    ["Enter", "confirm"],
    ["Esc", "close_panel"],
  ],
};

function hint(parts, ways) {
  const keys = parts.slice(0, -1).map((name) => (name === "n" ? String(ways) : name));
  return h(
    "span",
    { class: "hint" },
    keys.map((name) => (name === "…" ? "…" : cap(name))),
    h("span", null, t(`hints.${parts.at(-1)}`)),
  );
}

function left(view, state, searching) {
  if (state === "unknown" || state === "working") {
    return h(
      "span",
      { class: "hint" },
      icon("lock"),
      h("span", null, t(state === "unknown" ? "ui.no_pay_keys" : "ui.sealing_wait")),
    );
  }
  if (state === "receipt" && !searching) return h("span", { class: "hint" }, t("ui.receipt_stays"));
  const table = HINTS[searching ? "searching" : state] ?? [];
  return table.map((parts) => hint(parts, Math.max(2, view.case?.ways.length ?? 0)));
}

function queues(view, now) {
  const { ofd, office } = view;
  if (!ofd.waiting && !office.waiting && !office.away_since_ms) return [h("span", null, t("ui.all_sent"))];
  const one = (name, queue) => {
    if (!queue.waiting) return t(queue.away_since_ms ? `queue.${name}_away` : `queue.${name}_sent`);
    const old = queue.oldest_ms ? now - queue.oldest_ms : 0;
    return old < 60_000
      ? t(`queue.${name}_sending`, { n: queue.waiting })
      : t(`queue.${name}_waits`, { n: queue.waiting, age_ms: old });
  };
  return [h("span", null, one("ofd", ofd)), h("span", null, one("office", office))];
}

export function footer({ view, clock, state, searching }) {
  const { shift } = view;
  const open = shift.open ? { n: shift.number, open: age(clock.now() - shift.opened_ms) } : null;
  return h(
    "footer",
    { key: "foot", class: "foot" },
    h("div", { class: "hints" }, left(view, state, searching)),
    h(
      "div",
      { class: "facts" },
      open
        ? h(
            "span",
            { class: shift.too_old ? "is-attention" : "" },
            h("span", { class: "wide" }, t("ui.shift_open_long", open)),
            h("span", { class: "tight" }, t("ui.shift_open_short", open)),
          )
        : null,
      queues(view, clock.now()),
    ),
  );
}

/** A quiet sentence for the shopper, to be read out. */
export function sayBox(text) {
  return text
    ? h(
        "div",
        { key: "say", class: "say" },
        h("span", { class: "say-label" }, t("ui.say_to_shopper")),
        h("p", null, t("ui.quoted", { text: text.replace(/\.$/, "") })),
      )
    : null;
}
