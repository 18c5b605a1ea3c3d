/** What is kept for orders: until when, whether the shop still has it, and keeping more. */

import { h } from "../kit/dom.js";
import { quantity } from "../kit/format.js";
import { chip, key, pair } from "../kit/parts.js";
import { t } from "../kit/texts.js";
import { find } from "./find.js";
import { field, signing } from "./signing.js";

export function orders(page) {
  const { view } = page;
  return [
    h(
      "div",
      { key: "left", class: "column" },
      page.told(),
      h(
        "section",
        { key: "kept", class: "card desk-card" },
        h("h2", null, t("stock.orders")),
        view.orders.length
          ? h(
              "ul",
              null,
              view.orders.map((one) => order(page, one)),
            )
          : h("p", { class: "quiet" }, t("stock.orders_none")),
      ),
    ),
    h(
      "section",
      { key: "keep", class: "card desk-card column" },
      h("h2", null, t("stock.keep_title")),
      h("p", { class: "quiet" }, t("stock.keep_lead")),
      find(page, (goods) => page.wish(goods)),
      page.wishes.length
        ? h(
            "ul",
            { key: "wishes", class: "rows" },
            page.wishes.map((one) =>
              h(
                "li",
                { key: one.sku },
                h("b", null, one.name),
                h("span", { class: "num" }, quantity(one.thousandths)),
                key({
                  id: `unwish-${one.sku}`,
                  glyph: "close",
                  kind: "small",
                  "aria-label": t("stock.remove", { name: one.name }),
                  press: () => page.unwish(one.sku),
                }),
              ),
            ),
          )
        : null,
      signing(page, {
        id: "keep",
        people: view.people,
        own: [
          field(page, "order", { label: t("stock.keep_order") }),
          field(page, "hours", { label: t("stock.keep_hours"), hint: String(view.usual_hours), inputmode: "numeric" }),
        ],
        label: t("stock.keep"),
        act: (person, pin) => page.keep(person, pin),
      }),
    ),
  ];
}

/** Who walks for the goods says so, and that they lie at the counter: the shop's HQ and the shopper's page see it. */
function steps(page, one) {
  const next = one.step === "picking" ? "ready" : "picking";
  return key({
    id: `${next}-${one.order}`,
    label: t(`stock.do_${next}`),
    kind: "small",
    press: () => page.say(next, one.order),
  });
}

function order(page, one) {
  const releasing = page.releasing === one.order;
  return h(
    "li",
    { key: one.order, class: "order" },
    h(
      "div",
      null,
      h("b", null, t("stock.order", { order: one.order })),
      h("div", { class: "quiet" }, t("stock.until", { until_ms: one.until_ms })),
      one.lines.map((line, at) => pair(line.name, quantity(line.thousandths), `line-${at}`)),
      one.at_till ? chip("busy", t("stock.at_till")) : null,
      one.uncovered ? chip("attention", t("stock.uncovered")) : null,
      one.step ? chip(one.step === "ready" ? "ok" : "busy", t(`stock.step_${one.step}`)) : null,
    ),
    one.at_till || one.step === "ready" ? null : steps(page, one),
    one.at_till
      ? null
      : key({
          id: `release-${one.order}`,
          label: t("stock.release"),
          kind: releasing ? "small chosen" : "small",
          press: () => page.ask(one.order),
        }),
    releasing
      ? signing(page, {
          id: "release",
          people: page.view.people,
          label: t("stock.release_sign", { order: one.order }),
          act: (person, pin) => page.release(one.order, person, pin),
        })
      : null,
  );
}
