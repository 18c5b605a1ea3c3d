/** Name and PIN of whoever answers for what is done, and the key that does it. */

import { h } from "../kit/dom.js";
import { cap } from "../kit/parts.js";
import { t } from "../kit/texts.js";

/** `own` are further fields above the signature; `label` is what the key says; `act(person, pin)` does it. Each form has its PIN. */
export function signing(page, { id, people, own = [], label, caps, act }) {
  const person = people.find((one) => one.id === page.person) ?? people[0];
  return h(
    "form",
    {
      key: `sign-${id}`,
      class: "sign",
      on: {
        submit: (event) => {
          event.preventDefault();
          void page.signed(id, person?.id ?? "", act);
        },
      },
    },
    own,
    h(
      "label",
      { key: "who" },
      h("span", null, t("stock.who")),
      h(
        "select",
        {
          id: `person-${id}`,
          class: "field",
          on: { change: (event) => page.signer(event.target.value) },
        },
        people.map((one) => h("option", { key: one.id, value: one.id, selected: one.id === person?.id }, one.name)),
      ),
    ),
    h(
      "label",
      { key: "pin" },
      h("span", null, t("stock.pin")),
      h("input", {
        id: `pin-${id}`,
        class: "field",
        type: "password",
        inputmode: "numeric",
        autocomplete: "off",
        maxlength: "12",
        value: page.pins[id] ?? "",
        on: { input: (event) => page.typedPin(id, event.target.value) },
      }),
    ),
    h("button", { key: "do", type: "submit", class: "key filled", "data-key": `do-${id}` }, label, caps ? cap(caps) : null),
  );
}

/** A field with its label. */
export function field(page, name, { label, hint = "", type = "text", inputmode = null }) {
  return h(
    "label",
    { key: `field-${name}` },
    h("span", null, label),
    h("input", {
      id: `field-${name}`,
      class: "field",
      type,
      inputmode,
      autocomplete: "off",
      maxlength: "80",
      placeholder: hint,
      value: page.fields[name] ?? "",
      on: { input: (event) => (page.fields[name] = event.target.value) },
    }),
  );
}

