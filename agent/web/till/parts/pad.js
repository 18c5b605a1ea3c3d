/** The digits for fingers, below every amount that can be typed. */

import { h } from "../../kit/dom.js";
import { key } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";

/** A pad of digits for touch; the keyboard does the same by typing. */
export function pad(press, comma = false, sign = comma ? "," : "00") {
  const digits = ["7", "8", "9", "4", "5", "6", "1", "2", "3", sign, "0"];
  return h(
    "div",
    { key: "pad", class: "pad", role: "group", "aria-label": t("ui.pad") },
    digits.map((digit) => key({ id: `pad-${digit}`, label: digit, kind: "centre digit", press: () => press(digit) })),
    key({
      id: "pad-back",
      glyph: "backspace",
      kind: "centre digit",
      "aria-label": t("ui.wipe"),
      press: () => press("back"),
    }),
  );
}
