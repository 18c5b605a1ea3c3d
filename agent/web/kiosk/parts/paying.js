/** Choosing how to pay, the card's course, waiting for its answer, the receipt being made, and the change coming out. */

import { h } from "../../kit/dom.js";
import { elapsed, money, time } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { badge, display, key } from "../../kit/parts.js";
import { note, plain, rich, sentence, t } from "../../kit/texts.js";
import { act, answer, headline, look, told, whyInWords } from "./frame.js";

const GLYPH = { card: "card", cash: "cash", qr: "qr", credit: "person" };

/** The means that work, store credit of a known shopper first. Cash without change says so: pressing it is consent. */
function waysToPay(view) {
  const works = view.tenders.filter((tender) => tender.available).map(({ means }) => ({ means, words: means }));
  for (const way of works) if (way.means === "cash" && view.exact) way.words = "cash_exact";
  const { credit } = view;
  if (credit) works.unshift({ means: "credit", words: "credit", params: { sum: money(credit.balance_minor) } });
  return works;
}

export function pay(context) {
  const { view, acts } = context;
  const away = view.tenders.filter((tender) => !tender.available);
  const { sale } = view;
  return [
    look(
      headline(t("kiosk.pay_title")),
      told(view, view.trouble ? answer(view.trouble) : null),
      h(
        "div",
        { key: "sum", class: "card due" },
        h("p", { class: "label" }, t(sale?.paid_minor ? "ui.left" : "ui.to_pay")),
        display(sale?.left_minor ?? 0, "huge"),
        h("p", { class: "quiet" }, t("kiosk.in_basket", { n: Math.ceil((sale?.pieces ?? 0) / 1000) })),
      ),
    ),
    act(
      h(
        "nav",
        { key: "ways", class: "choices ways", "aria-label": t("ui.paying") },
        waysToPay(view).map(({ means, words, params }) =>
          key({
            id: `pay-${means}`,
            label: t(`kiosk.by_${words}`),
            glyph: GLYPH[means] ?? "cash",
            under: t(`kiosk.by_${words}_more`, params),
            kind: "choice wide",
            press: () => acts.pay(means),
          }),
        ),
      ),
      away.length || view.elsewhere
        ? h(
            "ul",
            { key: "away", class: "away" },
            away.map((tender) =>
              h(
                "li",
                { key: tender.means, "data-away": tender.means },
                icon("down", "is-down"),
                h("span", null, tender.note ? whyInWords(tender.note) : t(`kiosk.no_${tender.means}`)),
              ),
            ),
            view.elsewhere
              ? h("li", { key: "elsewhere" }, icon("right"), h("span", null, sentence(view.elsewhere)))
              : null,
          )
        : null,
      h(
        "div",
        { key: "keys", class: "keys" },
        key({
          id: "back",
          label: t("kiosk.back"),
          glyph: "undo",
          kind: "centre tall",
          press: () => void acts.send("back"),
        }),
      ),
    ),
  ];
}

/** Seconds since it began: a wait without a clock is longer than it is. */
const waited = (view, clock) =>
  view.card_since_ms
    ? h(
        "p",
        { key: "waited", class: "waited" },
        icon("busy"),
        t("ui.so_far", { waited: elapsed(clock.now() - view.card_since_ms) }),
      )
    : null;

export function card(context) {
  const { view, acts, clock } = context;
  const running = view.sale?.payments.find((payment) => payment.means === "card" && payment.state === "running");
  const progress = view.card_progress ? plain(note(view.card_progress).what) : "";
  return [
    look(
      headline(t("kiosk.card_title")),
      h(
        "div",
        { key: "sum", class: "card due" },
        h("p", { class: "label" }, t("ui.card_payment")),
        display(running?.sum_minor ?? view.sale?.left_minor ?? 0, "huge"),
      ),
      h(
        "div",
        { key: "progress", class: "card progress" },
        h("span", { class: "big-glyph", "aria-hidden": "true" }, icon("card")),
        h(
          "div",
          null,
          h("p", { class: "progress-what", role: "status" }, progress || t("kiosk.follow_terminal")),
          waited(view, clock),
        ),
      ),
    ),
    act(
      view.stop_asked ? answer({ code: "stop_asked" }) : told(view, null),
      h(
        "div",
        { key: "keys", class: "keys" },
        key({
          id: "stop-card",
          label: t(view.stop_asked ? "ui.stop_was_asked" : "kiosk.stop_card"),
          glyph: "close",
          kind: "centre tall huge-key",
          off: view.stop_asked ? t("kiosk.terminal_decides") : null,
          press: () => acts.stopCard(),
        }),
      ),
    ),
  ];
}

