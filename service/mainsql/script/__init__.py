"""What a psql script says: pure functions from text to values."""
