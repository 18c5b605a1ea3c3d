"""A shift as a file for the accountant: receipts with VAT, money with the bank's share, totals, and Z beside them.

CSV in UTF-8 with its mark, `;` between columns, a comma before kopecks, CRLF: what Excel with Russian settings
opens by a double click and 1C reads as a table. The first column says what a row is; rows of one kind add up:

    Продажа, Возврат, Аванс          goods of one seller at one VAT rate in one receipt, with the VAT in them
    Округление                       kopecks dropped from a receipt, below zero
    Оплата, Оплата возврата, Оплата аванса      money, and of a card its acquirer, rate and fee
    Без чека                         a sale that is not closed: in no total
    Итог ...                         by seller and VAT, by means of payment, by acquirer; refunds apart
    В файле, Z, Закрыто после Z, Закрыто из другой смены, Разница
                                     receipts and net sum as they stand here, and as the till had closed them at Z; what
                                     it closed later though the receipt is of this shift (an answer that was lost and
                                     found), and what it closed here of another one so; and what nothing explains

The VAT in a gross sum is counted per receipt, seller and rate as `fiscal/vat.py` does; a receipt's dropped kopecks
change its total and not its VAT.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections import Counter
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from cloud_api.books.plain_cells import plain_cell
from cloud_api.books.shift_sales import PaidSum, Paper, ShiftBooks, ShiftSale
from cloud_api.findings.day_seen import Counted
from cloud_api.projections import VOIDED
from fiscal.vat import VatRate, vat_included

HEADING = (
    *("Вид", "Дата", "Время", "Чек", "Продавец", "ККТ", "ФН", "ФД", "ФПД", "Ставка НДС", "Сумма", "НДС"),
    *("Оплата", "Терминал", "Карта", "Код", "Эквайер", "Ставка, %", "Комиссия", "Чеков", "Примечание"),
)
ACTS = {"sale": "Продажа", "refund": "Возврат", "advance": "Аванс"}
MONEY = {"sale": "Оплата", "refund": "Оплата возврата", "advance": "Оплата аванса"}
MEANS = {"cash": "наличные", "card": "карта", "credit": "зачёт аванса"}
NOTHING = Counted(0, 0, 0)


@dataclass(slots=True)
class ShiftSums:
    """Control sums of closed receipts, each by act; `taxed` by act, seller and rate: gross and VAT."""

    goods: Counter[str] = field(default_factory=Counter)
    rounding: Counter[str] = field(default_factory=Counter)
    papers: Counter[str] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)
    receipts: Counter[str] = field(default_factory=Counter)
    taxed: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)
    means: Counter[tuple[str, str]] = field(default_factory=Counter)
    acquirers: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def counted(self) -> Counted:
        """As a till counts its Z: advances are neither sales nor refunds."""
        net = sum(sign * (self.goods[act] - self.rounding[act]) for act, sign in (("sale", 1), ("refund", -1)))
        return Counted(self.receipts["sale"], self.receipts["refund"], net)


def rate_of(vat: str) -> VatRate | None:
    """The rate a line names, by whichever of its spellings; None for one that is not known."""
    try:
        return VatRate(vat.removeprefix("V").replace("_", "/").lower())
    except ValueError:
        return None


def closed_sales(shift: ShiftBooks) -> list[ShiftSale]:
    return [sale for sale in shift.sales if sale.state == "closed"]


def sums_of(shift: ShiftBooks) -> ShiftSums:
    """What the file adds up to."""
    sums = ShiftSums()
    for sale in closed_sales(shift):
        sums.receipts[sale.act] += 1
        sums.rounding[sale.act] += sale.rounding
        for taxed in sale.goods:
            sums.goods[sale.act] += taxed.sum
            gross, vat = sums.taxed.get((sale.act, taxed.seller, taxed.vat), (0, 0))
            sums.taxed[sale.act, taxed.seller, taxed.vat] = gross + taxed.sum, vat + _vat(taxed.sum, taxed.vat)
        sums.papers[sale.act] += sum(paper.total for paper in sale.papers)
        for paid in sale.payments:
            if not paid.counts:
                continue
            sums.money[sale.act] += paid.sum
            sums.means[sale.act, paid.means] += paid.sum
            if paid.fee is not None:
                settled, fee = sums.acquirers.get(paid.fee.acquirer, (0, 0))
                sign = -1 if sale.act == "refund" else 1
                sums.acquirers[paid.fee.acquirer] = settled + sign * paid.sum, fee + paid.fee.fee_minor
    return sums


def closed_later(shift: ShiftBooks) -> Counted:
    """Receipts of the shift that the till closed after its Z: each is also a finding."""
    after = [sale for sale in shift.sales if shift.ended is not None and sale.told > shift.ended]
    return sums_of(replace(shift, sales=tuple(after))).counted


def _vat(gross: int, vat: str) -> int:
    rate = rate_of(vat)
    return 0 if rate is None else vat_included(gross, rate)


def shift_file(shift: ShiftBooks, zone: ZoneInfo) -> bytes:
    """The file's bytes."""
    out = io.StringIO()
    write = csv.DictWriter(out, HEADING, restval="", delimiter=";", lineterminator="\r\n")
    write.writeheader()
    for sale in shift.sales:
        if sale.state != VOIDED:
            for row in _sale(sale, zone):
                write.writerow({name: plain_cell(value) for name, value in row.items()})
    for row in _totals(shift):
        write.writerow({name: plain_cell(value) for name, value in row.items()})
    return out.getvalue().encode("utf-8-sig")


