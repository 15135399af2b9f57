"""The page docs/model.md: an introduction, the ledgers, the statement of every block, stages and criteria."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.resources import files

from allocator.blocks.registry import parts_of
from allocator.blocks.shared import inequality as measures
from allocator.blocks.shared.ledgers import ledgers
from allocator.engine import limits
from allocator.engine.criteria import aversion, cv, goals, inequality, ordered, stability, total
from allocator.verbs.diagnosis import held_down
from allocator.verbs.statement.parts import Statement, read_statement
from allocator.words.texts import Text

UNEQUAL = (("aversion", aversion), ("inequality", inequality), ("cv", cv), ("limits", limits), ("held_down", held_down))
"""What is asked of inequality, by heading."""

TOWNS = "towns"
"""Stands for the towns table, which supplies two ledgers itself."""

_OF_THE_TOWNS = {"venue_time": "venue_hours", "school_time": "school_hours"}
"""Ledger to the column of the towns table that supplies it."""


def model_page() -> str:
    """The page in Markdown; headings in both languages, statements in English."""
    statements = {block: read_statement(module) for block, module in parts_of("model").items()}
    parts = [f"# {_both('page')}", _introduction()]
    parts += [f"## {_both('page_ledgers')}", _ledger_table(statements)]
    parts += [f"## {_both('page_blocks')}"]
    for block, statement in statements.items():
        parts += [f"### {_both(f'page_{block}')}", _fenced(statement.text)]
    parts += [f"## {_both('page_stages')}", _fenced(inspect.getdoc(import_module("allocator.engine.stages")) or "")]
    tie_break = import_module("allocator.engine.tie_break")
    sought = (("goals_sought", goals), ("balance", ordered), *UNEQUAL, ("total", total), ("stability", stability))
    for name, module in (*sought, ("tie_break", tie_break)):
        parts += [f"### {_both(f'page_{name}')}", _fenced(inspect.getdoc(module) or "")]
    parts += [f"## {_both('page_measures')}", _fenced(inspect.getdoc(measures) or "")]
    return "\n\n".join(parts) + "\n"


def _both(key: str) -> str:
    text = Text(f"statement.{key}")
    return f"{text.in_language('en')} · {text.in_language('zh')}"


def _introduction() -> str:
    return files("allocator.verbs.statement").joinpath("introduction.md").read_text(encoding="utf-8").strip()


def _fenced(text: str) -> str:
    return f"```text\n{text}\n```"


def _ledger_table(statements: dict[str, Statement]) -> str:
    """Ledger, unit, what it closes into, who supplies and who uses it."""
    lines = ["| ledger | unit | closes into | supplied by | used by |", "|---|---|---|---|---|"]
    for ledger in ledgers():
        posted = [(block, p.supplied) for block, s in statements.items() for p in s.postings if p.ledger == ledger.name]
        suppliers = [block for block, supplied in posted if supplied]
        if ledger.name in _OF_THE_TOWNS:
            suppliers.append(f"{TOWNS} (`{_OF_THE_TOWNS[ledger.name]}`)")
        users = [block for block, supplied in posted if not supplied]
        closes = f"`{ledger.row_name}` (used {ledger.sense} supplied)" if ledger.row_name else "stays open"
        cells = [
            f"`{ledger.name}[{', '.join(ledger.dims)}]`",
            ledger.unit,
            closes,
            ", ".join(dict.fromkeys(suppliers)),
            ", ".join(dict.fromkeys(users)) or "attainment (reads it)",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
