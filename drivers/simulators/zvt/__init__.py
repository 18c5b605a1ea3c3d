"""A simulated ZVT card terminal, written from the protocol reference (ZVT PA00P015 rev 13.08) alone."""
