// What a person has to decide about money: unclear payments, documents owed, claim slips, encashments.

import { emptyNote, headed } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { what } from "../feed.js";
import { ask } from "../hq.js";
import { money, short } from "../numbers.js";
import { openReceipt } from "../receipt.js";
import { tabOf } from "../tab.js";
import { known, say } from "../words.js";

const claimReason = (code) => (known(`claimed_${code}`) ? say(`claimed_${code}`) : code);

function casesPage(hq) {
  const box = make("div", { class: "set-of-cards" });
  const place = (one) => `${one.store}${one.till ? `, ${one.till}` : ""}`;
  const saleCase = (sale, now) => make("div", { class: "case" }, make("div", { class: "first" },
    state("unk", short(sale.closed_ms, now)), make("span", { class: "strong" }, place(sale)), make("span", {}, what(sale)),
    make("span", { class: "num" }, money(sale.total)),
    make("button", { class: "key small", type: "button", id: `case-${sale.arrival}`, onclick: () => openReceipt(sale) }, say("open"))));
  const debtCase = (debt, now) => make("div", { class: "case" }, make("div", { class: "first" },
    state("att", short(debt.at_ms, now)), make("span", { class: "strong" }, place(debt)), make("span", { class: "num" }, money(debt.total)),
    make("button", { class: "key small", type: "button", id: `debt-${debt.sale}`, onclick: () => openReceipt({ id: debt.sale, device: debt.device }) }, say("open"))),
  make("p", { class: "muted" }, `${debt.why} · ${say("person", { name: debt.person })}`));
  const claimCase = (claim, now) => make("div", { class: "case" }, make("div", { class: "first" },
    state(claim.state === "expired" ? "att" : "busy", short(claim.issued_ms, now)),
    make("span", { class: "strong" }, [claim.store, claim.kiosk].filter(Boolean).join(", ")),
    make("span", {}, claim.number), make("span", { class: "num" }, money(claim.amount))),
  make("p", { class: "muted" }, `${claimReason(claim.reason)} · ${claim.state === "expired"
    ? say("claim_expired") : say("claim_until", { when: short(claim.expires_ms, now) })}`));
  const encashmentState = (one) => one.unauthorised ? "bad" : one.difference || one.doubts ? "att" : one.centre === null ? "busy" : "ok";
  const encashmentCase = (one, now) => make("div", { class: "case" }, make("div", { class: "first" },
    state(encashmentState(one), short(one.to_ms, now)),
    make("span", { class: "strong" }, [one.store, one.kiosk].filter(Boolean).join(", ")),
    make("span", {}, say("encashment_no", { number: one.number, box: one.box_unit })), make("span", { class: "num" }, money(one.total))),
  make("p", { class: "muted" }, [
    one.unauthorised ? say("encashment_unauthorised") : say("person", { name: one.operator }),
    one.doubts ? say("encashment_doubts", { n: one.doubts }) : "",
    one.centre === null ? say("encashment_uncounted") : one.difference
      ? say(one.difference > 0 ? "encashment_surplus" : "encashment_shortage", { sum: money(Math.abs(one.difference)) })
      : say("encashment_fits"),
  ].filter(Boolean).join(" · ")));
  return {
    nodes: [box],
    async show(model) {
      const cash = hq.may("cash.read");
      const [unresolved, debts, claims, encashments] = await Promise.all(
        ["/v1/unresolved", "/v1/debts", ...(cash ? ["/v1/claims", "/v1/encashments"] : [])].map(ask));
      const now = model.figures.now_ms;
      const part = (title, list, one, empty, hint) => headed(title, hint && list.length ? make("p", { class: "muted" }, hint) : null,
        list.length ? list.map((row) => one(row, now)) : emptyNote(empty));
      fill(box,
        part(say("cases_unresolved"), unresolved, saleCase, say("empty_unresolved")),
        part(say("cases_debts"), debts, debtCase, say("empty_debts")),
        cash && part(say("cases_claims"), claims, claimCase, say("empty_claims"),
          say("claims_sum", { sum: money((claims ?? []).reduce((sum, claim) => sum + claim.amount, 0)) })),
        cash && part(say("cases_encashments"), encashments, encashmentCase, say("empty_encashments")));
    },
  };
}

export const tab = tabOf({
  id: "cases", scopes: ["sales.read"], page: casesPage,
  count: ({ figures }) => figures.waiting.debts + figures.waiting.unresolved,
});
