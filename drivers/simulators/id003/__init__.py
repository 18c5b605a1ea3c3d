"""A simulated JCM bill validator that speaks ID-003."""
