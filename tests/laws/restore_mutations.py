"""Ways to break what holds when a dead box is replaced: nothing sold blind, nothing told twice, no document twice."""

from __future__ import annotations

from tests.laws.mutations import Mutation

DRILL = "tests/simulation/test_dead_box.py"
TOLD = "tests/agent/test_told_facts.py"
KIOSK = "tests/simulation/test_dead_kiosk.py::test_what_only_the_dead_box_knew_of_the_money_is_asked"
SAID = "tests/agent/test_kiosk_old_money.py"
CARD = f"{DRILL}::test_the_backup_was_made_while_a_card_was_paid"

RESTORE_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "restore: a till sells before its register was matched",
        3,
        "agent/till/restore_acts.py",
        (("    if act not in ALLOWED and is_held_back(till):", "    if False:"),),
        (f"{DRILL}::test_while_hq_is_away_a_supervisor_may_open_it_and_the_question_stands",),
    ),
    Mutation(
        "restore: receipts that only the register knows are left out of the books",
        5,
        "agent/restore/restore_desk.py",
        (("                await self._adopt(till, look, row)\n", "                pass\n"),),
        (f"{DRILL}::test_the_register_is_the_same",),
    ),
    Mutation(
        "restore: what lies in the own outbox is taken from HQ once more",
        5,
        "agent/restore/taking_back.py",
        (("None if copy.id in ours else self._facts.batch(copy)", "self._facts.batch(copy)"),),
        (f"{DRILL}::test_what_the_backup_still_had_to_send_is_not_taken_from_hq_too",),
    ),
    Mutation(
        "restore: a sale that is told moves no stock",
        6,
        "agent/restore/told_facts.py",
        (("moves=moves, settings=numbers, locks=tuple(free))", "settings=numbers, locks=tuple(free))"),),
        (TOLD,),
    ),
    Mutation(
        "restore: a sale of the backup is taken up where it stood",
        3,
        "agent/restore/restore_desk.py",
        (("return next((one.seq <= state.rows for", "return next((False for"),),
        (f"{DRILL}::test_the_backup_was_made_in_the_middle_of_a_sale",),
    ),
    Mutation(
        "restore: numbers go on where the backup stood",
        5,
        "agent/restore/told_facts.py",
        (("        numbers = self._number(told.till, told.number)\n", "        numbers = ()\n"),),
        (TOLD,),
    ),
    Mutation(
        "restore: money that the backup has is given back by itself",
        5,
        "agent/kiosk/money_back.py",
        (
            (
                "        if self.old.is_old(order):\n            return None  # what became of it the dead box knew",
                "        if False:\n            return None  # what became of it the dead box knew",
            ),
        ),
        (KIOSK, SAID),
    ),
    Mutation(
        "restore: a slip's sum is booked again",
        5,
        "agent/restore/restore_desk.py",
        (("        settings += self._bookings(till) if after.confirmed_ms else []\n", ""),),
        (KIOSK, f"{SAID}::test_a_slips_sum_is_not_booked_again_unasked"),
    ),
    Mutation(
        "restore: what HQ says was booked is asked about, or booked again",
        5,
        "agent/restore/told_facts.py",
        (("        waiting.remove(told.sum)\n", ""),),
        (KIOSK,),
    ),
    Mutation(
        "restore: a person's word about old money is kept without what it does",
        1,
        "agent/kiosk/money_back.py",
        (("entries=beside.entries", "entries=()"),),
        (f"{SAID}::test_a_supervisors_word_is_kept_with_what_it_does_and_counts_once",),
    ),
    Mutation(
        "restore: a terminal's record of another card of the same sum is taken for the backup's",
        4,
        "agent/course/card_course.py",
        (("        if last == NOBODY_KNOWS and not", "        if False and not"),),
        (CARD,),
    ),
    Mutation(
        "restore: a card that the backup knew as sent keeps the terminal for ever",
        2,
        "agent/restore/restore_desk.py",
        (("locks=(*self._free(till, sale.id), *self._free_terminals(sale)),", "locks=self._free(till, sale.id),"),),
        (CARD,),
    ),
    Mutation(
        "restore: transfers that the backup does not have are told no more",
        5,
        "cloud_api/feed_door.py",
        (("                await tell_transfers_again(storage, device, since, now_ms=now_ms())\n", ""),),
        (
            "tests/cloud_api/test_stock_at_hq.py::test_a_restored_box_hears_again_what_is_on_its_way_and_what_has_arrived",
        ),
    ),
)
