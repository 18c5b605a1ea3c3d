// Two plots as SVG, drawn to the width they have, each with a table twin behind «Таблицей».

import { draw, fill, make } from "./dom.js";
import { amount, money, sign, whole } from "./numbers.js";
import { say } from "./words.js";

const LEFT = 46, BOTTOM = 26, TOP = 14;
const FIRST_HOUR = 10, LAST_HOUR = 21;

// The hours shown: a shop's usual day, wider when something was sold outside it.
export function hoursShown(...series) {
  const all = series.flat().map((hour) => hour.hour);
  const from = Math.min(FIRST_HOUR, ...all), to = Math.max(LAST_HOUR, ...all);
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}
// Round steps (1, 2, 5 × 10^n) so that two to four lines stand under `top`.
export function ticks(top) {
  if (top <= 0) return [0];
  const power = 10 ** Math.floor(Math.log10(top / 2));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => top / n <= 4) ?? 10 * power;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, n) => n * step);
}
export const unitOf = (top) => (top >= 1_000_000 ? 100_000 : 100); // minor units in one unit of the axis
export const unitWord = (top) => (unitOf(top) === 100_000 ? say("thousand", { sign: sign() }) : sign());

export function frame(box, hours, top, band, unit = unitOf(top)) {
  const width = Math.max(260, box.clientWidth), height = Math.max(120, box.clientHeight);
  const marks = ticks(top);
  const high = Math.max(top, marks.at(-1)) || 1;
  const right = band;
  const y = (value) => height - BOTTOM - (Math.max(0, value) / high) * (height - BOTTOM - TOP);
  const step = (width - LEFT - right) / hours.length;
  const x = (hour) => LEFT + step * (hours.indexOf(hour) + 0.5);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  for (const mark of marks) {
    svg.append(
      draw("line", { class: "grid", x1: LEFT, x2: width - right, y1: y(mark), y2: y(mark) }),
      draw("text", { x: LEFT - 9, y: y(mark) + 4.5, "text-anchor": "end" }, whole(Math.round(mark / unit))),
    );
  }
  const every = Math.ceil(hours.length / Math.max(1, Math.floor((width - LEFT - right) / 34)));
  hours.forEach((hour, n) => {
    if (n % every === 0) svg.append(draw("text", { x: x(hour), y: height - 6, "text-anchor": "middle" }, String(hour)));
  });
  return { svg, x, y, step, width, height };
}

