"""How do I use it? The command line over everything below."""
