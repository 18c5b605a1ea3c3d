"""What every device offers that takes or gives out notes and coins, whatever its protocol.

One conversation lives as long as the wire: `attend` polls, tells what happens to each piece of money, and hears wishes.
A piece stands in one of four places, and only in the last is it ours:

    at the mouth   the shopper may still take it     Entered, Rejected
    in escrow      undecided                         Escrowed -> wish Stack or GiveBack; held until then
    past return    ours, not confirmed               Stacking
    in the box     confirmed                         Stacked: the one moment to credit

Events marked *durable* are journaled before the dialogue goes on: `Tell` returns when they are, and only then does the
driver acknowledge them to the device. Nothing here decides whether a piece was credited before: a driver says what the
device says, the journal knows what it has booked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from drivers.wire.dialogue import Dialogue, Wish


@dataclass(frozen=True, slots=True)
class Denomination:
    """A note or coin as the device numbers it: CCNET bill type, SSP channel, ID-003 escrow code, ccTalk position."""

    type: int
    value_minor: int
    currency: str  # ISO 4217, "RUB"


@dataclass(frozen=True, slots=True)
class Unit:
    """One machine on the wire: a wire may carry several (a coin acceptor and a hopper on one ccTalk bus).

    `stacked` is the device's own count of all pieces it ever took for good, `credits` its wrapping event counter; None
    where it has none or would not tell. `gives` are the pieces it can pay out.
    """

    name: str  # "validator", "coins", "hopper": stable for a wire
    serial: str
    title: str  # model and firmware, for people
    takes: tuple[Denomination, ...] = ()
    gives: tuple[Denomination, ...] = ()
    escrow: bool = False
    stacked: int | None = None
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class PayoutMeant:
    """Durable, before the first byte that pays: what is to be paid, and what the unit's counters say before it.

    `baseline` is the driver's own: it finds out from it after an outage whether and how much was paid.
    """

    unit: str
    key: str
    amount_minor: int
    baseline: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the journal knows of a unit from before this conversation: the newest `Unit` it was told, with the `credits`
    of the newest piece, and a payout whose end it has not been told."""

    unit: Unit
    payout: PayoutMeant | None = None


# Events


@dataclass(frozen=True, slots=True)
class Found:
    """Durable. The unit is identified and takes nothing yet. Told once at each beginning and after each reset of the
    device, before anything is enabled; pieces it took before its identity could be read are told earlier."""

    unit: Unit


@dataclass(frozen=True, slots=True)
class Counted:
    """Durable. The unit's own count, read while it takes nothing: told right before it begins to accept."""

    unit: str
    stacked: int | None


@dataclass(frozen=True, slots=True)
class Accepting:
    """It takes money now."""

    unit: str


@dataclass(frozen=True, slots=True)
class Closed:
    """It takes no money, and no piece is on its way."""

    unit: str


@dataclass(frozen=True, slots=True)
class Entered:
    unit: str


@dataclass(frozen=True, slots=True)
class Escrowed:
    """Durable. `denomination` None: the device names a type that its table does not have; it can only be given back."""

    unit: str
    type: int
    denomination: Denomination | None


@dataclass(frozen=True, slots=True)
class Stacking:
    """Past the point of no return, not yet ours to book."""

    unit: str


@dataclass(frozen=True, slots=True)
class Stacked:
    """Durable; the device is acknowledged afterwards. The piece is in the box (or in the recycler's store).

    `recovered`: not seen in the normal course of this conversation but found at its beginning or after a reset; the
    journal may have booked it. `denomination` None: the value is not known. `credits` as in `Unit`, after this piece.
    """

    unit: str
    type: int
    denomination: Denomination | None
    recovered: bool = False
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class CreditsLost:
    """Durable. The event counter says that `count` more pieces or troubles happened than the device still remembers."""

    unit: str
    count: int
    credits: int


