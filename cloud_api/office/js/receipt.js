// One sale opened from any list: what was sold, how it was paid, which documents sealed it.

import { fill, make, state } from "./dom.js";
import { ask } from "./hq.js";
import { amount, moment, money, moneyAloud, quantity } from "./numbers.js";
import { known, say } from "./words.js";

export const meansWord = (means) => (known(means) ? say(means) : means);
export function meansLine(sale) {
  const [a, b] = sale.means.map(meansWord);
  return b ? say("mixed", { a, b }) : (a ?? say("none_paid"));
}
const NUMBERED = { refund: "refund_no", advance: "advance_no" };
const statusWord = (status) => (["reversed", "refunded", "by_person", "given_back", "unresolved"].includes(status) ? say(status) : "");
const vatWord = (rate) => (rate.toUpperCase() === "NONE" ? say("vat_none") : say("vat", { rate: rate.replace(/^V/, "").replace("_", "/") + "\u00a0%" }));
const joined = (...parts) => parts.filter(Boolean).join(", ");

function tags(sale) {
  const list = [];
  if (sale.summary.unresolved) list.push(["unk", say("tag_unresolved")]);
  if (sale.summary.state === "correction_due") list.push(["att", say("tag_correction")]);
  if (sale.summary.state === "voided_after_payment") list.push(["att", say("tag_voided")]);
  return list.map(([kind, text]) => make("p", { class: `tag ${kind}` }, state(kind, ""), text));
}
const rows = (list, cells) => make("table", {}, make("tbody", {}, list.map((one) => make("tr", {}, cells(one)))));
const withSub = (text, sub) => make("td", {}, text, sub && make("span", { class: "sub" }, sub));

const reasonWord = (kind) => (known(kind) ? say(kind).toLowerCase() : kind);
const priceReasons = (x) => (x.reasons.length ? x.reasons.map((why) => joined(`${reasonWord(why.kind)} ${amount(why.sum)}`, why.by))
  : x.discount ? [`${say("discount").toLowerCase()} ${amount(x.discount)}`] : []);

function paper(sale, close) {
  const { summary } = sale, refund = summary.act === "refund";
  const line = (x) => [
    withSub(x.name, joined(vatWord(x.vat), ...priceReasons(x), x.mark && say("marked", { mark: x.mark }))),
    make("td", { class: "num muted" }, `${quantity(x.qty)} × ${amount(x.price)}`),
    make("td", { class: "num" }, amount(x.sum)),
  ];
  const payment = (p) => [
    withSub(joined(meansWord(p.means) + (p.card ? ` •• ${p.card}` : ""), p.scheme),
      joined(p.slip ? say("slip", { n: p.slip }) : "", p.auth && say("auth", { n: p.auth }), statusWord(p.status), p.terminal && say("terminal_no", { n: p.terminal }),
        p.fee && say("fee_of", { bank: p.fee.acquirer, rate: amount(p.fee.rate_bp), fee: amount(p.fee.fee_minor) }),
        ...p.late.map((one) => say("said_late", { status: one.status })))),
    make("td", { class: "num" }, amount(p.sum)),
  ];
  const document_ = (d) => [
    withSub(say("document_no", { n: d.number }),
      joined(d.seller, say("document_by", d), d.at.replace("T", " "), d.by_person ? say("by_person") : "")),
    make("td", { class: "num" }, amount(d.total)),
  ];
  const extra = [["discount", sale.discount], ["rounding", sale.rounding]].filter(([, value]) => value);
  return make("div", { class: "paper" },
    make("div", { class: "about" },
      make("div", {},
        make("h2", { id: "receipt-title" }, say(NUMBERED[summary.act] ?? "receipt_no", { number: summary.number })),
        make("p", { class: "muted" }, `${summary.store}, ${summary.till}`),
        make("p", { class: "muted" }, joined(moment(summary.closed_ms), say("cashier", { name: summary.cashier }), say("shift_no", { n: sale.shift }),
          sale.channel && say(known(`channel_${sale.channel}`) ? `channel_${sale.channel}` : "channel_other", { channel: sale.channel })))),
      make("button", { class: "key", type: "button", onclick: close }, say("close"))),
    tags(sale),
    sale.of && make("p", { class: "muted" }, say(refund ? "refund_for" : "advance_for", { id: sale.of })),
    make("section", {}, make("h3", {}, say("lines")), rows(sale.lines, line)),
    extra.map(([key, value]) => make("p", { class: "muted" }, `${say(key)}: ${amount(value)}`)),
    make("p", { class: "sum" }, say(refund ? "total_refund" : "total"),
      make("span", { class: "num", "aria-label": moneyAloud(summary.total), role: "text" }, money(summary.total))),
    make("section", {}, make("h3", {}, say("payments")),
      sale.payments.length ? rows(sale.payments, payment) : make("p", { class: "muted" }, say("no_payments_here"))),
    make("section", {}, make("h3", {}, say("documents")),
      sale.documents.length ? rows(sale.documents, document_) : make("p", { class: "muted" }, say("no_documents"))),
    make("p", { class: "muted sub" }, summary.id));
}

export async function openReceipt(summary) {
  const box = document.getElementById("receipt");
  const path = `/v1/sales/${encodeURIComponent(summary.id)}?device=${encodeURIComponent(summary.device)}`;
  const sale = await ask(path);
  fill(box, paper(sale, () => box.close()));
  if (!box.open) box.showModal();
  box.scrollTop = 0;
}
export function closeOnBackdrop() {
  const box = document.getElementById("receipt");
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
}
