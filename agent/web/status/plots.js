/** Plots of a day by its hours, drawn as SVG by ourselves: bands and lines of estimates, bars of counts, gaps as gaps. */

import { h } from "../kit/dom.js";

const LEFT = 36; // room for three digits of the scale
const RIGHT = 6;
const TOP = 10;
const BOTTOM = 24;
const LABEL_PX = 34; // an hour's label and the air around it
const LINES = 4;
const LEAST = 4; // an empty morning has a scale of people, not of their parts

/** Round steps for a scale from zero to at least `most`: {top, ticks}. */
export function scaleOf(most) {
  const reached = Math.max(most, LEAST);
  const least = reached / LINES;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = Math.max(1, [1, 2, 5, 10].find((one) => one * power >= least) * power);
  const count = Math.ceil(reached / step);
  return { top: count * step, ticks: Array.from({ length: count + 1 }, (_, at) => at * step) };
}

/** Stretches of neighbours that have a value: [[first, last], …]. */
export function runsOf(values) {
  const runs = [];
  values.forEach((value, at) => {
    const last = runs[runs.length - 1];
    if (value === null) return;
    if (last && last[1] === at - 1) last[1] = at;
    else runs.push([at, at]);
  });
  return runs;
}

function frameOf(size, columns, most) {
  const { top, ticks } = scaleOf(most);
  const step = (size.width - LEFT - RIGHT) / Math.max(1, columns);
  const tall = size.height - TOP - BOTTOM;
  return {
    size,
    step,
    ticks,
    columns,
    left: (at) => LEFT + at * step,
    middle: (at) => LEFT + (at + 0.5) * step,
    y: (value) => TOP + tall * (1 - value / top),
    floor: TOP + tall,
  };
}

/** An hour's average holds for the whole hour: a stretch begins and ends at the edges of its hours. */
function trace(frame, values, [first, last]) {
  const points = [[frame.left(first), frame.y(values[first])]];
  for (let at = first; at <= last; at++) points.push([frame.middle(at), frame.y(values[at])]);
  points.push([frame.left(last + 1), frame.y(values[last])]);
  return points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`);
}

/** From the lower to the upper bound; null where there is no estimate. */
export const band = (low, high, kind) => (frame) =>
  runsOf(high).map((run) =>
    h("path", {
      class: kind,
      d: `M${[...trace(frame, high, run), ...trace(frame, low, run).reverse()].join("L")}Z`,
    }),
  );

export const line = (values, kind) => (frame) =>
  runsOf(values).map((run) => h("path", { class: kind, d: `M${trace(frame, values, run).join("L")}` }));

/** Bars side by side: [{values, kind}, …]. */
export const bars = (series) => (frame) => {
  const wide = Math.min(22, (frame.step * 0.72) / series.length);
  return series.flatMap(({ values, kind }, place) =>
    values.map((value, at) => {
      if (!value) return null;
      const x = frame.middle(at) + (place - series.length / 2) * wide + 0.5;
      const y = frame.y(value);
      return h("rect", { class: kind, x, y, width: Math.max(1, wide - 1), height: frame.floor - y, rx: 2 });
    }),
  );
};

/** Where nothing was estimated: hatched from top to bottom, so that it is not read as nobody. */
const gaps = (frame, id, missing) =>
  missing.map((gone, at) =>
    gone
      ? h("rect", {
          class: "gap",
          fill: `url(#${id}-hatch)`,
          x: frame.left(at),
          y: TOP,
          width: frame.step,
          height: frame.floor - TOP,
        })
      : null,
  );

const hatch = (id) =>
  h(
    "pattern",
    { id: `${id}-hatch`, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    h("rect", { class: "gap-ground", width: 8, height: 8 }),
    h("rect", { class: "gap-stroke", width: 3, height: 8 }),
  );

/** `spoken` is what a screen reader says of the picture; `hints` are shown over each hour; `missing` hours are hatched. */
export function plot({ id, size, labels, most, layers, missing, spoken, hints }) {
  const frame = frameOf(size, labels.length, most);
  const each = Math.max(1, Math.ceil(LABEL_PX / frame.step));
  return h(
    "svg",
    {
      class: "plot-picture",
      viewBox: `0 0 ${size.width} ${size.height}`,
      height: size.height,
      role: "img",
      "aria-label": spoken,
    },
    h("defs", null, hatch(id)),
    frame.ticks.map((tick) => [
      h("line", { class: "grid", x1: LEFT, x2: size.width - RIGHT, y1: frame.y(tick), y2: frame.y(tick) }),
      h("text", { class: "tick", x: LEFT - 8, y: frame.y(tick) + 4, "text-anchor": "end" }, String(tick)),
    ]),
    gaps(frame, id, missing),
    layers.map((layer) => layer(frame)),
    labels.map((label, at) =>
      at % each ? null : h("text", { class: "tick", x: frame.middle(at), y: size.height - 6, "text-anchor": "middle" }, label),
    ),
    hints.map((hint, at) =>
      h(
        "rect",
        { class: "hint", x: frame.left(at), y: TOP, width: frame.step, height: frame.floor - TOP },
        h("title", null, hint),
      ),
    ),
  );
}
