/** Reads the keyboard once for everybody: tells a scanner's burst from typing, whatever the layout, Caps Lock or focus.
 *
 * A printable key is held `hold_ms`. If the next one comes within `burst_ms` a burst has begun and all its keys are swallowed,
 * also those by which scanners spell the group separator (F8, Alt + Numpad 029, Ctrl + ]) and line ends (Ctrl+J, Ctrl+M).
 * Enter, Tab or `silence_ms` of silence ends it. Four characters and more are a scan; fewer were typing and are given back.
 * For `guard_ms` after a burst no Enter counts.
 *
 * A key's time is when the system saw it, and a busy machine may bring the next one after the timer. So keys that were given
 * to the page too soon still begin the code whose other keys follow them in time, and are not typed twice; and once a
 * scanner has shown that it ends its codes by Enter or Tab, the end of a code is awaited for `LATE_MS`.
 */

const TIMINGS = { hold_ms: 40, burst_ms: 35, silence_ms: 60, guard_ms: 150 };
const SHORTEST_SCAN = 4;
const LATE_MS = 500;
const GS = "\x1D";
const END = "\n";

const SHIFTED = {
  Digit1: "!",
  Digit2: "@",
  Digit3: "#",
  Digit4: "$",
  Digit5: "%",
  Digit6: "^",
  Digit7: "&",
  Digit8: "*",
  Digit9: "(",
  Digit0: ")",
  Minus: "_",
  Equal: "+",
  BracketLeft: "{",
  BracketRight: "}",
  Backslash: "|",
  Semicolon: ":",
  Quote: '"',
  Comma: "<",
  Period: ">",
  Slash: "?",
  Backquote: "~",
  IntlBackslash: "|",
};
const UNSHIFTED = {
  Minus: "-",
  Equal: "=",
  BracketLeft: "[",
  BracketRight: "]",
  Backslash: "\\",
  Semicolon: ";",
  Quote: "'",
  Comma: ",",
  Period: ".",
  Slash: "/",
  Backquote: "`",
  Space: " ",
  IntlBackslash: "\\",
};
const NUMPAD = {
  NumpadDecimal: ".",
  NumpadComma: ".",
  NumpadAdd: "+",
  NumpadSubtract: "-",
  NumpadMultiply: "*",
  NumpadDivide: "/",
};
const CONTROL = { BracketRight: GS, BracketLeft: "\x1B", Backslash: "\x1C", Digit6: "\x1E", Minus: "\x1F" };
const MODIFIER = /^(Shift|Control|Alt|Meta|OS|Fn|CapsLock|NumLock|ScrollLock)/;

/** The character of a key on the scanner's own (US) layout, or "" for keys that write nothing. */
export function character(code, shift) {
  if (/^Key[A-Z]$/.test(code)) return shift ? code[3] : code[3].toLowerCase();
  if (/^Numpad[0-9]$/.test(code)) return code[6];
  if (code in NUMPAD) return NUMPAD[code];
  if (shift && code in SHIFTED) return SHIFTED[code];
  if (/^Digit[0-9]$/.test(code)) return code[5];
  return UNSHIFTED[code] ?? "";
}

/** What a scanner meant by a combination: a control character, the group separator, the end of a code, or "". */
function disguise(event) {
  const { code } = event;
  if (code === "Enter" || code === "NumpadEnter" || code === "Tab") return END;
  if (code === "F8") return GS;
  if (event.ctrlKey && !event.altKey) {
    if (/^Key[A-Z]$/.test(code)) {
      const control = String.fromCharCode(code.charCodeAt(3) - 64);
      return control === "\r" || control === "\t" ? END : control;
    }
    return CONTROL[code] ?? "";
  }
  return "";
}

const prints = (event) =>
  !event.ctrlKey &&
  !event.metaKey &&
  !event.altKey &&
  (character(event.code, event.shiftKey) !== "" || (!event.code && event.key?.length === 1));

export class Wedge {
  #scan;
  #type;
  #command;
  #takeBack;
  #timings = TIMINGS;
  #mode = "idle"; // idle, prefix, held, burst
  #keys = []; // {character, typed, code, given}
  #given = null; // {keys, until}: what a timer gave to the page last; a key pressed until then belongs to it
  #suffixed = false;
  #alt = "";
  #last = -Infinity;
  #endedAt = -Infinity;
  #timer = 0;

  /** `scan(text)`; `type(typed, code)`; `command(event)` for every key that writes nothing; `takeBack(typed)` when what was
   * typed last turns out to begin a code: a search forgets it. */
  constructor({ scan, type, command, takeBack = () => {} }) {
    this.#scan = scan;
    this.#type = type;
    this.#command = command;
    this.#takeBack = takeBack;
  }

  set timings(told) {
    this.#timings = { ...TIMINGS, ...told };
  }

