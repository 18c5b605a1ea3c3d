"""`python -m sensors.cameras live`: the options of one camera at work, and its life until a signal ends it."""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

import anyio

from sensors.cameras.sources import Source, WrongAddress, opener

USAGE_ERROR, HUNG = 2, 1
ADDRESS = "TILLKEEPER_CAMERA"
Shares = tuple[float, float, float, float]


def main(argv: list[str]) -> int:
    parser = _parser()
    options = parser.parse_args(argv)
    if not options.camera:
        parser.error(f"--camera or {ADDRESS} says which camera")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        opened = opener(options.camera)
    except WrongAddress as error:
        print(f"{error.ru}\n{error.en}", file=sys.stderr)
        return USAGE_ERROR
    except ImportError as error:
        print(f"Не установлено: {error.name}. make cameras", file=sys.stderr)
        print(f"Not installed: {error.name}. make cameras", file=sys.stderr)
        return USAGE_ERROR
    return _work(options, opened)


def _work(options: argparse.Namespace, opened: Callable[[], Source]) -> int:
    import cv2

    from sensors.cameras.backends import finder_of
    from sensors.cameras.causes import first_cause
    from sensors.cameras.eye import Hung
    from sensors.cameras.faces import NoBackend
    from sensors.cameras.live import Camera, Told
    from sensors.cameras.watching import View

    cv2.setNumThreads(1)  # the till has the other cores
    finder = None
    if options.backend != "none":
        try:
            finder = finder_of(options.backend, options.yunet, options.yunet_sha256)
        except NoBackend as missing:
            # Counting goes on: it is what most shops have a camera for.
            print(f"{missing.ru}\n{missing.en}", file=sys.stderr)
    view = View(options.line, options.zone, options.look_each)
    camera = Camera(
        Told(options.sensor, options.socket, view, options.place, options.backend),
        opened,
        finder,
        boot=os.urandom(8).hex(),
        now_ms=lambda: time.time_ns() // 1_000_000,
        now_s=time.monotonic,
        rng=random.Random(os.urandom(8)),
    )
    try:
        anyio.run(partial(_until_signal, camera.run), backend_options={"use_uvloop": False})
    except* Hung as several:
        print(f"Камера не отвечает, программа начнётся заново: {first_cause(several)}", file=sys.stderr)
        print(f"The camera does not answer, the program is started anew: {first_cause(several)}", file=sys.stderr)
        os._exit(HUNG)  # the threads that hang would keep the process
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sensors.cameras live", description="One camera at work.")
    parser.add_argument(
        "--camera",
        default=os.environ.get(ADDRESS),
        help=f"photo:FILE, file:FILE, usb:N, http://, https:// or rtsp://; better in the environment as {ADDRESS}:"
        " a password in a command line is read by everybody",
    )
    parser.add_argument("--socket", type=Path, required=True, help="the agent's socket for cameras")
    parser.add_argument("--sensor", default="camera", help="its name in the shop")
    parser.add_argument("--place", default="", help="the zone of the shop that it looks at")
    parser.add_argument("--line", type=_shares, help="x1,y1,x2,y2: the door line; in is to the right hand of it")
    parser.add_argument("--zone", type=_box, help="left,top,right,bottom: the marked zone; both in shares of 1")
    parser.add_argument("--look-each", type=int, choices=range(1, 31), default=3, metavar="N", help="frames")
    parser.add_argument("--backend", choices=("dlib", "package", "none"), default="dlib")
    parser.add_argument("--yunet", type=Path, help="weights of YuNet, which the shop supplies")
    parser.add_argument("--yunet-sha256", default="", help="what they must be")
    return parser


def _shares(text: str) -> Shares:
    try:
        one, two, three, four = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError("four numbers with commas") from error
    if not all(0 <= each <= 1 for each in (one, two, three, four)) or (one, two) == (three, four):
        raise argparse.ArgumentTypeError("numbers of 0 to 1, and two different points")
    return one, two, three, four


def _box(text: str) -> Shares:
    left, top, right, bottom = _shares(text)
    if not (left < right and top < bottom):
        raise argparse.ArgumentTypeError("left before right, top before bottom")
    return left, top, right, bottom


async def _until_signal(run: Callable[[], Coroutine[None, None, None]]) -> None:
    async with anyio.create_task_group() as tasks:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            tasks.start_soon(run)
            async for _ in signals:
                tasks.cancel_scope.cancel()
                return
