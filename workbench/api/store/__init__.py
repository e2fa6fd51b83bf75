"""The evidence store of an experiment: where it is, and kept open to be read."""
