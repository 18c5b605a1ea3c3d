"""What the status page is told: does the shop sell, what needs a person, what leaves, each operation's course."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.view import DeviceView, Note, QueueView, SlipView, WayView


class SellsView(msgspec.Struct, frozen=True):
    """One row of "what we sell now": each of cash, card, marked is a Note when it does not work."""

    till: str
    name: str
    cash: Note | None
    card: Note | None
    marked: Note | None


class OpenCaseView(msgspec.Struct, frozen=True):
    """Something that needs a person, oldest first."""

    till: str
    till_name: str
    sale: str
    kind: str
    note: Note
    amount_minor: int
    since_ms: int
    asked: int
    ways: list[WayView]
    evidence: dict[str, Any] = {}


class TimelineRow(msgspec.Struct, frozen=True):
    """One step of an operation. mark: ok, busy, attention, down, unknown. `frame`: an arrow and redacted hex."""

    at_ms: int
    mark: str
    note: Note
    frame: str = ""
    seq: int = 0


class OperationView(msgspec.Struct, frozen=True):
    sale: str
    till: str
    number: str
    act: str
    phase: str
    total_minor: int
    at_ms: int
    rows: list[TimelineRow]


class LeavesView(msgspec.Struct, frozen=True):
    """What leaves the shop: OFD of each register, the office; disk."""

    id: str
    note: Note
    queue: QueueView


class ClockView(msgspec.Struct, frozen=True):
    """How far a register's clock is ahead of the shop's (behind: negative), as it was read last."""

    device: str
    ahead_s: int


class StatusView(msgspec.Struct, frozen=True):
    shop: str
    training: bool
    now_ms: int
    language: str
    currency: str
    zone: str
    headline: Note
    state: str  # ok, attention, down, first_start
    today_minor: int
    receipts: int
    refunds: int
    sells: list[SellsView]
    cases: list[OpenCaseView]
    leaves: list[LeavesView]
    free_bytes: int
    devices: list[DeviceView]
    operation: OperationView | None
    version: str
    clocks: list[ClockView] = []
    alarms: list[Note] = []  # what happened to kiosks' boxes that nobody ordered
    claims: list[SlipView] = []  # still owed, oldest first, the first 50 of `claims_count`
    claims_count: int = 0
    claims_minor: int = 0
    began_ms: int = 0  # this agent's start
    visitors: bool = False  # the shop has sensors: GET /api/visitors answers
