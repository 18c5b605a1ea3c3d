/** One document: scanning and quantities on the left, what it says and who signs it on the right. */

import { h } from "../kit/dom.js";
import { quantity } from "../kit/format.js";
import { key, pair } from "../kit/parts.js";
import { t } from "../kit/texts.js";
import { signed, withUnit } from "./amounts.js";
import { phase } from "./documents.js";
import { find } from "./find.js";
import { field, signing } from "./signing.js";

const back = (page) =>
  h(
    "div",
    { key: "back", class: "sign" },
    key({ id: "back", label: t("stock.back"), kind: "centre", caps: "Esc", press: () => page.go("documents") }),
  );

export function document_(page) {
  const { document: doc } = page;
  if (!doc) return h("div", { key: "left", class: "column" }, page.told(), page.told() ? back(page) : null);
  const draft = doc.row.phase === "draft";
  return [
    h(
      "div",
      { key: "left", class: "column" },
      draft ? find(page, (goods) => void page.add(goods)) : null,
      page.told(),
      h("section", { key: "lines", class: "card desk-card" }, lines(page, doc, draft)),
    ),
    h("div", { key: "right", class: "column" }, h("section", { key: "side", class: "card desk-card" }, side(page, doc, draft))),
  ];
}

function lines(page, doc, draft) {
  const { kind } = doc.row;
  const counting = kind === "stocktake";
  const sent = doc.lines.some((line) => line.expected !== null);
  if (!doc.lines.length) return h("p", { class: "quiet" }, t("stock.empty_lines"));
  const last = counting ? "change" : sent ? "sent" : "free";
  return h(
    "table",
    { class: "lines" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", { scope: "col" }, t("stock.name")),
        h("th", { scope: "col", class: "num book" }, t("stock.book")),
        h("th", { scope: "col", class: "num free" }, t(`stock.${last}`)),
        h("th", { scope: "col", class: "num" }, t(counting ? "stock.counted" : "stock.quantity")),
        draft ? h("th", null, h("span", { class: "unseen" }, t("ui.remove"))) : null,
      ),
    ),
    h(
      "tbody",
      null,
      doc.lines.map((line) => row(page, line, { draft, counting, sent })),
    ),
  );
}

function row(page, line, { draft, counting, sent }) {
  const { goods } = line;
  const held = [
    line.in_baskets ? t("stock.in_baskets", { n: quantity(line.in_baskets) }) : null,
    goods.kept ? t("stock.kept_for_orders", { n: quantity(goods.kept) }) : null,
  ].filter(Boolean);
  const last = counting ? signed(line.delta) : sent ? quantity(line.expected ?? 0) : free(goods);
  const differs = counting ? line.delta < 0 : sent && line.thousandths < line.expected;
  return h(
    "tr",
    { key: goods.sku, class: page.sku === goods.sku ? "chosen" : null, on: { click: () => page.choose(goods.sku) } },
    h("td", null, h("b", null, goods.name), h("div", { class: "quiet" }, [goods.sku, ...held].join(" · "))),
    h("td", { class: "num book" }, goods.on_hand === null ? t("stock.not_counted") : withUnit(goods.on_hand, goods.unit)),
    h("td", { class: `num free ${differs ? "minus" : ""}` }, last),
    h("td", { class: "num" }, draft ? amount(page, line) : withUnit(line.thousandths, goods.unit)),
    draft
      ? h(
          "td",
          null,
          key({
            id: `remove-${goods.sku}`,
            glyph: "close",
            kind: "small",
            "aria-label": t("stock.remove", { name: goods.name }),
            caps: page.sku === goods.sku ? "Delete" : undefined,
            press: () => void page.remove(goods.sku),
          }),
        )
      : null,
  );
}

const free = (goods) => (goods.left === null ? "—" : quantity(goods.left));

