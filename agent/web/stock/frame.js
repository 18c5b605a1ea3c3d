/** What stands around every place of the page: tabs, the shop's name, and that the agent is gone. */

import { h } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { key } from "../kit/parts.js";
import { note, plain, rich, t } from "../kit/texts.js";

const TABS = ["documents", "orders"];

export function frame(page, { gone, switchLanguage }) {
  const { view } = page;
  const on = page.place === "orders" ? "orders" : "documents";
  return [
    view.training
      ? h(
          "div",
          { key: "stripe", class: "stripe" },
          h("strong", null, note({ code: "training" }).what),
          " ",
          note({ code: "training" }).do,
        )
      : null,
    h("h1", { key: "title", class: "unseen", tabindex: "-1" }, t("stock.title")),
    h(
      "header",
      { key: "top", class: "desk-top" },
      h("span", { class: "brand", "aria-hidden": "true" }, "T"),
      h(
        "nav",
        { class: "tabs", "aria-label": t("stock.title") },
        TABS.map((name) =>
          h(
            "a",
            { key: name, class: "tab", href: `#${name}`, "aria-current": on === name ? "page" : null },
            t(`stock.${name}`),
          ),
        ),
      ),
      h(
        "div",
        { class: "desk-right" },
        h("span", { class: "quiet" }, view.shop),
        h("a", { class: "key small", href: "/status" }, t("stock.to_status")),
        key({ id: "language", label: t("stock.language"), kind: "small", press: switchLanguage }),
      ),
    ),
    gone
      ? h(
          "div",
          { key: "gone", class: "gone-line", role: "alert" },
          icon("down"),
          plain(note({ code: "agent_gone" }).what),
        )
      : null,
  ];
}

/** What became of the last act: `said` is {note, done}. */
export function told(said) {
  if (!said) return null;
  const { what, safe, do: act } = note(said.note);
  const words = [`**${plain(what)}.**`, safe, plain(act)].filter(Boolean).join(" ");
  return h(
    "div",
    { key: "said", class: `said ${said.done ? "told" : "refusal"}`, role: "status", tabindex: "-1" },
    icon(said.done ? "ok" : "down"),
    h("span", null, said.done ? t("stock.done_note") : rich(words)),
  );
}
