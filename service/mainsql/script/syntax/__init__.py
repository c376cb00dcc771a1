"""Statement → facts, by PostgreSQL's own grammar: the only place that imports pglast.

The grammar is that of one release of PostgreSQL, and the server's may be another: what is said here
is advice. What cannot be parsed is deployed all the same.
"""
