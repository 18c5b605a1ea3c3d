"""Ways to break what holds of the chain's customers, for `make break-laws` beside those of mutations.py."""

from __future__ import annotations

from tests.laws.mutations import Mutation

AT_HQ = "tests/cloud_api/test_customers.py"
OFFERS = "tests/cloud_api/test_customer_offers.py"
CHAIN = "tests/agent/test_customers_of_the_chain.py"

CUSTOMER_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "customers: a withdrawal leaves the keys",
        7,
        "cloud_api/customers/withdrawing.py",
        (('    await transaction.write("DELETE FROM customer_key WHERE consent=?", (consent,))\n', ""),),
        (f"{AT_HQ}::test_a_withdrawal_in_one_shop_ends_it_in_all",),
    ),
    Mutation(
        "customers: a withdrawal is good in its own shop only",
        7,
        "cloud_api/customers/withdrawing.py",
        (("    if told.why in OWN_WORD:\n", "    if told.why in ():\n"),),
        (f"{AT_HQ}::test_a_withdrawal_in_one_shop_ends_it_in_all",),
    ),
    Mutation(
        "customers: any shop ends another one's consent by its name",
        7,
        "cloud_api/customers/withdrawing.py",
        (
            (
                "    if row is None or (row[2] not in device.places and row[3] != device.device):\n",
                "    if row is None:\n",
            ),
        ),
        (f"{AT_HQ}::test_nobody_ends_another_shops_consent_by_its_name",),
    ),
    Mutation(
        "customers: two proved telephones are one person",
        7,
        "cloud_api/customers/matching.py",
        (("        if owner.phones and held and held.isdisjoint(owner.phones):\n", "        if False:\n"),),
        (f"{AT_HQ}::test_what_speaks_against_one_person_is_put_aside",),
    ),
    Mutation(
        "customers: an unmerged merge counts still",
        7,
        "cloud_api/customers/profiles.py",
        (("WHERE undone_n IS NULL AND {dialect", "WHERE {dialect"),),
        (f"{AT_HQ}::test_any_merges_and_unmerges_add_up_to_those_that_stand",),
    ),
    Mutation(
        "customers: offers without a consent to them",
        7,
        "cloud_api/customers/telling.py",
        ((" if body.marketing else []", ""),),
        (f"{OFFERS}::test_offers_are_for_those_who_agreed_to_them",),
    ),
    Mutation(
        "customers: HQ is not asked to forget a consent to offers",
        7,
        "agent/visitors/visitors.py",
        (("        self.customers, self.consents.told_hq = told, told.told\n", "        self.customers = told\n"),),
        (f"{CHAIN}::test_agrees_in_one_shop_is_met_in_another_and_gone_from_all_when_they_withdraw",),
    ),
    Mutation(
        "customers: a purchase is dropped for want of room",
        7,
        "sync/wire/customer_facts.py",
        (("NEVER_DROPPED = (CUSTOMER, FORGET, PURCHASE)", "NEVER_DROPPED = (CUSTOMER, FORGET)"),),
        (
            "tests/sync/test_visitor_store_drop.py"
            "::test_a_customers_consent_its_end_and_their_purchases_survive_every_drop",
        ),
    ),
)
