/** A claim slip to the shopper's phone: the key that offers it, the pad for the number, and what became of it. */

import { h } from "../../kit/dom.js";
import { icon } from "../../kit/icons.js";
import { key } from "../../kit/parts.js";
import { rich, t } from "../../kit/texts.js";
import { local } from "../local.js";
import { digitPad } from "./keyboard.js";
import { closeRow, COUNTRY, entry, PHONE_DIGITS, shownPhone } from "./shopper.js";

const GLYPH = { meant: "phone", sent: "ok", dropped: "attention" };

/** No key where nothing can be sent. Who gave an address for the receipt types nothing, the first time. */
export function sendKey(view, acts) {
  const sending = view.slip_sending;
  if (!sending?.may) return null;
  const known = sending.given && !sending.state;
  return key({
    id: "send-slip",
    label: t(known ? "kiosk.slip_send_given" : "kiosk.slip_send"),
    glyph: "phone",
    kind: "centre tall",
    press: () => (known ? acts.sendSlip() : acts.open("slip_phone", COUNTRY[view.currency] ?? "")),
  });
}

export function sendingLine(view) {
  const state = view.slip_sending?.state;
  if (!state) return null;
  return h(
    "p",
    { key: "sending", class: `lead slip-sending ${state === "sent" ? "is-ok" : ""}`, "data-sending": state },
    icon(GLYPH[state] ?? "phone"),
    h("span", null, rich(t(`kiosk.slip_state.${state}`))),
  );
}

export function slipPhone(context) {
  const { acts } = context;
  const complete = local.entry.length > PHONE_DIGITS;
  return entry(context, {
    title: t("kiosk.type_phone"),
    more: t("kiosk.slip_send_more"),
    shown: shownPhone(local.entry),
    extra: null,
    pad: [
      digitPad((typed) => acts.entryKey(typed), () => acts.sendSlip(`+${local.entry}`), complete),
      closeRow(acts),
    ],
  });
}
