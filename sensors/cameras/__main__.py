"""`python -m sensors.cameras COMMAND`: be a camera's program, compare two photos, or play a camera."""

from __future__ import annotations

import sys

USAGE = "usage: python -m sensors.cameras {live,compare,mjpeg-demo} ...   (each has --help)"


def main(argv: list[str]) -> int:
    command, rest = (argv[0], argv[1:]) if argv else ("", [])
    # Each command brings libraries of its own: the embedding process has no OpenCV, the demonstration no dlib.
    if command == "live":
        from sensors.cameras.program import main as live

        return live(rest)
    if command == "compare":
        from sensors.cameras.compare import main as compare

        return compare(rest)
    if command == "embed":
        from sensors.cameras.embed_process import main as embed

        return embed(rest)
    if command == "mjpeg-demo":
        from sensors.cameras.mjpeg_demo import main as mjpeg_demo

        return mjpeg_demo(rest)
    print(USAGE, file=sys.stderr)
    return 0 if command in ("-h", "--help") else 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
