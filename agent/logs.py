"""The log: one JSON object a line, for machines that watch many shops."""

from __future__ import annotations

import logging
import time
from typing import TextIO

import msgspec

FACTS = ("sale", "till", "phase", "device")
"""What a record may carry beside its words; nothing personal is among them."""


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "who": record.name,
            "what": record.getMessage(),
        }
        told |= {fact: getattr(record, fact) for fact in FACTS if hasattr(record, fact)}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(told).decode()


def log_to(stream: TextIO) -> None:
    """Everything from INFO up; libraries from WARNING up."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tillkeeper").setLevel(logging.INFO)
