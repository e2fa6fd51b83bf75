"""Commands about experiments: run, ask, report, compare, what-if, published files."""
