"""Whatever an SSP unit reports, in whatever order: no note is kept unasked, and the host hears a story that holds."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ssp_playbook import RECYCLER, SERIAL, amounts, counters, driver, levels, packet, unpacked

from drivers.cash_devices import contract as c
from drivers.errors import DeviceError, Unanswered
from drivers.wire.dialogue import Hear, Rest, Send, Tell, Wish

PIECES = {0xEF, 0xCC, 0xEE, 0xEB, 0xDB, 0xED, 0xEC, 0xE1, 0xE2, 0xCA, 0xCB, 0xF1}
INCOMPLETE = "DC 01 88 13 00 00 10 27 00 00 52 55 42"
NOTES = ["EF 00", "EF 03", "EF 03", "EF 02", "CC", "EE 03", "EE 01", "EB", "DB", "ED", "EC", "E1 03", "E2 00", "E2 03"]
OTHERS = ["E8", "E3", "E4", "E7", "E9", "EA", "F1", "B5", "B6", "E6 00", "99 EE 03", "CB 88 13 00 00 52 55 42"]
PAYOUTS = [amounts("DA", 5000), amounts("D2", 5000), amounts("D5", 0), INCOMPLETE]
EVENTS = st.sampled_from(NOTES + OTHERS + PAYOUTS)
REPORTS = st.lists(EVENTS, max_size=3)
WISHES = st.sampled_from(
    [None] * 4
    + [c.Accept({"validator": frozenset({1, 2, 3})}), c.Refuse(), c.Reset(), c.Stack("validator")]
    + [c.GiveBack("validator"), c.Pay("validator", "k", 10000)]
)


class Device:
    """Answers every question and reports at random; it knows whether the next poll would keep a note."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.in_escrow = False
        self.gone = False
        self.kept_unasked = False
        self.may_keep = False
        self.note = b""
        self.last, self.said = b"", b""

    def answer(self, raw: bytes) -> bytes | None:
        head, question = unpacked(raw)
        # The same packet again is a retry: the same answer, and nothing is done.
        reply = self.said if raw == self.last else self.reply(question)
        self.last, self.said = raw, reply
        if self.data.draw(st.integers(0, 30)) == 0:
            return None  # the packet, or its answer, was lost
        return packet(head, reply)

    def reply(self, question: bytes) -> bytes:
        fixed = {0x05: RECYCLER, 0x0C: SERIAL, 0x58: counters(100), 0x22: levels((5, 5000), (2, 50000)), 0x17: "F0 0B"}
        command = question[0]
        if command in fixed:
            return bytes.fromhex(fixed[command])
        if command in (0x08, 0x18):
            # A note that lies in escrow can be given back.
            done = (command == 0x08 and self.in_escrow) or self.data.draw(st.booleans())
            # Given back, or nothing there to hold: no poll can keep it any more. A HOLD that works decides nothing.
            self.gone = self.gone or done == (command == 0x08)
            return b"\xf0" if done else b"\xf5"
        if command in (0x0A, 0x33):
            return self.data.draw(st.sampled_from([b"\xf0", b"\xf0", b"\xf5\x01"]))
        if command == 0x4A:
            return b"\xf2"
        if command == 0x07:
            return self.report()
        return b"\xf0"

    def report(self) -> bytes:
        if self.in_escrow and not self.gone and not self.may_keep:
            self.kept_unasked = True
        events = [bytes.fromhex(event) for event in self.data.draw(REPORTS)]
        pieces = [event for event in events if event[0] in PIECES]
        self.in_escrow = bool(pieces) and pieces[-1][0] == 0xEF and pieces[-1][1] > 0
        unread = next((at for at, event in enumerate(events) if event[0] == 0x99), None)
        if unread is not None:
            self.in_escrow = False  # what stands behind it was not heard
        self.may_keep = self.may_keep and self.in_escrow and all(event == self.note for event in pieces)
        self.note = pieces[-1] if self.in_escrow else b""
        self.gone = False
        return b"\xf0" + b"".join(events)


class Story:
    """What the host has heard so far; each event must be possible after the ones before."""

    def __init__(self) -> None:
        self.identified = self.escrowed = self.paying = False

    def hear(self, event: Any) -> None:
        match event:
            case c.Found():
                self.identified, self.escrowed = True, False
            case c.Escrowed():
                assert self.identified
                assert not self.escrowed, "a second note in escrow, and the first has no end"
                self.escrowed = True
            case c.Stacked() | c.Returned():
                self.escrowed = False
            case c.Accepting():
                assert self.identified
            case c.PayoutMeant():
                assert not self.paying
                self.paying = True
            case c.PaidOut():
                assert self.paying
                self.paying = False


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_story(data: st.DataObject) -> None:
    dialogue = driver(encrypt="never").attend({})
    device, story = Device(data), Story()
    step: Any = next(dialogue)
    answer: bytes | None = None
    try:
        for _ in range(250):
            match step:
                case Send(raw):
                    answer = device.answer(raw)
                    step = dialogue.send(None)
                case Hear() if answer is None:
                    step = dialogue.throw(Unanswered("lost"))
                case Hear(grammar=grammar):
                    cut = grammar.cut(answer)
                    assert cut is not None
                    answer = None
                    step = dialogue.send(cut[0])
                case Tell(event):
                    story.hear(event)
                    step = dialogue.send(None)
                case Rest():
                    wish: Wish | None = data.draw(WISHES)
                    if isinstance(wish, c.Stack) and story.escrowed:
                        device.may_keep = True
                    step = dialogue.send(wish)
            assert not device.kept_unasked, "a poll that keeps the note, and nobody asked for it"
    except DeviceError:
        pass
