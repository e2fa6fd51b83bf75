"""The options of the command line that say what a plan says, and the plan that they make."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from evitrail.eval.plan.plan import Plan

DECIDED = (
    "benchmark", "conditions", "store", "reader", "samples", "temperature", "seed", "only", "split", "limit",
    "mask", "mask_names", "retriever", "k", "snapshot", "prompts", "judge", "held", "max_tokens",
    "influence", "key_env",
)  # fmt: skip
"""Options that say what a plan says."""
OPTIONS = {"held": "--constrain"}
"""Options that are not called like their key of a plan."""
SEVERAL = re.compile("^--(reader|retriever|snapshot)s:")
"""Keys of a plan that take a list, for which an option may be repeated."""

READS = "Reader that answers: {readers}, or a language model as {models} (openai takes MODEL@URL)"
Reader = Annotated[str, typer.Option("--reader", help=f"{READS}.", metavar="NAME")]
Readers = Annotated[list[str], typer.Option("--reader", help=f"{READS}. May be repeated.", metavar="NAME")]
Retrievers = Annotated[
    list[str],
    typer.Option(
        "--retriever",
        help="Retriever to run every retrieving condition with: {retrievers}. May be repeated.",
        metavar="NAME",
    ),
]
Numbers = Annotated[
    list[int], typer.Option("--k", help="Number of passages to retrieve. May be repeated.", metavar="N")
]
States = Annotated[
    list[str],
    typer.Option(
        "--snapshot",
        help="Store state to search: a release, a ledger number or a day. May be repeated.",
        metavar="STATE",
    ),
]
Prompts = Annotated[
    str,
    typer.Option(
        "--prompts", help="Prompt templates for a language model: {prompts}, or a folder or file.", metavar="NAME"
    ),
]
Judge = Annotated[
    str,
    typer.Option(
        "--judge",
        help="How to map a free-text answer to an option (published prompts only): rule, or a language model as "
        "{models}.",
        metavar="NAME",
    ),
]
Held = Annotated[
    bool, typer.Option("--constrain", "--held", help="Constrain output to option letters, if the server supports it.")
]
Influences = Annotated[
    str | None,
    typer.Option(
        "--influence",
        help="Measure the influence of each passage on the chosen option: {influences} (masked needs an hf: model).",
        metavar="WAY",
    ),
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", help="Maximum tokens per answer.", metavar="N")]
KeyEnv = Annotated[
    list[str],
    typer.Option(
        "--key-env",
        help="Environment variable that holds the key of the model server (its name, never the key), or HOST=NAME "
        "where there are several servers; default: OPENAI_API_KEY for api.openai.com, EVITRAIL_LLM_KEY for any other. "
        "May be repeated.",
        metavar="[HOST=]NAME",
    ),
]
Samples = Annotated[int, typer.Option("--samples", help="Number of samples per question.", metavar="N")]
Seed = Annotated[
    int, typer.Option("--seed", help="Random seed for sampling; equal seeds give equal results.", metavar="N")
]


def plan_of(benchmark: Path, store: Path, **options: Any) -> Plan:
    """The plan that options make, its paths absolute; raises ``InputError`` naming the option at fault."""
    from evitrail.eval.plan.plan import Plan
    from evitrail.eval.resolve import absolute
    from evitrail.evidence_store.input_record import fitting
    from evitrail.evidence_store.input_text import InputError

    try:
        return absolute(fitting(Plan, {"benchmark": benchmark, "store": store, **options}))
    except InputError as error:
        raise InputError([SEVERAL.sub(r"--\1:", fault) for fault in error.faults]) from error