  listen(target = window) {
    target.addEventListener("keydown", (event) => this.#down(event), true);
    target.addEventListener("keyup", (event) => this.#up(event), true);
    target.addEventListener("blur", () => this.#finish());
  }

  #down(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const at = event.timeStamp;
    const gap = at - this.#last;
    if (MODIFIER.test(event.code || event.key)) {
      if (this.#mode !== "idle") this.#last = at;
      if (this.#mode === "burst") swallow(event);
      return;
    }
    const limit = this.#mode === "burst" ? this.#timings.silence_ms : this.#timings.burst_ms;
    if (this.#mode !== "idle" && gap > limit) this.#finish();
    const meaning = disguise(event);
    const writes = prints(event);
    const altDigit = event.altKey && /^Numpad[0-9]$/.test(event.code) ? event.code[6] : "";

    if (this.#mode === "idle" && this.#given && at <= this.#given.until) this.#resume();
    this.#given = null;
    if (this.#mode === "idle") this.#first(event, at, { meaning, writes, altDigit });
    else if (this.#mode !== "burst" && !meaning && !writes && !altDigit) {
      this.#finish();
      this.#asCommand(event);
    } else this.#next(event, at, { meaning, writes, altDigit });
  }

  /** The key that has just come was pressed right behind them. */
  #resume() {
    this.#mode = "held";
    this.#keys = this.#given.keys.map((key) => ({ ...key, given: true }));
  }

  #first(event, at, { meaning, writes, altDigit }) {
    if (writes) {
      swallow(event);
      if (event.repeat) return;
      this.#mode = "held";
      this.#push(event);
    } else if (altDigit || (meaning && meaning !== END)) {
      this.#mode = "prefix"; // may be the first key of a code, may be meant for the browser, which keeps it
      if (altDigit) this.#alt = altDigit;
      else this.#keys.push({ character: meaning, typed: "", code: event.code });
    } else {
      this.#asCommand(event);
      return;
    }
    this.#last = at;
    this.#arm(this.#mode === "held" ? this.#timings.hold_ms : this.#timings.silence_ms);
  }

  #next(event, at, { meaning, writes, altDigit }) {
    swallow(event);
    this.#mode = "burst";
    this.#last = at;
    if (event.repeat) {
      this.#await();
      return;
    }
    if (meaning === END) {
      this.#suffixed ||= this.#keys.length >= SHORTEST_SCAN;
      this.#finish(at);
      return;
    }
    if (altDigit) this.#alt += altDigit;
    else if (meaning) this.#keys.push({ character: meaning, typed: "", code: event.code });
    else if (writes) this.#push(event);
    this.#await();
  }

  /** The burst's next key. */
  #await() {
    const { silence_ms } = this.#timings;
    this.#arm(this.#suffixed && this.#keys.length >= SHORTEST_SCAN ? Math.max(silence_ms, LATE_MS) : silence_ms);
  }

  #push(event) {
    this.#keys.push({
      character: character(event.code, event.shiftKey) || event.key,
      typed: event.key?.length === 1 ? event.key : "",
      code: event.code,
    });
  }

  #up(event) {
    if (this.#mode === "idle") return;
    if (MODIFIER.test(event.code || event.key)) this.#last = event.timeStamp;
    if (/^Alt/.test(event.code) && this.#alt) {
      this.#keys.push({ character: String.fromCharCode(Number(this.#alt) & 0xff), typed: "", code: "Alt" });
      this.#alt = "";
      swallow(event);
    } else if (this.#mode === "burst") swallow(event);
  }

  #arm(withinMs) {
    clearTimeout(this.#timer);
    const due = performance.now() + withinMs;
    this.#timer = setTimeout(() => {
      // A busy page runs timers late; keys that waited meanwhile come first.
      if (performance.now() - due > 12) this.#timer = setTimeout(() => this.#late(), 0);
      else this.#late();
    }, withinMs);
  }

  #late() {
    const { burst_ms, silence_ms } = this.#timings;
    const keys = this.#keys;
    if (keys.length >= SHORTEST_SCAN) this.#suffixed = false; // not this scanner
    else this.#given = { keys, until: this.#last + (this.#mode === "held" ? burst_ms : silence_ms) };
    this.#finish();
  }

  #finish(at = 0) {
    clearTimeout(this.#timer);
    if (this.#mode === "idle") return;
    const keys = this.#keys;
    const burst = this.#mode === "burst";
    this.#mode = "idle";
    this.#keys = [];
    this.#alt = "";
    if (burst) this.#endedAt = at || performance.now();
    if (burst && keys.length >= SHORTEST_SCAN) {
      const given = keys.filter((key) => key.given).map(text);
      if (given.length) this.#takeBack(given.join(""));
      this.#scan(keys.map((key) => key.character).join(""));
    } else
      for (const key of keys.filter((one) => !one.given)) {
        const typed = text(key);
        if (typed) this.#type(typed, key.code);
      }
  }

  #asCommand(event) {
    // Also the second half of CR LF, which as Ctrl+J would open the browser's downloads.
    if (disguise(event) === END && event.timeStamp - this.#endedAt < this.#timings.guard_ms) {
      swallow(event);
      return;
    }
    this.#command(event);
  }
}

/** What a key writes where it was typing. */
const text = (key) => (key.code.startsWith("Numpad") ? character(key.code, false) : key.typed);

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
