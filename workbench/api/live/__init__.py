"""What happens to an experiment while somebody looks at it."""
