"""Who this machine is to HQ: what signs its requests, and what tells it from a copy of itself."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

import httpx

from agent.settings import HqSettings
from sync.enrolment import kept
from sync.enrolment.enrolling import nonces
from sync.enrolment.signer import Bearer, Signer

MACHINE_ID = Path("/etc/machine-id")


def who_we_are(hq: HqSettings, now_ms: Callable[[], int]) -> httpx.Auth:
    """The key of the enrolment, or the one of the settings. Raises StoreError."""
    enrolled = kept.read(hq.keys).enrolled if hq.keys is not None else None
    if enrolled is None:
        return Bearer(hq.key)
    return Signer(enrolled.seed, now_ms=now_ms, nonce=nonces(secrets.token_bytes))


def machine_hash(file: Path = MACHINE_ID) -> str:
    """Tells one machine from another, and tells nobody which it is; "" where the system does not say."""
    try:
        told = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return hashlib.sha256(f"tillkeeper machine\n{told}".encode()).hexdigest() if told else ""
