"""Many runs: as columns for a browser, as rows for scripts, and those that a query asks for."""
