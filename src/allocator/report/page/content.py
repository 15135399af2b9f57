"""The tables of the page about what is allocated and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from allocator.blocks.delivery.section import Delivery
from allocator.blocks.funding.section import Funding
from allocator.blocks.mentoring.past import last_year_pairs
from allocator.blocks.mentoring.section import Mentoring
from allocator.report.page.grids import Grid, Head, from_table, grid, numbers, words
from allocator.report.words.facts import TOLERANCE, sources
from allocator.report.words.labels import (
    Names,
    goal_unit,
    heading,
    indicator_unit,
    input_heading,
    measure_shape,
    titled,
    with_unit,
)
from allocator.report.words.numbers import DASH, signed, weight, written
from allocator.report.words.rows import rows_of
from allocator.scenario.section import DISTRICT
from allocator.tables.goals import is_missed
from allocator.tables.result import Result
from allocator.words.texts import say


def _with_unit(key: str, unit: str) -> str:
    return say("headings.with_unit", {"heading": say(key), "unit": say(f"terms.unit.{unit}")})


def towns_grid(result: Result, names: Names) -> Grid:
    """Levels and ranks before and after, lowest first."""
    towns = result.tables["towns"].sort_values(["level_after", "town"])
    rows = []
    for row in rows_of(towns):
        change = signed(row.level_after - row.level_before, "points")
        rank = (written(row.rank_before, "whole"), written(row.rank_after, "whole"))
        levels = (written(row.level_before, "points"), written(row.level_after, "points"))
        rows.append([names.of("town", row.town), written(row.population, "whole"), *levels, change, *rank])
    columns = ["population", "level_before", "level_after"]
    headings = words(titled("towns", "town")) + numbers(*(titled("towns", column) for column in columns))
    headings += numbers(_with_unit("report.change", "points"))
    headings += numbers(*(heading("towns", f"rank_{moment}") for moment in ("before", "after")))
    return grid(say("report.caption.towns"), headings, rows)


def attainment_grid(result: Result, names: Names) -> Grid:
    """Attained share of the target, towns by indicators."""
    table, plan = result.tables["attainment"], result.scenario.first
    order = result.tables["towns"].sort_values(["level_after", "town"])["town"]
    after = table.pivot(index="town", columns="indicator", values="attainment").reindex(order)
    ids = [i.id for i in plan.indicators if i.id in after]
    weights = {i.id: weight(i.weight) for i in plan.indicators}
    headings = words(titled("attainment", "town"))
    for indicator in ids:
        values = {"indicator": names.of("indicator", indicator), "weight": weights[indicator]}
        headings += numbers(say("report.indicator_weight", values))
    cells = after[ids].to_numpy(float)
    towns = [names.of("town", town) for town in order]
    rows = [[town, *(written(v, "share") for v in line)] for town, line in zip(towns, cells.tolist(), strict=True)]
    return grid(say("report.caption.attainment"), headings, rows)


def pairs_grid(result: Result, names: Names) -> Grid:
    """Pairs with travel, lead and uplift, what the table of pairs says of them, and whether they ran last year."""
    table = result.tables["pairs"]
    columns = ["mentor", "mentee", "start_year", "end_year", "renewals", "minutes"]
    columns += ["level_gap", "uplift"] if result.scenario.first.indicators else []
    columns += ["content"] if table["content"].any() else []
    made = from_table("pairs", table, columns, names, "")
    last = last_year_pairs(result.scenario.first)
    headings: list[Head] = [(c.heading, c.numeric) for c in made.columns]
    rows = [list(row) for row in made.rows]
    for title, cells in _said_of_pairs(result):
        headings.append((title, True))
        rows = [[*row, cell] for row, cell in zip(rows, cells, strict=False)]
    if last is not None:
        headings.append(say("report.since_last_year"))
        for row, pair in zip(rows, zip(table["mentor"], table["mentee"], strict=True), strict=False):
            row.append(say("report.pair_kept" if pair in last else "report.pair_new"))
    ended = [pair for pair in last or () if pair not in set(zip(table["mentor"], table["mentee"], strict=True))]
    both = [" → ".join((names.of("town", a), names.of("town", b))) for a, b in ended]
    note = say("report.pairs_ended", {"pairs": say("report.list_comma").join(both)}) if both else ""
    return grid(say("report.caption.pairs"), headings, rows, note=note)


def _said_of_pairs(result: Result) -> list[tuple[str, list[str]]]:
    """Columns of the table of pairs that the plan chooses from, for its pairs: worth, cost, hours where it has them."""
    plan = result.scenario.first
    given = plan.required(Mentoring)
    if given.pairs is None:
        return []
    keys = ["mentor", "mentee"]
    listed = plan.tables[given.pairs].set_index(keys).reindex(pd.MultiIndex.from_frame(result.tables["pairs"][keys]))
    shown = [name for name in ("benefit", "cost", "hours") if name in listed and listed[name].fillna(0.0).any()]
    return [(say(f"report.pair_{name}"), [written(v, "number") for v in listed[name].astype(float)]) for name in shown]


def unpaired_grid(result: Result, names: Names) -> Grid:
    """Slow-starting towns without a mentor, and why."""
    table = result.tables["unpaired"]
    return from_table("unpaired", table, ["town", "reason"], names, say("report.caption.unpaired"))


def mentors_grid(result: Result, names: Names) -> Grid:
    """Mentors with their mentees, places, hours and minutes; what the plan does not count is left out."""
    table = result.tables["mentors"]
    columns = ["mentor", "mentees", "pairs", "capacity"]
    columns += [name for name in ("hours_used", "school_hours", "travel_minutes") if table[name].fillna(0).any()]
    return from_table("mentors", table, columns, names, say("report.caption.mentors"))


def mentees_grid(result: Result, names: Names) -> Grid:
    """Mentees with their mentors and term, or why they have none."""
    table = result.tables["mentees"]
    columns = ["mentee", "state", "mentors", "since", "until", "uplift"]
    columns += ["reason"] if table["reason"].any() else []
    return from_table("mentees", table, columns, names, say("report.caption.mentees"))


def money_by_town_grid(result: Result, names: Names) -> Grid:
    """Money of each town with last year's, the change and per head; the sum at the end."""
    table = result.tables["funding_by_town"]
    columns = ["town", "amount_yuan", "last_year_yuan", "change_yuan", "change_share", "per_head_yuan"]
    made = from_table("funding_by_town", table, columns, names, "")
    amount, last = float(table["amount_yuan"].sum()), float(table["last_year_yuan"].sum(min_count=1))
    heads = float(result.scenario.first.population.sum())
    change = amount - last
    share = change / last if last else float("nan")
    total = [
        *(say("report.total"), written(amount, "yuan"), written(last, "yuan"), signed(change, "yuan")),
        *(written(share, "change"), written(amount / heads, "yuan")),
    ]
    rows = [list(row) for row in made.rows]
    for row, moved in zip(rows, table["change_yuan"].tolist(), strict=False):
        row[3] = signed(moved, "yuan")
    note = say("report.district_money") if DISTRICT in set(table["town"]) else ""
    headings = [(c.heading, c.numeric) for c in made.columns]
    return grid(say("report.caption.money_by_town"), headings, rows, total, note)


