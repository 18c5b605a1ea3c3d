// What does not fit: each finding with the rows behind it and a person's word on it; an operator's register to compare with.

import { emptyNote, unfolding } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { ask, post, postFile } from "../hq.js";
import { amount, money, short, whole } from "../numbers.js";
import { openReceipt } from "../receipt.js";
import { tabOf } from "../tab.js";
import { known, lang, say } from "../words.js";

const MOST_BYTES = 32 * 1024 * 1024;
const STATES = ["open", "explained"];
const WORDS = {
  findings: ["Замечания", "Findings"],
  finding_open: ["Ждут объяснения", "Waiting for a word"],
  finding_explained: ["Объяснённые", "Explained"],
  finding_none: ["Всё сходится.", "Everything fits."],
  finding_none_explained: ["Объяснённых замечаний нет.", "No finding has been explained."],
  finding_unchecked: ["Дней с новыми данными, ещё не проверенных: {n}.", "Days with news not looked at yet: {n}."],
  finding_rows: ["Записи за этим: {n}", "Rows behind it: {n}"],
  finding_why: ["Почему так", "Why it is so"],
  finding_explain: ["Объяснить", "Explain"],
  finding_said: ["{by}, {time}: {reason}", "{by}, {time}: {reason}"],
  finding_outdated: ["С тех пор изменилось, прежнее объяснение:", "It has changed since; what was said before:"],
  finding_failed: ["Не сохранено, ничего не изменено. Попробуйте ещё раз.", "Not saved, nothing was changed. Try again."],
  finding_changed: ["Пока вы писали, замечание изменилось. Ничего не сохранено, ваш текст цел: посмотрите на замечание снова.",
    "The finding changed while you wrote. Nothing was kept, your text is here: look at the finding again."],
  finding_kept: ["Объяснение сохранено.", "The explanation is kept."],
  row_sale: ["Продажа {number}, {till}", "Sale {number}, {till}"],
  row_payment: ["Оплата {note} {number}", "Payment {note} {number}"],
  row_document: ["Документ {number}, ФН {fn} {note}", "Document {number}, FN {fn} {note}"],
  row_operator: ["У оператора: документ {number}, ФН {fn} {at}", "At the operator: document {number}, FN {fn} {at}"],
  row_shift: ["Смена {number}, {till}", "Shift {number}, {till}"],
  row_late: ["Терминал {number} позже: {note}", "Terminal {number} later: {note}"],
  row_slip: ["Талон {number}: {device} → {note}", "Slip {number}: {device} → {note}"],
  operator_title: ["Реестр оператора фискальных данных", "The fiscal data operator's register"],
  operator_why: ["Файл CSV из кабинета ОФД. Повторная загрузка ничего не удваивает.", "The CSV file of the operator's cabinet. Loading it again doubles nothing."],
  operator_load: ["Загрузить реестр", "Load a register"],
  operator_large: ["Файл больше 32 МБ: загрузите его командой tillkeeper hq import-operator.", "The file is larger than 32 MB: use tillkeeper hq import-operator."],
  operator_result: ["Чеков {rows}, известны {known}, изменены {changed}; прочих бумаг {aside}, непонятных строк {odd_lines}.",
    "{rows} receipts, {known} known, {changed} changed; {aside} other papers, {odd_lines} odd lines."],
  operator_refused: ["Это не реестр чеков, ничего не изменено. Нужен CSV с колонками ФН, ФД и Сумма.", "This is no register of receipts, nothing was changed. It takes a CSV with the columns FN, FD and sum."],
  operator_before: ["{time}: {name}, чеков {rows}", "{time}: {name}, {rows} receipts"],
  odd_line: ["строка {line}: {why} {text}", "line {line}: {why} {text}"],
  odd_fn: ["номер ФН", "storage number"],
  odd_number: ["номер документа", "document number"],
  odd_total: ["сумма", "sum"],
  odd_sign: ["фискальный признак", "fiscal sign"],
  odd_operation: ["признак расчёта", "operation"],
  odd_short: ["не хватает колонок", "columns are missing"],
  odd_twice: ["этот документ назван иначе выше", "named otherwise above"],
};

function behind(row, store, now) {
  const text = say(`row_${row.what}`, row).trim();
  const open = row.what === "sale" && make("button", { class: "key small", type: "button", onclick: () => openReceipt(row) }, say("open"));
  return make("tr", {}, make("td", {}, text, row.at_ms > 0 && make("span", { class: "sub" }, short(row.at_ms, now))),
    make("td", { class: "num" }, amount(row.sum)), make("td", {}, open));
}
const oddLine = (odd) => make("p", { class: "muted" }, say("odd_line", { ...odd, why: known(`odd_${odd.why}`) ? say(`odd_${odd.why}`) : odd.why }));

