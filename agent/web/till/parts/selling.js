/** The selling screen: search, basket, line keys; at right the sum and the two tender keys, which never change their places. */

import { h } from "../../kit/dom.js";
import { money } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { display, key, pair } from "../../kit/parts.js";
import { note, plain, rich, t } from "../../kit/texts.js";
import { basket } from "./basket.js";
import { guestRoom } from "./guest.js";
import { results, searchField } from "./search.js";
import { joined, said } from "./told.js";

function lineKeys({ view, acts }) {
  const none = !view.sale?.selected;
  const off = none ? "" : undefined;
  const refund = view.sale?.act === "refund";
  const line = acts.line;
  return h(
    "div",
    { key: "line-keys", class: "line-keys", role: "group", "aria-label": t("ui.line_keys") },
    key({
      id: "minus",
      glyph: "minus",
      kind: "centre square",
      off,
      press: () => acts.quantityBy(-1),
      "aria-label": t("ui.one_less"),
    }),
    key({
      id: "plus",
      glyph: "plus",
      kind: "centre square",
      off,
      press: () => acts.quantityBy(1),
      "aria-label": t("ui.one_more"),
    }),
    key({ id: "quantity", label: t("ui.quantity"), caps: "*", off, press: () => acts.open("quantity") }),
    refund
      ? key({ id: "tick", label: t(line?.chosen ? "ui.untick" : "ui.tick"), off, press: () => acts.toggleReturn(line) })
      : key({ id: "discount", label: t("ui.discount"), caps: "%", off, press: () => acts.open("discount") }),
    refund
      ? null
      : key({
          id: "remove",
          label: t("ui.remove"),
          caps: "Delete",
          kind: none ? "end" : "warn end",
          off,
          press: () => acts.remove(),
        }),
  );
}

function totalCard({ view }) {
  const { sale, trouble, last } = view;
  if (!sale?.lines.length && last) return lastBig(last);
  const refund = sale?.act === "refund";
  const paid = sale?.paid_minor > 0;
  const label = t(refund ? "ui.to_refund" : paid ? "ui.left" : "ui.to_pay");
  return h(
    "section",
    { key: "total", class: "card total-card", "aria-label": label },
    h("h2", { class: "label" }, label),
    display(refund ? sale.total_minor : paid ? sale.left_minor : (sale?.total_minor ?? 0)),
    trouble
      ? h(
          "div",
          { key: "trouble", class: "trouble", role: "alert" },
          icon("attention"),
          h("p", null, rich(joined(trouble))),
        )
      : null,
    sale?.lines.length && !trouble
      ? h(
          "div",
          { class: "facts-list quiet" },
          h("p", null, t("ui.positions", { n: sale.positions, pieces: Math.round(sale.pieces / 1000) })),
          paid
            ? sale.payments
                .filter((made) => made.state === "approved" || made.state === "booked")
                .map((made) => pair(t(`paid_by.${made.means}`), money(made.sum_minor), "strong"))
            : null,
          sale.discount_minor && !refund ? pair(t("ui.discount"), money(-sale.discount_minor)) : null,
          (refund ? [] : sale.vat)
            .filter((rate) => rate.sum_minor)
            .slice(0, 2)
            .map((rate) => pair(t(`vat.${rate.rate}`), money(rate.sum_minor))),
        )
      : null,
  );
}

/** In an empty basket the last receipt stays in sight with its change: the drawer may still be open. */
function lastBig(last) {
  const change = last.change_minor > 0;
  return h(
    "section",
    { key: "total", class: "card total-card idle", "aria-label": t("ui.last_receipt", { number: last.number }) },
    h(
      "h2",
      { class: "label" },
      t(last.act === "refund" ? "ui.last_refund" : "ui.last_receipt", { number: last.number }),
    ),
    display(change ? last.change_minor : last.total_minor, "sub"),
    h(
      "p",
      { class: "quiet" },
      change
        ? t("ui.was_change", { total_minor: last.total_minor })
        : last.means.map((means) => t(`means.${means}`)).join(", "),
    ),
  );
}