def money_by_source_grid(result: Result, names: Names) -> Grid:
    """What each source gives, what is used, and what remains."""
    table = sources(result)

    def line(label: str, available: float, used: float) -> list[str]:
        share = used / available if available else float("nan")
        figures = (written(v, "yuan") for v in (available, used, max(available - used, 0.0)))
        return [label, *figures, written(share, "share")]

    rows = [line(names.of("source", r.source), r.available, r.used) for r in rows_of(table)]
    total = line(say("report.total"), float(table["available"].sum()), float(table["used"].sum()))
    keys = ("report.available", "report.used", "report.unused")
    headings = [*(_with_unit(key, "yuan") for key in keys), say("report.used_share")]
    first = words(heading("funding", "source"))
    return grid(say("report.caption.money_by_source"), first + numbers(*headings), rows, total)


def money_by_spending_grid(result: Result, names: Names) -> Grid:
    """Money by spending category with its share and the bounds on it."""
    table, plan = result.tables["funding"], result.scenario.first
    spending = {line: how.spending for line, how in plan.cost_lines().items()}
    by_category = table.groupby(table["programme"].map(spending))["amount_yuan"].sum()
    whole = float(table["amount_yuan"].sum())
    given = plan.section(Funding)
    bounds = {b.spending: (b.at_least, b.at_most) for b in given.category_shares} if given is not None else {}
    rows = []
    for category in plan.common.spending:
        amount = float(by_category.get(category, 0.0))
        limits = (DASH if bound is None else written(bound, "share") for bound in bounds.get(category, (None, None)))
        share = written(amount / whole if whole else float("nan"), "share")
        rows.append([names.of("spending", category), written(amount, "yuan"), share, *limits])
    total = [say("report.total"), written(whole, "yuan"), written(1.0, "share") if whole else DASH, "", ""]
    keys = ("report.share_of_money", "report.share_least", "report.share_most")
    headings = numbers(titled("funding", "amount_yuan"), *(say(key) for key in keys))
    first = words(heading("funding", "spending"))
    return grid(say("report.caption.money_by_spending"), first + headings, rows, total)


