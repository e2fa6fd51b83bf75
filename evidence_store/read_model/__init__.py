"""What is known, in tables: the versions and what was held true of them, so that nothing reads the whole ledger."""
