"""The files people give us, each read and checked by one module."""
