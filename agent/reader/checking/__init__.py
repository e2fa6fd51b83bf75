"""Which option does a free-text answer select? The rule, the judge, the published parser."""
