// The one contract of a tab, and how a tab is made of a page that draws itself.
//
//   export const tab = {
//     id:     "stock",                       route `#stock`, and the key of its name in `words`
//     words:  { stock: ["Склад", "Stock"] }, texts of its own, Russian and English; a key belongs to one module
//     scopes: ["stock"],                     what the asker's role must allow; without them the tab is not there
//     open(root, hq)                         puts itself into the empty `root`; may be async
//     show(model)                            optional: the page has fresh figures or another language, draw anew
//     close()                                the person goes elsewhere: stop timers, forget
//     shown(model), count(model)             optional: whether it is there at all, the number beside its name
//   };
//
// `hq` has: ask(path), post(path, body), model, path (what follows the id in `#id/a/b`), may(scope), go(hash).
// A refusal by HQ may be thrown out of open and show: the frame says it. A tab is a file js/tabs/ID.js and nothing else.

export function tabOf({ id, words = {}, scopes = [], page, shown, count }) {
  let now = null;
  return {
    id, words, scopes, shown, count,
    open(root, hq) {
      now = page(hq);
      root.append(...now.nodes);
      return now.show(hq.model);
    },
    show: (model) => now?.show(model),
    close() {
      now?.close?.();
      now = null;
    },
  };
}
