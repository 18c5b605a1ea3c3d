/** Light, dark or as the machine says: a matter of this screen alone, so it stays in this browser. */

const PLACE = "tillkeeper.theme";

function kept() {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null; // a browser that keeps nothing still shows the page
  }
}

export function applyTheme() {
  const theme = kept();
  if (theme) document.documentElement.dataset.theme = theme;
}

export function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem(PLACE, root.dataset.theme);
  } catch {
    return; // it holds until the page is loaded again
  }
}
