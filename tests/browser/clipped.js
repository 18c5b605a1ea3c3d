({ fixed, fits }) => {
  // Names what is cut off, sticks out or is smaller than a finger. Text may be shortened with an ellipsis where the
  // whole is to be found elsewhere, and lists scroll; nothing else may be cut.
  const wrong = [];
  const shortens =
    ".name, .shop-name, .two-ends span, .search-input, select, .tag > span, .mono, .left, .dots li, .amount input, .hints";
  const say = (node, why) =>
    wrong.push(
      `${why}: <${node.tagName.toLowerCase()} class="${node.className}"> ${(node.textContent || "").trim().slice(0, 50)}`,
    );
  const wide = document.scrollingElement.scrollWidth - innerWidth;
  if (wide > 0) wrong.push(`page scrolls sideways by ${wide}px`);
  for (const node of document.querySelectorAll("#app *")) {
    if (node.closest("svg, .unseen, option, .hollow") || !node.checkVisibility()) continue;
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const style = getComputedStyle(node);
    const scrolls = /auto|scroll/.test(style.overflowY) && !node.matches(fixed);
    if (
      !node.matches(shortens) &&
      node.scrollWidth > node.clientWidth + 1 &&
      style.display !== "inline" &&
      node.tagName !== "INPUT" &&
      !/auto|scroll/.test(style.overflowX)
    )
      say(node, `wider than its box by ${node.scrollWidth - node.clientWidth}`);
    if (
      !scrolls &&
      !node.matches(shortens) &&
      /hidden|auto/.test(style.overflowY) &&
      node.scrollHeight > node.clientHeight + 1 &&
      style.display !== "inline"
    )
      say(node, `taller than its box by ${node.scrollHeight - node.clientHeight}`);
    const scroller = node.closest(".hints, .rows, .locked-lines, .papers, .paper, .results, .menu, .truth-rows");
    if (
      !scroller &&
      fits &&
      (box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || box.left < -1 || box.top < -1)
    )
      say(node, "outside the window");
  }
  for (const key of document.querySelectorAll(".key")) {
    if (!key.checkVisibility()) continue;
    const outer = key.getBoundingClientRect();
    for (const part of key.querySelectorAll("*")) {
      if (part.closest("svg svg") || part.closest(".unseen") || !part.checkVisibility()) continue;
      const inner = part.getBoundingClientRect();
      if (
        inner.width &&
        (inner.right > outer.right + 1 ||
          inner.bottom > outer.bottom + 1 ||
          inner.left < outer.left - 1 ||
          inner.top < outer.top - 1)
      )
        say(part, "sticks out of its key");
    }
    if (outer.height < 41 || outer.width < 41) say(key, `smaller than a finger: ${outer.width}x${outer.height}`);
  }
  for (const headline of document.querySelectorAll(".headline, .sealed-head")) {
    const lines = Math.round(
      headline.getBoundingClientRect().height / parseFloat(getComputedStyle(headline).lineHeight),
    );
    if (lines > 2) say(headline, `${lines} lines`);
  }
  const place = document.querySelectorAll(".display");
  for (const sum of place) if (sum.scrollWidth > sum.parentElement.clientWidth) say(sum, "sum wider than its card");
  return [...new Set(wrong)];
};
