"""What the guests' page says, in Russian and English; the texts of the consents themselves are in sensors/consent."""

from __future__ import annotations

from sensors.consent.admission import REFUSALS
from sensors.consent.countries import Words
from sensors.consent.facts import Purpose

WORDS: dict[str, Words] = {
    "title": Words("Wi-Fi · {shop}", "Wi-Fi · {shop}"),
    "welcome": Words("Wi-Fi магазина", "The shop's Wi-Fi"),
    "free": Words(
        "Интернет бесплатный. Ни имя, ни телефон для него не нужны.",
        "The internet is free. It needs neither your name nor your phone.",
    ),
    "go_online": Words("Выйти в интернет", "Go online"),
    "online": Words("Интернет включён", "You are online"),
    "online_body": Words("Страницу можно закрыть.", "You may close this page."),
    "by_choice": Words("По желанию", "If you like"),
    "by_choice_body": Words(
        "Отметьте то, с чем согласны. Можно не отмечать ничего: интернет от этого не зависит.",
        "Tick what you agree to. You may tick nothing: the internet does not depend on it.",
    ),
    "version": Words("Текст, версия {version}", "Text, version {version}"),
    "phone": Words("Номер телефона", "Phone number"),
    "phone_hint": Words(
        "Пришлём код. Номер хранится только вместе с согласием.",
        "We send a code. The number is kept only together with a consent.",
    ),
    "name": Words("Как к вам обращаться (необязательно)", "What may we call you (optional)"),
    "name_hint": Words(
        "Так вас встретят в магазине. Хранится только вместе с согласием.",
        "The shop will greet you so. It is kept only together with a consent.",
    ),
    "get_code": Words("Получить код", "Send me a code"),
    "code": Words("Код из сообщения", "The code from the message"),
    "code_sent": Words("Код отправлен", "The code is on its way"),
    "code_body": Words(
        "Шесть цифр. Действует 5 минут, попыток 5.",
        "Six digits. Good for 5 minutes and 5 tries.",
    ),
    "confirm": Words("Подтвердить", "Confirm"),
    "again": Words("Повторить", "Try again"),
    "back": Words("Назад", "Back"),
    "done": Words("Согласие записано", "Your consent is recorded"),
    "done_body": Words(
        "Отозвать можно здесь же или на кассе, в любой момент.",
        "You can withdraw it here or at the till, at any time.",
    ),
    "agreed_to": Words("Вы согласились:", "You agreed to:"),
    "mine": Words("Мои согласия и данные", "My consents and data"),
    "mine_body": Words(
        "Подтвердите номер, чтобы увидеть или отозвать согласия.",
        "Confirm your number to see or withdraw consents.",
    ),
    "standing": Words("Ваши согласия", "Your consents"),
    "none_standing": Words("Согласий на этот номер нет.", "There are no consents for this number."),
    "given_at": Words("Дано {date} (UTC), версия текста {version}", "Given {date} (UTC), text version {version}"),
    "pick_withdraw": Words("Отметьте то, что хотите отозвать.", "Tick what you want to withdraw."),
    "withdraw": Words("Отозвать отмеченные", "Withdraw what is ticked"),
    "export": Words("Скачать мои данные", "Download my data"),
    "export_body": Words(
        "Всё, что магазин хранит о вас, одним файлом.",
        "Everything the shop keeps about you, in one file.",
    ),
    "language": Words("English", "Русский"),
    "sms": Words("Код {code}. Никому его не говорите. {shop}", "Code {code}. Tell it to nobody. {shop}"),
    # What went otherwise, and what to do
    "nothing_ticked": Words(
        "Ничего не отмечено. Интернет доступен и так.", "Nothing is ticked. The internet is there anyway."
    ),
    "phone_wrong": Words(
        "Это не похоже на номер. Пример: +7 926 000-00-00.", "This is no phone number. Like this: +7 926 000-00-00."
    ),
    "name_wrong": Words(
        "Имя не длиннее 40 знаков, без особых символов. Можно не указывать.",
        "A name has 40 characters at most, no special ones. You may leave it out.",
    ),
    "code_wrong": Words("Код не подошёл. Проверьте цифры.", "That is not the code. Check the digits."),
    "code_dead": Words(
        "Этот код больше не действует. Запросите новый.", "This code is no longer good. Ask for a new one."
    ),
    "too_many": Words(
        "Слишком много попыток. Вернитесь через 15 минут или подойдите к кассе.",
        "Too many tries. Come back in 15 minutes, or ask at the till.",
    ),
    "gateway_away": Words(
        "Сообщение не ушло. Попробуйте позже или подойдите к кассе.",
        "The message did not leave. Try later, or ask at the till.",
    ),
    "agent_away": Words(
        "Магазин пока не ответил. Согласие действует, только когда оно записано.",
        "The shop has not answered yet. A consent counts only once it is recorded.",
    ),
    "agent_away_now": Words(
        "Согласия сейчас не записать: касса выключена. Интернет работает.",
        "No consent can be recorded now: the till is off. The internet works.",
    ),
    "agent_away_mine": Words(
        "Магазин пока не ответил. Повторите: второй раз ничего не испортит.",
        "The shop has not answered yet. Try again: a second time does no harm.",
    ),
    "text_changed": Words(
        "Текст согласия изменился. Прочитайте его ещё раз.", "The text has changed. Read it once more."
    ),
    "not_recorded": Words("Согласие не записано. {why}", "The consent is not recorded. {why}"),
    "refused_no_room": Words(
        "Сейчас магазину некуда записать. Повторите позже: второй раз ничего не испортит.",
        "The shop has no room to write it down now. Try again later: a second time does no harm.",
    ),
    "refused_consent_ended": Words("Оно уже отозвано. Начните сначала.", "It was withdrawn meanwhile. Begin anew."),
    "refused_consent_id_taken": Words("Начните сначала.", "Begin anew."),
    "refused_ledger_broken": Words(
        "Книга согласий повреждена, магазин никого не узнаёт. Подойдите к кассе.",
        "The book of consents is damaged, and the shop knows nobody. Ask at the till.",
    ),
    "not_admitted": Words(
        "Сеть не ответила. Подождите минуту и нажмите ещё раз.",
        "The network did not answer. Wait a minute, then try again.",
    ),
    "expired": Words("Страница устарела. Начните сначала.", "This page is too old. Begin anew."),
    "withdrawn_none": Words("Ничего не отмечено.", "Nothing is ticked."),
    "unknown_consent": Words("Такого согласия нет.", "There is no such consent."),
    "nothing_kept": Words("О вас ничего не хранится.", "Nothing is kept about you."),
}

PURPOSES: dict[Purpose, Words] = {
    Purpose.WIFI_ID: Words("Узнавать моё устройство", "Know my device"),
    Purpose.FACE_ID: Words("Узнавать меня по лицу", "Know my face"),
    Purpose.MARKETING: Words("Присылать мне предложения", "Send me offers"),
    Purpose.ANALYTICS: Words("Учитывать мои визиты вместе", "Look at my visits together"),
}


def refused(code: str, locale: str) -> str:
    """Why the agent did not record something; "" for a code without words here."""
    words = REFUSALS.get(code) or WORDS.get(f"refused_{code}")
    return words.in_(locale) if words is not None else ""


def say(word: str, locale: str, **filled: str) -> str:
    """Raises KeyError for a word that is not here."""
    return WORDS[word].in_(locale).format(**filled)
