// What the shops sent and this program could not read: the reason, the body as it came, and the key to try it again.

import { emptyNote, unfolding } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { ask, post } from "../hq.js";
import { short, whole } from "../numbers.js";
import { tabOf } from "../tab.js";
import { known, say } from "../words.js";

const PAGE = 500; // rows of one answer of HQ
const WORDS = {
  quarantine: ["Карантин", "Quarantine"],
  replay: ["Принять снова", "Try again"],
  replay_all: ["Попробовать всё снова", "Try everything again"],
  replay_why: [
    "После обновления офиса записи можно принять снова. Каждая считается один раз, на своём месте.",
    "After an update of HQ records can be tried again. Each counts once, in its own place.",
  ],
  replay_taken: ["Принято. Запись посчитана один раз.", "Taken. The record counts once."],
  replay_still_held: ["Всё ещё не подходит, запись лежит целая. {why}", "It still does not fit and lies here whole. {why}"],
  replay_not_held: ["Её уже приняли.", "It has been taken already."],
  replay_result: ["Принято {taken} из {tried}.", "{taken} of {tried} taken."],
  replay_failed: ["Не вышло, ничего не изменено. Попробуйте ещё раз.", "It did not work, nothing was changed. Try again."],
};
// "code: detail" as a sentence.
function reason(why) {
  const [code] = why.split(":", 1), key = `why_${code}`;
  return known(key) ? say(key, { detail: why.slice(code.length + 2) }) : why;
}
function quarantinePage(hq) {
  const box = make("section", { class: "card" }), told = make("p", { class: "note", role: "status" });
  let model = null, busy = false, said = null, pages = 1;
  async function act(work) {
    if (busy) return;
    busy = true;
    try { said = await work(); } catch { said = ["replay_failed", {}]; }
    busy = false;
    await draw();
  }
  const one = (held) => act(async () => {
    const where = [held.device, held.epoch, held.stream, held.seq].map(encodeURIComponent).join("/");
    const answer = await post(`/v1/quarantine/${where}/replay?store=${encodeURIComponent(held.store)}`, {});
    return [`replay_${answer.outcome}`, { why: answer.why ? reason(answer.why) : "" }];
  });
  // A request answers for some; those that still do not fit stay, and the next request goes on after them.
  const all = () => act(async () => {
    const sum = { tried: 0, taken: 0 };
    for (let next = ""; next !== null;) {
      const answer = await post(`/v1/quarantine/replay${next && `?after=${encodeURIComponent(next)}`}`, {});
      sum.tried += answer.tried;
      sum.taken += answer.taken;
      next = answer.next;
    }
    return ["replay_result", sum];
  });
  const heldCase = (held, now, may) => make("div", { class: "case" }, make("div", { class: "first" },
    state("bad", short(held.received_ms, now)), make("span", { class: "strong" }, held.store), make("span", {}, say("record", held)),
    may && make("button", { class: "key small end", type: "button", id: `replay-${held.device}-${held.epoch}-${held.stream}-${held.seq}`, onclick: () => one(held) }, say("replay"))),
  make("p", { class: "muted" }, reason(held.why)),
  unfolding(`held-${held.device}-${held.epoch}-${held.seq}`, say("as_sent", { n: whole(held.body_bytes) }), make("pre", { tabindex: 0 }, held.body)));
  async function draw() {
    const held = [];
    let last = [];
    for (let page = 0; page < pages && (page === 0 || last.length === PAGE); page += 1) {
      last = await ask(`/v1/quarantine${held.length ? `?after=${encodeURIComponent(held.at(-1).place)}` : ""}`);
      held.push(...last);
    }
    const now = model.figures.now_ms, may = hq.may("quarantine.write");
    told.textContent = said ? say(...said) : "";
    fill(box, make("div", { class: "head" }, make("h2", { tabindex: -1 }, say("cases_quarantine")),
      make("div", { class: "aside" }, may && held.length > 1 && make("button", { class: "key small", type: "button", id: "replay-all", onclick: all }, say("replay_all")))),
    held.length ? make("p", { class: "muted" }, `${say("why_quarantine")} ${may ? say("replay_why") : ""}`) : null, told,
    held.length ? held.map((one_) => heldCase(one_, now, may)) : emptyNote(say("empty_quarantine")),
    last.length === PAGE && make("button", { class: "key more", type: "button", id: "more-quarantine", onclick: () => { pages += 1; return draw(); } }, say("show_more")));
  }
  return { nodes: [box], show(next) { model = next; return draw(); } };
}
export const tab = tabOf({
  id: "quarantine", scopes: ["quarantine.read"], page: quarantinePage, words: WORDS, count: ({ figures }) => figures.waiting.quarantine,
});
