// The stock of a store: sums of movements with what looks wrong about them, the moves behind one sum, goods between shops.

import { emptyNote, headed } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { ask } from "../hq.js";
import { quantity, short, whole } from "../numbers.js";
import { tabOf } from "../tab.js";
import { known, say, sayMany } from "../words.js";

const PAGE = 100, MOST = 2000;
const WORDS = {
  stock: ["Склад", "Stock"],
  stock_find: ["Название или штрихкод", "Name or barcode"],
  stock_negative: ["Только ниже нуля", "Below zero only"],
  stock_sum: ["Остаток", "On hand"],
  stock_state: ["Уверенность", "How sure"],
  stock_sure: ["по документам", "by documents"],
  stock_below: ["Ниже нуля", "Below zero"],
  stock_uncounted: ["Не пересчитан", "Never counted"],
  stock_silent: ["{store} молчит: он продаёт дальше, и остаток мог стать меньше.", "{store} is silent: it goes on selling, and less may be left."],
  stock_moves: ["Движения", "Moves"],
  stock_how: ["Остаток — сумма движений: его никто не вписывает.", "The stock is a sum of moves: nobody writes it in."],
  stock_none: ["Движений ещё не было", "Nothing has moved yet"],
  stock_none_why: ["Первый чек или приёмка покажет здесь товар.", "The first receipt or receiving shows its goods here."],
  stock_no_match: ["Такого товара здесь нет", "No such goods here"],
  transfers: ["Перемещения", "Transfers"],
  transfer_way: ["В пути", "On the way"],
  transfer_done: ["Принято", "Received"],
  transfer_differs: ["Принято с расхождением", "Received, it differs"],
  transfer_from_to: ["{from} → {to}", "{from} → {to}"],
  transfers_none: ["Между магазинами ничего не везли.", "Nothing was carried between the shops."],
  move_sale: ["продажа", "sale"],
  move_refund: ["возврат", "refund"],
  move_receiving: ["приёмка", "receiving"],
  move_write_off: ["списание", "write-off"],
  move_transfer_out: ["отправлено", "sent away"],
  move_transfer_in: ["получено", "received"],
  move_stocktake: ["пересчёт", "stocktake"],
  reason: ["Почему", "Why"],
  moved: ["Сколько", "How much"],
  source: ["Чем", "By"],
};
const MINUS = "\u2212";
const qty = (thousandths) => (thousandths < 0 ? MINUS : "") + quantity(Math.abs(thousandths));
const signed = (thousandths) => (thousandths > 0 ? "+" : "") + qty(thousandths);
const reasonWord = (reason) => (known(`move_${reason}`) ? say(`move_${reason}`) : reason);

