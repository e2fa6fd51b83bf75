"""The readers by the name that a plan or the command line calls them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evitrail.agent.reader.base import Reader
from evitrail.agent.reader.direct import DirectReader
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.agent.reader.extractive.features import Embed
from evitrail.agent.reader.prompted import PromptedReader
from evitrail.agent.reader.scripted import ScriptedReader
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.traces.known_secrets import masked

READERS: dict[str, Callable[[Embed], Reader]] = {
    "extractive": lambda embed: ExtractiveReader(embed=embed),
    "scripted": lambda embed: ScriptedReader(),
}
"""Those that need no language model. Each is handed the store's embedding function, and may ignore it."""


def reader_named(
    spec: str,
    embed: Embed,
    *,
    prompts: str = "default",
    judge: str = "rule",
    held: bool = False,
    max_tokens: int | None = None,
    key_env: Sequence[str] = (),
) -> Reader:
    """The reader that a plan names: one of ``READERS``, or a language model that is prompted.

    ``prompts`` is ``default``, or a folder like it: the model reads passage by passage and chooses from claims. With
    ``published``, or a file like it, it is asked for a letter straight away; then ``judge`` says who confirms the
    letter: ``rule``, or a language model, and ``held`` whether output is constrained to option letters. ``key_env``
    names the environment variables that hold the keys of their servers (``agent/llm/server/keys.py``).
    Raises ``ValueError`` for what is none of these, with the nearest name.
    """
    from evitrail.agent.llm.named import LLMS, is_llm, llm_named
    from evitrail.agent.reader.checking.judge import checker_named
    from evitrail.agent.reader.prompting.answer_prompts import load_answering, straight_away
    from evitrail.agent.reader.prompting.templates import load

    checker = checker_named(judge, key_env)  # a judge that is none is refused whether or not it is asked
    if spec in READERS:
        return READERS[spec](embed)
    if not is_llm(spec):
        known = [*READERS, *(f"{kind}:MODEL" for kind in LLMS)]
        meant = nearest(spec.partition(":")[0], [*READERS, *LLMS])
        raise ValueError(f"expected a reader among {', '.join(known)}, got {masked(spec)!r}{meant}")
    if not straight_away(prompts):
        prompted = PromptedReader(llm_named(spec, key_env), load(prompts))
        return prompted if max_tokens is None else PromptedReader(prompted.llm, prompted.prompts, max_tokens)
    llm, prompt, keys = llm_named(spec, key_env), load_answering(prompts), tuple(key_env)
    return DirectReader(llm, prompt, checker, held=held, max_tokens=max_tokens, key_env=keys)
