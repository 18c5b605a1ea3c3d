/** A box put in a dead one's place: what HQ gave back, what the register has beside it, and who lets the till sell. */

import { h } from "../../kit/dom.js";
import { money } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { badge, key, pair } from "../../kit/parts.js";
import { note, plain, rich, t } from "../../kit/texts.js";
import { answers } from "./case.js";
import { endDot } from "./frame.js";
import { joined } from "./told.js";

/** What Enter does now: the command, or "" where there is only to wait. */
export function restoreAct(view) {
  if (view.restore?.may_confirm) return "restore_confirm";
  return view.restore?.may_open ? "restore_open" : "";
}

function found({ rows }) {
  if (!rows.length) return null;
  return h(
    "div",
    { key: "rows", class: "restore-rows" },
    h("h3", { class: "label", id: "restore-rows" }, t("ui.restore_rows")),
    h(
      "ul",
      { "aria-labelledby": "restore-rows", tabindex: "0" },
      rows.map((row) =>
        h(
          "li",
          { key: String(row.number) },
          h("span", null, `${t("ui.restore_document")} ${row.number}`),
          h("span", { class: "quiet" }, row.at),
          h("span", { class: "quiet" }, plain(note(row.note).what)),
          h("strong", { class: "sum" }, money(row.sum_minor)),
        ),
      ),
    ),
  );
}

function said({ notes }) {
  if (!notes.length) return null;
  return h(
    "ul",
    { key: "notes", class: "restore-notes" },
    notes.map((one) => {
      const told = note(one);
      const more = [told.why, told.do].filter(Boolean).join(" ");
      return h(
        "li",
        { key: `${one.code}-${JSON.stringify(one.params ?? {})}` },
        icon("attention", "is-attention"),
        h("span", null, endDot(plain(told.what)), " ", h("span", { class: "quiet" }, rich(more))),
      );
    }),
  );
}

export function restore({ view, acts }) {
  const model = view.restore;
  const told = note(model.note);
  const act = restoreAct(view);
  const waits = !act && view.cashier && !view.cashier.supervisor;
  return h(
    "section",
    { key: "door", class: `card case whole restore ${model.rows.length || model.notes.length ? "attention" : "busy"}`, "aria-labelledby": "headline" },
    h(
      "div",
      { class: "case-head" },
      badge(model.rows.length || model.notes.length ? "attention" : "busy"),
      h("h2", { id: "headline", class: "headline", tabindex: "-1" }, rich(told.what)),
    ),
    h(
      "div",
      { class: "case-body" },
      answers(told),
      h(
        "div",
        { class: "pairs" },
        pair(t("ui.restore_told"), String(model.told)),
        pair(t("ui.restore_matched"), String(model.matched)),
      ),
      said(model),
      found(model),
      view.said ? h("p", { key: "said", class: "said refusal", role: "status" }, rich(joined(view.said))) : null,
      waits ? h("p", { key: "waits", class: "lead" }, t("ui.restore_supervisor")) : null,
    ),
    h(
      "div",
      { class: "restore-keys" },
      act
        ? key({
            id: act,
            label: t(`ui.${act}`),
            caps: "Enter",
            kind: act === "restore_confirm" ? "centre filled" : "centre",
            press: () => acts.send(act),
          })
        : null,
      key({ id: "more", label: t("ui.more"), caps: "Insert", press: () => acts.open("more") }),
    ),
  );
}
