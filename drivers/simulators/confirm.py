"""A simulated terminal of the confirm protocol: it suspends the money, and books it only when the till commits.

    > {"n":1,"do":"authorise","key":"K","amount":1999,"currency":643}
    < {"n":1,"show":"Приложите карту","code":"card"}
    < {"n":1,"key":"K","state":"suspended","slip":94,"amount":1999,"at":"...","card":"**** 4417",...}
    > {"n":2,"do":"commit","key":"K"}            < {"n":2,"key":"K","state":"booked","slip":94,"amount":1999}

Source: drivers/payment_terminals/CONFIRM.md, version 1.
"""

from __future__ import annotations

import contextlib
import math
import random
from dataclasses import dataclass, field
from typing import Any

import anyio

from drivers.links.link import Link, LinkLost
from drivers.simulators.confirm_books import ConfirmBooks, Entry
from drivers.simulators.confirm_table import CODES, COMMANDS, FAULTS, WORDS, well_formed
from drivers.simulators.json_lines import JsonLines, write
from drivers.simulators.stir import Stir
from drivers.simulators.world import Faults, Ledger, Memory, Now

CARD_S, PIN_S, HOST_S = 30.0, 1.5, 1.2
AUTO_CARD_S = 2.0
CUT_OFF_S = 10.0
CARD_SCHEMES = (("**** 4417", "MIR"), ("**** 1111", "VISA"), ("**** 4444", "MASTERCARD"))
ANSWERED = ("authorise", "commit", "rollback", "refund", "reverse")
KINDS = {"authorise": "purchase", "refund": "refund", "reverse": "reversal"}


