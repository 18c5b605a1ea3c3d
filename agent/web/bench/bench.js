/** The bench page: simulated devices to be touched, lessons that play each trouble, and the devices' own ledgers. */

import { draw as patch, h } from "../kit/dom.js";
import { setFormat } from "../kit/format.js";
import { Live } from "../kit/live.js";
import { badge, chip, key } from "../kit/parts.js";
import { currentLanguage, fill, has, loadTexts, note, setLanguage, t } from "../kit/texts.js";
import { applyTheme } from "../kit/theme.js";
import { lessons } from "./lessons.js";
import { messages } from "./messages.js";
import { picture } from "./pictures.js";

const NARROW = new Set(["power_off", "power_on", "plug", "unplug"]);
const WIDE = new Set(["validator", "coins"]); // a key for each note and coin
const TYPES = { minor: /_minor$/ };

class Page {
  view = null;
  gone = false;
  place = "";
  lesson = -1;
  step = 0;
  faultsOf = "";
  complaint = "";
  #root = document.getElementById("app");

  async open() {
    applyTheme();
    await loadTexts();
    setLanguage(new URLSearchParams(location.search).get("language") ?? "ru");
    setFormat({ currency: "RUB" });
    this.view = await this.#load();
    this.go(location.hash.slice(1));
    addEventListener("hashchange", () => this.go(location.hash.slice(1)));
    new Live("/api/bench/live", "bench", {
      state: (view) => {
        this.view = view;
        this.draw();
      },
      gone: (away) => {
        this.gone = away;
        this.draw();
      },
    }).start();
    addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  async #load() {
    const answer = await fetch("/api/bench", { cache: "no-store" }).catch(() => null);
    return answer?.ok ? answer.json() : { devices: [], lessons: [], ledger: [] };
  }

  async command(device, command) {
    this.complaint = "";
    const answer = await fetch(`/api/bench/${encodeURIComponent(device)}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ command }),
    }).catch(() => null);
    if (!answer?.ok) {
      const told = await answer?.json().catch(() => null);
      this.complaint = answer ? t("bench.failed", { reason: told?.detail ?? answer.status }) : t("bench.no_answer");
    }
    this.draw();
  }

  /** The tills and kiosks that have devices of their own, in the view's order. */
  places() {
    return [...new Set(this.view.devices.map((device) => device.place).filter(Boolean))];
  }

  go(place) {
    const places = this.places();
    this.place = places.includes(place) ? place : (places[0] ?? "");
    this.draw();
  }

  close() {
    this.faultsOf = "";
    this.draw();
  }

  pick(lesson) {
    this.lesson = lesson;
    this.step = 0;
    this.go(this.view.lessons[lesson]?.place ?? this.place);
  }

  draw() {
    if (!this.view) return;
    const told = note({ code: "training" });
    document.title = `${t("bench.title")} · Tillkeeper`;
    const covered = this.view.devices.find((device) => device.id === this.faultsOf);
    patch(
      this.#root,
      h(
        "div",
        { key: "page", inert: covered ? true : null },
        h(
          "header",
          { class: "desk-top" },
          h("span", { class: "brand", "aria-hidden": "true" }, "T"),
          h(
            "nav",
            { class: "tabs", "aria-label": t("bench.title") },
            tabs(this),
          ),
          h(
            "div",
            { class: "desk-right" },
            /^kiosk/.test(this.place)
              ? h("a", { class: "key small", href: "/kiosk", target: "kiosk" }, t("bench.open_kiosk"))
              : h("a", { class: "key small", href: "/till", target: "till" }, t("bench.open_till")),
            h("a", { class: "key small", href: "/status", target: "status" }, t("bench.open_status")),
            key({
              id: "language",
              label: t("status.language"),
              kind: "small",
              press: () => {
                setLanguage(currentLanguage() === "ru" ? "en" : "ru");
                this.draw();
              },
            }),
          ),
        ),
        h("div", { class: "stripe" }, h("strong", null, told.what), "  ", t("bench.training")),
        h(
          "main",
          { class: "desk-main bench" },
          lessons(this),
          h(
            "div",
            { class: "stage" },
            machines(this),
            /^(kiosk|hall)/.test(this.place)
              ? h("div", { key: "below", class: "below" }, truth(this), messages(this))
              : truth(this),
          ),
        ),
      ),
      covered ? faults(this, covered) : null,
    );
  }
}

/** One tab a till and kiosk; a trouble among the devices that are not on show stands at its tab. */
function tabs(page) {
  const places = page.places();
  if (!places.length) return h("a", { class: "tab", href: "/bench", "aria-current": "page" }, t("bench.title"));
  return places.map((place) => {
    const [, kind, n] = /^(.*)-(\d+)$/.exec(place) ?? [null, place, ""];
    const off = place !== page.place && page.view.devices.some((one) => one.place === place && troubled(one));
    return h(
      "a",
      { key: place, class: "tab", href: `#${place}`, "aria-current": place === page.place ? "page" : null },
      t(`bench.place.${kind}`, { n }),
      off ? [badge("attention"), h("span", { class: "unseen" }, t("bench.armed_or_off"))] : null,
    );
  });
}

