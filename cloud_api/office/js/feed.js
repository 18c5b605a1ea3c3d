// Sales as rows: the live feed of the overview and the long list, each row opening its receipt.

import { make } from "./dom.js";
import { amount, moneyAloud, short, time } from "./numbers.js";
import { meansLine, openReceipt } from "./receipt.js";
import { say, sayMany } from "./words.js";

export function what(sale) {
  const first = sale.first_name || say("no_lines");
  const goods = sale.line_count > 1 ? sayMany("more_goods", sale.line_count - 1, { what: first }) : first;
  if (sale.state === "voided_after_payment") return say("voided_of", { what: goods });
  if (sale.act === "advance") return say("advance_of");
  return sale.act === "refund" ? say("refund_of", { what: goods }) : goods;
}
const signed = (sale) => (sale.act === "refund" ? -sale.total : sale.total);

export function saleRow(sale, { now, fresh = new Set(), dated = false }) {
  const sum = signed(sale);
  return make("li", { "data-arrival": sale.arrival },
    make("button", {
      type: "button", id: `sale-${sale.arrival}`, class: fresh.has(sale.arrival) ? "row fresh" : "row",
      "aria-haspopup": "dialog", onclick: () => openReceipt(sale),
    },
    make("span", { class: "time" }, dated ? short(sale.closed_ms, now) : time(sale.closed_ms)),
    make("span", { class: "strong store" }, sale.store.split(",")[0]),
    make("span", { title: what(sale) }, what(sale)),
    make("span", { class: "means" }, meansLine(sale)),
    make("span", { class: "num strong" }, make("span", { "aria-hidden": "true" }, amount(sum)),
      make("span", { class: "sr" }, moneyAloud(sum)))));
}
