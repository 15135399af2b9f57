"""One plan year of a solved model: its columns, and its derived columns put at what the decisions truly bring."""

from __future__ import annotations

from typing import Any

import numpy as np

from allocator.blocks.registry import parts_of
from allocator.blocks.shared.solved import Year
from allocator.model import Floats, Model, Terms
from allocator.scenario.plan_year import PlanYear
from allocator.words.columns import DECIMALS


def settle(year: Year) -> None:
    """Put the year's derived columns at what its decisions truly bring."""
    plan, x = year.plan, year.x
    if year.has("carried"):
        _carry_all(year)
    if year.has("volunteer_stock"):
        stock, trained = year.family("volunteer_stock"), year.family("trained")
        x[stock.column] = np.round(heads_before(plan) * plan.volunteer_stock.retention + x[trained.column], DECIMALS)
    for block, part in parts_of("tables").items():
        if block in plan.sections:
            part.settle(year, plan.sections[block])
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


def heads_before(plan: PlanYear) -> Floats:
    """Volunteers before the year, by town."""
    volunteering: Any = plan.sections["volunteering"]
    table = plan.tables[volunteering.volunteers].set_index("town").reindex(plan.towns.index, fill_value=0.0)
    return table["heads"].to_numpy(dtype=float)


def _carry_all(year: Year) -> None:
    """Money that is not spent goes on to the next year as far as the rules let it; the rest is forfeited.

    At most the year's own amount (two-year rule), and no more than the next year can still execute.
    """
    model, x = year.model, year.x
    sources = {source.id: source for source in sources_of(year.plan)}
    carried, spent = year.family("carried"), year.family("funding")
    by_source = np.bincount(spent["source"], weights=x[spent.column], minlength=len(model.axes["source"].ids))
    at_hand = np.array([sources[each].amount + sources[each].carried_in for each in source_ids(model, carried)])
    amounts = np.array([sources[each].amount for each in source_ids(model, carried)])
    most = np.minimum(amounts, at_hand - by_source[carried["source"]])
    planned = np.minimum(x[carried.column], most)
    left = most - planned
    more = _room(year, most) * most.sum() - planned.sum()
    share = float(np.clip(more / left.sum(), 0.0, 1.0)) if left.sum() > 0 else 0.0
    x[carried.column] = np.maximum(0.0, np.round(planned + left * share, DECIMALS))


def _room(year: Year, most: Floats) -> float:
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


def sources_of(plan: PlanYear) -> Any:
    """The sources of money of a year."""
    funding: Any = plan.sections["funding"]
    return funding.sources


def source_ids(model: Model, cells: Terms) -> list[str]:
    """Source of each cell."""
    return [model.axes["source"].ids[at] for at in cells["source"]]


def _fill_pieces(year: Year) -> None:
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


def values(year: Year) -> Floats:
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
