/** The field that takes scans and searches, and what it found, with the balance of each product. */

import { h } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { elsewhere } from "../kit/elsewhere.js";
import { key } from "../kit/parts.js";
import { t } from "../kit/texts.js";
import { withUnit } from "./amounts.js";

export function find(page, chosen) {
  return [
    h(
      "div",
      { key: "find", class: "find" },
      icon("scan"),
      h("input", {
        id: "find",
        class: "field",
        type: "text",
        autocomplete: "off",
        "aria-label": t("stock.search_label"),
        placeholder: t("stock.search"),
        value: page.text,
        on: { input: (event) => page.search(event.target.value) },
      }),
    ),
    page.text.trim() && page.found
      ? h(
          "div",
          { key: "found", class: "found" },
          page.found.map((goods, at) =>
            key({
              id: `found-${goods.sku}`,
              label: goods.name,
              under: [balance(goods), elsewhere(goods.elsewhere ?? [])].filter(Boolean).join(". "),
              kind: at === page.at ? "chosen" : "",
              caps: at === page.at ? "Enter" : undefined,
              press: () => chosen(goods),
            }),
          ),
          page.found.length ? null : h("p", { class: "quiet" }, t("stock.nothing_found")),
        )
      : null,
  ];
}

export function balance(goods) {
  if (goods.on_hand === null) return t("stock.not_counted");
  const here = t("stock.on_hand", { n: withUnit(goods.on_hand, goods.unit) });
  return goods.left === goods.on_hand ? here : `${here}, ${t("stock.left", { n: withUnit(goods.left, goods.unit) })}`;
}
