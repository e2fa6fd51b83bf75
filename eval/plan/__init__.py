"""Under which conditions? Plans, conditions, readers, store states, and the names of runs."""
