"""How runs are carried out: many at once in this process, or by the processes of Ray."""
