"""Whether an answer is HQ's own: signed over its status and its body with the key HQ showed at the enrolment."""

from __future__ import annotations

from collections.abc import Mapping

from sync.wire import signatures
from sync.wire.signatures import HQ_COVERED, HQ_TAG, Message, Refusal


def is_hqs(status: int, headers: Mapping[str, str], body: bytes, hq_key: bytes) -> bool:
    """`headers` by their small names. How old the answer is says nothing here: it names the key it is about."""
    signed = signatures.read_signature(headers, HQ_TAG)
    if isinstance(signed, Refusal):
        return False
    message = Message("", "", "", headers, status=status)
    if signatures.verify(message, signed, hq_key, HQ_COVERED) is not None:
        return False
    return signatures.body_refusal(headers["content-digest"], body) is None