def file_name(shift: ShiftBooks) -> str:
    """Plain ASCII: some mail programs spoil anything else. Two tills have shifts of one number and day, and one device
    may have two tills."""
    whose = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in shift.device)[:60]
    till = hashlib.sha256(f"{shift.device}\n{shift.till}".encode()).hexdigest()[:6]
    return f"shift-{shift.day}-{shift.number}-{whose}-{till}.csv"


def money(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100},{abs(minor) % 100:02}"


def rate_word(vat: str) -> str:
    rate = rate_of(vat)
    if rate is None:
        return vat
    return "без НДС" if rate is VatRate.NONE else f"{rate.value}%" if not rate.calculated else rate.value


def _sale(sale: ShiftSale, zone: ZoneInfo) -> list[dict[str, str]]:
    at = dt.datetime.fromtimestamp(sale.closed_ms / 1000, zone)
    head = {"Дата": f"{at:%d.%m.%Y}", "Время": f"{at:%H:%M:%S}", "Чек": sale.number}
    if sale.state != "closed":
        return [{**head, "Вид": "Без чека", "Сумма": money(sale.total), "Примечание": sale.state}]
    rows = []
    for taxed in sale.goods:
        paper = next((one for one in sale.papers if one.seller == taxed.seller), None)
        vat = money(_vat(taxed.sum, taxed.vat))
        rate = {"Ставка НДС": rate_word(taxed.vat), "Сумма": money(taxed.sum), "НДС": vat}
        rows.append({**head, "Вид": ACTS[sale.act], "Продавец": taxed.seller, **_paper(paper), **rate})
    if not sale.goods:
        paper = sale.papers[0] if sale.papers else None
        rows.append({**head, "Вид": ACTS[sale.act], **_paper(paper), "Сумма": money(sale.total)})
    if sale.rounding:
        rows.append({**head, "Вид": "Округление", "Сумма": money(-sale.rounding), "Примечание": ACTS[sale.act]})
    return rows + [{**head, **_money(sale.act, paid)} for paid in sale.payments if paid.counts]


def _paper(paper: Paper | None) -> dict[str, str]:
    if paper is None:
        return {"Примечание": "документа нет"}
    numbers = {"ККТ": paper.register, "ФН": paper.fn, "ФД": str(paper.number), "ФПД": str(paper.sign)}
    return {"Продавец": paper.seller, **numbers}


def _money(act: str, paid: PaidSum) -> dict[str, str]:
    row = {"Вид": MONEY[act], "Сумма": money(paid.sum), "Оплата": MEANS.get(paid.means, paid.means)}
    row |= {"Терминал": paid.terminal, "Карта": paid.card, "Код": paid.auth}
    if paid.fee is not None:
        row |= {
            "Эквайер": paid.fee.acquirer,
            "Ставка, %": money(paid.fee.rate_bp),
            "Комиссия": money(paid.fee.fee_minor),
        }
    return row


def _totals(shift: ShiftBooks) -> list[dict[str, str]]:
    sums = sums_of(shift)
    rows = []
    for (act, seller, vat), (gross, tax) in sorted(sums.taxed.items()):
        taxes = {"Ставка НДС": rate_word(vat), "Сумма": money(gross), "НДС": money(tax)}
        rows.append({"Вид": f"Итог: {ACTS[act].lower()}", "Продавец": seller, **taxes})
    for act, rounding in sorted(sums.rounding.items()):
        if rounding:
            rows.append({"Вид": "Итог: округление", "Сумма": money(-rounding), "Примечание": ACTS[act]})
    for (act, means), total in sorted(sums.means.items()):
        rows.append({"Вид": f"Итог: {MONEY[act].lower()}", "Оплата": MEANS.get(means, means), "Сумма": money(total)})
    for acquirer, (settled, fee) in sorted(sums.acquirers.items()):
        rows.append({"Вид": "Итог: эквайер", "Эквайер": acquirer, "Сумма": money(settled), "Комиссия": money(fee)})
    here = sums.counted
    rows.append({"Вид": "В файле", "Сумма": money(here.sum), "Чеков": str(here.sales + here.refunds)})
    if shift.z is None:
        said = "смена не закрыта" if shift.closed_ms is None else "касса не сообщила итоги"
        return [*rows, {"Вид": "Z", "Примечание": said}]
    z, later = shift.z, closed_later(shift)
    others = NOTHING if shift.within is None else shift.within.less(here.less(later))
    for word, told in (("Z", z), ("Закрыто после Z", later), ("Закрыто из другой смены", others)):
        if told != NOTHING or word == "Z":
            rows.append({"Вид": word, "Сумма": money(told.sum), "Чеков": str(told.sales + told.refunds)})
    between = here.less(later).less(z) if shift.within is None else shift.within.less(z)
    rest = {"Сумма": money(between.sum), "Чеков": str(between.sales + between.refunds)}
    word = "" if between == NOTHING else "сверьте с замечаниями офиса"
    return [*rows, {"Вид": "Разница", **rest, "Примечание": word}]
