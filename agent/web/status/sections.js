/** The three pages behind the tabs: now, operations, diagnosis. */

import { claimReason } from "../kit/claim_words.js";
import { h } from "../kit/dom.js";
import { money, seconds, time } from "../kit/format.js";
import { deviceIcon, icon, stateIcon } from "../kit/icons.js";
import { badge, chip, display } from "../kit/parts.js";
import { has, note, plain, rich, t } from "../kit/texts.js";
import { openCase } from "./cases.js";

function verdict(view) {
  const told = note(view.headline);
  const state = view.state === "first_start" ? "busy" : view.state;
  return h(
    "section",
    { key: "verdict", class: `card verdict ${view.state === "down" ? "is-red" : ""}`, "aria-labelledby": "verdict" },
    badge(state),
    h(
      "div",
      null,
      h("h1", { id: "verdict" }, rich(told.what)),
      told.do ? h("p", { class: "lead" }, rich(told.do)) : null,
    ),
    view.state === "first_start"
      ? null
      : h(
          "div",
          { class: "today" },
          h("p", { class: "quiet" }, t("status.today")),
          display(view.today_minor, ""),
          h(
            "p",
            { class: "quiet" },
            `${t("status.receipts", { n: view.receipts })}, ${t("status.refunds", { n: view.refunds })}`,
          ),
        ),
  );
}

function sells(view) {
  if (!view.sells.length) return null;
  const cell = (why) =>
    h(
      "td",
      { title: why ? plain(note(why).what) : null },
      h(
        "span",
        { class: `answer-cell ${why ? "is-down" : "is-ok"}` },
        icon(why ? "close" : "check"),
        t(why ? "status.no" : "status.yes"),
        why ? h("span", { class: "unseen" }, plain(note(why).what)) : null,
      ),
    );
  return h(
    "section",
    { key: "sells", class: "card desk-card" },
    h(
      "table",
      { class: "sells" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          ["sells_now", "cash", "card", "marked"].map((name) =>
            h("th", { key: name, scope: "col" }, t(`status.${name}`)),
          ),
        ),
      ),
      h(
        "tbody",
        null,
        view.sells.map((row) =>
          h("tr", { key: row.till }, h("td", null, row.name), cell(row.cash), cell(row.card), cell(row.marked)),
        ),
      ),
    ),
  );
}

function leaves(page) {
  const { view } = page;
  const row = (queue) => {
    if (queue.waiting)
      return h(
        "b",
        { class: "is-attention" },
        icon("attention"),
        t("status.queue", { n: queue.waiting, age_ms: page.clock.now() - queue.oldest_ms }),
      );
    if (queue.away_since_ms) return h("b", { class: "is-attention" }, icon("attention"), t("status.away"));
    return h("b", { class: "is-ok" }, icon("check"), t("status.all_sent"));
  };
  return h(
    "section",
    { key: "leaves", class: "card desk-card" },
    h("h2", null, t("status.leaves")),
    h(
      "ul",
      { class: "leaves-list" },
      view.leaves.map((way) => h("li", { key: way.id }, h("span", null, plain(note(way.note).what)), row(way.queue))),
      h(
        "li",
        { key: "disk" },
        h("span", null, t("status.disk")),
        h("span", null, t("status.free", { free: view.free_bytes })),
      ),
    ),
  );
}

function alarms(view) {
  if (!view.alarms?.length) return null;
  return h(
    "section",
    { key: "alarms", class: "card open-case attention", role: "alert" },
    badge("attention"),
    h(
      "div",
      null,
      view.alarms.map((alarm, at) => {
        const told = note(alarm);
        return h("p", { key: String(at) }, h("strong", null, plain(told.what)), " ", rich(told.do ?? ""));
      }),
    ),
  );
}

function claims(view) {
  if (!view.claims_count) return null;
  return h(
    "section",
    { key: "claims", class: "card desk-card" },
    h("h2", null, t("status.claims")),
    h("p", { class: "quiet" }, t("claims.owed", { n: view.claims_count, sum_minor: view.claims_minor })),
    h(
      "ul",
      { class: "leaves-list" },
      view.claims.map((slip) =>
        h(
          "li",
          { key: slip.number, "data-claim": slip.number },
          h(
            "span",
            null,
            `${slip.number}, ${slip.kiosk}, ${claimReason(slip)}`,
            h("span", { class: "under quiet" }, ` ${t("claims.age", { n: slip.age_days })}, ${t(`claims.state.${slip.state}`)}`),
          ),
          h("span", { class: slip.state === "expired" ? "num is-attention" : "num" }, money(slip.amount_minor)),
        ),
      ),
    ),
  );
}

function stateWord(device) {
  if (device.state === "down") return t("status.silent");
  if (device.note && device.state !== "ok") return note(device.note).chip ?? plain(note(device.note).what);
  const path = `chips.${device.kind}.${device.state}`;
  return device.state === "ok" ? t("status.working") : has(path) ? t(path) : t(`states.${device.state}`);
}

const nameOf = (device) => device.name || plain(note(device.title).what);
const modelOf = (device) => device.model || (device.kind === "drawer" ? t("status.through_register") : "");

const word = (kind, code) => (!code ? "" : has(`${kind}.${code}`) ? t(`${kind}.${code}`) : code);