/** No pay key and nothing else to press: the answer alone leads on, or the deadline does. Nothing is assumed. */
export function checking({ view, clock }) {
  const told_ = note(view.case ?? { code: "kiosk_card_checking" });
  const left = view.until_ms - clock.now();
  return [
    look(
      h(
        "section",
        { key: "case", class: "card case unknown", "aria-labelledby": "headline" },
        h(
          "div",
          { class: "case-head" },
          badge("unknown"),
          h("h2", { id: "headline", class: "headline", tabindex: "-1" }, rich(told_.what)),
        ),
        h(
          "div",
          { class: "case-body" },
          [told_.money, told_.safe, told_.do]
            .filter(Boolean)
            .map((text, at) => h("p", { key: String(at), class: "case-line" }, rich(text))),
          view.sale
            ? h(
                "div",
                { key: "sum", class: "case-sum" },
                h("span", { class: "label" }, t("ui.sum_in_question")),
                display(unknownSum(view.sale), "sub"),
              )
            : null,
        ),
      ),
    ),
    act(
      h(
        "div",
        { key: "wait", class: "card wait" },
        icon("busy"),
        h(
          "div",
          null,
          view.until_ms
            ? [
                h(
                  "p",
                  { key: "left", class: "wait-left num" },
                  left > 0 ? t("kiosk.at_most", { left: elapsed(left) }) : t("kiosk.any_moment"),
                ),
                h("p", { key: "until", class: "quiet" }, t("kiosk.else_claim", { until: time(view.until_ms) })),
              ]
            : waited(view, clock),
        ),
      ),
      h("p", { key: "no-keys", class: "lead no-keys" }, t("kiosk.nothing_to_press")),
    ),
  ];
}

const unknownSum = (sale) =>
  (sale.payments.find((payment) => payment.state === "unknown") ?? { sum_minor: sale.total_minor }).sum_minor;

export function making({ view, clock }) {
  const told_ = view.case ? note(view.case) : null;
  const left = view.until_ms - clock.now();
  return [
    look(
      h(
        "div",
        { key: "made", class: "card made" },
        badge(told_ ? "attention" : "busy"),
        h(
          "h2",
          { id: "headline", class: "headline", tabindex: "-1" },
          told_ ? rich(told_.what) : t("kiosk.making_title"),
        ),
        [told_?.money, told_?.safe, told_?.do ?? t("kiosk.making_more")]
          .filter(Boolean)
          .map((text, at) => h("p", { key: String(at), class: "lead" }, rich(text))),
        view.until_ms
          ? h(
              "p",
              { key: "until", class: "waited num" },
              icon("busy"),
              left > 0 ? t("kiosk.at_most", { left: elapsed(left) }) : t("kiosk.any_moment"),
            )
          : null,
        view.sale ? display(view.sale.total_minor, "large") : null,
      ),
    ),
    act(told(view, null)),
  ];
}

/** Nothing falls into the tray: what is left over is put on the account of who is known. */
function toTheAccount(view, credited) {
  return [
    look(
      headline(t("kiosk.change_credit_title"), badge("busy")),
      h("div", { key: "sum", class: "card counter" }, display(credited, "huge")),
    ),
    act(told(view, null)),
  ];
}

const NO_CHANGE = { owed_minor: 0, paid_minor: 0, done: true };

/** The sum falls as coins leave; after the last one the whole is named once more, for counting it. */
export function change({ view }) {
  const { owed_minor, paid_minor: paid, done, credited_minor: credited = 0 } = view.change ?? NO_CHANGE;
  const owed = owed_minor - credited;
  if (credited && !owed) return toTheAccount(view, credited);
  const part = Math.min(100, Math.round((paid * 100) / Math.max(1, owed)));
  return [
    look(
      headline(t(done ? "kiosk.change_done" : "kiosk.change_title"), badge(done ? "ok" : "busy")),
      h(
        "div",
        { key: "sum", class: "card counter" },
        h("p", { class: "label big" }, t(done ? "kiosk.change_given" : "kiosk.change_left")),
        h("div", { "data-left": owed - paid }, display(done ? paid : owed - paid, "huge")),
        h(
          "div",
          { class: "track", "aria-hidden": "true" },
          h("div", { class: "filled-part", style: { width: `${part}%` } }),
        ),
        h("p", { class: "quiet" }, t("kiosk.change_of", { paid: money(paid), owed: money(owed) })),
      ),
    ),
    act(
      h(
        "div",
        { key: "tray", class: "tray" },
        icon("coins"),
        h(
          "p",
          { class: "lead" },
          t(!done ? "kiosk.change_tray" : paid < owed ? "kiosk.change_rest" : "kiosk.change_take"),
          credited ? ` ${t("kiosk.change_credited", { sum: money(credited) })}` : "",
        ),
      ),
      told(view, null),
    ),
  ];
}
