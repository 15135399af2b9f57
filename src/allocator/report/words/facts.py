"""What is said first everywhere: status, key figures, and what a reader must know before using the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from allocator.blocks.funding.section import Funding
from allocator.report.words.effects import effect_kinds
from allocator.report.words.labels import Names, measure_shape, names_of, said, step_name, unit_name
from allocator.report.words.numbers import DASH, signed, written
from allocator.report.words.optimised import Optimised, optimised
from allocator.report.words.years import agreements, end_view, is_several, year_views, years_table
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import BalanceStage, TotalStage
from allocator.tables.goals import is_missed
from allocator.tables.result import HELD_DOWN, Result
from allocator.words.status import is_optimal
from allocator.words.texts import current_language, say

Tone = Literal["good", "warn", "bad", "plain"]
TOLERANCE = 1e-6
"""Units of a programme that still count as none."""


@dataclass(frozen=True)
class Remark:
    """One sentence with its weight."""

    tone: Tone
    text: str


@dataclass(frozen=True)
class KeyFigure:
    """A number that sums up the plan."""

    label: str
    value: str
    detail: str


def _asked(result: Result) -> str:
    """The gap that steps close to where the user asks for none."""
    closing = float(result.run.get("closing", 0.1))
    return say("report.gap_default") if closing <= 1 else say("report.gap_large", {"steps": f"{closing:g}"})


def status(result: Result) -> Remark:
    """The status in one sentence: proven best, or a plan with how far from proven."""
    run = result.run
    asked = run.get("options", {}).get("gap")
    values = {
        "gap": DASH if run.get("gap") is None else _widest(result) or written(float(run["gap"]), "price"),
        "asked": _asked(result) if asked is None else str(asked).removeprefix("others="),
    }
    if is_optimal(result.status):
        return Remark("good", say("report.status_optimal", values))
    if result.status == "feasible":
        key = "report.status_unbounded" if run.get("gap") is None else "report.status_feasible"
        return Remark("warn", say(key, values))
    return Remark("bad", said(f"terms.status.{result.status}", result.status))


def gap_text(result: Result) -> str:
    """The largest gap that is left, or that a step has no bound."""
    gap = result.run.get("gap")
    return say("report.gap_unbounded") if gap is None else _widest(result) or f"{gap:g}"


def _widest(result: Result) -> str | None:
    """The step that is farthest from the gap asked of it, with its gap and unit; none where every step closed.

    Gaps of stages have units of their own, so that the largest number alone says little.
    """
    stages = result.tables["stages"] if "stages" in result.tables else pd.DataFrame(columns=["asked", "gap"])
    times = (stages["gap"] / stages["asked"]).where(stages["asked"] > 0)
    if result.status != "feasible" or not (times > 1).any():
        return None
    row = stages.iloc[int(times.to_numpy(dtype=float).argsort()[: times.notna().sum()][-1])]
    words = {"stage": said(f"terms.stage.{row['stage']}", row["stage"]), "step": step_name(row["step"])}
    numbers = {each: written(float(row[each]), "price") for each in ("gap", "asked")}
    return say("report.gap_of_step", {**words, **numbers, "unit": unit_name(row["unit"])})


def goal_counts(result: Result) -> dict[str, int]:
    """Goal rows that ask something: ``hard``, ``soft``, and of each the missed ones; over all years of the result."""
    goals = result.tables["goals"]
    asked = goals[goals["target"].notna()]
    missed = is_missed(asked)
    counts = {}
    for strength in ("hard", "soft"):
        mine = asked["strength"] == strength
        counts[strength], counts[f"{strength}_missed"] = int(mine.sum()), int((mine & missed).sum())
    return counts


def remarks(result: Result) -> list[Remark]:
    """What must be known before the numbers are used."""
    run, plan = result.run, result.scenario.first
    made = _goal_remarks(result)
    if run.get("mode") == "rolling":
        made.append(Remark("warn", say("report.rolling")))
    if run.get("conditional"):
        made.append(Remark("warn", say("report.conditional")))
    if run.get("start"):
        values = {**run["start"], "name": run["options"]["start"]}
        whole = values["taken"] == values["offered"]
        made.append(Remark("plain" if whole else "warn", say("report.start", values)))
    for stage, key in dict(run.get("skipped_stages", {})).items():
        made.append(Remark("plain", said(key, f"{stage}: {key}")))
    if not run.get("unique", False):
        reason = said(f"report.projection.{run.get('projection', 'none')}", str(run.get("projection", "")))
        made.append(Remark("warn", say("report.not_unique", {"reason": reason})))
    made += [*_travel_remarks(result), *_held_down_remarks(result)]
    stages = plan.common.stages
    exact = any(isinstance(s, BalanceStage) and s.criterion == "leximin" and s.give == 0 for s in stages)
    if exact and any(isinstance(s, TotalStage) for s in stages):
        made.append(Remark("plain", say("report.exact_leximin")))
    if is_illustrative(plan):
        made.append(Remark("warn", say("report.illustrative")))
    if result.scenario.warnings:
        made.append(Remark("plain", say("report.warnings", {"n": len(result.scenario.warnings)})))
    return made


def _held_down_remarks(result: Result) -> list[Remark]:
    """Towns that could be better off with nobody worse off, were inequality not compared."""
    towns = result.held_down
    if not towns:
        return []
    names = names_of(result.scenario.last)
    listed = "; ".join(names.of("town", town) for town in towns)
    return [Remark("warn", say("report.held_down", {"least": f"{HELD_DOWN:g}", "towns": listed}))]


def _goal_remarks(result: Result) -> list[Remark]:
    if not len(result.tables["goals"]):
        return []
    counts = goal_counts(result)
    made = []
    if counts["hard_missed"]:
        values = {"n": counts["hard_missed"], "all": counts["hard"], "years": _missed_by_year(result)}
        key = "report.hard_missed_years" if is_several(result) else "report.hard_missed"
        made.append(Remark("bad", say(key, values)))
    if not result.run.get("goals_enforced", False):
        made.append(Remark("warn", say("report.goals_measured")))
    return made


def _missed_by_year(result: Result) -> str:
    """Years with missed hard goals and how many each: ``2017 (1); 2018 (2)``."""
    table = years_table(result)
    rows = table[table["hard_missed"] > 0]
    parts = (f"{year} ({count})" for year, count in zip(rows["year"], rows["hard_missed"], strict=True))
    return say("report.list_comma").join(parts)


def _travel_remarks(result: Result) -> list[Remark]:
    travel: Mapping[str, Any] = result.run.get("travel", {})
    towns = travel.get("straight_line_towns", [])
    if not towns:
        return []
    values = {"n": len(towns), "detour": f"{travel.get('detour', 0):g}", "speed": f"{travel.get('speed_kmh', 0):g}"}
    return [Remark("plain", say("report.straight_line", values))]


def origins(plan: PlanYear) -> pd.DataFrame:
    """Origins of the tables this year uses (table, column, origin, rule); empty without such a table."""
    columns = ["table", "column", "origin", "rule"]
    if "origins" not in plan.tables:
        return pd.DataFrame(columns=columns)
    table = plan.tables["origins"]
    used = table[table["table"].isin(set(plan.tables))]
    return used.assign(rule=used[f"rule_{current_language()}"])[columns]


def is_illustrative(plan: PlanYear) -> bool:
    """Whether any number of the plan is made up."""
    if (origins(plan)["origin"] == "illustrative").any():
        return True
    return "illustrative" in effect_kinds(plan)


def sources(result: Result) -> pd.DataFrame:
    """Money by source of one year: ``available`` (with what was carried in), ``used`` [yuan], in the plan's order."""
    given = result.scenario.first.section(Funding)
    listed = given.sources if given is not None else ()
    used = result.tables["funding"].groupby("source")["amount_yuan"].sum()
    rows = [(source.id, source.amount + source.carried_in, float(used.get(source.id, 0.0))) for source in listed]
    return pd.DataFrame(rows, columns=["source", "available", "used"])


