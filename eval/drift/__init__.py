"""The same cases asked twice: which answers changed between two store states, readers or days, and why."""
