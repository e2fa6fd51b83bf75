"""Conditions held against a baseline on the same questions: differences, exact tests, and the cases where they part."""
