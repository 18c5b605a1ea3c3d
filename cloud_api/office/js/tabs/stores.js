// The stores one by one: the day's figures, what each device says of itself, and what there is to look at.

import { emptyNote, headed } from "../cards.js";
import { fill, glyph, make, state } from "../dom.js";
import { healthFacts, reasons } from "../health.js";
import { ask } from "../hq.js";
import { age, amount, percent, short, sign, whole } from "../numbers.js";
import { tabOf } from "../tab.js";
import { say } from "../words.js";

const WORDS = {
  nothing_wrong: ["Всё работает.", "All is well."],
  since_heard: ["услышан {age}", "heard {age}"],
};

function storesPage() {
  const box = make("div", { class: "set-of-cards" });
  const fact = (title, value) => make("div", { class: "fact" }, make("dt", {}, title), make("dd", {}, make("span", { class: "big" }, value)));
  function card(store, devices, now) {
    const alarms = devices.flatMap((one) => reasons(one).map((reason) => ({ ...reason, till: one.device.till })));
    const worst = store.silent ? state("att", say("s_silent")) : store.seen_ms === null ? state("busy", say("s_never"))
      : alarms.some((one) => one.level === "bad") ? state("bad", say("s_trouble")) : alarms.length ? state("att", say("s_look")) : state("ok", say("s_works"));
    return make("section", { class: "card", "data-store": store.store },
      make("div", { class: "head" }, make("h2", {}, store.store), worst, make("div", { class: "aside" },
        make("a", { class: "key small", href: `#sales/${encodeURIComponent(store.store)}` }, say("sales")), make("a", { class: "key small", href: `#stock/${encodeURIComponent(store.store)}` }, say("stock")))),
      make("dl", { class: "facts five" },
        fact(say("sum_in", { sign: sign() }), amount(store.sum)), fact(say("receipts"), whole(store.receipts)),
        fact(say("conv"), store.conversion === null ? "—" : percent(store.conversion, 1000)),
        fact(say("in_queue"), store.queue === null ? "—" : whole(store.queue)),
        fact(say("last_sale"), store.last_sale_ms === null ? "—" : short(store.last_sale_ms, now))),
      store.silent && make("p", { class: "note" }, say("silent_note", { store: store.store, time: short(store.seen_ms, now) })),
      make("ul", { class: "boxes" }, devices.map((one) => make("li", {},
        make("p", {}, make("strong", {}, one.device.till), " ", make("span", { class: "muted" }, one.device.seen_ms === null ? say("s_never") : say("since_heard", { age: age(now - one.device.seen_ms) }))),
        one.health && make("p", { class: "muted small" }, healthFacts(one, now).join(" · "))))),
      alarms.filter((one) => one.code !== "silent").map((one) => make("p", { class: `note ${one.level === "bad" ? "bad" : "warn"} alarm` }, glyph(one.level), make("span", {}, `${one.till}: ${one.text}`))));
  }
  return {
    nodes: [box],
    async show(model) {
      const fleet = await ask("/v1/desk/fleet"), f = model.figures;
      const of = (store) => fleet.filter((one) => one.device.store === store.store && !one.device.revoked);
      fill(box, f.stores.length ? f.stores.map((store) => card(store, of(store), f.now_ms))
        : headed(say("stores"), emptyNote(say("empty_devices"), say("empty_devices_why"))));
    },
  };
}
export const tab = tabOf({ id: "stores", scopes: ["sales.read", "devices.read"], page: storesPage, words: WORDS });
