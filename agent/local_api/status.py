"""The status page's reading of the shop: does it sell, what needs a person, what leaves, each operation's course."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.claims.asked_money import sum_of
from agent.devices.device_port import Frame
from agent.local_api.status_view import (
    ClockView,
    LeavesView,
    OpenCaseView,
    OperationView,
    SellsView,
    StatusView,
    TimelineRow,
)
from agent.screens.case_view import case_view
from agent.screens.claim_view import owed_minor, slip_views
from agent.till.restore_acts import halted
from agent.till.till import Till
from agent.view import DeviceView, Note, QueueView
from agent.wiring import Shop
from sync.store.batch import Row, SaleRow
from sync.store.sale_journal import is_sale_row

VERSION = "0.1.0"
ROWS_WITH_FRAMES = 120
"""A sale with every trouble has some dozens of frames; more would bury the page."""
_DOUBT = ("card_lost", "seal_unknown", "power_returned", "card_person_asked", "seal_person_asked")
_TROUBLE = ("seal_refused_paid", "seal_refused_unpaid", "card_declined", "correction_due", "left_open")


class StatusReader:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def view(self) -> StatusView:
        shop = self._shop
        tills = list(shop.tills.values()) or shop.places  # a shop may consist of kiosks
        sum_minor, sales, refunds = shop.store.closed_since(self._midnight_ms())
        cases = sorted((case for till in shop.places for case in self._cases(till)), key=lambda case: case.since_ms)
        sells = [self._sells(till) for till in tills]
        dead = all(row.cash is not None and row.card is not None for row in sells)
        alarms = self._alarms()
        state = "down" if dead else "attention" if cases or alarms else "ok"
        if not sales and not any(till.devices.register.shift.open for till in tills):
            state = "first_start" if not any(till.last for till in tills) else state
        recent = self.operations(1)
        desk, now_ms = tills[0].claims, shop.clock.now_ms()
        owed = desk.owed() if desk is not None else ()
        return StatusView(
            shop=shop.facts.name,
            training=shop.facts.training,
            now_ms=now_ms,
            language=tills[0].language,
            currency=shop.facts.currency,
            zone=shop.facts.zone,
            headline=Note(
                {"down": "shop_stopped", "first_start": "shop_new"}.get(state, "shop_sells"), {"cases": len(cases)}
            ),
            state=state,
            today_minor=sum_minor,
            receipts=sales,
            refunds=refunds,
            sells=sells,
            cases=cases,
            leaves=self._leaves(),
            free_bytes=shop.store.free_bytes(),
            devices=self._all_devices(),
            operation=recent[0] if recent else None,
            version=VERSION,
            clocks=[clock for till in shop.places for clock in _clock(till)],
            alarms=alarms,
            claims=slip_views(desk, owed, now_ms) if desk is not None else [],
            claims_count=len(owed),
            claims_minor=owed_minor(owed),
            began_ms=shop.health.began_ms,
            visitors=shop.visitors is not None,
        )

    def _all_devices(self) -> list[DeviceView]:
        """Each once, whoever shares it; a kiosk has boxes where a till has a drawer."""
        shop = self._shop
        found = [one for till in shop.tills.values() for one in self._devices(till)]
        for id, kiosk in shop.kiosks.items():
            found += [*shop.health.devices(kiosk.till, set()), *shop.kiosk_builders[id].boxes()]
        return list({one.id: one for one in found}.values())

    def _devices(self, till: Till) -> list[DeviceView]:
        return [*self._shop.health.devices(till, set()), *self._shop.health.drawers(till)]

    def _alarms(self) -> list[Note]:
        """What happened to the boxes of kiosks that nobody ordered; what a person must see of consents."""
        visitors = self._shop.visitors
        stands = [Note("restore_stands") for till in self._shop.tills if self._shop.restore.stands(till)]
        asked = self._shop.asked.asked()
        if asked:
            stands.append(Note("old_money", {"count": len(asked), "sum_minor": sum_of(asked)}))
        return (
            stands
            + [Note(code) for code in (visitors.notes if visitors is not None else ())]
            + [
                Note(alarm.code, {"number": alarm.number} if alarm.number else {})
                for kiosk in self._shop.kiosks.values()
                for alarm in (kiosk.encashments.alarms() if kiosk.encashments else [])
            ]
        )

    def operations(self, limit: int) -> list[OperationView]:
        """The latest first, of all tills."""
        places = [till.settings.id for till in self._shop.places]
        rows = [row for till in places for row in self._shop.store.recent_sales(till, limit)]
        rows.sort(key=lambda row: row.opened_ms, reverse=True)
        return [self._operation(row) for row in rows[:limit]]

    def operation(self, sale: str) -> OperationView | None:
        row = self._shop.store.sale(sale)
        return self._operation(row) if row else None

    def _operation(self, row: SaleRow) -> OperationView:
        journal = [_journal_row(kept) for kept in self._shop.store.journal(row.id) if is_sale_row(kept)]
        frames = [
            _frame_row(frame, port.name)
            for port in self._shop.ports.values()
            for frame in port.frames
            if frame.about == row.id and frame.data
        ]
        rows = sorted([*journal, *frames[-ROWS_WITH_FRAMES:]], key=lambda row: (row.at_ms, row.seq == 0, row.seq))
        return OperationView(row.id, row.till, row.number, row.act, row.phase, row.total_minor, row.opened_ms, rows)

    def _cases(self, till: Till) -> list[OpenCaseView]:
        found = []
        for course in till.courses():
            case = case_view(course, till.devices.register, till.called)
            if case is None:
                continue
            sale = course.record.sale
            since = min((asking.since_ms for asking in course.asking.values()), default=sale.opened.at_ms)
            found.append(
                OpenCaseView(
                    till=till.settings.id,
                    till_name=till.settings.name,
                    sale=sale.id,
                    kind=case.kind,
                    note=case.note,
                    amount_minor=case.amount_minor,
                    since_ms=since,
                    asked=case.asked,
                    ways=case.ways if till.settings.id in self._shop.tills else [],  # a kiosk's are decided at it
                    evidence=case.evidence,
                )
            )
        return found

    def _sells(self, till: Till) -> SellsView:
        register = till.devices.register
        down = Note("register_away") if register.port.health.state == "down" else None
        stop = halted(till)
        if stop is not None:
            down = stop
        elif down is None and not register.shift.open:
            down = Note("shift_closed")
        card_port = next((card.port for card in till.devices.cards.values()), None)
        card = Note("terminal_away") if card_port is None or card_port.health.state == "down" else None
        goods = till.devices.goods_check
        marked = Note("marks_away") if goods is None or goods.health.state == "down" else None
        return SellsView(till.settings.id, till.settings.name, down, down or card, down or marked)

    def _leaves(self) -> list[LeavesView]:
        shop = self._shop
        found = []
        for till in shop.places:
            id, state = till.settings.id, till.devices.register.last
            queue = QueueView(0, 0)
            note = Note("ofd_sent", {"till": till.settings.name})
            if state is None:
                note = Note("ofd_not_known", {"till": till.settings.name})
            elif state.ofd_unsent:
                oldest = 0
                if state.ofd_oldest is not None:
                    oldest = shop.clock.now_ms() - int((state.clock - state.ofd_oldest).total_seconds() * 1000)
                queue = QueueView(state.ofd_unsent, oldest)
                note = Note("ofd_waiting", {"till": till.settings.name, "waiting": state.ofd_unsent})
            found.append(LeavesView(f"ofd/{id}", note, queue))
        office = shop.health.office()
        found.append(LeavesView("office", Note("office_waiting" if office.waiting else "office_sent"), office))
        return found

    def _midnight_ms(self) -> int:
        local = self._shop.clock.local()
        since = local - local.replace(hour=0, minute=0, second=0, microsecond=0)
        return self._shop.clock.now_ms() - int(since.total_seconds() * 1000)


def _clock(till: Till) -> list[ClockView]:
    desk = till.devices.register
    ahead = desk.clock_ahead()
    return [] if ahead is None else [ClockView(desk.port.id, int(ahead.total_seconds()))]


def _journal_row(row: Row) -> TimelineRow:
    kind = row.kind.removeprefix("sale.")
    body: dict[str, Any] = msgspec.json.decode(row.body)
    mark = "unknown" if kind in _DOUBT else "attention" if kind in _TROUBLE else "ok"
    told = {key: body[key] for key in _TOLD if key in body and isinstance(body[key], int | str)}
    return TimelineRow(row.at_ms, mark, Note(f"journal_{kind}", told), seq=row.seq)


_TOLD = ("amount_minor", "received_minor", "number", "reason", "code", "why", "asked", "person", "due_minor", "state")


def _frame_row(frame: Frame, name: str) -> TimelineRow:
    arrow = "→" if frame.direction == ">" else "←"
    return TimelineRow(
        frame.at_ms, "ok", Note("frame", {"device": name}), f"{arrow} {frame.data[:64].hex(' ').upper()}"
    )
