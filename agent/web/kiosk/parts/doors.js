/** The screens around a purchase: the invitation, the closed kiosk, the question whether somebody is there, no agent. */

import { h } from "../../kit/dom.js";
import { money } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { badge, key } from "../../kit/parts.js";
import { note, rich, t } from "../../kit/texts.js";
import { drawn } from "../pictures.js";
import { act, dotted, look, shopName, told, whyInWords } from "./frame.js";

const CLOSING = new Set(["claim", "done", "attract", "out_of_service"]); // these count down in the footer, if at all
const SHOW = [
  ["bear", "#F6E8DA", 2],
  ["rocket", "#E5EEF9", 0],
  ["blocks", "#FEF1DB", 0],
  ["doll", "#FAE4EF", 0],
  ["truck", "#E5EEF9", 0],
  ["dino", "#E8F3E3", 0],
];

const means = (view) => view.tenders.filter((tender) => tender.available);

export function attract(context) {
  const { view, acts } = context;
  const works = means(view);
  return [
    look(
      h(
        "div",
        { key: "welcome", class: "welcome", on: { click: () => acts.start() } },
        h("h2", { id: "headline", class: "welcome-shop", tabindex: "-1" }, shopName(view)),
        h("p", { class: "welcome-more" }, t("kiosk.welcome")),
        h(
          "div",
          { class: "show", "aria-hidden": "true" },
          SHOW.map(([drawing, ground, seed]) =>
            h("span", { key: drawing, class: "show-picture", style: { background: ground } }, drawn({ drawing, seed })),
          ),
        ),
      ),
    ),
    act(
      told(view, null),
      h(
        "ul",
        { key: "means", class: "marks", "aria-label": t("ui.paying") },
        works.map((tender) =>
          h(
            "li",
            { key: tender.means, "data-means": tender.means },
            icon({ card: "card", cash: "cash", qr: "qr" }[tender.means] ?? "cash"),
            t(`kiosk.takes_${tender.means}`),
          ),
        ),
      ),
      view.trouble && works.length
        ? h("p", { key: "trouble", class: "lead centre-text" }, whyInWords(view.trouble))
        : null,
      h(
        "div",
        { key: "keys", class: "keys" },
        key({
          id: "start",
          label: t("kiosk.start"),
          glyph: "right",
          kind: "centre start-key filled",
          press: () => acts.start(),
        }),
      ),
    ),
  ];
}

export function outOfService({ view }) {
  const told_ = note({ code: "kiosk_out_of_service" });
  const why = view.trouble && view.trouble.code !== "kiosk_out_of_service" ? view.trouble : null;
  return [
    look(
      h(
        "div",
        { key: "closed", class: "card closed" },
        badge("down"),
        h("h2", { id: "headline", class: "headline", tabindex: "-1" }, rich(told_.what)),
        why ? h("p", { key: "why", class: "lead", "data-note": why.code }, whyInWords(why)) : null,
      ),
    ),
    act(
      view.elsewhere
        ? h(
            "div",
            { key: "elsewhere", class: "elsewhere" },
            icon("right"),
            h("p", null, rich(`**${dotted(note(view.elsewhere).what)}** ${note(view.elsewhere).do ?? ""}`)),
          )
        : h("div", { key: "elsewhere", class: "elsewhere" }, icon("person"), h("p", null, t("kiosk.ask_staff"))),
      means(view).length
        ? h("p", { key: "works", class: "lead" }, t("kiosk.still_works"))
        : h("p", { key: "nothing-lost", class: "lead" }, t("kiosk.nothing_lost")),
    ),
  ];
}

export const idleIsAsked = (view, clock) =>
  Boolean(view.idle) && !CLOSING.has(view.screen) && clock.now() >= view.idle.warn_ms && view.idle.end_ms > 0;

/** One key, as large as the question: whoever is still there need not aim. */
export function idle({ view, acts, clock }) {
  const left = Math.max(0, Math.ceil((view.idle.end_ms - clock.now()) / 1000));
  const inside = view.idle.money_minor;
  return h(
    "div",
    { key: "idle", class: "veil", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "idle-title" },
    h(
      "section",
      { class: "card idle-card" },
      h("h2", { id: "idle-title", class: "idle-title" }, t("kiosk.idle_title")),
      h(
        "p",
        { key: "rest", class: "lead" },
        rich(t(inside ? "kiosk.idle_money" : "kiosk.idle_empty", { left, sum: money(inside) })),
      ),
      h("p", { key: "count", class: "idle-count num", "aria-hidden": "true" }, String(left)),
      key({
        id: "here",
        label: t("kiosk.here"),
        kind: "centre here-key filled",
        ref: (node) => node.focus({ preventScroll: true }),
        press: () => acts.touch(),
      }),
    ),
  );
}

export function gone() {
  const told_ = note({ code: "kiosk_gone" });
  return h(
    "div",
    { key: "gone", class: "veil", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "gone-title" },
    h(
      "section",
      { class: "card gone-card" },
      badge("down"),
      h("h2", { id: "gone-title", class: "headline", tabindex: "-1" }, rich(told_.what)),
      [told_.safe, told_.do].map((text, at) => h("p", { key: String(at), class: "lead" }, rich(text))),
    ),
  );
}
