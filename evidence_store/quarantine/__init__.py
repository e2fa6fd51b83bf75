"""Who may publish what, and what is held back until somebody else releases it."""
