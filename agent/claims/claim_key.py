"""The key that signs claim slips: 32 random bytes in a file of their own, made at first use and never written again.

Whoever has it can make slips that look true (they are still paid only if the journal knows them), so only the agent's
user may read it. A copy of the journal does not hold it; where it is lost, slips already given out are paid by their
number, by a supervisor.
"""

from __future__ import annotations

from pathlib import Path

from agent.key_file import key_in, keys_beside

__all__ = ["FILE", "claim_key", "keys_beside"]

FILE = "claim.key"


def claim_key(directory: Path) -> bytes:
    """The key in this directory. Raises Damaged or DirectoryUnusable; a damaged key is never replaced by itself:
    the slips out there were signed by it."""
    return key_in(directory, FILE)
