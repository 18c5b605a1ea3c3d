// Which tabs there are: the files HQ has in js/tabs/, in the order a person looks for them.

import { ask } from "./hq.js";
import { learn } from "./words.js";

// A tab that is not named here stands after the others.
const ORDER = ["overview", "stores", "sales", "stock", "orders", "visitors", "customers", "quarantine", "devices", "shifts", "findings", "cases",
  "offers", "keys", "users", "audit"];
const place = (id) => (ORDER.includes(id) ? ORDER.indexOf(id) : ORDER.length);

export async function loadTabs() {
  const ids = (await ask("/office/tabs.json")).sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  const found = await Promise.all(ids.map((id) => import(`./tabs/${id}.js`)));
  return found.map(({ tab }) => { learn(tab.words); return tab; });
}
