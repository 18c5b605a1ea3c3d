/** A pad of letters for a tablet without a keyboard: the field it types into opens it when it is touched. */

import { h } from "../../kit/dom.js";
import { key } from "../../kit/parts.js";
import { t } from "../../kit/texts.js";
import { local } from "../local.js";
import { nameOf } from "./agree.js";

const ROWS = {
  ru: ["1234567890", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбюё"],
  en: ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"],
};

export function letters(acts, language) {
  if (!local.letters) return null;
  const { agree } = acts.view;
  const text = agree ? nameOf(agree) : local.text;
  const type = (typed) => (agree ? acts.agree.typeName(typed) : acts.typeSearch(typed));
  return h(
    "div",
    { key: "letters", class: "card letters", role: "group", "aria-label": t("ui.letters") },
    (ROWS[language] ?? ROWS.ru).map((row, at) =>
      h(
        "div",
        { key: `row-${at}`, class: "letter-row" },
        [...row].map((letter) =>
          key({
            id: `letter-${letter}`,
            label: letter,
            kind: "centre letter",
            press: () => type(text + letter),
          }),
        ),
      ),
    ),
    h(
      "div",
      { key: "last", class: "letter-row" },
      key({ id: "letter-close", label: t("hints.close"), kind: "centre letter long", press: () => (agree ? acts.agree.closeLetters() : acts.clearSearch()) }),
      key({
        id: "letter-space",
        label: t("ui.space"),
        kind: "centre letter long",
        press: () => type(`${text} `),
      }),
      key({
        id: "letter-back",
        glyph: "backspace",
        kind: "centre letter long",
        "aria-label": t("ui.wipe"),
        press: () => type(text.slice(0, -1)),
      }),
    ),
  );
}
