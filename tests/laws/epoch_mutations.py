"""Ways to break what holds of restored boxes and their epochs, for `make break-laws` beside those of mutations.py."""

from __future__ import annotations

from tests.laws.mutations import Mutation

HELLO = "tests/cloud_api/test_hello.py"
CONFORMANCE = "tests/sync/test_conformance.py::test_our_hq_keeps_every_rule_and_needs_not_be_empty"

EPOCH_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "epochs: an acknowledgement of another history is taken for ours",
        5,
        "sync/push_stream.py",
        (("if told.hash and ours is not None and ours != told.hash:", "if told.hash and ours is None:"),),
        ("tests/sync/test_uplink.py::test_an_ack_of_another_history_is_none_of_ours",),
    ),
    Mutation(
        "epochs: a restored box goes on under its old numbers",
        5,
        "sync/handshake.py",
        (
            ("if stand.standing is Standing.FORK or stand.seq > self._store.outbox_head(stand.stream):", "if False:"),
            ("            return stand.seq <= self._store.outbox_ack(stand.stream)", "            return True"),
            ("        return ours == stand.hash", "        return True"),
        ),
        ("tests/sync/test_restored_boxes.py::test_hello_finds_the_copy_before_anything_is_pushed",),
    ),
    Mutation(
        "epochs: what is numbered anew gets another id",
        5,
        "sync/store/outbox.py",
        (
            (
                "            seq += 1\n            body = sendable(row.body)\n",
                "            seq += 1\n            body = sendable(row.body)\n"
                "            row = OutboxRow(seq, row.id + '.', row.kind, 1, 0, '', row.body)\n",
            ),
        ),
        ("tests/sync/test_restored_boxes.py",),
    ),
    Mutation(
        "epochs: HQ takes what comes under an epoch that another has followed",
        5,
        "cloud_api/ingest.py",
        (("        if push.epoch < newest:\n", "        if push.epoch < 0 * newest:\n"),),
        (HELLO, CONFORMANCE),
    ),
    Mutation(
        "epochs: numbers of facts that HQ knew already are free again",
        5,
        "cloud_api/fates.py",
        (
            (
                "        batch.items.append((*where, item.seq, today, *stamp_of_item))\n",
                '        if fate != "known":\n'
                "            batch.items.append((*where, item.seq, today, *stamp_of_item))\n",
            ),
        ),
        (CONFORMANCE,),
    ),
    Mutation(
        "epochs: HQ issues an epoch again that was used",
        5,
        "cloud_api/hello.py",
        (("        if before > wish.above and all(", "        if before > wish.above or all("),),
        (HELLO, CONFORMANCE),
    ),
    Mutation(
        "epochs: HQ counts again what it knows by its id",
        5,
        "cloud_api/fates.py",
        (("        elif counted is not None or whole is not None:", "        elif False:"),),
        (HELLO, CONFORMANCE),
    ),
    Mutation(
        "epochs: what another life of the box has lost stands for what this one has",
        5,
        "cloud_api/visits_taken.py",
        (("        if not one.hash:\n            first", "        if True:\n            first"),),
        ("tests/cloud_api/test_visits.py::test_two_lives_have_lost_other_things_under_the_same_numbers[asyncio-True]",),
    ),
)
