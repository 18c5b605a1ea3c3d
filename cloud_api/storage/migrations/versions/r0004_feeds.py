"""What HQ tells its stores: goods, prices by zone, regimes, rows for the shops, and published snapshots.

Each row carries the version of its last change, and stays as a tombstone (`gone`) when it is taken away. Goods are the
same for all stores; what is one store's names the store first.

    feed_head      one row a feed: its id, the newest version, and the version up to which tombstones are forgotten
    zone_price     from_ms 0: the price at once, and that the product is sold in this zone at all; born: the version at
                   which it came to be, so a store that knows the product is told the price alone
    snapshot       the newest manifests of a zone; snapshot_page the bytes, by their hash
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0004"
down_revision = "0003"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset({"feed_head", "product", "zone_price", "seller_regime", "snapshot", "snapshot_page"})
"""Goods and prices are the chain's: every server has them whole, every store reads its zone's."""

TABLES = (
    """feed_head(
  name TEXT NOT NULL PRIMARY KEY, feed TEXT NOT NULL, version {int} NOT NULL, forgotten {int} NOT NULL)""",
    """product(
  sku TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, vat {int} NOT NULL, measure {int} NOT NULL, seller TEXT NOT NULL,
  tax_system {int} NOT NULL, subject {int} NOT NULL, marked_group TEXT NOT NULL, age {int} NOT NULL,
  least_price_minor {int} NOT NULL, greatest_price_minor {int} NOT NULL, discountable {int} NOT NULL,
  department {int} NOT NULL, category TEXT NOT NULL, brand TEXT NOT NULL, version {int} NOT NULL,
  gone {int} NOT NULL, changed_ms {int} NOT NULL)""",
    """zone_price(
  zone TEXT NOT NULL, sku TEXT NOT NULL, from_ms {int} NOT NULL, price_minor {int} NOT NULL, born {int} NOT NULL,
  version {int} NOT NULL, gone {int} NOT NULL, changed_ms {int} NOT NULL, PRIMARY KEY(zone, sku, from_ms))""",
    """seller_regime(
  seller TEXT NOT NULL, from_day TEXT NOT NULL, tax_system {int} NOT NULL, vat {int} NOT NULL,
  version {int} NOT NULL, gone {int} NOT NULL, changed_ms {int} NOT NULL, PRIMARY KEY(seller, from_day))""",
    """store_zone(store TEXT NOT NULL, zone TEXT NOT NULL, PRIMARY KEY(store))""",
    """shop_row(
  store TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, version {int} NOT NULL,
  gone {int} NOT NULL, changed_ms {int} NOT NULL, PRIMARY KEY(store, kind, id))""",
    """snapshot(
  zone TEXT NOT NULL, version {int} NOT NULL, made_ms {int} NOT NULL, manifest TEXT NOT NULL,
  PRIMARY KEY(zone, version))""",
    """snapshot_page(
  zone TEXT NOT NULL, sha256 TEXT NOT NULL, version {int} NOT NULL, body {bytes} NOT NULL,
  PRIMARY KEY(zone, sha256))""",
)
INDEXES = (
    "product_by_version ON product(version)",
    "zone_price_by_version ON zone_price(zone, version)",
    "shop_row_by_version ON shop_row(store, version)",
)
_LARGE_ROWS = ("product", "zone_price", "seller_regime", "shop_row", "snapshot", "snapshot_page")


def statements(dialect: str) -> list[str]:
    """What brings a storage of revision 0003 here."""
    return [
        *create_tables(dialect, TABLES, large_rows=_LARGE_ROWS),
        *(f"CREATE INDEX {index}" for index in INDEXES),
    ]


upgrade = upgrade_by(statements)
