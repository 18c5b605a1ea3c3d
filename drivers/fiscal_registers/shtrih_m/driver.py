"""Fiscal registers of the Shtrih-M family over link version 1, on a serial port or a TCP socket.

The protocol is described where it is spoken: frames.py draws the bytes, exchange.py the link, commands.py the commands.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.driver import Driver, Evidence, Kind, Setting
from drivers.errors import Garbled, NeverSent, Refused, Unanswered
from drivers.fiscal_registers.contract import MemoryRecord, RegisterState, SealedDocument, ShiftReport
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.asking import ask, go_on_printing
from drivers.fiscal_registers.shtrih_m.cancelling import cancel_document
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.memory_records import find_record
from drivers.fiscal_registers.shtrih_m.sealing import seal_document
from drivers.fiscal_registers.shtrih_m.shifts import close_register_shift, open_register_shift
from drivers.fiscal_registers.shtrih_m.state import register_state
from drivers.fiscal_registers.shtrih_m.vat import VatCodes, parse_codes, read_codes
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Dialogue
from fiscal.document import FiscalDocument

CASH_IN_DRAWER = 241  # money register
FEED_LINES = 4  # between the print head and the knife


class ShtrihM:
    """A FiscalRegister. Holds settings, and the VAT codes once the register has told them."""

    def __init__(
        self,
        access: Access,
        vat_codes: VatCodes | None,
        *,
        send_key: bool,
        send_measure: bool,
        refuse_bad_marks: bool,
    ) -> None:
        self._access = access
        self._given_codes = vat_codes
        self._read_codes: VatCodes | None = None
        self._serial = ""
        self._send_key = send_key
        self._send_measure = send_measure
        self._refuse_bad_marks = refuse_bad_marks

    def state(self) -> Dialogue[RegisterState]:
        """Everything known of the register."""
        state = yield from register_state(self._access)
        if state.serial != self._serial:  # another register may number its rates in another way
            self._serial, self._read_codes = state.serial, None
        return state

    def open_shift(self, cashier: str) -> Dialogue[ShiftReport]:
        """Open the shift; the VAT codes are read now, so that the first sale need not wait for them."""
        try:
            yield from self._codes()
        except (Unanswered, Garbled) as error:
            raise NeverSent(f"nothing was begun: {error}") from error
        return (yield from open_register_shift(self._access, cashier))

    def close_shift(self, cashier: str) -> Dialogue[ShiftReport]:
        """Z report."""
        return (yield from close_register_shift(self._access, cashier))

    def x_report(self) -> Dialogue[None]:
        """X report."""
        yield from ask(self._access, commands.x_report(self._access))

    def seal(self, document: FiscalDocument) -> Dialogue[SealedDocument]:
        """Make and commit one receipt."""
        return (
            yield from seal_document(
                self._access,
                document,
                self._codes,
                send_key=self._send_key,
                send_measure=self._send_measure,
                refuse_bad_marks=self._refuse_bad_marks,
            )
        )

    def record(self, number: int) -> Dialogue[MemoryRecord | None]:
        """A document of the fiscal memory."""
        return (yield from find_record(self._access, number))

    def cancel(self) -> Dialogue[None]:
        """Drop what is open."""
        yield from cancel_document(self._access)

    def continue_print(self) -> Dialogue[None]:
        """Go on printing after paper-out."""
        yield from go_on_printing(self._access)

    def print_copy(self) -> Dialogue[None]:
        """Print a copy of the last closed document."""
        yield from ask(self._access, commands.copy_last(self._access))

    def print_text(self, lines: tuple[str, ...]) -> Dialogue[None]:
        """Plain lines, then some feed and a cut; a model without a cutter refuses only the cut."""
        for line in lines:
            yield from ask(self._access, commands.print_line(self._access, line))
        yield from ask(self._access, commands.feed(self._access, FEED_LINES))
        try:
            yield from ask(self._access, commands.cut(self._access))
        except Refused:
            return

    def cash_in(self, sum_minor: int) -> Dialogue[None]:
        """Put cash into the drawer's books."""
        yield from ask(self._access, commands.cash_in(self._access, sum_minor))

    def cash_out(self, sum_minor: int) -> Dialogue[None]:
        """Take cash out of the drawer's books."""
        yield from ask(self._access, commands.cash_out(self._access, sum_minor))

    def cash_in_drawer(self) -> Dialogue[int]:
        """The register's own count of cash."""
        data = yield from ask(self._access, commands.money_register(self._access, CASH_IN_DRAWER))
        if len(data) < 7:
            raise Garbled(f"answer to 1A: {data.hex(' ')}")
        return int.from_bytes(data[1:7], "little")

    def open_drawer(self) -> Dialogue[None]:
        """Open the first drawer."""
        yield from ask(self._access, commands.open_drawer(self._access))

    def _codes(self) -> Dialogue[VatCodes]:
        if self._given_codes is not None:
            return self._given_codes
        if self._read_codes is None:
            self._read_codes = yield from read_codes(self._access)
        return self._read_codes


