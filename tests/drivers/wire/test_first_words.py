"""Who speaks first decides: another protocol is another device, silence is silence, a later torn frame is one."""

from __future__ import annotations

import pytest

from drivers.errors import DeviceError, Garbled, Unanswered, WrongDevice
from drivers.links.converse import converse
from drivers.links.link import LinkLost
from drivers.links.memory import MemoryLink, pair
from drivers.wire.dialogue import Dialogue, Hear, Send
from drivers.wire.first_words import Knock, first_words
from drivers.wire.lines import JsonLines

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio", "asyncio"], indirect=True)]
LINE = b'{"n":1}\n'


def two_questions() -> Dialogue[int]:
    yield Send(b"?")
    yield Hear(JsonLines(), 0.05)
    yield Send(b"?")
    yield Hear(JsonLines(), 0.05)
    return 2


def heard(said: bytes) -> MemoryLink:
    """A link on which these bytes have arrived."""
    ours, _ = pair("memory:stranger")
    ours.take_back(said)
    return ours


async def ends_in(link: MemoryLink, knock: Knock | None = None) -> object:
    try:
        return await converse(first_words("lines", two_questions(), knock=knock), link)
    except DeviceError as error:
        return error


@pytest.mark.parametrize("said", [b"SSH-2.0-x\r\n", b"\x15", b"\x02\x05"])
async def test_another_protocol_is_another_device(said: bytes) -> None:
    """Also where it could still become a line: bytes came, and no line of ours."""
    error = await ends_in(heard(said))
    assert isinstance(error, WrongDevice)
    assert error.heard.startswith(said[:2].hex(" "))


async def test_silence_is_silence() -> None:
    ours, _ = pair("memory:off")
    error = await ends_in(ours)
    assert isinstance(error, Unanswered)


async def test_after_a_first_line_a_torn_one_is_its_own_trouble() -> None:
    assert isinstance(await ends_in(heard(LINE + b'{"n"')), Unanswered)
    assert isinstance(await ends_in(heard(LINE + b"noise\n")), Garbled)
    assert await ends_in(heard(LINE + LINE)) == 2


async def test_a_knock_tells_a_stranger_from_silence() -> None:
    """Asked only where nothing was heard; a line of the protocol after all is no stranger and no answer either."""
    for answer, wanted in ((b"\x15", WrongDevice), (LINE, Unanswered), (b"", Unanswered)):
        dialogue = first_words("lines", two_questions(), knock=Knock(b"\x05", 0.25))
        assert next(dialogue) == Send(b"?")
        assert isinstance(dialogue.send(None), Hear)
        assert dialogue.throw(Unanswered("silence")) == Send(b"\x05")
        hear = dialogue.send(None)
        assert isinstance(hear, Hear)
        assert hear.within_s == 0.25
        cut = hear.grammar.cut(answer) if answer else None
        with pytest.raises(wanted):
            dialogue.throw(Unanswered("silence")) if cut is None else dialogue.send(cut[0])


async def test_a_cable_pulled_in_the_middle_is_a_lost_link() -> None:
    dialogue = first_words("lines", two_questions(), knock=Knock(b"\x05", 0.25))
    next(dialogue)
    hear = dialogue.send(None)
    assert isinstance(hear, Hear)
    assert hear.grammar.cut(b'{"n"') is None
    with pytest.raises(LinkLost):
        dialogue.throw(LinkLost("pulled"))
