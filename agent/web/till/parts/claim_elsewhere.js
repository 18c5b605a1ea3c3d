/** A claim slip that another shop owes: it is asked for, and the money waits until the answer is here. */

import { h } from "../../kit/dom.js";
import { date, time } from "../../kit/format.js";
import { display, key, pair } from "../../kit/parts.js";
import { rich, t } from "../../kit/texts.js";
import { answered, joined } from "./told.js";

const FINAL = new Set(["claim_kept_paid", "claim_kept_cancelled"]);

/** Is there any sense in asking (again)? */
export const mayAsk = (slip) => slip.state !== "asked" && !FINAL.has(slip.why?.code);

export function elsewhere({ view, acts }) {
  const { elsewhere: slip } = view.claim;
  const asking = slip.state === "asked";
  return [
    h(
      "div",
      { key: "left", class: "door-left" },
      h(
        "h2",
        { id: "headline", class: "headline", tabindex: "-1", "data-state": `elsewhere-${slip.state}` },
        t(`claims.other_${slip.state}`, { shop: slip.shop }),
      ),
      display(slip.amount_minor, "short"),
      h("p", { key: "lead", class: "lead" }, rich(slip.why ? joined(slip.why) : t(`claims.other_lead_${slip.state}`))),
      h(
        "div",
        { key: "facts", class: "facts-list" },
        pair(t("claims.number"), slip.number),
        pair(t("claims.until"), date(slip.expires_ms)),
        asking ? pair(t("claims.other_since"), time(slip.asked_ms)) : null,
      ),
    ),
    h(
      "div",
      { key: "right", class: "door-right" },
      answered(view),
      asking ? h("p", { key: "word", class: "quiet" }, t("claims.other_offline")) : null,
      mayAsk(slip)
        ? key({
            id: "claim-ask",
            label: t(slip.state === "kept" ? "claims.other_again" : "claims.other_ask"),
            caps: "Enter",
            kind: "centre filled",
            press: () => acts.askClaim(),
          })
        : null,
      key({ id: "claim-leave", label: t("claims.back"), caps: "Esc", press: () => acts.leaveClaim() }),
    ),
  ];
}
