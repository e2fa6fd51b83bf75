"""In what two arms are set differently, so that a difference is not put down to one thing where several changed.

differing_settings(standard, gated)     # ("agent", "k", "retriever")
"""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.eval.plan.run_name import GridName


def differing_settings(before: Sequence[Outcome], after: Sequence[Outcome]) -> tuple[str, ...]:
    """The fields of the condition that differ, then ``reader`` and ``snapshot`` (the state of the store)."""
    here, there = _settings(before[0].condition), _settings(after[0].condition)
    fields = [key for key in sorted(here.keys() | there.keys()) if here.get(key) != there.get(key)]
    if {one.reader for one in before} != {one.reader for one in after}:
        fields.append("reader")
    if any(a.snapshot != b.snapshot for a, b in zip(before, after, strict=True)):
        fields.append("snapshot")
    return tuple(dict.fromkeys(fields))


def _settings(name: str) -> dict[str, str]:
    """What a condition sets, by field; one that is no preset is only known by its name."""
    base, varied = GridName.parse(name)
    preset = CONDITIONS.get(base)
    fields = preset.model_dump(mode="json", exclude={"name"}) if preset else {"condition": base}
    return {key: str(value) for key, value in fields.items()} | dict(varied)
