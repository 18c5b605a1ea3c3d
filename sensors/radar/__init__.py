"""The Wi-Fi radar: a program of its own that listens to phones looking for networks, and tells how many, never who."""
