"""How to take it BACK: catalogs as values, what differs between two, what leads from one to the other."""
