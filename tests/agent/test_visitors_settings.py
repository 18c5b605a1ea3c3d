"""Section [visitors]: without it there are no sensors; with it each mistake is said in both languages."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest

from agent import visitors_told
from agent.settings import SettingsWrong, VisitorsConfig
from agent.settings_file import read_settings
from sensors.consent.countries import profile_of
from sensors.visits.settings import VisitSettings
from tests.agent.test_settings import GOOD, named, written

LEAST = '[visitors]\ncontroller = "ООО «Мишкин дом»"\n'
WHOLE = """
[visitors]
controller = "Bear House GmbH"
country = "de"
accreditation = ""
zone_is_trigger = true
sockets = "sockets"
offers = "offers.toml"
door = "entrance"
staff_keys = ["0123456789abcdef0123456789abcdef"]
staff_zones = ["back"]
enter_dbm = -60
gap_s = 900
interim_s = 600
stay_least_s = 120
"""
NO_ADDRESS = "staff_keys are keys of devices, not addresses"
MISTAKES: dict[str, tuple[str, str]] = {
    "nobody answers for the data": ("[visitors]", "controller is missing"),
    "a controller that is no text": ("[visitors]\ncontroller = 5", "controller must be a text in quotes"),
    "a country by its name": (LEAST + 'country = "Russia"', "country 'RUSSIA' is none"),
    "a country of other letters": (LEAST + 'country = "РУ"', "country 'РУ' is none"),
    "a trigger that is no flag": (LEAST + 'zone_is_trigger = "yes"', "zone_is_trigger is true or false"),
    "a directory that is no path": (LEAST + "sockets = 5", "sockets must be a path in quotes"),
    "offers that are no path": (LEAST + "offers = 5", "offers must be a path in quotes"),
    "zones that are no list": (LEAST + 'staff_zones = "back"', "staff_zones is a list of texts in quotes"),
    "a zone without a name": (LEAST + 'staff_zones = [" "]', "staff_zones is a list of texts in quotes"),
    "an address as a key": (LEAST + 'staff_keys = ["aa:bb:cc:dd:ee:ff"]', NO_ADDRESS),
    "an address without colons": (LEAST + 'staff_keys = ["AABBCCDDEEFF"]', NO_ADDRESS),
    "a signal that is none": (LEAST + "enter_dbm = 67", "enter_dbm is a whole number from -95 to -20"),
    "a gap of nothing": (LEAST + "gap_s = 0", "gap_s is a whole number from 30 to 3600"),
    "a gap that a router's report does not fill": (LEAST + "gap_s = 300", "gap_s (300) must be above interim_s (300)"),
    "routers that report seldom": (LEAST + "interim_s = 600", "gap_s (420) must be above interim_s (600)"),
    "a stay that is none": (LEAST + "stay_least_s = -1", "stay_least_s is a whole number from 0 to 1800"),
    "a name misspelt": (LEAST + 'contry = "DE"', "there is no setting 'contry'"),
    "a section that is none": ("visitors = 5", "this must be a section"),
}


def told(place: Path, section: str) -> VisitorsConfig | None:
    """The section stands before the others, as a bare `visitors = 5` must."""
    return read_settings(written(place, section + "\n" + GOOD)).visitors


def test_no_section_no_sensors(tmp_path: Path) -> None:
    assert told(tmp_path, "") is None


def test_the_controller_alone_is_enough(tmp_path: Path) -> None:
    """The defaults are the trade's, and what the pure room of visits and the systemd units say."""
    trade = VisitSettings()
    assert told(tmp_path, LEAST) == VisitorsConfig(
        controller="ООО «Мишкин дом»",
        country="RU",
        accreditation="",
        zone_is_trigger=False,
        sockets=Path("/run/tillkeeper"),
        offers=None,
        door="",
        staff_keys=(),
        staff_zones=(),
        enter_dbm=trade.enter_dbm,
        gap_s=trade.gap_s,
        stay_least_s=trade.stay_least_s,
    )


def test_all_of_it(tmp_path: Path) -> None:
    """Paths are beside the file, the country in the letters that the profiles know."""
    found = told(tmp_path, WHOLE)
    assert found is not None
    assert (found.country, profile_of(found.country).face_identification) == ("DE", True)
    assert (found.sockets, found.offers) == (tmp_path / "sockets", tmp_path / "offers.toml")
    assert (found.staff_keys, found.staff_zones) == (("0123456789abcdef0123456789abcdef",), ("back",))
    assert (found.door, found.enter_dbm, found.gap_s, found.stay_least_s) == ("entrance", -60, 900, 120)
    assert found.zone_is_trigger


def test_a_country_is_guessed_from_the_law_of_receipts_only_where_that_is_one(tmp_path: Path) -> None:
    elsewhere = GOOD.replace("[shop]", '[shop]\nregime = "unregulated"\ncurrency = "EUR"', 1)
    found = read_settings(written(tmp_path, LEAST + elsewhere)).visitors
    assert found is not None
    assert found.country == ""
    assert not profile_of(found.country).face_identification


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_each_mistake_is_a_sentence_in_both_languages(tmp_path: Path, mistake: str) -> None:
    section, said = MISTAKES[mistake]
    with pytest.raises(SettingsWrong) as wrong:
        told(tmp_path, section)
    found = next((each for each in wrong.value.mistakes if said in each.en), None)
    assert found is not None, wrong.value
    assert found.en.startswith("[visitors]: ")
    assert found.ru.startswith("[visitors]: ")
    assert re.search("[а-яё]{3}", found.ru)
    assert named(found.en) <= named(found.ru)


def test_every_key_may_be_of_any_kind(tmp_path: Path) -> None:
    """Whatever stands where a text, a number or a list belongs: a sentence, never a traceback."""
    for line in WHOLE.strip().splitlines()[1:]:
        for value in ("5", "true", "[]", "{}", '""', "[1, 2]", "1979-05-27", "1e300"):
            with suppress(SettingsWrong):  # any other exception is a traceback on somebody's screen
                assert told(tmp_path, WHOLE.replace(line, re.sub(r" = .*", f" = {value}", line), 1))


def test_every_key_stands_in_the_words_that_explain_the_section() -> None:
    explained = set(re.findall(r"^(\w+)  ? *\S", visitors_told.__doc__ or "", re.MULTILINE))
    assert explained >= visitors_told.KEYS