const troubled = ({ state }) =>
  state.power === false || state.plugged === false || state.armed?.length || state.trouble || state.cassette_in_place === false;

/** The chosen place's own devices first, then those that all places share. Six at the most stand in two rows. */
function machines(page) {
  const own = page.view.devices.filter((device) => device.place === page.place);
  const sells = page.place !== "hall"; // nothing is sold on the floor: of what all share only the agent belongs there
  const shared = page.view.devices.filter((device) => !device.place && (sells || device.kind === "agent"));
  const wide = own.some((device) => WIDE.has(device.kind));
  const size = (device) => {
    if (wide) return WIDE.has(device.kind) ? "wide" : "";
    if (!page.places().length || !sells) return "big";
    return device.place && own.length > 2 ? "big" : "wide";
  };
  return h(
    "div",
    { key: `machines-${page.place}`, class: "machines" },
    [...own, ...shared].map((device) => machine(page, device, size(device))),
  );
}

/** In the reader's language: the shop's own names are written in one. */
function nameOf(device) {
  if (/^kiosk/.test(device.place ?? "") && has(`bench.kiosk.${device.kind}`)) return t(`bench.kiosk.${device.kind}`);
  const n = /-(\d+)$/.exec(device.id)?.[1];
  if (n && has(`bench.name.${device.kind}`)) return t(`bench.name.${device.kind}`, { n });
  return has(`bench.kind.${device.kind}`) ? t(`bench.kind.${device.kind}`) : device.name;
}

function stateChip({ state }) {
  if (state.power === false) return chip("down", t("bench.off"));
  if (state.plugged === false) return chip("attention", t("bench.unplugged"));
  if (state.cassette_in_place === false) return chip("attention", t("bench.box_out"));
  if (state.trouble) return chip("attention", t("bench.stuck"));
  if (state.waiting_card) return chip("busy", t("bench.waiting_card"));
  if (state.armed?.length) return chip("attention", t("bench.armed"), { title: state.armed.join(", ") });
  return chip("ok", t("bench.on"));
}

function commandKey(page, device, { command, label_code: code, label }) {
  const own = `bench.command.${device.kind === "agent" ? `agent_${code}` : code}`;
  const words = label ?? (has(own) ? t(own) : has(`bench.command.${code}`) ? t(`bench.command.${code}`) : code);
  const waiting = device.state.waiting_card;
  const narrow = NARROW.has(code) && device.kind !== "agent";
  return key({
    id: `${device.id}-${command}`,
    label: narrow ? null : words,
    glyph: code.startsWith("power") ? "power" : /^(cable|plug|unplug)/.test(code) ? "plug" : null,
    "aria-label": narrow ? words : null,
    title: words,
    kind: `${code === "present_card" && waiting ? "filled" : ""} ${narrow ? "square centre" : ""}`,
    press: () => void page.command(device.id, command),
  });
}

