"""Ways to break what holds of a slip shown in another shop, for `make break-laws` beside those of mutations.py."""

from __future__ import annotations

from tests.laws.mutations import Mutation

ELSEWHERE = "tests/agent/test_claim_elsewhere.py"
ANY_TROUBLE = f"{ELSEWHERE}::test_owed_by_one_and_paid_once_after_any_trouble"

CLAIM_MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "claim: HQ grants a slip by its own word, without asking who owes it",
        2,
        "cloud_api/claim_requests.py",
        (
            (
                '    return int(await give(transaction, owner, f"release/{asked.request}", "claim_release", release,',
                "    mine = ClaimGiven(\n"
                "        asked.request, owner, device.device, asked.issuer, asked.number, asked.slip, 1000,\n"
                "        'RUB', '', '', 'kiosk-1', 0, now_ms + 10**9,\n"
                "    )\n"
                "    return int(await give(\n"
                '        transaction, device.device, f"given/{release.request}", "claim_granted", mine,',
            ),
        ),
        (f"{ANY_TROUBLE}[1]",),
    ),
    Mutation(
        "claim: a slip is told to be given over, and the journal does not say so",
        1,
        "agent/claims/claim_exchange.py",
        (("                        entries=change.entries,\n", "                        entries=(),\n"),),
        (f"{ELSEWHERE}::test_it_comes_back_when_the_shopper_goes_home", f"{ANY_TROUBLE}[1]"),
    ),
    Mutation(
        "claim: a command that comes again has its effect again",
        4,
        "agent/claims/claim_desk.py",
        (
            (
                "        return kept.requests(self._store.journal(kept.subject(number)))\n",
                "        return frozenset()\n",
            ),
        ),
        (f"{ELSEWHERE}::test_what_came_and_went_does_not_go_again",),
    ),
    Mutation(
        "claim: the place in HQ's feed is kept before what it asks is done",
        1,
        "sync/downlink.py",
        (
            (
                "        if take is None:\n            await store.commit(Batch(settings=(here,)))\n"
                "            continue\n",
                "        await store.commit(Batch(settings=(here,)))\n        if take is None:\n            continue\n",
            ),
        ),
        (f"{ELSEWHERE}::test_a_full_disk_gives_nothing_away",),
    ),
    Mutation(
        "claim: a slip is given over to whoever knows its number",
        7,
        "agent/claims/claim_exchange.py",
        (("        if self._desk.seen(claim) != asked.slip:\n", "        if not asked.slip:\n"),),
        (f"{ELSEWHERE}::test_who_owes_it_says_no[forged-forged]",),
    ),
)
