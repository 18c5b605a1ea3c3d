"""What a person is told of each finding: what happened, what is safe, what to do; in Russian and English.

`{name}` is filled from the finding's values; money stands there as `{sum}` in minor units and is written by `told`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MONEY = frozenset({"total", "sum", "sealed", "paid", "told_sum", "here_sum"})


@dataclass(frozen=True, slots=True)
class Words:
    """`title` names the rule in a list."""

    title: str
    what: str
    safe: str
    do: str


WORDS: dict[str, tuple[Words, Words]] = {
    "sale_without_document": (
        Words("Продажа без документа", "Продажа {number} ({till}) на {total}: фискального документа нет. {sellers}",
              "Продажа и деньги записаны.", "Найдите чек в кассе; если его нет, сделайте чек коррекции."),
        Words("Sale without a document", "Sale {number} ({till}) of {total} has no fiscal document. {sellers}",
              "The sale and its money are recorded.", "Look for the receipt in the register; if there is none, make a"
              " correction."),
    ),
    "documents_differ": (
        Words("Сумма чека другая", "Продажа {number} ({till}) на {total}, а документы на {sealed}.",
              "Оба числа сохранены как есть.", "Сверьте продажу с лентой кассы, разницу исправьте чеком коррекции."),
        Words("Documents of another sum", "Sale {number} ({till}) is {total}, its documents come to {sealed}.",
              "Both figures are kept as they came.", "Compare the sale with the register's tape and correct the"
              " difference."),
    ),
    "refund_without_sale": (
        Words("Возврат без продажи", "Возврат {number} ({till}) на {total}: его продажи в офисе нет.",
              "Возврат записан один раз.", "Если продажа была на кассе без связи, она придёт сама; иначе спросите"
              " кассира, за что вернули деньги."),
        Words("Refund without a sale", "Refund {number} ({till}) of {total}: HQ does not have its sale.",
              "The refund is recorded once.", "A sale of a till without a line will still arrive; otherwise ask the"
              " cashier what the money was for."),
    ),
    "charge_without_receipt": (
        Words("Оплата картой без чека", "С карты взято {sum} по продаже {number} ({till}), а чека нет.",
              "Второго списания не будет.", "Верните деньги на карту через терминал или пробейте чек коррекции."),
        Words("Charge without a receipt", "{sum} was taken from a card for sale {number} ({till}), without a receipt.",
              "It is not charged again.", "Give the money back at the terminal, or make a correction."),
    ),
    "sale_without_money": (
        Words("Оплачено, а денег нет", "Продажа {number} ({till}) на {total}, а оплат на {paid}.",
              "Товар списан, документы сохранены.", "Сверьте итоги терминала и ящика за смену с этой продажей."),
        Words("Paid order without money", "Sale {number} ({till}) is {total}, its payments come to {paid}.",
              "Goods and documents are recorded.", "Compare the terminal's totals and the drawer with this sale."),
    ),
    "not_at_operator": (
        Words("Нет у оператора", "Документа {document} (ФН {fn}) продажи {number} у оператора нет, следующие есть.",
              "Чек сохранён в фискальном накопителе.", "Спросите оператора о документе; до ответа не закрывайте ФН."),
        Words("Not at the operator", "Document {document} (FN {fn}) of sale {number} is not at the operator, later ones"
              " are.", "The receipt is in the fiscal storage.", "Ask the operator about it; keep the storage in use"
              " until then."),
    ),
    "operator_differs": (
        Words("У оператора иначе", "Документ {document} (ФН {fn}) продажи {number} у оператора другой: {differs}.",
              "Обе записи сохранены.", "Сверьте чек в накопителе с обеими записями."),
        Words("Otherwise at the operator", "Document {document} (FN {fn}) of sale {number} differs at the operator:"
              " {differs}.", "Both records are kept.", "Compare the receipt in the storage with both records."),
    ),
    "only_at_operator": (
        Words("Только у оператора", "У оператора есть документ {document} (ФН {fn}) {at}, а продажи нет.",
              "Продажи офиса не изменены.", "Проверьте: чек коррекции, чек с кассы вручную или продажа ещё не пришла."),
        Words("Only at the operator", "The operator has document {document} (FN {fn}) {at}, HQ has no sale for it.",
              "HQ's sales are unchanged.", "Check: a correction, a receipt made on the register by hand, or a sale on"
              " its way."),
    ),
    "unknown_storage": (
        Words("Чужой накопитель", "В реестре оператора чеки ФН {fn} ({count}), о котором ни один магазин не говорил.",
              "Ничего не изменено.", "Подключите эту кассу; после её первого чека загрузите реестр ещё раз."),
        Words("Unknown fiscal storage", "The operator's register has {count} receipts of FN {fn}, of which no shop"
              " has told.", "Nothing was changed.", "Enrol that till; load the register again after its first"
              " receipt."),
    ),
    "shift_sums": (
        Words("Смена не сходится", "Смена {shift} ({till}): касса закрыла {told_sales} чеков на {told_sum}, в офисе"
              " {here_sales} на {here_sum}.", "Пришедшие продажи целы.", "Проверьте связь и карантин; если касса всё"
              " отправила, сверьте смену с Z-отчётом."),
        Words("A shift does not add up", "Shift {shift} ({till}): the till closed {told_sales} receipts of {told_sum},"
              " HQ has {here_sales} of {here_sum}.", "What arrived is whole.", "Look at the line and the quarantine; if"
              " the till has sent everything, compare the shift with its Z report."),
    ),
    "sale_after_closing": (
        Words("Продажа после Z", "Продажа {number} ({till}) на {total} относится к смене {shift}, уже закрытой.",
              "Продажа записана один раз.", "Посмотрите, в какой смене её документ, и учтите её там."),
        Words("Sale after the shift closed", "Sale {number} ({till}) of {total} is of shift {shift}, closed before.",
              "The sale is recorded once.", "See which shift has its document and count it there."),
    ),
    "document_twice": (
        Words("Номер документа дважды", "Документ {document} (ФН {fn}) назван {times} раза.",
              "Все записи сохранены.", "Найдите документ в накопителе: он относится к одной продаже."),
        Words("One document number twice", "Document {document} (FN {fn}) is named {times} times.",
              "All records are kept.", "Find the document in the storage: it belongs to one sale."),
    ),
    "slip_unasked": (
        Words("Талон отдан без вопроса", "Талон {number} на {sum} ({issuer}): {owner} отдаёт этот долг, получатель"
              " {asker}, а офис не знает ни долга, ни вопроса.",
              "По этому слову никто никому не должен, ничего не изменено.",
              "Если получатель спрашивал о талоне, вопрос придёт сам. Иначе узнайте, откуда талон у того, кто его"
              " отдал, и не платите по нему второй раз."),
        Words("A slip nobody asked for", "{owner} gives slip {number} ({issuer}, {sum}) over to {asker}, and HQ knows"
              " neither that it owed it nor that anybody asked.",
              "By this word nobody owes anything, nothing was changed.",
              "If {asker} asked for the slip its question will arrive. Otherwise find out where {owner} has the slip"
              " from, and do not pay it twice."),
    ),
}  # fmt: skip
DIFFERS = {"total": ("сумма", "sum"), "sign": ("фискальный признак", "fiscal sign"), "operation": ("вид", "kind")}


def money(minor: int, *, comma: str = ",") -> str:
    """`1 234,50`: whole minor units as people write them."""
    whole = f"{abs(minor) // 100:,}".replace(",", "\u00a0")
    return f"{'-' if minor < 0 else ''}{whole}{comma}{abs(minor) % 100:02}"


def told(rule: str, values: Mapping[str, str | int]) -> tuple[Words, Words]:
    """The finding's sentences in Russian and English."""
    answers = []
    for place, words in enumerate(WORDS[rule]):
        filled: dict[str, str] = {}
        for name, value in values.items():
            if name in MONEY and isinstance(value, int):
                filled[name] = money(value, comma=",."[place])
            elif name == "differs":
                filled[name] = ", ".join(DIFFERS[one][place] for one in str(value).split(","))
            else:
                filled[name] = str(value)
        what, do = (text.format_map(filled).strip() for text in (words.what, words.do))
        answers.append(Words(words.title, what, words.safe, do))
    return answers[0], answers[1]
