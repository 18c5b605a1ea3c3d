/** The basket: what was chosen, large keys for one more and one less, what the goods check says, the shop's terms. */

import { h } from "../../kit/dom.js";
import { elapsed, money, quantity } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { display, key } from "../../kit/parts.js";
import { note, plain, t } from "../../kit/texts.js";
import { local } from "../local.js";
import { drawn, pictureOf } from "../pictures.js";
import { bar, hint, scrollKeys } from "./browse.js";
import { act, headline, look, told } from "./frame.js";

export function basket(context) {
  const { view, acts } = context;
  const lines = view.sale?.lines ?? [];
  return [
    look(
      headline(t("kiosk.chosen")),
      told(view, hint(view, "kiosk.scan_next", "kiosk.scan_next_more")),
      local.low
        ? h(
            "div",
            { key: "sum", class: "card so-far" },
            h("p", { class: "label" }, t("ui.to_pay")),
            display(view.sale?.total_minor ?? 0, "large"),
            terms(view),
          )
        : null,
    ),
    act(
      local.low && lines.length > 2
        ? h("div", { key: "scroll", class: "search-row end" }, scrollKeys(acts, ".rows"))
        : null,
      h(
        "ul",
        { key: "rows", class: "rows", tabindex: "0", "aria-label": t("kiosk.chosen") },
        lines.length
          ? lines.map((line) => row(line, context))
          : h("li", { key: "none", class: "nothing" }, t("kiosk.basket_empty")),
      ),
      h("div", { key: "around", class: "around" }, local.low ? null : terms(view), leaveKey(context)),
      bar(context, true),
    ),
  ];
}

/** There is no way back from it, so it is pressed twice. */
function leaveKey({ acts }) {
  const sure = local.sure === "leave";
  return key({
    id: "leave",
    label: sure ? t("kiosk.sure", { what: t("kiosk.leave") }) : t("kiosk.leave"),
    glyph: "close",
    kind: sure ? "centre chosen" : "centre",
    press: () => acts.sure("leave", "leave", {}),
  });
}

function terms({ seller }) {
  if (!seller.refund_terms) return null;
  return h("p", { key: "terms", class: "terms" }, icon("undo"), h("span", null, seller.refund_terms));
}

/** ✓ checked, clock checking, octagon refused: shape and word before colour. */
function verdict(line, clock) {
  const { mark } = line;
  if (!mark || mark.state === "not_needed") return null;
  if (mark.state === "ok") return h("span", { class: "verdict is-ok" }, icon("check"), t("ui.mark_ok"));
  if (mark.state === "checking") {
    const waited = clock.now() - mark.since_ms;
    return h(
      "span",
      { class: "verdict is-busy" },
      icon("busy"),
      `${t("ui.mark_checking")}${waited > 1000 ? ` ${elapsed(waited)}` : ""}`,
    );
  }
  const { chip, what } = note(mark.note);
  return h(
    "span",
    { class: "verdict is-down" },
    icon("down"),
    t("ui.mark_refused", { reason: plain(chip ?? what ?? "") }),
  );
}

function row(line, { acts, clock }) {
  const picture = pictureOf(line.name);
  const whole = line.quantity % 1000 === 0;
  const stepper = !line.marked && whole;
  return h(
    "li",
    {
      key: `line-${line.id}`,
      class: `card row ${line.mark?.state === "refused" ? "refused" : ""}`,
      "data-line": line.id,
    },
    h("span", { class: "row-picture", style: { background: picture.ground } }, drawn(picture)),
    h("div", { class: "row-words" }, h("p", { class: "row-name" }, line.name), verdict(line, clock)),
    key({
      id: `remove-${line.id}`,
      glyph: "bin",
      kind: "square",
      "aria-label": `${t("ui.remove")}: ${line.name}`,
      press: () => acts.remove(line.id),
    }),
    h(
      "div",
      { class: "row-count" },
      stepper
        ? [
            key({
              id: `less-${line.id}`,
              glyph: "minus",
              kind: "square",
              "aria-label": `${t("ui.one_less")}: ${line.name}`,
              off: line.quantity > 1000 ? null : "",
              press: () => acts.quantityBy(line.id, -1),
            }),
            h("span", { key: "count", class: "count num" }, quantity(line.quantity)),
            key({
              id: `more-${line.id}`,
              glyph: "plus",
              kind: "square",
              "aria-label": `${t("ui.one_more")}: ${line.name}`,
              press: () => acts.quantityBy(line.id, 1),
            }),
          ]
        : h(
            "span",
            { key: "count", class: "count fixed" },
            `${quantity(line.quantity)}\u00A0${t(`units.${line.unit}`)}`,
          ),
      h("span", { key: "each", class: "each" }, `× ${money(line.price_minor)}`),
    ),
    h("span", { class: "row-sum" }, display(line.sum_minor, "row-display")),
  );
}
