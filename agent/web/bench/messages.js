/** What the shop sent to phones and mailboxes: in the demo each message is a file, and nobody gets it. */

import { h } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { t } from "../kit/texts.js";

const GLYPH = { phone: "phone", email: "mail" };
const clock = (at) => (/T(\d\d:\d\d:\d\d)/.exec(String(at)) ?? [])[1] ?? String(at);

export function messages(page) {
  const sent = page.view.messages ?? [];
  return h(
    "section",
    { key: "messages", class: "card messages", "aria-labelledby": "messages" },
    h(
      "div",
      { class: "truth-head" },
      h("h2", { id: "messages" }, t("bench.messages")),
      h("span", { class: "quiet" }, t("bench.messages_more")),
    ),
    sent.length
      ? h(
          "div",
          { class: "truth-rows", tabindex: "0", role: "group", "aria-labelledby": "messages" },
          h("ul", { class: "sent" }, sent.map(message)),
        )
      : h("p", { class: "quiet" }, t(page.place === "hall" ? "bench.no_codes" : "bench.no_messages")),
  );
}

/** A text is short and stands there; a letter is opened by its subject. */
function message(one) {
  return h(
    "li",
    { key: one.id, "data-message": one.id },
    h("p", { class: "sent-head" }, icon(GLYPH[one.kind]), h("span", { class: "sent-to" }, one.to), h("span", { class: "quiet" }, clock(one.at))),
    one.subject
      ? h("details", null, h("summary", null, one.subject), h("pre", { class: "mono" }, one.text))
      : h("p", { class: "sent-text" }, one.text),
  );
}
