/** The lessons at the bench's left: which trouble to play, and the step that comes next. */

import { h } from "../kit/dom.js";
import { key } from "../kit/parts.js";
import { has, t } from "../kit/texts.js";

export function lessons(page) {
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
          page.step > 0
            ? key({
                id: "again",
                label: t("bench.again"),
                glyph: "undo",
                kind: "small",
                press: () => page.pick(page.lesson),
              })
            : current.fault
              ? key({
                  id: "arm",
                  label: t("bench.arm"),
                  kind: "small",
                  press: () => void page.command(current.device, `fault ${current.fault}`),
                })
              : null,
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
