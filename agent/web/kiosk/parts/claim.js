/** A claim slip on the screen: what the shop owes, the code that proves it, where the money is, and until when. */

import { h } from "../../kit/dom.js";
import { date, money } from "../../kit/format.js";
import { badge, display, key } from "../../kit/parts.js";
import { note, rich, sentence, t } from "../../kit/texts.js";
import { local } from "../local.js";
import { act, look, told } from "./frame.js";
import { sendKey, sendingLine, slipPhone } from "./slip_phone.js";

// Of these the purchase is paid and the goods are the shopper's.
const PAID = new Set(["claim_change_short"]);
const BACK = new Set(["claim_timeout", "claim_given_up", "claim_not_made"]);

/** What the sum is made of, from what the view says and nothing else. */
function arithmetic(view) {
  const parts = [];
  if (view.cash) parts.push(t("kiosk.of_inserted", { sum: money(view.cash.inserted_minor) }));
  if (view.sale && PAID.has(view.claims.at(-1).reason.code))
    parts.push(t("kiosk.of_purchase", { sum: money(view.sale.total_minor) }));
  if (view.change) parts.push(t("kiosk.of_change", { sum: money(view.change.paid_minor) }));
  return parts.join(", ");
}

function steps(view, newest) {
  const { code } = newest.reason;
  const { till, where } = view.elsewhere?.params ?? {};
  const goods = PAID.has(code) ? "yours" : BACK.has(code) ? "back" : "kept";
  const place = view.elsewhere ? sentence(view.elsewhere) : t("kiosk.claim_where");
  const money_ = till ? t("kiosk.claim_money_at", { till, where }) : `${t("kiosk.claim_money")} ${place}`;
  return [
    t(newest.printed ? "kiosk.claim_take" : "kiosk.claim_photo"),
    newest.amount_minor ? money_ : `${t("kiosk.claim_show")} ${place}`,
    t(`kiosk.claim_goods.${goods}`),
  ];
}

export function claim(context) {
  const { view, acts } = context;
  const newest = view.claims.at(-1);
  if (!newest) return [look(), act(keys(view, acts))];
  if (local.panel === "slip_phone") return slipPhone(context);
  const told_ = note(newest.reason);
  const others = view.claims.slice(0, -1);
  const sum = newest.amount_minor > 0;
  const made = arithmetic(view);
  return [
    look(
      h(
        "div",
        { key: "head", class: "screen-head" },
        badge("attention"),
        h("h2", { id: "headline", class: "headline", tabindex: "-1" }, rich(told_.what)),
      ),
      sum && told_.safe ? h("p", { key: "safe", class: "lead" }, rich(told_.safe)) : null,
      h(
        "div",
        { key: `slip-${newest.number}`, class: "card slip", "data-claim": newest.number },
        h(
          "div",
          { class: "slip-top" },
          h(
            "div",
            { class: "slip-words" },
            sum
              ? [
                  h("p", { key: "owe", class: "label big" }, t("kiosk.we_owe")),
                  display(newest.amount_minor, "slip-sum"),
                ]
              : h(
                  "p",
                  { key: "why", class: "slip-why" },
                  rich([told_.money, told_.safe, told_.do].filter(Boolean).join(" ")),
                ),
            sum && made ? h("p", { key: "of", class: "quiet" }, made) : null,
          ),
          newest.code
            ? h(
                "div",
                { key: "qr", class: "qr" },
                h("img", { src: `/api/qr.svg?text=${encodeURIComponent(newest.code)}`, alt: t("kiosk.claim_qr") }),
              )
            : null,
        ),
        h(
          "div",
          { class: "slip-foot" },
          h(
            "div",
            null,
            h("p", { class: "label small" }, t("kiosk.claim")),
            h("p", { class: "slip-number" }, newest.number),
          ),
          h(
            "div",
            { class: "at-right" },
            h("p", { class: "quiet" }, t("kiosk.valid_until")),
            h("p", { class: "slip-date" }, date(newest.expires_ms)),
          ),
        ),
      ),
      others.length
        ? h(
            "p",
            { key: "others", class: "lead" },
            t("kiosk.claims_before", {
              list: others.map((one) => `${one.number}, ${money(one.amount_minor)}`).join("; "),
            }),
          )
        : null,
    ),
    act(
      h(
        "ol",
        { key: "steps", class: "steps" },
        steps(view, newest).map((text, at) =>
          h("li", { key: String(at) }, h("b", { class: "step-number" }, String(at + 1)), h("span", null, rich(text))),
        ),
      ),
      told(view, sendingLine(view)),
      keys(view, acts, newest),
    ),
  ];
}

const keys = (view, acts, newest) =>
  h(
    "div",
    { key: "keys", class: "keys" },
    newest.code
      ? key({
          id: "print-slip",
          label: t("kiosk.slip_again"),
          glyph: "printer",
          kind: "centre tall",
          press: () => void acts.send("print_slip"),
        })
      : null,
    sendKey(view, acts),
    key({
      id: "take-slip",
      label: t("kiosk.slip_taken"),
      kind: "centre tall huge-key filled",
      press: () => void acts.send("take_slip"),
    }),
  );
