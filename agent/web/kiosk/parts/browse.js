/** The shelf: scan or search, categories, tiles with drawn pictures, the sum so far and the way to pay. */

import { h } from "../../kit/dom.js";
import { money, quantity, sumParts } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { display, key } from "../../kit/parts.js";
import { speak, t } from "../../kit/texts.js";
import { local } from "../local.js";
import { categoryPicture, drawn, pictureOf } from "../pictures.js";
import { act, look, told } from "./frame.js";
import { letters } from "./keyboard.js";

const IN_A_ROW = 5; // categories beside "all"
const END_PX = 900; // the next goods are fetched before the finger gets there
const FEW = 3000; // thousandths: from here on the tile says how many are left

export function browse(context) {
  const { view, acts } = context;
  const searching = local.panel === "search";
  return [
    look(told(view, hint(view)), local.low ? soFar(view) : null),
    act(
      h("h2", { key: "title", id: "headline", class: "unseen", tabindex: "-1" }, t("kiosk.goods")),
      searchRow(acts, searching),
      searching ? null : categories(acts),
      local.panel === "categories" ? allCategories(acts) : tiles(context),
      searching ? letters(acts, view.language) : bar(context),
    ),
  ];
}

export function hint(view, title = "kiosk.scan_title", more = "kiosk.scan_more") {
  const works = view.tenders.some((tender) => tender.available);
  return h(
    "div",
    { key: "hint", class: "hint" },
    icon("scan"),
    h(
      "div",
      null,
      h("p", { class: "hint-title" }, t(title)),
      h("p", { class: "hint-more" }, works ? t(more) : t("kiosk.no_paying_now")),
    ),
  );
}

/** Low, the upper half shows what cannot be touched: the newest line's picture and the sum. */
function soFar(view) {
  const lines = view.sale?.lines ?? [];
  const newest = lines[lines.length - 1];
  return h(
    "div",
    { key: "so-far", class: "card so-far" },
    h("p", { class: "label" }, basketWords(view)),
    newest
      ? h(
          "div",
          { key: `newest-${newest.id}`, class: "so-far-picture", style: { background: pictureOf(newest.name).ground } },
          drawn(pictureOf(newest.name)),
        )
      : h("div", { key: "nothing", class: "so-far-picture" }, icon("bag")),
    newest ? h("p", { class: "so-far-name" }, newest.name) : null,
    display(view.sale?.total_minor ?? 0, "large"),
  );
}

export function basketWords(view) {
  const pieces = Math.ceil((view.sale?.pieces ?? 0) / 1000);
  return pieces ? t("kiosk.in_basket", { n: pieces }) : t("kiosk.basket_empty");
}

function searchRow(acts, searching) {
  return h(
    "div",
    { key: "search-row", class: "search-row" },
    h(
      "div",
      { key: "search-box", class: `search ${searching ? "open" : ""}`, on: { click: () => acts.openSearch() } },
      icon("search"),
      h("input", {
        id: "search",
        class: "search-input",
        type: "text",
        inputmode: "none",
        autocomplete: "off",
        spellcheck: "false",
        placeholder: t("kiosk.search"),
        "aria-label": t("kiosk.search"),
        value: local.text,
        on: { input: (event) => acts.search(event.target.value) },
      }),
    ),
    searching || local.text
      ? key({ id: "search-clear", label: t("kiosk.search_close"), kind: "centre", press: () => acts.closeSearch() })
      : null,
    local.low ? scrollKeys(acts, ".tiles") : null,
  );
}

export function scrollKeys(acts, area) {
  return [
    key({
      id: "scroll-up",
      glyph: "up",
      kind: "square",
      "aria-label": t("kiosk.scroll_up"),
      press: () => acts.scroll(area, -1),
    }),
    key({
      id: "scroll-down",
      glyph: "downward",
      kind: "square",
      "aria-label": t("kiosk.scroll_down"),
      press: () => acts.scroll(area, 1),
    }),
  ];
}

function categoryKey(acts, name, label, picture) {
  const chosen = local.category === name && !local.text;
  return h(
    "button",
    {
      key: `category-${name}`,
      type: "button",
      class: `key category ${chosen ? "is-chosen" : ""}`,
      "data-key": `category-${name}`,
      "aria-pressed": String(chosen),
      on: { click: () => acts.category(name) },
    },
    picture && !chosen ? drawn(picture) : null,
    h("span", { class: "word" }, label),
  );
}

/** Always one row: what does not fit is behind "more", and the chosen one is always in sight. */
function categories(acts) {
  const all = local.categories;
  if (!all.length) return null;
  let shown = all.slice(0, all.length > IN_A_ROW ? IN_A_ROW - 1 : IN_A_ROW);
  const chosen = all.find((one) => one.name === local.category);
  if (chosen && !shown.includes(chosen)) shown = [...shown.slice(0, -1), chosen];
  return h(
    "nav",
    { key: "categories", class: "categories", "aria-label": t("kiosk.categories") },
    categoryKey(acts, "", t("kiosk.all"), null),
    shown.map((one) => categoryKey(acts, one.name, shortName(one.name), categoryPicture(one.name))),
    all.length > shown.length
      ? key({
          id: "more-categories",
          label: t("kiosk.more_categories"),
          kind: `category ${local.panel === "categories" ? "is-chosen" : ""}`,
          "aria-expanded": String(local.panel === "categories"),
          press: () => acts.showCategories(),
        })
      : null,
  );
}

