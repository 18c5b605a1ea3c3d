"""The validator as a body: what lies in it, what is wrong with it, how it starts and how a reset brings it in order.

    power ──> dark ──> 40, 41 (note before the point of no return) or 42 (past it, or its credit not acknowledged)
    40/41/42, or any status ── RESET ──> 1B: the way is cleared ──> 15 (a credit that is still owed) ──> 1A

A note found before the point of no return goes back to the shopper in 1B, one found past it falls into the cassette.
What outlives a power cut: the notes, the credit that is owed, jams, failures. Settings do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import Enum

from drivers.simulators.cash_box import CashBox, Place
from drivers.simulators.id003.clockwork import Clockwork
from drivers.simulators.id003.codes import STARTING, Reject, Status
from drivers.simulators.id003.faults import Cuts
from drivers.simulators.id003.settings import Settings
from drivers.simulators.world import Faults, Ledger, Memory

DARK_S = 1.0  # how long a cut by a fault lasts
BOOTS_S = 0.5  # from power to the first answer
CLEARS_S = 1.0  # the part of 1B in which the belts run
TRIES_OUT_S = 2.0  # the rest of 1B: about three seconds together
READY_S = 0.3  # from the note's fall into the cassette to being ready for the next
CAPACITY = 1000  # notes in a usual cassette

AT_EASE = (Status.IDLE, Status.DISABLED, Status.FULL)
CREDITING = (Status.VEND_VALID, Status.STACKED)


class Jam(Enum):
    MOUTH = "mouth"
    INSIDE = "inside"


@dataclass(slots=True)
class Credit:
    """A note past the point of no return, until the host has acknowledged it and it lies in the cassette."""

    code: int
    always_named: bool = False  # 15 carries the type whatever the unit usually does
    acknowledged: bool = False


class Unit(Clockwork):
    def __init__(
        self, ledger: Ledger, memory: Memory, faults: Faults, runtime: Callable[[], float], *, instant: bool
    ) -> None:
        super().__init__(runtime, instant=instant)
        kept = memory.load()
        self._memory = memory
        self.faults = faults
        self.cuts = Cuts(faults)
        self.settings = Settings()
        self.box = CashBox(ledger, "validator", kept.get("box"))
        self.credit = Credit(**kept["credit"]) if kept.get("credit") else None
        self.jam = Jam(kept["jam"]) if kept.get("jam") else None
        self.failure: int | None = kept.get("failure")
        self.full: bool = kept.get("full", False)
        self.vend_denomination: bool = kept.get("vend_denomination", True)
        self.replay: bool = kept.get("replay", True)
        self.barcode: bool = kept.get("barcode", False)
        self.powered = True
        self.told: set[Status] = set()  # of this note
        self.idle: Callable[[], None] = lambda: None  # who waits with a note in the hand
        self.unplugged: Callable[[], None] = lambda: None  # what is lost with the power besides
        self._boot()

    def save(self) -> None:
        self._memory.save(
            {
                "box": self.box.state(),
                "credit": asdict(self.credit) if self.credit else None,
                "jam": self.jam.value if self.jam else None,
                "failure": self.failure,
                "full": self.full,
                "vend_denomination": self.vend_denomination,
                "replay": self.replay,
                "barcode": self.barcode,
            }
        )

    # Power

    def dark(self) -> bool:
        """No power, or not awake yet: it neither hears nor says anything."""
        return self.status is Status.DARK

    def cut_power(self, dark_s: float | None = DARK_S) -> None:
        """`dark_s` None: until `give_power`."""
        self.settings.forget()
        self.told.clear()
        self.unplugged()
        self.powered = dark_s is not None
        self.go(Status.DARK, waits_s=dark_s, then=self._boot)

    def give_power(self) -> None:
        self.powered = True
        self._boot()

    def _boot(self) -> None:
        self.go(Status.DARK, moves_s=BOOTS_S, then=self._start)

    def _start(self) -> None:
        if self.box.place is Place.PAST_RETURN or (self.credit and not self.credit.acknowledged):
            self.go(Status.POWER_UP_IN_STACKER)
        elif self.box.moving is not None:
            self.go(Status.POWER_UP_IN_ACCEPTOR)
        else:
            self.go(Status.POWER_UP)

    # Reset

    def reset(self) -> None:
        """The host's RESET. A credit that was told and not acknowledged is given up, one never told is still owed."""
        self.settings.forget()
        if self.status is Status.INITIALISE:
            return
        if self.status is Status.VEND_VALID and self.status in self.told:
            self.credit = None
            self.save()
        self.initialise()

    def initialise(self) -> None:
        self.settings.forget()
        self.told.clear()
        self.go(Status.INITIALISE, moves_s=CLEARS_S, then=self._clear_the_way)

    def _clear_the_way(self) -> None:
        past = self.box.place is Place.PAST_RETURN
        barred = self.jam is (Jam.INSIDE if past else Jam.MOUTH) or self.failure is not None
        if self.box.moving is not None and not barred:
            if not past:
                self.hand_out(Reject.CLEARED)
            elif self.box.cassette_in_place:
                self.box.stack()
                self.save()
        self.go(Status.INITIALISE, moves_s=TRIES_OUT_S, then=self._initialised)

    def _initialised(self) -> None:
        if self.credit is None or self.box.moving is not None:
            self.settle()
        elif not self.replay:
            self.credit = None
            self.save()
            self.settle()
        elif self.credit.acknowledged:
            self.go(Status.STACKED, moves_s=READY_S, then=self.finish)
        else:
            self.go(Status.VEND_VALID)

    # At rest

    def settle(self) -> None:
        """The status of a unit in which nothing is going on."""
        if self.failure is not None:
            self.go(Status.FAILURE, bytes([self.failure]))
        elif self.jam is not None:
            self.go(Status.JAM_STACKER if self.jam is Jam.INSIDE else Status.JAM_ACCEPTOR)
        elif not self.box.cassette_in_place:
            self.go(Status.STACKER_OPEN)
        elif self.box.moving is not None:
            self.initialise()  # what barred the way was mended meanwhile: it clears the way by itself
        elif self.full or len(self.box.cassette) >= CAPACITY:
            self.go(Status.FULL)
        elif self.settings.inhibited:
            self.go(Status.DISABLED)
        else:
            self.go(Status.IDLE)
            self.idle()

    def troubled(self) -> None:
        """Something went wrong just now: it shows at once, but not instead of a credit nor before a reset is over."""
        self.save()
        if self.status not in (*CREDITING, *STARTING, Status.INITIALISE, Status.DARK):
            self.settle()

    def hand_out(self, reason: Reject) -> None:
        """The note before the point of no return is the shopper's again."""
        if self.box.place is Place.ESCROW:
            self.box.give_back()
        else:
            self.box.reject(f"{reason:02X}" if reason else "cleared")
        self.save()

    def finish(self) -> None:
        """The end of 16."""
        if self.box.moving is None:
            self.credit = None
            self.save()
        self.settle()
