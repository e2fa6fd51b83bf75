"""Two runs side by side: where they diverge, and what differs in each step."""
