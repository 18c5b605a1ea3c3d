/** The basket: one row a line, the newest at the bottom and in sight; and its locked short form beside a case. */

import { h } from "../../kit/dom.js";
import { bare, money, percent, quantity } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { note, plain, t } from "../../kit/texts.js";

const REFUSED = new Set(["refused", "unanswered"]);

function verdict(line, clock) {
  const { mark } = line;
  if (!mark || mark.state === "not_needed") return null;
  if (mark.state === "ok") return h("span", { class: "tag is-ok" }, icon("check"), t("ui.mark_ok"));
  if (mark.state === "checking") {
    const waited = Math.max(0, clock.now() - mark.since_ms);
    return h(
      "span",
      { class: "tag is-busy" },
      icon("busy"),
      waited >= 1000
        ? t("ui.mark_checking_for", { seconds: (waited / 1000).toFixed(1).replace(".", t("ui.point")) })
        : t("ui.mark_checking"),
    );
  }
  const { chip, what } = note(mark.note);
  return h(
    "span",
    { class: "tag is-down" },
    icon("down"),
    h("span", null, t("ui.mark_refused", { reason: chip ?? plain(what) })),
  );
}

const discountText = (line) =>
  t("ui.line_discount", {
    percent: line.discount_percent ? percent(line.discount_percent) : "",
    sum: money(-line.discount_minor).replace(/\u00A0\S+$/, ""),
  });

function row(line, at, { view, acts, clock }) {
  const refund = view.sale.act === "refund";
  const chosen = line.id === view.sale.selected;
  const barred = REFUSED.has(line.mark?.state);
  const unit = t(`units.${line.unit}`);
  return h(
    "div",
    {
      key: `line-${line.id}`,
      class: `row ${chosen ? "selected" : ""} ${barred ? "barred" : ""}`,
      role: "row",
      "data-line": line.id,
      "aria-current": chosen ? "true" : null,
      on: { click: () => (chosen && refund ? acts.toggleReturn(line) : acts.select(line.id)) },
    },
    h("span", { class: "num no", role: "cell" }, refund ? tickBox(line) : String(at + 1)),
    h(
      "span",
      { class: "what", role: "cell" },
      h("span", { class: "name" }, line.name),
      h(
        "span",
        { class: "below" },
        h("span", { class: "code" }, line.barcode),
        verdict(line, clock),
        line.discount_minor && !refund ? h("span", { class: "tag" }, discountText(line)) : null,
        refund ? h("span", { class: "tag" }, t("ui.may_return", { count: quantity(line.returnable), unit })) : null,
      ),
    ),
    h(
      "span",
      { class: "num count", role: "cell" },
      h("b", null, quantity(line.quantity)),
      h("span", { class: "unit" }, `\u00A0${unit}`),
      h("span", { class: "times" }, ` × ${bare(line.price_minor)}`),
    ),
    h("span", { class: "num price", role: "cell" }, bare(line.price_minor)),
    h("span", { class: "num sum", role: "cell" }, bare(line.sum_minor)),
  );
}

const tickBox = (line) =>
  h(
    "span",
    {
      class: `box ${line.chosen ? "on" : ""}`,
      role: "img",
      "aria-label": t(line.chosen ? "ui.ticked" : "ui.unticked"),
    },
    line.chosen ? icon("check") : null,
  );

export function basket(context) {
  const { view } = context;
  const lines = view.sale?.lines ?? [];
  const { symbol } = { symbol: t(`currency.${view.currency}`) };
  if (!lines.length) {
    return h(
      "div",
      { key: "empty", class: "empty" },
      icon("scan"),
      h("p", { class: "empty-title" }, t("ui.scan_goods")),
      h("p", { class: "quiet" }, t("ui.scan_goods_more")),
    );
  }
  return h(
    "div",
    { key: "table", class: "table", role: "table", "aria-label": t("ui.basket"), "aria-rowcount": lines.length + 1 },
    h(
      "div",
      { class: "head", role: "row" },
      h("span", { class: "no", role: "columnheader" }, h("span", { class: "unseen" }, t("ui.number"))),
      h("span", { class: "what", role: "columnheader" }, t("ui.goods")),
      h("span", { class: "num count", role: "columnheader" }, t("ui.count")),
      h("span", { class: "num price", role: "columnheader" }, t("ui.price", { symbol })),
      h("span", { class: "num sum", role: "columnheader" }, t("ui.sum", { symbol })),
    ),
    h(
      "div",
      { class: "rows", role: "rowgroup", tabindex: "0", "aria-label": t("ui.basket") },
      lines.map((line, at) => row(line, at, context)),
    ),
  );
}

/** The basket beside a case: locked, one line each, the line in question marked. */
export function lockedBasket({ view }, title) {
  const lines = view.sale?.lines ?? [];
  if (!lines.length) return null;
  const about = view.case?.line ?? "";
  return h(
    "section",
    { key: "locked", class: "card locked", "aria-label": title },
    h("h2", { class: "locked-title" }, icon("lock"), h("span", null, title)),
    h(
      "ul",
      { class: `locked-lines ${about ? "marked" : ""}`, tabindex: "0", "aria-label": title },
      lines.map((line) =>
        h(
          "li",
          { key: line.id, class: line.id === about ? "about" : "" },
          line.id === about ? icon("attention", "is-attention") : null,
          h(
            "span",
            { class: "name" },
            line.quantity === 1000 ? line.name : `${line.name} × ${quantity(line.quantity)}`,
          ),
          h("span", { class: "num" }, bare(line.sum_minor)),
        ),
      ),
    ),
  );
}