def key_figures(result: Result, names: Names) -> list[KeyFigure]:
    """The figures at the top of the page; of several years the last one against the state before the plan."""
    made = [KeyFigure(each.name, each.value, _how_closed(each)) for each in optimised(result)]
    return made + (_figures_of_years if is_several(result) else _figures_of_a_year)(result, names)


def _how_closed(step: Optimised) -> str:
    """Which stage optimised a number, and how closely."""
    key = "closed" if step.closed else "unbounded" if step.gap == DASH else "open"
    return say(f"report.optimised_{key}", {"stage": step.stage, "gap": step.gap})


def _figures_of_a_year(result: Result, names: Names) -> list[KeyFigure]:
    """Levels, money, pairs and goals of a plan of one year."""
    made = _level_figures(result, names) if len(result.tables["towns"]) else []
    by_source = sources(result)
    if len(by_source):
        used, available = float(by_source["used"].sum()), float(by_source["available"].sum())
        heads = float(result.scenario.first.population.sum())
        values = {"available": written(available, "whole"), "per_head": written(used / heads, "yuan")}
        made.append(KeyFigure(say("report.key_money"), written(used, "whole"), say("report.key_money_of", values)))
    if "mentoring" in result.scenario.first.sections:
        unpaired = len(result.tables["unpaired"])
        detail = say("report.key_unpaired", {"n": unpaired}) if unpaired else say("report.key_all_paired")
        made.append(KeyFigure(say("report.key_pairs"), str(len(result.tables["pairs"])), detail))
    counts = goal_counts(result)
    asked = counts["hard"] + counts["soft"]
    if asked:
        met = asked - counts["hard_missed"] - counts["soft_missed"]
        enforced = result.run.get("goals_enforced", False)
        detail = say("report.key_goals_enforced" if enforced else "report.key_goals_measured")
        made.append(KeyFigure(say("report.key_goals"), f"{met} / {asked}", detail))
    return made


