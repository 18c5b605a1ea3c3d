"""A source for a real RTSP server: announces a stream, then sends JPEG pictures to it as RTP over UDP.

    ANNOUNCE (SDP) ─> SETUP ─> RECORD, then for each picture packets of at most 1,400 bytes:
    | RTP 12: version 2, marker on the last, type 26 | JPEG 8: offset, type 1 (4:2:0), Q 255, width / 8, height / 8 |
    | in the first: quantization head 4, two tables of 64 | the scan's bytes |

RFC 2326 sections 10.3, 10.4 and 10.11; RFC 2435 sections 3.1 and 4.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=door\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\na=control:streamid=0\r\n"
)
MOST_BYTES = 1_400


def packets(jpeg: bytes, sequence: int, stamp: int) -> Iterator[bytes]:
    """One picture, 4:2:0 with the usual Huffman tables."""
    tables, scan, width, height = _parts(jpeg)
    offset = 0
    while offset < len(scan):
        head = struct.pack(
            ">BBBBBBBB", 0, offset >> 16, offset >> 8 & 255, offset & 255, 1, 255, width // 8, height // 8
        )
        if offset == 0:
            head += struct.pack(">BBH", 0, 0, len(tables)) + tables
        body = scan[offset : offset + MOST_BYTES - len(head)]
        offset += len(body)
        marker = 0x80 if offset >= len(scan) else 0
        yield struct.pack(">BBHII", 0x80, marker | 26, sequence & 0xFFFF, stamp & 0xFFFFFFFF, 7) + head + body
        sequence += 1


def _parts(jpeg: bytes) -> tuple[bytes, bytes, int, int]:
    tables, at, width, height = b"", 2, 0, 0
    while True:
        marker, length = struct.unpack_from(">xBH", jpeg, at)
        body = jpeg[at + 4 : at + 2 + length]
        if marker == 0xDB:
            while body:
                tables, body = tables + body[1:65], body[65:]
        elif marker == 0xC0:
            height, width = struct.unpack_from(">HH", body, 1)
        at += 2 + length
        if marker == 0xDA:
            return tables, jpeg[at : jpeg.rindex(b"\xff\xd9")], width, height


class Publisher:
    """Announces `url` to the server's source port, then sends the pictures in turn until closed."""

    def __init__(self, port: int, url: str, jpegs: list[bytes], fps: float = 15.0) -> None:
        self._talk = socket.create_connection(("127.0.0.1", port), 5)
        self._asked = 0
        self._ask("ANNOUNCE", url, "Content-Type: application/sdp", body=SDP)
        answer = self._ask("SETUP", f"{url}/streamid=0", "Transport: RTP/AVP;unicast;mode=record;client_port=6970-6971")
        found = re.search(r"server_port=(\d+)", answer)
        assert found is not None, answer
        self._ask("RECORD", url)
        self._to = ("127.0.0.1", int(found[1]))
        self._jpegs, self._pause_s = jpegs, 1 / fps
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)
        self._talk.close()

    def _ask(self, verb: str, url: str, *heads: str, body: str = "") -> str:
        self._asked += 1
        length = [f"Content-Length: {len(body)}"] if body else []
        lines = [f"{verb} {url} RTSP/1.0", f"CSeq: {self._asked}", *heads, *length, "", body]
        self._talk.sendall("\r\n".join(lines).encode())
        answer = ""
        while "\r\n\r\n" not in answer:
            answer += self._talk.recv(4096).decode("latin-1")
        assert answer.startswith("RTSP/1.0 200"), answer
        return answer

    def _send(self) -> None:
        sequence = number = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            while not self._over.is_set():
                for packet in packets(self._jpegs[number % len(self._jpegs)], sequence, number * 6_000):
                    way.sendto(packet, self._to)
                    sequence += 1
                number += 1
                time.sleep(self._pause_s)