/** On a narrow key the first word says enough: "Мягкие игрушки" is "Мягкие". */
const shortName = (name) => (name.length > 12 ? name.split(" ")[0] : name);

function allCategories(acts) {
  return h(
    "div",
    { key: "all-categories", class: "tiles category-grid" },
    local.categories.map((one) => categoryKey(acts, one.name, one.name, categoryPicture(one.name))),
  );
}

function tiles({ view, acts, shelf }) {
  const counts = new Map();
  for (const line of view.sale?.lines ?? []) counts.set(line.barcode, (counts.get(line.barcode) ?? 0) + line.quantity);
  const nothing = local.listFor !== null && !local.products.length && local.total;
  return h(
    "div",
    {
      key: "tiles",
      class: "tiles",
      role: "region",
      tabindex: "0",
      "aria-label": t("kiosk.goods"),
      on: {
        scroll: ({ target }) =>
          target.scrollHeight - target.scrollTop - target.clientHeight < END_PX && void shelf.more(),
      },
    },
    nothing
      ? h("p", { key: "nothing", class: "nothing" }, t("kiosk.nothing_found"))
      : local.products.map((product) => tile(product, counts.get(product.barcode) ?? 0, acts)),
  );
}

/** Why this tile cannot be added by a tap, or what the shopper should know; nothing for most goods. */
function tag(product) {
  if (product.left_thousandths !== null && product.left_thousandths <= 0) return ["down", t("kiosk.sold_out")];
  if (product.marked) return ["scan", t("kiosk.scan_this")];
  if (product.age) return ["attention", t("kiosk.from_age", { age: product.age })];
  if (product.left_thousandths !== null && product.left_thousandths <= FEW)
    return ["", t("kiosk.few_left", { count: quantity(product.left_thousandths) })];
  return null;
}

function price(minor) {
  const { whole, cents, symbol } = sumParts(minor);
  return h(
    "span",
    { class: "display tile-price" },
    h("span", { "aria-hidden": "true" }, whole, h("span", { class: "tail" }, `${cents}\u00A0${symbol}`)),
    h("span", { class: "unseen" }, speak(minor)),
  );
}

function tile(product, count, acts) {
  const picture = pictureOf(product.name, product.category);
  const gone = product.left_thousandths !== null && product.left_thousandths <= 0;
  const told_ = tag(product);
  return h(
    "button",
    {
      key: `tile-${product.barcode}`,
      type: "button",
      class: `tile ${count ? "has" : ""} ${told_ ? "tagged" : ""} ${gone ? "is-gone" : ""}`,
      "data-key": `tile-${product.barcode}`,
      "aria-disabled": gone ? "true" : null,
      on: { click: () => !gone && acts.add(product.barcode) },
    },
    h("span", { class: "tile-picture", style: { background: picture.ground } }, drawn(picture)),
    told_ ? h("span", { class: "tile-tag" }, told_[0] ? icon(told_[0]) : null, told_[1]) : null,
    h("span", { class: "tile-name" }, product.name),
    h(
      "span",
      { class: "tile-foot" },
      price(product.price_minor),
      count
        ? h(
            "span",
            { key: "count", class: "pill on" },
            icon("check"),
            h("span", { "aria-hidden": "true" }, quantity(count)),
            h("span", { class: "unseen" }, t("kiosk.tile_has", { count: quantity(count) })),
          )
        : h("span", { key: "plus", class: "pill" }, icon(product.marked ? "scan" : "plus")),
    ),
  );
}

/** The sum and the two ways on. In the basket the first key leads back to the goods. */
export function bar({ view, acts }, goods = false) {
  const lines = view.sale?.lines ?? [];
  const pays = view.tenders.some((tender) => tender.available);
  return h(
    "div",
    { key: "bar", class: "bar" },
    h(
      "div",
      { class: "bar-sum" },
      h("p", { class: "label" }, goods ? t("ui.to_pay") : basketWords(view)),
      display(view.sale?.total_minor ?? 0, "sub"),
    ),
    goods
      ? key({
          id: "show-goods",
          label: t("kiosk.show_goods"),
          kind: "centre tall",
          press: () => void acts.send("show_goods"),
        })
      : key({
          id: "show-basket",
          label: t("kiosk.basket"),
          kind: "centre tall",
          off: lines.length ? null : "",
          press: () => void acts.send("show_basket"),
        }),
    key({
      id: "checkout",
      label: t("kiosk.pay"),
      glyph: "right",
      kind: "centre tall main-key filled",
      off: lines.length && pays ? null : "",
      "aria-label": lines.length ? `${t("kiosk.pay")}, ${money(view.sale.total_minor)}` : t("kiosk.pay"),
      press: () => void acts.send("checkout"),
    }),
  );
}
