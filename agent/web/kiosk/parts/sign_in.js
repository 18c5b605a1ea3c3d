/** The PIN pad behind the hidden corner. */

import { h } from "../../kit/dom.js";
import { key } from "../../kit/parts.js";
import { sentence, t } from "../../kit/texts.js";
import { local } from "../local.js";
import { digitPad } from "./keyboard.js";

export function signIn({ view, acts }) {
  const { pin } = local.staff;
  const said = local.said && performance.now() < local.said.untilMs ? local.said.note : view.said;
  return h(
    "div",
    { key: "sign-in", class: "veil", role: "dialog", "aria-modal": "true", "aria-labelledby": "sign-in-title" },
    h(
      "section",
      { class: "card sign-in" },
      h("h2", { id: "sign-in-title", class: "headline" }, t("kiosk.staff_title")),
      h(
        "div",
        { key: "pin", class: "dots-pin", role: "status", "aria-label": t("ui.pin_digits", { n: pin.length }) },
        Array.from({ length: Math.max(4, pin.length) }, (_, at) =>
          h("span", { key: String(at), class: at < pin.length ? "on" : "" }),
        ),
      ),
      h("p", { key: "said", class: "pin-said is-down", role: "status" }, said ? sentence(said) : "\u00A0"),
      digitPad(
        (typed) => acts.pinKey(typed),
        () => void acts.signIn(),
        pin !== "",
        "ui.sign_in",
      ),
      key({
        id: "cancel-staff",
        label: t("kiosk.back"),
        glyph: "undo",
        kind: "centre",
        press: () => acts.cancelStaff(),
      }),
    ),
  );
}
