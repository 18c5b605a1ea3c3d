/** A trouble owns the screen: what happened, where the money is, what is safe, what to do. No pay key exists here. */

import { h } from "../../kit/dom.js";
import { elapsed, money, seconds, time } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { badge, key } from "../../kit/parts.js";
import { note, rich, t } from "../../kit/texts.js";
import { sayBox } from "./frame.js";
import { waitingSide } from "./paying.js";
import { pinRow, waysList } from "./ways.js";

const DECISIONS = new Set(["card_person", "register_person"]);

export function answers(told, wanted = ["why", "money", "safe", "do"]) {
  const rows = wanted.filter((name) => told[name]);
  return rows.length
    ? h(
        "dl",
        { key: "answers", class: "answers" },
        rows.map((name) =>
          h("div", { class: "answer" }, h("dt", null, t(`answers.${name}`)), h("dd", null, rich(told[name]))),
        ),
      )
    : null;
}

function steps(trouble, now) {
  return trouble.steps.map((step, at) => {
    const told = note(step.note);
    const state =
      step.state === "asking"
        ? "unknown"
        : step.state === "done"
          ? "check"
          : step.state === "failed"
            ? "attention"
            : "busy";
    const colour = { check: "is-ok", unknown: "is-unknown", attention: "is-attention", busy: "is-busy" }[state];
    const asking = step.state === "asking" && step.device === lastAsking(trouble);
    return h(
      "li",
      { key: `step-${step.device}-${at}`, class: "step" },
      icon(state, colour),
      h(
        "div",
        null,
        h("p", { class: "step-what" }, rich(told.what)),
        h(
          "p",
          { class: "quiet" },
          rich([told.do, asking ? nextQuestion(trouble, now) : null].filter(Boolean).join(" ")),
        ),
      ),
    );
  });
}

const lastAsking = (trouble) => trouble.steps.filter((step) => step.state === "asking").at(-1)?.device;

function nextQuestion(trouble, now) {
  const left = Math.ceil((trouble.next_ms - now) / 1000);
  const next = trouble.next_ms && left > 0 ? t("ui.next_question", { left_ms: left * 1000 }) : t("ui.asking_now");
  return trouble.until_ms > now ? `${next} ${t("ui.else_person", { until: time(trouble.until_ms) })}` : next;
}

/** The real schedule of questions: filled dots were asked, the ring is the one under way. */
function dots(trouble) {
  const times = trouble.schedule_s;
  if (!times.length) return null;
  const current = Math.min(Math.max(trouble.asked - 1, 0), times.length);
  const labels = [...times.map((at) => t("ui.seconds", { n: at })), t("ui.each_minute")];
  return h(
    "ol",
    { key: "dots", class: "dots", "aria-hidden": "true" },
    labels.map((label, at) =>
      h(
        "li",
        { key: String(at), class: at < current ? "past" : at === current ? "now" : "" },
        h("span", { class: "dot" }),
        h("span", { class: "dot-label" }, label),
      ),
    ),
  );
}

function unknownCard(context) {
  const { view, clock } = context;
  const { case: trouble } = view;
  const told = note(trouble.note);
  return h(
    "section",
    { key: `case-${trouble.kind}`, class: "card case unknown", "aria-labelledby": "headline" },
    head("unknown", told.what),
    h(
      "div",
      { class: "case-body" },
      answers(told),
      told.do || told.safe ? h("hr", { key: "rule" }) : null,
      h("ol", { key: "steps", class: "steps" }, steps(trouble, clock.now())),
      dots(trouble),
      h("div", { key: "room", class: "room" }),
      sayBox(told.say),
    ),
  );
}

function head(state, what) {
  const size = longest(what) > 46 ? "long" : longest(what) > 34 ? "longish" : "";
  return h(
    "div",
    { key: "head", class: "case-head" },
    badge(state),
    h(
      "h2",
      { id: "headline", class: `headline ${size}`, tabindex: "-1" },
      rich(size === "long" ? what.replaceAll("\n", " ") : what),
    ),
  );
}

/** A headline has two lines at most: a long one is set smaller, a very long one flows. */
const longest = (what) => Math.max(...(what ?? "").split("\n").map((line) => line.length));

/** What the person compares: the terminal's slip, or the register's two document numbers side by side. */
function evidence(trouble) {
  const seen = trouble.evidence ?? {};
  if (trouble.kind === "register_person") {
    return h(
      "table",
      { key: "evidence", class: "evidence documents" },
      h(
        "tbody",
        null,
        h(
          "tr",
          null,
          h("th", { scope: "row" }, t("evidence.before")),
          h("td", { class: "num" }, document(seen.baseline_document)),
        ),
        h(
          "tr",
          null,
          h("th", { scope: "row" }, t("evidence.now")),
          h("td", { class: "num" }, document(seen.read_document)),
        ),
        seen.fn
          ? h(
              "tr",
              null,
              h("th", { scope: "row" }, t("evidence.fn")),
              h("td", { class: "num" }, `…${String(seen.fn).slice(-4)}`),
            )
          : null,
      ),
    );
  }
  const amount = seen.amount_minor ?? trouble.amount_minor;
  const around = seen.around ?? time(trouble.sent_ms);
  return h(
    "div",
    { key: "evidence", class: "evidence slip mono" },
    seen.slip_from
      ? h(
          "p",
          null,
          t("evidence.slip"),
          " ",
          h("b", null, String(seen.slip_from).padStart(4, "0")),
          " ",
          t("evidence.or_later"),
        )
      : null,
    h("p", null, t(`evidence.${seen.act ?? "purchase"}`)),
    h("p", null, t("evidence.sum"), " ", h("b", null, money(amount).replace(/\u00A0\S+$/, ""))),
    h(
      "p",
      null,
      t("evidence.time"),
      " ",
      h("b", null, t("evidence.around", { around: typeof around === "number" ? time(around) : around })),
    ),
    h("p", null, t("evidence.approved")),
  );
}

