/** Commands to the agent, one after the other, each with an id of its own that is kept when it has to be sent again. */

const AGAIN_MS = 500; // the agent is on this machine: an unanswered request means that it restarts
const GIVE_UP_MS = 10_000; // afterwards the person has moved on; the state that comes back tells what became of it

/** UUID v4; crypto.randomUUID is missing on plain http in the shop's network. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// What moves money or ends something is bound to the state the person saw; the rest to the state when it is sent.
const BOUND = new Set([
  "pay",
  "take_cash",
  "choose",
  "refund_pay",
  "close_shift",
  "open_shift",
  "next_shopper",
  "cash_in",
  "cash_out",
  "park",
  "bring_back",
  "stop_card",
  "sell_promised",
]);

export class Commands {
  #url;
  #revision;
  #answer;
  #bound;
  #queue = Promise.resolve();
  #flying = new Set();

  /** `revision()` gives the revision on the screen, `answer(CommandAnswer)` takes what came back; `bound` are the acts
   * that hold for the state the person saw only, and of which one at a time is under way. */
  constructor(url, { revision, answer, bound = BOUND }) {
    this.#url = url;
    this.#revision = revision;
    this.#answer = answer;
    this.#bound = bound;
  }

  /** `args` may be a function: it is asked when the command's turn comes. A bound command that is under way is not sent twice. */
  send(act, args = {}) {
    const bound = this.#bound.has(act);
    if (bound && this.#flying.has(act)) return Promise.resolve(null);
    const seen = this.#revision();
    if (bound) this.#flying.add(act);
    const turn = this.#queue
      .then(async () => {
        const filled = typeof args === "function" ? args() : args;
        if (filled === null) return null;
        return this.#post({ id: newId(), revision: bound ? seen : this.#revision(), do: act, args: filled });
      })
      .finally(() => this.#flying.delete(act));
    this.#queue = turn.catch(() => null);
    return turn;
  }

  async #post(command) {
    const body = JSON.stringify(command);
    const until = performance.now() + GIVE_UP_MS;
    for (;;) {
      let answer = null;
      try {
        answer = await fetch(this.#url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      } catch {
        if (performance.now() > until) return null;
        await new Promise((resume) => setTimeout(resume, AGAIN_MS));
        continue;
      }
      if (!answer.ok) {
        const refused = { done: false, view: null, note: { code: "malformed", params: {} } };
        this.#answer(refused, command);
        return refused;
      }
      const told = await answer.json();
      this.#answer(told, command);
      return told;
    }
  }
}
