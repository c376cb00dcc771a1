"""Where commits go: the only package that speaks to PostgreSQL."""
