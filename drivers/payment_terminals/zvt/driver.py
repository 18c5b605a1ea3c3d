"""A ZVT payment terminal: registration, payments, questions and the day's end, on a fresh connection each.

Terminals forget the till between connections, so each conversation begins with a registration (a setting). Its answer
is booked by our acknowledgement (`Commit.ACK`); when that is in doubt only the terminal's own last record settles it.
Source: VdTH PA00P015 rev 13.08 and PA00P016 rev 04 (TCP).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import anyio

from drivers.driver import Driver, Evidence, Kind, Setting
from drivers.errors import Garbled, NeverSent, Refused, Unanswered, WrongDevice
from drivers.links.link import LinkLost
from drivers.payment_terminals.contract import (
    Baseline,
    CannotTell,
    CardRequest,
    CardResult,
    Commit,
    DayTotals,
    TerminalState,
    Verdict,
)
from drivers.payment_terminals.redaction import redact_frame
from drivers.payment_terminals.zvt.apdu import Apdu
from drivers.payment_terminals.zvt.end_of_day import end_of_day
from drivers.payment_terminals.zvt.money_commands import money_command
from drivers.payment_terminals.zvt.patience import T3_S, T4_S, Budget, Patience, Timers
from drivers.payment_terminals.zvt.payment import transact
from drivers.payment_terminals.zvt.records import Record
from drivers.payment_terminals.zvt.registration import Introduction, Registered, register
from drivers.payment_terminals.zvt.repeat import WITH_RECORD, judge, judge_refusal, last_record, repeat_receipt
from drivers.payment_terminals.zvt.results import (
    AT_WORK,
    NOT_REGISTERED,
    Repair,
    ZvtRefused,
    repair,
    result_text,
    status_text,
)
from drivers.payment_terminals.zvt.status import READY, enquire, mend
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Answer, Dialogue
from drivers.wire.first_words import Knock, first_words

STATE_WITHIN_S = 1.75  # with the knock two seconds: what a pre-flight may take before the customer is asked for a card
# The enquiry begins with 05, the ENQ that a fiscal register answers within 0.1 s: so it is told from a silent terminal.
KNOCK = Knock(Apdu(0x0501).encode(), within_s=0.25)


class Zvt:
    """A connected model of a terminal. `now` is a monotonic clock in seconds (in simulation a virtual one)."""

    def __init__(self, settings: Mapping[str, int | str | bool], now: Callable[[], float] = anyio.current_time) -> None:
        chosen = {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}
        password, config = str(chosen["password"]), str(chosen["config"])
        if not (len(password) == 6 and password.isascii() and password.isdecimal()):
            raise SettingWrong("password: шесть цифр", "password: six digits")
        if len(config) != 2 or not set(config) <= set("0123456789ABCDEFabcdef"):
            raise SettingWrong("config: две шестнадцатеричные цифры", "config: two hexadecimal digits")
        self._password = bytes.fromhex(password)
        self._introduction = Introduction(
            self._password, int(config, 16), bool(chosen["tlv"]), bool(chosen["text_blocks"])
        )
        self._currency = int(chosen["currency"])
        self._registers = bool(chosen["register_on_connect"])
        self._t3_s = float(int(chosen["t3_s"]))
        self._t4_s = float(int(chosen["t4_s"]))
        self._skew = dt.timedelta(minutes=int(chosen["clock_skew_min"]))
        self._now = now

    @property
    def commit(self) -> Commit:
        return Commit.ACK

    def state(self) -> Dialogue[TerminalState]:
        """Ready or not, with the last slip and trace, within two seconds. WrongDevice if what answers is none."""
        return _plainly(first_words("zvt", self._state(Budget(self._now, STATE_WITHIN_S)), redact_frame, knock=KNOCK))

    def perform(self, request: CardRequest) -> Dialogue[CardResult]:
        patience = self._timers()
        try:
            command = money_command(request, self._password)
        except ValueError as unfit:
            raise NeverSent(str(unfit)) from unfit
        terminal_id = request.baseline.terminal_id
        if self._registers:
            try:
                registered = yield from register(self._introduction, request.currency, patience)
            except (LinkLost, Unanswered, Garbled) as trouble:
                raise NeverSent(f"registration: {trouble}") from trouble
            terminal_id = registered.terminal_id or terminal_id
        return (yield from transact(command, request, terminal_id, patience))

    def ask(self, request: CardRequest) -> Dialogue[Verdict]:
        return _plainly(self._ask(request, self._timers()))

    def confirm(self, key: str) -> Dialogue[None]:
        """Nothing is left to do: the acknowledgement was the confirmation."""
        yield from ()

    def roll_back(self, key: str) -> Dialogue[None]:
        """This terminal cannot: what was booked is taken back by a REVERSAL. Always Refused."""
        yield from ()
        raise Refused("zvt.no_rollback")

    def end_of_day(self) -> Dialogue[DayTotals]:
        return _plainly(self._end_of_day(self._timers()))

    def mend(self) -> Dialogue[str]:
        """C2 and 62: diagnosis, 51: initialisation; an open end of day (F0) is only reported."""
        return _plainly(self._mend(self._timers()))

    def _timers(self) -> Timers:
        return Timers(self._t3_s, self._t4_s)

    def _meet(self, currency: int, patience: Patience) -> Dialogue[tuple[Registered, int]]:
        """Register, and ask for the status; a terminal that forgot us is told who we are and asked once more."""
        registered = Registered()
        if self._registers:
            registered = yield from register(self._introduction, currency, patience)
        status = yield from enquire(patience)
        if status == NOT_REGISTERED:
            registered = yield from register(self._introduction, currency, patience)
            status = yield from enquire(patience)
        return registered, status or registered.needs

    def _state(self, patience: Patience) -> Dialogue[TerminalState]:
        try:
            registered, status = yield from self._meet(self._currency, patience)
        except Garbled as garbled:
            raise WrongDevice("zvt", str(garbled)) from garbled
        except ZvtRefused as refused:
            return TerminalState("", False, result_text(refused.byte), Baseline("", 0, 0))
        record: Record | None = None
        if status not in AT_WORK:
            try:
                record = yield from last_record(self._password, patience)
            except ZvtRefused as refused:
                status = refused.byte
        terminal_id = record.terminal_id(registered.terminal_id) if record else registered.terminal_id
        baseline = record.baseline(terminal_id) if record else Baseline(terminal_id, 0, 0)
        return TerminalState(terminal_id, status == READY, status_text(status), baseline)

    def _ask(self, request: CardRequest, patience: Patience) -> Dialogue[Verdict]:
        try:
            registered, status = yield from self._meet(request.currency, patience)
        except ZvtRefused as refused:
            return CannotTell(result_text(refused.byte))
        if status in AT_WORK:
            return CannotTell(status_text(status))
        try:
            ended = yield from repeat_receipt(self._password, WITH_RECORD, patience)
        except ZvtRefused as refused:
            return judge_refusal(request.baseline, refused.byte)
        if not ended.reports:
            return CannotTell("zvt.no_record")
        terminal_id = registered.terminal_id or request.baseline.terminal_id
        return judge(request, Record(ended.reports[-1]), terminal_id, self._skew, ended.lines)

    def _end_of_day(self, patience: Patience) -> Dialogue[DayTotals]:
        if self._registers:
            yield from register(self._introduction, self._currency, patience)
        return (yield from end_of_day(self._password, patience))

    def _mend(self, patience: Patience) -> Dialogue[str]:
        _, status = yield from self._meet(self._currency, patience)
        if repair(status) in (Repair.DIAGNOSIS, Repair.INITIALISATION):
            yield from mend(status, self._password, patience)
            status = yield from enquire(patience)
        return status_text(status)


def _plainly(dialogue: Dialogue[Answer]) -> Dialogue[Answer]:
    """The same conversation, with a lost link as what it means for one that asked something."""
    try:
        return (yield from dialogue)
    except LinkLost as lost:
        raise Unanswered(f"link lost: {lost}") from lost


SETTINGS: Mapping[str, Setting] = {
    "password": Setting(
        "000000",
        "six digits the terminal's maker or dealer gave; 000000 from the factory",
        "шесть цифр от изготовителя или поставщика терминала; с завода 000000",
    ),
    "config": Setting(
        "8E",
        "registration byte, hexadecimal: 86 slips to the till, 8E also progress, 9E/BE also locks",
        "байт регистрации, шестнадцатерично: 86 слипы на кассу, 8E ещё и ход оплаты, 9E/BE ещё и блокировки",
    ),
    "currency": Setting(
        978,
        "ISO 4217 number to register with: 978 euro, 643 rouble",
        "номер валюты по ISO 4217 для регистрации: 978 евро, 643 рубль",
    ),
    "register_on_connect": Setting(
        True,
        "register at the start of every connection; most terminals forget it",
        "регистрироваться в начале каждого соединения; почти все терминалы об этом забывают",
    ),
    "tlv": Setting(
        True,
        "tell the terminal that the till reads TLV containers",
        "сообщать терминалу, что касса читает контейнеры TLV",
    ),
    "text_blocks": Setting(
        False,
        "let the terminal send slips as text blocks (06 D3) instead of single lines",
        "принимать слипы блоками текста (06 D3), а не отдельными строками",
    ),
    "t3_s": Setting(
        int(T3_S),
        "seconds to wait for the response to a command; 5 in the standard",
        "сколько секунд ждать отклика на команду; по стандарту 5",
    ),
    "t4_s": Setting(
        int(T4_S),
        "seconds to wait for a working terminal's next message; 180 in the standard",
        "сколько секунд ждать следующего сообщения занятого терминала; по стандарту 180",
    ),
    "clock_skew_min": Setting(
        10,
        "minutes the terminal's clock may be behind the till's when a record is judged",
        "на сколько минут часы терминала могут отставать от кассы, когда оценивается его запись",
    ),
}

DRIVER = Driver(
    name="zvt",
    kind=Kind.PAYMENT_TERMINAL,
    title="ZVT",
    make=Zvt,
    evidence=Evidence.TRANSCRIPT,
    source="VdTH PA00P015 rev 13.08 (application), PA00P016 rev 04 (transport)",
    commit=Commit.ACK.value,
    settings=SETTINGS,
)
