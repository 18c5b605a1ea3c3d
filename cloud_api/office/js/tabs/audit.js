// The log of actions: who did what to what, when, and how it ended; with a filter, a page at a time.

import { emptyNote } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { ask } from "../hq.js";
import { short } from "../numbers.js";
import { tabOf } from "../tab.js";
import { known, say } from "../words.js";

const PAGE = 50;
const WORDS = {
  audit: ["Журнал", "Log"],
  audit_title: ["Журнал действий", "Log of actions"],
  audit_why: ["Строки только добавляются: их нельзя ни изменить, ни убрать.", "Rows are only added: nobody changes or removes them."],
  audit_who: ["Кто", "Who"],
  audit_what: ["Что", "What"],
  audit_on: ["С чем", "On what"],
  audit_outcome: ["Чем кончилось", "Outcome"],
  audit_none: ["Записей нет.", "No rows."],
  kind_user: ["пользователь", "user"],
  kind_key: ["ключ", "key"],
  kind_machine: ["сам сервер", "this machine"],
  "by_this machine": ["без входа, на сервере", "without signing in, on the server"],
  "by_command line": ["командная строка", "command line"],
  "by_the office key": ["ключ офиса", "the office key"],
  outcome_done: ["Сделано", "Done"],
  outcome_refused: ["Отказано", "Refused"],
  outcome_failed: ["Не вышло", "Failed"],
  "did_session": ["вход", "signed in"],
  "did_session.delete": ["выход", "signed out"],
  "did_devices.code": ["код для кассы", "code for a till"],
  "did_devices.revoke": ["ключ кассы отозван", "till's key revoked"],
  "did_quarantine.replay": ["карантин: снова", "quarantine: tried again"],
  "did_users": ["новый пользователь", "new user"],
  "did_users.change": ["пользователь изменён", "user changed"],
  "did_users.password": ["пароль пользователя", "user's password"],
  "did_me.password": ["свой пароль", "own password"],
};
const did = (what) => (known(`did_${what}`) ? say(`did_${what}`) : what);
const LEVEL = { done: "ok", refused: "att", failed: "bad" };

function auditPage() {
  const input = (id) => make("input", { id, type: "search", maxlength: 60, autocomplete: "off", oninput: () => { clearTimeout(typing); typing = setTimeout(again, 250); } });
  const who = input("audit-who"), what = input("audit-what"), names = [make("label", { for: "audit-who" }), make("label", { for: "audit-what" })];
  const title = make("h2", { tabindex: -1 }), why = make("p", { class: "muted" }), box = make("div", {});
  let model = null, rows = [], next = null, typing = 0, turn = 0, deep = false;
  async function load(before = "") {
    const mine = ++turn;
    const page = await ask(`/v1/audit?${new URLSearchParams({ who: who.value.trim(), what: what.value.trim(), before, limit: PAGE })}`);
    if (mine !== turn) return;
    deep = before !== "";
    rows = before ? [...rows, ...page.rows] : page.rows;
    next = page.next;
    draw();
  }
  const again = () => load().catch(() => {}); // HQ is away: the frame says so at its next look
  function words() {
    title.textContent = say("audit_title");
    why.textContent = say("audit_why");
    names[0].textContent = say("audit_who");
    names[1].textContent = say("audit_what");
  }
  function draw() {
    words();
    const heads = ["when", "audit_who", "audit_what", "audit_on", "audit_outcome"];
    const row = (one) => {
      const [word, detail] = one.outcome.split(": ");
      return make("tr", {}, make("td", { class: "muted" }, short(one.at_ms, model.figures.now_ms)), make("th", { scope: "row" }, known(`by_${one.who}`) ? say(`by_${one.who}`) : one.who, make("span", { class: "sub" }, say(`kind_${one.kind}`))),
        make("td", {}, did(one.what)), make("td", { class: "muted clip" }, one.target), make("td", {}, state(LEVEL[word] ?? "busy", known(`outcome_${word}`) ? say(`outcome_${word}`) : word), detail && make("span", { class: "sub" }, detail)));
    };
    fill(box, rows.length ? make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("audit_title") }, make("table", {}, make("caption", { class: "sr" }, say("audit_title")),
      make("thead", {}, make("tr", {}, heads.map((key) => make("th", { scope: "col" }, say(key))))), make("tbody", {}, rows.map(row)))) : emptyNote(say("audit_none")),
    next !== null && make("button", { class: "key more", type: "button", id: "more-audit", onclick: () => load(next) }, say("show_more")));
  }
  return {
    nodes: [make("section", { class: "card" }, make("div", { class: "head" }, title), why,
      make("form", { class: "search", role: "search", onsubmit: (event) => { event.preventDefault(); again(); } }, make("div", {}, names[0], who), make("div", {}, names[1], what)), box)],
    show(next_) { model = next_; words(); return deep ? draw() : load(); },
    close() { clearTimeout(typing); },
  };
}
export const tab = tabOf({ id: "audit", scopes: ["audit.read"], page: auditPage, words: WORDS });
