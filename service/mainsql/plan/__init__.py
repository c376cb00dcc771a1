"""What to do: decisions from values, without doing anything."""
