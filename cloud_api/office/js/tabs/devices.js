// The devices: what each says of itself, a code for a new one, the end of one's access.

import { emptyNote, headed } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { enrolCard, replaceButton, revokeButton } from "../enrolling.js";
import { healthFacts, reasons } from "../health.js";
import { ask } from "../hq.js";
import { age, short, whole } from "../numbers.js";
import { tabOf } from "../tab.js";
import { say } from "../words.js";

const EXTRA = new Set(["device", "program"]); // on a narrow page the key that revokes needs their room

const WORDS = {
  program: ["Программа", "Program"],
  queue: ["В очереди", "In queue"],
  disk: ["Диск", "Disk"],
  devices_sub: ["записей {n} с {since}", "{n} records since {since}"],
};

function devicesPage(hq) {
  const box = make("div", { onkeydown: (event) => event.key === "Escape" && sure && keep() }), enrol = hq.may("devices.write") ? enrolCard() : { node: make("div", { hidden: true }), words() {} };
  let sure = "", failed = false, model = null;
  const turn = (device, wrong = false) => { sure = device; failed = wrong; return draw(); };
  async function keep() {
    const kept = sure;
    await turn("");
    document.getElementById(`revoke-${kept}`)?.focus();
  }
  async function done(wrong) {
    await turn("", wrong);
    box.querySelector("h2").focus();
  }
  const word = (d, alarms) => d.revoked ? state("bad", say("s_revoked")) : d.seen_ms === null ? state("busy", say("s_never"))
    : d.silent ? state("att", say("s_silent")) : alarms.some((one) => one.level === "bad") ? state("bad", say("s_trouble"))
      : alarms.length ? state("att", say("s_look")) : state("ok", say("s_ok"));
  async function draw() {
    enrol.words();
    const fleet = await ask("/v1/desk/fleet"), now = model.figures.now_ms;
    const heads = ["store", "till", "device", "state", "heard", "program", "queue", "disk", ...(hq.may("devices.write") ? ["access"] : [])];
    const rows = ({ device: d, health, alarms }) => {
      const shown = d.revoked ? [] : reasons({ alarms });
      return [
        make("tr", { "data-device": d.device }, make("th", { scope: "row" }, d.store), make("td", {}, d.till),
          make("td", { class: "muted extra" }, d.device), make("td", {}, word(d, alarms)),
          make("td", { class: "num" }, d.seen_ms === null ? "—" : age(now - d.seen_ms)),
          make("td", { class: "num extra" }, health?.program ?? "—"), make("td", { class: "num" }, health && !d.silent ? whole(health.waiting) : "—"),
          make("td", { class: "num" }, health?.disk_used_percent == null ? "—" : `${health.disk_used_percent}\u00a0%`),
          hq.may("devices.write") && make("td", { class: "num" }, sure !== d.device && replaceButton(d, () => enrol.replace(d.device)), " ", revokeButton(d, sure === d.device,
            { onAsk: () => turn(d.device), onKeep: keep, onDone: (wrong) => done(wrong !== "") }))),
        make("tr", { class: "till" }, make("td", { colspan: heads.length },
          make("span", {}, [say("devices_sub", { n: whole(d.seq), since: short(d.added_ms, now) }), ...(health && !d.revoked ? healthFacts({ health }).slice(1) : [])].join(" · ")),
          shown.map((one) => make("span", { class: `alarm ${one.level}` }, one.text)))),
      ];
    };
    const table = make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("devices") },
      make("table", {}, make("caption", { class: "sr" }, say("devices")),
        make("thead", {}, make("tr", {}, heads.map((key, n) => make("th", { scope: "col", class: [n > 3 && "num", EXTRA.has(key) && "extra"].filter(Boolean).join(" ") || null }, say(key))))),
        make("tbody", {}, fleet.map(rows))));
    fill(box, headed(say("devices"), failed && make("p", { class: "bad", role: "alert" }, say("revoke_failed")),
      fleet.length ? table : emptyNote(say("empty_devices"), say("empty_devices_why"))));
  }
  return { nodes: [box, enrol.node], show(next) { model = next; return draw(); } };
}
export const tab = tabOf({ id: "devices", scopes: ["devices.read"], page: devicesPage, words: WORDS });
