"""Limits on inequality, and what keeps them honest.

A limit keeps gini, mean_deviation, range or cv of a year's outcomes at or below a number: rows of criteria.inequality
and criteria.cv. Inequality falls as well by crediting less than is earned, or by holding good towns down. Therefore,
wherever a limit or a stage compares plans by inequality relative to the mean,

- attainment is exactly min(1, ceiling / target, value / target) (blocks.attainment.exact), and
- no_fall[town, year]   level >= min(level before, level under the factor method)

with the level before the plan's first year, and the factor method (因素法) run through all years from there: its units
and its hours of guidance as they are, no pairs and nobody trained; it need not be possible. The floor is a number for
every year, which keeps the sense of the minimum: a further row level >= level of the year before would forbid a fall
that retention alone brings about.

Source: levelling down as an objection to measures of inequality (Parfit, Equality and Priority, 1997).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from allocator.blocks.attainment.exact import column_ranges, exact
from allocator.blocks.attainment.section import Effect
from allocator.blocks.volunteering.section import stock_of
from allocator.engine.baseline import Baseline, Floats, baseline
from allocator.engine.criteria import inequality
from allocator.engine.criteria.cv import CvLimit
from allocator.engine.session import Prices, Session, Solution
from allocator.model import Codes, Model, Terms
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.scenario.section import InequalityLimit, TieBreakStage

RESIDENTS_OF_A_PIECE = 1000.0

FAMILIES: Mapping[str, tuple[str, ...]] = {
    inequality.__name__: (
        "inequality_limit",
        "inequality_gap",
        "inequality_pair",
        "inequality_below_mean",
        "inequality_deviation",
        "inequality_highest",
        "inequality_lowest",
        "inequality_ends",
    ),
    CvLimit.__module__: ("cv_limit", "cv_square", "cv_tangent", "compared_mean", "averaging"),
}
"""Module of a limit to the families of columns and rows it may bring."""


def declare_limits(model: Model, scenario: Scenario) -> None:
    """Declare the limits of all years, exact attainment and no_fall; nothing in a plan that compares no inequality."""
    if not scenario.first.common.compares:
        return
    if "level" in model.columns:
        _no_fall(model, scenario)
        ranges = column_ranges(model)
        for plan in scenario.plan_years:
            exact(model, plan, ranges)
    for plan in scenario.plan_years:
        for limit in limits_of(plan):
            _limit(model, plan, limit)


def _limit(model: Model, plan: PlanYear, limit: InequalityLimit) -> None:
    outcome = model.outcomes[limit.of].of_year(model.axes["year"].code(str(plan.year)))
    weights, path = limit_weights(plan, limit), f"limits.{limit.id}"
    if limit.measure == "cv":
        model.curved.append(CvLimit(model, outcome, weights, limit.at_most, requirement=path))
    else:
        inequality.limit(model, outcome, weights, limit.measure, limit.at_most, requirement=path)


def limits_of(plan: PlanYear) -> tuple[InequalityLimit, ...]:
    """The limits that are kept in a year: those of every year, and in the last one that is decided all."""
    return tuple(limit for limit in plan.common.limits if limit.years == "every" or plan.is_last)


def limit_weights(plan: PlanYear, limit: InequalityLimit) -> Floats:
    """Weights of the towns under a limit."""
    return plan.population if limit.weighted_by is None else plan.per_town(limit.weighted_by)


def _no_fall(model: Model, scenario: Scenario) -> None:
    for plan in scenario.plan_years:
        own = model.year("level", model.axes["year"].code(str(plan.year)))
        floor = level_floors(plan)[own["town"]]
        model.constrain("no_fall", own.labels, [own], ">=", floor, unit="level points", requirement="limits")


def level_floors(plan: PlanYear) -> Floats:
    """The lower of the level before the plan and the level under the factor method, town by town."""
    years = (*plan.earlier, plan)
    values, before = years[0].base_values(), None
    for year in years:
        values = _start(year, values, before) + _added(year, baseline(year, _factor_stage(year)))
        before = year
    return np.minimum(years[0].base_levels(), plan.levels(values))


def _factor_stage(plan: PlanYear) -> TieBreakStage:
    """The factors of the tie-break; without one, residents."""
    for stage in plan.common.stages:
        if isinstance(stage, TieBreakStage):
            return stage.model_copy(update={"baseline": "factor_method"})
    return TieBreakStage(id="tie_break", baseline="factor_method", factors={plan.common.population.column: 1.0})


def _start(plan: PlanYear, last: Floats, before: PlanYear | None) -> Floats:
    """Values that a year starts from [town, indicator], given those of the year before."""
    start = plan.base_values().copy()
    for at, indicator in enumerate(plan.indicators):
        stock = stock_of(plan) if indicator.stock is not None else None
        if before is not None and (stock is not None or indicator.stock is None):
            start[:, at] = last[:, at] * before.denominator(indicator) / plan.denominator(indicator)
        if stock is not None:
            start[:, at] *= stock.retention
        elif before is not None and indicator.stock is None:
            start[:, at] *= indicator.retention
    return start


def _added(plan: PlanYear, method: Baseline) -> Floats:
    """What programmes and guidance add under the factor method [town, indicator]."""
    added = np.zeros((len(plan.towns), len(plan.indicators)))
    position = {indicator.id: at for at, indicator in enumerate(plan.indicators)}
    sections: dict[str, Any] = dict(plan.sections)
    programmes = [p.id for p in sections["delivery"].programmes] if "delivery" in sections else []
    for effect in sections["attainment"].effects:
        if effect.programme in programmes:
            gain = _gain(effect, method.units[:, programmes.index(effect.programme)], plan.population)
            added[:, position[effect.indicator]] += gain * effect.persons_per_attendance
    stations = plan.per_town("stations") if "stations" in plan.towns else np.ones(len(plan.towns))
    for effect in getattr(sections.get("guidance"), "effects", ()):
        hours = method.guidance if effect.giver == "district" else method.station_guidance / np.maximum(stations, 1.0)
        added[:, position[effect.indicator]] += effect.per_hour * hours
    return added / np.stack([plan.denominator(indicator) for indicator in plan.indicators], axis=1)


def _gain(effect: Effect, units: Floats, residents: Floats) -> Floats:
    """What units bring before they are divided, pieces filled in order."""
    if not isinstance(effect.per_unit, tuple):
        return units * effect.per_unit
    gain, begun = np.zeros(len(units)), np.zeros(len(units))
    for piece in effect.per_unit:
        end = np.inf if piece.up_to is None else piece.up_to * residents / RESIDENTS_OF_A_PIECE
        gain += piece.gain * np.clip(units - begun, 0.0, end - begun)
        begun = np.asarray(end + np.zeros(len(units)))
    return gain


class WithinLimits:
    """A session whose answers keep the curved limits: rows are added and the question asked again until none is."""

    def __init__(self, model: Model, session: Session) -> None:
        self.model, self.session = model, session
        self.name, self.version, self.limits = session.name, session.version, session.limits

    def solve(self, objective: Terms, constant: float, maximise: bool, gap: float) -> Solution:
        """Optimise one objective to an absolute gap (see Session)."""
        while True:
            found = self.session.solve(objective, constant, maximise, gap)
            if not found.has_plan or not add_cuts(self.model, found.x):
                return found

    def prices(self, objective: Terms, maximise: bool) -> Prices | None:
        """Duals at the rows as they stand (see Session)."""
        return self.session.prices(objective, maximise)

    def set_row_bounds(self, rows: Codes, bounds: Floats) -> None:
        """Move the bounds of rows (see Session)."""
        self.session.set_row_bounds(rows, bounds)

    def release_rows(self, rows: Codes) -> None:
        """Let rows restrict nothing until their bounds are set again (see Session)."""
        self.session.release_rows(rows)

    def set_column_bounds(self, columns: Codes, lower: Floats, upper: Floats) -> None:
        """Move the bounds of columns (see Session)."""
        self.session.set_column_bounds(columns, lower, upper)

    def hold_integers(self, columns: Codes, values: Floats) -> None:
        """Fix integer columns (see Session)."""
        self.session.hold_integers(columns, values)

    def mark(self) -> object:
        """Remember where the last linear solve ended (see Session)."""
        return self.session.mark()

    def return_to(self, mark: object) -> None:
        """Go on from there (see Session)."""
        self.session.return_to(mark)

    def start_from(self, columns: Codes, values: Floats) -> None:
        """Offer values to start from (see Session)."""
        self.session.start_from(columns, values)


def add_cuts(model: Model, x: Floats) -> int:
    """Add the rows that a plan breaks, over all curved limits; how many."""
    return sum(limit.add_cuts(model, x) for limit in model.curved)


def bare(session: Session) -> Session:
    """The session itself, whose answers may break curved limits."""
    return session.session if isinstance(session, WithinLimits) else session
