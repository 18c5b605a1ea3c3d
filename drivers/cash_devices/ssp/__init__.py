"""SSP and eSSP: the protocol of Innovative Technology's note validators, recyclers and coin hoppers."""
