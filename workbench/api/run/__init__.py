"""One run: what its page shows, the forks of it, and the forms in which others can open it."""
