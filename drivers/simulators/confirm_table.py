"""The confirm terminal's tables: its requests, the faults it can have, the commands a person types, what it shows."""

from __future__ import annotations

from typing import Any

MEMBERS: dict[str, tuple[str, ...]] = {
    "state": (),
    "totals": (),
    "stop": ("key",),
    "commit": ("key",),
    "rollback": ("key",),
    "query": ("key",),
    "authorise": ("key", "amount", "currency"),
    "refund": ("key", "of", "amount", "currency"),
    "reverse": ("key", "of"),
}
CODES = {"card": "present_card", "pin": "enter_pin", "host": "connecting"}  # of the `show` lines
WORDS = {
    "card": ("Hold or insert card", "Приложите или вставьте карту"),
    "pin": ("Enter PIN", "Введите ПИН-код"),
    "host": ("Connecting to the bank", "Связь с банком"),
    "idle": ("Ready", "Готов к работе"),
    "off": ("", ""),
}

FAULTS: dict[str, str] = {
    "lost_before_authorise": "the connection closes before an authorise is begun",
    "lost_answer_authorise": "the money is suspended, the connection closes instead of the answer",
    "lost_before_commit": "the connection closes before a commit is carried out",
    "lost_answer_commit": "the purchase is booked, the connection closes instead of the answer",
    "lost_before_rollback": "the connection closes before a roll back is carried out",
    "lost_answer_rollback": "the money is given back, the connection closes instead of the answer",
    "lost_before_refund": "the connection closes before a refund is begun",
    "lost_answer_refund": "the refund is done, the connection closes instead of the answer",
    "lost_before_reverse": "the connection closes before a reversal is begun",
    "lost_answer_reverse": "the reversal is done, the connection closes instead of the answer",
    "power_cut_in_authorise": "power off while it waits for the card (=SECONDS without power, default 10)",
    "power_cut_after_commit": "power off after booking, before the answer (=SECONDS without power, default 10)",
    "declined": "the host declines (=REASON, default not_enough_money)",
    "slow": "the host takes long (=SECONDS, default 100)",
    "busy": "an authorise, refund or reversal is declined with busy",
    "silent": "a request is not answered and does nothing (several: @1xN)",
}
COMMANDS: dict[str, str] = {
    "present card": "hold a card to the reader",
    "remove card": "take the card away",
    "press cancel": "press the terminal's red key: ends the wait for card or PIN",
    "card auto [SECONDS]": "a card presents itself after so many seconds (default 2)",
    "card manual": "no card comes by itself",
    "language en|ru": "the language of the texts it shows",
    "power off": "pull the power",
    "power on": "give the power back",
    "fault NAME[@N[xK]][=VALUE]": "arm a fault",
    "decline next": "the host declines the next payment",
}


def well_formed(request: dict[str, Any]) -> bool:
    """Is it one of the requests of the table, with its members in their types?"""
    do = request.get("do")
    if not isinstance(do, str) or do not in MEMBERS:
        return False
    for name in MEMBERS[do]:
        value = request.get(name)
        if name == "key":
            if not isinstance(value, str) or not 1 <= len(value) <= 40:
                return False
        elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
            return False
    return True
