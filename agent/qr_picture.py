"""A receipt's QR as a picture for the screen, made once for each receipt however often the page is told of it."""

from __future__ import annotations

from functools import lru_cache

KEPT = 64  # the receipts a cashier may look back at; 2.5 KB each


@lru_cache(maxsize=KEPT)
def qr_svg(text: str) -> str:
    """A QR of correction level M as an SVG picture without sizes of its own. Making one takes 7 ms."""
    import segno  # not before the first receipt: a till that starts is ready sooner

    made = segno.make_qr(text, error="m")
    svg: str = made.svg_inline(border=2, omitsize=True)
    return svg
