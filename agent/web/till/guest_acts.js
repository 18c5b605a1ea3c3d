/** What a cashier does about the guests on the panel: looks at another one, or says that this is not that person. */

import { local } from "./local.js";
import { openGuest } from "./parts/guest.js";

const REST_MS = 1000;

export class GuestActs {
  #restsUntil = 0;

  constructor(acts) {
    this.acts = acts;
  }

  show(id) {
    local.guest = id;
    this.acts.page.draw();
    this.acts.page.focusHome();
  }

  /** A second press of the same key is meant for the guest who was shown at the first, not for the next one. */
  wrong() {
    const { acts } = this;
    const guest = openGuest(acts.view);
    const now = performance.now();
    if (!guest || now < this.#restsUntil) return;
    this.#restsUntil = now + REST_MS;
    void acts.send("guest_wrong", { guest: guest.guest });
    acts.page.focusHome();
  }
}
