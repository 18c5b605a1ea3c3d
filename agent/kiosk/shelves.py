"""What a shopper may choose from the screen: categories and tiles, with what is left on the shelf."""

from __future__ import annotations

from agent.kiosk.view import CategoryView, TileView
from agent.screens.sale_view import UNITS
from agent.stock.reservations import Reservations
from agent.till.till import Till
from fiscal.product import Product
from sync.store.catalogue import PARTS, Catalogue

MOST_CATEGORIES = 24


def categories(catalogue: Catalogue | None) -> list[CategoryView]:
    return [
        CategoryView(name, count) for name, count in (catalogue.categories() if catalogue else [])[:MOST_CATEGORIES]
    ]


def products(
    catalogue: Catalogue | None,
    reservations: Reservations,
    till: Till,
    category: str,
    text: str,
    offset: int,
    limit: int,
) -> list[TileView]:
    """The tiles of a category, or what a search finds in all of them."""
    if catalogue is None:
        return []
    if text.strip():
        found = [(product, "") for product in catalogue.search(text, limit)]
    else:
        found = catalogue.of_category(category, offset, limit)
    return [_tile(product, kind, reservations, till) for product, kind in found]


def _tile(product: Product, category: str, reservations: Reservations, till: Till) -> TileView:
    rule = till.profile().group(product.marked_group)
    return TileView(
        product.barcode,
        product.name,
        product.price_minor,
        UNITS.get(product.measure, "other"),
        bool(product.marked_group) and rule.scan_required,
        till.basket.age_of(product),
        category.partition(PARTS)[0],
        reservations.left_thousandths(product.barcode),
    )