function stockPage(hq) {
  const select = make("select", { id: "stock-store", onchange: () => restart() });
  const like = make("input", { id: "stock-like", type: "search", maxlength: 100, autocomplete: "off", oninput: () => { clearTimeout(typing); typing = setTimeout(restart, 250); } });
  const negative = make("input", { id: "stock-negative", type: "checkbox", onchange: () => restart() });
  const names = { store: make("label", { for: "stock-store" }), like: make("label", { for: "stock-like" }), negative: make("label", { for: "stock-negative" }) };
  const title = make("h2", { tabindex: -1 }), note = make("div", {}), box = make("div", {}), moved = make("div", {}), carried = make("div", {});
  const form = make("form", { class: "search", role: "search", onsubmit: (event) => { event.preventDefault(); restart(); } },
    make("div", {}, names.store, select), make("div", { class: "wide-field" }, names.like, like), make("div", { class: "tick" }, negative, names.negative));
  let model = null, page = null, rows = [], open = "", moves = [], typing = 0, turn = 0, chosen = hq.path[0] ?? "", deep = hq.path[1] ?? "";

  async function load(after = "") {
    const mine = ++turn;
    const query = new URLSearchParams({ store: chosen, like: like.value, negative: negative.checked, after, limit: PAGE });
    const next = await ask(`/v1/desk/stock?${query}`);
    if (mine !== turn) return;
    page = next;
    chosen = page.store;
    rows = after ? [...rows, ...page.rows].slice(0, MOST) : page.rows;
    draw();
  }
  async function restart() {
    if (select.value) chosen = select.value;
    open = "";
    moves = [];
    await load().catch(() => {}); // HQ is away: the frame says so at its next look
  }
  async function turnMoves(sku) {
    open = open === sku ? "" : sku;
    moves = open ? await ask(`/v1/desk/stock/moves?${new URLSearchParams({ store: chosen, sku })}`) : [];
    draw();
    document.getElementById(`moves-${sku}`)?.focus();
  }
  const sure = (row) => row.sum < 0 ? state("bad", say("stock_below")) : !row.counted ? state("att", say("stock_uncounted")) : state("ok", say("stock_sure"));
  function movesTable() {
    const now = model.figures.now_ms;
    return make("table", { class: "inner" }, make("caption", { class: "sr" }, say("stock_moves")),
      make("thead", {}, make("tr", {}, ["when", "reason", "source", "moved"].map((key, n) => make("th", { scope: "col", class: n > 2 ? "num" : null }, say(key))))),
      make("tbody", {}, moves.map((move) => make("tr", {}, make("td", { class: "muted" }, short(move.at_ms, now)), make("td", {}, reasonWord(move.reason)),
        make("td", { class: "muted clip" }, move.source), make("td", { class: "num" }, signed(move.moved))))));
  }
  function words() {
    title.textContent = say("stock");
    names.store.textContent = say("store");
    names.like.textContent = say("stock_find");
    names.negative.textContent = page ? `${say("stock_negative")} (${whole(page.negative)})` : say("stock_negative");
  }
  function draw() {
    words();
    fill(select, page.stores.map((store) => make("option", { value: store }, store)));
    select.value = chosen;
    fill(note, make("p", { class: "muted" }, say("stock_how")), page.silent && make("p", { class: "note warn" }, state("att", say("stock_silent", { store: chosen }))));
    const heads = ["name", "stock_state", "stock_sum", "stock_moves"];
    const line = (row) => [
      make("tr", {}, make("th", { scope: "row" }, row.name || row.sku, make("span", { class: "sub" }, row.sku)), make("td", {}, sure(row)),
        make("td", { class: `num strong ${row.sum < 0 ? "bad" : ""}` }, qty(row.sum)),
        make("td", { class: "num" }, make("button", { class: "key small", type: "button", id: `moves-${row.sku}`, "aria-expanded": String(open === row.sku), onclick: () => turnMoves(row.sku) }, say("stock_moves")))),
      open === row.sku && make("tr", { class: "below" }, make("td", { colspan: 4 }, movesTable())),
    ];
    const table = make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("stock") }, make("table", {}, make("caption", { class: "sr" }, say("stock")),
      make("thead", {}, make("tr", {}, heads.map((key, n) => make("th", { scope: "col", class: n > 1 ? "num" : null }, say(key))))), make("tbody", {}, rows.map(line))));
    const nothing = like.value || negative.checked ? emptyNote(say("stock_no_match")) : emptyNote(say("stock_none"), say("stock_none_why"));
    fill(box, rows.length ? table : nothing, page.next !== null && rows.length < MOST
      && make("button", { class: "key more", type: "button", id: "more-stock", onclick: () => load(page.next) }, say("show_more")));
  }
  function drawTransfers(list) {
    const now = model.figures.now_ms;
    const one = (t) => make("div", { class: "case" }, make("div", { class: "first" },
      t.received_ms === null ? state("busy", say("transfer_way")) : t.differences.length ? state("att", say("transfer_differs")) : state("ok", say("transfer_done")),
      make("span", { class: "strong" }, t.number), make("span", {}, say("transfer_from_to", { from: t.sender_store || "?", to: t.receiver_store || "?" })),
      make("span", { class: "num muted" }, short(t.received_ms ?? t.sent_ms, now))),
    make("p", { class: "muted" }, t.lines.slice(0, 3).map((line) => `${line.length > 2 ? line[1] : line[0]} ${qty(Math.abs(line.at(-1)))}`).join(", "), t.lines.length > 3 ? ` ${sayMany("and_more", t.lines.length - 3)}` : ""),
    t.differences.length ? make("p", { class: "att" }, t.differences.map(([sku, count]) => `${t.lines.find((line) => line[0] === sku)?.[1] ?? sku}: ${signed(count)}`).join(", ")) : null);
    fill(carried, headed(say("transfers"), list.length ? list.map(one) : emptyNote(say("transfers_none"))));
  }
  return {
    nodes: [make("section", { class: "card" }, make("div", { class: "head" }, title), form, note, box, moved), carried],
    async show(next) {
      model = next;
      words();
      const list = await ask("/v1/desk/transfers");
      if (page === null || (rows.length <= PAGE && !open)) await load();
      else draw();
      drawTransfers(list);
      if (deep) { const sku = deep; deep = ""; like.value = sku; await restart(); await turnMoves(sku); }
    },
    close() { clearTimeout(typing); },
  };
}
export const tab = tabOf({ id: "stock", scopes: ["stock.read"], page: stockPage, words: WORDS });
