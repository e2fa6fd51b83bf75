"""Masking: what names a patient is taken out of a case before anything of it is written or asked.

Rules kept here
- A mask sees the texts of the fields that a case calls sensitive, and nothing else. Keys and numbers are no texts.
- It fails closed. Where a mask raises, gives back no text, or would change its own work if it were asked again
  (something it looks for is still there), the case is refused whole.
- What is refused is said in one line, which quotes nothing of the text.
- A mask of one's own is code of one's own: naming it is not enough, somebody must allow it to run (``plugin.py``).

    mask = mask_named("default", Path("names.txt"))
    masked(case, mask).stem         # "[NAME] was born on [DATE]."

What the default mask looks for, and what it misses, is in ``identifiers.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.identifiers import Identifiers, read_names
from evitrail.eval.plugin import OUTSIDE, make_plugin


class Mask(Protocol):
    """Takes out of a text what names somebody."""

    def mask(self, text: str) -> str:
        """The text without it; raises where it cannot be sure. Masked again, a masked text is unchanged.

        >>> Identifiers().mask("Mr Smith, born 3 March 1961")
        '[NAME], born [DATE]'
        """
        ...


class Unmasked(ValueError):
    """A case that could not be masked, so that nothing of it may be written or asked."""


def masked(case: Case, mask: Mask | None) -> Case:
    """The case with its sensitive fields masked; raises ``Unmasked``."""
    if mask is None:
        return case
    done = case
    for field in case.sensitive:
        try:
            done = done.rewritten(lambda text: _surely(mask, text), field)
        except Exception as error:
            why = str(error) if isinstance(error, Unmasked) else f"the mask raised {type(error).__name__}"
            raise Unmasked(f"case {case.id!r}: {field!r} could not be masked: {why}; it is not asked") from None
    try:
        Case.model_validate(done.model_dump())
    except ValueError:
        raise Unmasked(f"case {case.id!r}: masking takes away letters that 'meta' names; it is not asked") from None
    if len(set(done.options.values())) < len(set(case.options.values())):
        raise Unmasked(f"case {case.id!r}: masking leaves two options alike; it is not asked")
    return done


def mask_named(spec: str, names: Path | None = None, *, allow_code: bool = False) -> Mask | None:
    """The mask that a plan names; raises ``ValueError`` where there is no such mask, or it may not run."""
    if spec == "default":
        return Identifiers(read_names(names) if names else ())
    if names is not None:
        raise ValueError(f"mask_names: only the default mask takes a list of names, got {str(names)!r} for {spec!r}")
    if spec == "none":
        return None
    if OUTSIDE.fullmatch(spec) is None:
        raise ValueError(f"mask: expected default, none or package.module:Class(…), got {spec!r}")
    mask: Mask = make_plugin(spec, "mask", "mask(text)", allow_code=allow_code)
    return mask


def _surely(mask: Mask, text: str) -> str:
    """The text masked, and proven to be."""
    done = mask.mask(text)
    if type(done) is not str:
        raise Unmasked(f"expected a text of the mask, got a {type(done).__name__}")
    if mask.mask(done) != done:
        raise Unmasked("something it looks for is still there after masking")
    return done
