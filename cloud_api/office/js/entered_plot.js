// Who entered and who bought, hour by hour: two lines, and a band around the first that says how sure it is.

import { draw, fill } from "./dom.js";
import { whole } from "./numbers.js";
import { frame, table } from "./plots.js";
import { say } from "./words.js";

const RIGHT = 104; // room for the names at the lines' ends
const LEAST_TOP = 4;
const STYLES = [["entered", "card"], ["bought", "cash"]];

// Four hours at least, so that a day's first hour stands on an axis; hours nobody told of are gaps.
function shownHours(hours) {
  const last = hours.at(-1).hour, from = Math.max(0, Math.min(hours[0].hour, last - 3)), to = Math.max(last, from + 3);
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}
const plusMinus = (value, error) => (error ? `${whole(value)} ± ${whole(error)}` : whole(value));

export function drawEntered(box, { hours, nowHour }) {
  const top = Math.max(LEAST_TOP, ...hours.flatMap((h) => [h.entered + h.error, h.bought]));
  const { svg, x, y, height } = frame(box, shownHours(hours), top, RIGHT, 1);
  const edge = hours.length > 1 ? 0 : 6; // a single hour has a band too
  const at = (h, value, side) => `${x(h.hour) + side * edge},${y(value)}`;
  const above = hours.flatMap((h) => [at(h, h.entered + h.error, -1), at(h, h.entered + h.error, 1)]);
  const below = [...hours].reverse().flatMap((h) => [at(h, h.entered - h.error, 1), at(h, h.entered - h.error, -1)]);
  svg.append(draw("polygon", { class: "sureness b-card", points: [...above, ...below].join(" ") }));
  const running = hours.at(-1).hour === nowHour, labels = [];
  for (const [name, style] of STYLES) {
    const points = (some) => some.map((h) => `${x(h.hour)},${y(h[name])}`).join(" ");
    const past = running ? hours.slice(0, -1) : hours;
    if (past.length > 1) svg.append(draw("polyline", { class: `series s-${style}`, points: points(past) }));
    if (running && hours.length > 1) svg.append(draw("polyline", { class: `series part s-${style}`, points: points(hours.slice(-2)) }));
    const end = hours.at(-1), px = x(end.hour), py = y(end[name]);
    svg.append(name === "entered" ? draw("circle", { class: "f-card", cx: px, cy: py, r: 4.5 })
      : draw("rect", { class: "f-cash", x: px - 4, y: py - 4, width: 8, height: 8 }));
    labels.push({ name, style, x: px + 14, at: Math.max(14, py), under: name === "entered" ? plusMinus(end.entered, end.error) : say("n_receipts", { n: whole(end.bought) }) });
  }
  labels.sort((a, b) => a.at - b.at);
  if (labels[1].at - labels[0].at < 38) labels[1].at = labels[0].at + 38;
  const over = Math.max(0, labels[1].at + 17 - (height - 4));
  for (const label of labels) {
    svg.append(draw("text", { class: `name f-${label.style}`, x: label.x, y: label.at - over }, say(`line_${label.name}`)),
      draw("text", { x: label.x, y: label.at - over + 17 }, label.under));
  }
  svg.setAttribute("aria-label", hours.map((h) => `${h.hour}:00 ${say("line_entered")} ${plusMinus(h.entered, h.error)}, ${say("line_bought")} ${h.bought}`).join("; "));
  fill(box, svg);
}
export const enteredTable = (caption, { hours }) => table(caption, [say("hour"), say("line_entered"), "±", say("line_bought")],
  hours.map((h) => [`${h.hour}:00`, whole(h.entered), whole(h.error), whole(h.bought)]));
