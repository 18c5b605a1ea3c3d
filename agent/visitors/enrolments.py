"""Faces that are being enrolled: who stands in the marked zone because they asked for it, until a camera answers."""

from __future__ import annotations

import anyio

from agent.visitors.gallery import Gallery
from sensors.camera_messages import packed

MOST = 64
"""As many as cameras may be asked for at once (camera_door.py)."""


class Enrolments:
    """`answered` is the cameras' answer; what became of each request is kept until somebody asks."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._asked: dict[str, tuple[str, str]] = {}
        self._ended: dict[str, str] = {}
        self._news = anyio.Event()

    def expect(self, request: str, record: str, consent_id: str) -> None:
        """A camera is about to be asked for this consent's template."""
        self._asked[request] = (record, consent_id)
        while len(self._asked) > MOST:
            del self._asked[next(iter(self._asked))]

    async def answered(self, request: str, template: bytes, why: str) -> None:
        """Keeps the template, or the reason why there is none. Raises StoreError on a full disk."""
        asked = self._asked.pop(request, None)
        if asked is None:
            return  # nobody waits for it any more: a template without a request is not kept
        record, consent_id = asked
        self._ended[request] = why or await self._gallery.keep(record, consent_id, packed(template))
        while len(self._ended) > MOST:
            del self._ended[next(iter(self._ended))]
        self._news.set()
        self._news = anyio.Event()

    def forget(self, request: str) -> None:
        """Nobody waits for it any more: a late answer is not kept."""
        self._asked.pop(request, None)

    async def ended(self, request: str) -> str:
        """Its outcome, as soon as there is one: that may be never, where the camera is gone."""
        while (outcome := self.outcome(request)) is None:
            await self._news.wait()
        return outcome

    def outcome(self, request: str) -> str | None:
        """ "" where the face is enrolled, a reason where it is not, None while a camera looks or nobody answered."""
        return self._ended.get(request)
