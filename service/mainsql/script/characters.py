"""The character classes of PostgreSQL's lexers, for use inside regular expressions."""

SPACE = " \t\n\r\f\v"
"""White space. The vertical tab is one since PostgreSQL 16."""

LETTERS = r"A-Za-z_\u0080-\U0010ffff"
"""What an unquoted word begins with."""
