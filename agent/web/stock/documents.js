/** The list of documents with their states, what is coming here, and the keys that begin a document. */

import { h } from "../kit/dom.js";
import { date, time } from "../kit/format.js";
import { chip, key } from "../kit/parts.js";
import { t } from "../kit/texts.js";

export const KINDS = ["receiving", "write_off", "transfer_out", "transfer_in", "stocktake"];
const GLYPHS = {
  receiving: "downward",
  write_off: "bin",
  transfer_out: "right",
  transfer_in: "box",
  stocktake: "check",
};
const STATES = { draft: "busy", on_the_way: "attention", done: "ok", dropped: "busy" };

export const phase = (row) => chip(STATES[row.phase], t(`stock.phase.${row.phase}`));

export function documents(page) {
  const { view } = page;
  return [
    h(
      "div",
      { key: "left", class: "column" },
      page.told(),
      view.coming.length
        ? h(
            "section",
            { key: "coming", class: "card desk-card" },
            h("h2", null, t("stock.coming")),
            h(
              "ul",
              { class: "rows" },
              view.coming.map((one) =>
                h(
                  "li",
                  { key: one.number },
                  h("b", null, t("stock.coming_line", { number: one.number, sender: one.sender, n: one.lines.length })),
                  chip("attention", t("stock.phase.on_the_way")),
                  key({
                    id: `receive-${one.number}`,
                    label: t("stock.receive"),
                    kind: "small",
                    press: () => void page.begin("transfer_in", one.number),
                  }),
                ),
              ),
            ),
          )
        : null,
      h(
        "section",
        { key: "list", class: "card desk-card" },
        h("h2", null, t("stock.list")),
        view.documents.length
          ? h(
              "ul",
              { class: "rows" },
              view.documents.map((row) => line(page, row)),
            )
          : h("p", { class: "quiet" }, t("stock.none")),
      ),
    ),
    h(
      "section",
      { key: "begin", class: "card desk-card" },
      h("h2", null, t("stock.begin")),
      h(
        "div",
        { class: "begin-keys" },
        KINDS.map((kind, at) =>
          key({
            id: kind,
            label: t(`stock.kind.${kind}`),
            under: t(`stock.about.${kind}`),
            glyph: GLYPHS[kind],
            caps: String(at + 1),
            press: () => void page.begin(kind),
          }),
        ),
      ),
    ),
  ];
}

function line(page, row) {
  const about = [date(row.at_ms), time(row.at_ms), row.person, row.other, row.of].filter(Boolean).join(" · ");
  return h(
    "li",
    { key: row.id },
    h(
      "div",
      null,
      h("b", null, `${t(`stock.kind_short.${row.kind}`)} ${t("stock.number", { number: row.number })}`),
      h("span", { class: "quiet" }, about),
    ),
    phase(row),
    key({ id: `open-${row.number}`, label: t("stock.open"), kind: "small", press: () => page.go(`document/${row.id}`) }),
  );
}
