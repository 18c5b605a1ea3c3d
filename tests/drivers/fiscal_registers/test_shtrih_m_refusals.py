"""Every refusal at every step of a receipt ends in what is known: Refused if nothing is left of it, else Unanswered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import drivers.fiscal_registers.shtrih_m as package
from drivers.errors import Garbled, NeverSent, Refused, Unanswered
from drivers.fiscal_registers.contract import Committing, SealedDocument
from drivers.fiscal_registers.shtrih_m.driver import make
from drivers.fiscal_registers.shtrih_m.frames import frame
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Dialogue, Hear, Pause, Send, Tell
from fiscal.document import (
    DocumentLine,
    DocumentPayments,
    FiscalDocument,
    Operation,
    Subject,
    TaxSystem,
)
from fiscal.vat import VatRate

REFUSALS = json.loads((Path(package.__path__[0]) / "refusals.json").read_text(encoding="utf-8"))
# Section 10 of the reference: every code it lists.
CODES = """
01 02 03 04 05 07 08 09 10 11 12 14 15 16 17 20 2F 30 33 34 35 36 37 38 39 3A 3C 3D 3E 3F 40 41 42 43 44 45 46 47 48 49
4A 4B 4C 4D 4E 4F 50 51 52 53 54 55 56 58 59 5B 5C 5D 5E 5F 60 61 62 63 65 66 68 69 6A 6B 6D 6E 71 72 73 74 75 77 78 7A
7B 7C 7D 7E 7F 84 85 86 87 88 89 8A 8B 8C 8D 8E 90 91 92 93 94 A0 A1 A2 A3 A4 A5 C0 C2 C4 C7 C8 D3 D4
"""
LISTED = CODES.split()
AMBIGUOUS = {"03", "2F", "30", "6A", "75"}
MARK = b"010460043993125621JgXJ5.T\x1d93abcd"
DOCUMENT = FiscalDocument(
    Operation.SALE,
    TaxSystem.GENERAL,
    (
        DocumentLine("Молоко", 1000, 10000, 10000, VatRate.V22),
        DocumentLine("Вода", 1000, 5000, 5000, VatRate.V10, Subject.MARKED_WITH_CODE, mark=MARK),
    ),
    DocumentPayments(electronic_minor=15000),
    cashier="Иван",
)


class Register:
    """A device just good enough to talk to: it opens, closes and cancels, and refuses what the test wants refused."""

    def __init__(self) -> None:
        self.last, self.document, self.submode = 128, 0, 0
        self.refuse: dict[bytes, list[int]] = {}  # command code -> error bytes, one an answer
        self.commits_although_refused = False
        self.dead_after: bytes | None = None
        self.heard: list[bytes] = []

    def answer(self, body: bytes) -> bytes | None:
        code = body[: 2 if body[0] == 0xFF else 1]
        self.heard.append(code)
        errors = self.refuse.get(code, [])
        error = errors.pop(0) if errors else 0
        if error == 0 or (code == b"\xff\x45" and self.commits_although_refused):
            self.act(code)
        if self.dead_after == code:
            return None
        return code + bytes([error]) + (b"" if error else self.data(code))

    def act(self, code: bytes) -> None:
        match code:
            case b"\x8d":
                self.document = 4
            case b"\x88":
                self.document = 0
            case b"\xff\x45":
                self.document, self.last = 0, self.last + 1
            case b"\xb0":
                self.submode = 0

    def data(self, code: bytes) -> bytes:
        match code:
            case b"\x10":
                return bytes([30, 0x90, 0, 8 if self.document else 2, self.submode]) + bytes(10)
            case b"\xff\x01":
                head = bytes([3, self.document, 0, 1, 0, 26, 11, 21, 12, 30])
                return head + b"9999078900005430" + self.last.to_bytes(4, "little")
            case b"\xff\x45":
                return bytes(5) + self.last.to_bytes(4, "little") + bytes(4)
            case b"\xff\x61":
                return bytes([3, 0, 2, 0])
            case _:
                return b"\x1e"


def play(dialogue: Dialogue[Any], device: Register, told: list[object] | None = None) -> Any:
    """Carry the dialogue out against the device; waiting takes no time."""
    pending, resume, trouble = b"", None, None
    while True:
        try:
            step = dialogue.throw(trouble) if trouble else dialogue.send(resume)
        except StopIteration as end:
            return end.value
        resume, trouble = None, None
        match step:
            case Send(b"\x05"):
                pending += b"\x15"
            case Send(b"\x06"):
                pass
            case Send(data):
                if device.dead_after == b"":
                    trouble = LinkLost("cut")
                    continue
                answer = device.answer(data[2:-1])
                if answer is None:
                    device.dead_after = b""
                else:
                    pending += b"\x06" + frame(answer)
            case Hear():
                cut = step.grammar.cut(pending)
                if device.dead_after == b"":
                    trouble = LinkLost("cut")
                elif cut is None:
                    trouble, pending = Unanswered("silence"), b""
                else:
                    resume, pending = cut
            case Tell(event):
                if told is not None:
                    told.append(event)
            case Pause():
                pass


def seal(**settings: Any) -> Dialogue[SealedDocument]:
    return make({"vat_codes": "V22=01 V10=02", **settings}).seal(DOCUMENT)


BEFORE_COMMIT = ["8D", "FF46", "FF4D", "FF67", "FF0C"]


def test_a_receipt_that_nobody_refuses() -> None:
    device, told = Register(), []  # type: ignore[var-annotated]
    sealed = play(seal(), device, told)
    assert (sealed.number, sealed.total_minor, sealed.at) == (129, 15000, None)
    assert told == [Committing()]
    codes = [code.hex().upper() for code in device.heard]
    assert codes == ["10", "FF01", "FF61", "FF69", "8D", "FF46", "FF46", "FF4D", "FF67", "FF0C", "FF45"]


@pytest.mark.parametrize("step", BEFORE_COMMIT)
@pytest.mark.parametrize("code", LISTED)
def test_refused_before_the_commit_leaves_nothing(code: str, step: str) -> None:
    device, told = Register(), []  # type: ignore[var-annotated]
    device.refuse[bytes.fromhex(step)] = [int(code, 16)] * (1000 if code in ("50", "58") else 1)
    with pytest.raises(Refused) as refused:
        play(seal(), device, told)
    assert refused.value.code == f"shtrih_m.{code}"
    assert (device.document, device.last, told) == (0, 128, [])


@pytest.mark.parametrize("code", LISTED)
def test_refused_at_the_commit(code: str) -> None:
    device = Register()
    device.refuse[b"\xff\x45"] = [int(code, 16)] * (1000 if code in ("50", "58") else 1)
    if code in AMBIGUOUS:
        with pytest.raises(Unanswered):
            play(seal(), device)
        assert device.document == 4, "what may be committed is not cancelled"
    else:
        with pytest.raises(Refused) as refused:
            play(seal(), device)
        assert (refused.value.code, device.document, device.last) == (f"shtrih_m.{code}", 0, 128)


@pytest.mark.parametrize("code", LISTED)
def test_a_refusal_the_memory_contradicts_is_unknown_and_never_repeated(code: str) -> None:
    device = Register()
    device.commits_although_refused = True
    device.refuse[b"\xff\x45"] = [int(code, 16)]
    with pytest.raises(Unanswered):
        play(seal(), device)
    assert device.heard.count(b"\xff\x45") == 1
    assert device.last == 129


@pytest.mark.parametrize("code", ["50", "58"])
def test_busy_at_the_commit_is_waited_out(code: str) -> None:
    device = Register()
    device.submode = 3 if code == "58" else 0
    device.refuse[b"\xff\x45"] = [int(code, 16)]
    device.act(b"")
    assert play(seal(), device).number == 129
    assert device.last == 129


@pytest.mark.parametrize("step", [*BEFORE_COMMIT[1:], "FF45"])
def test_a_link_lost_after_the_receipt_was_begun_is_unknown(step: str) -> None:
    device = Register()
    device.dead_after = bytes.fromhex(step)
    with pytest.raises(Unanswered):
        play(seal(), device)


@pytest.mark.parametrize("step", ["10", "FF01", "FF61"])
def test_a_link_lost_while_only_reading_is_never_sent(step: str) -> None:
    device = Register()
    device.dead_after = bytes.fromhex(step)
    with pytest.raises(NeverSent):
        play(seal(), device)


def test_a_receipt_that_cannot_be_cancelled_is_unknown() -> None:
    device = Register()
    device.refuse = {b"\xff\x46": [0x6B], b"\x88": [0x6B]}
    with pytest.raises(Unanswered, match="6B"):
        play(seal(), device)


@pytest.mark.parametrize("field", ["last", "short"])
def test_a_strange_answer_to_the_commit_is_garbled(field: str) -> None:
    class Strange(Register):
        def data(self, code: bytes) -> bytes:
            right = super().data(code)
            if code != b"\xff\x45":
                return right
            return right[:5] + bytes(8) if field == "last" else right[:4]

    with pytest.raises(Garbled):
        play(seal(), Strange())


@pytest.mark.parametrize(("refuse", "ends"), [(True, "refused"), (False, "sealed")])
def test_a_mark_found_bad(refuse: bool, ends: str) -> None:
    class Bad(Register):
        def data(self, code: bytes) -> bytes:
            return bytes([1, 0, 2, 0]) if code == b"\xff\x61" else super().data(code)

    device = Bad()
    dialogue = seal(refuse_bad_marks=refuse)
    if ends == "refused":
        with pytest.raises(Refused, match="MARK_REJECTED"):
            play(dialogue, device)
        assert b"\x8d" not in device.heard
    else:
        assert play(dialogue, device).number == 129


def test_a_rate_the_register_has_no_code_for_is_refused_before_anything() -> None:
    device = Register()
    with pytest.raises(Refused, match="VAT_CODE"):
        play(make({"vat_codes": "V20=01"}).seal(DOCUMENT), device)
    assert b"\x8d" not in device.heard


def test_cancel_drops_a_document_that_only_the_memory_holds() -> None:
    class Half(Register):
        def act(self, code: bytes) -> None:
            if code == b"\xff\x08":
                self.document = 0

        def data(self, code: bytes) -> bytes:
            if code == b"\x10":
                return bytes([30, 0x90, 0, 2, 0]) + bytes(10)
            return super().data(code)

    device = Half()
    device.document = 4
    play(make({}).cancel(), device)
    assert device.heard == [b"\x10", b"\xff\x01", b"\xff\x08", b"\xff\x01", b"\x10"]
    play(make({}).cancel(), device)
    assert device.heard.count(b"\xff\x08") == 1, "harmless when nothing is open"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda it: it.x_report(), b"\x40"),
        (lambda it: it.print_copy(), b"\x8c"),
        (lambda it: it.cash_in(100), b"\x50"),
        (lambda it: it.cash_out(100), b"\x51"),
        (lambda it: it.open_drawer(), b"\x28"),
    ],
)
def test_a_simple_command_is_refused_with_its_code(call: Callable[[Any], Dialogue[None]], code: bytes) -> None:
    device = Register()
    play(call(make({})), device)
    device.refuse[code] = [0x46]
    with pytest.raises(Refused, match=r"shtrih_m\.46"):
        play(call(make({})), device)
    device.dead_after = code
    with pytest.raises(Unanswered):
        play(call(make({})), device)


def test_every_listed_code_has_its_text_in_both_languages() -> None:
    assert set(LISTED) <= set(REFUSALS)
    assert {"NO_ANSWER", "VAT_CODE", "MARK_REJECTED", "TAX_MODE", "OTHER"} <= set(REFUSALS)
    for code, texts in REFUSALS.items():
        assert set(texts) == {"ru", "en"}, code
        for parts in texts.values():
            assert set(parts) == {"what", "safe", "do"}, code
            assert all(part.endswith(".") and len(part) <= 160 for part in parts.values()), code
