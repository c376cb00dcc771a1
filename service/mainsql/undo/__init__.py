"""How to take it BACK: catalogs as values, what differs between two of them, and what leads from one to the other."""
