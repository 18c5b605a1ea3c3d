"""The tables of what HQ tells its stores: goods, prices by zone, regimes, rows for the shops, and published snapshots.

Each row carries the version of its last change, and stays as a tombstone (`gone`) when it is taken away. Goods are the
same for all stores; what is one store's names the store first.

    feed_head      one row a feed: its id, the newest version, and the version up to which tombstones are forgotten
    zone_price     from_ms 0: the price at once, and that the product is sold in this zone at all; born: the version at
                   which it came to be, so a store that knows the product is told the price alone
    snapshot       the newest manifests of a zone; snapshot_page the bytes, by their hash
"""

from __future__ import annotations

GLOBAL = frozenset({"feed_head", "product", "zone_price", "seller_regime", "snapshot", "snapshot_page"})
"""Of the whole chain: small to copy to every node, and no row of them names a store."""

TABLES = """
CREATE TABLE feed_head(name TEXT PRIMARY KEY, feed TEXT NOT NULL, version BIGINT NOT NULL, forgotten BIGINT NOT NULL);

CREATE TABLE product(
  sku TEXT PRIMARY KEY, name TEXT NOT NULL, vat INTEGER NOT NULL, measure INTEGER NOT NULL, seller TEXT NOT NULL,
  tax_system INTEGER NOT NULL, subject INTEGER NOT NULL, marked_group TEXT NOT NULL, age INTEGER NOT NULL,
  least_price_minor BIGINT NOT NULL, greatest_price_minor BIGINT NOT NULL, discountable INTEGER NOT NULL,
  department INTEGER NOT NULL, category TEXT NOT NULL, brand TEXT NOT NULL, version BIGINT NOT NULL,
  gone INTEGER NOT NULL, changed_ms BIGINT NOT NULL);
CREATE INDEX product_by_version ON product(version);

CREATE TABLE zone_price(
  zone TEXT NOT NULL, sku TEXT NOT NULL, from_ms BIGINT NOT NULL, price_minor BIGINT NOT NULL, born BIGINT NOT NULL,
  version BIGINT NOT NULL, gone INTEGER NOT NULL, changed_ms BIGINT NOT NULL, PRIMARY KEY(zone, sku, from_ms));
CREATE INDEX zone_price_by_version ON zone_price(zone, version);

CREATE TABLE seller_regime(
  seller TEXT NOT NULL, from_day TEXT NOT NULL, tax_system INTEGER NOT NULL, vat INTEGER NOT NULL,
  version BIGINT NOT NULL, gone INTEGER NOT NULL, changed_ms BIGINT NOT NULL, PRIMARY KEY(seller, from_day));

CREATE TABLE store_zone(store TEXT PRIMARY KEY, zone TEXT NOT NULL);

CREATE TABLE shop_row(
  store TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, version BIGINT NOT NULL,
  gone INTEGER NOT NULL, changed_ms BIGINT NOT NULL, PRIMARY KEY(store, kind, id));
CREATE INDEX shop_row_by_version ON shop_row(store, version);

CREATE TABLE snapshot(
  zone TEXT NOT NULL, version BIGINT NOT NULL, made_ms BIGINT NOT NULL, manifest TEXT NOT NULL,
  PRIMARY KEY(zone, version));
CREATE TABLE snapshot_page(
  zone TEXT NOT NULL, sha256 TEXT NOT NULL, version BIGINT NOT NULL, body BLOB NOT NULL, PRIMARY KEY(zone, sha256));
"""
