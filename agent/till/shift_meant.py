"""What stands of the shift: an act of the register that is no sale, kept from its intent until its outcome is known."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class ShiftMeant(msgspec.Struct, frozen=True):
    """The intent of one act, kept until it is settled. `act`: open, close, cash_in, cash_out.

    `claim` is the number of the slip that a cash_out pays; `supervisor`: was it one who ordered that?
    """

    act: str
    cashier: str
    serial: str
    fn: str
    last_document: int
    shift_number: int
    shift_open: bool
    drawer_minor: int
    sum_minor: int = 0
    reason: str = ""
    at_ms: int = 0
    claim: str = ""
    supervisor: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """An act whose outcome is not known yet."""

    meant: ShiftMeant
    why: str


class PersonSaid(msgspec.Struct, frozen=True):
    """A supervisor's word about a payout that the register could not tell: the journal keeps whose it was."""

    claim: str
    paid: bool
    person: str
    sum_minor: int
