"""Which of the repairs is blamed."""
