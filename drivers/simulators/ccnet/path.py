"""What happens to a note, from the mouth to the cassette or back, and what may come between.

mouth ── 15 ──┬── type with escrow ── 80 ──┬── STACK ── 17 ── 81      80, 1A without a decision for 10 s: 18, 82
              ├── type without ── 17 ── 81 ├── HOLD ─── 1A
              └── not wanted ── 1C         └── RETURN ─ 18 ── 82
"""

from __future__ import annotations

from drivers.simulators.ccnet import notes, phases
from drivers.simulators.ccnet.notes import Paper
from drivers.simulators.ccnet.phases import Phase
from drivers.simulators.ccnet.unit import Event, Unit


class Path(Unit):
    """A unit with its transport."""

    def enter(self, paper: Paper, at: float) -> None:
        """The mouth is open and takes it in."""
        self.paper = paper
        self.said_type = None
        self.credit = ()
        self.box.enter(paper.value_minor, notes.CURRENCY)
        self.save()
        self.work(Phase.ACCEPTING, at, phases.ACCEPT_S / 2, self._half_in)
        self.cut_at("entering", at)

    def _half_in(self, at: float) -> None:
        failure = self.traps.number("failure", 0x50, base=16)
        if failure is not None:
            self.failure_code = failure
            self.in_trouble(Phase.FAILURE, at)
        elif self.traps.strikes("jam"):
            self.in_trouble(Phase.VALIDATOR_JAM, at)
        elif self.traps.strikes("second_note"):
            self.go(Phase.PAUSE, at, phases.PAUSE_S, self._push_both_out)
        else:
            self.second_half(at)

    def second_half(self, at: float) -> None:
        self.work(Phase.ACCEPTING, at, phases.ACCEPT_S / 2, self._read)

    def _push_both_out(self, at: float) -> None:
        self.work(Phase.RETURNING, at, phases.RETURN_S, lambda end: self._gone(end, "pause"))

    def _read(self, at: float) -> None:
        paper = self.paper
        if paper is None:
            raise AssertionError("a note is read that never entered")
        reason = self._verdict(paper)
        held = self.article_6 and paper.held
        if reason and not held:
            self.push_out(at, reason)
            return
        self.credit = (paper.held if held else phases.STACKED, paper.type or 0)
        if held or not notes.bits(self.escrowing) >> (paper.type or 0) & 1:
            self.begin_stacking(at)
            return
        self.box.escrow()
        self.said_type = self._other_type(paper.type or 0)
        self.save()
        soon = self._lapses_after()
        self._lapses_when_told = soon is not None and not soon
        self.go(Phase.ESCROW, at, soon or self.escrow_ms / 1000, self.begin_returning)
        self.cut_at("escrowed", at)

    _lapses_when_told = False

    def _verdict(self, paper: Paper) -> int:
        if not self.box.cassette_in_place:
            return phases.OPERATION
        if paper.reason or paper.type is None:
            return paper.reason or phases.IDENTIFICATION
        return 0 if notes.bits(self.enabled) >> paper.type & 1 else phases.INHIBITED

    def _other_type(self, true_type: int) -> int | None:
        known = sorted(notes.VALUES)
        return self.traps.number("other_type", known[(known.index(true_type) + 1) % len(known)])

    def _lapses_after(self) -> float | None:
        text = self.traps.value("escrow_expiry")
        try:
            return None if text is None else float(text or 0)
        except ValueError:
            return 0.0

    def polled(self, said: Event, at: float) -> None:
        super().polled(said, at)
        if self.phase is Phase.ESCROW and said[0] == Phase.ESCROW.value and self._lapses_when_told:
            self._lapses_when_told = False
            self.until = at

    # Decisions of the host

    def stack_asked(self, at: float) -> bool:
        """STACK arrived. False: the power went before anything moved."""
        if self.cut_at("stack_asked", at):
            return False
        self.begin_stacking(at)
        return True

    def hold(self, at: float) -> None:
        """Another 10 s, counted anew at each HOLD."""
        self.go(Phase.HOLDING, at, self.escrow_ms / 1000, self.begin_returning)

    def begin_returning(self, at: float) -> None:
        self.work(Phase.RETURNING, at, phases.RETURN_S, self._given_back)

    def _given_back(self, at: float) -> None:
        type = self.credit[1] if self.said_type is None else self.said_type
        self.box.give_back()
        self.credit = ()
        self.events.append((phases.RETURNED, type))
        self.save()
        self.rest(at)

    # Out of the transport

    def push_out(self, at: float, reason: int) -> None:
        self.rejected_for = reason
        self.work(Phase.REJECTING, at, phases.REJECT_S, lambda end: self._gone(end, f"{reason:02X}"))

    def _gone(self, at: float, reason: str) -> None:
        self.box.reject(reason)
        self.save()
        self.rest(at)

    def pulled(self, at: float) -> None:
        """The shopper has it back by force; the validator notices that nothing comes through any more."""
        self.box.reject("pulled")
        self.save()
        if self.phase is Phase.VALIDATOR_JAM:
            return
        self.rejected_for = phases.CONVEYING
        self.work(Phase.REJECTING, at, phases.REJECT_S, self.rest)

    # Into the cassette

    def begin_stacking(self, at: float) -> None:
        self.box.pass_return()
        self.save()
        self.work(Phase.STACKING, at, phases.STACK_S / 2, self._half_stacked)

    def _half_stacked(self, at: float) -> None:
        if self.cut_at("stacking", at):
            return
        if self.traps.strikes("cheat"):
            self.cheated(at)
        elif self.traps.strikes("jam_inside") or self.jams_inside:
            self.jams_inside = False
            self.in_trouble(Phase.CASSETTE_JAM, at)
        elif self.traps.strikes("cassette_pulled"):
            self.box.take_cassette()
            self.save()
            self.go(Phase.CASSETTE_OUT, at)
        elif self.traps.strikes("stuck"):
            self.go(Phase.STACKING, at)
        else:
            self.work(Phase.STACKING, at, phases.STACK_S / 2, self._stacked)

    def _stacked(self, at: float) -> None:
        if not self.into_cassette(at):
            self.rest(at)

    def cheated(self, at: float) -> None:
        """Somebody draws the note back out, wherever it was: 45, and no credit."""
        if self.box.moving is not None:
            self.box.reject("cheat")
            self.credit = ()
        self.events.append((phases.CHEATED,))
        self.save()
        self.rest(at)
