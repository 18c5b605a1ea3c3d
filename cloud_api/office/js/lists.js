// The pages behind the first one: all sales, what waits for a person, the devices.

import { fill, make, state } from "./dom.js";
import { enrolCard, replaceButton, revokeButton } from "./enrolling.js";
import { saleRow, what } from "./feed.js";
import { ask } from "./hq.js";
import { age, money, short, whole } from "./numbers.js";
import { openReceipt } from "./receipt.js";
import { known, say } from "./words.js";

// "code: detail" as a sentence.
function reason(why) {
  const [code] = why.split(":", 1), key = `why_${code}`;
  return known(key) ? say(key, { detail: why.slice(code.length + 2) }) : why;
}
const claimReason = (code) => (known(`claimed_${code}`) ? say(`claimed_${code}`) : code);
const PAGE = 50;
const EXTRA = new Set(["device", "added"]); // on a narrow page the key that revokes needs their room
const headed = (title, ...rest) => make("section", { class: "card" }, make("div", { class: "head" }, make("h2", { tabindex: -1 }, title)), ...rest);
const emptyNote = (...lines) => make("div", { class: "empty" }, lines.map((line, n) => make("p", { class: n || lines.length === 1 ? null : "strong" }, line)));

// What a person has unfolded stays so when the list is drawn anew.
const unfolded = new Set();
function unfolding(id, title, ...inside) {
  const turn = (event) => (event.currentTarget.parentNode.open ? unfolded.delete(id) : unfolded.add(id));
  return make("details", { open: unfolded.has(id) }, make("summary", { id, onclick: turn }, title), ...inside);
}

export function salesPage() {
  const box = make("div", {});
  let older = [], next = null, asked = false;
  async function more() {
    const page = await ask(`/v1/sales?limit=${PAGE}&before=${encodeURIComponent(next)}`);
    older = older.concat(page.sales);
    next = page.next;
    draw();
  }
  let model = null;
  function draw() {
    const newest = model.sales, shown = new Set(newest.map((sale) => sale.arrival));
    const all = [...newest, ...older.filter((sale) => !shown.has(sale.arrival))];
    const options = { now: model.figures.now_ms, fresh: model.fresh, dated: true };
    const list = make("ol", { class: "feed dated" }, all.map((sale) => saleRow(sale, options)));
    if (!asked) { next = newest.length ? newest.reduce((a, b) => (a.received_ms <= b.received_ms ? a : b)).arrival : null; asked = true; }
    fill(box, headed(say("sales"), all.length ? list : emptyNote(say("empty_sales"), say("empty_sales_why")),
      all.length >= PAGE && next !== null && make("button", { class: "key more", type: "button", id: "more-sales", onclick: more }, say("show_more"))));
  }
  return { nodes: [box], show(next_) { model = next_; draw(); } };
}

export function casesPage() {
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
  const heldCase = (held, now) => make("div", { class: "case" }, make("div", { class: "first" },
    state("bad", short(held.received_ms, now)), make("span", { class: "strong" }, held.store), make("span", {}, say("record", held))),
  make("p", { class: "muted" }, reason(held.why)),
  unfolding(`held-${held.device}-${held.epoch}-${held.seq}`, say("as_sent", { n: whole(held.body_bytes) }), make("pre", {}, held.body)));
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
      const [unresolved, debts, claims, encashments, held] = await Promise.all(
        ["/v1/unresolved", "/v1/debts", "/v1/claims", "/v1/encashments", "/v1/quarantine"].map(ask));
      const now = model.figures.now_ms;
      const part = (title, list, one, empty, hint) => headed(title, hint && list.length ? make("p", { class: "muted" }, hint) : null,
        list.length ? list.map((row) => one(row, now)) : emptyNote(empty));
      fill(box,
        part(say("cases_unresolved"), unresolved, saleCase, say("empty_unresolved")),
        part(say("cases_debts"), debts, debtCase, say("empty_debts")),
        part(say("cases_claims"), claims, claimCase, say("empty_claims"),
          say("claims_sum", { sum: money(claims.reduce((sum, claim) => sum + claim.amount, 0)) })),
        part(say("cases_encashments"), encashments, encashmentCase, say("empty_encashments")),
        part(say("cases_quarantine"), held, heldCase, say("empty_quarantine"), say("why_quarantine")));
    },
  };
}

export function devicesPage() {
  const box = make("div", { onkeydown: (event) => event.key === "Escape" && sure && keep() }), enrol = enrolCard();
  let sure = "", failed = false, model = null;
  const turn = (device, wrong = false) => { sure = device; failed = wrong; return draw(); };
  async function keep() {
    const kept = sure;
    await turn("");
    document.getElementById(`revoke-${kept}`)?.focus();
  }
  async function done(wrong) {
    await turn("", wrong);
    box.querySelector("h2").focus();
  }
  const word = (d) => d.revoked ? state("bad", say("s_revoked")) : d.seen_ms === null ? state("busy", say("s_never"))
    : d.silent ? state("att", say("s_silent")) : state("ok", say("s_ok"));
  async function draw() {
    enrol.words();
    const devices = await ask("/v1/devices"), now = model.figures.now_ms;
    const heads = ["store", "till", "device", "state", "heard", "records", "added", "access"];
    const table = make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("devices") },
      make("table", {}, make("caption", { class: "sr" }, say("devices")),
        make("thead", {}, make("tr", {}, heads.map((key, n) => make("th", { scope: "col", class: [n > 3 && "num", EXTRA.has(key) && "extra"].filter(Boolean).join(" ") || null }, say(key))))),
        make("tbody", {}, devices.map((d) => make("tr", {}, make("th", { scope: "row" }, d.store), make("td", {}, d.till),
          make("td", { class: "muted extra" }, d.device), make("td", {}, word(d)),
          make("td", { class: "num" }, d.seen_ms === null ? "—" : age(now - d.seen_ms)),
          make("td", { class: "num" }, whole(d.seq)), make("td", { class: "num muted extra" }, short(d.added_ms, now)),
          make("td", { class: "num" }, sure !== d.device && replaceButton(d, () => enrol.replace(d.device)), " ", revokeButton(d, sure === d.device,
            { onAsk: () => turn(d.device), onKeep: keep, onDone: (wrong) => done(wrong !== "") })))))));
    fill(box, headed(say("devices"), failed && make("p", { class: "bad", role: "alert" }, say("revoke_failed")),
      devices.length ? table : emptyNote(say("empty_devices"), say("empty_devices_why"))));
  }
  return { nodes: [box, enrol.node], show(next) { model = next; return draw(); } };
}