const document = (number) => (number === undefined || number === null ? t("evidence.not_read") : `№\u00A0${number}`);

function decisionCard(context) {
  const { view } = context;
  const { case: trouble } = view;
  const told = note(trouble.note);
  return h(
    "section",
    { key: `case-${trouble.kind}`, class: "card case unknown decision", "aria-labelledby": "headline" },
    head("unknown", told.what),
    h(
      "div",
      { class: "case-body" },
      h(
        "div",
        { key: "look", class: "look" },
        h("div", null, h("p", { class: "lead" }, rich(told.do)), h("p", { class: "quiet" }, rich(told.safe))),
        evidence(trouble),
      ),
      waysList(context),
      h("div", { key: "room", class: "room" }),
      pinRow(context),
    ),
  );
}

function unsealedCard(context) {
  const { view } = context;
  const { case: trouble } = view;
  const told = note(trouble.note);
  const asks = needsPin(trouble);
  return h(
    "section",
    { key: `case-${trouble.kind}`, class: "card case attention", "aria-labelledby": "headline" },
    head("attention", told.what),
    h(
      "div",
      { class: "case-body" },
      answers(told, ["why", "money", "safe"]),
      h("h3", { key: "to-do", class: "to-do" }, t("answers.ways")),
      told.do ? h("p", { key: "do", class: "quiet" }, rich(told.do)) : null,
      waysList(context),
      h("div", { key: "room", class: "room" }),
      asks ? pinRow(context) : null,
    ),
  );
}

const needsPin = (trouble) => trouble.ways.some((way) => way.supervisor);

function tellCard(context) {
  const { view } = context;
  const told = note(view.case.note);
  return h(
    "section",
    { key: `case-${view.case.kind}`, class: "card case attention", "aria-labelledby": "headline" },
    head("attention", told.what),
    h(
      "div",
      { class: "case-body" },
      answers(told),
      waysList(context),
      h("div", { key: "room", class: "room" }),
      sayBox(told.say),
    ),
  );
}

/** The terminal's own clock, told as a date with its time or as the time alone. */
const wallTime = (at) => /T(\d\d:\d\d)/.exec(at)?.[1] ?? at;

function side(context) {
  const { view, acts, clock } = context;
  const { case: trouble, sale } = view;
  const made = sale?.payments.find((payment) => payment.state !== "declined") ?? null;
  const now = clock.now();
  if (trouble.kind === "unsealed" || trouble.kind === "cannot_tell") {
    const means = made?.means ?? "cash";
    const card = made?.card ? [t("means.card"), [made.scheme, made.card].filter(Boolean).join(" ··\u00A0")] : null;
    const slip = made?.slip
      ? [t("ui.time_slip"), `${made.at ? `${wallTime(made.at)}, ` : ""}№\u00A0${String(made.slip).padStart(4, "0")}`]
      : null;
    const received = made?.received_minor ? [t("ui.received"), money(made.received_minor)] : null;
    const change = made?.change_minor ? [t("ui.change"), money(made.change_minor)] : null;
    const told = note(trouble.note);
    return waitingSide(context, {
      label: t(trouble.kind === "unsealed" ? `paid_by.${means}` : "ui.sum_in_question"),
      minor: trouble.amount_minor || sale?.total_minor || 0,
      glyph: trouble.kind === "unsealed" ? "check" : null,
      facts: [card, slip, received, change],
      title: t("ui.waits_decision"),
      bottom: trouble.kind === "unsealed" ? sayBox(told.say) : nextKey(context),
    });
  }
  const decision = DECISIONS.has(trouble.kind);
  const facts = [
    trouble.sent_ms
      ? [t(trouble.kind.startsWith("register") ? "ui.sent_register" : "ui.sent_terminal"), seconds(trouble.sent_ms)]
      : null,
    decision
      ? [t("ui.asked"), t("ui.times", { n: trouble.asked })]
      : trouble.sent_ms
        ? [t("ui.elapsed"), elapsed(now - trouble.sent_ms)]
        : null,
  ];
  const call = key({
    id: "call",
    label: t(trouble.call_supervisor ? "ui.supervisor_called" : "ui.call_supervisor"),
    glyph: "bell",
    caps: "Insert",
    off: trouble.call_supervisor ? "" : undefined,
    press: () => void acts.send("call_supervisor"),
  });
  return waitingSide(context, {
    label: t(`side.${trouble.kind}`),
    minor: trouble.amount_minor,
    facts,
    title: t("ui.locked"),
    bottom: h(
      "div",
      { key: "bottom", class: "side-bottom" },
      nextKey(context),
      decision && trouble.next_shopper_ms ? null : call,
    ),
  });
}

function nextKey({ view, acts, clock }) {
  const from = view.case.next_shopper_ms;
  if (!from) return null;
  const left = from - clock.now();
  if (left > 0)
    return h(
      "p",
      { key: "next-soon", class: "quiet next-soon" },
      t("ui.next_soon", { left_ms: Math.ceil(left / 1000) * 1000 }),
    );
  return key({
    id: "next-shopper",
    label: t("ui.next_shopper"),
    glyph: "person",
    caps: "Home",
    press: () => acts.nextShopper(),
  });
}

export function trouble(context) {
  const { kind } = context.view.case;
  const card = DECISIONS.has(kind)
    ? decisionCard
    : kind === "unsealed"
      ? unsealedCard
      : kind === "cannot_tell"
        ? tellCard
        : unknownCard;
  return [card(context), side(context)];
}
