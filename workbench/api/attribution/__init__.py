"""Which step is blamed for which failures, and what reviewers overrode."""
