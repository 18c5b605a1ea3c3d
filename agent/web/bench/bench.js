/** The bench page: simulated devices to be touched, lessons that play each trouble, and the devices' own ledgers. */

import { draw as patch, h } from "../kit/dom.js";
import { setFormat } from "../kit/format.js";
import { Live } from "../kit/live.js";
import { chip, key } from "../kit/parts.js";
import { currentLanguage, fill, has, loadTexts, note, setLanguage, t } from "../kit/texts.js";
import { applyTheme } from "../kit/theme.js";
import { picture } from "./pictures.js";

const NARROW = new Set(["power_off", "power_on", "plug", "unplug"]);
const ROOM_FOR = 6; // more devices than these: the first three, those of till 1, are large and the others smaller
const TYPES = { minor: /_minor$/ };

class Page {
  view = null;
  gone = false;
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
    this.draw();
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

  close() {
    this.faultsOf = "";
    this.draw();
  }

  pick(lesson) {
    this.lesson = lesson;
    this.step = 0;
    this.draw();
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
            h("a", { class: "tab", href: "/bench", "aria-current": "page" }, t("bench.title")),
          ),
          h(
            "div",
            { class: "desk-right" },
            h("a", { class: "key small", href: "/till", target: "till" }, t("bench.open_till")),
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
            h(
              "div",
              { key: "machines", class: "machines" },
              this.view.devices.map((device, at) => machine(this, device, at < 3 || this.view.devices.length <= ROOM_FOR)),
            ),
            truth(this),
          ),
        ),
      ),
      covered ? faults(this, covered) : null,
    );
  }
}

function lessons(page) {
  const { view } = page;
  const current = view.lessons[page.lesson];
  return h(
    "section",
    { class: "card lessons", "aria-labelledby": "lessons" },
    h("h1", { id: "lessons" }, t("bench.play")),
    view.lessons.map((lesson, at) =>
      key({
        id: lesson.id,
        label: t(`lessons.${lesson.id}.title`),
        under: t(`lessons.${lesson.id}.more`),
        kind: `lesson ${at === page.lesson ? "chosen" : ""}`,
        "aria-pressed": String(at === page.lesson),
        press: () => page.pick(at),
      }),
    ),
    current
      ? h(
          "div",
          { key: "step", class: "step-box", role: "status" },
          h(
            "p",
            { class: "caption" },
            t("bench.step", { lesson: page.lesson + 1, step: page.step + 1, all: current.steps.length }),
          ),
          h("p", { class: "step-text" }, stepText(current, page.step)),
          current.fault && page.step === 0
            ? key({
                id: "arm",
                label: t("bench.arm"),
                glyph: "pin",
                kind: "small",
                press: () => void page.command(current.device, `fault ${current.fault}`),
              })
            : null,
          h(
            "div",
            { class: "bars", "aria-hidden": "true" },
            current.steps.map((_, at) => h("span", { class: at <= page.step ? "on" : "" })),
          ),
        )
      : null,
    current
      ? h(
          "div",
          { key: "lesson-keys", class: "lesson-keys" },
          key({
            id: "again",
            label: t("bench.again"),
            glyph: "undo",
            kind: "small",
            press: () => page.pick(page.lesson),
          }),
          page.step < current.steps.length - 1
            ? key({
                id: "next",
                label: t("bench.next"),
                glyph: "right",
                kind: "small filled",
                press: () => {
                  page.step += 1;
                  page.draw();
                },
              })
            : key({ id: "leave", label: t("bench.leave"), kind: "small", press: () => page.pick(-1) }),
        )
      : null,
  );
}

/** A step is a code of the texts; older agents send their own sentences. */
function stepText(lesson, at) {
  const code = lesson.steps[at];
  const path = `lessons.${lesson.id}.${at + 1}`;
  return has(code) ? t(code) : has(path) ? t(path) : code;
}

/** In the reader's language: the shop's own names are written in one. */
function nameOf(device) {
  const n = /-(\d+)$/.exec(device.id)?.[1];
  if (n && has(`bench.name.${device.kind}`)) return t(`bench.name.${device.kind}`, { n });
  return has(`bench.kind.${device.kind}`) ? t(`bench.kind.${device.kind}`) : device.name;
}

function stateChip({ state }) {
  if (state.power === false) return chip("down", t("bench.off"));
  if (state.plugged === false) return chip("attention", t("bench.unplugged"));
  if (state.waiting_card ?? state.waiting) return chip("busy", t("bench.waiting_card"));
  if (state.armed?.length) return chip("attention", t("bench.armed"), { title: state.armed.join(", ") });
  return chip("ok", t("bench.on"));
}

function commandKey(page, device, { command, label_code: code, label }) {
  const own = `bench.command.${device.kind === "agent" ? `agent_${code}` : code}`;
  const words = label ?? (has(own) ? t(own) : has(`bench.command.${code}`) ? t(`bench.command.${code}`) : code);
  const waiting = device.state.waiting_card ?? device.state.waiting;
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

function machine(page, device, big) {
  return h(
    "article",
    { key: device.id, class: `card machine ${big ? "big" : ""}`, "aria-label": nameOf(device) },
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

function happened(row) {
  const path = `bench.event.${row.event}`;
  if (has(path)) return t(path, row);
  const facts = Object.entries(row)
    .filter(([name]) => !["at", "device", "event"].includes(name))
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
