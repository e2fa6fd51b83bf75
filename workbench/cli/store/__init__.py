"""Commands about the evidence store: ingest, search, curate, grade, release."""
