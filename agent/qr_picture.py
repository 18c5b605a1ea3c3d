"""A receipt's QR as a picture for the screen."""

from __future__ import annotations

from functools import lru_cache

KEPT = 64  # the receipts a cashier may look back at; 3 KB each


@lru_cache(maxsize=KEPT)
def qr_svg(text: str) -> str:
    """A QR of correction level M (higher where there is room) as an SVG picture without sizes of its own."""
    import segno  # not before the first receipt: a till that starts is ready sooner

    svg: str = segno.make_qr(text, error="m").svg_inline(border=2, omitsize=True)
    return svg
