create domain money_amount as numeric(12, 2) check (value >= 0)
-- no semicolon, and a comment at the end