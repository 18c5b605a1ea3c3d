/** A claim slip: what the shop owes, where from and why; who pays it, cancels it, or says what became of it. */

import { claimReason } from "../../kit/claim_words.js";
import { h } from "../../kit/dom.js";
import { date, money, time } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { display, key, pair } from "../../kit/parts.js";
import { rich, t } from "../../kit/texts.js";
import { local } from "../local.js";
import { elsewhere } from "./claim_elsewhere.js";
import { question } from "./claim_old.js";
import { pad } from "./pad.js";
import { chosenOf, signature } from "./signature.js";
import { answered, joined } from "./told.js";

/** What may be done now, the first one by itself; [] when there is nothing but to go on. */
export function claimModes(claim) {
  if (!claim?.slip) return [];
  if (claim.slip.state === "issued" || claim.slip.state === "expired") return ["pay", "cancel"];
  return claim.asking ? ["paid", "unpaid"] : [];
}

/** The mode that the person chose, or the one that needs no choice. */
export function claimMode(claim) {
  const modes = claimModes(claim);
  if (modes.includes(local.mode)) return local.mode;
  return modes[0] === "pay" ? "pay" : "";
}

export function mayAnswer(view, mode) {
  return mode === "pay" && !view.claim.supervisor
    ? view.cashiers
    : view.cashiers.filter((person) => person.supervisor);
}

/** A question of a restored kiosk, above the slips: it waits for a supervisor's word. */
function asks(asked, at, acts) {
  return h(
    "li",
    { key: asked.key },
    h(
      "button",
      {
        type: "button",
        class: `key menu-item ${local.panelAt === at + 1 ? "chosen" : ""}`,
        "data-key": `asked-${asked.key}`,
        on: { click: () => acts.showOld(asked.key) },
      },
      icon("attention", "is-attention"),
      h(
        "span",
        { class: "word" },
        t(`claims.old_head_${asked.kind}`),
        h("span", { class: "under" }, [asked.kiosk, asked.number].filter(Boolean).join(", ")),
      ),
      h("span", { class: "num" }, money(asked.sum_minor)),
    ),
  );
}

function list({ view, acts }) {
  const { owed, owed_count: count, owed_minor: minor, questions = [] } = view.claim;
  return [
    h(
      "div",
      { key: "left", class: "door-left" },
      h("h2", { id: "headline", class: "headline", tabindex: "-1" }, t("claims.title")),
      h("p", { class: "lead" }, count ? t("claims.owed", { n: count, sum_minor: minor }) : t("claims.none")),
      h(
        "ul",
        { class: "menu owed", "aria-label": t("claims.title") },
        questions.map((asked, at) => asks(asked, at, acts)),
        owed.map((slip, at) =>
          h(
            "li",
            { key: slip.number },
            h(
              "button",
              {
                type: "button",
                class: `key menu-item ${local.panelAt === questions.length + at + 1 ? "chosen" : ""}`,
                "data-key": `claim-${slip.number}`,
                on: { click: () => acts.showClaim(slip.number) },
              },
              h(
                "span",
                { class: "word" },
                `${slip.number}, ${t("claims.age", { n: slip.age_days })}`,
                h("span", { class: "under" }, `${slip.kiosk}, ${claimReason(slip)}`),
              ),
              h("span", { class: "num" }, money(slip.amount_minor)),
            ),
          ),
        ),
      ),
    ),
    h(
      "div",
      { key: "right", class: "door-right" },
      h("p", { class: "lead" }, t("claims.scan")),
      h(
        "label",
        { class: "entry" },
        h("input", {
          id: "entry",
          type: "text",
          "data-own": "entry",
          autocomplete: "off",
          inputmode: "none",
          readonly: true,
          value: local.entry,
          "aria-label": t("claims.number"),
        }),
      ),
      answered(view),
      pad((typed) => {
        local.entry = typed === "back" ? local.entry.slice(0, -1) : local.entry + typed;
        acts.page.draw();
      }),
      key({
        id: "claim-show",
        label: t("claims.show"),
        caps: "Enter",
        kind: "centre filled",
        press: () => acts.showClaim(local.entry),
      }),
      key({ id: "claim-leave", label: t("hints.close"), caps: "Esc", press: () => acts.leaveClaim() }),
    ),
  ];
}

function facts(slip) {
  const at = (ms) => `${date(ms)}, ${time(ms)}`;
  return h(
    "div",
    { key: "facts", class: "facts-list" },
    pair(t("claims.from"), slip.kiosk),
    pair(t("claims.why"), claimReason(slip)),
    pair(t("claims.issued"), at(slip.at_ms)),
    pair(t("claims.old"), t("claims.age", { n: slip.age_days })),
    pair(t("claims.until"), date(slip.expires_ms)),
  );
}

function signing({ view, acts }, mode) {
  const people = mayAnswer(view, mode);
  const who = t(mode === "pay" ? "claims.person" : "ui.supervisor");
  return h(
    "div",
    { key: `sign-${mode}`, class: "claim-sign" },
    mode === "cancel"
      ? h("input", {
          id: "why",
          class: "field",
          type: "text",
          value: local.reason,
          placeholder: t("claims.why_cancel"),
          "aria-label": t("claims.why_cancel"),
          on: { input: (event) => (local.reason = event.target.value) },
        })
      : null,
    signature({ view, acts }, people, chosenOf(people, view), who),
    key({
      id: "claim-do",
      label: t(`claims.do_${mode}`, { sum_minor: view.claim.slip.amount_minor }),
      caps: "Enter",
      kind: "centre filled",
      off: local.pin.length >= 3 ? undefined : "",
      press: () => acts.doClaim(),
    }),
  );
}

function one(context) {
  const { view, acts } = context;
  const { claim } = view;
  const { slip } = claim;
  const mode = claimMode(claim);
  const state = slip.state === "paying" && !claim.asking ? "elsewhere" : slip.state;
  const choose = (name) => {
    Object.assign(local, { mode: name, pin: "", person: "", reason: "" });
    acts.page.focus(name === "cancel" ? "why" : "pin");
  };
  return [
    h(
      "div",
      { key: "left", class: "door-left" },
      h(
        "h2",
        { id: "headline", class: "headline", tabindex: "-1", "data-state": state },
        t(`claims.head_${state}`, { number: slip.number }),
      ),
      display(slip.amount_minor, "short"),
      h("p", { key: "lead", class: "lead" }, rich(t(`claims.lead_${state}`, { sum_minor: slip.amount_minor }))),
      facts(slip),
      claim.supervisor && mode ? h("p", { key: "who-pays", class: "lead" }, rich(joined(claim.supervisor))) : null,
    ),
    h(
      "div",
      { key: "right", class: "door-right" },
      answered(view),
      claim.asking ? h("p", { key: "word", class: "quiet" }, t("claims.ask_supervisor")) : null,
      mode ? signing(context, mode) : null,
      claimModes(claim)
        .filter((name) => name !== mode)
        .map((name) =>
          key({ id: `claim-mode-${name}`, label: t(`claims.mode_${name}`), press: () => choose(name) }),
        ),
      claim.asking
        ? null
        : key({ id: "claim-leave", label: t("claims.back"), caps: "Esc", press: () => acts.leaveClaim() }),
    ),
  ];
}

export function claim(context) {
  const { claim: shown } = context.view;
  return h(
    "section",
    { key: "door", class: "card door claim", "aria-labelledby": "headline" },
    shown.slip
      ? one(context)
      : shown.elsewhere
        ? elsewhere(context)
        : shown.question
          ? question(context)
          : list(context),
  );
}
