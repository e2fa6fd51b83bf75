"""Every form to hand recorded runs on in: those of ``traces/export/``, and those that know what a step means."""

from __future__ import annotations

from evitrail.traces.export import FORMATS as PLAIN
from evitrail.traces.export import ExportFormat

FORMATS: dict[str, ExportFormat] = PLAIN | {
    form.name: form
    for form in (
        ExportFormat("html", "one page that shows the runs", "html", holds_many=True, forks=False, package=__name__),
        ExportFormat("otlp", "OpenTelemetry spans", "otlp.jsonl", holds_many=True, package=__name__),
    )
}
