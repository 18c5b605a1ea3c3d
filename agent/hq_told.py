"""Section [hq] of the configuration: where HQ is, and who this shop is there.

    no section, never enrolled        the shop has no HQ
    url                               the device becomes HQ's by `tillkeeper enroll`; until then it sells by itself
    url, device, key_file             HQ knows the device from its own settings file, by this key

Who is enrolled needs no section: `tillkeeper enroll` keeps address, name and key beside the data. A `url` written here
counts more than the kept one, because HQ may move; a key_file counts no more, because HQ takes signatures only.
"""

from __future__ import annotations

import os
from pathlib import Path

from agent.settings import HqSettings
from agent.settings_told import ToldSettings
from sync.enrolment import kept
from sync.store.failures import StoreError
from sync.store.system_words import system_words

UNKNOWN_HQ = "HQ"
"""Nobody knows its address any more: it lay beside the key."""


class ToldHq(ToldSettings):
    _unreadable = False

    def _hq(self, keys: Path) -> HqSettings | None:
        told = self._section("hq")
        try:
            enrolled = kept.read(keys).enrolled
        except StoreError:
            self._unreadable = True  # the till sells; screens and the doctor say that HQ does not know it
            return None
        if enrolled is not None:
            device = self._text(told, "[hq]", "device") or enrolled.device
            if device != enrolled.device:
                self._say(
                    "[hq]",
                    f"device {device!r}, а код офиса был для {enrolled.device!r}: уберите device и key_file",
                    f"device {device!r}, but HQ's code was for {enrolled.device!r}: leave out device and key_file",
                )
            url = self._text(told, "[hq]", "url") or enrolled.url
            return HqSettings(url, enrolled.device, "", enrolled.epoch, keys)
        if not told or self._not_enrolled_at():
            return None
        url = self._text(told, "[hq]", "url", required=True)
        device = self._text(told, "[hq]", "device", required=True)
        key = os.environ.get("TILLKEEPER_HQ_KEY", "")
        if not key:
            key_file = self._path(told, "[hq]", "key_file", "")
            try:
                key = key_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                ru, en = system_words(error)
                self._say("[hq]", f"key_file {key_file} не читается: {ru}", f"key_file {key_file} cannot be read: {en}")
            except UnicodeDecodeError:
                self._say("[hq]", f"key_file {key_file} — не текст", f"key_file {key_file} is not a text")
        return HqSettings(url, device, key)

    def _not_enrolled_at(self) -> str:
        """The address alone, or a key nobody can read: somebody is to give a code."""
        told = self._section("hq")
        if self._unreadable:
            return self._text(told, "[hq]", "url") or UNKNOWN_HQ
        return self._text(told, "[hq]", "url") if set(told) == {"url"} else ""
