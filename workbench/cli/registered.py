"""Help that names what is registered: ``{conditions}`` in a help text becomes the names in ``CONDITIONS``.

Rules kept here
- No help text lists by hand what a registry holds.
- A registry is imported when the help that names it is asked for, never before, so that ``evitrail --help`` is quick.

    app.command("run", cls=Registered)(run)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, get_args

from typer.core import TyperCommand

HIDDEN = frozenset({"--held"})
"""Old names of options: they still work, and no help shows them."""
NAMED = re.compile(r"\{(\w+)\}")


def _conditions() -> Iterable[str]:
    from evitrail.eval.plan.condition import CONDITIONS

    return CONDITIONS


def _attacks() -> Iterable[str]:
    from evitrail.eval.redteam.store.attacks import ATTACKS

    return ATTACKS


def _techniques() -> Iterable[str]:
    from evitrail.eval.redteam.passages.payload import techniques

    return techniques()


def _engines() -> Iterable[str]:
    from evitrail.eval.experiment.engine_named import ENGINES

    return ENGINES


def _readers() -> Iterable[str]:
    from evitrail.agent.reader import READERS

    return READERS


def _models() -> Iterable[str]:
    from evitrail.agent.llm.named import LLMS

    return [f"{kind}:MODEL" for kind in LLMS]


def _prompts() -> Iterable[str]:
    from evitrail.agent.reader.prompting.answer_prompts import PUBLISHED
    from evitrail.agent.reader.prompting.templates import names

    return [*names(), PUBLISHED]


def _influences() -> Iterable[str]:
    from evitrail.agent.influence.values import Way

    return get_args(Way)


def _retrievers() -> Iterable[str]:
    from evitrail.retrieval import RETRIEVERS

    return RETRIEVERS


def _indexes() -> Iterable[str]:
    from evitrail.evidence_store.index import ENGINES, SERVER

    return [name for name in ENGINES if name != SERVER]


def _evidence_formats() -> Iterable[str]:
    from evitrail.evidence_store.formats import FORMATS

    return [f"{name} ({form.description})" for name, form in FORMATS.items()]


def _kinds() -> Iterable[str]:
    from evitrail.evidence_store.model import Kind

    return get_args(Kind)


def _export_formats() -> Iterable[str]:
    from evitrail.workbench.export import FORMATS

    return [f"{name} ({form.description})" for name, form in FORMATS.items()]


def _trace_formats() -> Iterable[str]:
    from evitrail.workbench.trace_formats import FORMATS

    return [f"{name} ({form.description})" for name, form in FORMATS.items()]


def _supersessions() -> Iterable[str]:
    from evitrail.evidence_store.curation.relations import Kind

    return get_args(Kind)


def _contradictions() -> Iterable[str]:
    from evitrail.evidence_store.curation.relations import Type

    return get_args(Type)


def _resolutions() -> Iterable[str]:
    from evitrail.evidence_store.curation.relations import Resolution

    return get_args(Resolution)


def _flags() -> Iterable[str]:
    from evitrail.eval.query.flags import FLAGS

    return FLAGS


def _fields() -> Iterable[str]:
    from evitrail.eval.query.fields import FIELDS

    return FIELDS


def _orders() -> Iterable[str]:
    from evitrail.eval.query.listed import ORDERS

    return ORDERS


LISTS: dict[str, Callable[[], Iterable[str]]] = {
    "attacks": _attacks,
    "conditions": _conditions,
    "contradictions": _contradictions,
    "engines": _engines,
    "evidence_formats": _evidence_formats,
    "export_formats": _export_formats,
    "fields": _fields,
    "flags": _flags,
    "indexes": _indexes,
    "influences": _influences,
    "kinds": _kinds,
    "models": _models,
    "orders": _orders,
    "prompts": _prompts,
    "readers": _readers,
    "resolutions": _resolutions,
    "retrievers": _retrievers,
    "supersessions": _supersessions,
    "techniques": _techniques,
    "trace_formats": _trace_formats,
}
"""What a help text may name, and the registry it stands for."""


class Registered(TyperCommand):
    """A verb whose help names what is registered."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """See ``Command.format_options``."""
        for parameter in self.params:
            parameter.opts = [name for name in parameter.opts if name not in HIDDEN]
            text = getattr(parameter, "help", None)
            if text is not None:
                parameter.help = NAMED.sub(lambda found: ", ".join(LISTS[found[1]]()), text)  # type: ignore[attr-defined]
        super().format_options(ctx, formatter)
