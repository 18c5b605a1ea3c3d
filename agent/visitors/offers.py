"""What a cashier may say to a guest who agreed to hear of offers: the shop's own words, and for whom they are.

An offer changes no price and gives no discount: it is a sentence. agent/offers_file.py reads the shop's list,
agent/told_offers.py what HQ tells.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.guest_view import OfferView
from agent.visitors.purchases import Bought

SHOWN = 3
"""A cashier says one of them, and has seconds to choose."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Offer:
    """`until`: the last day, in the store's zone; None: no end. `goods`: beginnings of barcodes (digits alone) or words
    of product names (beginnings of them, since words are inflected); empty: it fits everybody."""

    ru: str
    en: str
    until: dt.date | None = None
    goods: tuple[str, ...] = ()

    def fits(self, bought: Sequence[Bought]) -> bool:
        return not self.goods or any(_names(goods, line) for goods in self.goods for line in bought)


class Offers:
    """The shop's list, in its order, and after it HQ's, as they are told now."""

    def __init__(self, offers: Sequence[Offer] = (), told: Callable[[], Sequence[Offer]] = tuple) -> None:
        self._own = tuple(offers)
        self._told = told

    @property
    def all(self) -> tuple[Offer, ...]:
        return (*self._own, *self._told())

    def fitting(self, bought: Sequence[Bought], today: dt.date) -> list[OfferView]:
        """Those for such goods first, then those for everybody; SHOWN at most."""
        fits = [one for one in self.all if (one.until is None or today <= one.until) and one.fits(bought)]
        fits.sort(key=lambda one: not one.goods)
        return [OfferView(one.ru, one.en) for one in fits[:SHOWN]]


def _names(goods: str, line: Bought) -> bool:
    if goods.isdecimal():
        return line.barcode.startswith(goods)
    words = _words(line.name)
    return all(any(word.startswith(asked) for word in words) for asked in _words(goods))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("ё", "е"))
