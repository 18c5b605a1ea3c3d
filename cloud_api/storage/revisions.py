"""The revisions of the schema in their order, for whoever runs them or asks which one is the newest.

A revision is a file of migrations/versions/. It says of itself:
    PHASE    expand: adds what older programs do not mind; contract: takes away what no program needs any more
    RELEASE  the first release that has it
    OF_THE_CHAIN  its tables that belong to no shop
A contract comes at least one release after the expand it completes, so that a chain's programs can be changed one after
another while the shops go on (tests/structure/test_migrations.py).
"""

from __future__ import annotations

from types import ModuleType

from cloud_api.storage.migrations.versions import (
    r0001_chain,
    r0002_devices,
    r0003_epochs,
    r0004_feeds,
    r0005_stock,
    r0006_books,
    r0007_api,
    r0008_customers,
    r0010_people,
    r0011_elsewhere,
    r0012_ingest,
    r0013_lives,
)

REVISIONS: tuple[ModuleType, ...] = (
    r0001_chain,
    r0002_devices,
    r0003_epochs,
    r0004_feeds,
    r0005_stock,
    r0006_books,
    r0007_api,
    r0008_customers,
    r0010_people,
    r0011_elsewhere,
    r0012_ingest,
    r0013_lives,
)
OF_THE_CHAIN = frozenset().union(*(revision.OF_THE_CHAIN for revision in REVISIONS))
"""Tables that each server of a chain has whole. All others are spread by their shop."""
PARTED: tuple[str, ...] = (*r0001_chain.PARTED, *r0006_books.PARTED)
"""Tables that lie in monthly parts by `day` in PostgreSQL."""
