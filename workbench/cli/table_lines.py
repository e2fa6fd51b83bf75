"""A table as lines of text: columns as wide as their cells, folded at spaces where that is too wide.

It is drawn here, as rich would draw it, because rich takes a millisecond for each row.

    list(table_lines(["run", "chosen"], [["clean.rad-001", "B"]], width=80))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

BORDER = 3
"""Columns between the texts of two cells."""


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Three lines of head, then the rows, then a closing line; at most ``width`` wide where its words allow it."""
    rows = [[cell.expandtabs() for cell in row] for row in rows]
    widths = _column_widths([columns, *rows], width)
    yield f"┏{'┳'.join('━' * (each + 2) for each in widths)}┓"
    yield from (f"┃{'┃'.join(cells)}┃" for cells in _row_lines(columns, widths))
    yield f"┡{'╇'.join('━' * (each + 2) for each in widths)}┩"
    for row in rows:
        yield from (f"│{'│'.join(cells)}│" for cells in _row_lines(row, widths))
    yield f"└{'┴'.join('─' * (each + 2) for each in widths)}┘"


def _column_widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The widest columns are narrowed first, none further than its longest word."""
    cells = [[line for cell in column for line in cell.split("\n")] for column in zip(*rows, strict=True)]
    widths = [max(map(cell_len, column)) for column in cells]
    least = [max(cell_len(word) for line in column for word in line.split(" ")) for column in cells]
    while sum(widths) + BORDER * len(widths) + 1 > width:
        place = max((n for n in range(len(widths)) if widths[n] > least[n]), key=lambda n: widths[n], default=None)
        if place is None:
            break
        widths[place] -= 1
    return widths


def _row_lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[list[str]]:
    """The padded cells of each line that a row takes."""
    folded = [
        [part for line in cell.split("\n") for part in _folded(line, wide)]
        for cell, wide in zip(row, widths, strict=True)
    ]
    for place in range(max(map(len, folded))):
        texts = [lines[place] if place < len(lines) else "" for lines in folded]
        yield [f" {text}{' ' * (wide - cell_len(text))} " for text, wide in zip(texts, widths, strict=True)]


def _folded(text: str, width: int) -> list[str]:
    if cell_len(text) <= width:
        return [text]
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]
