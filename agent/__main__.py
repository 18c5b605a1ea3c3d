"""`python -m agent` is the command `tillkeeper`."""

from agent.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
