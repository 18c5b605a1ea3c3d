"""What the stock's desks refuse: nothing was written, and the code names the words."""

from __future__ import annotations

from typing import Any


class StockRefused(Exception):
    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
