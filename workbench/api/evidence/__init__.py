"""Pieces of evidence: searched for, over time, graded, and who relies on them."""
