"""Conditions compared with a baseline on equal questions: differences, exact tests, and the cases that differ."""
