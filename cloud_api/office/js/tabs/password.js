// One's own password: the old one, a new one; all sessions end with it.

import { make } from "../dom.js";
import { post, Refused } from "../hq.js";
import { tabOf } from "../tab.js";
import { say } from "../words.js";

const WORDS = {
  password: ["Мой пароль", "My password"],
  password_old: ["Прежний пароль", "Old password"],
  password_new: ["Новый пароль", "New password"],
  password_save: ["Сменить", "Change"],
  password_why: ["Не короче 10 знаков. Со сменой закрываются все входы: войдите снова.", "At least 10 characters. All sessions end with it: sign in again."],
  password_done: ["Пароль сменён. Войдите с новым.", "The password is changed. Sign in with the new one."],
  password_wrong: ["Прежний пароль другой, или новый короче 10 знаков. Ничего не изменено.", "The old password is another one, or the new one is shorter than 10 characters. Nothing was changed."],
  password_failed: ["Сервер не ответил. Проверьте, каким паролем входите.", "The server did not answer. Try which password signs you in."],
};
function passwordPage() {
  const field = (id, complete) => make("input", { id, type: "password", autocomplete: complete, required: true, maxlength: 200 });
  const old = field("password-old", "current-password"), next = field("password-new", "new-password");
  const labels = [make("label", { for: old.id }), make("label", { for: next.id })], title = make("h2", { tabindex: -1 }), why = make("p", { class: "muted" });
  const save = make("button", { class: "key filled", type: "submit", id: "password-save" }), told = make("p", { class: "note", role: "status" });
  const form = make("form", { class: "search person", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    let said = "password_done";
    try { await post("/v1/me/password", { old: old.value, password: next.value }); form.reset(); } catch (trouble) {
      said = trouble instanceof Refused ? "password_wrong" : "password_failed";
    }
    told.textContent = say(said);
  } }, make("div", {}, labels[0], old), make("div", {}, labels[1], next), make("div", { class: "keys" }, save));
  return {
    nodes: [make("section", { class: "card" }, make("div", { class: "head" }, title), why, form, told)],
    show() {
      title.textContent = say("password");
      why.textContent = say("password_why");
      labels[0].textContent = say("password_old");
      labels[1].textContent = say("password_new");
      save.textContent = say("password_save");
    },
  };
}
export const tab = tabOf({ id: "password", page: passwordPage, words: WORDS, shown: (model) => model.me?.kind === "user" });
