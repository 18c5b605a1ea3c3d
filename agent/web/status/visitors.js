/** The visitors' tab: how many came and what became of it, what each figure rests on, and how the sensors fare. */

import { h } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { badge, chip } from "../kit/parts.js";
import { currentLanguage, note, plain, rich, t } from "../kit/texts.js";
import { bandOf, exact, known, missingOf, saidOf, valueOf } from "./visitor_figures.js";
import { dayPlots } from "./visitor_plots.js";

const CARDS = ["visits", "conversion", "dwell_s", "returning", "capture"];

function bands(name, figure) {
  return exact(figure)
    ? null
    : h("p", { class: "bands quiet" }, [80, 95].map((level) => h("span", { key: level, class: "nowrap" }, bandOf(name, figure, level))));
}

/** Where there is no figure its place is taken by the words, not by a dash or a zero. */
function figureCard(view, name) {
  const figure = view[name];
  return h(
    "article",
    { key: name, class: "card figure-card", "data-figure": name },
    h("h3", null, t(`visitors.${name}`)),
    known(figure)
      ? [
          h("p", { key: "value", class: "display figure" }, valueOf(name, figure)),
          h("p", { key: "means", class: "quiet" }, t(`visitors.${name}_means`)),
          bands(name, figure),
          h("p", { key: "said", class: "caption" }, saidOf(figure)),
        ]
      : h("p", { key: "none", class: "no-figure" }, icon("busy"), h("span", null, missingOf(view, name))),
  );
}

function consentCard(view) {
  return h(
    "article",
    { key: "known", class: "card figure-card", "data-figure": "known" },
    h("h3", null, t("visitors.known")),
    h("p", { class: "display figure" }, String(view.known)),
    h("p", { class: "quiet" }, t("visitors.known_means")),
    h("p", { class: "caption" }, t("visitors.here", { n: view.here })),
  );
}

function head(page, view) {
  const down = view.sensors.filter((one) => one.state === "down").length;
  const look = view.sensors.filter((one) => one.state === "attention").length;
  const [state, words] = !view.sensors.length
    ? ["busy", t("visitors.never")]
    : down
      ? ["attention", t("visitors.not_counting", { n: down })]
      : look
        ? ["attention", t("visitors.look", { n: look })]
        : ["ok", t("visitors.counting")];
  return h(
    "section",
    { key: "head", class: "card verdict visitors-verdict", "aria-labelledby": "verdict" },
    badge(state),
    h(
      "div",
      { class: "verdict-words" },
      h("h1", { id: "verdict" }, words),
      h("p", { class: "lead" }, t("visitors.lead", { now_ms: view.now_ms })),
      state === "ok" ? null : h("p", { class: "quiet" }, view.sensors.length ? t("visitors.safe") : t("visitors.never_do")),
    ),
    h(
      "div",
      { class: "today inside", "data-figure": "inside" },
      h("p", { class: "quiet" }, t("visitors.inside")),
      known(view.inside)
        ? [
            h("p", { key: "value", class: "display figure" }, valueOf("inside", view.inside)),
            bands("inside", view.inside),
            h("p", { key: "said", class: "caption" }, saidOf(view.inside)),
          ]
        : h("p", { key: "none", class: "no-figure" }, icon("busy"), h("span", null, saidOf(view.inside))),
    ),
  );
}

function sensors(view) {
  return h(
    "section",
    { key: "sensors", class: "card desk-card" },
    h("h2", null, t("visitors.sensors")),
    view.sensors.length
      ? h(
          "ul",
          { class: "sensor-list" },
          view.sensors.map((one) => {
            const told = note({ code: one.code, params: one.params });
            return h(
              "li",
              { key: `${one.kind}-${one.id}`, "data-sensor": one.id },
              h(
                "div",
                { class: "sensor-head" },
                h("div", null, h("h3", null, one.id), h("p", { class: "quiet" }, t(`visitors.kind.${one.kind}`))),
                chip(one.state, t(`visitors.state.${one.state}`)),
              ),
              one.state === "ok"
                ? null
                : [
                    h("p", { key: "what" }, rich(told.what)),
                    h("p", { key: "do", class: "quiet" }, plain([told.safe, told.do].filter(Boolean).join(" "))),
                  ],
              h(
                "p",
                { class: "caption" },
                one.heard_ms ? t("visitors.heard", { at_ms: one.heard_ms }) : t("visitors.never_heard"),
              ),
            );
          }),
        )
      : h("p", { class: "quiet" }, t("visitors.never_do")),
  );
}

function faces(view) {
  const on = view.faces === "on";
  return h(
    "section",
    { key: "faces", class: "card desk-card", "data-faces": view.faces },
    h(
      "div",
      { class: "sensor-head" },
      h("h2", null, t("visitors.faces")),
      chip(on ? "ok" : "busy", on ? t("visitors.faces_on") : t("visitors.faces_off")),
    ),
    h("p", { class: "quiet" }, currentLanguage() === "ru" ? view.faces_why_ru : view.faces_why_en),
  );
}

function aside(view) {
  const reasons = Object.entries(view.set_aside).sort((one, other) => other[1] - one[1]);
  return h(
    "section",
    { key: "aside", class: "card desk-card" },
    h("h2", null, t("visitors.aside")),
    reasons.length
      ? h(
          "ul",
          { class: "leaves-list" },
          reasons.map(([why, n]) =>
            h("li", { key: why }, h("span", null, t(`visitors.set_aside.${why}`)), h("span", { class: "num" }, String(n))),
          ),
        )
      : h("p", { class: "quiet" }, t("visitors.aside_none")),
  );
}

function office(view) {
  return h(
    "section",
    { key: "office", class: "card desk-card" },
    h(
      "div",
      { class: "sensor-head" },
      h("h2", null, t("visitors.office")),
      view.waiting
        ? h("b", { class: "is-busy" }, icon("busy"), t("visitors.waiting", { n: view.waiting }))
        : h("b", { class: "is-ok" }, icon("check"), t("visitors.sent")),
    ),
    view.dropped ? h("p", { class: "is-attention" }, icon("attention"), t("visitors.dropped", { n: view.dropped })) : null,
  );
}

export function visitors(page) {
  const view = page.visitors;
  if (!view)
    return h(
      "section",
      { key: "none", class: page.stale ? "card desk-card stale-line" : "card desk-card" },
      h("h1", { class: "unseen" }, t("status.visitors")),
      page.stale ? [icon("attention"), t("visitors.no_answer")] : t("visitors.loading"),
    );
  return [
    page.stale
      ? h(
          "p",
          { key: "stale", class: "card desk-card stale-line", role: "status" },
          icon("attention"),
          t("visitors.stale", { at_ms: view.now_ms }),
        )
      : null,
    h(
      "div",
      { key: "left", class: "left-column" },
      head(page, view),
      h(
        "div",
        { key: "figures", class: "figure-grid", role: "group", "aria-label": t("visitors.figures") },
        CARDS.map((name) => figureCard(view, name)),
        consentCard(view),
      ),
      dayPlots(page, view),
    ),
    h("div", { key: "right", class: "right-column visitors-right" }, sensors(view), faces(view), aside(view), office(view)),
  ];
}
