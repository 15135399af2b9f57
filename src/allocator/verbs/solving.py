"""Solve a scenario: build, stages, tie-break, tables, audit."""

from __future__ import annotations

from allocator.engine.own_pulp import Extend, extended
from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.verbs.horizon import all_years
from allocator.verbs.options import Options
from allocator.verbs.rolling import year_after_year


def solve(scenario: Scenario, options: Options | None = None, *, extend: Extend | None = None) -> Result:
    """Solve all plan years of a scenario and audit the plan.

    Args:
        scenario: what is planned.
        options: how.
        extend: adds rules of your own, ``extend(problem, families)``, to the PuLP problem of every model that is built
            (see docs/pulp.md): of all years together, or of each year of a rolling plan.

    Raises:
        InputError: ``extend`` adds what cannot be obeyed.
        UsageError: a proof is asked for of a rolling plan, which is no single model; the start is of another plan.
        InfeasibleError, UnboundedError, StoppedError: there is no plan (rolling: in the year that is named).
        AuditError: the plan breaks a rule in the independent audit.
    """
    chosen, scenario = options or Options(), extended(scenario, extend)
    if chosen.mode == "rolling" and len(scenario.plan_years) > 1:
        return year_after_year(scenario, chosen)
    return all_years(scenario, chosen)
