"""Solve one scenario again and again with other numbers; warm on the built model where that is exact.

A number that stands alone on a bound (a budget, a floor, a capacity) is a *parameter* of the model: it is set on the
built model and the stages are solved again from the last basis. Everything else rebuilds. Pairs and other whole
decisions are either chosen anew at each point (which rebuilds) or fixed as the unchanged scenario chooses them, on both
ways alike. The tie-break is left out: a sweep is about the stages' values and the levels.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from allocator.blocks.shared.inequality import measures
from allocator.engine.build import build
from allocator.engine.criteria.step import SUM_GRID
from allocator.engine.opening import SolverName, open_session
from allocator.engine.own_pulp import Extend, extended
from allocator.engine.prices import stage_prices
from allocator.engine.session import Limits, Prices, Session
from allocator.engine.stages import StagesRun, lower_by_give, run_stages
from allocator.model import Floats, Model, Variables
from allocator.scenario.plan_year import Scenario
from allocator.scenario.section import YUAN_PER_UNIT
from allocator.words.errors import InfeasibleError, UsageError
from allocator.words.texts import Text

Pairs = Literal["fixed", "free"]
Kept = Mapping[str, Mapping[tuple[str, ...], float]]
"""Family of whole decisions (pairs, and those of blocks) to the number of each, by its labels."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """What a sweep found; one row of ``points`` for each combination of values, in the order given.

    ``points``: a column for each swept path; ``method`` (``warm``: numbers set on the built model; ``rebuilt``);
    ``pairs`` (``none``, ``fixed`` as the unchanged scenario chooses them, ``free``); ``status``; the measures of the
    level (those of blocks.shared.inequality; weighted by population); ``worst_town``; and for swept parameters
    ``price_balance:<path>`` and ``price_total:<path>``, level points for one more unit of the number.
    ``levels``: level of every town [level points], one row a point, one column a town.
    """

    points: pd.DataFrame
    levels: pd.DataFrame

    def _repr_html_(self) -> str:
        return str(self.points.to_html(index=False, border=0))


def sweep(
    scenario: Scenario,
    values: Mapping[str, Sequence[Any]],
    *,
    pairs: Pairs = "fixed",
    solver: SolverName = "highs",
    progress: Callable[[int, int], None] | None = None,
    extend: Extend | None = None,
) -> Sweep:
    """Solve every combination of the values given by path; ``extend`` adds rules of your own (see solve).

    Raises:
        UsageError: the scenario has several years, or no level to look at.
        InputError: a path does not exist or a value is not allowed there.
        InfeasibleError: the unchanged scenario itself has no plan.
    """
    if len(scenario.plan_years) != 1 or "attainment" not in scenario.first.sections:
        raise UsageError(Text("sweep.needs_levels", {"plan": scenario.label}))
    scenario = extended(scenario, extend)
    points = list(itertools.product(*values.values()))
    base = _Built(scenario, solver)
    warm = base.can_set(values) and (not base.has_integers or (pairs == "fixed" and not base.has_following))
    kept = base.chosen_integers() if base.has_integers and pairs == "fixed" else None
    rows: list[dict[str, Any]] = [{} for _ in points]
    for done, at in enumerate(_sorted_downwards(points) if warm else range(len(points))):
        changes = dict(zip(values, points[at], strict=True))
        found = _warm_point(base, changes) if warm else None
        rows[at] = _rebuilt_point(scenario, changes, solver, kept) if found is None else found
        rows[at]["method"] = "rebuilt" if found is None else "warm"
        rows[at]["pairs"] = pairs if base.has_integers else "none"
        if progress is not None:
            progress(done + 1, len(points))
    return _tables(scenario, rows)


class _Built:
    """A model, its session and the stages' run, ready to be set to other numbers."""

    def __init__(self, scenario: Scenario, solver: SolverName, kept: Kept | None = None) -> None:
        """``kept``: pairs and other whole decisions that are fixed from the start; none leaves them free."""
        self.scenario = scenario
        self.model: Model = build(scenario)
        self.session: Session = open_session(self.model, solver, Limits())
        if kept is not None:
            self._hold(kept)
        self.run: StagesRun = run_stages(self.model, scenario, self.session)
        self.current: dict[str, float] = {}

    @property
    def has_integers(self) -> bool:
        return any(len(part.terms) for part in self._integers())

    @property
    def has_following(self) -> bool:
        """Whether whole columns are left to find when all whole decisions are fixed."""
        return any(len(part.terms) for part in self._integers() if part.follows)

    def can_set(self, paths: Mapping[str, object]) -> bool:
        """Whether every path is a parameter of the model, and every step asks the same whatever the numbers.

        Remembers the parameters' present values [internal units].
        """
        stand = all(held.step.hold is None or held.step.stands is not None for held in self.run.held)
        steps_stand = stand and not self.scenario.first.common.compares
        if not steps_stand or not all(path in self.model.parameters for path in paths):
            return False
        self.current = {path: number_at(self.scenario, path) for path in paths}
        return True

    def chosen_integers(self) -> Kept:
        """The pairs and other whole decisions of the unchanged scenario; from here on they are fixed."""
        assert self.run.x is not None
        kept: dict[str, dict[tuple[str, ...], float]] = {}
        for part in self._integers():
            if not part.follows:
                numbers = np.round(self.run.x[part.terms.column]).tolist()
                kept.setdefault(part.name, {}).update(zip(self._names(part), numbers, strict=True))
        self._hold(kept)
        return kept

    def _hold(self, kept: Kept) -> None:
        """Fix whole decisions; those that were not there to choose from are 0.

        Raises:
            InfeasibleError: a decision is no longer possible.
        """
        columns, values = [np.zeros(0, dtype=np.intp)], [np.zeros(0)]
        for part in self._integers():
            if not part.follows:
                known = kept.get(part.name, {})
                own = np.array([known.get(each, 0.0) for each in self._names(part)])
                if (own < part.lower).any() or (own > part.upper).any():
                    raise InfeasibleError(Text("stages.infeasible"))
                columns.append(part.terms.column)
                values.append(own)
        at, fixed = np.concatenate(columns), np.concatenate(values)
        if self.has_following:
            self.session.set_column_bounds(at, fixed, fixed)
        else:
            self.session.hold_integers(at, fixed)

    def _integers(self) -> list[Variables]:
        """All families of whole columns."""
        return [part for parts in self.model.columns.values() for part in parts if part.integer]

    def _names(self, part: Variables) -> list[tuple[str, ...]]:
        """The labels of the columns of a family."""
        names = self.model.decoded(part.terms.labels).values()
        return list(zip(*(each.tolist() for each in names), strict=True))

    def set(self, path: str, value: float) -> None:
        """Set a parameter [internal units] on the built model."""
        step = value - self.current[path]
        for use in self.model.parameters[path]:
            if use.kind == "row":
                bounds = self.model.row_bound[use.positions]
                self.session.set_row_bounds(use.positions, bounds + step * use.per_unit)
                continue
            low, high = self.model.column_lower[use.positions], self.model.column_upper[use.positions]
            moved = step * use.per_unit
            low, high = (low + moved, high) if use.kind == "lower" else (low, high + moved)
            self.session.set_column_bounds(use.positions, low, high)
        self.current[path] = value

    def solve_again(self) -> bool | None:
        """Solve all stages again on what is declared already; false if there is no plan any more, none if a step would
        have to ask something else (other goals are met than before).

        Each step starts where the same step ended at the point before: another step's basis is as slow as none.
        """
        for held in self.run.held:
            self.session.release_rows(held.row.positions)
        for held in self.run.held:
            step = held.step
            if step.stands is not None and self.run.x is not None and not step.stands(self.run.x):
                return None
            self.session.return_to(held.mark)
            gap = step.grid / 10 if step.gap is None else step.gap
            found = self.session.solve(step.objective, step.constant, step.maximise, gap)
            if not found.has_plan:
                return False
            self.run.x = found.x
            held.mark = self.session.mark()
            held.renew(self.session, found.value, found.x)
            last = held is self.run.held[-1] or self.run.held[self.run.held.index(held) + 1].stage != held.stage
            if last:
                lower_by_give(self.session, self.run, self.scenario, held.stage)
        return True


