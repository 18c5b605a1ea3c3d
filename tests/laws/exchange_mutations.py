"""Ways to break the exchange between shops and HQ that a thousand faults must show, for `make break-laws`."""

from __future__ import annotations

from tests.laws.mutations import Mutation

EXCHANGE = (
    "tests/simulation/test_exchange.py::"
    "test_nothing_is_lost_and_nothing_counted_twice_under_a_thousand_faults[sqlite-1]"
)

EXCHANGE_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "exchange: HQ takes on every batch at once, however many shops come back",
        5,
        "cloud_api/push_door.py",
        (("        if under_way.count >= MOST_AT_ONCE:", "        if under_way.count < 0:"),),
        ("tests/cloud_api/test_many_at_once.py",),
    ),
    Mutation(
        "exchange: HQ answers before its commit is on the disk",
        5,
        "cloud_api/storage/sqlite.py",
        (('"journal_mode=WAL", "synchronous=FULL"', '"journal_mode=WAL", "synchronous=OFF"'),),
        (EXCHANGE,),
    ),
    Mutation(
        "exchange: the cursor has passed what a batch lost on its way into the tables",
        5,
        "cloud_api/ingest.py",
        (
            (
                "        batch = await fates_of(transaction, device, where, fresh, last_hash, moment)\n",
                "        batch = await fates_of(transaction, device, where, fresh[:40], last_hash, moment)\n"
                "        batch.taken = batch.taken[:2]\n",
            ),
        ),
        (EXCHANGE,),
    ),
    Mutation(
        "exchange: what comes again under a new epoch is counted again",
        5,
        "cloud_api/fates.py",
        (("        elif counted is not None or whole is not None:", "        elif False:"),),
        (EXCHANGE,),
    ),
    Mutation(
        "exchange: the stock moves again with a document that is sent again",
        6,
        "cloud_api/fates.py",
        (
            (
                '            fate = "known"\n        elif rows is not None:\n',
                '            fate = "known"\n            if rows is not None and not isinstance(rows, SaleRows):\n'
                "                batch.taken.append((item.seq, rows))\n        elif rows is not None:\n",
            ),
        ),
        (EXCHANGE,),
    ),
    Mutation(
        "exchange: the stock does not move with a refund",
        6,
        "cloud_api/taken_rows.py",
        (("        if sale.sign:\n", "        if sale.sign > 0:\n"),),
        (EXCHANGE,),
    ),
    Mutation(
        "exchange: a poison under a long id lies in quarantine once for each epoch",
        5,
        "cloud_api/fates.py",
        (("dialect.asked([_names(item)[0] for item in fresh])", "dialect.asked([item.id for item in fresh])"),),
        ("tests/cloud_api/test_quarantined_once.py",),
    ),
    Mutation(
        "exchange: HQ does not keep which visits were dropped",
        5,
        "cloud_api/ingest.py",
        (
            (
                "        if missing is not None:\n            await write_dropped",
                "        if missing is None and fresh is None:\n            await write_dropped",
            ),
        ),
        (EXCHANGE,),
    ),
    Mutation(
        "exchange: HQ of a backup counts its commands on below the devices' places",
        5,
        "cloud_api/store/commands.py",
        (("            await _number_anew(transaction, whose, after, last)\n", ""),),
        ("tests/cloud_api/test_commands_of_a_backup.py",),
    ),
    Mutation(
        "exchange: visits that HQ has are not told again under a new epoch",
        5,
        "sync/store/outbox.py",
        (
            (
                "        kept = read(connection, stream, 0, NO_LIMIT, NO_LIMIT)\n",
                "        kept = read(connection, stream, acked(connection, stream), NO_LIMIT, NO_LIMIT)\n",
            ),
        ),
        ("tests/sync/test_visitor_store_drop.py",),
    ),
    Mutation(
        "exchange: a poison holds up what stands behind it",
        5,
        "cloud_api/ingest.py",
        (
            (
                "        head = (fresh[-1].seq, fresh[-1].hash) if fresh else (last, last_hash)\n",
                "        sound = [item for item in fresh if item.seq not in batch.misfits]\n"
                "        head = (sound[-1].seq, sound[-1].hash) if sound else (last, last_hash)\n",
            ),
        ),
        ("tests/cloud_api/test_ingest.py",),
    ),
    Mutation(
        "exchange: HQ compares no hashes of what comes again",
        5,
        "cloud_api/ingest.py",
        (
            ("        if forked is not None:\n", "        if forked is not None and not push.items:\n"),
            (
                "            if ours is not None and ours != push.prev:\n",
                "            if ours is not None and not push.prev:\n",
            ),
        ),
        ("tests/sync/test_conformance.py",),
    ),
    Mutation(
        "exchange: an altered body is taken as it came",
        5,
        "cloud_api/fates.py",
        (
            (
                "    if not follows(previous_hash, item, body):\n",
                "    if not follows(previous_hash, item, body) and False:\n",
            ),
        ),
        ("tests/cloud_api/test_ingest.py",),
    ),
    Mutation(
        "exchange: what is gone of an epoch that was left is told to nobody",
        5,
        "sync/push_stream.py",
        (("            ended = store.outbox_ended(self._stream)[-MAX_ENDED:]\n", "            ended = []\n"),),
        ("tests/sync/test_uplink_dropped.py",),
    ),
    Mutation(
        "exchange: another life's items stand for what is gone of an epoch that was left",
        5,
        "cloud_api/visits_taken.py",
        (
            (
                "        if one.marks:\n",
                "        if one.marks and False:\n",
            ),
        ),
        ("tests/cloud_api/test_visits.py",),
    ),
    Mutation(
        "exchange: HQ's items stand for what a restored box has let go of",
        5,
        "sync/handshake.py",
        (
            (
                "        if ours is None and stand.stream not in DROPPABLE:\n",
                "        if ours is None:\n",
            ),
        ),
        ("tests/sync/test_uplink_dropped.py",),
    ),
    Mutation(
        "exchange: a number acknowledges whatever command lies under it",
        5,
        "cloud_api/store/commands.py",
        (('told is not None and id in ("", told[0])', "told is not None"),),
        ("tests/cloud_api/test_commands_of_a_backup.py",),
    ),
)
