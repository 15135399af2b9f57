"""A result of several years, seen year by year and over all years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from allocator.blocks.funding.section import Funding
from allocator.blocks.shared.measures import CATEGORY_SHARE, PAIRED_SLOW_TOWNS
from allocator.blocks.shared.targets import bases
from allocator.report.words.labels import Names, names_of
from allocator.report.words.rows import rows_of
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.tables.chain import in_turn
from allocator.tables.declared import TABLES
from allocator.tables.goals import is_missed
from allocator.tables.result import Result


def is_several(result: Result) -> bool:
    """Whether a result has more than one year."""
    return len(result.scenario.years) > 1


def span(result: Result) -> str:
    """The years in words: ``2016`` or ``2016–2020``."""
    years = result.scenario.years
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"


def plan_years(result: Result) -> list[PlanYear]:
    """Every plan year as it started after the one before."""
    return [plan for plan, _ in in_turn(result.scenario.plan_years, lambda _plan: result.tables)]


def year_views(result: Result) -> list[Result]:
    """Each year as a result of its own: the year as it started, and the rows of that year."""
    return [_view(result, plan) for plan in plan_years(result)]


def _view(result: Result, plan: PlanYear) -> Result:
    whole = result.scenario
    label = f"{whole.label}-{plan.year}"
    tables = {name: table[table["year"] == plan.year].reset_index(drop=True) for name, table in result.tables.items()}
    return Result(Scenario(label, (plan,), whole.warnings, whole.source), tables, result.run)


def end_view(views: Sequence[Result]) -> Result:
    """The last year with what it is compared with replaced by the state before the plan."""
    first, last = views[0], views[-1]
    towns = last.tables["towns"].set_index("town")
    start = first.tables["towns"].set_index("town").reindex(towns.index)
    columns = ["level_before", "rank_before"]
    towns = towns.assign(**{column: start[column] for column in columns}).reset_index()
    balance = last.tables["balance"]
    before = first.tables["balance"].set_index("measure")["before"].reindex(balance["measure"]).to_numpy()
    changed = {
        "towns": towns[["year", *TABLES["towns"].columns]],
        "balance": balance.assign(before=before),
    }
    return Result(last.scenario, {**last.tables, **changed}, last.run)


def names_of_all(*results: Result) -> Names:
    """Names of the ids of all years, in the current language; the first result and year that names an id decides."""
    each = [names_of(plan) for result in results for plan in result.scenario.plan_years]
    known: dict[str, dict[str, str]] = {}
    for names in reversed(each):
        for group, ids in names.known.items():
            known[group] = {**known.get(group, {}), **ids}
    return Names(known, results[0].scenario.first)


def years_table(result: Result) -> pd.DataFrame:
    """One row a year: worst-off town and its level, mean, cv, money spent and a head, missed hard and soft goals.

    Levels are in points, money in yuan; nan where the plan has no levels.
    """
    rows = []
    goals = result.tables["goals"]
    missed = is_missed(goals)
    for plan in result.scenario.plan_years:
        towns, balance, money = (_of(result, name, plan.year) for name in ("towns", "balance", "funding_by_town"))
        after = balance.set_index("measure")["after"]
        town, level = worst_town_of(towns, "after")
        spent = float(money["amount_yuan"].sum())
        mine = [(goals["year"] == plan.year) & (goals["strength"] == each) for each in ("hard", "soft")]
        rows.append(
            {
                "year": plan.year,
                "town": town,
                "level": level,
                "mean": float(after.get("mean", float("nan"))),
                "cv": float(after.get("cv", float("nan"))),
                "spent": spent,
                "per_head": spent / float(plan.population.sum()),
                "pairs": len(_of(result, "pairs", plan.year)),
                "hard_missed": int((mine[0] & missed).sum()),
                "hard": int((mine[0] & goals["target"].notna()).sum()),
                "soft_missed": int((mine[1] & missed).sum()),
                "soft": int((mine[1] & goals["target"].notna()).sum()),
            }
        )
    return pd.DataFrame(rows)


def levels_by_year(result: Result) -> pd.DataFrame:
    """Index: town, lowest in the last year first. Columns: ``before`` the plan, then the years as words."""
    towns, years = result.tables["towns"], result.scenario.years
    before = towns[towns["year"] == years[0]].set_index("town")["level_before"]
    after = {str(year): towns[towns["year"] == year].set_index("town")["level_after"] for year in years}
    return pd.DataFrame({"before": before, **after}).sort_values(str(years[-1]), kind="stable")


def worst_town_of(towns: pd.DataFrame, moment: Literal["before", "after"]) -> tuple[str, float]:
    """Id and level of the worst-off town before or after; nothing and nan without levels."""
    if not len(towns):
        return "", float("nan")
    row = towns.iloc[int(towns[f"level_{moment}"].argmin())]
    return str(row["town"]), float(row[f"level_{moment}"])


def _of(result: Result, name: str, year: int) -> pd.DataFrame:
    table = result.tables[name]
    return table[table["year"] == year]


def agreements(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row a mentoring agreement: mentor, mentee, start_year, end_year, renewals, minutes, level_gap.

    A renewal goes on with the agreement; the row has its last end and the number of renewals.
    """
    by = ["start_year", "mentor", "mentee"]
    last = pairs.sort_values("year", kind="stable").groupby(by, sort=True, as_index=False).last()
    return last[["mentor", "mentee", "start_year", "end_year", "renewals", "minutes", "level_gap"]]