@dataclass(frozen=True, slots=True)
class Returned:
    """Durable. The piece in escrow went back to the shopper. `type` 0: the device does not say which."""

    unit: str
    type: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """The unit did not want the piece; the shopper has it back. `reason` names a text ("ccnet.reject.68")."""

    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class CassetteOut:
    """Durable. The box is gone from its place."""

    unit: str


@dataclass(frozen=True, slots=True)
class CassetteBack:
    """Durable."""

    unit: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Durable. The unit takes nothing until `Well`. `code` names a text. `inside`: a piece may be stuck on our side of
    the point of no return."""

    unit: str
    code: str
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Well:
    """The trouble is over."""

    unit: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something for the log and the alarms that stops nothing: an attempt at fraud, a level. `code` names a text."""

    unit: str
    code: str


@dataclass(frozen=True, slots=True)
class Levels:
    """How many of each piece the unit can pay out now: (type, count), told at the beginning and when it changes."""

    unit: str
    counts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Paying:
    """So much lies in the tray so far."""

    unit: str
    key: str
    paid_minor: int


@dataclass(frozen=True, slots=True)
class PaidOut:
    """Durable. The end of a payout: what was really paid. `certain` False: the device cannot prove it, `paid_minor` is
    then the least that is proved. `reason` names a text where less than asked was paid."""

    unit: str
    key: str
    asked_minor: int
    paid_minor: int
    certain: bool = True
    recovered: bool = False
    reason: str = ""


CashEvent = (
    Found
    | Counted
    | Accepting
    | Closed
    | Entered
    | Escrowed
    | Stacking
    | Stacked
    | CreditsLost
    | Returned
    | Rejected
    | CassetteOut
    | CassetteBack
    | Trouble
    | Well
    | Noticed
    | Levels
    | PayoutMeant
    | Paying
    | PaidOut
)


# Wishes


@dataclass(frozen=True, slots=True)
class Accept(Wish):
    """Take these types, `types` by the unit's name, and no others. Ignored for types the unit does not have."""

    name: str = field(default="accept", init=False)
    types: Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Refuse(Wish):
    """Take nothing more; a piece on its way is still told to its end, then `Closed`."""

    name: str = field(default="refuse", init=False)


@dataclass(frozen=True, slots=True)
class Stack(Wish):
    """Keep the piece in escrow. Comes to nothing where none is."""

    name: str = field(default="stack", init=False)
    unit: str


@dataclass(frozen=True, slots=True)
class GiveBack(Wish):
    """Return the piece in escrow. Comes to nothing where none is."""

    name: str = field(default="give_back", init=False)
    unit: str


@dataclass(frozen=True, slots=True)
class Pay(Wish):
    """Pay out. A unit that cannot pay exactly this pays nothing and says so."""

    name: str = field(default="pay", init=False)
    unit: str
    key: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Reset(Wish):
    """A person says that the trouble is cleared: begin anew."""

    name: str = field(default="reset", init=False)


@dataclass(frozen=True, slots=True)
class Leave(Wish):
    """Take nothing more, let a piece on its way come to its end, then end the conversation."""

    name: str = field(default="leave", init=False)


class CashDevice(Protocol):
    """A wire with one or more units. Instances hold settings and no connection."""

    def identify(self) -> Dialogue[tuple[Unit, ...]]:
        """Who is on the wire. Changes nothing and resets nothing; a unit that cannot tell now has an empty serial.

        Answers within 3 s, or raises.
        """
        ...

    def attend(self, remembered: Mapping[str, Remembered]) -> Dialogue[None]:
        """Runs until the wish `Leave`; tells every event above. `remembered` is by the unit's name.

        Begins with nothing accepted: a piece found in escrow is given back, one past return is awaited, a payout left
        open is settled (`PaidOut(recovered=True)`), and only then wishes are heard. The period of 200 ms is kept by
        `Rest`. Raises Unanswered when the device was silent for 5 s; whoever attends then begins again.
        """
        ...
