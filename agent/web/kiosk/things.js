/** Drawings of everything else in a toy shop: games, paints, books, sweets, things for the street. */

import { h } from "../kit/dom.js";
import { C, GROUND, box, dot, oval, path, pick, stroke, wheel } from "./shapes.js";

/** Each draws into 120 × 100; `seed` gives goods of one kind their own colours. */
export const THINGS = {
  puzzle: (seed) => {
    const fill = pick([C.teal, C.blue, C.violet, C.amber], seed);
    return [
      path("M32 22h18a9 9 0 1 1 20 0h26v20a9 9 0 1 0 0 20v28H70a9 9 0 1 0-20 0H32V62a9 9 0 1 1 0-20z", fill),
      stroke("M64 38v34M46 54h36", "#FFFFFF66", 3),
    ];
  },
  board: () => [
    box(16, 14, 88, 66, C.violet, 6),
    box(23, 21, 74, 52, "#F0E6CC", 3),
    dot(32, 62, 6, C.teal),
    stroke("M36 60c10 0 6-26 18-28s10 26 20 24 6-14 12-18", C.red, 3.4, { "stroke-dasharray": "0.1 7" }),
    path("M86 40c-6-8-9-11-9-16a9 9 0 0 1 18 0c0 5-3 8-9 16z", C.red),
    dot(86, 24, 3.4, "#F0E6CC"),
  ],
  dice: () => [
    box(18, 34, 48, 48, C.red, 9),
    box(62, 16, 40, 40, C.blue, 8),
    ...[
      [30, 46],
      [54, 46],
      [42, 58],
      [30, 70],
      [54, 70],
    ].map(([x, y]) => dot(x, y, 4.4, C.white)),
    ...[
      [73, 27],
      [91, 45],
    ].map(([x, y]) => dot(x, y, 4.2, C.white)),
  ],
  rocket: () => [
    path("M60 6c14 10 19 24 19 40v22H41V46C41 30 46 16 60 6z", C.pale),
    path("M60 6c8 6 13 13 16 21H44c3-8 8-15 16-21z", C.red),
    path("M41 52L24 82l17-5zM79 52l17 30-17-5z", C.red),
    path("M50 72h20l-10 24z", C.amber),
    dot(60, 44, 9.5, C.blue),
    dot(60, 44, 5.4, GROUND.sky),
  ],
  bricks: (seed) => {
    const fills = pick(
      [
        [C.red, C.amber, C.blue],
        [C.teal, C.red, C.amber],
        [C.blue, C.teal, C.red],
      ],
      seed,
    );
    const brick = (x, y, width, fill) => [
      ...Array.from({ length: width / 20 }, (_, at) => box(x + at * 20 + 4, y - 7, 12, 9, fill, 2)),
      box(x, y, width, 22, fill, 3),
    ];
    return [
      ...brick(20, 66, 40, fills[0]),
      ...brick(62, 66, 40, fills[1]),
      ...brick(32, 42, 60, fills[2]),
      ...brick(42, 18, 40, fills[0]),
    ];
  },
  pencils: () => [
    ...[
      [C.red, 24],
      [C.teal, 0],
      [C.blue, -24],
    ].map(([fill, shift]) =>
      h(
        "g",
        { transform: `translate(${60 + shift * -1} 52) rotate(28)` },
        box(-7, -26, 14, 58, fill, 2),
        path("M-7 -26L0 -42L7 -26z", C.cream),
        path("M-3 -35L0 -42L3 -35z", fill),
        box(-1.5, -26, 3, 58, "#FFFFFF44"),
      ),
    ),
  ],
  paints: () => [
    path(
      "M60 12c28 0 46 16 46 38 0 14-10 18-22 16-10-2-16 4-12 12 4 7-2 12-12 12-28 0-46-16-46-38s18-40 46-40z",
      "#E7CFA6",
    ),
    dot(38, 38, 8, C.red),
    dot(60, 28, 8, C.amber),
    dot(82, 38, 8, C.blue),
    dot(34, 62, 8, C.teal),
  ],
  clay: () => [
    ...[C.red, C.amber, C.teal, C.blue, C.violet].map((fill, at) => box(18 + at * 18, 30, 14, 52, fill, 7)),
    box(12, 58, 96, 26, C.cream, 4),
    stroke("M24 70h72", C.tan, 4),
  ],
  book: (seed) => {
    const fill = pick([C.blue, C.red, C.teal, C.violet], seed);
    return [
      path("M14 20c16-5 32-4 46 4v64c-14-8-30-9-46-4z", fill),
      path("M106 20c-16-5-32-4-46 4v64c14-8 30-9 46-4z", fill),
      path("M20 24c14-3 27-2 40 5v52c-13-7-26-8-40-5z", C.white),
      path("M100 24c-14-3-27-2-40 5v52c13-7 26-8 40-5z", C.pale),
      stroke("M28 38c8-1 16 0 24 3M28 50c8-1 16 0 24 3M68 41c8-3 16-4 24-3M68 53c8-3 16-4 24-3", C.grey, 2.4),
    ];
  },
  balloon: (seed) => [
    stroke("M44 60c4 14-4 20 2 34M76 56c-4 14 4 24-4 38", C.grey, 2.2),
    oval(44, 36, 20, 25, pick([C.red, C.teal, C.violet], seed)),
    oval(77, 32, 19, 24, pick([C.amber, C.blue, C.pink], seed)),
    stroke("M34 28c2-6 6-9 10-10M68 24c2-5 5-8 9-9", "#FFFFFF88", 3.4),
  ],
  gift: () => [
    box(24, 42, 72, 46, C.red, 4),
    box(18, 30, 84, 16, C.dark, 4),
    box(53, 30, 14, 58, C.amber),
    path("M60 30C48 6 26 12 38 26c4 4 14 4 22 4zM60 30c12-24 34-18 22-4-4 4-14 4-22 4z", C.amber),
  ],
  star: () => [
    path("M60 8l12 27 29 3-22 19 7 29-26-16-26 16 7-29-22-19 29-3z", C.amber),
    dot(52, 46, 3, C.ink),
    dot(68, 46, 3, C.ink),
    stroke("M53 56c4 4 10 4 14 0", C.ink, 2.4),
  ],
  candy: () => [
    stroke("M60 52v42", C.pale, 6),
    stroke("M60 52v42", C.grey, 1),
    dot(60, 38, 29, C.pink),
    stroke("M60 38c4-6 12-2 10 6s-16 10-22 2-4-20 8-24 26 4 28 18", C.white, 5),
  ],
  cookie: () => [
    dot(60, 50, 36, "#D69A55"),
    ...[
      [46, 38],
      [70, 34],
      [62, 54],
      [42, 62],
      [80, 58],
      [64, 74],
    ].map(([x, y]) => dot(x, y, 5.2, "#6A4120")),
  ],
  drink: () => [
    stroke("M66 24V8h16", C.red, 5),
    path("M38 24h44l-5 66H43z", C.amber),
    path("M40 46h40l-2 26H42z", C.white),
    dot(60, 59, 9, C.red),
    path("M60 50c2-5 6-6 9-5-1 4-4 6-9 5z", C.green),
  ],
  bottle: () => [
    box(50, 6, 20, 12, C.red, 3),
    path("M50 18h20c0 12 12 14 12 26v42a6 6 0 0 1-6 6H44a6 6 0 0 1-6-6V44c0-12 12-14 12-26z", C.blue),
    box(38, 52, 44, 22, C.white),
    stroke("M46 63h28", C.blue, 4),
  ],
  rattle: () => [
    stroke("M60 50v30", C.amber, 9),
    stroke("M60 76a10 10 0 1 0 .1 0z", C.amber, 6),
    dot(60, 32, 25, C.teal),
    box(35, 27, 50, 10, C.cream),
    dot(50, 20, 4, C.cream),
    dot(70, 46, 4, C.cream),
  ],
  pyramid: () => [
    box(56, 12, 8, 74, C.brown, 4),
    dot(60, 14, 9, C.red),
    box(40, 26, 40, 15, C.amber, 7.5),
    box(34, 42, 52, 15, C.teal, 7.5),
    box(28, 58, 64, 15, C.blue, 7.5),
    box(22, 74, 76, 15, C.red, 7.5),
  ],
  drum: () => [
    path("M24 36h72v42c0 8-72 8-72 0z", C.red),
    oval(60, 36, 36, 12, C.cream),
    stroke("M24 50l18 28 18-28 18 28 18-28", C.amber, 4),
    stroke("M40 30L22 8M80 30l18-22", C.brown, 5),
    dot(22, 8, 5, C.tan),
    dot(98, 8, 5, C.tan),
  ],
  scooter: () => [
    stroke("M82 20l10 50M76 20h14", C.ink, 6),
    stroke("M28 74h42c10 0 18-16 16-34", C.red, 8),
    ...wheel(26, 78, 11),
    ...wheel(94, 78, 11),
  ],
  kite: () => [
    path("M60 6l30 34-30 40-30-40z", C.red),
    path("M60 6l30 34H60zM60 80L30 40h30z", C.amber),
    stroke("M60 80c-8 6 8 10 0 18", C.grey, 3),
  ],
  bucket: () => [
    stroke("M32 40c4-34 52-34 56 0", C.grey, 5),
    path("M28 38h64l-9 52H37z", C.blue),
    box(24, 34, 72, 10, "#1B4C97", 5),
    path("M52 56l8-8 8 8 8 2-6 8 2 10-12-4-12 4 2-10-6-8z", C.amber),
  ],
  battery: () => [
    box(30, 24, 62, 56, C.ink, 8),
    box(92, 42, 8, 20, C.grey, 2),
    box(30, 24, 24, 56, C.amber, 8),
    path("M74 34L60 54h10l-4 18 16-22H72z", C.amber),
  ],
  backpack: () => [
    stroke("M48 22c0-16 24-16 24 0", C.dark, 6),
    path("M30 40c0-14 12-22 30-22s30 8 30 22v42a8 8 0 0 1-8 8H38a8 8 0 0 1-8-8z", C.red),
    box(40, 54, 40, 26, C.dark, 6),
    stroke("M44 64h32M40 38h40", C.amber, 4),
  ],
  diaper: () => [
    path("M20 26h80v18c-16 0-26 12-28 30H48c-2-18-12-30-28-30z", C.white),
    stroke("M20 26h80v18c-16 0-26 12-28 30H48c-2-18-12-30-28-30z", C.teal, 4),
    box(20, 26, 14, 10, C.teal, 2),
    box(86, 26, 14, 10, C.teal, 2),
    dot(60, 44, 7, C.amber),
  ],
};
