"""Commands about recorded runs: show, verify, export, replay, fork, diff."""
