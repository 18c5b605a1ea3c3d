/** Tells screen readers what changed: one polite region where the newest replaces, one assertive that speaks once a thing. */

export class Speaker {
  #polite = region("polite", "status");
  #assertive = region("assertive", "alert");
  #said = "";

  polite(text) {
    this.#polite.textContent = text;
  }

  /** `about` names the thing: the same thing is said once. */
  once(about, text) {
    if (this.#said === about) return;
    this.#said = about;
    this.#assertive.textContent = text;
  }

  forget() {
    this.#said = "";
  }

  /** What was said firmly is over: whoever reads the page with a screen reader does not come upon it any more. */
  takeBack() {
    this.forget();
    this.#assertive.textContent = "";
  }
}

function region(live, role) {
  const node = document.createElement("div");
  node.className = "unseen";
  node.setAttribute("aria-live", live);
  node.setAttribute("role", role);
  node.id = live;
  document.body.append(node);
  return node;
}
