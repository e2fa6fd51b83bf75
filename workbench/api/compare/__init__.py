"""Conditions compared, and what there is to compare."""