function findingsPage(hq) {
  const choice = make("div", { class: "set" }), list = make("section", { class: "card" });
  const told = make("p", { class: "note", role: "status" }), register = make("section", { class: "card" });
  let model = null, which = "open", result = null;
  const typed = new Map(); // what a person is writing outlives the page's next look

  async function explain(one) {
    try {
      await post(`/v1/findings/${one.id}/explanation`, { reason: typed.get(one.id) ?? "", digest: one.digest });
      typed.delete(one.id);
      told.textContent = say("finding_kept");
    } catch (refused) { told.textContent = say(refused.code === "changed" ? "finding_changed" : "finding_failed"); }
    await draw();
  }
  async function load(file) {
    if (!file) return;
    try {
      result = file.size > MOST_BYTES ? { said: say("operator_large"), odd: [] }
        : await postFile(`/v1/operator-registers?name=${encodeURIComponent(file.name.slice(0, 200))}`, file, "text/csv");
    } catch (refused) { result = { said: say(refused.code === "no_register" ? "operator_refused" : "finding_failed"), odd: [] }; }
    await draw();
  }
  function form(one) {
    const input = make("input", { id: `why-${one.id}`, type: "text", maxlength: 1000, value: typed.get(one.id) ?? "", oninput: (event) => typed.set(one.id, event.target.value) });
    return make("form", { class: "search", onsubmit: (event) => { event.preventDefault(); explain(one); } },
      make("div", {}, make("label", { for: `why-${one.id}` }, say("finding_why")), input), make("button", { class: "key small", type: "submit", id: `explain-${one.id}` }, say("finding_explain")));
  }
  function card(one, now, may) {
    const words = one[lang()], said = one.explained;
    return make("div", { class: "case", "data-finding": one.rule }, make("div", { class: "first" }, state(one.state === "open" ? "att" : "ok", words.title),
      make("span", { class: "strong" }, one.store), make("span", { class: "num" }, money(one.amount)), make("span", { class: "muted" }, short(one.at_ms, now))),
    make("p", {}, words.what), make("p", { class: "muted" }, `${words.safe} ${words.do}`),
    unfolding(`rows-${one.id}`, say("finding_rows", { n: one.rows.length }), make("table", {}, make("tbody", {}, one.rows.map((row) => behind(row, one.store, now))))),
    said && make("p", { class: "note" }, said.outdated ? `${say("finding_outdated")} ` : "", say("finding_said", { ...said, time: short(said.at_ms, now) })),
    may && one.state === "open" && form(one));
  }
  function choose() {
    fill(choice, STATES.map((one) => make("button", { class: "key small", type: "button", id: `findings-${one}`, "aria-pressed": String(one === which),
      onclick: () => { which = one; draw(); } }, say(`finding_${one}`))));
  }
  async function drawRegister(now, may) {
    const before = model.figures && may ? (await ask("/v1/operator-registers").catch(() => [])) : [];
    const key = make("input", { type: "file", id: "operator-file", accept: ".csv,text/csv,.txt", onchange: (event) => load(event.target.files[0]) });
    fill(register, make("div", { class: "head" }, make("h2", { tabindex: -1 }, say("operator_title"))), make("p", { class: "muted" }, say("operator_why")),
      make("div", { class: "search" }, make("div", {}, make("label", { for: "operator-file" }, say("operator_load")), key)),
      result && make("p", { class: "note", role: "status", id: "operator-told" }, result.said ?? say("operator_result", result)),
      result && result.odd.length > 0 && result.odd.map(oddLine),
      before.slice(0, 5).map((one) => make("p", { class: "muted" }, say("operator_before", { ...one, rows: whole(one.rows), time: short(one.taken_ms, now) }))));
    register.hidden = !may;
  }
  async function draw() {
    const now = model.figures.now_ms, may = hq.may("findings.write");
    const found = await ask(`/v1/findings?state=${which}`);
    choose();
    fill(list, make("div", { class: "head" }, make("h2", { tabindex: -1 }, say("findings")), choice),
      found.unchecked > 0 && make("p", { class: "muted" }, say("finding_unchecked", { n: whole(found.unchecked) })), told,
      found.findings.length ? found.findings.map((one) => card(one, now, may)) : emptyNote(say(which === "open" ? "finding_none" : "finding_none_explained")));
    await drawRegister(now, may);
  }
  return { nodes: [list, register], show(next) { model = next; return draw(); } };
}
export const tab = tabOf({ id: "findings", scopes: ["findings.read"], page: findingsPage, words: WORDS });
