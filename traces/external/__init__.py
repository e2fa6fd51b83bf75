"""Import runs that another system recorded as OpenTelemetry spans.

    with Journal.open(path) as journal:
        import_runs(journal, incoming_runs(read_spans(file), file, interpret), interpret)

Read top-down: ``otlp.py`` (the file's spans), ``attributes.py`` (lists and edges in flat attributes),
``span_tree.py`` (spans to steps), ``incoming_run.py`` (each trace as a run), ``record_runs.py`` (runs to the journal).
"""
