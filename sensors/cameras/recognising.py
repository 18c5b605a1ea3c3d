"""From shots to one verdict a track: two embeddings, a third only where it can decide, then nothing more of this face.

    shots of a track ─> permission, asked again ─> embedding process ─> distances ─> verdict ─> Recognised
                                                                     └> the template, where the member enrols

Everything here runs on one thread; the pictures' thread waits meanwhile (live.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sensors.camera_messages import Enrolled, Recognised, packed
from sensors.cameras.embed_process import Embed, Near
from sensors.cameras.permission import Enrolling, Permission
from sensors.cameras.shots import MOST_EMBEDDINGS, SURE_FRAMES, Shot
from sensors.recognition_policy import Among, Candidates, Greeting, verdict


@dataclass(slots=True)
class Pending:
    """One track on its way to a verdict. `frames`: its answers, nearest first. `jobs`: not answered yet."""

    seen_ms: int
    candidates: Candidates
    enrolling: Enrolling | None
    frames: list[list[tuple[str, float]]] = field(default_factory=list)
    jobs: set[int] = field(default_factory=set)
    asked: int = 0
    lost: bool = False
    ended: bool = False


class Recognising:
    """`submit` gives a job to the embedding process; `tell` a message to the agent; `third` one more shot of a track,
    if there is one; `stop` says that no more of a track are wanted. `boot` makes a track's name the shop's only one."""

    def __init__(
        self,
        permission: Permission,
        boot: str,
        *,
        submit: Callable[[Embed], None],
        tell: Callable[[Recognised | Enrolled], None],
        third: Callable[[int], Shot | None],
        stop: Callable[[int], None],
        now_ms: Callable[[], int],
        now_s: Callable[[], float],
    ) -> None:
        self._permission = permission
        self._boot = boot
        self._submit = submit
        self._tell = tell
        self._third = third
        self._stop = stop
        self._now_ms = now_ms
        self._now_s = now_s
        self._pending: dict[int, Pending] = {}
        self._job_of: dict[int, int] = {}
        self._jobs = 0
        self._crowded: Enrolling | None = None  # whoever enrols did not stand there alone
        self.embeddings = 0

    def take(self, to_embed: Sequence[tuple[int, Shot]], ended: Sequence[int], faces: int) -> None:
        """What one picture brought. `faces`: how many faces are being followed; who enrols stands there alone."""
        if to_embed and faces > 1:
            self._crowded = self._permission.enrolling
        for track, shot in to_embed:
            if self._allowed(faces):
                self._begin(track, shot, faces)
        for track, pending in list(self._pending.items()):
            pending.ended = pending.ended or track in ended
            if not pending.jobs and track in self._pending:
                self._go_on(track, pending)

    def answered(self, job: int, near: Near | None) -> None:
        """The embedding process said this; None: it said nothing and never will."""
        track = self._job_of.pop(job, None)
        pending = self._pending.get(track) if track is not None else None
        if track is None or pending is None:
            return
        pending.jobs.discard(job)
        if near is None:
            pending.lost = True
        elif near.template and pending.enrolling is not None:
            self._enrolled(track, pending.enrolling, packed(near.template), "")
            return
        else:
            pending.frames.append(near.near)
        if not pending.jobs:
            self._go_on(track, pending)

    def forget(self) -> None:
        """The agent is gone: no verdict is owed to anybody."""
        for track in self._pending:
            self._stop(track)
        self._pending.clear()
        self._job_of.clear()

    def expire(self) -> None:
        """Tells that nobody came to be enrolled in time."""
        waiting = self._permission.enrolling
        busy = any(pending.enrolling is waiting for pending in self._pending.values())
        if waiting is not None and self._now_s() >= waiting.until_s and not busy:
            self._permission.enrolled()
            self._tell(Enrolled(waiting.request, "", "several_faces" if self._crowded is waiting else "no_face"))

    def _allowed(self, faces: int) -> bool:
        """Asked at the last moment: a consent may have been withdrawn while the shot waited."""
        return self._enrolling(faces) is not None or self._permission.recognising(True, self._now_s()) is None

    def _enrolling(self, faces: int) -> Enrolling | None:
        waiting = self._permission.enrolling
        if waiting is None or faces != 1 or self._now_s() >= waiting.until_s:
            return None
        return waiting if self._permission.forbidden(True, self._now_s()) is None else None

    def _begin(self, track: int, shot: Shot, faces: int) -> None:
        pending = self._pending.get(track)
        if pending is None:
            enrolling = self._enrolling(faces)
            if enrolling is not None and any(one.enrolling is enrolling for one in self._pending.values()):
                return
            candidates = self._permission.candidates(self._now_s())
            pending = self._pending[track] = Pending(self._seen_ms(shot), candidates, enrolling)
        if pending.enrolling is not None and pending.asked:
            return  # the best shot is enough
        self._ask(track, pending, shot)

    def _seen_ms(self, shot: Shot) -> int:
        """By the wall clock: shots are timed by the one that does not jump."""
        return self._now_ms() - max(0, round(self._now_s() * 1000) - shot.since_ms)

    def _ask(self, track: int, pending: Pending, shot: Shot) -> None:
        self._jobs += 1
        pending.asked += 1
        pending.jobs.add(self._jobs)
        self._job_of[self._jobs] = track
        self.embeddings += 1
        among = None if pending.candidates.among is Among.STORE else list(pending.candidates.members)
        height, width = shot.crop.shape[:2]
        box = (shot.box.left, shot.box.top, shot.box.right, shot.box.bottom)
        self._submit(
            Embed(self._jobs, shot.crop.tobytes(), width, height, box, among, template=pending.enrolling is not None)
        )

    def _go_on(self, track: int, pending: Pending) -> None:
        if pending.enrolling is not None:
            self._enrolled(track, pending.enrolling, "", "worker_lost")
            return
        said = verdict([dict(frame) for frame in pending.frames], pending.candidates)
        if isinstance(said, Greeting) or not self._may_decide(pending):
            self._conclude(track, pending)
            return
        shot = self._third(track) if self._permission.recognising(True, self._now_s()) is None else None
        if shot is not None:
            self._ask(track, pending, shot)
        elif pending.ended:
            self._conclude(track, pending)

    def _may_decide(self, pending: Pending) -> bool:
        """Whether one frame more could make two that agree."""
        if pending.asked >= MOST_EMBEDDINGS:
            return False
        named = [verdict([dict(frame)] * SURE_FRAMES, pending.candidates) for frame in pending.frames]
        return any(isinstance(one, Greeting) for one in named)

    def _conclude(self, track: int, pending: Pending) -> None:
        self._close(track)
        said = verdict([dict(frame) for frame in pending.frames], pending.candidates)
        greeting = said if isinstance(said, Greeting) else None
        best = min((frame for frame in pending.frames if frame), key=lambda frame: frame[0][1], default=[])
        if greeting is not None:
            named = [frame for frame in pending.frames if frame and frame[0][0] == greeting.member]
            best = min(named, key=lambda frame: frame[0][1])
        self._tell(
            Recognised(
                track=f"{self._boot}-{track}",
                seen_ms=pending.seen_ms,
                at_ms=self._now_ms(),
                member=greeting.member if greeting is not None else "",
                distance=round(best[0][1], 4) if best else None,
                margin=round(best[1][1] - best[0][1], 4) if len(best) > 1 else None,
                frames=greeting.frames if greeting is not None else 0,
                embeddings=pending.asked,
                among=pending.candidates.among,
                why=None if isinstance(said, Greeting) else said.why,
            )
        )

    def _enrolled(self, track: int, enrolling: Enrolling, template: str, why: str) -> None:
        self._close(track)
        if self._permission.enrolling is enrolling:
            self._permission.enrolled()
        self._tell(Enrolled(enrolling.request, template, why))

    def _close(self, track: int) -> None:
        pending = self._pending.pop(track)
        for job in pending.jobs:
            self._job_of.pop(job, None)
        self._stop(track)
