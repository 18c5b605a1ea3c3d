"""Reads section [visitors] of the agent's configuration: who answers for visitors' data, and what counts as a visit.

[visitors]
controller      who is the controller of the visitors' data, as consents name it; the only key that must be there
country         "RU": ISO 3166's two letters. It decides whether faces may be known at all (RU where regime is russia)
accreditation   the number of a Russian operator's accreditation for biometrics; without one faces stay off
zone_is_trigger false; true: stepping into the marked zone is enough to look at the face of somebody who agreed
sockets         "/run/tillkeeper": the directory of radar.sock, cameras.sock and association.sock
offers          a file of offers for customers who agreed to be known
door            the zone whose camera line is the shop's entrance; all of them unless told
staff_keys      keys of the staff's own devices, as the association tells them; never their addresses
staff_zones     zones where only staff stays
enter_dbm       -67: what a phone on the threshold is heard with
gap_s           420: heard nothing for so long, a visitor has left; longer than the routers' interim_s
interim_s       300: how often the routers report who is there (RADIUS interim interval)
stay_least_s    60: a shorter stay is a passer-by
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.settings import VisitorsConfig
from agent.settings_told import ToldSettings
from sensors.visits.settings import VisitSettings

WHERE = "[visitors]"
SOCKETS = Path("/run/tillkeeper")
"""Made by systemd for the agent's account (systemd/tillkeeper-agent.service)."""
TRADE = VisitSettings()
INTERIM_S = 300
"""What sensors/association/example.toml asks routers for."""
QUIETEST_DBM, LOUDEST_DBM = -95, -20
"""Below is the noise of a Wi-Fi receiver, above a phone that lies on it."""
LONGEST_GAP_S = 3_600
LONGEST_STAY_S = 1_800
KEYS = frozenset(
    {
        *("controller", "country", "accreditation", "zone_is_trigger", "sockets", "offers", "door"),
        *("staff_keys", "staff_zones", "enter_dbm", "gap_s", "interim_s", "stay_least_s"),
    }
)
_COUNTRY = re.compile("[A-Z]{2}")
_ADDRESS = re.compile("([0-9A-Fa-f]{2}[:.-]?){5}[0-9A-Fa-f]{2}")
"""A MAC as people write it. A key of the association has 32 digits."""


class ToldVisitors(ToldSettings):
    """One section more."""

    def _visitors(self) -> VisitorsConfig | None:
        """None: no section, no sensors."""
        if "visitors" not in self._told:
            return None
        told = self._section("visitors")
        for name in sorted(set(told) - KEYS):
            known = ", ".join(sorted(KEYS))
            self._say(
                WHERE, f"нет настройки {name!r}; есть {known}", f"there is no setting {name!r}; known are {known}"
            )
        return VisitorsConfig(
            controller=self._text(told, WHERE, "controller", required=True),
            country=self._country(told),
            accreditation=self._text(told, WHERE, "accreditation"),
            zone_is_trigger=self._flag(told, WHERE, "zone_is_trigger"),
            sockets=self._path(told, WHERE, "sockets", str(SOCKETS)),
            offers=self._path(told, WHERE, "offers", "") if told.get("offers") else None,
            door=self._text(told, WHERE, "door"),
            staff_keys=self._staff_keys(told),
            staff_zones=self._texts(told, "staff_zones"),
            enter_dbm=self._whole(told, WHERE, "enter_dbm", TRADE.enter_dbm, QUIETEST_DBM, LOUDEST_DBM),
            gap_s=self._gap_s(told),
            stay_least_s=self._whole(told, WHERE, "stay_least_s", TRADE.stay_least_s, 0, LONGEST_STAY_S),
        )

    def _country(self, told: dict[str, Any]) -> str:
        """Where the shop's regime is Russia's, so is the law of its cameras."""
        country = self._text(told, WHERE, "country").upper()
        if country and not _COUNTRY.fullmatch(country):
            self._say(
                WHERE,
                f"country {country!r} — не страна; напишите две буквы ISO 3166, например RU",
                f"country {country!r} is none; write the two letters of ISO 3166, such as RU",
            )
            country = ""
        return country or ("RU" if self._section("shop").get("regime", "russia") == "russia" else "")

    def _gap_s(self, told: dict[str, Any]) -> int:
        """A router that reports each five minutes makes a visitor of a shorter gap leave and come at each report."""
        interim_s = self._whole(told, WHERE, "interim_s", INTERIM_S, 30, LONGEST_GAP_S)
        gap_s = self._whole(told, WHERE, "gap_s", TRADE.gap_s, 30, LONGEST_GAP_S)
        if gap_s <= interim_s:
            self._say(
                WHERE,
                f"gap_s ({gap_s}) — больше, чем interim_s ({interim_s}): роутеры сообщают о гостях не чаще",
                f"gap_s ({gap_s}) must be above interim_s ({interim_s}): routers do not report guests more often",
            )
        return gap_s

    def _staff_keys(self, told: dict[str, Any]) -> tuple[str, ...]:
        keys = self._texts(told, "staff_keys")
        if any(_ADDRESS.fullmatch(key) for key in keys):
            self._say(
                WHERE,
                "staff_keys — ключи устройств, а не адреса: адрес человека здесь не хранится",
                "staff_keys are keys of devices, not addresses: nobody's address is kept here",
            )
        return keys

    def _texts(self, told: dict[str, Any], name: str) -> tuple[str, ...]:
        given = told.get(name, [])
        if not isinstance(given, list) or not all(isinstance(one, str) and one.strip() for one in given):
            self._say(WHERE, f"{name} — список текстов в кавычках", f"{name} is a list of texts in quotes")
            return ()
        return tuple(one.strip() for one in given)
