"""Question sets that others publish, read as benchmarks: exam questions with options and one right answer."""
