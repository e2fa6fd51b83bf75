"""Which runs are meant: a filter language over the columns of an experiment's results, and where evidence is lost."""
