"""What a model said, as a value: read tolerantly, asked for once more, and then given up with a reason.

Rules kept here
- An answer that cannot be read is asked for once again, with the fault named. A second one is a fault, not an
  exception: the caller says what follows from it.
- JSON may stand in prose or in a code block; where several objects stand, the last that fits is meant.
- A letter counts only where the whole answer is one: "B", "(B)", "Answer: B", "B. aspirin".
- No fault repeats what the model said: what it said is in the record of the call.

    heard = ask(llm, prompt, as_json(Appraised))
    heard.value, heard.fault
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from evitrail.agent.llm.base import LLM, Completion, Message, Prompt

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

AGAIN = "That answer cannot be used: {fault}. Answer again, in the form that was asked for, and with nothing else."


class ParsedReply(NamedTuple, Generic[T]):
    """What was understood, or why nothing was."""

    value: T | None
    fault: str = ""


def ask(llm: LLM, prompt: Prompt, read: Callable[[str], T]) -> ParsedReply[T]:
    """Ask, and once more where ``read`` raises ``ValueError``."""
    said = llm.complete(prompt)
    first = _parsed(said, read)
    if first.value is not None:
        return first
    turns = (
        Message(role="assistant", content=_text(said)),
        Message(role="user", content=AGAIN.format(fault=first.fault)),
    )
    second = _parsed(llm.complete(prompt.model_copy(update={"messages": prompt.messages + turns})), read)
    if second.value is not None:
        return second
    return ParsedReply(None, f"the model was asked twice and could not be understood: {second.fault}")


def as_json(returns: type[M]) -> Callable[[str], M]:
    """Reads the last JSON object of that form; keys beyond it are overlooked."""

    def read(text: str) -> M:
        faults = [f"expected a JSON object with the keys {', '.join(returns.model_fields)}, got none"]
        for body in reversed(list(_objects(text))):
            try:
                return returns.model_validate(body)
            except ValidationError as error:
                first = error.errors(include_input=False, include_url=False)[0]
                faults.append(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        raise ValueError(faults[1] if len(faults) > 1 else faults[0])

    return read


def as_letter(options: Mapping[str, str]) -> Callable[[str], str]:
    """Reads an answer that is one of the letters, alone or before the text of its option."""
    letters = sorted(options)
    lead = r"(?:(?:the\s+)?(?:final\s+)?answer(?:\s+is)?|option)?"
    form = re.compile(rf"\W*{lead}\W*\b({'|'.join(map(re.escape, letters))})\b(.*)", re.DOTALL | re.IGNORECASE)

    def read(text: str) -> str:
        found = form.fullmatch(text)
        letter = next((each for each in letters if found and each.casefold() == found[1].casefold()), None)
        if found is None or letter is None or _word_list(found[2]) not in ([], _word_list(options[letter])):
            raise ValueError(f"expected one of the letters {', '.join(letters)} and nothing else")
        return letter

    return read


def _parsed(said: Completion, read: Callable[[str], T]) -> ParsedReply[T]:
    try:
        return ParsedReply(read(_text(said)))
    except ValueError as error:
        cut = "; it was cut at the most tokens it may have" if "length" in said.finish_reasons[:1] else ""
        return ParsedReply(None, f"{error}{cut}")


def _text(said: Completion) -> str:
    return said.texts[0] if said.texts else ""


def _objects(text: str) -> Iterator[Any]:
    """Every outermost JSON object in a text."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            body, end = decoder.raw_decode(text, at)
            yield body
        except RecursionError:
            return  # nested deeper than anything meant
        except ValueError:
            end = at + 1
        at = text.find("{", end)


def _word_list(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
