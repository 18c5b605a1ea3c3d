"""Every SSP transcript is what the driver says and understands, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from ssp_playbook import play_transcript

FILES = sorted((Path(__file__).parents[2] / "transcripts" / "ssp").glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    play = play_transcript(path)
    assert play.ended or "# and so on" in path.read_text("utf-8")


def test_the_transcripts_are_there() -> None:
    assert {file.stem for file in FILES} >= {
        "identify",
        "note_accepted",
        "note_accepted_sealed",
        "note_given_back",
        "note_rejected",
        "recovery_after_power_loss",
        "payout",
        "payout_recovered",
        "silence",
    }
