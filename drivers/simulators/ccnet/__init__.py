"""A simulated CCNET bill validator, written from the CCNET common specification 2.6.0."""
