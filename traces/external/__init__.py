"""Import runs that another system recorded, as spans.

    with Journal.open(path) as journal:
        import_runs(journal, incoming_runs(read_spans(file), file, interpret), interpret)

Read top-down: ``json_documents.py`` (a file's documents), ``trace_format.py`` and ``otlp_format.py`` (its spans),
``attributes.py`` (lists and edges in flat attributes), ``span_tree.py`` (spans to steps), ``incoming_run.py`` (each
trace as a run), ``step_records.py`` (steps to records), ``record_runs.py`` (runs to the journal).
"""
