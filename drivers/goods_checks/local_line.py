"""A goods check over a line protocol: one scanned code in, the marking system's verdict out.

    -> {"do":"check","code":"<base64>"}\\n
    <- {"verdict":"ok","uuid":"...","time":1764000000000}\\n

Answers carry no number. After `Unanswered` the late answer may still come on the same connection and would be taken
for the next one's: whoever opens the link closes it then, or opens one for each check.
Source: LOCAL_LINE.md beside this file (the project's own protocol, version 1).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from drivers.driver import Driver, Evidence, Kind, Setting
from drivers.errors import Garbled, Refused, Unanswered
from drivers.goods_checks.contract import GoodsAnswer, GoodsVerdict
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Dialogue, Hear, Send
from drivers.wire.first_words import first_words
from drivers.wire.lines import JsonLines, Message, encode_line, text, whole

GRAMMAR = JsonLines()
REACHABLE_WITHIN_S = 1.0  # a service on the same machine that needs longer for a ping would miss the 1.5 s of a check


class LocalLine:
    """The service behind the link; it has no settings."""

    def __init__(self, settings: Mapping[str, int | str | bool]) -> None:
        pass

    def check(self, code: bytes, *, within_s: float) -> Dialogue[GoodsAnswer]:
        """The verdict on a code as scanned. Refused for what can be no code, Garbled for a verdict nobody knows."""
        try:
            question = encode_line({"do": "check", "code": base64.b64encode(code).decode()})
        except ValueError as too_long:
            raise Refused("local_line.too_long", str(too_long)) from too_long
        answer = yield from _ask(question, within_s)
        told = text(answer, "verdict")
        try:
            verdict = GoodsVerdict(told)
        except ValueError as unknown:
            raise Garbled(f"an unknown verdict {told[:40]!r}") from unknown
        uuid = text(answer, "uuid")
        return GoodsAnswer(verdict, f"UUID={uuid}&Time={whole(answer, 'time')}" if uuid else "")

    def reachable(self) -> Dialogue[None]:
        """WrongDevice if what answers speaks another protocol."""
        return first_words("local line", self._ping())

    def _ping(self) -> Dialogue[None]:
        answer = yield from _ask(encode_line({"do": "ping"}), REACHABLE_WITHIN_S)
        if answer.get("ok") is not True:
            raise Garbled("a ping was not answered with ok")


def _ask(question: bytes, within_s: float) -> Dialogue[Message]:
    try:
        yield Send(question)
        answer: Message = yield Hear(GRAMMAR, within_s)
    except LinkLost as lost:
        raise Unanswered(f"link lost: {lost}") from lost
    if "error" in answer:
        raise Refused("local_line.bad_request", text(answer, "error")[:80])
    return answer


SETTINGS: Mapping[str, Setting] = {}

DRIVER = Driver(
    name="local_line",
    kind=Kind.GOODS_CHECK,
    title="Local line",
    make=LocalLine,
    evidence=Evidence.TRANSCRIPT,
    source="drivers/goods_checks/LOCAL_LINE.md, version 1",
    commit="none",
    settings=SETTINGS,
)
