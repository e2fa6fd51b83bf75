"""Control characters of a text, written out as ``\\u202e``, which a terminal or a page would obey and not show.

written_out(answer)
"""

from __future__ import annotations

import re

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters and marks of direction; tab and line feed are left."""


def written_out(text: str) -> str:
    """The text with its control characters as escapes."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
