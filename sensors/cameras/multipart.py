"""Cuts an endless multipart answer into its parts, whatever the camera says about their lengths; pure, no I/O.

    --frame CRLF  Content-Type: image/jpeg CRLF  Content-Length: 31244 CRLF  CRLF  FF D8 ... FF D9 CRLF  --frame ...

A part ends at the next boundary, wherever its Content-Length said it would: too long, too short and missing ones lose
no picture. A length that leads to the end of a JPEG gives the picture at once, before the next one's boundary comes.
RFC 2046 section 5.1.
"""

from __future__ import annotations

LARGEST_PART = 8 * 1024 * 1024
"""A 4K JPEG of the best quality has some 5 MB."""
LONGEST_HEAD = 8_192
END_OF_JPEG = b"\xff\xd9"


class NotParts(ValueError):
    """What came has no parts of a bearable size in it."""


class PartReader:
    """`boundary`: as the answer's head names it, with or without its two dashes: many cameras write them there."""

    def __init__(self, boundary: bytes) -> None:
        self._boundary = b"--" + boundary.removeprefix(b"--")
        self._waiting = bytearray()
        self._said: int | None = None
        self._in_body = False
        self._searched = 0
        self.over = False

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies complete by now; `over`: the last one came. Raises NotParts, and is of no use after that."""
        self._waiting += data
        found: list[bytes] = []
        while not self.over:
            if not self._in_body and not self._open():
                break
            body = self._body()
            if body is None:
                break
            if body:
                found.append(body)
        return found

    def _open(self) -> bool:
        """Past the boundary and the head of the next part."""
        waiting, boundary = self._waiting, self._boundary
        start = waiting.find(boundary)
        if start < 0:
            del waiting[: max(0, len(waiting) - len(boundary))]
            return False
        del waiting[:start]
        after = waiting[len(boundary) : len(boundary) + 2]
        if after == b"--":
            self.over = True
            return False
        end = waiting.find(b"\r\n\r\n")
        if end < 0:
            if len(waiting) > LONGEST_HEAD:
                raise NotParts("a part's head without an end")
            return False
        self._said = _length(bytes(waiting[:end]))
        del waiting[: end + 4]
        self._in_body, self._searched = True, 0
        return True

    def _body(self) -> bytes | None:
        waiting, said = self._waiting, self._said
        end = waiting.find(self._boundary, self._searched)
        if end >= 0:
            body = bytes(waiting[:end]).rstrip(b"\r\n")
        elif said and len(waiting) >= said and waiting[said - 2 : said] == END_OF_JPEG:
            body, end = bytes(waiting[:said]), said
        elif len(waiting) > LARGEST_PART:
            raise NotParts(f"a part of more than {LARGEST_PART} bytes")
        else:
            self._searched = max(0, len(waiting) - len(self._boundary))
            return None
        del waiting[:end]
        self._in_body = False
        return body


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit() and len(value) < 12:
            return int(value)
    return None
