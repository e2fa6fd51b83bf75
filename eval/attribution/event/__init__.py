"""Since which ledger event a run fails."""
