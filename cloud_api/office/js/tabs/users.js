// The office's people: who may sign in, as what, for which stores; a new one, another role, a new password, the end.

import { emptyNote, headed } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { ask, post, Refused } from "../hq.js";
import { short } from "../numbers.js";
import { tabOf } from "../tab.js";
import { known, lang, say } from "../words.js";

const WORDS = {
  users: ["Пользователи", "Users"],
  user_login: ["Логин", "Login"],
  user_name: ["Имя", "Name"],
  user_role: ["Роль", "Role"],
  user_stores: ["Магазины", "Stores"],
  user_all_stores: ["все", "all"],
  user_password: ["Пароль", "Password"],
  user_password_hint: ["Не короче 10 знаков. Передайте лично: здесь его больше не увидеть.", "At least 10 characters. Hand it over in person: it is not shown again."],
  user_add: ["Добавить", "Add"],
  user_new: ["Новый пользователь", "New user"],
  user_edit: ["Изменить", "Change"],
  user_save: ["Сохранить", "Save"],
  user_leave: ["Оставить как есть", "Leave as it is"],
  user_disabled: ["Доступ закрыт", "Access ended"],
  user_active: ["Может войти", "May sign in"],
  user_end: ["Закрыть доступ", "End access"],
  user_since: ["С", "Since"],
  user_new_password: ["Новый пароль (пусто — прежний)", "New password (empty: as before)"],
  user_none: ["Пользователей ещё нет", "No users yet"],
  user_none_why: [
    "Офис открыт на этом компьютере без входа. Первого пользователя делает команда: tillkeeper hq user add --login ИМЯ. С него входят все.",
    "The office is open on this machine without signing in. The first user is made by a command: tillkeeper hq user add --login NAME. From then on everybody signs in.",
  ],
  user_said_done: ["Сохранено.", "Saved."],
  user_wrong_login: ["Логин: строчные латинские буквы, цифры, точка, дефис.", "Login: small Latin letters, digits, dot, hyphen."],
  user_wrong_login_taken: ["Такой логин уже есть. Ничего не изменено.", "This login is taken. Nothing was changed."],
  user_wrong_last_owner: ["Это последний владелец всех магазинов. Сначала назначьте другого.", "This is the last owner of all stores. Make another one first."],
  user_wrong_first_is_owner: ["Первый пользователь — владелец всех магазинов.", "The first user is an owner of all stores."],
  user_wrong_other: ["Не вышло, ничего не изменено. Проверьте логин и пароль.", "It did not work, nothing was changed. Check login and password."],
};
function usersPage(hq) {
  const box = make("div", {}), editor = make("div", {});
  let model = null, list = [], roles = {}, editing = null, drawn = "", said = "", wrong = false;
  const roleWord = (role) => (roles[role] ?? [role, role])[lang() === "ru" ? 0 : 1];
  const may = () => hq.may("users.write");

  async function act(work) {
    try { await work(); said = "user_said_done"; wrong = false; editing = null; } catch (trouble) {
      const key = trouble instanceof Refused ? `user_wrong_${trouble.code}` : "";
      said = known(key) ? key : "user_wrong_other";
      wrong = true;
    }
    await show();
  }
  function form() {
    const user = list.find((one) => one.login === editing), fresh = !user;
    const input = (id, type, value = "") => make("input", { id, type, maxlength: 200, autocomplete: type === "password" ? "new-password" : "off", spellcheck: "false", value });
    const login = input("user-login", "text"), name = input("user-name", "text", user?.name), password = input("user-password", "password");
    const role = make("select", { id: "user-role" }, Object.keys(roles).map((one) => make("option", { value: one, selected: one === (user?.role ?? "viewer") }, roleWord(one))));
    const ticks = model.figures.stores.map((store, n) => ({ store: store.store, box: make("input", { type: "checkbox", id: `user-store-${n}`, checked: user?.stores?.includes(store.store) }) }));
    const ended = make("input", { type: "checkbox", id: "user-ended", checked: user?.disabled });
    const stores = () => { const some = ticks.filter((one) => one.box.checked).map((one) => one.store); return some.length ? some : null; };
    const submit = (event) => {
      event.preventDefault();
      act(async () => {
        if (fresh) await post("/v1/users", { login: login.value.trim().toLowerCase(), name: name.value.trim(), role: role.value, password: password.value, stores: stores() });
        else {
          await post(`/v1/users/${encodeURIComponent(user.login)}/change`, { role: role.value, stores: stores(), disabled: ended.checked });
          if (password.value) await post(`/v1/users/${encodeURIComponent(user.login)}/password`, { password: password.value });
        }
      });
    };
    const cell = (key, node) => make("div", {}, make("label", { for: node.id }, say(key)), node);
    return make("section", { class: "card" }, make("div", { class: "head" }, make("h2", { tabindex: -1, id: "user-form" }, fresh ? say("user_new") : `${user.name} (${user.login})`)),
      make("form", { class: "search person", novalidate: true, onsubmit: submit },
        fresh && cell("user_login", login), fresh && cell("user_name", name), cell("user_role", role), cell(fresh ? "user_password" : "user_new_password", password),
        make("fieldset", {}, make("legend", {}, `${say("user_stores")} (${say("user_all_stores")} — ∅)`), ticks.map((one) => make("div", { class: "tick" }, one.box, make("label", { for: one.box.id }, one.store)))),
        !fresh && make("div", { class: "tick" }, ended, make("label", { for: "user-ended" }, say("user_end"))),
        make("p", { class: "muted" }, say("user_password_hint")),
        make("div", { class: "keys" }, make("button", { class: "key filled", type: "submit", id: "user-save" }, say(fresh ? "user_add" : "user_save")),
          editing !== null && make("button", { class: "key", type: "button", onclick: () => { editing = null; show(); } }, say("user_leave")))));
  }
  function draw() {
    const now = model.figures.now_ms, heads = ["user_login", "user_name", "user_role", "user_stores", "state", "user_since", ...(may() ? ["access"] : [])];
    const edit = (user) => { editing = user.login; said = ""; draw(); document.getElementById("user-form")?.focus(); };
    const row = (user) => make("tr", {}, make("th", { scope: "row" }, user.login), make("td", {}, user.name), make("td", {}, roleWord(user.role)),
      make("td", {}, user.stores === null ? say("user_all_stores") : user.stores.join(", ")),
      make("td", {}, user.disabled ? state("bad", say("user_disabled")) : state("ok", say("user_active"))), make("td", { class: "num" }, short(user.made_ms, now)),
      may() && make("td", { class: "num" }, make("button", { class: "key small", type: "button", id: `edit-${user.login}`, onclick: () => edit(user) }, say("user_edit"))));
    fill(box, headed(say("users"), make("p", { class: wrong ? "bad" : "note", role: "status" }, said ? say(said) : ""),
      list.length ? make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("users") }, make("table", {}, make("caption", { class: "sr" }, say("users")),
        make("thead", {}, make("tr", {}, heads.map((key, n) => make("th", { scope: "col", class: n > 4 ? "num" : null }, say(key))))),
        make("tbody", {}, list.map(row)))) : emptyNote(say("user_none"), say("user_none_why"))));
    // The form stays the same node while the list is asked for anew, so that what is typed stays.
    const next = JSON.stringify([lang(), editing, model.figures.stores.map((one) => one.store), Object.keys(roles), list.length, said === "user_said_done"]);
    if (may() && list.length && next !== drawn) { drawn = next; editor.replaceChildren(form()); }
  }
  async function show() {
    [list, roles] = await Promise.all([ask("/v1/users"), ask("/v1/roles")]);
    draw();
  }
  return { nodes: [box, editor], show(next) { model = next; return show(); } };
}
export const tab = tabOf({ id: "users", scopes: ["users.read"], page: usersPage, words: WORDS });
