// All sales, newest first, a page at a time.

import { emptyNote, headed } from "../cards.js";
import { fill, make } from "../dom.js";
import { saleRow } from "../feed.js";
import { ask } from "../hq.js";
import { tabOf } from "../tab.js";
import { say } from "../words.js";

const PAGE = 50;

function salesPage() {
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

export const tab = tabOf({ id: "sales", scopes: ["sales.read"], page: salesPage });
