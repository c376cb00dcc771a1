"""How to take it BACK: catalogs as values, what differs between two of them, what leads back from one."""
