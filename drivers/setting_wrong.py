"""A setting or an address that cannot be used, in Russian and English: what a driver tells the reader of the config."""

from __future__ import annotations


class SettingWrong(ValueError):
    """`ru` and `en` are for who wrote the setting: each names it and says what to write. `str()` is English."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en
