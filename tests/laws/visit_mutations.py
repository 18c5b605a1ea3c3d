"""Ways to break what holds of visits on their way to HQ, for `make break-laws` beside those of mutations.py."""

from __future__ import annotations

from tests.laws.mutations import Mutation

VISIT_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "visits: sales may be dropped like them",
        5,
        "sync/wire/edge_log.py",
        (('frozenset({"visits", "telemetry"})', 'frozenset({"visits", "telemetry", "sales"})'),),
        (
            "tests/cloud_api/test_visits.py::test_of_sales_nothing_may_be_missing",
            "tests/sync/test_uplink_dropped.py::test_sales_are_not_dropped_by_a_store_that_could",
        ),
    ),
    Mutation(
        "visits: who is forgotten at HQ stays in the bodies as they came",
        7,
        "cloud_api/visitors_forgotten.py",
        (
            ('        [(b"", *row[:3], STREAM, row[3]) for row in typed],\n', "        [],\n"),
            ('        for table in ("item", "quarantine"):\n', "        for table in ():\n"),
        ),
        ("tests/cloud_api/test_visits_forgotten.py::test_visits_stay_and_nothing_names_the_person",),
    ),
    Mutation(
        "visits: a wish to be forgotten is dropped with the others",
        7,
        "sync/visitor_store/dropping.py",
        (("    outbox.append(connection, asked, at_ms)\n", ""),),
        ("tests/sync/test_visitor_store_drop.py::test_a_wish_to_be_forgotten_survives_every_drop",),
    ),
    Mutation(
        "visits: a late visit names who was forgotten",
        7,
        "cloud_api/visits_taken.py",
        (("    for person in late:\n", "    for person in late[:0]:\n"),),
        ("tests/cloud_api/test_visits_forgotten.py::test_a_late_visit_comes_in_nameless",),
    ),
)
