"""`python -m sensors.radar COMMAND`: read a capture file, be the radar, set up the radio, or judge estimates."""

from __future__ import annotations

import sys

USAGE = "usage: python -m sensors.radar {read,live,channels,people} ...   (each has --help)"


def main(argv: list[str]) -> int:
    command, rest = (argv[0], argv[1:]) if argv else ("", [])
    # Each command brings libraries of its own: scapy to listen, none to read.
    if command == "read":
        from sensors.radar.read import main as read

        return read(rest)
    if command == "live":
        from sensors.radar.program import main as live

        return live(rest)
    if command == "channels":
        from sensors.radar.channels import main as channels

        return channels(rest)
    if command == "people":
        from sensors.radar.people import main as people

        return people(rest)
    print(USAGE, file=sys.stderr)
    return 0 if command in ("-h", "--help") else 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
