// The devices: what each says of itself, a code for a new one, the end of one's access.

import { emptyNote, headed } from "../cards.js";
import { fill, make, state } from "../dom.js";
import { enrolCard, revokeButton } from "../enrolling.js";
import { ask } from "../hq.js";
import { age, short, whole } from "../numbers.js";
import { tabOf } from "../tab.js";
import { say } from "../words.js";

const EXTRA = new Set(["device", "added"]); // on a narrow page the key that revokes needs their room

function devicesPage() {
  const box = make("div", { onkeydown: (event) => event.key === "Escape" && sure && keep() }), enrol = enrolCard();
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
  const word = (d) => d.revoked ? state("bad", say("s_revoked")) : d.seen_ms === null ? state("busy", say("s_never"))
    : d.silent ? state("att", say("s_silent")) : state("ok", say("s_ok"));
  async function draw() {
    enrol.words();
    const devices = await ask("/v1/devices"), now = model.figures.now_ms;
    const heads = ["store", "till", "device", "state", "heard", "records", "added", "access"];
    const table = make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("devices") },
      make("table", {}, make("caption", { class: "sr" }, say("devices")),
        make("thead", {}, make("tr", {}, heads.map((key, n) => make("th", { scope: "col", class: [n > 3 && "num", EXTRA.has(key) && "extra"].filter(Boolean).join(" ") || null }, say(key))))),
        make("tbody", {}, devices.map((d) => make("tr", {}, make("th", { scope: "row" }, d.store), make("td", {}, d.till),
          make("td", { class: "muted extra" }, d.device), make("td", {}, word(d)),
          make("td", { class: "num" }, d.seen_ms === null ? "—" : age(now - d.seen_ms)),
          make("td", { class: "num" }, whole(d.seq)), make("td", { class: "num muted extra" }, short(d.added_ms, now)),
          make("td", { class: "num" }, revokeButton(d, sure === d.device,
            { onAsk: () => turn(d.device), onKeep: keep, onDone: (wrong) => done(wrong !== "") })))))));
    fill(box, headed(say("devices"), failed && make("p", { class: "bad", role: "alert" }, say("revoke_failed")),
      devices.length ? table : emptyNote(say("empty_devices"), say("empty_devices_why"))));
  }
  return { nodes: [box, enrol.node], show(next) { model = next; return draw(); } };
}
export const tab = tabOf({ id: "devices", scopes: ["devices.read"], page: devicesPage });