class _Host:
    """One connection."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.gone = False
        self.reading = anyio.CancelScope()
        self.everything = anyio.CancelScope()

    def close(self) -> None:
        self.gone = True
        self.reading.cancel()

    async def send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(LinkLost):
            if not self.gone:
                await self.link.send(write(message))


@dataclass(slots=True)
class _Running:
    """The operation at the terminal: which state it is in and since when (anyio's clock)."""

    entry: Entry
    do: str
    phase: str  # card, pin, host
    since: float
    host_s: float
    stopped: bool = False
    waiters: list[tuple[_Host, int]] = field(default_factory=list)


class ConfirmSimulator:
    """A `world.Simulator`. An operation goes on when its connection is lost."""

    NAME = "confirm"
    FAULTS = FAULTS
    COMMANDS = COMMANDS

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool = False
    ) -> None:
        self._ledger, self._memory, self._now = ledger, memory, now
        self._rng = rng
        self._faults = faults
        self._instant = instant
        self._books = ConfirmBooks(memory, ledger, now)
        self._running: _Running | None = None
        self._outbox: list[tuple[_Host, dict[str, Any], bool]] = []  # the last: close afterwards
        self._delivering = anyio.Lock()  # the reader and the clock both have something to say
        self._hosts: list[_Host] = []
        self._stir = Stir()
        self._card_held = False
        self._auto_s: float | None = 0.0 if instant else None
        self._off_until: float | None = None
        self._language = "ru"

    async def serve(self, link: Link) -> None:
        """Talk to one host until the connection is lost, closed by a fault, or the power goes."""
        if not self._powered():
            return
        host = _Host(link)
        self._hosts.append(host)
        try:
            with host.everything:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._tick, host)
                    with host.reading, contextlib.suppress(LinkLost):
                        await self._read(host)
                    host.close()
                    self._stir.now()
        finally:
            self._hosts.remove(host)

    async def _read(self, host: _Host) -> None:
        lines = JsonLines()
        while not host.gone:
            for request in lines.feed(await host.link.receive()):
                self._hear(host, request)
                await self._deliver()

    async def _tick(self, host: _Host) -> None:
        while not host.gone:
            change = self._stir.next()
            left_s = self._advance()
            await self._deliver()
            with anyio.move_on_after(left_s):
                await change.wait()

    async def _deliver(self) -> None:
        async with self._delivering:
            while self._outbox:
                host, message, closes = self._outbox.pop(0)
                if message:
                    await host.send(message)
                if closes:
                    host.close()
                    self._stir.now()

    def _say(self, host: _Host, n: int, message: dict[str, Any]) -> None:
        self._outbox.append((host, {"n": n, **message}, False))

    def _drop(self, host: _Host) -> None:
        self._outbox.append((host, {}, True))

    # requests

    def _hear(self, host: _Host, request: dict[str, Any] | None) -> None:
        n = request.get("n") if request else None
        n = n if isinstance(n, int) and not isinstance(n, bool) else 0
        if self._faults.strikes("silent"):
            return None
        if request is None or not well_formed(request):
            return self._say(host, n, {"error": "bad_request"})
        do, key = request["do"], request.get("key", "")
        if do in ANSWERED and self._faults.strikes(f"lost_before_{do}"):
            return self._drop(host)
        self._advance()
        self._books.forget_old()
        entry = self._books.entries.get(key)
        if do == "state":
            return self._say(host, n, self._state())
        if do == "totals":
            return self._say(host, n, self._books.close_day())
        if do == "stop":
            if self._running is not None and self._running.entry.key == key:
                self._running.stopped = True
            self._say(host, n, {"ok": True})
            return self._stir.now()
        if do == "query":
            told = {"key": key, "state": "unknown"} if entry is None else {**entry.answer(), "kind": entry.kind}
            return self._say(host, n, told)
        if do == "commit":
            return self._commit(host, n, entry)
        if do == "rollback":
            return self._roll_back(host, n, key, entry)
        return self._begin(host, n, request, entry)

    def _state(self) -> dict[str, Any]:
        reason = "busy" if self._running is not None else ""
        told = {"ready": not reason, "reason": reason, "terminal": "T0000001"}
        return {**told, "slip": self._books.slip, "open": self._books.open_key()}

    def _commit(self, host: _Host, n: int, entry: Entry | None) -> None:
        if entry is None:
            return self._say(host, n, {"error": "unknown_key"})
        if entry.state in ("rolled_back", "declined"):
            return self._say(host, n, {"error": "rolled_back"})
        if entry.kind != "purchase" or entry.state == "running":
            return self._say(host, n, {"error": "bad_request"})
        if entry.state == "suspended":
            self._books.commit(entry)
            cut = self._faults.value("power_cut_after_commit")
            if cut is not None:
                return self._cut_power(float(cut or CUT_OFF_S))
        return self._finish(host, n, "commit", entry.answer())

    def _roll_back(self, host: _Host, n: int, key: str, entry: Entry | None) -> None:
        if entry is not None and entry.state in ("booked", "refunded", "reversed"):
            return self._say(host, n, {"error": "booked"})
        if self._running is not None and self._running.entry is entry:
            self._end(self._running, "cancelled")
        if entry is None or entry.state != "rolled_back":
            self._books.roll_back(entry or Entry(key, "purchase", "unknown"))
        return self._finish(host, n, "rollback", {"key": key, "state": "rolled_back"})

    def _begin(self, host: _Host, n: int, request: dict[str, Any], entry: Entry | None) -> None:
        """authorise, refund, reverse."""
        do = request["do"]
        if entry is not None:  # rule 1: nothing starts
            if self._running is not None and self._running.entry is entry:
                return self._running.waiters.append((host, n))
            return self._finish(host, n, do, entry.answer())
        entry = Entry(request["key"], KINDS[do], "running", request.get("amount", 0), request.get("currency", 0))
        entry.of = request.get("of", 0)
        objection = "busy" if self._running is not None or self._faults.strikes("busy") else ""
        objection = objection or self._books.objection(entry)
        if objection:
            self._books.decline(entry, objection)
            return self._finish(host, n, do, entry.answer())
        if do == "reverse":
            of = self._books.purchase(entry.of)
            assert of is not None
            entry.amount, entry.currency = of.amount, of.currency
        self._books.start(entry)
        slow = self._faults.value("slow")
        host_s = float(slow or 100) if slow is not None else 0.0 if self._instant else HOST_S
        phase = "card" if do == "authorise" else "host"
        self._running = _Running(entry, do, phase, anyio.current_time(), host_s, waiters=[(host, n)])
        self._show(phase)
        if do == "authorise":
            cut = self._faults.value("power_cut_in_authorise")
            if cut is not None:
                return self._cut_power(float(cut or CUT_OFF_S))
        return self._stir.now()

    def _finish(self, host: _Host, n: int, do: str, message: dict[str, Any]) -> None:
        if self._faults.strikes(f"lost_answer_{do}"):
            return self._drop(host)
        return self._say(host, n, message)

    # the operation at the terminal

    def _advance(self) -> float:
        """Take the running operation as far as the clock allows. Returns the seconds until there is more to do."""
        while (running := self._running) is not None:
            # Moments, not spans, are compared: the difference of two clock readings need not add up again.
            at = anyio.current_time()
            if running.phase != "host" and running.stopped:
                self._end(running, "cancelled")
            elif running.phase == "card":
                due = running.since + (CARD_S if self._auto_s is None else min(self._auto_s, CARD_S))
                if self._card_held or (self._auto_s is not None and self._auto_s < CARD_S and at >= due):
                    moment = at if self._card_held else due
                    self._card_held = False
                    running.entry.card, running.entry.scheme = self._rng.choice(CARD_SCHEMES)
                    self._enter("pin", moment)
                elif at >= running.since + CARD_S:
                    self._end(running, "no_card")
                else:
                    return due - at
            elif running.phase == "pin":
                known = running.since + (0.0 if self._instant else PIN_S)
                if at < known:
                    return known - at
                self._enter("host", known)
            elif at < running.since + running.host_s:
                return running.since + running.host_s - at
            else:
                self._end(running, "")
        return math.inf

    def _enter(self, phase: str, at: float) -> None:
        assert self._running is not None
        self._running.phase, self._running.since = phase, at
        self._show(phase)

    def _show(self, code: str) -> None:
        if self._running is not None:
            for host, n in self._running.waiters:
                self._say(host, n, {"show": WORDS[code][self._language == "ru"], "code": CODES[code]})

    def _end(self, running: _Running, reason: str) -> None:
        """Decided: durable, then told to everyone who waits."""
        if not reason:
            refused = self._faults.value("declined")
            reason = "" if refused is None else refused or "not_enough_money"
        if reason:
            self._books.decline(running.entry, reason)
        else:
            self._books.approve(running.entry, f"{self._rng.randrange(1_000_000):06d}")
        self._running = None
        for host, n in running.waiters:
            self._finish(host, n, running.do, running.entry.answer())
        self._stir.now()

    # power, hands, picture

    def _powered(self) -> bool:
        if self._off_until is not None and anyio.current_time() >= self._off_until:
            self._power_on()
        return self._off_until is None

    def _power_on(self) -> None:
        self._off_until = None
        self._books = ConfirmBooks(self._memory, self._ledger, self._now)

    def _cut_power(self, off_for_s: float) -> None:
        self._off_until = anyio.current_time() + off_for_s
        self._running = None
        self._outbox.clear()
        for host in self._hosts:
            host.gone = True
            host.everything.cancel()

    async def command(self, line: str) -> str:
        """Carry out one command of COMMANDS. Raises ValueError with a sentence for one it does not know."""
        self._powered()
        done = self._hands(line.split())
        self._stir.now()
        return done

    def _hands(self, words: list[str]) -> str:
        match words:
            case ["present", "card"]:
                self._card_held = True
                return "a card is held to the reader"
            case ["remove", "card"]:
                self._card_held = False
                return "no card at the terminal"
            case ["press", "cancel"]:
                if self._running is not None:
                    self._running.stopped = True
                return "the red key was pressed"
            case ["card", "auto", *after] if len(after) < 2:
                self._auto_s = float(after[0]) if after else (0.0 if self._instant else AUTO_CARD_S)
                return f"a card presents itself after {self._auto_s:g} s"
            case ["card", "manual"]:
                self._auto_s = None
                return "cards come by hand only"
            case ["language", ("en" | "ru") as language]:
                self._language = language
                return f"texts in {language}"
            case ["power", "off"]:
                self._cut_power(math.inf)
                return "the terminal is dark"
            case ["power", "on"]:
                if self._off_until is not None:
                    self._power_on()
                return "the terminal has power"
            case ["decline", "next"]:
                self._faults.arm("declined")
                return "the next payment is declined"
            case ["fault", *spec] if spec:
                self._faults.arm(" ".join(spec))
                return f"armed {' '.join(spec)}"
            case _:
                raise ValueError(f"unknown command {' '.join(words)!r}; known: {', '.join(self.COMMANDS)}")

    def picture(self) -> dict[str, Any]:
        """What a drawing of the terminal needs; `display` is in two languages. Called where anyio runs."""
        power = self._powered()
        self._advance()
        self._stir.now()
        running = self._running
        english, russian = WORDS["off" if not power else running.phase if running else "idle"]
        return {
            "device": self.NAME,
            "power": power,
            "connections": len(self._hosts),
            "display": {"en": english, "ru": russian},
            "busy": running is not None,
            "waiting_for_card": running is not None and running.phase == "card",
            "amount_minor": running.entry.amount if running else None,
            "card": "held" if self._card_held else "none",
            "card_auto_s": self._auto_s,
            "open": self._books.open_key(),
            "slip": self._books.slip,
            "faults": self._faults.armed(),
        }
