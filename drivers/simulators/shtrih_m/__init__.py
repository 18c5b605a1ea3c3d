"""A simulated Shtrih-M fiscal register, written from the protocol reference only."""
