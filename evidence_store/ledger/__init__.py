"""What happened to the evidence? Events, in order, in SQLite or PostgreSQL."""