def number_at(scenario: Scenario, path: str) -> int | float:
    """The validated number at a path of a one-year scenario [internal units: yuan for money]."""
    first, *rest = path.split(".")
    found: Any = scenario.first.sections.get(first, scenario.first.common)
    for key in rest:
        found = next(item for item in found if item.id == key) if isinstance(found, tuple) else getattr(found, key)
    return found if isinstance(found, int) else float(found)


def _sorted_downwards(points: Sequence[tuple[Any, ...]]) -> list[int]:
    """Neighbouring points share most of their basis; from large budgets to small is the fastest order."""
    return sorted(range(len(points)), key=lambda at: points[at], reverse=True)


def _warm_point(base: _Built, changes: Mapping[str, Any]) -> dict[str, Any] | None:
    """The point by setting numbers on the built model; none where it has to be built anew.

    Raises:
        InputError: the plan does not allow a value.
    """
    base.scenario.with_(changes)
    for path, value in changes.items():
        use = base.model.parameters[path][0]
        factor = YUAN_PER_UNIT[base.scenario.first.common.units.money] if use.money else 1.0
        base.set(path, float(value) * factor)
    solved = base.solve_again()
    if solved is None:
        return None
    if not solved:
        return {**changes, "status": "infeasible"}
    return _measured(base, changes)


