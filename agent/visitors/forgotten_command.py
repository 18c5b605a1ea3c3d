"""HQ's command "forgotten": a person's pseudonym is erased there, and the ledger here says so; and "consent_ended": it
was withdrawn in another shop of the chain, and ends here as if it had been withdrawn here.

The effect is in the visitors' file, the place in the feed in the journal's: first the one, then the other. A power cut
between them brings the command again, and the ledger is not changed a second time.
"""

from __future__ import annotations

import msgspec

from agent.visitors.consents import Consents
from sync.downlink import Take
from sync.store.batch import Batch, Setting
from sync.store.store import Store
from sync.wire.commands import Command, ConsentEnded, Forgotten

KIND, ENDED = "forgotten", "consent_ended"
_FORGOTTEN = msgspec.json.Decoder(Forgotten)
_ENDED = msgspec.json.Decoder(ConsentEnded)


def forgotten_takers(consents: Consents, store: Store) -> dict[str, Take]:
    """For the downlink. `store` is the journal's."""

    async def forgotten(command: Command, place: Setting) -> None:
        told = _FORGOTTEN.decode(command.body)
        await consents.forgotten_at_hq(told.tombstone, told.erased)
        await store.commit(Batch(settings=(place,)))

    async def ended(command: Command, place: Setting) -> None:
        told = _ENDED.decode(command.body)
        await consents.ended_elsewhere(told.consent, told.at_ms)
        await store.commit(Batch(settings=(place,)))

    return {KIND: forgotten, ENDED: ended}
