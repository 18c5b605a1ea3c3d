/** The live feed of the agent: whole states as they change, its heartbeat, and the fact that it is gone. */

const RETRY_MS = 1000; // the agent starts within 2 s; asking each second costs nothing on loopback
const GONE_MS = 2000; // what the screen rules promise: a silent agent is said within 2 s
const SILENCE_MS = 7000; // a comment line comes each 5 s; two more make it gone

/** Calls `state(object)` for each event named `name`, `gone(true|false)` when the agent disappears or returns. */
export class Live {
  #url;
  #name;
  #state;
  #gone;
  #isGone = false;
  #lostAt = 0;
  #timer = 0;
  #stopped = false;
  #abort = null;
  fresh = true; // the next state is the first of a connection: it counts whatever its revision

  constructor(url, name, { state, gone }) {
    this.#url = url;
    this.#name = name;
    this.#state = state;
    this.#gone = gone;
  }

  start() {
    this.#lostAt = performance.now();
    this.#watch();
    void this.#run();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  async #run() {
    while (!this.#stopped) {
      await this.#listen();
      if (this.#stopped) return;
      this.#lostAt ||= performance.now();
      this.#watch();
      await new Promise((resume) => setTimeout(resume, RETRY_MS));
    }
  }

  async #listen() {
    const abort = new AbortController();
    this.#abort = abort;
    let silence = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const answer = await fetch(this.#url, {
        signal: abort.signal,
        headers: { Accept: "text/event-stream" },
        cache: "no-store",
      });
      if (!answer.ok) return;
      this.fresh = true;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
        text = (text + value).replaceAll("\r\n", "\n");
        let end;
        while ((end = text.indexOf("\n\n")) >= 0) {
          this.#take(text.slice(0, end));
          text = text.slice(end + 2);
        }
      }
    } catch {
      return; // lost: the loop asks again
    } finally {
      clearTimeout(silence);
    }
  }

  #take(block) {
    let name = "message";
    const data = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    }
    this.#lostAt = 0;
    if (this.#isGone) this.#say(false);
    if (name === this.#name && data.length) this.#state(JSON.parse(data.join("\n")), this.#takeFresh());
  }

  #takeFresh() {
    const { fresh } = this;
    this.fresh = false;
    return fresh;
  }

  #watch() {
    clearTimeout(this.#timer);
    if (!this.#lostAt || this.#isGone) return;
    this.#timer = setTimeout(() => this.#lostAt && this.#say(true), this.#lostAt + GONE_MS - performance.now());
  }

  #say(gone) {
    this.#isGone = gone;
    this.#gone(gone);
  }
}
