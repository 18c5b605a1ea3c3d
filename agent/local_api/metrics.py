"""The agent's figures as Prometheus text: what a manager of many shops wants to be woken by."""

from __future__ import annotations

from agent.local_api.visitor_metrics import visitor_rows
from agent.wiring import Shop
from fiscal.sale import Phase


def metrics_text(shop: Shop) -> str:
    office = shop.health.office()
    now = shop.clock.now_ms()
    lines = [
        _line("tillkeeper_outbox_waiting", {}, office.waiting, "Items that HQ has not acknowledged"),
        _line("tillkeeper_outbox_oldest_seconds", {}, _age_s(now, office.oldest_ms), "Age of the oldest of them"),
        _line("tillkeeper_free_bytes", {}, shop.store.free_bytes(), "Room on the disk of the data directory"),
    ]
    for id, till in shop.tills.items():
        label = {"till": id}
        sales = [course.record.sale for course in till.courses()]
        doubtful = sum(sale.phase is Phase.IN_DOUBT or bool(sale.unsettled) for sale in sales)
        unsealed = sum(sale.phase is Phase.PAID_UNSEALED for sale in sales)
        lines.append(_line("tillkeeper_unknown", label, doubtful, "Operations whose outcome is being asked"))
        lines.append(_line("tillkeeper_paid_unsealed", label, unsealed, "Paid sales without a receipt"))
        register = till.devices.register.last
        if register is not None:
            lines.append(_line("tillkeeper_ofd_unsent", label, register.ofd_unsent, "Documents not sent to the OFD"))
        lines.append(_line("tillkeeper_shift_open", label, int(till.devices.register.shift.open), "1: shift open"))
    for id, port in shop.ports.items():
        up = int(port.health.state in ("ok", "busy", "attention"))
        lines.append(_line("tillkeeper_device_up", {"device": id}, up, "1: the device answers"))
    for name, board in shop.feeds.items():
        label, following = {"feed": name}, int(board.state == "following")
        lines.append(_line("tillkeeper_feed_following", label, following, "1: what HQ tells is here up to now"))
        lines.append(
            _line("tillkeeper_feed_rows_aside", label, board.aside, "Rows that make no sense, since the start")
        )
    if shop.visitors is not None:
        lines += [_line(*row) for row in visitor_rows(shop.visitors.reader.view())]
    return _with_headers(lines)


def _age_s(now: int, since: int) -> int:
    return max(0, (now - since) // 1000) if since else 0


_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
"""A sensor names itself; its name may not become a row of its own."""


def _line(name: str, labels: dict[str, str], value: float, help: str) -> tuple[str, str, str]:
    shown = ",".join(f'{key}="{told.translate(_ESCAPES)}"' for key, told in labels.items())
    return name, help, f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _with_headers(lines: list[tuple[str, str, str]]) -> str:
    grouped: dict[str, list[str]] = {}
    for name, help, line in lines:
        grouped.setdefault(name, [f"# HELP {name} {help}", f"# TYPE {name} gauge"]).append(line)
    return "\n".join(line for group in grouped.values() for line in group) + "\n"
