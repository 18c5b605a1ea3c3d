"""What a shop writes down in a day of trade, drawn from a seed: each act is a batch for the store and its truth.

Ten lines a sale, refunds, goods received, written off, counted, sent to another shop and received there, slips, shifts,
cash, orders, cash boxes; once in a while a fact that fits no schema (poison.py).
"""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from sync.store.batch import Batch, Entry, Outgoing, Setting, StockMove
from sync.store.store import Store
from sync.wire.facts import (
    CashMove,
    Claim,
    ClaimAsked,
    Debt,
    Encashment,
    LateTruth,
    Pickup,
    PickupLine,
    Sale,
    SaleDocument,
    SaleLine,
    SalePayment,
    Shift,
    StockDocument,
    StockLine,
)
from tests.simulation.exchange import poison
from tests.simulation.exchange.ledger import Fact, Ledger, Paper, SaleTruth

GOODS = tuple(f"460000000{n:04d}" for n in range(14))
SHELF = "shelf"
OWED = "test/owed"
ASKED_AT_ONCE = 2
LINES = 10
ACTS = {
    "sale": 50, "refund": 8, "receiving": 6, "write_off": 4, "stocktake": 3, "transfer_out": 6, "transfer_in": 8,
    "claim": 4, "ask": 4, "shift": 2, "cash": 2, "debt": 1, "late": 1, "encashment": 1, "pickup": 2, "advance": 1,
    "loyalty": 3, "poison": 5,
}  # fmt: skip


