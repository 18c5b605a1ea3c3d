// Customers of the chain: who agreed, one person's history over all shops, and who is one person and who is not.

import { emptyNote, headed } from "../cards.js";
import { fill, glyph, make, state } from "../dom.js";
import { ask, post, Refused } from "../hq.js";
import { money, short, whole } from "../numbers.js";
import { tabOf } from "../tab.js";
import { known, lang, say } from "../words.js";

const WORDS = {
  customers: ["Клиенты", "Customers"],
  cust_find: ["Найти", "Find"],
  cust_number: ["Телефон, почта или карта", "Phone, mail or card"],
  cust_all: ["Показать всех", "Show all"],
  cust_nobody: ["Никто с таким номером не давал согласия.", "Nobody with this number has agreed to anything."],
  cust_none: ["Клиентов пока нет", "No customers yet"],
  cust_none_why: ["Здесь появляются те, кто согласился на кассе или в Wi-Fi магазина.", "Who agrees at a till or on the shop's Wi-Fi shows here."],
  cust_person: ["Клиент", "Customer"],
  cust_since: ["С", "Since"],
  cust_agreed: ["Согласен", "Agreed to"],
  cust_stores: ["Магазины", "Stores"],
  cust_bought: ["Покупок", "Purchases"],
  cust_sum: ["На сумму", "Worth"],
  cust_last: ["Последняя", "Last"],
  cust_next: ["Ещё", "More"],
  cust_back: ["Ко всем клиентам", "All customers"],
  cust_nameless: ["без телефона", "no phone"],
  cust_keys: ["Узнаём по", "Known by"],
  cust_k_phone: ["телефон {shown}", "phone {shown}"],
  cust_k_email: ["почта {shown}", "mail {shown}"],
  cust_k_card: ["карта {shown}", "card {shown}"],
  cust_k_device: ["устройство {shown}", "device {shown}"],
  cust_proved: ["подтверждён кодом", "proved by a code"],
  cust_keys_none: ["Согласия закончились, ключи стёрты.", "The consents have ended, the keys are erased."],
  cust_when: ["Когда", "When"],
  cust_what: ["Что", "What"],
  cust_how: ["Как узнали", "How we know"],
  cust_history: ["Покупки и визиты", "Purchases and visits"],
  cust_history_none: ["Ещё ничего", "Nothing yet"],
  cust_visit: ["Визит", "Visit"],
  cust_refund: ["Возврат", "Refund"],
  cust_sale: ["Чек {number}", "Receipt {number}"],
  cust_sale_waits: ["Чек ещё не дошёл из магазина", "The shop has not told the receipt yet"],
  cust_h_card: ["по карте", "by card"],
  cust_h_account: ["по счёту", "by account"],
  cust_h_here: ["был в магазине", "was in the shop"],
  cust_h_typed: ["назвал телефон", "gave the phone"],
  cust_consents: ["Согласия", "Consents"],
  cust_p_analytics: ["история покупок", "history"],
  cust_p_marketing: ["предложения", "offers"],
  cust_s_standing: ["Действует", "Stands"],
  cust_s_withdrawn: ["Отозвано", "Withdrawn"],
  cust_s_ended: ["Срок вышел", "Its time is over"],
  cust_s_ending: ["Отозвано, магазин ещё не ответил", "Withdrawn, the shop has not answered yet"],
  cust_offers: ["Предложения", "Offers"],
  cust_o_prepared: ["готово для касс", "with the tills"],
  cust_o_shown: ["показано {n}", "shown {n}"],
  cust_o_used: ["использовано {n}", "used {n}"],
  cust_o_over: ["сверх разрешённого {n}", "{n} more than allowed"],
  cust_events: ["Что было с профилем", "What happened to the profile"],
  cust_e_created: ["Профиль создан", "Profile made"],
  cust_e_merged: ["Объединён с {other}", "Merged with {other}"],
  cust_e_unmerged: ["Разделён с {other}", "Parted from {other}"],
  cust_e_withdrawn: ["Согласие закончилось: {other}", "A consent ended: {other}"],
  cust_e_aside: ["Вопрос: тот же человек, что {other}?", "A question: the same person as {other}?"],
  cust_e_apart: ["Разные люди: {other}", "Two persons: {other}"],
  cust_r_agreed: ["дал согласие", "agreed"],
  cust_r_same_keys: ["одни и те же телефон, почта или карта", "the same phone, mail or card"],
  cust_r_two_phones: ["общая почта, но разные телефоны", "a shared address, different phones"],
  cust_r_card_of_another: ["одну карту показали двое", "two persons showed one card"],
  cust_asides: ["Один человек или двое?", "One person or two?"],
  cust_one: ["Один", "One"],
  cust_two: ["Двое", "Two"],
  cust_merge: ["Объединить", "Merge"],
  cust_merge_with: ["С каким клиентом (его номер здесь)", "With which customer (their id here)"],
  cust_reason: ["Почему", "Why"],
  cust_who: ["Кто решил", "Who decided"],
  cust_unmerge: ["Разделить обратно", "Take back"],
  cust_undone: ["разделён обратно", "taken back"],
  cust_done: ["Сделано. Магазинам это скоро скажут.", "Done. The shops will be told soon."],
  cust_wrong_unknown_customer: ["Такого клиента нет. Ничего не изменено.", "There is no such customer. Nothing was changed."],
  cust_wrong_same_customer: ["Это уже один человек.", "They are one person already."],
  cust_wrong_unmerged_already: ["Уже разделены.", "Parted already."],
  cust_wrong_bad_json: ["Напишите, почему. Ничего не изменено.", "Say why. Nothing was changed."],
  cust_wrong_other: ["Не вышло, ничего не изменено. Попробуйте ещё раз.", "It did not work, nothing was changed. Try again."],
};
const word = (kind, name, values) => (known(`cust_${kind}_${name}`) ? say(`cust_${kind}_${name}`, values) : name);
const wide = (title, heads, rows, firstNumber) => make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": title }, make("table", {},
  make("caption", { class: "sr" }, title), make("thead", {}, make("tr", {}, heads.map((head, n) => make("th", { scope: "col", class: n >= firstNumber ? "num" : null }, head)))),
  make("tbody", {}, rows)));
