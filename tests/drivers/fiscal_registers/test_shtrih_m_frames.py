"""Bytes of the Shtrih-M link: the manual's worked frames, and the same frames from any split of the stream."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.exchange import Command
from drivers.fiscal_registers.shtrih_m.frames import Control, DeviceGrammar, Heard, Message, frame
from drivers.links.converse import converse
from drivers.links.memory import pair
from drivers.wire import tlv
from drivers.wire.dialogue import Dialogue, Hear
from fiscal.document import DocumentLine, DocumentPayments, Operation, TaxSystem
from fiscal.vat import VatRate

ONE = Access(cashier=1, system=30)
MILK = DocumentLine("Молоко", 2500, 19990, 0, VatRate.V20)
WORKED: list[tuple[Command, str]] = [
    (commands.short_status(ONE), "02 05 10 1E 00 00 00 0B"),
    (commands.full_status(ONE), "02 05 11 1E 00 00 00 0A"),
    (commands.open_drawer(ONE), "02 06 28 01 00 00 00 00 2F"),
    (commands.open_shift(ONE), "02 05 E0 01 00 00 00 E4"),
    (commands.open_receipt(ONE, Operation.SALE), "02 06 8D 01 00 00 00 00 8A"),
    (commands.cancel_receipt(ONE), "02 05 88 01 00 00 00 8C"),
    (commands.continue_print(ONE), "02 05 B0 01 00 00 00 B4"),
    (commands.z_report(ONE), "02 05 41 1E 00 00 00 5A"),
    (commands.cash_in(ONE, 10000), "02 0A 50 01 00 00 00 10 27 00 00 00 6C"),
    (commands.fn_status(ONE), "02 06 FF 01 1E 00 00 00 E6"),
    (commands.read_table(ONE, 1, 1, 14), "02 09 1F 1E 00 00 00 01 01 00 0E 06"),
    (
        commands.document_tags(ONE, tlv.text(1008, "a@b.ru", 64)),
        "02 10 FF 0C 1E 00 00 00 F0 03 06 00 61 40 62 2E 72 75 62",
    ),
    (
        commands.close_receipt(ONE, DocumentPayments(cash_minor=50000), 0, TaxSystem.GENERAL),
        "02 76 FF 45 1E 00 00 00 50 C3 00 00 00" + " 00" * 75 + " 00" + " 00" * 30 + " 01 40",
    ),
]


@pytest.mark.parametrize(("command", "worked"), WORKED)
def test_worked_frames(command: Command, worked: str) -> None:
    assert frame(command.body) == bytes.fromhex(worked)


def test_the_worked_line_differs_only_in_the_sum_it_states() -> None:
    worked = bytes.fromhex(
        "02 26 FF 46 01 00 00 00 01 A0 25 26 00 00 00 16 4E 00 00 00 FF FF FF FF FF FF FF FF FF FF 01 01 04 01"
        "CC EE EB EE EA EE 42"
    )
    ours = frame(commands.add_line(ONE, Operation.SALE, MILK, 0x01).body)
    assert ours[:20] + b"\xff" * 5 + ours[25:-1] == worked[:-1]


def test_a_frame_has_its_limits() -> None:
    assert frame(bytes(255))[1] == 255
    for body in (b"", bytes(256)):
        with pytest.raises(ValueError, match="255"):
            frame(body)


def test_a_long_name_and_one_that_would_not_print() -> None:
    longest = DocumentLine("//" + "я" * 300, 1000, 1, 1, VatRate.V20)
    body = commands.add_line(ONE, Operation.SALE, longest, 0x01).body
    assert len(body) == 160
    assert body[32:35] == b" //"


def cut_all(stream: bytes, sizes: list[int]) -> list[Heard]:
    """What a host hears when the stream comes in pieces of these sizes, then the rest."""
    grammar, heard, frames = DeviceGrammar(), b"", list[Heard]()
    pieces = []
    for size in sizes:
        pieces.append(stream[:size])
        stream = stream[size:]
    for piece in [*pieces, stream]:
        heard += piece
        while (cut := grammar.cut(heard)) is not None:
            frames.append(cut[0])
            heard = cut[1]
    return frames


controls = st.sampled_from([b"\x06", b"\x15"])
bodies = st.binary(min_size=1, max_size=255)
noise = st.binary(max_size=5).map(lambda data: bytes(byte for byte in data if byte not in (0x02, 0x06, 0x15)))


@given(st.lists(st.tuples(noise, st.one_of(controls, bodies.map(frame)))), st.lists(st.integers(0, 40)))
def test_any_split_gives_the_same_frames(parts: list[tuple[bytes, bytes]], sizes: list[int]) -> None:
    stream = b"".join(skipped + part for skipped, part in parts)
    expected = [Control(part[0]) if len(part) == 1 else Message(part[2:-1]) for _, part in parts]
    assert cut_all(stream, sizes) == cut_all(stream, [1] * len(stream)) == expected


@given(bodies, st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_seen(body: bytes, place: int, change: int) -> None:
    whole = bytearray(frame(body))
    whole[2 + place % (len(body) + 1)] ^= change
    assert cut_all(bytes(whole), []) == [Message(None)]


def test_noise_is_kept_for_naming_the_wrong_device() -> None:
    grammar = DeviceGrammar()
    assert grammar.cut(b"\xffHTTP\xff") is None
    assert grammar.noise == b"HTTP"


@pytest.mark.anyio
async def test_over_a_link_the_rest_is_left_for_the_next_question() -> None:
    near, far = pair("memory:register")

    def three() -> Dialogue[list[Heard]]:
        heard: list[Heard] = []
        for _ in range(3):
            heard.append((yield Hear(DeviceGrammar(), 1.0)))
        return heard

    async with anyio.create_task_group() as group:
        group.start_soon(far.send, b"\xff\x06" + frame(b"\x28\x00\x01") + b"\x15")
        assert await converse(three(), near) == [Control.ACK, Message(b"\x28\x00\x01"), Control.NAK]
