"""Counts of windows become people with a band: pure, imported by the radar's program and by the agent."""
