"""What a device's answer means for the shop, in words: its wire, its own state, and whether it is the right device."""

from __future__ import annotations

import datetime as dt

from agent.checkup.device_answers import DeviceAnswer
from agent.checkup.finding import Finding, attention, broken, fine
from agent.devices.register_desk import Identity
from drivers.driver import Kind
from drivers.fiscal_registers.contract import FnWarning, Printing, RegisterState

CLOCK_APART = dt.timedelta(minutes=5)
"""More than this and the pre-flight refuses: the fiscal memory wants documents in the order of their times."""
_SAFE = {
    Kind.FISCAL_REGISTER: ("Пробитое цело; чеков пока не будет.", "What was made is safe; no receipts until then."),
    Kind.PAYMENT_TERMINAL: ("Наличные касса принимает.", "The till takes cash."),
    Kind.GOODS_CHECK: ("Немаркированное продаётся.", "Unmarked goods are sold."),
    Kind.CASH_DEVICE: ("Принятое цело, оно в журнале.", "What was taken is safe and in the journal."),
    Kind.SCANNER: ("Коды можно набирать на клавиатуре.", "Codes can be typed."),
}
_FN = {
    FnWarning.KEY_3_DAYS: ("ключи ФН кончаются через 3 дня", "the fiscal memory's keys end within 3 days"),
    FnWarning.KEY_30_DAYS: ("ключи ФН кончаются через 30 дней", "the fiscal memory's keys end within 30 days"),
    FnWarning.ARCHIVE_90: ("архив ФН заполнен на 90 %", "the fiscal memory's archive is 90 % full"),
    FnWarning.OFD_OVERDUE: ("документы слишком долго ждут ОФД", "documents wait too long for the OFD"),
    FnWarning.CRITICAL: ("ФН сообщает о критической ошибке", "the fiscal memory reports a critical error"),
}


def device_findings(answer: DeviceAnswer, now: dt.datetime, known: Identity | None) -> list[Finding]:
    """`now` is the shop's wall clock; `known` is the register the till's journal belongs to."""
    device = answer.device
    about = f"device:{device.id}"
    where = f"{device.name} ({device.driver.title}, {device.address})"
    safe = _SAFE[device.driver.kind]
    match answer.state:
        case "away":
            do = (
                "Проверьте питание и кабель устройства, потом адрес в настройках.",
                "Check the device's power and cable, then the address in the configuration.",
            )
            return [
                broken(about, (f"{where}: нет связи: {answer.detail}", f"{where}: away: {answer.detail}"), do, safe)
            ]
        case "wrong":
            heard = answer.heard or answer.detail
            do = (
                "На этом адресе другое устройство, или неверна скорость порта. Исправьте address или driver.",
                "Another device answers there, or the port's speed is wrong. Mend address or driver.",
            )
            what = (f"{where}: отвечает не то устройство, слышно: {heard}", f"{where}: another device, heard: {heard}")
            return [broken(about, what, do, safe)]
        case "silent":
            do = (
                "Проверьте, что устройство включено и свободно, потом driver и address: чужой протокол бывает нем.",
                "See that the device is on and free, then driver and address: to a foreign protocol many keep silent.",
            )
            return [broken(about, (f"{where}: не отвечает.", f"{where}: does not answer."), do, safe)]
        case "refused":
            do = ("Посмотрите на экран устройства.", "Look at the device's own display.")
            what = (f"{where}: отвечает отказом {answer.detail}", f"{where}: refuses: {answer.detail}")
            return [attention(about, what, do, safe)]
    if answer.register is not None:
        return _register(about, where, answer.register, now, known)
    if answer.terminal is not None and not answer.terminal.ready:
        do = ("Посмотрите на экран терминала.", "Look at the terminal's display.")
        reason = answer.terminal.reason
        return [attention(about, (f"{where}: не готов: {reason}", f"{where}: not ready: {reason}"), do, safe)]
    return [fine(about, f"{where}: отвечает.", f"{where}: answers.")]


def _register(about: str, where: str, state: RegisterState, now: dt.datetime, known: Identity | None) -> list[Finding]:
    named = f"{where}, зав. № {state.serial}, ФН {state.fn}", f"{where}, serial {state.serial}, FN {state.fn}"
    found = [finding for finding in _troubles(about, where, state) if finding is not None]
    if known is not None and (known.serial, known.fn) != (state.serial, state.fn):
        what = (
            f"{named[0]}: журнал кассы вёлся с другой ККТ: зав. № {known.serial}, ФН {known.fn}.",
            f"{named[1]}: the till's journal belongs to another register: serial {known.serial}, FN {known.fn}.",
        )
        do = (
            "Верните прежнюю ККТ, или начните новую смену на этой по правилу замены ФН.",
            "Put the old register back, or change over as the rule for a new fiscal memory says.",
        )
        found.append(
            broken(about, what, do, ("Касса не пробьёт чек не на той ККТ.", "No receipt goes to it by mistake."))
        )
    found += clock_findings(where, state.clock - now)
    return found or [fine(about, f"{named[0]}: отвечает, готова.", f"{named[1]}: answers and is ready.")]


def clock_findings(where: str, ahead: dt.timedelta) -> list[Finding]:
    """`ahead`: how far the register's clock is ahead of the shop's, negative when behind. Nothing while it agrees."""
    if abs(ahead) <= CLOCK_APART:
        return []
    minutes = int(abs(ahead).total_seconds() // 60)
    ru, en = ("спешат", "ahead") if ahead > dt.timedelta() else ("отстают", "behind")
    what = (f"{where}: часы ККТ {ru} на {minutes} мин.", f"{where}: its clock is {minutes} min {en}.")
    do = (
        "Закройте смену и поставьте часы ККТ; проверьте часы компьютера.",
        "Close the shift and set the register's clock; check this computer's clock.",
    )
    safe = ("Пробитое цело; до этого касса денег не берёт.", "What was made is safe; no money is taken until then.")
    return [attention("clock", what, do, safe)]


def _troubles(about: str, where: str, state: RegisterState) -> list[Finding | None]:
    paper_gone = not state.paper or state.printing is Printing.PAPER_OUT
    return [
        attention(
            about,
            (f"{where}: нет бумаги.", f"{where}: no paper."),
            ("Вставьте ленту: печать продолжится сама.", "Insert a roll: printing goes on by itself."),
        )
        if paper_gone
        else None,
        attention(
            about,
            (f"{where}: открыта крышка.", f"{where}: the cover is open."),
            ("Закройте крышку.", "Close the cover."),
        )
        if state.cover_open
        else None,
        broken(
            about,
            (f"{where}: фискальный накопитель не готов.", f"{where}: the fiscal memory is not ready."),
            ("Вызовите сервисный центр.", "Call the service centre."),
        )
        if not state.fn_ready
        else None,
        attention(
            about,
            (f"{where}: смена старше 24 часов.", f"{where}: the shift is older than 24 hours."),
            ("Закройте смену (Z-отчёт) на кассе.", "Close the shift (Z report) at the till."),
        )
        if state.shift_over_24h
        else None,
        *(
            attention(
                about,
                (f"{where}: {_FN[warning][0]}.", f"{where}: {_FN[warning][1]}."),
                ("Запланируйте замену ФН или связь с ОФД.", "Plan a new fiscal memory, or mend the way to the OFD."),
            )
            for warning in sorted(state.fn_warnings, key=lambda each: each.value)
        ),
    ]
