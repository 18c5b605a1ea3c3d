// Sales: those of now as they happen, and any other found by what a person knows of it; a page at a time.

import { emptyNote } from "../cards.js";
import { fill, make } from "../dom.js";
import { saleRow } from "../feed.js";
import { ask } from "../hq.js";
import { meansWord } from "../receipt.js";
import { tabOf } from "../tab.js";
import { say } from "../words.js";

const PAGE = 50;
const MOST = 1000; // rows a page holds: whoever needs more narrows the search
const WORDS = {
  find: ["Найти", "Find"],
  find_number: ["Номер чека", "Receipt number"],
  find_sum: ["Сумма", "Sum"],
  find_from: ["С дня", "From day"],
  find_until: ["По день", "Until day"],
  find_means: ["Чем платили", "Paid by"],
  find_act: ["Что", "What"],
  any: ["любой", "any"],
  any_act: ["всё", "all"],
  act_sale: ["продажи", "sales"],
  act_refund: ["возвраты", "refunds"],
  act_advance: ["авансы", "store credit"],
  find_clear: ["Показать все", "Show all"],
  found_none: ["Таких чеков нет", "No such receipts"],
  found_none_why: [
    "Без дней ищем за последние полгода. Чек мог ещё не прийти из магазина, который молчит.",
    "Without days the last half year is searched. A silent shop may not have sent the receipt yet.",
  ],
  most_shown: ["Показано {n}. Уточните поиск.", "{n} shown. Narrow the search."],
};

// «1 234,50», 1234.5 and 1234 as minor units; null where it is no sum.
export function minorOf(text) {
  const plain = text.replace(/[\s\u00a0\u202f₽]/g, "").replace(",", ".");
  return /^\d{1,11}(\.\d{1,2})?$/.test(plain) ? Math.round(Number(plain) * 100) : null;
}

function salesPage(hq) {
  const field = (id, type, more = {}) => make("input", { id: `find-${id}`, type, autocomplete: "off", maxlength: 60, ...more });
  const inputs = { number: field("number", "text"), sum: field("sum", "text", { inputmode: "decimal" }), first_day: field("from", "date"), last_day: field("until", "date") };
  const store = make("select", { id: "find-store" }), means = make("select", { id: "find-means" }), act = make("select", { id: "find-act" });
  const labels = {}, list = make("div", {}), submit = make("button", { class: "key filled", type: "submit", id: "find-go" });
  const clear = make("button", { class: "key", type: "button", id: "find-clear", onclick: () => { form.reset(); wanted = null; found = []; draw(); } });
  const cell = (key, input) => make("div", {}, labels[key] = make("label", { for: input.id }), input);
  const form = make("form", { class: "search", role: "search", novalidate: true, onsubmit: (event) => { event.preventDefault(); search(); } },
    cell("find_number", inputs.number), cell("find_sum", inputs.sum), cell("find_from", inputs.first_day), cell("find_until", inputs.last_day),
    cell("store", store), cell("find_means", means), cell("find_act", act), make("div", { class: "keys" }, submit, clear));
  let model = null, wanted = null, found = [], next = null, turn = 0;

  const options = (select, pairs) => { const chosen = select.value; fill(select, pairs.map(([value, text]) => make("option", { value }, text))); select.value = pairs.some(([value]) => value === chosen) ? chosen : ""; };
  function words() {
    for (const [key, label] of Object.entries(labels)) label.textContent = say(key);
    submit.textContent = say("find");
    clear.textContent = say("find_clear");
    options(store, [["", say("any")], ...model.figures.stores.map((one) => [one.store, one.store])]);
    options(means, [["", say("any")], ...["card", "cash", "sbp", "credit"].map((one) => [one, meansWord(one)])]);
    options(act, [["", say("any_act")], ...["sale", "refund", "advance"].map((one) => [one, say(`act_${one}`)])]);
  }
  async function load(query) {
    const mine = ++turn;
    const page = await ask(`/v1/desk/sales?limit=${PAGE}&${query}${next ? `&before=${encodeURIComponent(next)}` : ""}`);
    if (mine !== turn) return;
    found = [...found, ...page.sales].slice(0, MOST);
    next = page.next;
    draw();
  }
  function search() {
    const query = new URLSearchParams();
    for (const key of ["number", "first_day", "last_day"]) if (inputs[key].value.trim()) query.set(key, inputs[key].value.trim());
    const sum = minorOf(inputs.sum.value);
    inputs.sum.toggleAttribute("aria-invalid", inputs.sum.value.trim() !== "" && sum === null);
    if (sum !== null) query.set("sum", sum);
    for (const [key, select] of [["store", store], ["means", means], ["act", act]]) if (select.value) query.set(key, select.value);
    wanted = query.toString();
    found = [];
    next = null;
    if (!wanted) { wanted = null; draw(); return undefined; }
    return load(wanted);
  }
  // Without a search: today's as they come, then older ones by the same pages.
  async function more() {
    const oldest = [...model.sales, ...found].reduce((a, b) => (a.closed_ms <= b.closed_ms ? a : b));
    if (!wanted && !next) next = oldest.arrival.replace(/^\d+/, oldest.closed_ms);
    await load(wanted ?? "");
  }
  function draw() {
    const newest = wanted ? [] : model.sales, shown = new Set(newest.map((sale) => sale.arrival));
    const all = [...newest, ...found.filter((sale) => !shown.has(sale.arrival))];
    const rows = make("ol", { class: "feed dated" }, all.map((sale) => saleRow(sale, { now: model.figures.now_ms, fresh: model.fresh, dated: true })));
    const further = wanted ? next !== null : found.length ? next !== null : newest.length >= PAGE;
    fill(list, all.length ? rows : wanted ? emptyNote(say("found_none"), say("found_none_why")) : emptyNote(say("empty_sales"), say("empty_sales_why")),
      all.length && further && found.length < MOST ? make("button", { class: "key more", type: "button", id: "more-sales", onclick: more }, say("show_more")) : null,
      found.length >= MOST && make("p", { class: "note" }, say("most_shown", { n: found.length })));
  }
  const title = make("h2", { tabindex: -1 });
  return {
    nodes: [make("section", { class: "card" }, make("div", { class: "head" }, title), form, list)],
    async show(next_) {
      model = next_;
      title.textContent = say("sales");
      words();
      const [asked] = hq.path;
      if (asked && store.value !== asked && wanted === null && !found.length) { store.value = asked; hq.path.length = 0; await search(); } else draw();
    },
  };
}
export const tab = tabOf({ id: "sales", scopes: ["sales.read"], page: salesPage, words: WORDS });
