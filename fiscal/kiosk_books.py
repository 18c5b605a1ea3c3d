"""Where inserted money ends in the books: a note's end x what the register did -> which ledger; and what is still owed.

    the note        the receipt         the ledger
    counts          made                cash of the sale; what is more than the sum due is owed to the shopper
    counts          not made, ended     owed to the shopper
    counts          pending, in doubt   with the order: nothing may be booked yet
    counts          a correction owed   with the debt: the money stays, the document follows
    counts          there is no order   owed to the shopper, whoever it is
    in doubt        (any)               listed in doubt until a person counts the box
    returned        (any)               nowhere: the shopper has it

What is owed goes out as change (hopper, recycler), moves on into an advance receipt bound to a known customer (an order
of its own, whose money was inserted here), or is promised by a claim slip against which the register books an внесение.
So for every kiosk at any moment

    what came into its boxes - what it paid out = cash in its register + in doubt + with open orders + still owed
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fiscal.cash_piece import Piece, PiecePhase


class Ledger(Enum):
    SALE_CASH = "sale_cash"
    ORDER = "order"  # with an order that has not ended
    DEBT = "debt"  # with a document that is owed
    OWED = "owed"  # the shopper's: to be paid, advanced or claimed
    DOUBT = "doubt"
    NOWHERE = "nowhere"


class PieceEnd(Enum):
    COUNTS = "counts"
    DOUBT = "doubt"
    OUTSIDE = "outside"  # returned, or found not to be in the box


class ReceiptEnd(Enum):
    """What the register did for the order that the piece was inserted for."""

    MADE = "made"
    NOT_MADE = "not_made"  # the order ended without a receipt
    PENDING = "pending"  # nothing asked yet, or the money is here and the receipt is still to come
    DOUBT = "doubt"  # its answer was lost
    DEBT = "debt"  # the moment has passed: a correction is owed
    NO_ORDER = "no_order"


_COUNTS = {
    ReceiptEnd.MADE: Ledger.SALE_CASH,
    ReceiptEnd.NOT_MADE: Ledger.OWED,
    ReceiptEnd.PENDING: Ledger.ORDER,
    ReceiptEnd.DOUBT: Ledger.ORDER,
    ReceiptEnd.DEBT: Ledger.DEBT,
    ReceiptEnd.NO_ORDER: Ledger.OWED,
}
BOOKS: dict[tuple[PieceEnd, ReceiptEnd], Ledger] = {
    **{(PieceEnd.COUNTS, receipt): ledger for receipt, ledger in _COUNTS.items()},
    **{(PieceEnd.DOUBT, receipt): Ledger.DOUBT for receipt in ReceiptEnd},
    **{(PieceEnd.OUTSIDE, receipt): Ledger.NOWHERE for receipt in ReceiptEnd},
}


class StillMoving(Exception):
    """The piece has not come to its end: it is in nobody's books yet."""


def end_of(piece: Piece) -> PieceEnd:
    """Raises StillMoving."""
    match piece.phase:
        case PiecePhase.CREDITED:
            return PieceEnd.COUNTS
        case PiecePhase.RETURNED:
            return PieceEnd.OUTSIDE
        case PiecePhase.IN_DOUBT:
            return PieceEnd.DOUBT
        case PiecePhase.RESOLVED:
            return PieceEnd.COUNTS if piece.counts else PieceEnd.OUTSIDE
    raise StillMoving(f"piece {piece.number} is {piece.phase.value}")


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """One order's money, in minor units. `kept_minor` is what its receipt took as cash (the sum due, rounded),
    `advanced_minor` what moved on into advances: orders of their own, with that as their inserted money. `said_minor`:
    a person's word that a box that died had settled it, nobody knows how."""

    receipt: ReceiptEnd
    inserted_minor: int
    kept_minor: int = 0
    paid_out_minor: int = 0
    advanced_minor: int = 0
    claimed_minor: int = 0
    said_minor: int = 0

    @property
    def settled_minor(self) -> int:
        return self.paid_out_minor + self.advanced_minor + self.claimed_minor + self.said_minor

    @property
    def owed_minor(self) -> int:
        """The shopper's money that nothing was done about yet. Never negative: what was paid too much is a loss."""
        match BOOKS[(PieceEnd.COUNTS, self.receipt)]:
            case Ledger.SALE_CASH | Ledger.DEBT:
                return max(0, self.inserted_minor - self.kept_minor - self.settled_minor)
            case Ledger.OWED:
                return max(0, self.inserted_minor - self.settled_minor)
        return 0

    @property
    def in_order_minor(self) -> int:
        """Money of an order that has not ended: neither booked nor owed."""
        if BOOKS[(PieceEnd.COUNTS, self.receipt)] is Ledger.ORDER:
            return self.inserted_minor - self.settled_minor
        return 0

    @property
    def debt_minor(self) -> int:
        """Kept without a document: the correction that is owed will book it."""
        return self.kept_minor if self.receipt is ReceiptEnd.DEBT else 0

    @property
    def register_minor(self) -> int:
        """What the register's cash counter holds of it: the receipt and the внесение against the claim."""
        kept = self.kept_minor if self.receipt is ReceiptEnd.MADE else 0
        return kept + self.claimed_minor

    @property
    def lost_minor(self) -> int:
        """Paid out or promised beyond what was there: zero unless a device cheated us."""
        kept = self.kept_minor if self.receipt in (ReceiptEnd.MADE, ReceiptEnd.DEBT) else 0
        return max(0, kept + self.settled_minor - self.inserted_minor)


@dataclass(frozen=True, slots=True)
class KioskBooks:
    """All orders of a period, and the doubts of its units."""

    orders: tuple[OrderMoney, ...]
    doubted_minor: int

    @property
    def register_minor(self) -> int:
        return sum(order.register_minor for order in self.orders)

    def gap_minor(self, stacked_minor: int, paid_out_minor: int) -> int:
        """What came into the boxes less what was paid out, less everything the books know: zero when they balance.

        Sums of the hardware or of a count. Doubts of unknown value make the gap positive by that value.
        """
        known = self.register_minor + self.doubted_minor
        known += sum(order.in_order_minor + order.owed_minor + order.debt_minor for order in self.orders)
        known -= sum(order.lost_minor for order in self.orders)
        return stacked_minor - paid_out_minor - known
