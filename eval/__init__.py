"""Was it safe, and which step failed? Datasets, plans, experiments, metrics, attribution, reports."""
