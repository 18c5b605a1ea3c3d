"""Who may stand at the till: named cashiers with a PIN and one privilege, from the configuration.

PINs are kept as argon2id hashes. Verifying takes time on purpose, so production does it on a worker thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agent.till.trade import TradeRefused


@dataclass(frozen=True, slots=True)
class Cashier:
    id: str
    name: str
    pin_hash: str
    supervisor: bool = False


Verify = Callable[[str, str], Awaitable[bool]]
"""(hash, pin) -> does it fit?"""

_hasher = PasswordHasher()


def fits(pin_hash: str, pin: str) -> bool:
    try:
        return _hasher.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False


async def fits_on_a_thread(pin_hash: str, pin: str) -> bool:
    """About 50 ms of arithmetic: not on the event loop, where devices are being polled."""
    return await anyio.to_thread.run_sync(fits, pin_hash, pin)


def hash_pin(pin: str) -> str:
    return _hasher.hash(pin)


class People:
    def __init__(self, cashiers: tuple[Cashier, ...], verify: Verify) -> None:
        self.cashiers = cashiers
        self._by_id = {cashier.id: cashier for cashier in cashiers}
        self._verify = verify

    def named(self, id: str) -> Cashier | None:
        return self._by_id.get(id)

    def name_of(self, id: str) -> str:
        cashier = self._by_id.get(id)
        return cashier.name if cashier else id

    async def sign(self, id: str, pin: str, *, supervisor: bool = False) -> Cashier:
        """The person, if the PIN is theirs. One answer for every wrong one: it must not tell which names exist."""
        cashier = self._by_id.get(id)
        # An unknown name is verified against somebody's hash all the same, so that it takes as long.
        hash_tried = cashier.pin_hash if cashier else self.cashiers[0].pin_hash
        if not await self._verify(hash_tried, pin) or cashier is None:
            raise TradeRefused("wrong_pin")
        if supervisor and not cashier.supervisor:
            raise TradeRefused("no_privilege")
        return cashier
