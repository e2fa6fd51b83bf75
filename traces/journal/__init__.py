"""How is the record kept? An append-only, hash-chained log in SQLite, one file for each writer."""
