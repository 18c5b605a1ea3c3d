// Web orders: what each store keeps for whom, how long an answer is awaited, and one order's course word by word.

import { emptyNote, headed } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { ask, post } from "../hq.js";
import { age, quantity, short, time } from "../numbers.js";
import { tabOf } from "../tab.js";
import { known, say } from "../words.js";

const PAGE = 50;
const OPEN = ["new", "accepted", "picking", "ready", "cancelling"];
const WORDS = {
  orders: ["Заказы", "Orders"],
  orders_open: ["Ждут", "Waiting"],
  orders_all: ["Все", "All"],
  orders_none: ["Заказов нет.", "No orders."],
  orders_none_why: ["Сайт магазина делает их по своему ключу.", "A shop's site places them with a key of its own."],
  order_number: ["Заказ", "Order"],
  order_made: ["Сделан", "Placed"],
  order_by: ["Откуда", "From"],
  order_until: ["Держат до", "Kept until"],
  order_back: ["Ко всем заказам", "All orders"],
  order_what: ["Товар", "Goods"],
  order_much: ["Сколько", "Quantity"],
  order_left: ["в магазине есть {n}", "the store has {n}"],
  order_course: ["Как шёл заказ", "The order's course"],
  order_cancel: ["Отменить заказ", "Call the order off"],
  order_asked: ["Магазин ещё не ответил на отмену. Товар отложен, пока он не ответит.", "The store has not answered the cancelling yet. The goods are kept until it does."],
  order_failed: ["Не вышло, заказ как был. Попробуйте ещё раз.", "It did not work, the order is as it was. Try again."],
  order_late: ["магазин молчит, позвоните", "the store is silent, call it"],
  order_promise: ["соберут к {time}", "ready by {time}"],
  order_overdue: ["обещали к {time}", "promised by {time}"],
  o_new: ["Отправлен в магазин", "Sent to the store"],
  o_accepted: ["Отложен", "Kept"],
  o_picking: ["Собирают", "Being picked"],
  o_ready: ["Готов", "Ready"],
  o_cancelling: ["Отменяют", "Being cancelled"],
  o_collected: ["Выдан", "Collected"],
  o_expired: ["Не забрали", "Not collected"],
  o_cancelled: ["Отменён", "Cancelled"],
  o_refused: ["Магазин отказал", "Refused by the store"],
  w_placed: ["Заказ сделан", "Placed"],
  w_cancel_asked: ["Просят отменить", "Asked to cancel"],
  w_held: ["Магазин отложил товар", "The store keeps the goods"],
  w_refused: ["В магазине не хватает", "The store has too little"],
  w_picking: ["Собирают", "Being picked"],
  w_ready: ["Собран, ждёт", "Picked, waits"],
  w_taken: ["Выдан на кассе", "Handed out at the till"],
  w_released: ["Магазин отпустил товар", "The store let the goods go"],
  w_expired: ["Срок вышел", "Its time is over"],
  w_kept: ["Не отменён: его уже пробивают", "Not cancelled: it is being rung up"],
  w_cancelled: ["Отменён", "Cancelled"],
};
const LEVEL = { new: "busy", accepted: "busy", picking: "busy", ready: "ok", cancelling: "att", collected: "ok", expired: "att", cancelled: "att", refused: "bad" };
const word = (kind, name) => (known(`${kind}_${name}`) ? say(`${kind}_${name}`) : name);

