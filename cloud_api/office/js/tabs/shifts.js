// Shifts of all tills, newest first: when each opened and closed, what it took, what was out of the ordinary.

import { emptyNote, headed } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { ask } from "../hq.js";
import { amount, short, sign, span, whole } from "../numbers.js";
import { tabOf } from "../tab.js";
import { say } from "../words.js";

const LIMIT = 100;
const TOO_OLD_MS = 24 * 3_600_000; // the law: a register refuses after that
const WORDS = {
  shifts: ["Смены", "Shifts"],
  shift_number: ["Смена", "Shift"],
  shift_open: ["Открыта", "Open"],
  shift_old: ["Открыта больше суток", "Open for more than a day"],
  shift_closed: ["Закрыта", "Closed"],
  shift_opened_at: ["Открыли", "Opened"],
  shift_closed_at: ["Закрыли", "Closed at"],
  shift_cash: ["В ящике, {sign}", "In the drawer, {sign}"],
  shift_sales: ["Продаж", "Sales"],
  shift_refunds: ["Возвратов", "Refunds"],
  shift_cashier: ["Кассир", "Cashier"],
  shift_odd: ["Отклонения", "Exceptions"],
  shift_file: ["Для бухгалтера", "For the accountant"],
  shift_file_of: ["Файл смены {n}, {till}", "File of shift {n}, {till}"],
  shift_none: ["Смен ещё не было.", "No shifts yet."],
};
const EXTRA = new Set(["shift_cashier", "shift_refunds", "shift_closed_at"]);

function shiftsPage() {
  const box = make("div", {});
  return {
    nodes: [box],
    async show(model) {
      const shifts = await ask(`/v1/shifts?limit=${LIMIT}`), now = model.figures.now_ms;
      const heads = ["store", "till", "shift_number", "state", "shift_cashier", "shift_opened_at", "shift_closed_at", "shift_sales", "shift_refunds", "sum_in", "shift_cash", "shift_file"];
      const file = (s) => `/v1/shift-files?${new URLSearchParams({ device: s.device, till: s.till, number: s.number })}`;
      const word = (s) => s.closed_ms !== null ? state("ok", say("shift_closed")) : s.opened_ms !== null && now - s.opened_ms > TOO_OLD_MS
        ? state("att", say("shift_old")) : state("busy", say("shift_open"));
      const when = (ms) => (ms === null ? "—" : short(ms, now));
      const cls = (key, n) => [n > 4 && "num", EXTRA.has(key) && "extra"].filter(Boolean).join(" ") || null;
      // A till tells its sums with a report: of an open shift without one HQ claims nothing.
      const told = (s, value) => (s.closed_ms === null && s.sales + s.refunds === 0 ? "—" : value);
      const row = (s) => [
        make("tr", {}, make("th", { scope: "row" }, s.store), make("td", {}, s.till), make("td", {}, whole(s.number)), make("td", {}, word(s)),
          make("td", { class: "extra" }, s.cashier), make("td", { class: "num" }, when(s.opened_ms)),
          make("td", { class: "num extra", title: s.closed_ms && s.opened_ms ? span((s.closed_ms - s.opened_ms) / 1000) : null }, when(s.closed_ms)),
          make("td", { class: "num" }, told(s, whole(s.sales))), make("td", { class: "num extra" }, told(s, whole(s.refunds))),
          make("td", { class: "num strong" }, told(s, amount(s.sum))), make("td", { class: "num" }, told(s, amount(s.cash))),
          make("td", {}, make("a", { href: file(s), download: "", "aria-label": say("shift_file_of", { n: s.number, till: s.till }) }, "CSV"))),
        s.exceptions.length > 0 && make("tr", { class: "till" }, make("td", { colspan: heads.length }, `${say("shift_odd")}: ${s.exceptions.join("; ")}`)),
      ];
      fill(box, headed(say("shifts"), shifts.length ? make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("shifts") },
        make("table", {}, make("caption", { class: "sr" }, say("shifts")),
          make("thead", {}, make("tr", {}, heads.map((key, n) => make("th", { scope: "col", class: cls(key, n) }, say(key, { sign: sign() }))))),
          make("tbody", {}, shifts.map(row)))) : emptyNote(say("shift_none"))));
    },
  };
}
export const tab = tabOf({ id: "shifts", scopes: ["shifts.read"], page: shiftsPage, words: WORDS });