def delivery_grid(result: Result, names: Names) -> Grid:
    """Each programme over the whole district: units, unit cost, money, towns, hours."""
    delivery, funding = result.tables["delivery"], result.tables["funding"]
    units = delivery.groupby("programme")["units"].sum()
    towns = delivery[delivery["units"] > TOLERANCE].groupby("programme")["town"].nunique()
    money = funding.groupby("programme")["amount_yuan"].sum()
    given = result.scenario.first.section(Delivery)
    programmes = given.programmes if given is not None else ()
    rows = []
    for each in programmes:
        count = float(units.get(each.id, 0.0))
        rows.append(
            [
                names.of("programme", each.id),
                names.of("category", each.category) if each.category else DASH,
                names.of("spending", each.spending),
                written(count, "units"),
                written(each.unit_cost, "yuan"),
                written(float(money.get(each.id, 0.0)), "yuan"),
                written(float(towns.get(each.id, 0)), "whole"),
                written(count * each.teacher_hours, "hours"),
                written(count * each.volunteer_hours, "hours"),
            ]
        )
    spending = result.scenario.first.cost_lines()
    own = {each.id for each in programmes}
    for line in (name for name in spending if name not in own):
        amount = written(float(money.get(line, 0.0)), "yuan")
        label, category = names.of("programme", line), names.of("spending", spending[line].spending)
        rows.append([label, DASH, category, DASH, DASH, amount, DASH, DASH, DASH])
    whole = written(float(money.sum()), "yuan")
    total = [say("report.total"), "", "", "", "", whole, "", *_hours_needed(programmes, units)]
    headings = words(*(heading("delivery", column) for column in ("programme", "category", "spending")))
    headings += numbers(titled("delivery", "units"), _with_unit("report.unit_cost", "yuan"))
    headings += numbers(titled("funding", "amount_yuan"), say("report.towns_served"))
    headings += numbers(*(_with_unit(f"report.{who}_hours", "hours") for who in ("teacher", "volunteer")))
    return grid(say("report.caption.delivery"), headings, rows, total)


def _hours_needed(programmes: Sequence[Any], units: pd.Series[float]) -> list[str]:
    """Teacher and volunteer hours of all units."""
    teaching = sum(float(units.get(each.id, 0.0)) * each.teacher_hours for each in programmes)
    volunteering = sum(float(units.get(each.id, 0.0)) * each.volunteer_hours for each in programmes)
    return [written(teaching, "hours"), written(volunteering, "hours")]


