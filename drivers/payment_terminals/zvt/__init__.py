"""ZVT: the protocol between a till and a payment terminal, over TCP (VdTH PA00P015 rev 13.08, PA00P016 rev 04)."""