function deviceCard(device) {
  const trouble = device.state === "ok" || device.state === "busy" ? "" : plain(note(device.note).do ?? "");
  const fact = trouble || plain(note(device.fact).what ?? "");
  return h(
    "article",
    { key: device.id, class: `card device ${device.state}` },
    h(
      "div",
      { class: "device-head" },
      deviceIcon(device.kind),
      h("div", null, h("h3", null, nameOf(device)), h("p", { class: "quiet" }, modelOf(device))),
    ),
    chip(device.state, stateWord(device)),
    h("p", { class: "quiet fact" }, fact),
  );
}

function devices(view) {
  return view.devices.length
    ? h(
        "section",
        { key: "devices", class: "device-grid", "aria-label": t("status.devices") },
        view.devices.map(deviceCard),
      )
    : null;
}

function course(operation, tillName) {
  if (!operation)
    return h(
      "section",
      { key: "course", class: "card desk-card" },
      h("h2", null, t("status.course")),
      h("p", { class: "quiet" }, t("status.no_operations")),
    );
  return h(
    "section",
    { key: "course", class: "card desk-card" },
    h(
      "div",
      { class: "course-head" },
      h("h2", null, t("status.course")),
      h(
        "span",
        { class: "quiet" },
        [tillName, operation.number && `№\u00A0${operation.number}`, time(operation.at_ms)].filter(Boolean).join(", "),
      ),
    ),
    h(
      "ol",
      { class: "rows-list" },
      operation.rows.map((row, at) =>
        h(
          "li",
          { key: `${row.seq}-${at}` },
          h("time", null, seconds(row.at_ms)),
          h("span", { class: `is-${row.mark}` }, stateIcon(row.mark)),
          h(
            "div",
            null,
            h("p", null, rich(note(row.note).what)),
            row.frame ? h("p", { class: "mono" }, row.frame.replace(/^->/, "→").replace(/^<-/, "←")) : null,
          ),
        ),
      ),
    ),
  );
}

function firstStart() {
  return h(
    "section",
    { key: "first", class: "card desk-card" },
    h(
      "ol",
      { class: "first-steps" },
      [1, 2, 3].map((at) =>
        h(
          "li",
          { key: String(at) },
          h("span", { class: "cap" }, String(at)),
          h(
            "div",
            null,
            h("h2", null, t(`status.first_${at}`)),
            h("p", { class: "quiet" }, t(`status.first_${at}_do`)),
          ),
        ),
      ),
    ),
  );
}

const LAST_ROWS = 9; // what happened of late; the whole course stands under Operations
const lately = (operation) => operation && { ...operation, rows: operation.rows.slice(-LAST_ROWS) };

export function now(page) {
  const { view } = page;
  const name = view.operation && view.sells.find((row) => row.till === view.operation.till)?.name;
  return [
    h(
      "div",
      { key: "left", class: "left-column" },
      verdict(view),
      view.state === "first_start" ? firstStart() : null,
      view.cases.length
        ? h(
            "div",
            { key: "cases", class: "cases" },
            view.cases.map((open) => openCase(page, open)),
          )
        : null,
      devices(view),
    ),
    h(
      "div",
      { key: "right", class: "right-column" },
      alarms(view),
      sells(view),
      leaves(page),
      claims(view),
      view.state === "first_start" ? null : course(lately(view.operation), name),
    ),
  ];
}

export function operations(page) {
  return [
    h(
      "section",
      { key: "list", class: "card desk-card" },
      h("h1", { class: "unseen" }, t("status.operations")),
      h("h2", null, t("status.operations")),
      page.list.length
        ? h(
            "div",
            { class: "operation-list" },
            page.list.map((operation) =>
              h(
                "button",
                {
                  key: operation.sale,
                  type: "button",
                  class: `key small ${page.shown?.sale === operation.sale ? "chosen" : ""}`,
                  on: { click: () => void page.showOperation(operation.sale) },
                },
                h(
                  "span",
                  null,
                  `${time(operation.at_ms)} · ${t("status.sale", { number: operation.number || operation.sale })}`,
                ),
                h("span", { class: "num" }, money(operation.total_minor)),
              ),
            ),
          )
        : h("p", { class: "quiet" }, t("status.no_operations")),
    ),
    page.shown
      ? course(page.shown, "")
      : h("section", { key: "course", class: "card desk-card quiet" }, t("status.pick_operation")),
  ];
}

export function diagnosis(page) {
  const { view } = page;
  return [
    h(
      "section",
      { key: "diagnosis", class: "card desk-card scroll-x", tabindex: "0", "aria-label": t("status.diagnosis") },
      h("h1", { class: "unseen" }, t("status.diagnosis")),
      h("h2", null, t("status.devices")),
      h(
        "table",
        { class: "diagnosis-table" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            ["device", "model", "state", "since_when", "evidence", "commit"].map((name) =>
              h("th", { key: name, scope: "col" }, t(`status.${name}`)),
            ),
          ),
        ),
        h(
          "tbody",
          null,
          view.devices.map((device) =>
            h(
              "tr",
              { key: device.id },
              h("th", { scope: "row" }, nameOf(device)),
              h("td", null, modelOf(device)),
              h(
                "td",
                null,
                chip(device.state, stateWord(device)),
                device.note
                  ? h(
                      "p",
                      { class: "quiet" },
                      rich([note(device.note).what, note(device.note).do].filter(Boolean).join(". ")),
                    )
                  : null,
              ),
              h("td", null, device.since_ms ? time(device.since_ms) : plain(note(device.fact).what ?? "")),
              h("td", null, word("evidence_of", device.evidence)),
              h("td", null, word("commit_by", device.commit)),
            ),
          ),
        ),
      ),
      h("p", { class: "quiet" }, t("status.version", { version: view.version })),
    ),
  ];
}
