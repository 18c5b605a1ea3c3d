/** What the till says of the last press: why it did nothing, what became of it, or how to undo it. */

import { h } from "../../kit/dom.js";
import { icon } from "../../kit/icons.js";
import { key } from "../../kit/parts.js";
import { note, plain, rich, sentence, t } from "../../kit/texts.js";
import { local } from "../local.js";

/** A note on one line: what happened in bold, then what is safe and what to do. */
export function joined(told) {
  const { what, safe, do: act } = note(told);
  return [what && `**${plain(what)}**${/[.?…]$/.test(what) ? "" : "."}`, safe, act].filter(Boolean).join(" ");
}

// These tell what became of something; everything else that is said is a no.
const TELLS = new Set(["age_check", "agree_withdrawn", "cannot_tell", "correction_owed", "payment_cancelled", "reversed"]);

/** The answer to the last press: why it did nothing, or what became of it; `else_` where there is none. */
export function answered(view, else_ = null, acts = null) {
  const own = local.said && performance.now() < local.said.untilMs ? local.said.note : null;
  const told = own ?? view.said ?? else_;
  if (!told) return null;
  const tells = TELLS.has(told.code);
  return h(
    "div",
    { key: "said", class: `said ${told.code === "agree_withdrawn" ? "told is-done" : tells ? "told" : "refusal"}`, role: "status" },
    icon(told.code === "agree_withdrawn" ? "ok" : tells ? "attention" : "down"),
    h("span", null, rich(joined(told))),
    acts && isAsked(view) && told.code === view.said.code
      ? key({
          id: "sell_promised",
          label: t("menu.sell_promised"),
          kind: "small",
          press: () => void acts.send("sell_promised"),
        })
      : null,
  );
}

// The goods are promised to somebody else, and the agent waits for a word of the cashier.
const ASKED = new Set(["stock_promised", "stock_in_baskets"]);

export const isAsked = (view) => ASKED.has(view.said?.code);

/** The line that answers the last press, or offers to undo it. It stands above the line keys and moves none of them. */
export function said({ view, acts }) {
  const told = answered(view, null, acts);
  if (told) return told;
  if (view.sale?.undo?.code === "removed" && performance.now() < local.undoUntil) {
    return h(
      "div",
      { key: "undo", class: "said" },
      icon("undo"),
      h("span", null, sentence(view.sale.undo)),
      key({ id: "undo", label: t("ui.bring_back"), caps: "Backspace", kind: "small", press: () => acts.undo() }),
    );
  }
  return null;
}
