"""Customers of the demo's chain agree by the till's own API with the code that was sent, and leave the counter free."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from agent.demo.regulars import COUNT, Regulars, phone_of


class FakeTill:
    """The screens of agreeing, as agent/till/agree_acts.py moves through them; a number it does not like is refused."""

    def __init__(self, messages: Path, *, refuses: str = "") -> None:
        self.messages, self.refuses = messages, refuses
        self.acts: list[str] = []
        self.now: dict[str, Any] = {"screen": "selling", "agrees": True, "agree": None}

    async def do(self, act: str, **args: Any) -> bool:
        self.acts.append(act)
        if act == self.refuses:
            return False
        offered = [{"purpose": one, "hash": "ab"} for one in ("analytics", "marketing", "face_id")]
        match act:
            case "agree":
                self.now.update(screen="agree", agree={"step": "phone", "offered": offered})
            case "agree_phone":
                for name, phone in (("code-1", "+79990000009"), ("code-2", args["number"])):
                    (self.messages / f"{name}.txt").write_text(f"To: {phone}\nDate: x\n\nКод 482913.\n", "utf-8")
            case "agree_code":
                assert args["code"] == "482913"
            case "agree_give":
                assert args["agreed"] == ["analytics:ab", "marketing:ab"], "never a face"
                self.now["agree"]["step"] = "done"
            case "agree_leave":
                self.now.update(screen="selling", agree=None)
        return True

    async def look(self) -> None:
        pass


@pytest.mark.anyio
@pytest.mark.parametrize(("refuses", "agreed"), [("", True), ("agree_phone", False), ("agree_give", False)])
async def test_agrees_once_and_always_leaves(tmp_path: Path, refuses: str, agreed: bool) -> None:
    till, regulars = FakeTill(tmp_path, refuses=refuses), Regulars(0, 1, tmp_path, random.Random(1))
    assert regulars.wants_to_agree(0)
    await regulars.agree(0, till.do, till.look, lambda: till.now)
    assert till.acts[-1] == "agree_leave"
    assert regulars.wants_to_agree(0) is not agreed


def test_each_has_one_home_and_comes_everywhere() -> None:
    shops = [Regulars(number, 3, Path(), random.Random(number)) for number in range(3)]
    homes = [[shop.wants_to_agree(number) for shop in shops].count(True) for number in range(COUNT)]
    assert homes == [1] * COUNT
    assert {shops[0].next() for _ in range(500)} == {None, *range(COUNT)}
    assert len({phone_of(number) for number in range(COUNT)}) == COUNT
