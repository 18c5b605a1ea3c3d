/** The screen that is turned to a shopper who wants to be known: number, code, boxes, the camera. Large, and left at any moment. */

import { h } from "../../kit/dom.js";
import { date, elapsed, time } from "../../kit/format.js";
import { icon } from "../../kit/icons.js";
import { badge, cap, key } from "../../kit/parts.js";
import { currentLanguage, note, plain, t } from "../../kit/texts.js";
import { local } from "../local.js";
import { pad } from "./pad.js";
import { answered } from "./told.js";

const LONGEST_NAME = 40;

/** Everything on the list of boxes, in its order: what may be ticked, then what stands already. */
export const agreeItems = ({ offered, standing }) => [...offered, ...standing];

/** A box as it is told back. */
export const boxOf = (text) => `${text.purpose}:${text.hash}`;

/** The name in the field: as typed, else as it is known. */
export const nameOf = (agree) => local.name ?? agree.name;

/** What is said aloud when the last step came to something. */
export function spokenAgree(before, now) {
  const { said, message: state } = now.agree ?? {};
  if (state && state !== "sending" && state !== before?.agree?.message)
    return t(`agree.${state}`, { tail: now.agree.tail, until: time(now.agree.until_ms) });
  if (!said || (said === before?.agree?.said && before.agree.step === now.agree.step)) return "";
  return plain(note({ code: said }).what);
}

function head(words, lead, state) {
  return [
    h("h2", { key: "head", id: "headline", class: "headline", tabindex: "-1", "data-step": state }, words),
    lead ? h("p", { key: "lead", class: "lead" }, lead) : null,
  ];
}

const left = (...inside) => h("div", { key: "left", class: "door-left" }, ...inside);
const right = (...inside) => h("div", { key: "right", class: "door-right" }, ...inside);

/** What became of the last step, where nothing newer was said. */
function told({ view }) {
  const { said } = view.agree;
  return answered(view, said ? { code: said } : null);
}

function languageKey(acts) {
  return key({
    id: "agree-language",
    label: t("agree.language"),
    lang: currentLanguage() === "ru" ? "en" : "ru",
    press: () => acts.agree.language(),
  });
}

function leaveKey(acts, label = t("agree.leave")) {
  return key({ id: "agree-leave", label, caps: "Esc", press: () => acts.agree.leave() });
}

function entry(label, more = "") {
  return h(
    "label",
    { key: "entry", class: `entry ${more}` },
    h("input", {
      id: "entry",
      type: "text",
      "data-own": "entry",
      autocomplete: "off",
      inputmode: "none",
      readonly: true,
      value: local.entry,
      "aria-label": label,
    }),
  );
}

function phone({ view, acts }) {
  return [
    left(
      head(t("agree.title"), t("agree.phone_lead")),
      h(
        "ol",
        { key: "how", class: "agree-how" },
        ["1", "2", "3"].map((step) =>
          h("li", { key: step }, h("span", { class: "agree-step", "aria-hidden": "true" }, step), h("span", null, t(`agree.how_${step}`))),
        ),
      ),
      h("p", { key: "free", class: "quiet" }, t("agree.free")),
    ),
    right(
      entry(t("agree.phone")),
      told({ view }),
      pad((typed) => acts.agree.pressed(typed), false, "+"),
      key({
        id: "agree-send",
        label: t("agree.send"),
        caps: "Enter",
        kind: "centre filled",
        off: local.entry ? undefined : "",
        press: () => acts.agree.send(),
      }),
      h("div", { key: "two", class: "two" }, languageKey(acts), leaveKey(acts)),
    ),
  ];
}

/** What became of the message with the code; a wait has a clock. */
function message({ view, clock }) {
  const { message: state, since_ms: since, until_ms: until, tail } = view.agree;
  if (state === "sending")
    return h("p", { key: "message", class: "agree-message" }, icon("busy"), h("span", null, t("agree.sending", { at: elapsed(clock.now() - since) })));
  if (state === "sent")
    return h("p", { key: "message", class: "agree-message is-ok" }, icon("ok"), h("span", null, t("agree.sent", { tail, until: time(until) })));
  return h("p", { key: "message", class: "agree-message is-down", role: "status" }, icon("down"), h("span", null, t(`agree.${state}`)));
}

