"""Does a failure that was once found come back? Failed runs as cases to be run again, pinned to a store state."""
