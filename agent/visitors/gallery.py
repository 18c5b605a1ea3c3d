"""The faces of those who agreed to be known by them: sealed on the disk, opened for the cameras, gone with the consent.

    Enrolled ─> keep: Bound + face_enrolled edge + sealed template, one commit
    members() ─> every template of a standing consent, opened ─> camera_messages.Members

The key lies beside the data directory (agent/key_file.py), so a copy of the data or of a backup shows no face. What
cannot be opened is left out and said (`note`): a greeting less is no harm, and nothing is deleted by guessing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from agent.key_file import key_in
from agent.visitors.consents import UNKNOWN, Consents
from agent.visitors.erasing import person_record
from sensors.camera_messages import Member, as_bytes, numbers, packed, unpacked
from sensors.consent import seal
from sensors.consent.facts import Purpose
from sensors.identity.observation import face_enrolled
from sensors.identity.records import Kind, kind_of, record_id
from sync.visitor_store.visitor_batch import TemplateRow
from sync.visitor_store.visitor_store import VisitorStore

log = logging.getLogger("tillkeeper.visitors")

FILE = "template.key"


def template_key(directory: Path) -> bytes:
    """The key in the keys' directory, made at first use. Raises Damaged or DirectoryUnusable."""
    return key_in(directory, FILE)


class Gallery:
    """`draw(n)`: random bytes. `wrong_key`, `damaged`: templates that could not be opened at the last look."""

    def __init__(self, store: VisitorStore, consents: Consents, key: bytes, draw: Callable[[int], bytes]) -> None:
        self.wrong_key = self.damaged = 0
        self._store = store
        self._consents = consents
        self._key = key
        self._draw = draw

    @property
    def note(self) -> str:
        """The code of what a person has to see on the status page; "" where all is well."""
        if self.wrong_key:
            return "templates_wrong_key"
        return "templates_damaged" if self.damaged else ""

    def new_record(self) -> str:
        """A record for the face that is about to be enrolled."""
        return record_id(Kind.FACE, self._draw(16).hex())

    def members(self) -> list[Member]:
        """For the cameras. A consent that ended gives none, whatever still lies on the disk."""
        self.wrong_key = self.damaged = 0
        found: list[Member] = []
        for row in self._store.templates():
            if self._consents.holds(row.record, Purpose.FACE_ID) != row.consent:
                continue
            try:
                template = seal.unseal(row.sealed, self._key, row.record, row.consent)
            except seal.WrongKey:
                self.wrong_key += 1
            except seal.Damaged:
                self.damaged += 1
            else:
                found.append(Member(row.record, packed(as_bytes(template))))
        if self.wrong_key or self.damaged:
            log.warning("face templates left out: %d of another key, %d damaged", self.wrong_key, self.damaged)
        return found

    async def keep(self, record: str, consent_id: str, template: str) -> str:
        """What a camera made for this consent, as camera_messages.packed. "" or why not: "no_template",
        "consent_ended", "unknown_consent". Raises DiskFull."""
        consent = self._consents.ledger.consents.get(consent_id)
        if consent is None or consent.given.purpose is not Purpose.FACE_ID or kind_of(record) is not Kind.FACE:
            return UNKNOWN
        try:
            plain = numbers(unpacked(template))
        except ValueError:
            return "no_template"
        sealed = seal.seal(plain, self._key, self._draw(seal.NONCE_BYTES), record, consent_id)
        given = consent.given
        edges = face_enrolled(
            *(record.partition(":")[2], person_record(given.subject), consent_id, given.proof_id, given.given_ms)
        )
        return await self._consents.bind(consent_id, record, edges, TemplateRow(record, consent_id, sealed))