function code(context) {
  const { view, acts } = context;
  return [
    left(head(t("agree.code_title", { tail: view.agree.tail }), t("agree.code_lead")), message(context), h("p", { key: "who", class: "quiet" }, t("agree.code_who"))),
    right(
      entry(t("agree.code"), "code-entry"),
      told({ view }),
      pad((typed) => acts.agree.pressed(typed)),
      key({
        id: "agree-code",
        label: t("agree.confirm"),
        caps: "Enter",
        kind: "centre filled",
        off: local.entry.length >= 6 ? undefined : "",
        press: () => acts.agree.code(),
      }),
      h(
        "div",
        { key: "two", class: "two" },
        view.agree.message === "undeliverable"
          ? key({ id: "agree-other", label: t("agree.other_number"), press: () => acts.agree.begin() })
          : key({ id: "agree-again", label: t("agree.new_code"), press: () => acts.agree.newCode() }),
        leaveKey(acts),
      ),
    ),
  ];
}

const small = (text) => `${t("agree.version", { version: text.version })} · ${text.hash.slice(0, 8)}`;

/** A box of its own for each purpose, empty until it is ticked. */
function box(text, at, acts) {
  const ticked = local.ticks.includes(boxOf(text));
  return h(
    "li",
    { key: text.purpose },
    h(
      "button",
      {
        type: "button",
        role: "checkbox",
        class: `key agree-box ${ticked ? "chosen" : ""}`,
        "aria-checked": ticked ? "true" : "false",
        "aria-labelledby": `purpose-${text.purpose}`,
        "aria-describedby": `text-${text.purpose}`,
        "data-key": `tick-${text.purpose}`,
        on: { click: (event) => acts.agree.tick(text, event.detail > 0) },
      },
      h("span", { class: "tick", "aria-hidden": "true" }, ticked ? icon("check") : null),
      h(
        "span",
        { class: "word" },
        h(
          "span",
          { class: "titled" },
          h("span", { id: `purpose-${text.purpose}`, class: "purpose" }, t(`agree.purpose_${text.purpose}`)),
          h("span", { class: "caption" }, small(text)),
        ),
        h("span", { id: `text-${text.purpose}`, class: "consent" }, text.text),
      ),
      cap(String(at + 1)),
    ),
  );
}

/** What was agreed to before: it stands until it is withdrawn. */
function standing(text, at, acts) {
  const ending = local.ending === text.consent;
  return h(
    "li",
    { key: text.consent, class: `agree-box agree-standing ${ending ? "is-ending" : ""}`, "data-standing": text.purpose },
    h("span", { class: "tick is-ok" }, icon("ok")),
    h(
      "span",
      { class: "word" },
      h("span", { class: "purpose" }, t(`agree.purpose_${text.purpose}`)),
      h("span", { class: "since is-ok" }, t("agree.stands", { given: date(text.given_ms) }), " ", h("span", { class: "caption" }, small(text))),
    ),
    key({
      id: `withdraw-${text.purpose}`,
      label: t("agree.withdraw"),
      caps: String(at + 1),
      kind: "small",
      "aria-pressed": ending ? "true" : "false",
      press: () => acts.agree.end(text),
    }),
    h("span", { class: "consent" }, text.text),
  );
}

function ending({ view, acts }) {
  const text = view.agree.standing.find((one) => one.consent === local.ending);
  return right(
    h("h3", { key: "ask", class: "label" }, t("agree.ending", { purpose: t(`agree.purpose_${text.purpose}`) })),
    h("p", { key: "what", class: "lead" }, t(text.purpose === "face_id" ? "agree.ending_face" : "agree.ending_lead")),
    answered(view),
    h("div", { key: "room", class: "room" }),
    key({ id: "agree-end", label: t("agree.end"), caps: "Enter", kind: "centre warn", press: () => acts.agree.withdraw() }),
    key({ id: "agree-keep", label: t("agree.keep"), caps: "Esc", press: () => acts.agree.leave() }),
  );
}

function name({ view, acts }) {
  const { agree } = view;
  if (!agree.offered.length) return null;
  return h(
    "label",
    { key: "name", class: "agree-name" },
    h("span", { class: "label" }, t("agree.name")),
    h("input", {
      id: "agree-name",
      class: "field",
      type: "text",
      maxlength: String(LONGEST_NAME),
      autocomplete: "off",
      value: nameOf(agree),
      on: {
        input: (event) => (local.name = event.target.value),
        focus: () => acts.agree.touchName(),
      },
    }),
    h("span", { class: "caption" }, t("agree.name_hint")),
  );
}