def people_grid(result: Result) -> Grid:
    """Hours of teachers, volunteers and guidance: at home and away."""
    rows = []
    for name in ("teaching", "volunteering"):
        table = result.tables[name]
        if not len(table):
            continue
        away = float(table.loc[table["from_town"] != table["to_town"], "hours"].sum())
        rows.append(_hours_line(say(f"report.hours_{name}"), float(table["hours"].sum()), away))
    guidance = result.tables["guidance"]
    down = float(guidance.loc[guidance["giver"] == DISTRICT, "hours"].sum())
    if len(guidance):
        further = float(guidance["hours"].sum()) - down
        for who, hours in (("down", down), ("further", further)):
            rows.append([say(f"report.hours_{who}"), written(hours, "hours"), DASH, DASH])
    hours_of = (_with_unit(f"report.{kind}_hours", "hours") for kind in ("all", "away"))
    headings = words(say("report.kind_of_hours")) + numbers(*hours_of, say("report.away_share"))
    return grid(say("report.caption.people"), headings, rows)


def _hours_line(label: str, whole: float, away: float) -> list[str]:
    share = away / whole if whole else float("nan")
    return [label, written(whole, "hours"), written(away, "hours"), written(share, "share")]


def stock_by_town_grid(result: Result, names: Names) -> Grid:
    """Volunteers of each town: at the start, retained, trained, at the end, active, hours."""
    table = result.tables["volunteer_stock"]
    columns = [column for column in table.columns if column != "year"]
    return from_table("volunteer_stock", table, columns, names, say("report.caption.volunteer_stock"))


def balance_grid(result: Result, names: Names) -> Grid:
    """Measures before and after with their definitions."""
    rows = []
    for row in rows_of(result.tables["balance"]):
        how = measure_shape(row.measure)
        before, after = written(row.before, how), written(row.after, how)
        change = signed(row.after - row.before, how)
        definition = say(f"measures.{'cv_of' if ':' in row.measure else row.measure}_definition")
        rows.append([names.measure(row.measure), before, after, change, definition])
    figures = numbers(heading("balance", "before"), heading("balance", "after"), say("report.change"))
    columns = words(heading("balance", "measure")) + figures + words(say("report.definition"))
    return grid(say("report.caption.balance"), columns, rows)


def goals_grid(result: Result, names: Names) -> Grid:
    """Goals with target of the year, what is reached and what is missing, and whether the plan seeks it."""
    plan, rows, classes = result.scenario.first, [], []
    goals = result.tables["goals"]
    for row in rows_of(goals.assign(missed=is_missed(goals))):
        how, unit = goal_unit(plan, row.goal)
        figures = [with_unit(v, how, unit) for v in (row.target, row.reached, row.shortfall)]
        met = "none" if np.isnan(row.target) else "missed" if row.missed else "met"
        where = names.of("town", row.town) if row.town else names.text("scope", row.scope)
        label = names.of("goal", row.goal)
        kind = [names.text("strength", row.strength), names.text("enforced", row.enforced)]
        rows.append([label, where, *kind, *figures, say(f"report.goal_{met}"), row.text])
        classes.append(met)
    headings = words(*(heading("goals", column) for column in ("goal", "scope", "strength", "enforced")))
    headings += numbers(*(heading("goals", column) for column in ("target", "reached", "shortfall")))
    headings += words(say("report.goal_state"), heading("goals", "text"))
    made = grid(say("report.caption.goals"), headings, rows)
    return Grid(made.caption, made.columns, made.rows, None, made.note, tuple(classes)[: len(made.rows)], made.left_out)


def indicators_grid(result: Result, names: Names) -> Grid:
    """What the level is made of: indicators with weight, target and what they are divided by."""
    rows = []
    for each in result.scenario.first.indicators:
        how, unit = indicator_unit(each)
        below = input_heading(each.denominator) if each.denominator else DASH
        rows.append([names.of("indicator", each.id), weight(each.weight), with_unit(each.target, how, unit), below])
    figures = numbers(say("report.weight"), heading("attainment", "target"))
    headings = words(heading("attainment", "indicator")) + figures + words(say("report.denominator"))
    return grid(say("report.caption.indicators"), headings, rows, note=say("report.level_definition"))


def empty(table: pd.DataFrame) -> bool:
    """Whether a table has no rows."""
    return not len(table)