function ordersPage(hq) {
  const box = make("div", { class: "set-of-cards" });
  let model = null, all = false, wrong = "";
  const link = (id) => make("a", { href: `#orders/${encodeURIComponent(id)}` }, id);

  // Who waits longer than was promised has to be seen without opening anything.
  function beside(one) {
    if (one.unconfirmed && one.state === "new") return make("span", { class: "sub" }, say("order_late"));
    if (one.promised_ms === null || !["accepted", "picking"].includes(one.state)) return null;
    return make("span", { class: "sub" }, say(model.figures.now_ms > one.promised_ms ? "order_overdue" : "order_promise", { time: time(one.promised_ms) }));
  }
  const stateOf = (one) => [state(one.unconfirmed && one.state === "new" ? "att" : LEVEL[one.state] ?? "busy", word("o", one.state)), beside(one)];
  const chip = (id, on, key) => make("button", { class: "key small", type: "button", id, "aria-pressed": String(on), onclick: () => { all = key === "orders_all"; return draw(); } }, say(key));

  async function list() {
    const { orders } = await ask(`/v1/orders?limit=${PAGE}${all ? "" : OPEN.map((one) => `&state=${one}`).join("")}`), now = model.figures.now_ms;
    const heads = ["order_number", "store", "state", "order_by", "order_made", "order_until"];
    const row = (one) => make("tr", { "data-order": one.order }, make("th", { scope: "row" }, link(one.order)), make("td", {}, one.store), make("td", {}, stateOf(one)),
      make("td", { class: "muted extra" }, one.reference || one.placed_by), make("td", { class: "num" }, age(now - one.made_ms)),
      make("td", { class: "num extra" }, one.until_ms === null || one.ended_ms !== null ? "—" : short(one.until_ms, now)));
    const cls = (n) => [n > 3 && "num", (n === 3 || n === 5) && "extra"].filter(Boolean).join(" ") || null;
    return [headed(say("orders"), make("div", { class: "set" }, chip("orders-open", !all, "orders_open"), chip("orders-every", all, "orders_all")),
      orders.length ? make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("orders") }, make("table", {}, make("caption", { class: "sr" }, say("orders")),
        make("thead", {}, make("tr", {}, heads.map((key, n) => make("th", { scope: "col", class: cls(n) }, say(key))))),
        make("tbody", {}, orders.map(row)))) : emptyNote(say("orders_none"), say("orders_none_why")))];
  }
  async function callOff(id) {
    wrong = "";
    try { await post(`/v1/orders/${encodeURIComponent(id)}/cancel`, {}); } catch { wrong = "order_failed"; }
    await draw();
    box.querySelector("h2").focus();
  }
  async function one(id) {
    const { summary, lines, words } = await ask(`/v1/orders/${encodeURIComponent(id)}`), now = model.figures.now_ms;
    const mayEnd = hq.may("orders.write") && OPEN.includes(summary.state) && summary.state !== "cancelling";
    return [
      make("p", {}, make("a", { href: "#orders" }, say("order_back"))),
      headed(`${say("order_number")} ${summary.order}`, make("p", {}, stateOf(summary), " ", make("span", { class: "strong" }, summary.store), " ", make("span", { class: "muted" }, summary.reference || summary.placed_by)),
        summary.state === "cancelling" && make("p", { class: "note" }, say("order_asked")), wrong && make("p", { class: "bad", role: "alert" }, say(wrong)),
        make("table", {}, make("caption", { class: "sr" }, say("order_what")), make("thead", {}, make("tr", {}, make("th", { scope: "col" }, say("order_what")), make("th", { scope: "col", class: "num" }, say("order_much")))),
          make("tbody", {}, lines.map((line) => make("tr", {}, make("th", { scope: "row" }, line.name, make("span", { class: "sub" }, line.sku)),
            make("td", { class: "num" }, quantity(line.thousandths), line.left !== null && make("span", { class: "sub" }, say("order_left", { n: quantity(line.left) }))))))),
        mayEnd && make("p", {}, make("button", { class: "key", type: "button", id: "order-cancel", onclick: () => callOff(summary.order) }, say("order_cancel")))),
      headed(say("order_course"), make("table", {}, make("caption", { class: "sr" }, say("order_course")),
        make("tbody", {}, words.map((said) => make("tr", {}, make("td", { class: "muted" }, short(said.at_ms, now)), make("th", { scope: "row" }, word("w", said.word)),
          make("td", {}, said.person), make("td", { class: "muted" }, said.why)))))),
    ];
  }
  async function draw() {
    const id = hq.path[0] ?? "";
    fill(box, ...(id ? await one(id) : await list()));
  }
  return { nodes: [box], show(next) { model = next; return draw(); } };
}
export const tab = tabOf({ id: "orders", scopes: ["orders.read"], page: ordersPage, words: WORDS });
