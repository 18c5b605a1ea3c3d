// What the shops sent and this program could not read: the reason, the body as it came.

import { emptyNote, headed, unfolding } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { ask } from "../hq.js";
import { short, whole } from "../numbers.js";
import { tabOf } from "../tab.js";
import { known, say } from "../words.js";

// "code: detail" as a sentence.
function reason(why) {
  const [code] = why.split(":", 1), key = `why_${code}`;
  return known(key) ? say(key, { detail: why.slice(code.length + 2) }) : why;
}

function quarantinePage() {
  const box = make("div", { class: "set-of-cards" });
  const heldCase = (held, now) => make("div", { class: "case" }, make("div", { class: "first" },
    state("bad", short(held.received_ms, now)), make("span", { class: "strong" }, held.store), make("span", {}, say("record", held))),
  make("p", { class: "muted" }, reason(held.why)),
  unfolding(`held-${held.device}-${held.epoch}-${held.seq}`, say("as_sent", { n: whole(held.body_bytes) }), make("pre", {}, held.body)));
  return {
    nodes: [box],
    async show(model) {
      const held = await ask("/v1/quarantine"), now = model.figures.now_ms;
      fill(box, headed(say("cases_quarantine"), held.length ? make("p", { class: "muted" }, say("why_quarantine")) : null,
        held.length ? held.map((one) => heldCase(one, now)) : emptyNote(say("empty_quarantine"))));
    },
  };
}
export const tab = tabOf({
  id: "quarantine", scopes: ["quarantine.read"], page: quarantinePage, words: { quarantine: ["Карантин", "Quarantine"] },
  count: ({ figures }) => figures.waiting.quarantine,
});
