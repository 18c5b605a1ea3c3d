({ low }) => {
  // Names what is cut off, sticks out, lies on another key, is smaller than a finger or, low, out of reach.
  const wrong = [];
  const scrollers = ".tiles, .rows, .staff-body, .paper-lines";
  const shortens = ".tile-name, .search-input";
  const bleeds = ".act, .pieces, .piece"; // a bar goes to the edges, marks and rings of focus stand out on purpose
  const say = (node, why) =>
    wrong.push(
      `${why}: <${node.tagName.toLowerCase()} class="${node.className}"> ${(node.textContent || "").trim().slice(0, 50)}`,
    );
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) wrong.push("the page scrolls");
  const seen = (node) => !node.closest("svg, .unseen") && node.checkVisibility();
  for (const node of document.querySelectorAll("#app *")) {
    if (!seen(node)) continue;
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    if (!box.width || !box.height || style.display === "inline" || node.matches(shortens)) continue;
    if (node.scrollWidth > node.clientWidth + 1 && node.tagName !== "INPUT" && !node.matches(`${scrollers}, ${bleeds}`))
      say(node, `wider than its box by ${node.scrollWidth - node.clientWidth}`);
    if (/hidden|auto/.test(style.overflowY) && !node.matches(scrollers) && node.scrollHeight > node.clientHeight + 1)
      say(node, `taller than its box by ${node.scrollHeight - node.clientHeight}`);
    const out = box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || box.left < -1 || box.top < -1;
    if (out && !node.closest(scrollers)) say(node, "outside the window");
  }
  const asked = document.querySelector(".veil"); // what lies under the veil cannot be touched
  const controls = [...(asked ?? document).querySelectorAll("#app button, #app input")].filter(seen);
  const places = [];
  for (const key of controls) {
    const outer = key.getBoundingClientRect();
    for (const part of key.querySelectorAll("*")) {
      if (part.closest("svg svg") || part.closest(".unseen") || part.matches(".tile-name") || !part.checkVisibility())
        continue;
      const inner = part.getBoundingClientRect();
      const out =
        inner.right > outer.right + 1 ||
        inner.bottom > outer.bottom + 1 ||
        inner.left < outer.left - 1 ||
        inner.top < outer.top - 1;
      if (inner.width && out && !part.closest("svg")) say(part, "sticks out of its key");
    }
    if (outer.height < 79.5 || outer.width < 79.5) say(key, `smaller than a finger: ${outer.width}x${outer.height}`);
    if (low && outer.top < 960) say(key, `out of reach at ${outer.top}`);
    if (key.matches("input") || key.closest(scrollers)) continue;
    for (const [other, place] of places) {
      const apart =
        place.right <= outer.left ||
        place.left >= outer.right ||
        place.bottom <= outer.top ||
        place.top >= outer.bottom;
      if (!apart) say(key, `lies on ${other.dataset.key}`);
    }
    places.push([key, outer]);
  }
  for (const headline of document.querySelectorAll(".headline")) {
    const lines = Math.round(headline.offsetHeight / parseFloat(getComputedStyle(headline).lineHeight));
    if (lines > 2) say(headline, `${lines} lines`);
  }
  for (const sum of document.querySelectorAll(".display"))
    if (seen(sum) && sum.scrollWidth > sum.parentElement.clientWidth + 1) say(sum, "sum wider than its place");
  return [...new Set(wrong)];
};
