"""Towns held down: how far each could rise, were inequality not compared.

For each town the highest level of the final year is sought with every other town (and every other year) kept at or
above its published level. All rules and what goals reached are kept; limits on inequality are no rules here, and
neither are the values that the other stages hold. Whole decisions stay as published. A town that could rise by more
than 0.1 points counts as held down.

Source: levelling down as an objection to measures of inequality (Parfit, Equality and Priority, 1997).
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.attainment import exact
from allocator.engine.criteria.step import LEVEL_GRID
from allocator.engine.limits import bare
from allocator.engine.session import Session
from allocator.engine.stages import StagesRun, integer_values
from allocator.model import Floats, Model
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import GoalStage

LIMITS = ("inequality_limit", "cv_limit")


def could_reach(model: Model, scenario: Scenario, session: Session, run: StagesRun, levels: Floats) -> Floats:
    """Highest level of each town in the final year [level points]; nan where none was found.

    Call it last: the session does not keep what the stages hold.

    Args:
        levels: published levels, in the order of the columns ``level``.
    """
    assert run.x is not None
    open_session = bare(session)
    open_session.hold_integers(*integer_values(model, run.x))
    for name in (*exact.FAMILIES, *LIMITS):
        for part in model.rows.get(name, ()):
            open_session.release_rows(part.positions)
    goals = {stage.id for stage in scenario.first.common.stages if isinstance(stage, GoalStage)}
    for held in run.held:
        if held.stage not in goals:
            open_session.release_rows(held.row.positions)
    level = model.family("level")
    open_session.set_column_bounds(level.column, levels - LEVEL_GRID, np.full(len(level), 100.0))
    final = np.flatnonzero(level["year"] == model.axes["year"].code(str(scenario.last.year)))
    highest = np.full(len(final), np.nan)
    for at, own in enumerate(final):
        found = open_session.solve(level.where(final[at : at + 1]), 0.0, True, LEVEL_GRID / 10)
        if found.status == "optimal":
            highest[at] = max(found.value, levels[own])
    return highest