function amount(page, line) {
  const { goods } = line;
  const typed = page.typed?.sku === goods.sku ? page.typed.text : quantity(line.thousandths);
  return h(
    "div",
    { class: "amount" },
    key({
      id: `less-${goods.sku}`,
      glyph: "minus",
      "aria-label": t("stock.less", { name: goods.name }),
      press: () => void page.change(goods.sku, -1000),
    }),
    h("input", {
      key: "text",
      id: `amount-${goods.sku}`,
      class: "field",
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-label": t("stock.quantity_of", { name: goods.name }),
      value: typed,
      on: {
        focus: (event) => event.target.select(),
        input: (event) => page.typing(goods.sku, event.target.value),
        blur: () => page.typed && void page.typedAmount(), // what the wedge writes fires no change
      },
    }),
    key({
      id: `more-${goods.sku}`,
      glyph: "plus",
      "aria-label": t("stock.more", { name: goods.name }),
      press: () => void page.change(goods.sku, 1000),
    }),
  );
}

function side(page, doc, draft) {
  const { row: told } = doc;
  const head = [
    h(
      "div",
      { key: "head", class: "pair" },
      h("h2", null, `${t(`stock.kind_short.${told.kind}`)} ${t("stock.number", { number: told.number })}`),
      phase(told),
    ),
    h("p", { key: "count", class: "quiet" }, t("stock.lines", { n: doc.lines.length })),
  ];
  if (!draft) return [...head, over(doc), back(page)];
  return [
    ...head,
    told.kind === "stocktake" ? h("p", { key: "how" }, t("stock.stocktake_how")) : null,
    signing(page, {
      id: "finish",
      people: doc.signers,
      own: fields(page, told),
      label: t(told.kind === "transfer_out" ? "stock.finish_out" : "stock.finish"),
      caps: "End",
      act: (person, pin) => page.finish(person, pin),
    }),
    page.dropping
      ? h(
          "div",
          { key: "sure", class: "sign" },
          key({ id: "drop-sure", label: t("stock.drop_sure"), kind: "warn centre", press: () => void page.drop() }),
          key({ id: "keep-on", label: t("stock.keep_on"), kind: "centre", press: () => page.ask(false) }),
        )
      : h(
          "div",
          { key: "drop", class: "sign" },
          key({ id: "drop", label: t("stock.drop"), kind: "plain centre", press: () => page.ask(true) }),
        ),
  ];
}

function fields(page, told) {
  if (told.kind === "write_off") return [field(page, "reason", { label: t("stock.reason"), hint: t("stock.reason_hint") })];
  const hint = told.kind === "receiving" ? t("stock.note_hint") : "";
  const remark = field(page, "reason", { label: t("stock.note"), hint });
  if (told.kind === "transfer_out")
    return [field(page, "other", { label: t("stock.other"), hint: t("stock.other_hint") }), remark];
  if (told.kind === "transfer_in" && told.of) return [pair(t("stock.of"), told.of), pair(t("stock.from"), told.other), remark];
  if (told.kind === "transfer_in")
    return [
      field(page, "of", { label: t("stock.of"), hint: t("stock.of_hint") }),
      field(page, "other", { label: t("stock.from"), hint: t("stock.other_hint") }),
      remark,
    ];
  return [remark];
}

function over(doc) {
  const { row: told } = doc;
  const transfer = told.kind.startsWith("transfer");
  return [
    told.person ? h("p", { key: "signed" }, t("stock.signed", { person: told.person, at_ms: told.at_ms })) : null,
    told.other ? pair(t(told.kind === "transfer_out" ? "stock.other" : "stock.from"), told.other) : null,
    told.of ? pair(t("stock.of"), told.of) : null,
    doc.reason ? pair(t(told.kind === "write_off" ? "stock.reason" : "stock.note"), doc.reason) : null,
    transfer && told.phase === "on_the_way" ? h("p", { key: "waits" }, t("stock.waits")) : null,
    transfer && told.phase === "done"
      ? h(
          "div",
          { key: "differences" },
          h("h2", null, t("stock.differences")),
          doc.differences.length
            ? doc.differences.map((one) => {
                const n = quantity(Math.abs(one.thousandths));
                return pair(one.name, t(one.thousandths < 0 ? "stock.short" : "stock.extra", { n }), one.thousandths < 0 ? "minus" : "");
              })
            : h("p", { class: "quiet" }, t("stock.no_differences")),
        )
      : null,
  ];
}