def _rebuilt_point(
    scenario: Scenario, changes: Mapping[str, Any], solver: SolverName, kept: Kept | None
) -> dict[str, Any]:
    changed = scenario.with_(changes)
    try:
        built = _Built(changed, solver, kept)
    except InfeasibleError:
        return {**changes, "status": "infeasible"}
    built.can_set({path: None for path in changes if path in built.model.parameters})
    return _measured(built, changes)


def _measured(built: _Built, changes: Mapping[str, Any]) -> dict[str, Any]:
    assert built.run.x is not None
    plan = built.scenario.first
    levels = built.model.outcomes["level"].at(built.run.x)
    row: dict[str, Any] = {**changes, "status": built.run.status, "levels": levels}
    row |= measures(levels, plan.population)
    worst = np.flatnonzero(levels <= levels.min() + SUM_GRID)[0]  # of towns level to the grid the first by id
    row["worst_town"] = str(plan.towns.index[int(worst)])
    swept = [path for path in changes if path in built.model.parameters]
    if swept:
        prices = stage_prices(built.model, built.session, built.run)
        factor = YUAN_PER_UNIT[plan.common.units.money]
        for path in swept:
            for stage, price in prices.items():
                row[f"price_{stage}:{path}"] = _price(built.model, path, price, factor)
    return row


def _price(model: Model, path: str, prices: Prices | None, yuan_per_unit: float) -> float:
    """Improvement of a stage for one more unit of a parameter, in the plan's unit."""
    if prices is None:
        return float("nan")
    worth = 0.0
    for use in model.parameters[path]:
        side = prices.rows[use.positions] if use.kind == "row" else _bound_price(prices, use.positions, use.kind)
        worth += float(side @ use.per_unit) * (yuan_per_unit if use.money else 1.0)
    return worth


def _bound_price(prices: Prices, columns: Any, kind: str) -> Floats:
    """A column's dual belongs to its lower bound where it is negative, to its upper bound where positive."""
    duals = prices.columns[columns]
    return np.asarray(np.minimum(duals, 0.0) if kind == "lower" else np.maximum(duals, 0.0))


def _tables(scenario: Scenario, rows: Sequence[dict[str, Any]]) -> Sweep:
    towns = list(scenario.first.towns.index)
    nothing = np.full(len(towns), np.nan)
    levels = pd.DataFrame([row.pop("levels", nothing) for row in rows], columns=towns)
    return Sweep(pd.DataFrame(list(rows)), levels)
