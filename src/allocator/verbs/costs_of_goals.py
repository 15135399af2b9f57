"""What each goal costs the others: the plan solved again without it."""

from __future__ import annotations

import pandas as pd

from allocator.scenario.plan_year import Scenario
from allocator.tables.result import Result
from allocator.verbs.options import Options
from allocator.verbs.solving import solve

COLUMNS = ["dropped", "year", "what", "before", "after", "change", "unit"]

KEY = ["year", "what"]


def goal_costs(scenario: Scenario, options: Options | None = None) -> pd.DataFrame:
    """Solve once with all goals and once without each goal that is asked for, everything else alike.

    Integers are free in every solve, so that these are what-ifs, not prices.

    Returns:
        One row for each dropped goal and each other goal (``goal`` or ``goal/town``) or stage (``stage/step``, its
        first step): ``before`` with the goal, ``after`` without it, ``change`` = after - before, and their unit.
        What only one of the two plans has is nan in the other.

    Raises:
        What ``solve`` raises.
    """
    with_all = _values(solve(scenario, options))
    asked = {
        goal.id for plan in scenario.plan_years for goal in plan.common.goals if plan.common.enforced(goal) != "no"
    }
    parts = []
    for dropped in sorted(asked):
        without = _values(solve(scenario.with_({f"goals.{dropped}.strength": "measured"}), options))
        both = with_all.merge(without, on=[*KEY, "unit"], how="outer", suffixes=("_before", "_after"), sort=False)
        both = both.rename(columns={"value_before": "before", "value_after": "after"})
        others = both["what"].str.partition("/")[0] != dropped
        parts.append(both[others].assign(dropped=dropped, change=both["after"] - both["before"]))
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _values(result: Result) -> pd.DataFrame:
    """What every goal reaches and the value of each stage's first step."""
    goals = result.tables["goals"]
    town = goals["town"].fillna("")
    reached = goals.assign(what=goals["goal"] + town.where(town == "", "/" + town), value=goals["reached"])
    stages = result.tables["stages"].query("stage != 'tie_break'").drop_duplicates(["year", "stage"])
    steps = stages.assign(what=stages["stage"] + "/" + stages["step"])
    columns = [*KEY, "value", "unit"]
    return pd.concat([reached[columns], steps[columns]], ignore_index=True)
