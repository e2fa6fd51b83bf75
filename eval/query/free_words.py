"""A word that is no flag, or a text in quotes: searched in the question, its options, and the name of the run.

Rules kept here
- Of a run's name, the condition alone does not count: ``standard`` finds questions with that word, not every run of
  ``standard.sepsis-003``. What reaches into the case counts: ``sepsis``, ``sepsis-003``, ``standard.sepsis-003``.
- A name is always known. Where it holds the word, the run is meant, whether or not its question is known.
- Upper and lower case are the same.

    free_words("sepsis-003", columns)
"""

from __future__ import annotations

import numpy as np

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.matching import holding
from evitrail.eval.query.tree import Value
from evitrail.eval.query.truth import Truth


def free_words(text: str, columns: Columns) -> Truth:
    """The runs whose question, options or name hold a text."""
    sought = text.lower()
    named = [sought in name and name.rfind(sought) + len(sought) > case for name, case in columns.run_names]
    return holding(columns.texts, Value(text)) | Truth.known(np.array(named, dtype=np.bool_))