class Writer:
    """One device's. `claims_too`: it issues slips and asks for others' (only boxes that are never restored do)."""

    def __init__(
        self,
        device: str,
        store_name: str,
        stores: tuple[str, ...],
        ledger: Ledger,
        rng: random.Random,
        now_ms: Callable[[], int],
        *,
        claims_too: bool,
    ) -> None:
        self.device = device
        self.store_name = store_name
        self._stores = stores
        self._ledger = ledger
        self._rng = rng
        self._now_ms = now_ms
        self._claims_too = claims_too
        self._made = 0
        self.poisoned: Callable[[str], None] = lambda what: None

    def fact(self, kind: str, told: object, *, id: str = "", stream: str = "sales", **truth: object) -> Fact:
        name = self.next_name()
        body = told if isinstance(told, bytes) else msgspec.json.encode(told)
        made = Fact(name, self.device, self.store_name, stream, id or f"{kind}-{name}", kind, body, **truth)  # type: ignore[arg-type]
        self._ledger.mean(made)
        return made

    def next_name(self) -> str:
        self._made += 1
        return f"{self.device}/{self._made}"

    async def keep(self, store: Store, *facts: Fact, v: int = 1, settings: tuple[Setting, ...] = ()) -> None:
        """One commit: journal, outbox and stock together."""
        entries = tuple(Entry(fact.kind[:40], "till", b"{}", fact.name) for fact in facts)
        outgoing = tuple(Outgoing(fact.stream, fact.id, fact.kind, v, fact.body) for fact in facts)
        moves = tuple(
            StockMove(sku, SHELF, delta, fact.kind, fact.id) for fact in facts for sku, delta in fact.moves.items()
        )
        await store.commit(Batch(entries=entries, outgoing=outgoing, moves=moves, settings=settings))
        for fact in facts:
            self._ledger.wrote(fact)

    async def act(self, store: Store) -> None:
        """One thing somebody does in the shop."""
        match self._rng.choices(list(ACTS), list(ACTS.values()))[0]:
            case "sale" | "refund" | "advance" as act:
                await self.keep(store, self._sale(act))
            case "receiving" | "write_off" | "stocktake" as kind:
                await self.keep(store, self._document(store, kind))
            case "transfer_out":
                await self._send(store)
            case "transfer_in":
                await self._receive(store)
            case "claim" if self._claims_too:
                await self._issue(store)
            case "ask" if self._claims_too:
                await self._ask(store)
            case "poison":
                await self._poison(store)
            case "loyalty":
                await self.keep(store, self.fact("earn", {"points": 5}, stream="loyalty", kept_only=True))
            case other:
                fact = self._small(other)
                if fact is not None:
                    await self.keep(store, fact)

    def _sale(self, act: str) -> Fact:
        rng, id = self._rng, self.next_name().replace("/", "-sale-")
        sign = {"sale": 1, "refund": -1, "advance": 0}[act]
        state = "closed" if rng.random() < 0.97 else "voided_after_payment"
        sign = 0 if state != "closed" else sign
        lines, moves = [], dict[str, int]()
        for _ in range(LINES if act == "sale" else rng.randint(1, 3)):
            sku, qty, price = rng.choice(GOODS), 1000 * rng.randint(1, 3), rng.randint(100, 90_000)
            lines.append(SaleLine(sku, f"Товар {sku[-2:]}", qty, price, price * qty // 1000, "V22"))
            if sign:
                moves[sku] = moves.get(sku, 0) - sign * qty
        total = sum(line.sum for line in lines)
        parts = [total] if rng.random() < 0.7 else [total // 2, total - total // 2]
        payments = [SalePayment(rng.choice(["cash", "card"]), part, status="booked") for part in parts]
        documents = [
            SaleDocument(f"ООО {n}", "1", "99", rng.randrange(10**6), rng.randrange(2**31), total, "2026-11-21", 1)
            for n in range(rng.randint(1, 2))
        ]  # fmt: skip
        now_ms = self._now_ms()
        sale = Sale(
            id, "till", id[-4:], act, state, 7, "Анна", now_ms - 9_000, now_ms, total, lines, payments, documents
        )
        truth = SaleTruth(
            total,
            sign * total,
            tuple((line.sku, line.qty, line.sum) for line in lines),
            tuple((one.means, one.sum) for one in payments),
            tuple((one.number, one.total) for one in documents),
        )
        return self.fact("sale", sale, id=id, sale=truth, moves=moves)

    def _document(self, store: Store, kind: str) -> Fact:
        rng, lines, moves = self._rng, [], dict[str, int]()
        for sku in rng.sample(GOODS, rng.randint(1, 4)):
            if kind == "stocktake":
                counted, book = 1000 * rng.randint(0, 50), store.stock(sku, SHELF)
                line = StockLine(sku, sku, counted - book, counted, store.outbox_head("sales"), book)
            else:
                line = StockLine(sku, sku, 1000 * rng.randint(1, 40) * (1 if kind == "receiving" else -1))
            lines.append(line)
            moves[sku] = line.delta
        return self._moved(kind, lines, moves)

    def _moved(self, kind: str, lines: list[StockLine], moves: dict[str, int], **other: str) -> Fact:
        id = self.next_name().replace("/", "-doc-")
        number = other.pop("number", "") or id
        state = "on_the_way" if kind == "transfer_out" else "done"
        told = StockDocument(id, kind, number, state, "Анна", self._now_ms(), lines, **other)
        truth = {"document": kind, "number": number, "of": told.of, "other": told.other}
        return self.fact("stock_document", told, id=id, moves=moves, **truth)

    async def _send(self, store: Store) -> None:
        sent = {sku: 1000 * self._rng.randint(1, 9) for sku in self._rng.sample(GOODS, self._rng.randint(1, 3))}
        to = self._rng.choice([one for one in self._stores if one != self.store_name])
        lines = [StockLine(sku, sku, -count) for sku, count in sent.items()]
        fact = self._moved("transfer_out", lines, {sku: -count for sku, count in sent.items()}, other=to)
        await self.keep(store, fact)
        self._ledger.papers.append(Paper(fact.number, self.device, self.store_name, to, sent))

    async def _receive(self, store: Store) -> None:
        """By the paper that came with the goods: HQ may have heard of neither end."""
        waiting = [one for one in self._ledger.papers if one.to_store == self.store_name and not one.receiving]
        if not waiting:
            return
        paper = self._rng.choice(waiting)
        paper.receiving = True  # the goods are unpacked once, whatever becomes of this box
        received = {
            sku: max(0, count + (self._rng.choice([-1000, 1000]) if self._rng.random() < 0.2 else 0))
            for sku, count in paper.sent.items()
        }
        lines = [StockLine(sku, sku, count, expected=paper.sent[sku]) for sku, count in received.items()]
        moves = {sku: count for sku, count in received.items() if count}
        fact = self._moved("transfer_in", lines, moves, other=paper.sender_store, of=paper.number)
        paper.received, paper.receiver = received, self.device
        await self.keep(store, fact)

    # Slips: which of them this box owes is a setting of its store, changed in the commit that tells it.

    def owed(self, store: Store) -> dict[str, int]:
        return msgspec.json.decode(store.setting(OWED) or b"{}", type=dict[str, int])

    @staticmethod
    def owing(owed: dict[str, int]) -> Setting:
        return Setting(OWED, msgspec.json.encode(owed))

    def claim(self, number: str, amount: int, state: str) -> Fact:
        return self.fact("claim", Claim(number, self.device, amount, "change", "order", state, self._now_ms()))

    async def _issue(self, store: Store) -> None:
        number, amount = self.next_name().replace("/", "-slip-"), self._rng.randint(100, 50_000)
        owed = self.owed(store) | {number: amount}
        await self.keep(store, self.claim(number, amount, "issued"), settings=(self.owing(owed),))

    async def _ask(self, store: Store) -> None:
        slips = [one for one in self._ledger.facts.values() if one.kind == "claim" and b'"issued"' in one.body]
        slips = [one for one in slips if one.device != self.device and one.written and not one.poison]
        if not slips:
            return
        told = msgspec.json.decode(self._rng.choice(slips).body, type=Claim)
        request = self.next_name().replace("/", "-request-")
        asked = ClaimAsked(request, told.kiosk, told.number, "5" * 64)
        await self.keep(store, self.fact("claim_asked", asked, id=request))

    def _small(self, kind: str) -> Fact | None:
        now_ms, n = self._now_ms(), self._rng.randint(1, 9_999)
        match kind:
            case "shift":
                return self.fact(kind, Shift("till", 7, "x", now_ms, "Анна", n, n, 0, n))
            case "cash":
                return self.fact(kind, CashMove("till", 7, "in", n, "Анна", "", now_ms))
            case "debt":
                return self.fact(kind, Debt("sale", "till", n, now_ms, "", "Анна"))
            case "late":
                return self.fact(kind, LateTruth("sale", "till", "a", "t", n, "act:phase"))
            case "encashment":
                told = Encashment("k", "d", "u", n, "1", "closed", now_ms, 0, now_ms, "", "RUB", [(100, n)], n, n)
                return self.fact(kind, told)
            case "pickup":
                order = f"order-{n}"
                return self.fact(kind, Pickup(order, "held", now_ms, now_ms + 9, [PickupLine("1", GOODS[0], 1000)]))
        return None

    async def _poison(self, store: Store) -> None:
        made = poison.draw(self._rng, self._a_sale_body())
        id = made.id or f"poison-{self.next_name()}"
        if made.id_of_another:
            others = [one for one in self._ledger.facts.values() if one.device == self.device and one.sale]
            others = [one for one in others if one.name in self._ledger.on_disk.get(self.device, ())]
            if not others:
                return
            id = self._rng.choice(others).id
        fact = self.fact(made.kind, made.body, id=id, poison=made.name)
        await self.keep(store, fact, v=made.v)
        self.poisoned(made.name)

    def _a_sale_body(self) -> bytes:
        rng, id = self._rng, f"bad-{self._made}-{self.device}"
        line = SaleLine(rng.choice(GOODS), "Товар", 1000, 500, 500, "V22")
        sale = Sale(id, "till", "1", "sale", "closed", 7, "Анна", 0, self._now_ms(), 500, [line], [], [])
        return msgspec.json.encode(sale)