SETTINGS = {
    "cashier_password": Setting(
        30,
        "password of the operator who makes documents; the factory's are 1 to 30",
        "пароль оператора, который пробивает документы; заводские 1–30",
    ),
    "system_password": Setting(
        30,
        "password of the system administrator; the factory's is 30",
        "пароль системного администратора; заводской 30",
    ),
    "vat_codes": Setting(
        "",
        "VAT codes of this register, such as 'V22=01 V10=02'; empty: ask its table of taxes",
        "коды НДС этой ККТ, например 'V22=01 V10=02'; пусто: спросить её таблицу налогов",
    ),
    "send_sale_key": Setting(
        False,
        "write the sale's key into tag 1084, so that a document can be found by it",
        "писать ключ продажи в тег 1084, чтобы документ можно было по нему найти",
    ),
    "send_measure": Setting(
        True,
        "send the unit of measure (tag 2108) of weighed and marked goods: format 1.2",
        "передавать единицу измерения (тег 2108) весового и маркированного товара: формат 1.2",
    ),
    "refuse_bad_marks": Setting(
        True,
        "refuse a receipt with a marking code that was checked and found bad",
        "отказываться от чека с кодом маркировки, который не прошёл проверку",
    ),
    "document_within_s": Setting(
        30,
        "how many seconds a document may take; 10 to 20 s are seen, more with slow printers",
        "сколько секунд может занять документ; бывает 10–20 с, на медленной печати больше",
    ),
    "report_within_s": Setting(
        120,
        "how many seconds an X or Z report may take; full reports are seen to need a minute",
        "сколько секунд может занять X- или Z-отчёт; полный отчёт занимает и минуту",
    ),
}


def make(settings: Mapping[str, int | str | bool]) -> ShtrihM:
    """A register from its settings. Raises SettingWrong for one that cannot be used."""
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise SettingWrong(
            f"у shtrih_m нет настройки {', '.join(unknown)}; есть {', '.join(SETTINGS)}",
            f"shtrih_m has no setting {', '.join(unknown)}; it has {', '.join(SETTINGS)}",
        )
    values = {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}
    for name, value in values.items():
        if type(value) is not type(SETTINGS[name].default):
            raise SettingWrong(
                f"shtrih_m: {name} = {value!r}; {SETTINGS[name].meaning_ru}",
                f"shtrih_m: {name} is {value!r}; {SETTINGS[name].meaning}",
            )
    passwords = int(values["cashier_password"]), int(values["system_password"])
    if not all(0 <= password <= 99_999_999 for password in passwords):
        raise SettingWrong(
            "shtrih_m: cashier_password и system_password — числа до восьми цифр",
            "shtrih_m: cashier_password and system_password are numbers of up to eight digits",
        )
    patience = int(values["document_within_s"]), int(values["report_within_s"])
    if not all(1 <= seconds <= 600 for seconds in patience):
        raise SettingWrong(
            "shtrih_m: document_within_s и report_within_s — от 1 до 600 секунд",
            "shtrih_m: document_within_s and report_within_s are 1 to 600 seconds",
        )
    given = str(values["vat_codes"])
    return ShtrihM(
        Access(*passwords, *patience),
        parse_codes(given) if given else None,
        send_key=bool(values["send_sale_key"]),
        send_measure=bool(values["send_measure"]),
        refuse_bad_marks=bool(values["refuse_bad_marks"]),
    )


DRIVER = Driver(
    name="shtrih_m",
    kind=Kind.FISCAL_REGISTER,
    title="Штрих-М",
    make=make,
    evidence=Evidence.TRANSCRIPT,
    source="vendor protocol 1.17, link v1",
    commit="query",
    settings=SETTINGS,
)
