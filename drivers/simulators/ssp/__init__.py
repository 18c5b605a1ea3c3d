"""A simulated banknote validator with recycler, and a coin hopper, that speak SSP and eSSP."""
