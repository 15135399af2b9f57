"""From a solution vector to the labelled result tables.

Decisions are rounded to the written digits first; every derived figure is computed from the rounded decisions,
so that a reader who recomputes it from the tables finds the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocator.blocks.goals.model import settle as settle_goals
from allocator.blocks.mentoring.candidates import Candidates, candidates
from allocator.chain import following
from allocator.columns import DECIMALS, RESULT_TABLES
from allocator.criteria.measures import MEASURES, measures, variation
from allocator.goals import goals_table
from allocator.limits import limit_weights, limits_of
from allocator.model import Codes, Floats, Ledger, Model, Rows, Terms
from allocator.result import tidy
from allocator.scenario import DISTRICT, PastPair, PlanYear, Scenario
from allocator.session import Prices
from allocator.stages import StagesRun, value_at

NO_RULES = (
    "level_sum",
    "at_cap",
    "exact_credit",
    "bend_filled",
    "bend_order",
    "bend_sum",
    "inequality_limit",
    "inequality_pair",
    "inequality_deviation",
    "inequality_ends",
    "averaging",
    "aversion_filling",
    "cv_limit",
    "cv_tangent",
    "spending_sum",
    "piece_sum",
    "retained",
    "volunteer_balance",
    "pair_runs",
    "begun_once",
    "renewed_after_term",
    "reached_sum",
    "aim",
    "town_meets",
    "mentored_once",
    "rank_below",
    "money_change",
    "held",
    "forbidden",
)
"""Families that define a column or belong to a stage; they keep no rule and are not in the table of rows."""

BEGINNINGS = ("beginning", "renewal")
"""Columns of earlier years that say since when a pair runs; they stand for this year's pair."""

NOTHING = np.zeros(0, dtype=np.intp)

ZERO = 0.5 * 10.0**-DECIMALS


@dataclass(frozen=True, eq=False)
class _Year:
    """One plan year on its way into tables: what it started with, and the columns that belong to it."""

    model: Model
    plan: PlanYear
    x: Floats
    """The settled plan, all years."""

    @property
    def code(self) -> int:
        return self.model.axes["year"].code(str(self.plan.year))

    def has(self, name: str) -> bool:
        """Whether the year has columns of a family."""
        return name in self.model.columns and len(self.family(name)) > 0

    def family(self, name: str) -> Terms:
        """The year's columns of a family; none where the model has no such family."""
        if name not in self.model.columns:
            return Terms({"year": NOTHING}, NOTHING, np.zeros(0))
        return self.model.year(name, self.code)


def tabulated(
    model: Model,
    scenario: Scenario,
    x: Floats,
    prices: Mapping[str, Prices | None],
    run: StagesRun,
) -> dict[str, pd.DataFrame]:
    """All result tables of a plan: year after year, each starting with what the tables of the year before say.

    Decisions are rounded to the written digits first. The model may credit less than is earned where nothing pushes
    it up; here pieces are filled in order, attainment is min(1, ceiling / target, value / target) and level follows.
    """
    settled = np.round(x, DECIMALS)
    parts: list[dict[str, pd.DataFrame]] = []
    plan = scenario.first
    for given in scenario.plan_years:
        plan = following(given, plan, parts[-1]) if parts else given
        year = _Year(model, plan, settled)
        _settle(year)
        settle_goals(model, settled)
        parts.append(_tables(year, prices))
    made = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    made["stages"] = tidy("stages", scenario.last.year, _stages(run, settled))
    return made


def year_tables(
    model: Model, plan: PlanYear, settled: Floats, prices: Mapping[str, Prices | None] | None = None
) -> dict[str, pd.DataFrame]:
    """All result tables of one year but the stages; ``settled`` gets the year's derived columns as they truly are."""
    year = _Year(model, plan, settled)
    _settle(year)
    return _tables(year, prices or {})


def _stages(run: StagesRun, x: Floats) -> pd.DataFrame:
    """Steps as they were taken, and what the published plan reaches in each."""
    published = {(held.stage, held.step.name): value_at(held.step, x) for held in run.held}
    rows = [
        (r.stage, r.step, r.before, r.value, r.held_at, published.get((r.stage, r.step), np.nan), r.status, r.gap)
        for r in run.records
    ]
    rows = [(*row[:-1], row[-1] if np.isfinite(row[-1]) else np.nan) for row in rows]
    return pd.DataFrame(rows, columns=list(RESULT_TABLES["stages"]))


