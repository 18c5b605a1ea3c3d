/** A sealed receipt: the change to hand over as large as it gets, the paper as the register prints it, its QR. */

import { h } from "../../kit/dom.js";
import { money, pieces, roundMoney } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { display, key, pair } from "../../kit/parts.js";
import { note, rich, t } from "../../kit/texts.js";
import { endDot } from "./frame.js";
import { results, searchField } from "./search.js";
import { said } from "./told.js";

function qr(text) {
  const picture = { src: `/api/qr.svg?text=${encodeURIComponent(text)}`, alt: t("ui.qr") };
  return text ? h("div", { class: "qr" }, h("img", picture)) : null;
}

/** A printed line keeps what it means, not its spaces: rules, centred lines, names with sums at the right. */
function printed(line, at) {
  if (/^\s*[-=_]{6,}\s*$/.test(line)) return h("hr", { key: String(at) });
  const two = /^(\s{0,2}\S.*?)\s{2,}(\S.*)$/.exec(line);
  const loud = /^\s*(ИТОГ|ИТОГО|TOTAL|К ВЫДАЧЕ)\b|^\s*=/.test(line) || /^\s*ИТОГ/.test(line);
  if (two)
    return h(
      "p",
      { key: String(at), class: loud ? "two-ends loud" : "two-ends" },
      h("span", null, two[1]),
      h("span", null, two[2]),
    );
  if (/^\s{3,}\S/.test(line)) return h("p", { key: String(at), class: "middle" }, line.trim());
  return h("p", { key: String(at) }, line || "\u00A0");
}

function paper(document, training, at) {
  const lines = document.text;
  let cut = lines.length;
  while (cut > 0 && !/^\s*[-=_]{6,}\s*$/.test(lines[cut - 1]) && lines.length - cut < 8) cut -= 1;
  if (cut < lines.length / 3) cut = lines.length;
  return h(
    "section",
    {
      key: `paper-${document.number}-${at}`,
      class: `card paper mono ${training ? "practice" : ""}`,
      "data-mark": training ? t("ui.training_mark") : null,
      tabindex: "0",
      "aria-label": t("ui.receipt_number", { number: document.number }),
    },
    lines.slice(0, cut).map(printed),
    h("div", { key: "room", class: "room" }),
    h("div", { key: "end", class: "paper-end" }, h("div", null, lines.slice(cut).map(printed)), qr(document.qr)),
  );
}

function headline(receipt) {
  if (receipt.act === "refund") return receipt.cash_back_minor ? "ui.refunded_cash" : "ui.refunded_card";
  return receipt.change_minor ? "ui.sealed_change" : "ui.sealed";
}

export function receipt(context) {
  const { view, acts } = context;
  const { receipt: made } = view;
  const refund = made.act === "refund";
  const large = refund ? made.cash_back_minor || made.total_minor : made.change_minor || made.total_minor;
  const given = (refund ? made.cash_back_minor : made.change_minor) ? pieces(large) : [];
  const stopped = made.printing === "stopped";
  const told = stopped || made.note ? note(made.note ?? { code: "paper_out_sealed" }) : null;
  const received = made.payments
    .filter((payment) => payment.received_minor)
    .map((payment) => [t("ui.received_cash"), money(payment.received_minor)]);
  const card = made.payments
    .filter((payment) => payment.means === "card" && payment.sum_minor)
    .map((payment) => [
      payment.card ? `${payment.scheme || t("means.card")} ··\u00A0${payment.card.slice(-4)}` : t("means.card"),
      money(payment.sum_minor),
    ]);
  return [
    h(
      "section",
      { key: "left", class: "receipt-left" },
      h(
        "div",
        { class: "sealed-card", "aria-labelledby": "headline" },
        h(
          "h2",
          { id: "headline", class: "sealed-head is-ok", tabindex: "-1" },
          icon("check"),
          h("span", null, t(headline(made))),
        ),
        display(large, "change huge"),
        given.length
          ? h(
              "p",
              { class: "hand-out" },
              h("span", null, t("ui.hand_out")),
              " ",
              h("b", null, given.map(roundMoney).join(" + ")),
            )
          : null,
        h(
          "div",
          { class: "sealed-facts" },
          !refund && (made.change_minor || card.length > 1) ? pair(t("ui.to_pay"), money(made.total_minor)) : null,
          [...received, ...card].map(([name, value]) => pair(name, value)),
        ),
        told?.what
          ? h(
              "div",
              { key: "printing", class: "printing", role: "status" },
              icon("attention", "is-attention"),
              h(
                "p",
                null,
                h("strong", null, endDot(told.what)),
                " ",
                rich([told.do, told.safe].filter(Boolean).join(" ")),
              ),
            )
          : null,
      ),
      said(context),
      h(
        "div",
        { class: "receipt-keys" },
        searchField(acts, t("ui.scan_next")),
        key({ id: "new-sale", label: t("ui.new_sale"), caps: "Enter", kind: "filled", press: () => acts.newSale() }),
      ),
      results(acts),
    ),
    h(
      "aside",
      { key: "right", class: "side-right receipt-right", "aria-label": t("ui.receipt") },
      h(
        "div",
        { class: "papers" },
        made.documents.map((document, at) => paper(document, view.training, at)),
      ),
      h(
        "div",
        { class: "two" },
        key({ id: "copy", label: t("ui.copy"), caps: "Insert 2", press: () => acts.other("copy", {}) }),
        key({ id: "more", label: t("ui.more"), caps: "Insert", press: () => acts.open("more") }),
      ),
    ),
  ];
}
