"""Every fault of a simulated day and the steps in which it can strike: the reachable cells of the coverage table.

A fault is named `DEVICE:FAULT` as the simulators name theirs (`kkt`, `zvt`, `confirm`, `goods`), or `shop:` and `hq:`
for what befalls cables, power, paper, disks and the way to HQ. `UNREACHABLE` says why a simulator's fault is not
here; a test demands that each fault of each simulator is in one of the two lists.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.steps import Step

S = Step


@dataclass(frozen=True, slots=True)
class Cell:
    """`fault` is what is armed or done, with its value if any: `zvt:drop_before_ack=started`."""

    fault: str
    step: Step

    @property
    def device(self) -> str:
        return self.fault.partition(":")[0]

    @property
    def name(self) -> str:
        """The fault's own name, without its value."""
        return self.fault.partition(":")[2].partition("=")[0]

    @property
    def row(self) -> str:
        """The row of the table."""
        return f"{self.device}:{self.name}"


_TALK = (S.PREFLIGHT, S.SEALING, S.RESOLVING, S.OPENING, S.CLOSING, S.CASH_MOVE)
_COMMITS = (S.SEALING, S.OPENING, S.CLOSING)
_CARD = (S.CARD,)
_MONEY = (S.CARD, S.REFUNDING, S.GIVING_BACK)
_EVERY = tuple(step for step in Step)

