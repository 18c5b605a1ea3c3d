"""Ways to break what holds of the feeds from HQ, for `make break-laws` beside those of mutations.py."""

from __future__ import annotations

from tests.laws.mutations import Mutation

FED = "tests/sync/test_fed_catalogue.py"
TELLING = "tests/cloud_api/test_telling.py"

FEED_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "feed: the place is kept in a commit of its own",
        5,
        "sync/store/fed_catalogue.py",
        (
            (
                "        return feed_place.whole(self._connection, partial(apply_page,",
                "        feed_place.keep_place(self._connection, FeedPlace(page.feed, page.next))\n"
                "        return feed_place.whole(self._connection, partial(apply_page,",
            ),
        ),
        (f"{FED}::test_cut_at_every_statement_a_page_is_whole_or_not_there",),
    ),
    Mutation(
        "feed: a tax system is in force as soon as it arrives",
        3,
        "sync/store/dated_terms.py",
        (("WHERE seller = ? AND from_day <= ? ORDER BY", "WHERE seller = ? AND from_day <> ? ORDER BY"),),
        (f"{FED}::test_dated_prices_and_regimes_wait_for_the_stores_clock",),
    ),
    Mutation(
        "feed: prices of other zones are told",
        7,
        "cloud_api/telling/pages.py",
        (("WHERE z.zone=? AND z.version>?", "WHERE (z.zone=? OR 1=1) AND z.version>?"),),
        (f"{TELLING}::test_a_store_has_its_zone_and_never_sees_a_row_of_another",),
    ),
    Mutation(
        "feed: versions are not taken by writing the feed's row",
        5,
        "cloud_api/telling/heads.py",
        (("ELSE version END) + ? WHERE name=?", "ELSE version END) + 0 * ? WHERE name=?"),),
        (f"{TELLING}::test_an_import_tells_the_difference_only",),
    ),
    Mutation(
        "feed: a place that is forgotten takes the catalogue from the till",
        8,
        "sync/catalogue_downlink.py",
        (("            fed.forget_place()\n", "            fed.forget_place()\n            fed.file.unlink()\n"),),
        ("tests/sync/test_catalogue_downlink.py::test_a_place_that_means_nothing_any_more",),
    ),
    Mutation(
        "feed: a page of a snapshot counts as whole by its length",
        8,
        "sync/store/snapshot_folder.py",
        ((" or hashlib.sha256(data).hexdigest() != page.sha256:", ":"),),
        ("tests/sync/test_catalogue_downlink.py::test_a_damaged_page_is_fetched_again_from_its_beginning",),
    ),
)
