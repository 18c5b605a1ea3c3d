/** Draws a description of the page onto the page: the difference only, keyed, so that nothing moves and no focus is lost. */

const SVG = "http://www.w3.org/2000/svg";

/** One element: `key` ties it to the same node in the next drawing; `on` holds listeners; `ref` is called once with the node. */
export function h(tag, props, ...children) {
  const { key = null, on = null, ref = null, ...attributes } = props ?? {};
  return { tag, key, on, ref, attributes, children: flat(children) };
}

function flat(children) {
  const all = [];
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === true || child === "") continue;
    all.push(typeof child === "object" ? child : String(child));
  }
  return all;
}

/** Makes the children of `parent` those described. */
export function draw(parent, ...children) {
  patch(parent, flat(children), parent.namespaceURI === SVG);
}

function patch(parent, wanted, svg) {
  const old = parent.drawn ?? [];
  const keyed = new Map();
  const loose = [];
  for (const entry of old) {
    if (entry.made.key != null) keyed.set(`${entry.made.tag} ${entry.made.key}`, entry);
    else loose.push(entry);
  }
  const next = [];
  let cursor = 0;
  for (const made of wanted) {
    let entry = null;
    if (made.key != null) {
      const name = `${made.tag} ${made.key}`;
      entry = keyed.get(name) ?? null;
      keyed.delete(name);
    } else {
      while (cursor < loose.length && !entry) {
        const candidate = loose[cursor++];
        if (alike(candidate.made, made)) entry = candidate;
        else gone(candidate);
      }
    }
    next.push(entry ? refresh(entry, made, svg) : create(made, svg));
  }
  for (const entry of keyed.values()) gone(entry);
  while (cursor < loose.length) gone(loose[cursor++]);

  // A node is moved only if it is not already in place: moving a focused node would lose the focus.
  let place = parent.firstChild;
  for (const entry of next) {
    if (entry.node === place) place = place.nextSibling;
    else parent.insertBefore(entry.node, place);
  }
  parent.drawn = next;
}

function alike(a, b) {
  return typeof a === "string" ? typeof b === "string" : typeof b !== "string" && a.tag === b.tag;
}

function gone(entry) {
  entry.node.remove();
}

function create(made, svg) {
  if (typeof made === "string") return { made, node: document.createTextNode(made) };
  const inSvg = svg || made.tag === "svg";
  const node = inSvg ? document.createElementNS(SVG, made.tag) : document.createElement(made.tag);
  const entry = refresh({ made: { attributes: {} }, node }, made, svg);
  if (made.ref) made.ref(node);
  return entry;
}

function refresh(entry, made, svg) {
  const { node } = entry;
  if (typeof made === "string") {
    if (entry.made !== made) node.data = made;
    return { made, node };
  }
  const before = entry.made.attributes;
  for (const name of Object.keys(before)) if (!(name in made.attributes)) put(node, name, null);
  for (const [name, value] of Object.entries(made.attributes)) {
    if (before[name] !== value || name === "value") put(node, name, value);
  }
  listen(node, made.on);
  patch(node, made.children, svg || made.tag === "svg");
  return { made, node };
}

function put(node, name, value) {
  if (name === "value") {
    if (node.value === (value ?? "")) return;
    const chosen = node === document.activeElement && wholly(node);
    node.value = value ?? "";
    if (chosen) node.select(); // whoever was about to type over it still does
    return;
  }
  if (name === "style") {
    node.style.cssText = "";
    for (const [property, text] of Object.entries(value ?? {})) node.style.setProperty(property, text);
    return;
  }
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Whether all that is written in a field is selected. A list of choices selects in another way. */
function wholly(node) {
  return node.value !== "" && node.selectionStart === 0 && node.selectionEnd === node.value.length;
}

function listen(node, on) {
  node.heard ??= {};
  for (const type of Object.keys(node.heard)) if (!on?.[type]) node.heard[type] = null;
  for (const [type, act] of Object.entries(on ?? {})) {
    if (!(type in node.heard)) node.addEventListener(type, (event) => node.heard[type]?.(event));
    node.heard[type] = act;
  }
}
