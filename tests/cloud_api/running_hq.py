"""HQ on a real socket, for tests of its page in a browser."""

from __future__ import annotations

import threading
from pathlib import Path

import anyio
import httpx
from pushing_till import Clock, PushingTill, open_hq

from cloud_api.listening import listen, make_server
from tests.cloud_api.at_once import at_once


class RunningHq:
    """HQ on a real socket beside the browser; the browser's driver needs the main thread, so HQ takes another."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.hq = at_once(open_hq(path, self.clock))
        self.listener = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        ready = threading.Event()
        self.server = make_server(self.hq, lambda _: ready.set())
        self.thread = threading.Thread(target=anyio.run, args=(self.server.serve, [self.listener]))
        self.thread.start()
        assert ready.wait(10)

    def push(self, till: PushingTill) -> None:
        body, headers = till.request(1, len(till.items))
        httpx.post(f"{self.url}/v1/push/{till.stream}", content=body, headers=headers).raise_for_status()

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.listener.close()
