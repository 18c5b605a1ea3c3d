"""One way to break each law of the house, as a change of a few words in one file, and the tests that must notice it.

`make break-laws` applies them one by one to a copy of the tree (tests/laws/break_laws.py). Each old text stands in its
file exactly once; when the program moves on, a mutation that no longer fits makes the command red, so none can rot.
"""

from __future__ import annotations

from dataclasses import dataclass

IMPORTS = "import contracts"
"""In place of tests: the floors as import-linter checks them."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """`law` is the number in the house's list, 0 for the floors. `edits` are (exact old text, new text) in `file`."""

    name: str
    law: int
    file: str
    edits: tuple[tuple[str, str], ...]
    noticed_by: tuple[str, ...]


SALE_LAWS = "tests/agent/test_laws_of_a_sale.py"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "synchronous FULL becomes OFF",
        1,
        "sync/store/database.py",
        (('SYNCHRONOUS = "FULL"', 'SYNCHRONOUS = "OFF"'),),
        ("tests/sync/test_power_cut.py::test_full_loses_nothing_that_was_answered",),
    ),
    Mutation(
        "a card payment's intent is written after the conversation",
        1,
        "agent/course/card_course.py",
        (
            (
                "        await record.append(*before, sent, locks=(Lock(self.port.id, sent.attempt),), "
                "settings=settings)\n",
                "",
            ),
            (
                "            result = await self.port.run(dialogue, about=record.sale.id, tell=tell, wishes=wishes)\n",
                "            result = await self.port.run(dialogue, about=record.sale.id, wishes=wishes)\n"
                "            await record.append(*before, sent, locks=(Lock(self.port.id, sent.attempt),), "
                "settings=settings)\n",
            ),
        ),
        (f"{SALE_LAWS}::test_the_intent_is_durable_before_the_amount_leaves",),
    ),
    Mutation(
        "a document's intent is written after the register made it",
        1,
        "agent/course/seal_course.py",
        (
            (
                "            await record.append("
                "*before, meant, locks=(Lock(port.id, sale.id),), settings=settings, of=standing)\n",
                "            pass\n",
            ),
            (
                "            made: SealedDocument = await port.run("
                "port.driver.seal(document), about=sale.id, tell=tell)\n",
                "            made: SealedDocument = await port.run(port.driver.seal(document), about=sale.id)\n"
                "            await record.append(*before, meant, locks=(Lock(port.id, sale.id),), settings=settings)\n",
            ),
        ),
        (f"{SALE_LAWS}::test_the_documents_intent_is_durable_before_the_register_hears_of_it",),
    ),
    Mutation(
        "a claim slip is paid before its intent is durable",
        1,
        "agent/till/shift_desk.py",
        (
            (
                '            await self._commit("shift.meant", meant, meant_now=meant, claimed=order)\n',
                "            pass\n",
            ),
            (
                '                    await port.run(driver.cash_out(meant.sum_minor), about="shift")\n',
                '                    await port.run(driver.cash_out(meant.sum_minor), about="shift")\n'
                '                    await self._commit("shift.meant", meant, meant_now=meant, claimed=order)\n',
            ),
        ),
        (
            "tests/agent/test_claim_till.py::test_the_intents_of_the_payout_are_one_commit_before_the_register_hears",
            "tests/agent/test_claim_recovery.py::test_a_power_cut_at_each_commit_and_each_command_of_a_payout",
        ),
    ),
    Mutation(
        "an approval is acknowledged before it is durable (ZVT)",
        1,
        "drivers/payment_terminals/zvt/payment.py",
        (
            (
                "        yield Tell(ApprovalHeard(result))\n"
                "        self._approved = result\n"
                "        yield Send(ACK.encode())\n",
                "        yield Send(ACK.encode())\n"
                "        yield Tell(ApprovalHeard(result))\n"
                "        self._approved = result\n",
            ),
        ),
        ("tests/drivers/payment_terminals/test_zvt_payment.py::test_the_approval_is_told_before_it_is_acknowledged",),
    ),
    Mutation(
        "silence of the register is answered by sealing again",
        2,
        "agent/course/seal_course.py",
        (
            (
                "            await record.append(e.SealUnknown(index, str(error)[:200]))\n",
                "            made = await port.run(port.driver.seal(document), about=str(error))\n"
                '            await record.append(e.Sealed(index, made.number, made.fiscal_sign, "", '
                "e.SealedBy.ANSWER), locks=(free,))\n",
            ),
        ),
        (f"{SALE_LAWS}::test_a_lost_document_is_found_and_never_made_again",),
    ),
    Mutation(
        "silence of the terminal is answered by paying again",
        2,
        "agent/course/card_course.py",
        (
            (
                "            await record.append(p.CardLost(sent.attempt, str(error)[:200]))\n",
                "            result = await self.port.run(\n"
                "                self.port.driver.perform(self._request(sent)), about=str(error), tell=tell\n"
                "            )\n"
                "            await record.append(p.CardApproved(sent.attempt, facts(result)), locks=free)\n",
            ),
        ),
        (f"{SALE_LAWS}::test_a_lost_payment_is_asked_about_and_never_sent_again",),
    ),
    Mutation(
        "a command that acts is repeated by the link after silence (Shtrih-M)",
        2,
        "drivers/fiscal_registers/shtrih_m/exchange.py",
        (("(READS_REPEATED if command.reads else 0)", "READS_REPEATED"),),
        ("tests/drivers/fiscal_registers/test_shtrih_m_silence.py",),
    ),
    Mutation(
        "the table lets a document in doubt be asked for again",
        2,
        "fiscal/sale.py",
        (
            (
                "    (P.IN_DOUBT, e.Sealed): P.SEALED,\n",
                "    (P.IN_DOUBT, e.Sealed): P.SEALED,\n    (P.IN_DOUBT, e.SealMeant): P.SEALING,\n",
            ),
        ),
        ("tests/fiscal/test_sale_table.py",),
    ),
    Mutation(
        "the table lets an unknown payment be sent again",
        2,
        "fiscal/payment.py",
        (
            (
                "    (P.UNKNOWN, CardFoundCharged): P.APPROVED,\n",
                "    (P.UNKNOWN, CardFoundCharged): P.APPROVED,\n    (P.UNKNOWN, CardSent): P.SENT,\n",
            ),
        ),
        ("tests/fiscal/test_payment_table.py",),
    ),
    Mutation(
        "the terminal's record is matched without the baseline (ZVT)",
        2,
        "drivers/payment_terminals/zvt/repeat.py",
        (
            (
                "    if not (later(record.slip, baseline.slip, LAST_SLIP) "
                "or later(record.trace, baseline.trace, LAST_TRACE)):\n",
                "    if not record.slip and not record.trace:\n",
            ),
        ),
        ("tests/drivers/payment_terminals/test_zvt_questions.py::test_two_equal_sums_in_a_row_are_told_apart",),
    ),
    Mutation(
        'one "not found" of a terminal that may just be finishing is believed',
        2,
        "agent/course/card_course.py",
        (("                if not final and not said_not_charged_before:\n", "                if False:\n"),),
        (f"{SALE_LAWS}::test_not_found_counts_when_it_was_said_twice_five_seconds_apart",),
    ),
    Mutation(
        "the register's document is matched without the baseline",
        2,
        "fiscal/seal_verdict.py",
        (
            (
                "    return range(baseline.last_document + 1, present.last_document + 1)\n",
                "    return range(1, present.last_document + 1)\n",
            ),
        ),
        ("tests/fiscal/test_seal_verdict.py",),
    ),
    Mutation(
        "a person's word is kept without the name",
        2,
        "agent/till/pay_desk.py",
        (
            (
                "p.CardPersonSaidPaid(attempt.id, person, evidence)",
                'p.CardPersonSaidPaid(attempt.id, "", evidence)',
            ),
        ),
        ("tests/agent/test_person_decides.py",),
    ),
    Mutation(
        "a person's word needs no supervisor",
        2,
        "agent/till/paying_acts.py",
        (('        "slip_approved",\n', ""),),
        ("tests/agent/test_person_decides.py",),
    ),
    Mutation(
        "a sealed sale is sealed again",
        3,
        "agent/course/next_step.py",
        (("            if sale.documents_left:\n", "            if not sale.closed_ms:\n"),),
        ("tests/agent/test_next_step.py",),
    ),
    Mutation(
        "a device lock that somebody holds is taken",
        3,
        "sync/store/writing.py",
        (
            (
                "        if holder != lock.holder:\n            raise LockHeld(lock.device, holder)\n",
                "        if holder == lock.holder:\n            continue\n",
            ),
        ),
        ("tests/sync/test_store.py::test_a_lock_has_one_holder_and_a_refused_batch_leaves_nothing",),
    ),
    Mutation(
        "a reservation is confirmed before the document exists",
        3,
        "agent/course/next_step.py",
        (
            (
                "    if sale.left_minor == 0 and not sale.trouble:\n        return NextStep(Do.SEAL)\n",
                "    waiting = _reserved(sale)\n"
                "    if waiting:\n"
                "        return NextStep(Do.MEAN_CONFIRM, waiting.id)\n"
                "    if sale.left_minor == 0 and not sale.trouble:\n        return NextStep(Do.SEAL)\n",
            ),
        ),
        ("tests/agent/test_next_step.py", f"{SALE_LAWS}::test_a_reservation_is_kept_only_after_its_receipt_exists"),
    ),
    Mutation(
        "a reservation without a document is not rolled back",
        3,
        "agent/course/next_step.py",
        (("    return _reserved(sale) if sale.power_cut and not sale.sealed else None\n", "    return None\n"),),
        (f"{SALE_LAWS}::test_a_reservation_without_a_receipt_is_rolled_back_after_a_power_cut[trio]",),
    ),
    Mutation(
        "the terminal is asked before the register",
        3,
        "agent/course/next_step.py",
        (
            (
                "    if sale.phase is Phase.IN_DOUBT:\n        return NextStep(Do.ASK_REGISTER)\n",
                "    if sale.phase is Phase.IN_DOUBT and not sale.unsettled:\n"
                "        return NextStep(Do.ASK_REGISTER)\n",
            ),
        ),
        ("tests/agent/test_next_step.py",),
    ),
    Mutation(
        "a note is stacked before its intent is durable",
        1,
        "agent/cash/cash_slot.py",
        (
            (
                "        await record.decide(meant)\n"
                "        self._wish(c.Stack(event.unit) if keeps else c.GiveBack(event.unit))\n",
                "        self._wish(c.Stack(event.unit) if keeps else c.GiveBack(event.unit))\n",
            ),
        ),
        ("tests/agent/test_cash_slot.py",),
    ),
    Mutation(
        "a note that is told again after an outage is credited again",
        4,
        "fiscal/cash_verdict.py",
        (
            (
                "        return PieceRepeated(last.piece)  # nothing new is in the box, whatever it says\n",
                '        return _credit(unit.next_piece, kind, "", "found", None)  # type: ignore[arg-type]\n',
            ),
        ),
        ("tests/fiscal/test_cash_verdict.py", "tests/agent/test_cash_slot.py"),
    ),
    Mutation(
        "a count that cannot be read is taken for one more note",
        4,
        "fiscal/cash_verdict.py",
        (
            (
                '        return _doubt(moving, moving.number, "count_unreadable", kept=False)\n',
                "        kind = PieceKind(moving.type, moving.value_minor, moving.currency)\n"
                '        return _credit(moving.number, kind, moving.order, "counted", None)\n',
            ),
        ),
        ("tests/fiscal/test_cash_verdict.py",),
    ),
    Mutation(
        "an encashment's period is changed in a commit of its own",
        5,
        "agent/cash/unit_record.py",
        (
            (
                "                await self._store.commit(Batch(entries=entries, outgoing=told(ended), "
                "settings=(in_force, *settings)))\n",
                "                await self._store.commit(Batch(entries=entries, outgoing=told(ended), "
                "settings=settings))\n"
                "                await self._store.commit(Batch(settings=(in_force,)))\n",
            ),
        ),
        (
            "tests/agent/test_encashment.py::test_a_period_ends_in_one_commit",
            "tests/simulation/test_encashment_everywhere.py",
        ),
    ),
    Mutation(
        "a note that the last period counted is credited again in the next",
        4,
        "fiscal/cash_unit.py",
        (("            return self.begun.kept if self.begun else None\n", "            return None\n"),),
        ("tests/fiscal/test_encashment_document.py",),
    ),
    Mutation(
        "a unit takes money while its encashment is open",
        4,
        "fiscal/cash_unit.py",
        (
            (
                "        return self.encashment is None and self.closed is None and not self.unauthorised\n",
                "        return self.closed is None\n",
            ),
        ),
        ("tests/agent/test_encashment.py::test_while_it_is_open_nothing_is_taken",),
    ),
    Mutation(
        "a stacked note is acknowledged before its credit is durable (CCNET)",
        4,
        "drivers/cash_devices/ccnet/line.py",
        (
            (
                "        body = yield from self._exchange(bytes([Command.POLL]), is_state, self._within_s)\n",
                "        body = yield from self._exchange(bytes([Command.POLL]), is_state, self._within_s)\n"
                "        yield from self.acknowledge()\n",
            ),
        ),
        ("tests/drivers/cash_devices/test_ccnet_notes.py",),
    ),
    Mutation(
        "a conversation goes on before what it told is durable",
        4,
        "drivers/links/converse.py",
        (
            (
                "                    await self._tell(event)\n",
                "                    self._link.take_back(b'')\n",
            ),
        ),
        ("tests/drivers/links/test_converse.py::test_the_conversation_goes_on_only_when_the_event_is_durable",),
    ),
    Mutation(
        "the outbox is written in a transaction of its own",
        5,
        "sync/store/store.py",
        (
            (
                "        committed = await self._write(lambda connection: writing.write(connection, batch, at_ms))\n",
                "        from dataclasses import replace\n\n"
                "        without, alone = replace(batch, outgoing=()), Batch(outgoing=batch.outgoing)\n"
                "        committed = await self._write(lambda connection: writing.write(connection, without, at_ms))\n"
                "        await self._write(lambda connection: writing.write(connection, alone, at_ms))\n",
            ),
        ),
        ("tests/sync/test_power_cut.py::test_full_loses_nothing_that_was_answered",),
    ),
    Mutation(
        "a closed sale is not told to HQ",
        5,
        "agent/course/seal_course.py",
        (("e.Closed(now), outgoing=facts.outgoing, moves", "e.Closed(now), moves"),),
        ("tests/agent/test_restart.py::test_the_numbers_of_sales_go_on",),
    ),
    Mutation(
        "the outbox leaves a hole in its numbers",
        5,
        "sync/store/outbox.py",
        (
            (
                "        seq, previous = heads.get(fact.stream) or head(connection, fact.stream)\n        seq += 1\n",
                "        seq, previous = heads.get(fact.stream) or head(connection, fact.stream)\n        seq += 2\n",
            ),
        ),
        ("tests/sync/test_store.py", "tests/sync/test_uplink.py"),
    ),
    Mutation(
        "HQ acknowledges what it has not committed",
        5,
        "cloud_api/storage/sqlite.py",
        (('            with _ours():\n                self._connection.execute("COMMIT")\n', ""),),
        ("tests/cloud_api/test_ingest.py", "tests/cloud_api/test_each_sale_once.py"),
    ),
    Mutation(
        "HQ's commit does not wait for the disk",
        5,
        "cloud_api/storage/sqlite.py",
        (('"synchronous=FULL"', '"synchronous=OFF"'),),
        ("tests/cloud_api/test_hq_power_cut.py",),
    ),
    Mutation(
        "HQ takes two batches of one device at once",
        5,
        "cloud_api/ingest.py",
        (('SET seen_ms=? WHERE store=? AND device=?"', 'SET seen_ms=? WHERE store=? AND device=? AND 1=0"'),),
        ("tests/cloud_api/test_hq_schema_forward.py::test_batches_of_one_device_at_once_are_taken_once",),
    ),
    Mutation(
        "HQ takes a repeated batch as new",
        5,
        "cloud_api/ingest.py",
        (
            (
                "        fresh = [item for item in push.items if item.seq > last]\n",
                "        fresh, last_hash = list(push.items), GENESIS\n",
            ),
        ),
        ("tests/cloud_api/test_ingest.py",),
    ),
    Mutation(
        "stock is overwritten by the last movement",
        6,
        "sync/store/writing.py",
        (("SET thousandths = thousandths + excluded.thousandths", "SET thousandths = excluded.thousandths"),),
        ("tests/sync/test_store.py", "tests/sync/test_power_cut.py"),
    ),
    Mutation(
        "HQ's stock is overwritten by the last sale",
        6,
        "cloud_api/stock_taken.py",
        (
            (
                "SET moved_thousandths = stock_sum.moved_thousandths + excluded.moved_thousandths",
                "SET moved_thousandths = excluded.moved_thousandths",
            ),
        ),
        ("tests/cloud_api/test_ingest.py", "tests/cloud_api/test_each_sale_once.py"),
    ),
    Mutation(
        "the card number passes unmasked (ZVT)",
        7,
        "drivers/payment_terminals/zvt/masking.py",
        (
            (
                "    if tag == bitmaps.PAN:\n        return mask_number_field(value)\n",
                "    if tag == bitmaps.PAN:\n        return value\n",
            ),
        ),
        ("tests/agent/test_nothing_secret.py::test_no_card_number_is_kept_or_shown",),
    ),
    Mutation(
        "a buyer's address gets into the journal",
        7,
        "agent/till/selling_acts.py",
        (("e.ContactGiven(personal.id)", "e.ContactGiven(personal.value)"),),
        ("tests/agent/test_nothing_secret.py::test_people_lie_in_one_table_and_can_be_erased",),
    ),
    Mutation(
        "a buyer's address gets into the journal with the document",
        7,
        "agent/course/seal_course.py",
        (('document=replace(document, buyer_contact="")', "document=document"),),
        ("tests/agent/test_nothing_secret.py::test_people_lie_in_one_table_and_can_be_erased",),
    ),
    Mutation(
        "a defect of the uplink takes the till with it",
        8,
        "agent/hq_ways.py",
        (('        await keep_running(f"uplink of', '        await run()  # (f"uplink of'),),
        ("tests/agent/test_the_till_sells.py::test_a_crash_of_the_uplink_does_not_reach_the_till",),
    ),
    Mutation(
        "an HQ that cannot be reached raises in the till",
        8,
        "sync/asking.py",
        (("except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL)", "except httpx.InvalidURL"),),
        ("tests/sync/test_courier.py",),
    ),
    Mutation(
        "money is a float",
        0,
        "fiscal/money.py",
        (("from __future__ import annotations\n", "from __future__ import annotations\n\nKOPECKS = 100.0\n"),),
        ("tests/structure/test_no_float_in_the_law.py",),
    ),
    Mutation(
        "a simulator uses the checksum of its driver",
        0,
        "drivers/simulators/stir.py",
        (
            (
                "import anyio\n",
                "import anyio\n\nfrom drivers.wire.checksums import __doc__ as shared  # noqa: F401\n",
            ),
        ),
        (IMPORTS,),
    ),
)
