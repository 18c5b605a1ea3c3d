/** Speech mode: with headphones in the jack or a key pad in use, what is announced and what has the focus is spoken. */

import { currentLanguage } from "../kit/texts.js";

export class Speech {
  #on = false;
  #changed;
  #outputs = -1;

  /** `changed(on)`: the agent doubles its times while it is on. */
  constructor(changed) {
    this.#changed = changed;
  }

  listen() {
    for (const region of ["polite", "assertive"]) {
      const node = document.getElementById(region);
      if (!node) continue;
      new MutationObserver(() => this.say(node.textContent, region === "assertive")).observe(node, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    }
    addEventListener("focusin", (event) => this.say(name(event.target), false));
    const devices = navigator.mediaDevices; // absent where the page is not served from this machine
    if (!devices) return;
    void this.#count(devices);
    devices.addEventListener("devicechange", () => void this.#count(devices));
  }

  async #count(devices) {
    const found = await devices.enumerateDevices().catch(() => []);
    const outputs = found.filter((device) => device.kind === "audiooutput").length;
    if (this.#outputs >= 0 && outputs > this.#outputs) this.start();
    else if (outputs < this.#outputs) this.stop();
    this.#outputs = outputs;
  }

  start() {
    if (this.#on) return;
    this.#on = true;
    this.#changed(true);
    this.say(name(document.activeElement) || document.getElementById("headline")?.textContent, false);
  }

  stop() {
    if (!this.#on) return;
    this.#on = false;
    this.#changed(false);
    globalThis.speechSynthesis?.cancel();
  }

  say(text, urgent) {
    const voice = globalThis.speechSynthesis;
    if (!this.#on || !text?.trim() || !voice) return;
    if (urgent || voice.pending) voice.cancel();
    const words = new SpeechSynthesisUtterance(text.trim());
    words.lang = currentLanguage() === "ru" ? "ru-RU" : "en-GB";
    voice.speak(words);
  }
}

/** What a screen reader would call it. */
function name(node) {
  if (!(node instanceof HTMLElement) || node === document.body) return "";
  return node.getAttribute("aria-label") ?? node.innerText ?? "";
}
