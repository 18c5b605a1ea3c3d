/** Name and PIN of whoever answers for what is done next. */

import { h } from "../../kit/dom.js";
import { t } from "../../kit/texts.js";
import { local } from "../local.js";

/** Who is chosen of those who may sign: the person at the till, if it is one of them. */
export function chosenOf(people, view) {
  const own = people.find((person) => person.id === view.cashier?.id) ?? people[0];
  return people.find((person) => person.id === local.person) ?? own;
}

/** The two fields; `chosen` is the one of `people` that stands there until another is picked. */
export function signature({ view, acts }, people, chosen, label = t("ui.supervisor")) {
  const wrong = view.said?.code === "wrong_pin" && !local.pin;
  return [
    h(
      "label",
      { key: "who", class: "pin-part who" },
      h("span", { class: "quiet" }, label),
      h(
        "select",
        {
          id: "person",
          "aria-label": label,
          on: {
            change: (event) => {
              local.person = event.target.value;
              acts.page.draw();
            },
          },
        },
        people.map((person) =>
          h("option", { key: person.id, value: person.id, selected: person.id === chosen?.id }, person.name),
        ),
      ),
    ),
    h(
      "label",
      { key: "code", class: "pin-part code" },
      h("span", { class: wrong ? "is-down" : "quiet" }, t(wrong ? "ui.pin_wrong" : "ui.pin")),
      h("input", {
        id: "pin",
        type: "password",
        "data-own": "pin",
        inputmode: "numeric",
        autocomplete: "off",
        maxlength: "12",
        value: local.pin,
        "aria-label": t("ui.pin"),
        on: {
          input: (event) => {
            local.pin = event.target.value.replace(/\D/g, "");
            acts.page.draw();
          },
        },
      }),
    ),
  ];
}