function choosing(context) {
  const { view, acts } = context;
  const { agree } = view;
  const any = agree.offered.length > 0;
  return right(
    name(context),
    told({ view }),
    h("div", { key: "room", class: "room" }),
    any
      ? key({
          id: "agree-give",
          label: t("agree.give"),
          caps: "Enter",
          kind: "centre filled",
          off: local.ticks.length ? undefined : "",
          press: () => acts.agree.give(),
        })
      : null,
    agree.may_look ? key({ id: "agree-look", label: t("agree.look"), glyph: "person", press: () => acts.agree.look() }) : null,
    h("div", { key: "two", class: "two" }, languageKey(acts), leaveKey(acts, any ? t("agree.leave") : t("agree.ready"))),
  );
}

function choose(context) {
  const { view, acts } = context;
  const { agree } = view;
  const items = agreeItems(agree);
  return [
    left(
      head(t(agree.offered.length ? "agree.choose_title" : "agree.standing_title"), t(agree.offered.length ? "agree.choose_lead" : "agree.standing_lead")),
      h(
        "ul",
        { key: "boxes", class: "menu agree-boxes", "aria-label": t("agree.boxes") },
        items.map((text, at) => (text.consent ? standing(text, at, acts) : box(text, at, acts))),
      ),
      agree.faces_why ? h("p", { key: "why", class: "quiet faces-why" }, agree.faces_why) : null,
    ),
    agree.standing.some((one) => one.consent === local.ending) ? ending(context) : choosing(context),
  ];
}

function keeping({ view, acts, clock }) {
  return [
    left(
      head(t("agree.keeping"), t("agree.keeping_lead")),
      h("p", { key: "wait", class: "agree-message" }, icon("busy"), h("span", null, elapsed(clock.now() - view.agree.since_ms))),
    ),
    right(told({ view }), h("div", { key: "room", class: "room" }), leaveKey(acts)),
  ];
}

const LOOKS = { looking: "busy", nobody: "attention", several: "attention", away: "attention", not_made: "attention" };

function face({ view, acts, clock }) {
  const { face: seen, until_ms: until } = view.agree;
  const left_ms = Math.max(0, until - clock.now());
  return [
    left(
      h("div", { key: "look", class: "agree-look" }, badge(LOOKS[seen] ?? "busy"), h("div", null, head(t(`agree.face_${seen}`), t(`agree.face_${seen}_lead`), seen))),
      seen === "looking" ? h("p", { key: "wait", class: "agree-seconds num" }, elapsed(left_ms)) : null,
      h("p", { key: "kept", class: "quiet" }, t("agree.face_kept")),
    ),
    right(
      told({ view }),
      h("div", { key: "room", class: "room" }),
      seen === "looking"
        ? null
        : key({ id: "agree-look", label: t("agree.look_again"), caps: "Enter", kind: "centre filled", press: () => acts.agree.look() }),
      leaveKey(acts, t("agree.without_face")),
    ),
  ];
}

function done({ view, acts }) {
  const { given, face: seen } = view.agree;
  return [
    left(
      h("div", { key: "look", class: "agree-look" }, badge("ok"), h("div", null, head(t("agree.done"), t("agree.done_lead")))),
      given.length
        ? h(
            "ul",
            { key: "given", class: "agree-given", "aria-label": t("agree.boxes") },
            given.map((purpose) => h("li", { key: purpose }, icon("check"), h("span", null, t(`agree.purpose_${purpose}`)))),
          )
        : null,
      seen === "seen" ? h("p", { key: "seen", class: "lead" }, t("agree.face_seen")) : null,
    ),
    right(
      told({ view }),
      h("div", { key: "room", class: "room" }),
      key({ id: "agree-leave", label: t("agree.ready"), caps: "Enter", kind: "centre filled", press: () => acts.agree.leave() }),
    ),
  ];
}

const STEPS = { phone, code, choose, keeping, face, done };

export function agree(context) {
  const { step } = context.view.agree;
  return h(
    "section",
    { key: `door-${step}`, class: `card door agree at-${step}`, "aria-labelledby": "headline" },
    STEPS[step](context),
  );
}
