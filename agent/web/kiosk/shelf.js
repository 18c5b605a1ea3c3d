/** The goods in sight: categories and products fetched page by page, anew when the shopper asks for others. */

import { local } from "./local.js";

const PAGE = 30; // ten rows of three: more than two screens
const GOODS = new Set(["browse", "basket"]);

export class Shelf {
  #page;
  #asking = "";

  constructor(page) {
    this.#page = page;
  }

  empty() {
    this.#asking = "";
    Object.assign(local, { products: [], total: false, listFor: null });
  }

  /** Loads what the screen needs when a shopper comes, and again when the basket has changed what is left. */
  follow(before, view) {
    if (!GOODS.has(view.screen)) return;
    if (!before || before.screen === "attract" || !local.categories.length) void this.#loadCategories();
    const lines = JSON.stringify(view.sale?.lines ?? []);
    const changed = before && lines !== JSON.stringify(before.sale?.lines ?? []);
    if (local.listFor === null) void this.load();
    else if (changed) void this.#again();
  }

  async #loadCategories() {
    const found = await this.#page.fetchJson(`${this.#page.url}/categories`);
    if (!found) return;
    local.categories = found;
    this.#page.draw();
  }

  get #wanted() {
    return JSON.stringify([local.category, local.text.trim()]);
  }

  #url(offset, limit) {
    const asked = new URLSearchParams({ category: local.category, q: local.text.trim(), offset, limit });
    return `${this.#page.url}/products?${asked}`;
  }

  /** The first page of what is asked for now; the old goods stay until it is here, so that nothing flickers. */
  async load() {
    const wanted = this.#wanted;
    local.listFor = wanted;
    const found = await this.#page.fetchJson(this.#url(0, PAGE));
    if (!found || wanted !== this.#wanted) return;
    Object.assign(local, { products: found, total: found.length < PAGE });
    this.#page.draw();
    document.querySelector(".tiles")?.scrollTo({ top: 0 });
    if (local.text.trim()) this.#page.found(found.length);
  }

  /** Further goods, when the end of the list comes into sight. */
  async more() {
    const wanted = this.#wanted;
    const asking = `${wanted} ${local.products.length}`;
    if (local.total || this.#asking === asking || !local.products.length) return;
    this.#asking = asking;
    const found = await this.#page.fetchJson(this.#url(local.products.length, PAGE));
    if (!found || this.#asking !== asking || wanted !== this.#wanted) return;
    Object.assign(local, { products: [...local.products, ...found], total: found.length < PAGE });
    this.#page.draw();
  }

  /** The same goods once more: what is left of them may have changed. */
  async #again() {
    const wanted = this.#wanted;
    const count = Math.max(PAGE, local.products.length);
    const found = await this.#page.fetchJson(this.#url(0, count));
    if (!found || wanted !== this.#wanted || found.length < local.products.length) return;
    local.products = found;
    this.#page.draw();
  }
}
