/** The page's keyboard: a scan anywhere is a product, letters search, digits begin a document, arrows choose.
 *
 * 1–5 begin a document (list), ↑ ↓ go through those there are, Enter opens one · Enter takes the chosen product · ↑ ↓ choose
 * · + − change the chosen line · Delete removes it · digits and * set its quantity · End goes to the signature · Esc clears,
 * then leads back
 */

import { KINDS } from "./documents.js";
import { thousandths } from "./amounts.js";

export class Keys {
  #page;

  constructor(page) {
    this.#page = page;
  }

  /** A key that writes: into the field that has the focus, else into the search. */
  type(typed, code) {
    const page = this.#page;
    const field = document.activeElement;
    const own = field instanceof HTMLInputElement && field.id !== "find";
    if (own) {
      write(field, typed);
      return;
    }
    if (page.place === "documents") {
      const kind = KINDS[Number(typed) - 1];
      if (kind) void page.begin(kind);
      return;
    }
    if (page.place === "document" && !page.text && (typed === "+" || typed === "-" || typed === "−")) {
      void page.step(typed === "+" ? 1000 : -1000);
      return;
    }
    if (page.place === "document" && (typed === "*" || code === "NumpadMultiply")) {
      const value = thousandths(page.text);
      if (value !== null && page.sku) void page.set(page.sku, value);
      page.search("");
      return;
    }
    const find = document.getElementById("find");
    if (!find) return;
    find.focus();
    write(find, typed);
  }

  command(event) {
    const page = this.#page;
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const field = document.activeElement;
    const own = field instanceof HTMLInputElement && field.id !== "find";
    switch (event.code) {
      case "Escape":
        event.preventDefault();
        page.escape();
        return;
      case "End":
        if (own || page.text) return;
        event.preventDefault();
        document.querySelector(".sign input")?.focus();
        return;
      case "Enter":
      case "NumpadEnter":
        if (own && field.id.startsWith("amount-")) {
          event.preventDefault();
          field.blur();
          document.getElementById("find")?.focus();
          return;
        }
        if (own || !(field === document.body || field?.id === "find")) return;
        event.preventDefault();
        page.take();
        return;
      case "ArrowDown":
      case "ArrowUp":
        if (own || field instanceof HTMLSelectElement) return;
        event.preventDefault();
        if (page.place === "documents") page.walk(event.code === "ArrowDown" ? 1 : -1);
        else page.move(event.code === "ArrowDown" ? 1 : -1);
        return;
      case "Delete":
        if (own || page.text || page.place !== "document" || !page.sku) return;
        event.preventDefault();
        void page.remove(page.sku);
        return;
      default:
    }
  }
}

function write(field, typed) {
  const numeric = field.type === "password" || field.inputMode === "numeric";
  if (numeric && !/\d/.test(typed)) return;
  field.setRangeText(typed, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true, data: typed }));
}
