"""Ways to break what holds for store credit, for `make break-laws` beside those of tests/laws/mutations.py."""

from __future__ import annotations

from tests.laws.mutations import Mutation

AT_THE_TILL = "tests/agent/test_credit_till.py"
AT_THE_KIOSK = "tests/agent/test_kiosk_credit.py"

CREDIT_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "credit: the sale is kept and its account is not",
        5,
        "agent/course/sale_record.py",
        (("credit = credit_events(self.sale, sale, events)", "credit = credit_events(sale, sale, ())"),),
        (AT_THE_TILL,),
    ),
    Mutation(
        "credit: two tills count on the same money",
        1,
        "agent/credit/credit_desk.py",
        (("found.balance_minor - self._held.get(account, 0)", "found.balance_minor"),),
        (f"{AT_THE_TILL}::test_two_tills_do_not_spend_it_twice",),
    ),
    Mutation(
        "credit: a number that anybody knows opens a purse where nobody watches",
        7,
        "agent/kiosk/acts.py",
        ((' if number is not None and number.how == "card" else None', " if number is not None else None"),),
        (f"{AT_THE_KIOSK}::test_a_card_of_the_shop_pays_with_it_and_a_phone_does_not",),
    ),
    Mutation(
        "credit: an advance that was not made owes nothing",
        4,
        "agent/kiosk/order_money.py",
        (("boxes.inserted_minor(order) + moved_in,", "boxes.inserted_minor(order),"),),
        (AT_THE_KIOSK,),
    ),
    Mutation(
        "credit: a payment that is given up keeps what it took",
        1,
        "fiscal/store_credit.py",
        (("CreditReturned(after.id, event.sum_minor)", "CreditReturned(after.id, 0)"),),
        (f"{AT_THE_TILL}::test_leaving_the_payment_puts_it_back",),
    ),
    Mutation(
        "credit: goods that come back turn it into cash",
        1,
        "fiscal/refund.py",
        (("    to_credit = min(money - to_card, max(0, to_credit_left))\n", "    to_credit = 0 * to_credit_left\n"),),
        ("tests/fiscal/test_money_laws.py", AT_THE_TILL),
    ),
)