def _settle(year: _Year) -> None:
    """Put the year's derived columns at what its decisions truly bring."""
    plan, x = year.plan, year.x
    if year.has("carried"):
        _carry_all(year)
    if year.has("volunteer_stock"):
        stock, trained = year.family("volunteer_stock"), year.family("trained")
        x[stock.column] = np.round(_heads_before(plan) * plan.volunteer_stock.retention + x[trained.column], DECIMALS)
    if not year.has("attainment"):
        return
    _fill_pieces(year)
    starting = year.family("starting")
    if len(starting):
        x[starting.column] = plan.base_values()[starting["town"], starting["indicator"]]
    value = values(year)
    targets = np.array([i.target for i in plan.indicators])
    ceilings = np.array([np.inf if i.ceiling is None else i.ceiling for i in plan.indicators])
    credited = np.minimum(np.minimum(1.0, ceilings / targets), value / targets)
    cells = year.family("attainment")
    x[cells.column] = credited[cells["town"], cells["indicator"]]
    level = year.family("level")
    x[level.column] = 100.0 * credited @ np.array([i.weight for i in plan.indicators])


def _heads_before(plan: PlanYear) -> Floats:
    """Volunteers before the year, by town."""
    volunteering: Any = plan.sections["volunteering"]
    table = plan.tables[volunteering.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    return table["heads"].to_numpy(dtype=float)


def _carry_all(year: _Year) -> None:
    """Money that is not spent goes on to the next year as far as the rules let it; the rest is forfeited.

    At most the year's own amount (two-year rule), and no more than the next year can still execute.
    """
    model, x = year.model, year.x
    sources = {source.id: source for source in _sources(year.plan)}
    carried, spent = year.family("carried"), year.family("funding")
    by_source = np.bincount(spent["source"], weights=x[spent.column], minlength=len(model.axes["source"].ids))
    at_hand = np.array([sources[each].amount + sources[each].carried_in for each in _ids(model, carried)])
    amounts = np.array([sources[each].amount for each in _ids(model, carried)])
    most = np.minimum(amounts, at_hand - by_source[carried["source"]])
    x[carried.column] = np.maximum(0.0, np.round(np.maximum(x[carried.column], most * _room(year, most)), DECIMALS))


def _room(year: _Year, most: Floats) -> float:
    """Share of what is left over that the next year of the plan can take and still execute; 1 without such a rule."""
    model, code = year.model, year.code + 1
    if code >= len(model.axes["year"].ids) or not most.sum() > 0:
        return 1.0
    rows = next((part for part in model.rows["execution"] if part.labels["year"][0] == code), None)
    if rows is None:
        return 1.0
    later = rows.matrix.coefficient > 0
    least = float(-rows.matrix.coefficient[~later].min(initial=0.0))
    if least == 0.0:
        return 1.0
    spent = float(rows.matrix.coefficient[later] @ year.x[rows.matrix.column[later]])
    return float(np.clip((spent - rows.bound[0]) / least / most.sum(), 0.0, 1.0))


def _sources(plan: PlanYear) -> Any:
    funding: Any = plan.sections["funding"]
    return funding.sources


def _ids(model: Model, cells: Terms) -> list[str]:
    return [model.axes["source"].ids[at] for at in cells["source"]]


def _fill_pieces(year: _Year) -> None:
    """Fill the pieces of every bent effect in order, up to the units delivered."""
    model, x = year.model, year.x
    units = year.family("units")
    delivered = np.zeros((len(model.axes["town"].ids), len(model.axes["programme"].ids)))
    if not len(units):
        return
    delivered[units["town"], units["programme"]] = x[units.column]
    for part in model.columns.get("effective_units", ()):
        if part.terms["year"][0] != year.code:
            continue
        pieces = int(part.terms["piece"].max()) + 1
        room = part.upper.reshape(-1, pieces)
        first = part.terms.where(part.terms["piece"] == 0)
        whole = delivered[first["town"], first["programme"]]
        before = np.cumsum(np.hstack([np.zeros((len(room), 1)), room[:, :-1]]), axis=1)
        x[part.terms.column] = np.clip(whole[:, None] - before, 0.0, room).ravel()


def values(year: _Year) -> Floats:
    """Value of each indicator [town, indicator], uncapped: everything the ledger `value` was brought in the year."""
    ledger = year.model.ledgers["value"]
    value = np.zeros((len(year.plan.towns), len(year.plan.indicators)))
    for provision in ledger.provisions:
        own = provision.labels["year"] == year.code
        np.add.at(value, (provision.labels["town"][own], provision.labels["indicator"][own]), provision.amount[own])
    added = ledger.side(supplied=True)
    added = added.where(added["year"] == year.code)
    np.add.at(value, (added["town"], added["indicator"]), added.coefficient * year.x[added.column])
    return value


def _tables(year: _Year, prices: Mapping[str, Prices | None]) -> dict[str, pd.DataFrame]:
    """All result tables of a plan year from a settled plan, but for the stages."""
    plan = year.plan
    empty = {name: pd.DataFrame(columns=list(columns)) for name, columns in RESULT_TABLES.items() if name != "stages"}
    made = empty | _decisions(year)
    made["funding_by_town"] = _funding_by_town(plan, made["funding"])
    if year.has("carried"):
        made["carry_over"] = _carry_over(year, made["funding"])
    issued = getattr(plan.sections.get("funding"), "issued", None)
    if issued is not None:
        made["issue"] = _issue(plan.tables[issued.table], made["funding"])
    if year.has("volunteer_stock"):
        made["volunteer_stock"] = _volunteer_stock(year)
    if year.has("level"):
        value = values(year)
        made["attainment"] = _attainment(year, value)
        made["towns"] = _towns(plan, year.x[year.family("level").column])
        made["balance"] = _balance(plan, made["towns"], value)
    made["goals"] = goals_table(plan, made)
    made["rows"] = _rows(year, prices)
    made["accounts"] = _accounts(year)
    return {name: tidy(name, plan.year, table) for name, table in made.items()}


def _carry_over(year: _Year, funding: pd.DataFrame) -> pd.DataFrame:
    """Money at hand of each source, and what became of it."""
    spent = funding.groupby("source")["amount_yuan"].sum() if len(funding) else pd.Series(dtype=float)
    cells = year.family("carried")
    out = dict(zip(_ids(year.model, cells), year.x[cells.column].tolist(), strict=True))
    rows = []
    for source in _sources(year.plan):
        used = round(float(spent.get(source.id, 0.0)), DECIMALS)
        at_hand = source.amount + source.carried_in
        left = max(0.0, at_hand - used - out[source.id])
        share = used / at_hand if at_hand > 0 else np.nan
        rows.append((source.id, source.carried_in, source.amount, used, out[source.id], left, share))
    return pd.DataFrame(rows, columns=list(RESULT_TABLES["carry_over"]))


def _issue(gone: pd.DataFrame, funding: pd.DataFrame) -> pd.DataFrame:
    """Money that had gone out, what this issue adds (or takes back), and both together."""
    total = funding.groupby(["town", "source"])["amount_yuan"].sum()
    before = gone.set_index(["town", "source"])["amount_yuan"]
    both = pd.DataFrame({"issued_yuan": before, "total_yuan": total}).fillna(0.0)
    both["this_issue_yuan"] = both["total_yuan"] - both["issued_yuan"]
    return both.rename_axis(["town", "source"]).reset_index()


def _volunteer_stock(year: _Year) -> pd.DataFrame:
    """The stock of volunteers before and after the year."""
    plan, heads = year.plan, year.x[year.family("volunteer_stock").column]
    volunteering: Any = plan.sections["volunteering"]
    table = plan.tables[volunteering.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    active = heads * table["active_rate"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "town": plan.towns.index.to_numpy(dtype=object),
            "heads_before": _heads_before(plan),
            "retained": _heads_before(plan) * volunteering.stock.retention,
            "trained": year.x[year.family("trained").column],
            "heads": heads,
            "active": active,
            "hours": active * table["hours_per_active"].to_numpy(dtype=float),
        }
    )


def _cells(year: _Year, name: str, *, zeros: bool) -> pd.DataFrame:
    """The year's cells of a family as a frame: labels and ``value``; without its zeros unless asked for."""
    cells = year.family(name)
    if not zeros:
        cells = cells.where(np.abs(year.x[cells.column]) > ZERO)
    frame = pd.DataFrame(year.model.decoded({dim: cells[dim] for dim in cells.labels if dim != "year"}))
    frame["value"] = year.x[cells.column]
    return frame


def _minutes(plan: PlanYear, frame: pd.DataFrame, start: str, end: str) -> Floats:
    """One-way minutes between two label columns."""
    if plan.travel is None or not len(frame):
        return np.zeros(len(frame))
    at = plan.towns.index.get_indexer
    return plan.travel.minutes[at(pd.Index(frame[start])), at(pd.Index(frame[end]))]


def _decisions(year: _Year) -> dict[str, pd.DataFrame]:
    made: dict[str, pd.DataFrame] = {}
    plan = year.plan
    if year.has("units"):
        made["delivery"] = _cells(year, "units", zeros=True).rename(columns={"value": "units"})
    if year.has("funding"):
        made["funding"] = _cells(year, "funding", zeros=False).rename(columns={"value": "amount_yuan"})
    for name in ("teaching", "volunteering"):
        if year.has(name):
            frame = _cells(year, name, zeros=False).rename(columns={"value": "hours"})
            made[name] = frame.assign(minutes=_minutes(plan, frame, "from_town", "to_town"))
    if year.has("guidance"):
        down = _cells(year, "guidance", zeros=True).assign(giver=DISTRICT)
        further = _cells(year, "station_guidance", zeros=True)
        further["giver"] = further["town"]
        made["guidance"] = pd.concat([down, further]).rename(columns={"value": "hours"})
    given: Any = plan.sections.get("mentoring")
    if given is not None:
        found = candidates(plan, given)
        paired = year.x[year.family("pairing").column] > 0.5
        made["pairs"] = _pairs(plan, found, paired)
        made["unpaired"] = _unpaired(plan, given, found, paired)
    return made


def _pairs(plan: PlanYear, found: Candidates, paired: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """The pairs of the year; one from before goes on in its term, or is renewed right after its first one."""
    names = plan.towns.index.to_numpy(dtype=object)
    past = {(pair.mentor, pair.mentee): pair for pair in plan.past_pairs() or ()}
    rows = []
    for at in np.flatnonzero(paired):
        key = (names[found.mentor[at]], names[found.mentee[at]])
        pair = past.get(key, PastPair(*key, plan.year, 0))
        if pair.last_year(plan.term_years) < plan.year:
            pair = replace(pair, renewals=pair.renewals + 1)
        uplift = found.benefit(plan.year - pair.start_year + 1)[at]
        life = (pair.start_year, pair.last_year(plan.term_years), pair.renewals)
        rows.append((*key, *life, found.minutes[at], found.level_gap[at], uplift))
    return pd.DataFrame(rows, columns=list(RESULT_TABLES["pairs"]))


def _unpaired(plan: PlanYear, given: Any, found: Candidates, paired: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Slow-starting towns without a mentor and the first reason that applies."""
    taken = np.bincount(found.mentor[paired], minlength=len(plan.towns))
    rows = []
    for town in np.flatnonzero(found.slow):
        mine = found.mentee == town
        if (mine & paired).any():
            continue
        if not found.mature.any():
            reason = "no_mature_town"
        elif not mine.any():
            reason = "no_eligible_mentor"
        elif (taken[found.mentor[mine]] >= given.mentor_capacity).all():
            reason = "mentors_full"
        else:
            reason = "not_chosen"
        rows.append((plan.towns.index[int(town)], reason))
    return pd.DataFrame(rows, columns=["town", "reason"])


def _funding_by_town(plan: PlanYear, funding: pd.DataFrame) -> pd.DataFrame:
    spent = funding.groupby("town")["amount_yuan"].sum() if len(funding) else pd.Series(dtype=float)
    towns = [*plan.towns.index, *([DISTRICT] if DISTRICT in spent.index else [])]
    frame = pd.DataFrame({"town": towns, "amount_yuan": spent.reindex(towns, fill_value=0.0).to_numpy(float)})
    frame["amount_yuan"] = frame["amount_yuan"].round(DECIMALS)
    count = len(plan.towns)
    before = plan.last_year_money()
    last = np.full(len(towns), np.nan)
    if before is not None:
        last[:count] = before
    frame["last_year_yuan"] = last
    frame["change_yuan"] = frame["amount_yuan"] - last
    frame["change_share"] = frame["change_yuan"] / np.where(last > 0, last, np.nan)
    frame["per_head_yuan"] = frame["amount_yuan"] / np.append(plan.population, np.nan)[: len(towns)]
    return frame


def _attainment(year: _Year, value: Floats) -> pd.DataFrame:
    cells, plan = year.family("attainment"), year.plan
    targets = np.array([i.target for i in plan.indicators])
    frame = pd.DataFrame(year.model.decoded({dim: cells[dim] for dim in ("town", "indicator")}))
    at = (cells["town"], cells["indicator"])
    base, credited = plan.base_values()[at], year.x[cells.column]
    return frame.assign(base=base, value=value[at], target=targets[cells["indicator"]], attainment=credited)


def _towns(plan: PlanYear, after: Floats) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "town": plan.towns.index.to_numpy(dtype=object),
            "population": plan.population,
            "level_before": plan.base_levels().round(DECIMALS),
            "level_after": after.round(DECIMALS),
        }
    )
    for moment in ("before", "after"):
        frame[f"rank_{moment}"] = frame[f"level_{moment}"].rank(ascending=False, method="min")
    return frame.assign(could_reach=np.nan)


def _balance(plan: PlanYear, towns: pd.DataFrame, value: Floats) -> pd.DataFrame:
    """Measures of the level, then the 差异系数 of each indicator (uncapped values, weighted by its denominator)."""
    sides = [measures(towns[f"level_{moment}"].to_numpy(float), plan.population) for moment in ("before", "after")]
    rows = [(name, sides[0][name], sides[1][name]) for name in MEASURES]
    base = plan.base_values()
    for at, indicator in enumerate(plan.indicators):
        weights = plan.denominator(indicator)
        rows.append((f"cv:{indicator.id}", variation(base[:, at], weights), variation(value[:, at], weights)))
    return pd.DataFrame(rows, columns=["measure", "before", "after"])


def joined_key(model: Model, labels: Mapping[str, Codes]) -> npt.NDArray[np.object_]:
    """The labels of each row but the year, joined by "/"."""
    parts = [values for dim, values in model.decoded(labels).items() if dim != "year"]
    count = len(next(iter(labels.values())))
    return np.array(["/".join(key) for key in zip(*parts, strict=True)] if parts else [""] * count, dtype=object)


def _rows(year: _Year, prices: Mapping[str, Prices | None]) -> pd.DataFrame:
    """Every rule of the year with its activity, bound, slack and prices."""
    parts, model = [], year.model
    for name, families in model.rows.items():
        if name not in NO_RULES:
            parts += [_rule(year, family, prices) for family in families]
    for families_ in model.columns.values():
        for part in families_:
            if part.lower_rule is not None:
                parts.append(_bound_rule(year, (part.lower_rule, part.terms, part.lower), prices, ">="))
            if part.upper_rule is not None:
                parts.append(_bound_rule(year, (part.upper_rule, part.terms, part.upper), prices, "<="))
    parts.append(_limit_rows(year))
    kind = "" if not prices else "fixed_integers" if _has_integers(model) else "linear"
    made = pd.concat([part for part in parts if len(part)], ignore_index=True) if parts else pd.DataFrame()
    return made.assign(price_kind=kind)


def _limit_rows(year: _Year) -> pd.DataFrame:
    """Every limit on inequality with what the published plan reaches; prices are not taken."""
    rows = []
    for limit in limits_of(year.plan):
        outcomes = year.model.outcomes[limit.of].of_year(year.code).at(year.x).round(DECIMALS)
        reached = measures(outcomes, limit_weights(year.plan, limit))[limit.measure] if outcomes.any() else 0.0
        rows.append(("limit", limit.id, "<=", reached, limit.at_most, limit.at_most - reached))
    return pd.DataFrame(rows, columns=["rule", "key", "sense", "activity", "bound", "slack"])


def _has_integers(model: Model) -> bool:
    return any(part.integer and len(part.terms) for parts in model.columns.values() for part in parts)


def _rule(year: _Year, family: Rows, prices: Mapping[str, Prices | None]) -> pd.DataFrame:
    """The year's rows of a family; what the year before leaves counts as given and stands in the bound."""
    mine = family.labels["year"] == year.code
    carried = np.where(_is_given(year)[family.matrix.column], family.matrix.coefficient, 0.0)
    came = np.bincount(family.matrix["row"], weights=carried * year.x[family.matrix.column], minlength=len(family))
    activity, bound = (family.activity(year.x) - came)[mine], (family.bound - came)[mine]
    key = joined_key(year.model, {dim: codes[mine] for dim, codes in family.labels.items()})
    frame = pd.DataFrame({"rule": family.name, "key": key, "sense": family.sense})
    frame["activity"], frame["bound"] = activity, bound
    frame["slack"] = bound - activity if family.sense == "<=" else activity - bound
    for stage, price in prices.items():
        frame[f"price_{stage}"] = np.nan if price is None else price.rows[family.positions[mine]]
    return frame


def _is_given(year: _Year) -> npt.NDArray[np.bool_]:
    """Columns that the year finds as the years before left them."""
    given = np.zeros(len(year.x), dtype=bool)
    for name, parts in year.model.columns.items():
        for part in parts:
            if "year" not in part.dims or part.terms.column.max(initial=0) >= len(given):
                continue
            if name == "starting":
                given[part.terms.column] = True
            elif name not in BEGINNINGS:
                given[part.terms.column[part.terms["year"] < year.code]] = True
    return given


def _bound_rule(
    year: _Year, rule: tuple[str, Terms, Floats], prices: Mapping[str, Prices | None], sense: str
) -> pd.DataFrame:
    """A bound of single decisions that is a rule; a lower bound of zero is only the natural one."""
    name, terms, bounds = rule
    chosen = np.isfinite(bounds) & ((bounds > 0) | (sense == "<=")) & (terms["year"] == year.code)
    cells, bound = terms.where(chosen), bounds[chosen]
    activity = year.x[cells.column]
    frame = pd.DataFrame({"rule": name, "key": joined_key(year.model, cells.labels), "sense": sense})
    frame["activity"], frame["bound"] = activity, bound
    frame["slack"] = bound - activity if sense == "<=" else activity - bound
    for stage, price in prices.items():
        if price is None:
            frame[f"price_{stage}"] = np.nan
        else:
            worth = price.columns[cells.column]
            frame[f"price_{stage}"] = np.maximum(worth, 0.0) if sense == "<=" else np.minimum(worth, 0.0)
    return frame


def _accounts(year: _Year) -> pd.DataFrame:
    """Who supplied and who used what, ledger by ledger."""
    ledgers = year.model.ledgers.values()
    parts = [part for ledger in ledgers if ledger.is_closed for part in _ledger_parts(year, ledger)]
    if not parts:
        return pd.DataFrame(columns=list(RESULT_TABLES["accounts"]))
    frame = pd.concat(parts, ignore_index=True)
    return frame.groupby(["ledger", "key", "block", "unit"], as_index=False, sort=False)[["supplied", "used"]].sum()


def _ledger_parts(year: _Year, ledger: Ledger) -> list[pd.DataFrame]:
    made, model = [], year.model
    for entry in ledger.entries:
        terms = entry.terms.where(entry.terms["year"] == year.code)
        amount = terms.coefficient * year.x[terms.column]
        made.append((entry.block, joined_key(model, {dim: terms[dim] for dim in ledger.dims}), amount, entry.supplied))
    for given in ledger.provisions:
        own = given.labels["year"] == year.code
        key = joined_key(model, {dim: given.labels[dim][own] for dim in ledger.dims})
        made.append((given.block, key, given.amount[own], True))
    return [
        pd.DataFrame(
            {
                "ledger": ledger.name,
                "key": key,
                "block": block,
                "supplied": amount if supplied else 0.0,
                "used": 0.0 if supplied else amount,
                "unit": ledger.unit,
            }
        )
        for block, key, amount, supplied in made
    ]


def rounding_tables(
    scenario: Scenario, exact: pd.DataFrame, unit_yuan: float, made: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """What whole units leave over, source by source, and what each town's level loses by them.

    Args:
        exact: columns year, town, level: levels before rounding.
        unit_yuan: the unit in yuan.
        made: the tables of the rounded plan.
    """
    remainders, losses = [], []
    before: PlanYear | None = None
    for given in scenario.plan_years:
        plan = given if before is None else following(given, before, made)
        own = {name: made[name][made[name]["year"] == plan.year] for name in ("funding", "carry_over", "towns")}
        spent = own["funding"].groupby("source")["amount_yuan"].sum()
        out = own["carry_over"].set_index("source")["carried_out_yuan"]
        rows = []
        for source in _sources(plan) if "funding" in plan.sections else ():
            at_hand = source.amount + source.carried_in
            used, carried = float(spent.get(source.id, 0.0)), float(out.get(source.id, 0.0))
            rows.append((source.id, unit_yuan, at_hand, used, carried, at_hand - used - carried))
        frame = pd.DataFrame(rows, columns=list(RESULT_TABLES["remainders"]))
        remainders.append(tidy("remainders", plan.year, frame))
        level = exact[exact["year"] == plan.year].set_index("town")["level"]
        published = own["towns"].set_index("town")["level_after"]
        loss = pd.DataFrame({"level_exact": level, "level_published": published, "lost": level - published})
        losses.append(tidy("rounding", plan.year, loss.reset_index()))
        before = plan
    return {"remainders": pd.concat(remainders), "rounding": pd.concat(losses)}