export function drawBars(box, { hours, past, nowHour, past_name }) {
  const shown = hoursShown(hours, past);
  const top = Math.max(0, ...hours.map((h) => h.sum), ...past.map((h) => h.sum));
  const { svg, x, y, step } = frame(box, shown, top, 6);
  const wide = Math.min(44, step * 0.58);
  const stripe = draw("pattern", { id: "part", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    draw("line", { class: "stripe", x1: 2, y1: 0, x2: 2, y2: 8 }));
  svg.append(draw("defs", {}, stripe));
  for (const hour of hours) {
    const from = y(hour.sum), height = y(0) - from, r = Math.min(4, height);
    if (height <= 0) continue;
    const left = x(hour.hour) - wide / 2;
    const path = `M${left} ${y(0)}V${from + r}q0 ${-r} ${r} ${-r}h${wide - 2 * r}q${r} 0 ${r} ${r}V${y(0)}Z`;
    const bar = draw("path", { d: path, class: hour.hour === nowHour ? null : "bar" }, draw("title", {}, `${hour.hour}:00 · ${money(hour.sum)}`));
    if (hour.hour === nowHour) bar.setAttribute("fill", "url(#part)");
    svg.append(bar);
  }
  if (past.length) {
    svg.append(draw("polyline", { class: "past", points: past.map((h) => `${x(h.hour)},${y(h.sum)}`).join(" ") }));
    const last = past.reduce((best, h) => (h.hour > best.hour ? h : best));
    const best = past.filter((h) => h.hour > (nowHour ?? 0)).sort((a, b) => b.sum - a.sum)[0] ?? last;
    svg.append(draw("text", { class: "name", x: x(best.hour), y: Math.max(11, y(best.sum) - 8), "text-anchor": best.hour >= shown.at(-2) ? "end" : "middle" }, past_name ?? say("week_ago")));
  }
  if (hours.length && past.length) {
    const first = hours.reduce((low, h) => (h.hour < low.hour ? h : low));
    const above = Math.max(first.sum, past.find((h) => h.hour === first.hour)?.sum ?? 0);
    svg.append(draw("text", { class: "name f-today", x: x(first.hour), y: y(above) - 9, "text-anchor": "middle" }, say("today")));
  }
  svg.setAttribute("aria-label", hours.map((h) => `${h.hour}:00 ${amount(h.sum)}`).join("; "));
  fill(box, svg);
}

const STYLES = { card: "card", cash: "cash" };
function marker(kind, x, y) {
  if (kind === "card") return draw("circle", { class: "f-card", cx: x, cy: y, r: 4.5 });
  if (kind === "cash") return draw("rect", { class: "f-cash", x: x - 4, y: y - 4, width: 8, height: 8 });
  return draw("path", { class: "f-other", d: `M${x} ${y - 5}l5 9h-10Z` });
}
export function meansSeries(hours) {
  const names = ["card", "cash"];
  const found = new Set(hours.flatMap((h) => h.means.map((m) => m.means)));
  const groups = [...names.filter((name) => found.has(name))];
  if ([...found].some((name) => !names.includes(name))) groups.push("other");
  const of = (hour, group) => hour.means
    .filter((m) => (group === "other" ? !names.includes(m.means) : m.means === group))
    .reduce((sum, m) => sum + m.sum, 0);
  return groups.map((group) => ({ group, points: hours.map((h) => ({ hour: h.hour, sum: of(h, group) })) }));
}

// The hours of the line plot: four at least, so that a day's first sale stands on an axis; none before midnight.
// Up to the last hour heard of, an hour without sales is a zero and not a gap.
export function lineHours(hours) {
  const heard = hours.map((h) => h.hour), last = Math.max(...heard);
  const from = Math.max(0, Math.min(...heard, last - 3)), to = Math.max(last, from + 3);
  const shown = Array.from({ length: to - from + 1 }, (_, n) => from + n);
  const empty = (hour) => ({ hour, sum: 0, receipts: 0, means: [] });
  return { shown, filled: shown.filter((hour) => hour <= last).map((hour) => hours.find((h) => h.hour === hour) ?? empty(hour)) };
}

export function drawLines(box, { hours, nowHour }) {
  const { shown, filled } = lineHours(hours);
  const series = meansSeries(filled);
  const top = Math.max(0, ...series.flatMap((s) => s.points.map((p) => p.sum)));
  const { svg, x, y, height } = frame(box, shown, top, 96);
  const labels = [];
  for (const { group, points } of series) {
    const style = STYLES[group] ?? "other";
    const line = (some, kind) => svg.append(
      draw("polyline", { class: `series ${kind}s-${style}`, points: some.map((p) => `${x(p.hour)},${y(p.sum)}`).join(" ") }));
    const whole_ = points.filter((p) => p.hour !== nowHour), part = points.slice(-2);
    if (whole_.length > 1) line(whole_, "");
    if (points.length === 1) line([{ hour: points[0].hour, sum: 0 }, points[0]], "part "); // nothing to come from but the axis
    else if (points.at(-1).hour === nowHour) line(part, "part ");
    const end = points.at(-1);
    svg.append(marker(group, x(end.hour), y(end.sum)));
    labels.push({ style, group, at: y(end.sum), x: x(end.hour) + 14, sum: end.sum });
  }
  labels.sort((a, b) => a.at - b.at);
  labels.forEach((label, n) => { if (n) label.at = Math.max(label.at, labels[n - 1].at + 36); });
  const over = labels.length ? Math.max(0, labels.at(-1).at - (height - BOTTOM - 8)) : 0;
  for (const label of labels) {
    svg.append(
      draw("text", { class: `name f-${label.style}`, x: label.x, y: label.at - over }, say(label.group)),
      draw("text", { x: label.x, y: label.at - over + 17 }, amount(label.sum)),
    );
  }
  svg.setAttribute("aria-label", series.map((s) => `${say(s.group)}: ${s.points.map((p) => `${p.hour}:00 ${amount(p.sum)}`).join(", ")}`).join("; "));
  fill(box, svg);
}

export function table(caption, heads, rows) {
  return make("table", {}, make("caption", { class: "sr" }, caption),
    make("thead", {}, make("tr", {}, heads.map((head, n) => make("th", { scope: "col", class: n ? "num" : null }, head)))),
    make("tbody", {}, rows.map((row) => make("tr", {}, row.map((cell, n) => (n ? make("td", { class: "num" }, cell) : make("th", { scope: "row", class: "muted" }, cell)))))));
}
export function barsTable(caption, { hours, past }) {
  const of = (list, hour) => list.find((h) => h.hour === hour);
  const cell = (found) => (found ? amount(found.sum) : "—");
  const heads = [say("hour"), say("sum_in", { sign: sign() }), say("receipts"), say("week_ago")];
  return table(caption, heads, hoursShown(hours, past).filter((hour) => of(hours, hour) || of(past, hour)).map((hour) => [
    `${hour}:00`, cell(of(hours, hour)), whole(of(hours, hour)?.receipts ?? 0), cell(of(past, hour)),
  ]));
}
export function linesTable(caption, { hours }) {
  const series = meansSeries(hours);
  return table(caption, [say("hour"), ...series.map((s) => say(s.group))],
    hours.map((h, n) => [`${h.hour}:00`, ...series.map((s) => amount(s.points[n].sum))]));
}