def _figures_of_years(result: Result, names: Names) -> list[KeyFigure]:
    """Levels after the last year, money of all years, agreements, goals of the last year."""
    end = end_view(year_views(result))
    made = _level_figures(end, names) if len(end.tables["towns"]) else []
    table = years_table(result)
    years, last = result.scenario.years, table.iloc[-1]
    spent = float(table["spent"].sum())
    if spent:
        heads = sum(float(plan.population.sum()) for plan in result.scenario.plan_years)
        per_head = written(spent / heads, "yuan")
        detail = say("report.key_money_years", {"years": len(years), "per_head": per_head})
        made.append(KeyFigure(say("report.key_money"), written(spent, "whole"), detail))
    if any("mentoring" in plan.sections for plan in result.scenario.plan_years):
        made_pairs = agreements(result.tables["pairs"])
        renewed = int((made_pairs["renewals"] > 0).sum())
        detail = say("report.key_agreements_detail", {"renewed": renewed, "now": int(last["pairs"]), "year": years[-1]})
        made.append(KeyFigure(say("report.key_agreements"), str(len(made_pairs)), detail))
    asked = int(last["hard"] + last["soft"])
    if asked:
        met = asked - int(last["hard_missed"] + last["soft_missed"])
        detail = say("report.key_goals_year", {"year": years[-1]})
        made.append(KeyFigure(say("report.key_goals"), f"{met} / {asked}", detail))
    return made


def year_summary(view: Result, names: Names) -> str:
    """A year in one line: worst-off town, mean, 差异系数, money, missed hard goals."""
    row = years_table(view).iloc[0]
    values = {
        "town": names.short.get(str(row["town"]), str(row["town"])),
        "level": written(float(row["level"]), "points"),
        "mean": written(float(row["mean"]), "points"),
        "cv": written(float(row["cv"]), "ratio"),
        "money": written(float(row["spent"]), "whole"),
        "missed": int(row["hard_missed"]),
    }
    return say("report.year_summary" if row["town"] else "report.year_summary_money", values)


def _level_figures(result: Result, names: Names) -> list[KeyFigure]:
    towns, balance = result.tables["towns"], result.tables["balance"].set_index("measure")
    made = []
    worst = {moment: towns.iloc[int(towns[f"level_{moment}"].argmin())] for moment in ("before", "after")}
    places = {moment: names.of("town", str(row["town"])) for moment, row in worst.items()}
    values = {
        "town": places["after"],
        "before": written(float(worst["before"]["level_before"]), "points"),
        "town_before": places["before"],
    }
    after = written(float(worst["after"]["level_after"]), "points")
    made.append(KeyFigure(say("report.key_worst"), after, say("report.key_worst_detail", values)))
    for measure in ("mean", "cv"):
        if measure not in balance.index:
            continue
        how = measure_shape(measure)
        low, high = float(balance["before"][measure]), float(balance["after"][measure])
        detail = say("report.key_before", {"before": written(low, how), "change": signed(high - low, how)})
        made.append(KeyFigure(say(f"measures.{measure}"), written(high, how), detail))
    return made


def worst_town(result: Result, names: Names, moment: Literal["before", "after"]) -> tuple[str, float]:
    """Short name and level of the worst-off town before or after."""
    towns = result.tables["towns"]
    if not len(towns):
        return DASH, float("nan")
    row = towns.iloc[int(towns[f"level_{moment}"].argmin())]
    return names.short[str(row["town"])], float(row[f"level_{moment}"])
