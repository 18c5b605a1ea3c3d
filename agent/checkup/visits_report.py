"""`tillkeeper visits`: the day's visitors in a terminal, each figure with its bands, hour by hour, and the sensors.

Exit code 0: here is the day. 1: the agent does not answer, or the shop has no sensors. 2: nothing could be asked.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import anyio
import msgspec

from agent.checkup.agent_answers import aside_words, figure_words
from agent.checkup.finding import GLYPHS, Level
from agent.checkup.visitor_answers import NoDay, agents_url, ask_visitors, sensor_words
from agent.complaint import complain
from agent.settings import SettingsWrong
from agent.settings_file import read_settings
from agent.visitors.view import FigureView, HourView, LinkingView, VisitorsView

HERE = "http://127.0.0.1:8080"
"""Where an agent listens whose configuration says nothing else."""
WIDTH = 80
BAR = 26
"""So that an hour's line fits into them."""
WRONG, NOTHING = 2, 1
GLYPH = {"ok": GLYPHS[Level.FINE], "attention": GLYPHS[Level.ATTENTION], "down": GLYPHS[Level.BROKEN]}
Write = Callable[[float], str]


@dataclass(slots=True)
class Silence:
    """Why there is nothing to print."""

    ru: str
    en: str


def print_visits(config: Path | None, url: str, *, as_json: bool) -> int:
    """`url` of the agent wins over the one of the configuration."""
    try:
        asked = url or (agents_url(read_settings(config)) if config is not None else HERE)
    except SettingsWrong as wrong:
        complain(wrong)
        return WRONG
    if not _is_url(asked):
        complain(Silence(f"{asked} — не адрес агента; напишите {HERE}.", f"{asked} is no agent's URL; write {HERE}."))
        return WRONG
    told = anyio.run(ask_visitors, asked)
    if isinstance(told, NoDay):
        complain(_silence(asked, told))
        return NOTHING
    if as_json:
        json.dump(msgspec.to_builtins(told), sys.stdout, ensure_ascii=False, indent=1)
        print()
        return 0
    for line in report(told):
        print("".join(letter if letter.isprintable() else "?" for letter in line))  # a sensor named itself
    return 0


def _is_url(asked: str) -> bool:
    """A port beyond the last one would be an OverflowError of the socket."""
    try:
        parts = urlsplit(asked)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _silence(url: str, told: NoDay) -> Silence:
    if not told.sensors:
        return Silence(
            "В этом магазине нет датчиков: в настройках агента нет раздела [visitors].\n"
            "Касса работает. Чтобы считать посетителей, добавьте раздел и перезапустите агента.",
            "This shop has no sensors: the agent's configuration has no section [visitors].\n"
            "The till works. To count visitors, add the section and restart the agent.",
        )
    return Silence(
        f"Агент по адресу {url} не отвечает о посетителях ({told.why}).\n"
        "Записанное цело. Проверьте, что он запущен, и укажите --config или --url.",
        f"The agent at {url} does not answer about visitors ({told.why}).\n"
        "What is written is safe. See whether it runs, and give --config or --url.",
    )


def report(view: VisitorsView) -> Iterator[str]:
    """The lines, Russian and English in each."""
    now = dt.datetime.fromtimestamp(view.now_ms / 1000, ZoneInfo(view.zone))
    yield f"{view.day}, {now:%H:%M} ({view.zone})"
    yield ""
    came = bool(view.visits.value)
    for ru, en, figure, write in (
        ("Сейчас в магазине", "In the shop now", view.inside, _count),
        ("Визиты за день", "Visits today", view.visits, _count),
        ("Конверсия", "Conversion", view.conversion, _share),
        ("Время в магазине, мин", "Time in the shop, min", _none_of(view.dwell_s, "no_stays", came), _minutes),
        ("Вернулись", "Came again", _none_of(view.returning, "nobody_known", came), _share),
        ("Зашли с улицы", "Came in from the street", view.capture, _share),
    ):
        yield from _figure(f"{ru} · {en}", figure, write)
    yield f"Дали согласие · Consents: {view.known}; сейчас здесь · here now: {view.here}"
    if view.set_aside:
        yield "Не считаем визитом · Not counted as visits:"
        for why, count in sorted(view.set_aside.items(), key=lambda one: -one[1]):
            words = aside_words(why)
            yield f"    {count}: {words.ru} · {words.en}"
    yield "Узнавание по лицу · Face identification: " + ("включено · on" if view.faces == "on" else "выключено · off")
    for why in (view.faces_why_ru, view.faces_why_en):
        yield from wrap(why, WIDTH, initial_indent="    ", subsequent_indent="    ")
    yield ""
    yield from _hours(view.hours)
    yield ""
    yield "Датчики · Sensors:"
    for one in view.sensors:
        ru, en = sensor_words(one)
        yield f"  {GLYPH.get(one.state, '?')} {ru}"
        yield f"      {en}"
    if not view.sensors:
        yield "  не подключались · none has connected"
    if view.linking is not None:
        yield from _linking(view.linking)
    if view.waiting or view.dropped:
        yield f"В офис · To HQ: ждут · waiting {view.waiting}, пропущено · left out {view.dropped}"


