"""Horizon against rolling: the decisions of a plan made year by year, scored by the stages of the whole plan.

The whole plan looks at all years at once, so that whatever rolling decides is one of its own possibilities. Stage by
stage, and to the grid, it is therefore never worse, as long as rolling keeps what the stages before hold: from the
first step on where rolling falls behind, the two no longer ask the same question.
"""

from __future__ import annotations

import pandas as pd

from allocator.auditing.whole import step_values
from allocator.tables.result import Result
from allocator.words.errors import UsageError
from allocator.words.texts import Text

WITHIN = 2e-3
"""How far rolling may fall behind in a step for the further steps of the same stage to be comparable: two steps of the
coarsest grid. What a stage gives, it gives after all its steps, so that it counts only from the next one on."""

COLUMNS = ["stage", "step", "horizon", "held_at", "rolling", "shortfall", "comparable"]


def compare_modes(horizon: Result, rolling: Result) -> pd.DataFrame:
    """Every step of the whole plan: what it reached, what it holds, and what the rolling plan reaches there.

    Returns columns stage, step, horizon and rolling (the step's own unit), held_at, shortfall (how much worse rolling
    is; negative: better) and comparable (rolling keeps all that the stages before hold, and reaches what the steps
    before of the same stage do).

    Raises:
        UsageError: the two are not a horizon and a rolling result of the same years.
    """
    modes = (horizon.run.get("mode"), rolling.run.get("mode"))
    if modes != ("horizon", "rolling") or horizon.scenario.years != rolling.scenario.years:
        raise UsageError(Text("modes.not_two", {"a": horizon.scenario.label, "b": rolling.scenario.label}))
    scored = step_values(horizon.scenario, rolling.tables)
    steps = horizon.tables["stages"]
    numbers = zip(steps["value"].tolist(), steps["held_at"].tolist(), strict=True)
    known = dict(zip(zip(steps["stage"], steps["step"], strict=True), numbers, strict=True))
    rows, comparable, alike = [], True, True
    group: tuple[str, bool] | None = None
    for key, (value, maximised) in scored.items():
        if key not in known or key[0] == "tie_break":
            continue
        reached, held = known[key]
        last, group = group, (key[0], key[1].startswith("mean_"))
        alike = alike if group == last else True
        shortfall = reached - value if maximised else value - reached
        rows.append((*key, reached, held, value, shortfall, comparable and alike))
        alike &= shortfall <= WITHIN
        comparable &= shortfall <= abs(reached - held) + 1e-9
    return pd.DataFrame(rows, columns=COLUMNS)
