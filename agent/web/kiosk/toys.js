/** Drawings of what runs, cuddles and bounces: vehicles, animals, balls, dolls. */

import { C, GROUND, box, dot, letter, oval, path, pick, stroke, wheel } from "./shapes.js";

const FUR = [
  [C.brown, "#C99160"],
  ["#8D9AA6", "#B9C3CB"],
  ["#D8934A", "#F0BE85"],
  ["#6B5245", "#9C7D6B"],
];

/** Each draws into 120 × 100; `seed` gives goods of one kind their own colours. */
export const TOYS = {
  blocks: () => [
    box(44, 10, 34, 34, C.amber, 4),
    box(26, 48, 34, 34, C.red, 4),
    box(62, 48, 34, 34, C.blue, 4),
    letter(61, 34, "В", 18),
    letter(43, 72, "А", 18),
    letter(79, 72, "Б", 18),
  ],
  truck: () => [
    stroke("M22 18h72M30 18v10M44 18v10M58 18v10M72 18v10", C.grey, 4),
    box(18, 30, 62, 34, C.red, 4),
    path("M80 38h14l16 16v12H80z", C.dark),
    path("M86 43h8l9 9H86z", GROUND.sky),
    box(84, 32, 10, 7, C.blue, 2),
    ...wheel(38, 66),
    ...wheel(92, 66),
  ],
  car: (seed) => [
    path(
      "M14 60c0-8 5-12 12-13l12-15c3-4 6-5 10-5h26c5 0 8 2 11 6l9 13c8 1 13 5 13 12v8H14z",
      pick([C.blue, C.red, C.teal, C.amber], seed),
    ),
    path("M44 34h14v13H34zM63 34h11c3 0 5 1 7 4l6 9H63z", GROUND.sky),
    ...wheel(36, 68),
    ...wheel(88, 68),
  ],
  train: () => [
    box(56, 22, 40, 44, C.blue, 4),
    box(64, 30, 24, 16, GROUND.sky, 3),
    box(18, 40, 42, 26, C.red, 6),
    box(24, 24, 12, 18, C.ink, 3),
    dot(30, 18, 7, C.pale),
    ...wheel(32, 70, 9),
    ...wheel(56, 70, 9),
    ...wheel(82, 70, 11),
  ],
  plane: () => [
    path("M10 54l74-22c10-3 22 0 24 6 1 4-6 8-14 10l-70 16z", C.blue),
    path("M56 44L40 18h10l28 20zM58 56l-6 30h9l18-34z", "#1B4C97"),
    path("M18 52L10 36h8l12 13z", C.red),
    dot(90, 40, 3.4, GROUND.sky),
    dot(80, 43, 3.4, GROUND.sky),
    dot(70, 46, 3.4, GROUND.sky),
  ],
  bear: (seed) => {
    const [fur, face] = pick(FUR, seed);
    return [
      dot(36, 24, 13, fur),
      dot(84, 24, 13, fur),
      dot(36, 24, 7, face),
      dot(84, 24, 7, face),
      dot(60, 50, 36, fur),
      oval(60, 62, 17, 14, C.tan),
      dot(48, 44, 4, C.ink),
      dot(72, 44, 4, C.ink),
      oval(60, 56, 5, 4, C.ink),
      stroke("M60 60v5c-2 4-6 4-8 2M60 65c2 4 6 4 8 2", C.ink),
    ];
  },
  rabbit: (seed) => {
    const fur = pick(["#B9A9A0", "#D9D4D0", "#C7A287"], seed);
    return [
      oval(46, 22, 8, 22, fur),
      oval(74, 22, 8, 22, fur),
      oval(46, 24, 4, 15, C.skin),
      oval(74, 24, 4, 15, C.skin),
      dot(60, 62, 29, fur),
      dot(50, 58, 3.6, C.ink),
      dot(70, 58, 3.6, C.ink),
      oval(60, 67, 4, 3, C.pink),
      stroke("M60 70c-2 5-6 5-8 3M60 70c2 5 6 5 8 3", C.ink, 2),
    ];
  },
  cat: (seed) => {
    const fur = pick(["#E09A4F", "#7D8790", "#4A4F55", "#D9C2A4"], seed);
    return [
      path("M30 14l22 16H28zM90 14L68 30h24z", fur),
      dot(60, 54, 34, fur),
      dot(47, 48, 4, C.ink),
      dot(73, 48, 4, C.ink),
      path("M55 58h10l-5 6z", C.pink),
      stroke("M60 64c-2 5-7 5-9 2M60 64c2 5 7 5 9 2M36 58l-16-4M36 63l-16 3M84 58l16-4M84 63l16 3", C.ink, 2),
    ];
  },
  dog: (seed) => {
    const fur = pick(["#C99160", "#8D9AA6", "#E2D2BC"], seed);
    return [
      dot(60, 50, 33, fur),
      oval(28, 48, 10, 24, "#6B5245"),
      oval(92, 48, 10, 24, "#6B5245"),
      oval(60, 64, 18, 14, C.white),
      dot(48, 44, 4, C.ink),
      dot(72, 44, 4, C.ink),
      oval(60, 57, 6, 4.6, C.ink),
      path("M54 68h12v8a6 6 0 0 1-12 0z", C.pink),
    ];
  },
  elephant: () => [
    oval(30, 46, 20, 24, "#7F93A8"),
    oval(90, 46, 20, 24, "#7F93A8"),
    oval(30, 46, 12, 16, "#C3A9B8"),
    oval(90, 46, 12, 16, "#C3A9B8"),
    dot(60, 44, 29, "#93A6B9"),
    path("M52 52h16v24c0 8 10 6 10 0h8c0 20-34 20-34-2z", "#93A6B9"),
    dot(49, 40, 3.6, C.ink),
    dot(71, 40, 3.6, C.ink),
  ],
  penguin: () => [
    oval(60, 52, 31, 40, "#2B3A42"),
    oval(60, 60, 21, 29, C.white),
    dot(50, 34, 7, C.white),
    dot(70, 34, 7, C.white),
    dot(51, 35, 3.4, C.ink),
    dot(69, 35, 3.4, C.ink),
    path("M53 43h14l-7 9z", C.amber),
    oval(47, 92, 10, 4, C.amber),
    oval(73, 92, 10, 4, C.amber),
  ],
  dino: () => [
    path(
      "M12 84c2-22 8-36 22-38l4 2C46 24 60 12 76 12c14 0 22 8 22 18 0 8-6 12-14 12h-6c4 14 2 28-2 42H62V72H50v12H32c0-6-2-10-6-10-4 0-8 4-14 10z",
      C.green,
    ),
    path("M36 40l8 4-6 8zM46 28l9 4-5 9zM58 18l9 4-4 8z", C.amber),
    dot(80, 24, 3.6, C.ink),
    stroke("M78 34h18", C.ink, 2.4),
  ],
  duck: () => [
    path(
      "M16 60c10 4 20 2 26-4-8-22 4-40 22-40 16 0 24 12 22 26 12 6 18 14 18 24 0 14-14 22-40 22-30 0-46-10-48-28z",
      C.amber,
    ),
    path("M84 30l18 2-16 9z", C.red),
    dot(72, 30, 4, C.ink),
    stroke("M52 62c8 10 24 10 34 2", "#C98A12", 4),
  ],
  ball: (seed) => {
    const fill = pick([C.red, C.blue, C.teal, C.violet], seed);
    return [
      dot(60, 50, 38, fill),
      ...[
        [48, 34],
        [70, 28],
        [62, 52],
        [40, 58],
        [82, 50],
        [72, 74],
        [50, 78],
      ].map(([x, y]) => dot(x, y, 5.6, C.cream)),
      stroke("M33 26c4-5 9-8 15-9", "#FFFFFF88", 5),
    ];
  },
  football: () => [
    dot(60, 50, 38, C.white),
    stroke("M60 12a38 38 0 1 0 .1 0z", C.ink, 3),
    path("M60 34l15 11-6 18H51l-6-18z", C.ink),
    stroke("M60 34V14M75 45l19-7M69 63l12 16M51 63L39 79M45 45l-19-7", C.ink, 3),
    path("M60 13l9 3-9 6-9-6zM96 42v12l-6-7zM24 42v12l6-7zM84 78l-9 6-1-9zM36 78l9 6 1-9z", C.ink),
  ],
  doll: (seed) => {
    const hair = pick(["#7A4A21", "#D9A441", "#3B2A24", "#A8452A"], seed);
    const dress = pick([C.pink, C.violet, C.teal, C.red], seed >> 2);
    return [
      path("M32 66V38c0-18 12-28 28-28s28 10 28 28v28z", hair),
      path("M42 96c0-18 6-26 18-26s18 8 18 26z", dress),
      oval(60, 46, 20, 22, C.skin),
      path("M38 42c4-16 12-20 22-18 10-2 18 2 22 18-10-2-16-6-22-12-6 6-12 10-22 12z", hair),
      dot(52, 46, 2.8, C.ink),
      dot(68, 46, 2.8, C.ink),
      stroke("M53 56c4 4 10 4 14 0", C.red, 2.4),
      path("M80 18l16-8v16zM80 18L70 12v12z", dress),
    ];
  },
  pram: () => [
    path("M24 40h64c0 22-12 32-32 32S24 62 24 40z", C.pink),
    path("M56 40V12c20 0 32 10 32 28z", "#9D2763"),
    stroke("M24 40l-10-16H6", C.grey, 4),
    ...wheel(40, 80, 8),
    ...wheel(74, 80, 8),
  ],
  house: () => [
    path("M60 10l44 34H16z", C.red),
    box(26, 44, 68, 44, C.cream),
    box(52, 60, 18, 28, C.brown, 2),
    box(34, 54, 12, 14, C.blue, 2),
    box(76, 54, 12, 14, C.blue, 2),
    dot(60, 30, 6, C.cream),
  ],
};
