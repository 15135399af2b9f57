"""Tables and lines of the terminal."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text as Line

from allocator.report.words.numbers import DASH
from allocator.words.texts import say

WIDTH = 80

TONES = {"good": "bold green", "warn": "yellow", "bad": "bold red", "plain": ""}
"""Weight of a sentence to its style."""


def bullet(text: str, style: str = "") -> RenderableType:
    """A text with a dash before it, folded under itself."""
    line = Table.grid(padding=(0, 1))
    line.add_column()
    line.add_column(overflow="fold")
    line.add_row("-", Line(text, style=style))
    return line


def plain(first: str, *rest: str) -> Table:
    """A table without a frame, its first column of words and the others of numbers."""
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    made.add_column(Line(first))
    for name in rest:
        made.add_column(Line(name), justify="right")
    return made


def row_of(table: Table, *cells: str) -> None:
    """Add a row of texts as they stand, without markup."""
    table.add_row(*(Line(cell) for cell in cells))


def fitting(words: list[str], lines: int) -> str:
    """As many words as fit in some lines, and how many more there are."""
    comma, kept, room = say("report.list_comma"), [], WIDTH * lines - 30
    for word in words:
        room -= cell_len(word) + cell_len(comma)
        if room < 0:
            break
        kept.append(word)
    more = [say("report.cli.more", {"n": len(words) - len(kept)})] if len(kept) < len(words) else []
    return comma.join([*kept, *more]) or DASH
