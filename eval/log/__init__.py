"""What did the runs say? Read back from the journal."""
