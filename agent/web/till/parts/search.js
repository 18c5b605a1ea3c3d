/** The field for scanning and searching, and what was found. */

import { h } from "../../kit/dom.js";
import { elsewhere } from "../../kit/elsewhere.js";
import { money } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { t } from "../../kit/texts.js";
import { local } from "../local.js";

export function searchField(acts, placeholder) {
  return h(
    "div",
    { key: "search-box", class: "search" },
    icon("scan"),
    h("input", {
      id: "search",
      class: "search-input",
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      placeholder,
      "aria-label": placeholder,
      value: local.text,
      inputmode: matchMedia("(hover: none)").matches ? "none" : "search",
      "aria-expanded": String(local.text !== ""),
      "aria-controls": "results",
      "aria-autocomplete": "list",
      "aria-activedescendant": local.text && local.results.length ? `result-${local.result}` : null,
      on: { input: (event) => acts.typeSearch(event.target.value), click: () => acts.page.touchSearch() },
    }),
  );
}

export function results(acts) {
  if (!local.text) return h("div", { key: "results", id: "results", role: "listbox", hidden: true });
  const known = local.searchedFor === local.text;
  return h(
    "div",
    {
      key: "results",
      id: "results",
      class: "results card",
      role: local.results.length ? "listbox" : "status",
      "aria-label": t("ui.results"),
    },
    local.results.map((found, at) =>
      h(
        "div",
        {
          key: `found-${found.barcode}`,
          id: `result-${at}`,
          class: `found ${at === local.result ? "picked" : ""}`,
          role: "option",
          "aria-selected": String(at === local.result),
          on: { click: () => acts.takeResult(at) },
        },
        h(
          "span",
          { class: "found-name" },
          h("span", { class: "name" }, found.name),
          h("span", { class: "quiet num left" }, found.barcode, found.marked ? ` · ${t("ui.marked")}` : ""),
          found.elsewhere?.length
            ? h("span", { key: "elsewhere", class: "quiet elsewhere" }, elsewhere(found.elsewhere))
            : null,
        ),
        h("span", { class: "num found-price" }, money(found.price_minor)),
      ),
    ),
    known && !local.results.length
      ? h(
          "p",
          { key: "none", class: "none quiet" },
          t(/^\d{8,14}$/.test(local.text.trim()) ? "ui.take_as_barcode" : "ui.nothing_found"),
        )
      : null,
  );
}
