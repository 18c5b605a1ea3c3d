"""Ways to break what holds of visits on their way to HQ, for `make break-laws` beside those of mutations.py."""

from __future__ import annotations

from tests.laws.mutations import Mutation

AGREE = "tests/agent/test_agree_till.py"

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
    Mutation(
        "consents at the till: a code that is dead proves a phone",
        7,
        "agent/visitors/in_person.py",
        (("        if found is not Typed.RIGHT:\n", "        if found is None:\n"),),
        (f"{AGREE}::test_a_wrong_code_proves_nothing_and_five_end_it",),
    ),
    Mutation(
        "consents at the till: another text is recorded than was read",
        7,
        "agent/visitors/in_person.py",
        (
            ('f"{one.purpose.value}:{one.hash[:SHORT_HASH]}": one', "one.purpose.value: one"),
            (
                "        if not texts.keys() >= set(agreed):\n",
                "        agreed = {one.partition(':')[0] for one in agreed}\n"
                "        if not texts.keys() >= set(agreed):\n",
            ),
        ),
        (f"{AGREE}::test_the_boxes_are_in_the_shoppers_language_and_the_till_keeps_its_own",),
    ),
    Mutation(
        "consents at the till: a face whose asker left is kept",
        7,
        "agent/visitors/in_person.py",
        (("            self._visitors.enrolments.forget(flow.request)", "            pass"),),
        (f"{AGREE}::test_a_face_whose_asker_left_is_not_kept",),
    ),
    Mutation(
        "visits: a receipt is looked at by whoever agreed to something else",
        7,
        "agent/visitors/receipts.py",
        (("self._consents.given_of(subject, Purpose.ANALYTICS)", "self._consents.given_of(subject, Purpose.WIFI_ID)"),),
        ("tests/agent/test_visitors_receipts.py::test_without_the_consent_to_analytics_no_receipt_is_looked_at",),
    ),
    Mutation(
        "visits: a consent reaches back to what was bought before it",
        7,
        "agent/visitors/receipts.py",
        ((" or given.given_ms > buyer.closed_ms", ""),),
        ("tests/agent/test_visitors_receipts.py::test_a_consent_is_not_for_what_was_bought_before_it",),
    ),
    Mutation(
        "visits: an edge of a receipt stands on nothing",
        7,
        "agent/visitors/receipts.py",
        (("            both = (terms, wifi)\n", "            both = (wifi,)\n"),),
        ("tests/agent/test_visitors_receipts.py::test_a_withdrawal_takes_the_receipts_with_it",),
    ),
    Mutation(
        "visits: HQ is told the shop's pseudonym, and who agrees anew is forgotten still",
        7,
        "agent/visitors/visitors.py",
        (("Owner(given.consent_id, 1.0)", 'Owner(subject or "", 1.0)'),),
        ("tests/agent/test_visitors_at_hq.py::test_who_agrees_anew_is_somebody_new",),
    ),
    Mutation(
        "visits: HQ keeps what an older version told of who withdrew",
        7,
        "agent/visitors/consents.py",
        (("return (consent_id, subject) if is_last", "return (consent_id,) if is_last"),),
        ("tests/agent/test_visitors_at_hq.py::test_what_an_older_version_told_of_somebody_is_forgotten_too",),
    ),
    Mutation(
        "visits: a copy of before an update outlives an erasure",
        7,
        "sync/visitor_store/visitor_store.py",
        (("                self._drop_copies()  # first", "                pass  # first"),),
        ("tests/agent/test_visitors_at_hq.py::test_an_erasure_leaves_no_copy_of_before_the_update",),
    ),
)