REGISTER = {
    **dict.fromkeys(
        (
            "drop_before_frame", "drop_after_ack", "drop_during_execution", "half_answer", "bad_lrc_once",
            "bad_lrc_always", "nak_storm", "ff_noise", "enq_silence", "slow_answer", "power_cycle_before_frame",
            "power_cycle_after_ack", "power_cycle_during_execution", "power_cycle_half_answer",
        ),
        _TALK,
    ),
    **dict.fromkeys(
        (
            "drop_after_commit", "power_cycle_after_commit", "power_cycle_while_printing", "paper_out_before_commit",
            "paper_out_after_commit", "hangs_before_continue", "fn_exhausted", "fn_store_full",
            "fn_fails_before_commit", "fn_fails_after_commit", "last_document_jumps_by_2",
        ),
        _COMMITS,
    ),
    "pending_answer_survives_power": (S.SEALING,),
    "previous_answer_pending": (S.SCANNING,),
    "clock_off": (S.SCANNING,),
    "shift_24h": (S.PREFLIGHT,),
    "shift_24h_mid_receipt": (S.SEALING,),
    "fn_warns_3_days": (S.PREFLIGHT,),
    "fn_warns_30_days": (S.PREFLIGHT,),
    "fn_warns_archive": (S.PREFLIGHT,),
    "fn_warns_ofd": (S.PREFLIGHT,),
    "fn_warns_critical": (S.PREFLIGHT,),
    "fn_document_stuck": (S.SEALING,),
    "fn_swapped": (S.SCANNING,),
    "register_swapped": (S.SCANNING,),
    "mark_refused_at_item": (S.SEALING,),
    "mark_refused_at_seal": (S.SEALING,),
    "marks_unreachable": (S.SEALING,),
    "refuses": (S.SEALING, S.OPENING, S.CLOSING, S.CASH_MOVE),
    "ofd_away": (S.SEALING,),
}  # fmt: skip
ZVT = {
    **dict.fromkeys(
        (
            "no_ack", "drop_before_ack", "drop_after_ack", "drop_before_result", "drop_after_result_before_our_ack",
            "drop_after_our_ack", "drop_in_print", "close_before_completion", "ack_lost", "duplicate_result",
            "result_late", "slow_t4", "abort_after_approval", "decline", "host_down", "busy", "power_cut_lost_record",
            "power_off_before_ack", "power_off_after_ack", "power_off_at_host", "power_off_before_result",
            "power_off_after_result", "power_off_in_print", "power_off_before_booking", "power_off_after_booking",
        ),
        _MONEY,
    ),
    **dict.fromkeys(
        (
            "drop_before_ack=started", "result_for_other_amount", "partial_approval", "approved_after_abort",
            "abort_after_approval=booked", "pan_unmasked", "unknown_bitmap", "unknown_bitmap=front",
            "clock_minus_day", "power_off_at_pin",
        ),
        _CARD,
    ),
    "power_off_at_card": (S.CARD, S.REFUNDING),
    **dict.fromkeys(("fragment", "coalesce", "len_ff_form"), (S.CARD, S.RESOLVING, S.REFUNDING)),
    "diagnosis_needed": (S.PREFLIGHT,),
    "end_of_day_open": (S.PREFLIGHT,),
    "initialisation_needed": (S.PREFLIGHT,),
    "reversal_unknown": (S.GIVING_BACK,),
    "resolver_silent": (S.RESOLVING,),
    "repeat_shows_reversed": (S.RESOLVING,),
    "end_of_day_lost": (S.CLOSING,),
}  # fmt: skip
ZVT["host_down"] = (*_MONEY, S.CLOSING)
CONFIRM = {
    "lost_before_authorise": _CARD,
    "lost_answer_authorise": _CARD,
    "power_cut_in_authorise": _CARD,
    "declined": (S.CARD, S.REFUNDING),
    "slow": (S.CARD, S.REFUNDING),
    "busy": (S.CARD, S.REFUNDING),
    "lost_before_commit": (S.CONFIRMING,),
    "lost_answer_commit": (S.CONFIRMING,),
    "power_cut_after_commit": (S.CONFIRMING,),
    "lost_before_rollback": (S.GIVING_BACK,),
    "lost_answer_rollback": (S.GIVING_BACK,),
    "lost_before_refund": (S.REFUNDING,),
    "lost_answer_refund": (S.REFUNDING,),
    "silent": (S.PREFLIGHT, S.CARD, S.CONFIRMING, S.GIVING_BACK, S.REFUNDING, S.RESOLVING, S.CLOSING),
}
GOODS = dict.fromkeys(("silent", "slow", "verdict", "garbage", "drop"), (S.SCANNING, S.MENDING))
_HANDS = (S.IDLE, S.SCANNING, S.PREFLIGHT, S.SEALING, S.PRINTING, S.RESOLVING, S.OPENING, S.CLOSING, S.CASH_MOVE)
_MONEY_AND_ITS_END = (S.PREFLIGHT, S.CARD, S.REFUNDING, S.GIVING_BACK, S.RESOLVING, S.CLOSING)
SHOP = {
    "power cut": _EVERY,
    "power cut, torn writes": _EVERY,
    "register unplugged": (*_HANDS, S.MENDING),
    "register's network dead": (S.PREFLIGHT, S.SEALING, S.RESOLVING, S.OPENING, S.CLOSING, S.CASH_MOVE),
    "terminal unplugged": (*_MONEY_AND_ITS_END, S.CONFIRMING, S.IDLE),
    "terminal's network dead": (*_MONEY_AND_ITS_END, S.CONFIRMING),
    "goods check unplugged": (S.SCANNING,),
    "paper out": (*_HANDS, S.MENDING),
    "cover open": (S.SCANNING, S.SEALING, S.PRINTING, S.MENDING),
    "register power cycle": (S.IDLE, S.PREFLIGHT, S.SEALING, S.PRINTING, S.CLOSING),
    "terminal power cycle": (S.CARD, S.RESOLVING, S.REFUNDING, S.GIVING_BACK, S.CONFIRMING),
    "disk slow": (S.CARD, S.SEALING, S.RESOLVING, S.GIVING_BACK, S.REFUNDING, S.CONFIRMING, S.CLOSING),
    "disk full": (
        S.SCANNING, S.CARD, S.SEALING, S.MENDING, S.RESOLVING, S.CONFIRMING, S.GIVING_BACK, S.REFUNDING, S.OPENING,
        S.CLOSING, S.CASH_MOVE,
    ),
}  # fmt: skip
HQ = dict.fromkeys(("away", "unheard", "lost", "late", "portal", "busy", "cut", "restart"), (S.SYNCING,))

UNREACHABLE = {
    "kkt:v2_number_survives_power": "the driver speaks link v1",
    "confirm:lost_before_reverse": "before its receipt a confirm purchase is rolled back, afterwards refunded",
    "confirm:lost_answer_reverse": "before its receipt a confirm purchase is rolled back, afterwards refunded",
}
LAST = frozenset({"kkt:fn_warns_critical", "kkt:fn_swapped", "kkt:register_swapped"})
"""After these the register sells nothing more that day: they are a till's last sale."""

CELLS: tuple[Cell, ...] = tuple(
    Cell(f"{device}:{fault}", step)
    for device, faults in (
        ("kkt", REGISTER), ("zvt", ZVT), ("confirm", CONFIRM), ("goods", GOODS), ("shop", SHOP), ("hq", HQ)
    )
    for fault, steps in faults.items()
    for step in steps
)  # fmt: skip
