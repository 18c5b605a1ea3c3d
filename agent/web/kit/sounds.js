/** Short tones, made here, never the only signal: at most one at a time, the more serious wins. */

const TONES = {
  scan: { rank: 1, notes: [[1760, 0, 60]] },
  // Kiosk: a note that counts is a tick, change a rising triad, the question whether somebody is there a chime.
  credited: { rank: 1, notes: [[1320, 0, 50]] },
  change: {
    rank: 2,
    notes: [
      [660, 0, 90],
      [830, 100, 90],
      [990, 200, 160],
    ],
  },
  idle: {
    rank: 2,
    notes: [
      [880, 0, 160],
      [660, 200, 240],
    ],
    soft: true,
  },
  sealed: {
    rank: 2,
    notes: [
      [880, 0, 70],
      [1320, 70, 70],
    ],
  },
  refused: {
    rank: 3,
    notes: [
      [220, 0, 120],
      [220, 160, 120],
    ],
  },
  unknown: {
    rank: 4,
    notes: [
      [440, 0, 180],
      [440, 260, 180],
      [440, 520, 180],
    ],
    soft: true,
  },
  unsealed: {
    rank: 5,
    notes: [
      [440, 0, 180],
      [440, 260, 180],
      [440, 520, 180],
    ],
    soft: true,
  },
  call: {
    rank: 6,
    notes: [
      [660, 0, 160],
      [880, 180, 200],
    ],
  },
};

export class Sounds {
  #context = null;
  #until = 0;
  #rank = 0;
  #playing = [];
  volume = 0.5;
  played = []; // the names in order, for whoever wants to know

  /** Browsers let a page sound after a key press only: called with the first one. */
  unlock() {
    if (this.#context || typeof AudioContext === "undefined") return;
    this.#context = new AudioContext();
  }

  play(name) {
    const tone = TONES[name];
    const now = performance.now();
    if (now < this.#until && tone.rank < this.#rank) return;
    this.played.push(name);
    if (this.played.length > 50) this.played.shift();
    const last = tone.notes[tone.notes.length - 1];
    this.#until = now + last[1] + last[2];
    this.#rank = tone.rank;
    const context = this.#context;
    if (!context || context.state !== "running") {
      void context?.resume();
      return;
    }
    for (const oscillator of this.#playing) oscillator.stop();
    this.#playing = tone.notes.map(([hertz, startMs, lengthMs]) =>
      this.#note(context, hertz, startMs, lengthMs, tone.soft),
    );
  }

  #note(context, hertz, startMs, lengthMs, soft) {
    const start = context.currentTime + startMs / 1000;
    const end = start + lengthMs / 1000;
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    const loud = this.volume * (soft ? 0.35 : 0.6);
    oscillator.frequency.value = hertz;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loud, start + (soft ? 0.04 : 0.005));
    gain.gain.linearRampToValueAtTime(0, end);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(end);
    return oscillator;
  }
}
