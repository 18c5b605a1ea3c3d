/** Sums, quantities, times and plurals as a shop writes them, and in plain words for screen readers. */

const THIN = "\u202F";
const NBSP = "\u00A0";
const MINUS = "\u2212";
const SIGN = { RUB: "₽", EUR: "€", USD: "$", KZT: "₸", BYN: "Br" };

const settings = { language: "ru", currency: "RUB", zone: "Europe/Moscow" };

export function setFormat({ language, currency, zone }) {
  if (language) settings.language = language;
  if (currency) settings.currency = currency;
  if (zone) settings.zone = zone;
}

const point = () => (settings.language === "ru" ? "," : ".");
const group = () => (settings.language === "ru" ? THIN : ",");

export function grouped(whole) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, group());
}

/** Parts of a sum: {sign, whole, tail}; `tail` is what a display shows smaller. */
export function sumParts(minor) {
  const size = Math.abs(minor);
  const whole = grouped(Math.trunc(size / 100));
  const cents = String(size % 100).padStart(2, "0");
  return {
    sign: minor < 0 ? MINUS : "",
    whole,
    cents: point() + cents,
    symbol: SIGN[settings.currency] ?? settings.currency,
  };
}

/** "6 621,10": for columns whose header names the unit. */
export function bare(minor) {
  const { sign, whole, cents } = sumParts(minor);
  return sign + whole + cents;
}

/** "6 621,10 ₽". */
export function money(minor) {
  return `${bare(minor)}${NBSP}${sumParts(minor).symbol}`;
}

/** "7 000" when there are no kopecks, else with them: for keys of quick sums. */
export function roundMoney(minor) {
  return minor % 100 === 0 ? sumParts(minor).sign + sumParts(minor).whole : bare(minor);
}

/** "6621 рубль 10 копеек": no thin spaces, which screen readers split. */
export function spokenMoney(minor, words) {
  const size = Math.abs(minor);
  const whole = Math.trunc(size / 100);
  const cents = size % 100;
  const said = [`${whole} ${plural(whole, words.whole)}`];
  if (cents) said.push(`${cents} ${plural(cents, words.cents)}`);
  return (minor < 0 ? `${words.minus} ` : "") + said.join(" ");
}

const rules = {};

/** Picks among "чек/чека/чеков" or "receipt/receipts". */
export function plural(count, forms) {
  const language = settings.language;
  rules[language] ??= new Intl.PluralRules(language);
  const all = forms.split("/");
  const kind = rules[language].select(Math.abs(count));
  if (all.length === 2) return kind === "one" ? all[0] : all[1];
  return kind === "one" ? all[0] : kind === "few" ? all[1] : all[2];
}

/** Thousandths: 1000 → "1", 1250 → "1,25". */
export function quantity(thousandths) {
  const whole = grouped(Math.trunc(Math.abs(thousandths) / 1000));
  const rest = String(Math.abs(thousandths) % 1000)
    .padStart(3, "0")
    .replace(/0+$/, "");
  return (thousandths < 0 ? MINUS : "") + whole + (rest ? point() + rest : "");
}

/** Thousandths of a percent: 10000 → "10 %". */
export function percent(thousandths) {
  return `${quantity(thousandths)}${NBSP}%`;
}

const clocks = {};

function clock(options) {
  const name = `${settings.zone} ${JSON.stringify(options)}`;
  clocks[name] ??= new Intl.DateTimeFormat("ru", { timeZone: settings.zone, hourCycle: "h23", ...options });
  return clocks[name];
}

export const time = (ms) => clock({ hour: "2-digit", minute: "2-digit" }).format(ms);
export const seconds = (ms) => clock({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(ms);

export function date(ms) {
  return new Intl.DateTimeFormat(settings.language === "ru" ? "ru" : "en-GB", {
    timeZone: settings.zone,
    day: "numeric",
    month: "long",
    year: "numeric",
  })
    .format(ms)
    .replace(/\s?г\.$/, "");
}

const SOON_FORGOTTEN_MS = 300 * 86_400_000;

/** "12 нояб.", with the year where it could be taken for this one's. */
export function day(ms, nowMs = Date.now()) {
  const far = Math.abs(nowMs - ms) > SOON_FORGOTTEN_MS;
  return new Intl.DateTimeFormat(settings.language === "ru" ? "ru" : "en-GB", {
    timeZone: settings.zone,
    day: "numeric",
    month: "short",
    ...(far ? { year: "numeric" } : {}),
  })
    .format(ms)
    .replace(/\s?г\.$/, "")
    .replaceAll(" ", NBSP);
}

/** "0:06", "12:40", for a wait. */
export function elapsed(ms) {
  const all = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(all / 60);
  const rest = String(all % 60).padStart(2, "0");
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

const AGE = { ru: { d: "дн", h: "ч", m: "мин", s: "с" }, en: { d: "d", h: "h", m: "min", s: "s" } };

/** "6 ч 12 мин", "38 мин", "20 с". */
export function age(ms) {
  const word = AGE[settings.language] ?? AGE.en;
  const part = (count, unit) => `${count}${NBSP}${word[unit]}`;
  const all = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(all / 60);
  if (minutes < 1) return part(all, "s");
  if (minutes < 60) return part(minutes, "m");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return part(hours, "h") + (minutes % 60 ? ` ${part(minutes % 60, "m")}` : "");
  return part(Math.floor(hours / 24), "d");
}

/** "41 ГБ". */
export function bytes(count) {
  const ru = settings.language === "ru";
  const steps = [
    [1e12, ru ? "ТБ" : "TB"],
    [1e9, ru ? "ГБ" : "GB"],
    [1e6, ru ? "МБ" : "MB"],
    [1e3, ru ? "кБ" : "kB"],
  ];
  for (const [size, unit] of steps) if (count >= size) return `${Math.floor(count / size)}${NBSP}${unit}`;
  return `${count}${NBSP}${ru ? "Б" : "B"}`;
}

/** A clock face never shows the browser's own idea of time: this one runs from the agent's. */
export class AgentClock {
  #agent = Date.now();
  #here = performance.now();
  set(nowMs) {
    this.#agent = nowMs;
    this.#here = performance.now();
  }
  now() {
    return this.#agent + (performance.now() - this.#here);
  }
}

const PIECES = {
  RUB: [500000, 200000, 100000, 50000, 20000, 10000, 5000, 1000, 500, 200, 100, 50, 10],
  EUR: [10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
};

/** Which notes and coins make up the change: [20000, 10000, …], largest first; nothing when it would be a long list. */
export function pieces(minor) {
  const given = [];
  let left = minor;
  for (const piece of PIECES[settings.currency] ?? [])
    while (left >= piece && given.length < 13) {
      given.push(piece);
      left -= piece;
    }
  return left === 0 && given.length <= 12 ? given : [];
}

/** Sums a shopper is likely to hand over: the exact one, then rounder ones. */
export function quickSums(dueMinor) {
  const sums = [dueMinor];
  for (const step of [10000, 100000, 500000]) {
    const sum = Math.ceil(dueMinor / step) * step;
    if (sum > sums[sums.length - 1]) sums.push(sum);
  }
  while (sums.length < 4) sums.push(Math.floor(sums[sums.length - 1] / 500000 + 1) * 500000);
  return sums.slice(0, 4);
}