function below(device) {
  if (device.kind === "agent")
    return t(device.state.cable === false || device.state.cable === "out" ? "bench.offline" : "bench.online");
  if (device.kind === "scanner" && device.commands.length)
    return t("bench.products", { n: device.commands.filter((one) => one.command.startsWith("scan")).length });
  if (has(`bench.below.${device.kind}`)) return t(`bench.below.${device.kind}`);
  const port = /^(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(device.address ?? "")?.[1];
  const model = `bench.model.${device.state.device}`;
  return [has(model) ? t(model) : device.model, port ? t("bench.port", { port }) : device.address].filter(Boolean).join(", ");
}

/** What every device has: faults, its plug, its power. They stand beside the picture, the device's own keys below it. */
function tools(page, device) {
  const own = device.kind === "agent" ? [] : device.commands.filter((one) => NARROW.has(one.label_code));
  return h(
    "div",
    { class: "tools" },
    device.faults.length
      ? key({
          id: `${device.id}-faults`,
          glyph: "bolt",
          kind: "square centre",
          "aria-label": t("bench.fault"),
          title: t("bench.fault"),
          press: () => {
            page.faultsOf = device.id;
            page.draw();
            document.getElementById("fault-title")?.focus();
          },
        })
      : null,
    own.map((one) => commandKey(page, device, one)),
  );
}

function machine(page, device, size) {
  return h(
    "article",
    { key: device.id, class: `card machine ${size}`, "aria-label": nameOf(device) },
    h(
      "div",
      { class: "machine-head" },
      h("h2", null, nameOf(device)),
      stateChip(device),
      h("p", { class: "quiet" }, below(device)),
    ),
    h("div", { class: "shown" }, picture(device, nameOf(device)), tools(page, device)),
    h(
      "div",
      { class: "machine-keys" },
      device.commands
        .filter((one) => !NARROW.has(one.label_code) || device.kind === "agent")
        .map((one) => commandKey(page, device, one)),
      device.link
        ? h("a", { class: "key", href: device.link, target: device.id, rel: "noopener" }, t(`bench.link.${device.kind}`))
        : null,
    ),
  );
}

function faults(page, device) {
  const arm = (command) => {
    void page.command(device.id, command);
    page.close();
  };
  return h(
    "div",
    { key: "faults", class: "veil", on: { click: (event) => event.target === event.currentTarget && page.close() } },
    h(
      "section",
      { class: "card panel", role: "dialog", "aria-modal": "true", "aria-labelledby": "fault-title" },
      h(
        "div",
        { class: "panel-head" },
        h("h2", { id: "fault-title", tabindex: "-1" }, t("bench.faults_of", { name: nameOf(device) })),
        key({
          id: "close",
          glyph: "close",
          kind: "plain centre",
          "aria-label": t("hints.close"),
          press: () => page.close(),
        }),
      ),
      h(
        "div",
        { class: "fault-list" },
        device.faults.map((fault) =>
          key({
            id: `fault-${fault.name}`,
            label: fault.what[currentLanguage()] ?? fault.what,
            under: fault.name,
            kind: (device.state.armed ?? []).some((spec) => spec.startsWith(fault.name)) ? "chosen" : "",
            press: () => arm(`fault ${fault.name}`),
          }),
        ),
        key({ id: "clear-faults", label: t("bench.clear_faults"), glyph: "undo", press: () => arm("clear faults") }),
      ),
    ),
  );
}

function happened(told) {
  const row = { ...told, where: told.unit && has(`bench.unit.${told.unit}`) ? t(`bench.unit.${told.unit}`) : null };
  if (!row.value_minor) delete row.value_minor; // what is no money has no worth
  const path = `bench.event.${row.event}`;
  if (has(path)) return t(path, row);
  const facts = Object.entries(row)
    .filter(([name]) => !["at", "device", "event", "where"].includes(name))
    .map(([name, value]) =>
      TYPES.minor.test(name)
        ? fill("{value:money}", { value })
        : `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`,
    );
  return [row.event, ...facts].join(" ");
}

function truth(page) {
  const names = new Map(page.view.devices.map((device) => [device.id, nameOf(device)]));
  const time = (at) => (/T(\d\d:\d\d:\d\d)/.exec(String(at)) ?? [])[1] ?? String(at);
  const rows = page.view.ledger.slice(0, 200);
  return h(
    "section",
    { key: "truth", class: "card truth", "aria-labelledby": "truth" },
    h(
      "div",
      { class: "truth-head" },
      h("h2", { id: "truth" }, t("bench.truth")),
      page.gone || page.complaint
        ? h("p", { key: "complaint", class: "complaint", role: "alert" }, page.complaint || t("bench.no_answer"))
        : h("span", { key: "more", class: "quiet" }, t("bench.truth_more")),
    ),
    rows.length
      ? h(
          "div",
          { class: "truth-rows", tabindex: "0", role: "group", "aria-labelledby": "truth" },
          h(
            "table",
            null,
            h(
              "tbody",
              null,
              rows.map((row, at) =>
                h(
                  "tr",
                  { key: `${row.at}-${row.device}-${row.event}-${rows.length - at}` },
                  h("td", null, time(row.at)),
                  h("td", null, names.get(row.device) ?? row.device),
                  h("td", null, happened(row)),
                ),
              ),
            ),
          ),
        )
      : h("p", { class: "quiet" }, t("bench.nothing_yet")),
  );
}

await new Page().open();