const kindOf = (value) => (value.includes("@") ? "email" : /^[+\d][\d\s()-]*$/.test(value) ? "phone" : "card");

function customersPage(hq) {
  const box = make("div", { class: "set-of-cards" }), search = make("div", {});
  let model = null, pages = [""], said = "", wrong = false, found = null, drawn = "", opened = "", anew = false;
  const one = () => hq.path[0] ?? "";
  const mayChange = () => hq.may("customers.write");
  const link = (id, text) => make("a", { href: `#customers/${encodeURIComponent(id)}` }, text);

  async function act(work) {
    try { await work(); said = say("cust_done"); wrong = false; } catch (trouble) {
      const key = trouble instanceof Refused ? `cust_wrong_${trouble.code}` : "";
      said = say(known(key) ? key : "cust_wrong_other");
      wrong = true;
    }
    anew = !wrong;
    await show();
    document.getElementById("cust-said")?.scrollIntoView({ block: "nearest" });
  }
  const note = () => make("p", { class: wrong ? "bad" : "note", role: "status", id: "cust-said" }, said);
  const field = (id, key) => make("div", { class: "wide-field" }, make("label", { for: id }, say(key)), make("input", { id, type: "text", maxlength: 200, autocomplete: "off" }));
  const value = (id) => document.getElementById(id)?.value.trim() ?? "";
  const decided = (id) => ({ reason: value(`${id}-reason`), who: value(`${id}-who`) });
  const why = (id) => [field(`${id}-reason`, "cust_reason"), model.me?.kind !== "user" && field(`${id}-who`, "cust_who")];

  function finder() {
    const submit = async (event) => {
      event.preventDefault();
      const asked = value("cust-number");
      found = asked ? await post("/v1/customers/find", { value: asked, kind: kindOf(asked) }).catch(() => []) : null;
      await show();
    };
    return make("section", { class: "card" }, make("form", { class: "search", novalidate: true, role: "search", onsubmit: submit }, field("cust-number", "cust_number"),
      make("div", { class: "keys" }, make("button", { class: "key filled", type: "submit" }, say("cust_find")),
        make("button", { class: "key", type: "button", onclick: () => { found = null; document.getElementById("cust-number").value = ""; show(); } }, say("cust_all")))));
  }
  function asideCard(asides) {
    if (!asides.length) return null;
    const row = (aside) => make("div", { class: "case" }, make("div", { class: "first" }, state("att", short(aside.at_ms, model.figures.now_ms)),
      link(aside.customer, aside.customer), link(aside.other, aside.other), make("span", {}, word("r", aside.kind))),
    mayChange() && make("form", { class: "search", novalidate: true, onsubmit: (event) => event.preventDefault() }, why(`aside-${aside.n}`), make("div", { class: "keys" },
      make("button", { class: "key filled", type: "button", onclick: () => act(() => post(`/v1/customers/${aside.customer}/merge`, { other: aside.other, ...decided(`aside-${aside.n}`) })) }, say("cust_one")),
      make("button", { class: "key", type: "button", onclick: () => act(() => post("/v1/customers/apart", { n: aside.n, ...decided(`aside-${aside.n}`) })) }, say("cust_two")))));
    return headed(say("cust_asides"), asides.map(row));
  }
  function list(people, next, asides) {
    const now = model.figures.now_ms;
    const heads = ["cust_person", "cust_agreed", "cust_stores", "cust_since", "cust_bought", "cust_sum", "cust_last"].map((key) => say(key));
    const row = (person) => make("tr", {}, make("th", { scope: "row" }, link(person.customer, person.tails.map((tail) => `···${tail}`).join(", ") || say("cust_nameless"))),
      make("td", {}, person.standing.map((purpose) => word("p", purpose)).join(", ")), make("td", {}, person.stores.join(", ")),
      make("td", { class: "num" }, short(person.since_ms, now)), make("td", { class: "num" }, whole(person.purchases)), make("td", { class: "num" }, money(person.net)),
      make("td", { class: "num" }, person.last_ms === null ? "—" : short(person.last_ms, now)));
    const more = next && make("div", { class: "keys" }, make("button", { class: "key", type: "button", id: "cust-next", onclick: () => { pages.push(next); show(); } }, say("cust_next")));
    return [asideCard(asides), headed(say("customers"), note(), people.length ? [wide(say("customers"), heads, people.map(row), 3), more]
      : found ? emptyNote(say("cust_nobody")) : emptyNote(say("cust_none"), say("cust_none_why")))];
  }
  function history(person, now) {
    const bought = person.purchases.map((sale) => [sale.at_ms, make("tr", {}, make("th", { scope: "row" }, short(sale.at_ms, now)), make("td", {}, sale.store),
      make("td", {}, sale.act === "refund" ? say("cust_refund") : sale.total === null ? say("cust_sale_waits") : say("cust_sale", { number: sale.number }), sale.first_name && make("span", { class: "sub" }, sale.first_name)),
      make("td", { class: "muted" }, word("h", sale.how)), make("td", { class: "num" }, money(sale.net)))]);
    const visits = person.visits.map((visit) => [visit.opened_ms, make("tr", {}, make("th", { scope: "row" }, short(visit.opened_ms, now)), make("td", {}, visit.store),
      make("td", {}, say("cust_visit")), make("td", {}), make("td", { class: "num" }, "—"))]);
    const rows = [...bought, ...visits].sort((a, b) => b[0] - a[0]).map(([, row]) => row);
    const heads = ["cust_when", "store", "cust_what", "cust_how", "cust_sum"].map((key) => say(key));
    return headed(say("cust_history"), make("p", { class: "muted" }, `${say("cust_bought")}: ${whole(person.purchase_count)}, ${money(person.net)}`),
      rows.length ? wide(say("cust_history"), heads, rows, 4) : emptyNote(say("cust_history_none")));
  }
  function events(person, now) {
    const standing = (event) => event.kind === "merged" && !event.undone;
    const row = (event) => make("div", { class: "case" }, make("div", { class: "first" }, state(event.kind === "aside" ? "att" : event.kind === "withdrawn" ? "bad" : "ok", short(event.at_ms, now)),
      make("span", { class: "strong" }, word("e", event.kind, { other: event.other === person.customer ? event.customer : event.other })), event.undone && make("span", { class: "muted" }, say("cust_undone"))),
    make("p", { class: "muted" }, [event.who === "hq" ? "" : event.who, event.kind === "withdrawn" ? word("p", event.reason) : word("r", event.reason)].filter(Boolean).join(" · ")),
    mayChange() && standing(event) && make("form", { class: "search", novalidate: true, onsubmit: (stop) => stop.preventDefault() }, why(`undo-${event.n}`),
      make("div", { class: "keys" }, make("button", { class: "key", type: "button", id: `undo-${event.n}`, onclick: () => act(() => post("/v1/customers/unmerge", { n: event.n, ...decided(`undo-${event.n}`) })) }, say("cust_unmerge")))));
    return headed(say("cust_events"), person.events.map(row));
  }
  function merging(person) {
    const submit = (event) => {
      event.preventDefault();
      act(() => post(`/v1/customers/${person.customer}/merge`, { other: value("merge-other"), ...decided("merge") }));
    };
    return mayChange() && headed(say("cust_merge"), make("form", { class: "search person", novalidate: true, onsubmit: submit }, field("merge-other", "cust_merge_with"), why("merge"),
      make("div", { class: "keys" }, make("button", { class: "key filled", type: "submit", id: "merge" }, say("cust_merge")))));
  }
  function profile(person) {
    const now = model.figures.now_ms;
    const key = (one_) => make("p", {}, say(`cust_k_${one_.kind}`, one_), one_.verified && make("span", { class: "muted" }, ` · ${say("cust_proved")}`));
    const consent = (one_) => make("div", { class: "case" }, make("div", { class: "first" }, state(one_.state === "standing" ? "ok" : one_.state === "ending" ? "att" : "busy", say(`cust_s_${one_.state}`)),
      make("span", {}, `${word("p", one_.purpose)}, ${one_.store}, ${short(one_.given_ms, now)}`)));
    const offer = (one_) => make("p", {}, make("strong", {}, lang() === "en" ? one_.en : one_.ru), make("span", { class: "muted" }, ` · ${[one_.prepared && say("cust_o_prepared"),
      one_.shown && say("cust_o_shown", { n: one_.shown }), one_.redeemed && say("cust_o_used", { n: one_.redeemed })].filter(Boolean).join(", ")}`),
    one_.over > 0 && make("span", { class: "note warn" }, glyph("att"), say("cust_o_over", { n: one_.over })));
    return [headed(`${say("cust_person")} ${person.customer}`, make("p", {}, make("a", { class: "key small", href: "#customers", id: "cust-back" }, say("cust_back"))), note(),
      make("h3", {}, say("cust_keys")), person.keys.length ? person.keys.map(key) : make("p", { class: "muted" }, say("cust_keys_none")),
      make("h3", {}, say("cust_consents")), person.consents.map(consent),
      person.offers.length > 0 && [make("h3", {}, say("cust_offers")), person.offers.map(offer)]),
    history(person, now), events(person, now), merging(person)];
  }
  async function show() {
    if (opened !== one()) { opened = one(); said = ""; }
    if (one()) {
      const person = await ask(`/v1/customers/${encodeURIComponent(one())}`).catch((trouble) => { if (trouble instanceof Refused && trouble.status === 404) return null; throw trouble; });
      search.hidden = true;
      keep(person ? profile(person) : [headed(say("customers"), emptyNote(say("cust_wrong_unknown_customer")), make("p", {}, make("a", { class: "key small", href: "#customers" }, say("cust_back"))))]);
      return;
    }
    search.hidden = false;
    if (drawn !== say("cust_find")) { drawn = say("cust_find"); search.replaceChildren(finder()); }
    const parts = await Promise.all(pages.map((after) => ask(`/v1/customers?after=${encodeURIComponent(after)}`)));
    keep(list(found ?? parts.flatMap((part) => part.customers), found ? "" : parts.at(-1).next, found ? [] : parts[0].asides));
  }
  // What somebody is typing stays: nothing is drawn anew around a field that has words in it.
  function keep(nodes) {
    const typed = [...box.querySelectorAll("input")].some((input) => input.value);
    if (!typed || anew) fill(box, ...nodes.filter(Boolean));
    else if (said) fill(document.getElementById("cust-said"), said);
    anew = false;
  }
  return { nodes: [search, box], show(next) { model = next; return show(); } };
}
export const tab = tabOf({ id: "customers", scopes: ["customers.read"], page: customersPage, words: WORDS });
