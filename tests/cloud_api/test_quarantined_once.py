"""A fact that does not fit lies in quarantine once, whatever its id is and however often its device begins anew."""

from __future__ import annotations

import pytest
from pushing_till import PushingTill, a_sale, client_of, open_hq, rechained

pytestmark = pytest.mark.anyio


async def test_poison_under_a_long_or_a_borrowed_id_is_known_when_it_comes_again(where: str) -> None:
    """A person finds each misfit once: an id longer than HQ keeps, and one that a sound sale has too."""
    hq = await open_hq(where)
    till, again = PushingTill(), PushingTill(epoch=2)
    sound = till.add("one", a_sale("one"))
    till.add_raw("one", b'{"id":7}')
    till.add_raw("long" + "g" * 300, b'{"id":8}')
    till.add("two", a_sale("two"))
    rechained(till.items, epoch_of=again)
    async with client_of(hq) as client:
        for one in (till, again):
            answer = await one.push(client)
            assert answer.status_code == 200, answer.text
        assert answer.json()["fates"] == {"known": 4}
    bodies = await hq.storage.rows("SELECT body FROM quarantine ORDER BY body")
    assert [bytes(row[0]) for row in bodies] == [b'{"id":7}', b'{"id":8}']
    assert await hq.storage.number("SELECT count(*) FROM sale") == 2
    assert sound.id == "one"
    await hq.storage.close()
