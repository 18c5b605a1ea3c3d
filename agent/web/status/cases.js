/** What needs a person: the facts, equal answers, and the name and PIN that sign one. */

import { h } from "../kit/dom.js";
import { money } from "../kit/format.js";
import { badge, key } from "../kit/parts.js";
import { has, note, plain, rich, t, wayNote } from "../kit/texts.js";

export function openCase(page, open) {
  const told = note(open.note);
  const person = /person|unknown/.test(open.kind);
  const mine = page.picked?.open.sale === open.sale ? page.picked : null;
  const { evidence } = open;
  const doubt = [open.note.code, open.kind].find((code) => has(`status.case.${code}`));
  return h(
    "section",
    { key: open.sale, class: `card open-case ${person ? "unknown" : "attention"}` },
    badge(person ? "unknown" : "attention"),
    h(
      "div",
      null,
      h(
        "h2",
        null,
        `${t("status.case_line", { till: open.till_name, what: doubt ? t(`status.case.${doubt}`) : plain(told.what) })}, ${money(open.amount_minor)}`,
      ),
      h(
        "p",
        null,
        t("status.since", { since_ms: open.since_ms, asked: open.asked }),
        told.safe ? [" ", rich(told.safe)] : null,
      ),
      open.kind === "card_person"
        ? h(
            "p",
            null,
            h("strong", null, t("status.look_at")),
            " ",
            t("status.slip_facts", {
              slip: evidence.slip_from ? String(evidence.slip_from).padStart(4, "0") : null,
              amount_minor: evidence.amount_minor ?? open.amount_minor,
              around: evidence.around,
            }),
          )
        : told.do
          ? h("p", null, rich(told.do))
          : null,
      h(
        "div",
        { class: "answers-row" },
        open.ways.map((way) =>
          key({
            id: `${open.sale}-${way.choice}`,
            label: plain(wayNote(way).what),
            kind: mine?.way.choice === way.choice ? "chosen" : "",
            press: () => void page.pick(open, way),
          }),
        ),
        open.ways.length ? h("span", { class: "quiet" }, t("status.needs_pin")) : null,
      ),
      mine ? sign(page, mine) : null,
    ),
  );
}

function sign(page, picked) {
  const people = page.people[picked.open.till] ?? [];
  return h(
    "form",
    {
      key: "sign",
      class: "sign",
      on: {
        submit: (event) => {
          event.preventDefault();
          void page.answer();
        },
      },
    },
    h(
      "label",
      null,
      h("span", null, t("status.who_answers")),
      h(
        "select",
        { id: "person", class: "field", on: { change: (event) => (picked.person = event.target.value) } },
        people.map((person) => h("option", { key: person.id, value: person.id }, person.name)),
      ),
    ),
    h(
      "label",
      null,
      h("span", null, t("ui.pin")),
      h("input", {
        id: "pin",
        class: "field",
        type: "password",
        inputmode: "numeric",
        autocomplete: "off",
        value: picked.pin,
        on: { input: (event) => (picked.pin = event.target.value.replace(/\D/g, "")) },
      }),
    ),
    h("button", { type: "submit", class: "key" }, t("status.answer")),
    key({
      id: "not-now",
      label: t("status.cancel"),
      press: () => {
        page.picked = null;
        page.draw();
      },
    }),
    page.told
      ? h(
          "p",
          { class: "is-down", role: "alert" },
          rich([note(page.told).what, note(page.told).do].filter(Boolean).join(". ")),
        )
      : null,
  );
}
