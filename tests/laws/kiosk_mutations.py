"""Ways to break what holds at a kiosk, for `make break-laws` beside those of tests/laws/mutations.py."""

from __future__ import annotations

from tests.laws.mutations import Mutation

MONEY_LAWS = "tests/agent/test_kiosk_money_laws.py"
PAYOUTS_CUT = "tests/simulation/test_kiosk_faults.py::test_what_falls_short_is_given_otherwise[recycler and agent]"

KIOSK_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "kiosk: change whose payout was found after a restart is given again",
        4,
        "agent/kiosk/boxes.py",
        (
            (
                "            for ended in record.unit.paid\n            if order_of(ended.key) == order\n",
                "            for ended in record.unit.paid\n"
                '            if order_of(ended.key) == order and ended.how == "seen"\n',
            ),
        ),
        (PAYOUTS_CUT,),
    ),
    Mutation(
        "kiosk: a payout that stands in the journal is no reason to wait",
        4,
        "agent/kiosk/boxes.py",
        (("        return meant or self._still_wished(order)\n", "        return self._still_wished(order)\n"),),
        (PAYOUTS_CUT,),
    ),
    Mutation(
        "kiosk: a payout that fell short is booked as it was asked",
        4,
        "agent/cash/cash_slot.py",
        (
            (
                "    return e.PayEnded(event.key, event.asked_minor, event.paid_minor, event",
                "    return e.PayEnded(event.key, event.asked_minor, event.asked_minor, event",
            ),
        ),
        (PAYOUTS_CUT,),
    ),
    Mutation(
        "kiosk: a slip is printed before its claim is durable",
        1,
        "agent/kiosk/money_back.py",
        (
            (
                "        claim = await self.claims.issue(",
                "        from fiscal.claim import ClaimIssued\n\n"
                "        number, _ = self.claims._next_number()\n"
                '        issued = ClaimIssued(number, amount_minor, "RUB", reason, order, "shop", 0, 0)\n'
                "        await self.print(Claim(issued))\n"
                "        claim = await self.claims.issue(",
            ),
        ),
        (f"{MONEY_LAWS}::test_a_slip_is_printed_when_its_claim_is_durable",),
    ),
    Mutation(
        "kiosk: what the register is owed for a claim is kept in a commit of its own",
        5,
        "agent/kiosk/money_back.py",
        (
            (
                "settings=(unbooked, *beside.settings), entries=beside.entries\n        )\n",
                "settings=beside.settings, entries=beside.entries\n        )\n"
                "        await self._till.store.commit(Batch(settings=(unbooked,)))\n",
            ),
        ),
        (f"{MONEY_LAWS}::test_a_claim_and_its_place_in_the_register_are_one_commit",),
    ),
    Mutation(
        "kiosk: that the register has a claim is kept in a commit of its own",
        5,
        "agent/kiosk/money_back.py",
        (
            (
                "        return (self._keep_unbooked(self.unbooked()[1:]),)\n",
                "        return ()\n",
            ),
            (
                ', "cash_in", self.unbooked()[0], claim_journal.BOOKED_FOR)\n',
                ', "cash_in", self.unbooked()[0], claim_journal.BOOKED_FOR)\n'
                "        await self._till.store.commit(Batch(settings=(self._keep_unbooked(self.unbooked()[1:]),)))\n",
            ),
        ),
        (f"{MONEY_LAWS}::test_a_claim_and_its_place_in_the_register_are_one_commit",),
    ),
    Mutation(
        "kiosk: a note is kept although the shopper gave up",
        4,
        "agent/kiosk/kiosk.py",
        (("Stage.CASH or session.giving_up or sale is None", "Stage.CASH or sale is None"),),
        (f"{MONEY_LAWS}::test_a_note_that_comes_after_the_shopper_gave_up_goes_back",),
    ),
    Mutation(
        "kiosk: money is taken although the kiosk may not take so much",
        8,
        "agent/kiosk/acts.py",
        (('kiosk.cash_refusal(kiosk.cash_due_minor(sale)) if means == "cash" else None', "None"),),
        (f"{MONEY_LAWS}::test_no_slot_opens_for_more_than_the_kiosk_may_take",),
    ),
    Mutation(
        "kiosk: money is taken before the register is looked at",
        8,
        "agent/kiosk/acts.py",
        (
            (
                "        refused = refused or await kiosk.look_at_register(sale)\n",
                '        refused = refused or (None if means == "cash" else await kiosk.look_at_register(sale))\n',
            ),
        ),
        (f"{MONEY_LAWS}::test_no_slot_opens_before_the_register_is_fit",),
    ),
    Mutation(
        "kiosk: a slip that was paid is paid again",
        4,
        "fiscal/claim.py",
        (("    (P.PAYING, ClaimPaid): P.PAID,\n", "    (P.PAYING, ClaimPaid): P.ISSUED,\n"),),
        ("tests/fiscal/test_claim.py::test_a_claim_is_paid_once", "tests/agent/test_claim_desk.py"),
    ),
    Mutation(
        "kiosk: what lies in another basket is promised once more",
        6,
        "agent/stock/reservations.py",
        ((" - held - self._promised", " - self._promised"),),
        (f"{MONEY_LAWS}::test_what_lies_in_another_basket_is_not_there",),
    ),
    Mutation(
        "kiosk: what is not on the shelf is promised",
        6,
        "agent/stock/basket_growth.py",
        (("wanted.thousandths > left:\n", "wanted.thousandths > left and not left:\n"),),
        (f"{MONEY_LAWS}::test_what_is_not_on_the_shelf_cannot_be_promised",),
    ),
)