def term_years(agreement: Any) -> int:
    """Years of one term of an agreement."""
    return int((agreement.end_year - agreement.start_year + 1) // (agreement.renewals + 1))


@dataclass(frozen=True)
class GoalLine:
    """A goal of one place over the years."""

    goal: str
    town: str
    """Empty: the district, or a count of towns."""
    scope: str
    strength: str
    enforced: str
    base: float
    """Value in the year before the plan; nan where it is not known."""
    years: pd.DataFrame
    """Index: year. Columns: target, reached, shortfall, missed."""
    text: str
    requirement: str

    @property
    def is_met(self) -> bool | None:
        """Whether the last year's target is reached; none where it asks nothing."""
        last = self.years.iloc[-1]
        return None if np.isnan(last["target"]) else not bool(last["missed"])


def goal_lines(result: Result) -> list[GoalLine]:
    """Every goal over the years, place by place, in the order of the plan."""
    table = result.tables["goals"].assign(missed=is_missed(result.tables["goals"]))
    plan = result.scenario.first
    lines = []
    for goal in plan.common.goals:
        known = _bases(plan, goal)
        mine = table[table["goal"] == goal.id]
        for town, part in mine.groupby("town", sort=True):
            head = part.iloc[0]
            years = part.set_index("year")[["target", "reached", "shortfall", "missed"]].sort_index()
            labels = (str(head["scope"]), str(head["strength"]), str(head["enforced"]))
            base = known.get(str(town), float("nan"))
            lines.append(GoalLine(goal.id, str(town), *labels, base, years, goal.text, goal.requirement))
    return lines


def _bases(plan: PlanYear, goal: Any) -> dict[str, float]:
    """Place to the value before the plan; none for shares that nothing in the tables says."""
    if goal.base is None and goal.measure in (PAIRED_SLOW_TOWNS, CATEGORY_SHARE):
        return {}
    values = bases(plan, goal).tolist()
    if goal.scope == "every_town":
        return dict(zip((str(town) for town in plan.towns.index), values, strict=True))
    return {"": values[0]} if goal.scope == "district" else {}


def weakest_lines(lines: Sequence[GoalLine]) -> list[tuple[GoalLine, int, int]]:
    """One line a goal: of a goal of every town the one furthest behind; with towns missed and towns in the last year.

    Goals of the district count as one place.
    """
    by_goal: dict[str, list[GoalLine]] = {}
    for line in lines:
        by_goal.setdefault(line.goal, []).append(line)
    made = []
    for places in by_goal.values():
        worst = min(places, key=lambda line: (_slack(line), line.town))
        made.append((worst, sum(line.is_met is False for line in places), len(places)))
    return made


def goal_label(names: Names, line: GoalLine, of_towns: bool) -> str:
    """Name of a goal, with the town where it is asked of every town."""
    name = names.of("goal", line.goal)
    return f"{name} · {names.short.get(line.town, line.town)}" if of_towns else name


def _slack(line: GoalLine) -> float:
    last = line.years.iloc[-1]
    asked = last["target"]
    return float(last["reached"]) if np.isnan(asked) else float(last["reached"] - asked)


def stock_over_years(result: Result) -> pd.DataFrame:
    """Volunteers of the district by year: sums of every figure of the stock."""
    table = result.tables["volunteer_stock"]
    columns = [name for name, kind in TABLES["volunteer_stock"].kinds.items() if kind != "label"]
    return table.groupby("year")[columns].sum().reset_index()


def money_over_years(result: Result) -> pd.DataFrame:
    """Money by year and source: carried_in, amount, spent, carried_out, lost [yuan].

    Without carrying over, what is not spent in its year is lost.
    """
    rows = []
    carried = result.tables["carry_over"]
    funding = result.tables["funding"]
    for plan in result.scenario.plan_years:
        section = plan.section(Funding)
        own = carried[carried["year"] == plan.year].set_index("source")
        spent = funding[funding["year"] == plan.year].groupby("source")["amount_yuan"].sum()
        for source in section.sources if section is not None else ():
            if source.id in own.index:
                row: Any = own.loc[source.id]
                figures = [float(row[f"{name}_yuan"]) for name in ("carried_in", "amount", "spent", "carried_out")]
                figures.append(float(row["forfeited_yuan"]))
            else:
                used = float(spent.get(source.id, 0.0))
                figures = [0.0, source.amount, used, 0.0, max(0.0, source.amount - used)]
            rows.append((plan.year, source.id, *figures))
    return pd.DataFrame(rows, columns=["year", "source", "carried_in", "amount", "spent", "carried_out", "lost"])


def unchanged_stages(stages: pd.DataFrame) -> list[str]:
    """Stages of which no step moved its number by more than its grid.

    Stages with a step of which the number before is not known are left out. Over years that were solved one after the
    other, a stage must have changed nothing in any of them.
    """
    made = []
    for stage, part in stages.groupby("stage", sort=False):
        moved = [is_changed(row.step, row.before, row.value) for row in rows_of(part)]
        if part["before"].notna().all() and not any(moved):
            made.append(str(stage))
    return made


def is_changed(step: str, before: float, value: float) -> bool:
    """Whether a step moved its number by more than one point of its grid."""
    return abs(value - before) > _grid(step) * (1 + 1e-9)


def _grid(step: str) -> float:
    """Grid of a step: sums of more than one smallest outcome 0.001, shares of goals 0.00001, else 0.0001."""
    stem, _, count = step.rpartition("_")
    if stem.endswith("worst") and count != "1":
        return 1e-3
    return 1e-5 if step in ("shortfall", "which", "met") else 1e-4
