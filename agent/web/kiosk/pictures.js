/** Which drawing stands for which goods: by a word of the name, else by category, else the first letter on a colour. */

import { h } from "../kit/dom.js";
import { C, GROUND, box, letter, pick } from "./shapes.js";
import { THINGS } from "./things.js";
import { TOYS } from "./toys.js";

const DRAWINGS = { ...TOYS, ...THINGS };

/** Words of names, as they begin; the first that fits wins. Then the categories. */
const BY_NAME = [
  [/кубик|blocks/, "blocks", "sand"],
  [/пожарн.*(машин|вертол)|фургон|грузов|экскават|самосвал|кран\b|тягач|трактор|truck/, "truck", "sky"],
  [/поезд|паровоз|железн|train/, "train", "sky"],
  [/самол[её]т|вертол|истребит|plane/, "plane", "sky"],
  [/ракет|rocket/, "rocket", "sky"],
  [/конструктор|brick/, "bricks", "sand"],
  [/пазл|мозаик|puzzle/, "puzzle", "ice"],
  [/машин|автобус|болид|\bcar\b/, "car", "sky"],
  [/коляск|pram/, "pram", "rose"],
  [/домик|house/, "house", "sand"],
  [/кукл|пупс|doll/, "doll", "rose"],
  [/динозавр|дракон|dino/, "dino", "leaf"],
  [/зай|кролик|rabbit|bunny/, "rabbit", "clay"],
  [/кот|кошк|тигр|лис|лев|рысь|\bcat\b/, "cat", "clay"],
  [/собак|щен|волк|хаски|\bdog\b/, "dog", "clay"],
  [/слон|elephant/, "elephant", "ice"],
  [/пингвин|сова|penguin/, "penguin", "ice"],
  [/уточк|утк|duck/, "duck", "sky"],
  [/миш|медве|панд|хомяк|мягк|bear/, "bear", "clay"],
  [/футбол|баскетбол|волейбол|football/, "football", "leaf"],
  [/мяч|ball\b/, "ball", "mint"],
  [/домино|лото|кости|карты|шашк|шахмат|dice/, "dice", "lilac"],
  [/игра|настольн|game/, "board", "lilac"],
  [/краск|гуаш|кист|фломаст|paint/, "paints", "sand"],
  [/пластилин|глин|масса|песок кинет|слайм|clay/, "clay", "mint"],
  [/карандаш|мелк|pencil/, "pencils", "sand"],
  [/книг|раскраск|альбом|тетрад|сказк|азбук|book/, "book", "ice"],
  [/шар(ы|ик)? |шар$|воздушн.*шар|balloon/, "balloon", "rose"],
  [/подар|пакет|лент|бумага упаков|gift/, "gift", "rose"],
  [/леден|конфет|шоколад|candy/, "candy", "rose"],
  [/печень|батончик|cookie/, "cookie", "sand"],
  [/сок|напиток|пюре|juice/, "drink", "sand"],
  [/вода|вино|water/, "bottle", "sky"],
  [/подгуз|diaper/, "diaper", "mint"],
  [/погрем|прорез|rattle/, "rattle", "mint"],
  [/пирамид|матр[её]ш|pyramid/, "pyramid", "sand"],
  [/барабан|бубен|ксилофон|drum/, "drum", "sand"],
  [/самокат|велосипед|беговел|scooter/, "scooter", "leaf"],
  [/змей|kite/, "kite", "sky"],
  [/вед[её]рк|лейк|лопатк|совоч|bucket/, "bucket", "sky"],
  [/батаре|зарядн|battery/, "battery", "ice"],
  [/рюкзак|сумк|bag/, "backpack", "clay"],
];
const BY_CATEGORY = [
  [/мягк|soft/, "bear", "clay"],
  [/машин|транспорт|cars/, "truck", "sky"],
  [/кукл|doll/, "doll", "rose"],
  [/пазл|puzzle/, "puzzle", "ice"],
  [/игры|game/, "board", "lilac"],
  [/творч|craft/, "pencils", "sand"],
  [/мяч|ball/, "ball", "mint"],
  [/конструк|brick/, "bricks", "sand"],
  [/развив|learn/, "pyramid", "sand"],
  [/спорт|улиц|sport/, "kite", "leaf"],
  [/празд|party/, "balloon", "rose"],
  [/книг|book/, "book", "ice"],
  [/угощ|сладк|treat/, "candy", "rose"],
  [/малыш|baby/, "rattle", "mint"],
  [/разн|other/, "star", "sand"],
];
const GENERIC = [
  ["sand", C.amber],
  ["sky", C.blue],
  ["mint", C.teal],
  ["rose", C.pink],
  ["lilac", C.violet],
  ["clay", C.red],
];

function seedOf(text) {
  let seed = 7;
  for (const letter_ of text) seed = (seed * 31 + letter_.codePointAt(0)) % 65521;
  return seed;
}

const known = new Map();

/** {drawing, ground, fill?}: which drawing stands for these goods. Kept, for it is asked for each tile at each drawing. */
export function pictureOf(name, category = "") {
  const about = `${name}\n${category}`;
  let found = known.get(about);
  if (found) return found;
  const low = name.toLowerCase();
  const row =
    BY_NAME.find(([words]) => words.test(low)) ?? BY_CATEGORY.find(([words]) => words.test(category.toLowerCase()));
  if (row) found = { drawing: row[1], ground: GROUND[row[2]] };
  else {
    const [ground, fill] = pick(GENERIC, seedOf(category || name));
    found = {
      drawing: "",
      ground: GROUND[ground],
      fill,
      letter: (/\p{L}|\p{N}/u.exec(name)?.[0] ?? "•").toUpperCase(),
    };
  }
  found.seed = seedOf(name);
  known.set(about, found);
  return found;
}

export function categoryPicture(name) {
  const row = BY_CATEGORY.find(([words]) => words.test(name.toLowerCase()));
  return row ? { drawing: row[1], ground: GROUND[row[2]], seed: 0 } : pictureOf(name, name);
}

/** The drawing alone, without its ground; nothing for screen readers, the name stands beside it. */
export function drawn(picture) {
  const shapes = DRAWINGS[picture.drawing]?.(picture.seed) ?? [
    box(24, 12, 72, 76, picture.fill, 20),
    letter(60, 66, picture.letter, 46),
  ];
  return h("svg", { class: "drawing", viewBox: "0 0 120 100", "aria-hidden": "true", focusable: "false" }, shapes);
}

export const DRAWN = Object.keys(DRAWINGS);