def _linking(done: LinkingView) -> Iterator[str]:
    """What the night did with the receipts of who agreed."""
    yield f"Чеки за ночь · Receipts of the night (до конца дня · up to {done.day}):"
    yield f"    {done.receipts}: номер или карта согласившегося · with a number or a card of somebody who agreed"
    yield f"    {done.edges}: новых связей, из них по сумме признаков {done.scored} · new links, {done.scored} weighed"
    yield f"    {done.taken_back}: связей снято · links taken back"
    yield f"    {done.put_aside}: отложено, чей чек — не ясно · put aside, not sure enough whose"


def _none_of(figure: FigureView, said: str, came: bool) -> FigureView:
    """Stays are of devices, returns of those who agreed: there may be none of either on a day that many came."""
    return msgspec.structs.replace(figure, said=said) if came and figure.said == "no_visits" else figure


def _figure(name: str, figure: FigureView, write: Write) -> Iterator[str]:
    fewest = figure.said == "no_door" and figure.value is not None
    words = figure_words("devices_only" if fewest else figure.said)
    if figure.value is None:
        yield f"{name}:"
        yield f"    {words.ru}"
        yield f"    {words.en}"
        return
    sign = ">= " if fewest else "" if figure.said == "counted" else "~ "
    line = f"{name}: {sign}{write(figure.value)}"
    if figure.low95 != figure.high95:
        bands = ((80, figure.low80, figure.high80), (95, figure.low95, figure.high95))
        line += "".join(f"   {level} %: {write(low).removesuffix(' %')}-{write(high)}" for level, low, high in bands)
    yield line
    if figure.said != "counted":
        on = f" ({figure.calibrated_on})" if figure.calibrated_on else ""
        yield f"    {words.ru}{on}"
        yield f"    {words.en}{on}"


def _hours(hours: list[HourView]) -> Iterator[str]:
    """A bar is as long as people came in: over the door where a camera counts, else visits of devices. An hour that
    nobody watched has no number."""
    busy = [at for at, row in enumerate(hours) if row.visits or row.receipts or row.entered]
    if not busy:
        yield "Час за часом: ещё ничего · Hour by hour: nothing yet"
        return
    watched = any(row.entered is not None for row in hours)
    name = "вошли·came in" if watched else "визиты·visits"
    came = [row.entered if watched else _visits(row) for row in hours]
    most = max(count or 0 for count in came) or 1
    yield f"{'Час·Hour':9}{name:>13}  {'':{BAR}}  чеки·receipts  люди·people"
    # a night tells nothing: from an hour before the first visit on
    for row, count in list(zip(hours, came, strict=True))[max(0, busy[0] - 1) :]:
        bar = "-" if count is None else "#" * round(BAR * count / most)
        people = "-" if row.people.value is None else _people(row.people)
        told = "-" if count is None else str(count)
        yield f"{row.hour:02}:00    {told:>13}  {bar:{BAR}}  {row.receipts:>13}  {people}"


def _visits(row: HourView) -> int | None:
    return None if row.people.value is None and not row.visits else row.visits


def _people(figure: FigureView) -> str:
    value = _count(figure.value or 0.0)
    return value if figure.low95 == figure.high95 else f"~ {value} ({_count(figure.low80)}-{_count(figure.high80)})"


def _count(value: float) -> str:
    return str(round(value))


def _minutes(seconds: float) -> str:
    return str(round(seconds / 60))


def _share(value: float) -> str:
    """Below ten percent a digit behind the point says something."""
    return f"{value * 100:.1f} %" if value < 0.1 else f"{value * 100:.0f} %"