function tenders({ view, acts }) {
  const { sale } = view;
  if (sale?.act === "refund") {
    return h(
      "nav",
      { key: "tenders", class: "tenders", "aria-label": t("ui.paying"), "data-money": true },
      key({
        id: "refund-pay",
        label: t("ui.give_back"),
        glyph: "undo",
        caps: "F2",
        kind: "tender filled",
        under: t("ui.same_way"),
        off: sale.total_minor > 0 ? undefined : t("ui.tick_first"),
        press: () => acts.refundPay(),
      }),
      key({
        id: "refund-leave",
        label: t("ui.leave_refund"),
        glyph: "close",
        kind: "tender",
        press: () => acts.newSale(),
      }),
    );
  }
  const names = { card: ["card", "F2"], cash: ["cash", "End"] };
  const offered = ["card", "cash"]
    .map((means) => view.tenders.find((tender) => tender.means === means))
    .filter(Boolean);
  return h(
    "nav",
    { key: "tenders", class: "tenders", "aria-label": t("ui.paying"), "data-money": true },
    offered.map((tender) => {
      const [glyph, caps] = names[tender.means];
      const empty = !sale?.lines.length;
      const reason = !tender.available
        ? plain(note(tender.note).chip ?? note(tender.note).what) || t("ui.not_now")
        : null;
      return key({
        id: `pay-${tender.means}`,
        label: t(`means.${tender.means}`),
        glyph,
        caps,
        kind: `tender ${tender.first && !empty ? "filled" : ""}`,
        off: reason ?? (empty ? "" : undefined),
        press: () => acts.tender(tender.means),
      });
    }),
  );
}

function aside(context) {
  const { view, acts } = context;
  const { sale, last, parked } = view;
  const empty = !sale?.lines.length;
  const waiting = parked.filter((one) => one.unresolved);
  return [
    guestRoom(context),
    waiting.map((one) =>
      h(
        "div",
        { key: `waits-${one.sale}`, class: "card small-card waits", role: "note" },
        icon("unknown", "is-unknown"),
        h("span", null, plain(note(one.note).what) || t("ui.parked_waits")),
        h("span", { class: "num" }, money(one.total_minor)),
      ),
    ),
    !empty && last
      ? h(
          "div",
          { key: "last", class: "card small-card last" },
          pair(
            t(last.act === "refund" ? "ui.last_refund" : "ui.last_receipt", { number: last.number }),
            money(last.total_minor),
            "strong",
          ),
          pair(
            last.means.map((means) => t(`means.${means}`)).join(", ") +
              (last.change_minor ? `, ${t("ui.change_small")}` : ""),
            last.change_minor ? money(last.change_minor) : "",
            "strong",
          ),
        )
      : null,
    h(
      "div",
      { key: "two", class: "two" },
      key({
        id: "park",
        label: t(empty && parked.length ? "ui.bring_parked" : "ui.park"),
        caps: "Home",
        off: empty && !parked.length ? "" : undefined,
        press: () => acts.park(),
      }),
      key({ id: "more", label: t("ui.more"), caps: "Insert", press: () => acts.open("more") }),
    ),
  ];
}

export function selling(context) {
  const { view, acts } = context;
  const refund = view.sale?.act === "refund";
  return [
    h(
      "section",
      { key: "left", class: "side-left", "aria-label": t("ui.basket") },
      searchField(acts, t(refund ? "ui.scan_to_tick" : "ui.scan_or_type")),
      h("div", { class: "card basket-card" }, basket(context), said(context), lineKeys(context), results(acts)),
    ),
    h(
      "aside",
      { key: "right", class: "side-right", "aria-label": t("ui.sum_and_paying") },
      totalCard(context),
      tenders(context),
      aside(context),
    ),
  ];
}
