"""Runs that another system recorded, as OpenTelemetry spans: read, understood as runs, written down.

    with Journal.open(path) as journal:
        take_in(journal, arrived(read(file), file, understand), understand)

Read top-down: ``otlp.py`` (the file's spans), ``attributes.py`` (lists and edges in flat attributes),
``span_tree.py`` (spans to steps), ``arrive.py`` (each trace as the run it is about to become), ``take_in.py``.
"""
