"""How runs are carried out: threads in one process."""
