"""Why this answer? From the option back to its sources, and where two runs diverge."""
