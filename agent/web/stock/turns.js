/** Acts on the stock, one after the other, each with an id that is kept when it has to be sent again. */

import { newId } from "../kit/commands.js";

const AGAIN_MS = 500; // the agent is on this machine: an unanswered request means that it restarts
const GIVE_UP_MS = 10_000; // afterwards the person has moved on

export class Turns {
  #turn = Promise.resolve();
  #said;

  /** `said(note)` hears why an act was not done, null once one was. */
  constructor(said) {
    this.#said = said;
  }

  /** What `step` does, once all that was asked before it has been answered. */
  take(step) {
    const turn = this.#turn.then(step);
    this.#turn = turn.catch(() => null);
    return turn;
  }

  async post(act, args) {
    const command = JSON.stringify({ id: newId(), do: act, args });
    const until = performance.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await fetch("/api/stock/commands", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: command,
      }).catch(() => null);
      if (answer) {
        const told = answer.ok ? await answer.json() : { done: false, document: "", note: { code: "malformed" } };
        this.#said(told.done ? null : told.note);
        return told;
      }
      if (performance.now() > until) return this.away();
      await new Promise((resume) => setTimeout(resume, AGAIN_MS));
    }
  }

  away() {
    this.#said({ code: "agent_gone" });
    return { done: false, document: "", note: null };
  }
}
