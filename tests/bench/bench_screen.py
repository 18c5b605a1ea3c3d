"""From a scan to the changed basket on the screen: the real page in Chromium, the real agent, a simulated register.

The page's keyboard wedge is given the keys of a barcode a few milliseconds apart, as a scanner sends them, then Enter.
The figure runs from the Enter (the end of the scan) to the frame in which the basket's row has changed: a mutation
observer sees the new row, the next animation frame paints it, and the first task after that frame takes the time. The
time from the first key is shown too; most of it is the scanner's own.
"""

from __future__ import annotations

import os
import shutil
import statistics
from typing import Any

from tests.bench.bench_sale import finish_in_cash
from tests.bench.figure import Figure, of_runs, quantile
from tests.bench.live_shop import Till, live_shop
from tests.bench.million import PRODUCTS, Opened, codes, imported

CHROMIUM = os.environ.get("TILLKEEPER_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCANS_A_BASKET = 10
READY_WITHIN_MS = 20_000

SCAN = """
async (code) => {
  const basket = () => [...document.querySelectorAll("[data-line]")].map((row) => row.textContent).join("|");
  const before = basket();
  const painted = new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no row for ${code}`)), 5000);
    const watch = new MutationObserver(() => {
      if (basket() === before) return;
      watch.disconnect();
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => { clearTimeout(late); resolve(performance.now()); };
        after.port2.postMessage(0);
      });
    });
    watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  const press = (key, code) => {
    for (const type of ["keydown", "keyup"])
      document.body.dispatchEvent(new KeyboardEvent(type, { key, code, bubbles: true, cancelable: true }));
  };
  const first = performance.now();
  for (const digit of code) {
    press(digit, `Digit${digit}`);
    await new Promise((next) => setTimeout(next, 2));
  }
  const last = performance.now();
  press("Enter", "Enter");
  const seen = await painted;
  return [seen - last, seen - first];
}
"""


class NoChromium(Exception):
    """This figure needs a browser."""


def bench_screen(runs: int = 5, scans: int = 40, products: int = PRODUCTS) -> list[Figure]:
    """p95 over the scans of a run, median over the runs. Raises NoChromium."""
    if CHROMIUM is None:
        raise NoChromium("no Chromium: install Debian's chromium or set TILLKEEPER_CHROMIUM")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoChromium("playwright is not installed: pip install tillkeeper[test]") from error
    catalogue = imported(products).directory
    with Opened(products) as opened:
        barcodes = codes(opened, scans * (runs + 1))
    ends: list[list[float]] = []
    firsts: list[float] = []
    with live_shop(catalogue) as shop, shop.till() as (_, till), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{till.base}/till/1")
        page.wait_for_selector("[data-screen='selling']", timeout=READY_WITHIN_MS)
        _scan(page, till, barcodes[:SCANS_A_BASKET])
        for run in range(runs):
            taken = _scan(page, till, barcodes[(run + 1) * scans : (run + 2) * scans])
            ends.append([end for end, _ in taken])
            firsts += [first for _, first in taken]
        browser.close()
    late = [quantile(run, 0.95) for run in ends]
    middle = statistics.median([value for run in ends for value in run])
    return [
        of_runs(
            "end of the scan to the changed row on the screen",
            late,
            "ms p95",
            digits=1,
            at_most=50,
            against=f"its median: {middle:.1f} ms; a frame of the screen lasts 16.7 ms",
            more={"median_ms": round(middle, 1), "from_first_key_median_ms": round(statistics.median(firsts), 1)},
        )
    ]


def _scan(page: Any, till: Till, barcodes: list[str]) -> list[tuple[float, float]]:
    """Milliseconds of each scan from its last and from its first key; a basket is paid when it is full."""
    taken: list[tuple[float, float]] = []
    for first in range(0, len(barcodes), SCANS_A_BASKET):
        for barcode in barcodes[first : first + SCANS_A_BASKET]:
            end, begin = page.evaluate(SCAN, barcode)
            taken.append((end, begin))
        finish_in_cash(till)
        page.wait_for_selector("[data-screen='selling']", timeout=READY_WITHIN_MS)
    return taken
