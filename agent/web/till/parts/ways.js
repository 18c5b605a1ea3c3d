/** Numbered ways out of a case: a digit selects, Enter confirms; a supervisor's name and PIN where one has to answer for it. */

import { h } from "../../kit/dom.js";
import { key } from "../../kit/parts.js";
import { rich, t, wayNote } from "../../kit/texts.js";
import { UNKNOWN_KINDS } from "../acts.js";
import { local } from "../local.js";
import { signature } from "./signature.js";

export function waysList({ view, acts }) {
  const { ways, kind } = view.case;
  if (!ways.length) return null;
  const equal = UNKNOWN_KINDS.has(kind);
  return h(
    "div",
    { key: "ways", class: "ways", role: "radiogroup", "aria-labelledby": "headline" },
    ways.map((way, at) => {
      const told = wayNote(way);
      const chosen = local.choice === at + 1;
      const filled = way.first && !equal && !local.choice;
      return h(
        "button",
        {
          key: `way-${way.choice}`,
          type: "button",
          class: `key way ${filled ? "filled" : ""} ${chosen ? "chosen" : ""}`,
          role: "radio",
          "aria-checked": String(chosen),
          "data-choice": way.choice,
          on: { click: () => (chosen && !way.supervisor ? acts.confirmChoice() : pick(acts, at, way)) },
        },
        h("span", { class: "cap way-no", "aria-hidden": "true" }, String(at + 1)),
        h(
          "span",
          { class: "word" },
          h("span", { class: "way-what" }, rich(told.what)),
          h(
            "span",
            { class: "way-do" },
            rich([told.do, way.supervisor && !equal ? t("ui.needs_pin") : null].filter(Boolean).join(" ")),
          ),
        ),
      );
    }),
  );
}

function pick(acts, at, way) {
  acts.choose(at);
  if (way.supervisor) acts.page.focus("pin");
  else if (way.choice === "rescan_mark") acts.confirmChoice();
}

/** Name, PIN, confirm. It keeps its room before it is needed, so that the ways never move. */
export function pinRow({ view, acts }) {
  const people = acts.supervisors;
  const way = view.case.ways[local.choice - 1];
  const shown = UNKNOWN_KINDS.has(view.case.kind) || way;
  const wanted = Boolean(way?.supervisor);
  const ready = way && (!wanted || local.pin.length >= 3);
  return h(
    "div",
    { key: "pin-row", class: `pin-row ${shown ? "" : "hollow"}`, inert: shown ? null : true },
    wanted || UNKNOWN_KINDS.has(view.case.kind)
      ? signature({ view, acts }, people, people.find((person) => person.id === local.person) ?? people[0])
      : h("span", { key: "who", class: "pin-part who blank" }),
    key({
      id: "confirm",
      label: t("ui.confirm"),
      caps: "Enter",
      kind: ready ? "ready" : "",
      off: ready ? undefined : "",
      press: () => acts.confirmChoice(),
    }),
  );
}
